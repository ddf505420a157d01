"""Planet: scenes found with its Data API, ordered with its Orders API after an explicit yes, as a source."""

from sitewatch.sources.planet._key import planet_key
from sitewatch.sources.planet._products import PRODUCTS
from sitewatch.sources.planet._source import PlanetSource

__all__ = ["PRODUCTS", "PlanetSource", "planet_key"]
