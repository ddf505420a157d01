"""Archives that answer as STAC APIs do, as a source."""

from sitewatch.sources.stac._profiles import PROFILES, Profile
from sitewatch.sources.stac._source import StacSource

__all__ = ["PROFILES", "Profile", "StacSource"]
