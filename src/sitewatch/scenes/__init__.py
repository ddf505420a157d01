"""Which pictures of the site exist, and do we hold our own copy?"""

from sitewatch.scenes._find import find_scenes, without_held
from sitewatch.scenes._keep import Keep, keep_scenes
from sitewatch.scenes._plan import Limits, Plan, Planned, months_without, plan_scenes, weigh_scenes

__all__ = ["VERSION", "Keep", "Limits", "Plan", "Planned", "find_scenes", "keep_scenes", "months_without",
           "plan_scenes", "weigh_scenes", "without_held"]

VERSION: int = 2
