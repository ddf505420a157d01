"""A folder of dated images on this machine, as a source."""

from sitewatch.sources.folder._source import FolderSource
from sitewatch.sources.folder._survey import Survey, survey

__all__ = ["FolderSource", "Survey", "survey"]
