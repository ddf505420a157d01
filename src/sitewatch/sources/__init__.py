"""Where dated images come from: each source finds scenes of a site and opens their files."""

from sitewatch.sources._assistant import ask_model
from sitewatch.sources.folder import FolderSource
from sitewatch.sources.planet import PlanetSource
from sitewatch.sources.simulated import SimulatedSource
from sitewatch.sources.stac import StacSource

__all__ = ["FolderSource", "PlanetSource", "SimulatedSource", "StacSource", "ask_model"]
