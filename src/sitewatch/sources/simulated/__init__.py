"""An imaginary place that looks like a real one from above: demo, tests and calibration use it as a source."""

from sitewatch.sources.simulated._source import SimulatedSource, TrueObject, TrueView, Truth, demo_site, truth

__all__ = ["SimulatedSource", "TrueObject", "TrueView", "Truth", "demo_site", "truth"]
