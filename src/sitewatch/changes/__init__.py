"""Where did the ground depart from its own past?"""

from sitewatch.changes._detect import ChangesOptions, detect_changes

__all__ = ["VERSION", "ChangesOptions", "detect_changes"]

VERSION = 8
"""Raised when the same inputs give another result."""
