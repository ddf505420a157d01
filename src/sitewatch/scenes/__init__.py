"""Which pictures of the site exist, and do we hold our own copy?"""

from sitewatch.scenes._find import find_scenes
from sitewatch.scenes._keep import Keep, keep_scenes

__all__ = ["VERSION", "Keep", "find_scenes", "keep_scenes"]

VERSION: int = 1
