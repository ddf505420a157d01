"""Archives that answer as STAC APIs do, as a source."""

from sitewatch.sources.stac._place import place
from sitewatch.sources.stac._profiles import ARCHIVE, PROFILES, Profile
from sitewatch.sources.stac._source import StacSource

__all__ = ["ARCHIVE", "PROFILES", "Profile", "StacSource", "place"]
