"""Which things are these, in which views are they there, since when?"""

from sitewatch.structures._trace import StructuresOptions, trace_structures

__all__ = ["VERSION", "StructuresOptions", "trace_structures"]

VERSION = 14
"""Raised when the same inputs give another result."""
