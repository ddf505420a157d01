"""What did each clear view see, on one grid, aligned?"""

from sitewatch.stack._beside import lay_beside
from sitewatch.stack._build import StackOptions, build_stack

__all__ = ["VERSION", "StackOptions", "build_stack", "lay_beside"]

VERSION = 13
"""Raised when the same inputs give another result."""
