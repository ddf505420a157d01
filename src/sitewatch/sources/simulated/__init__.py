"""Imaginary places that look like real ones from above: for the demo, for tests, and for testing one's own geometry."""

from sitewatch.sources.simulated._deliver import deliver
from sitewatch.sources.simulated._read import built_in_world, read_world, world_names
from sitewatch.sources.simulated._source import SimulatedSource, site_of
from sitewatch.sources.simulated._truth import TrueObject, TrueView, Truth, truth_of
from sitewatch.sources.simulated._world import World

__all__ = ["SimulatedSource", "TrueObject", "TrueView", "Truth", "World", "built_in_world", "deliver", "read_world",
           "site_of", "truth_of", "world_names"]
