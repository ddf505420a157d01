"""How long, wide and big is it, in what ratio to a known structure, within what interval?"""

from sitewatch.measurements._by_hand import beside_fitted, measure_by_hand
from sitewatch.measurements._measure import MeasurementsOptions, measure_structures

__all__ = ["VERSION", "MeasurementsOptions", "beside_fitted", "measure_by_hand", "measure_structures"]

VERSION = 7
"""Raised when the same inputs give another result."""
