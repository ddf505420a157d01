"""A case: one place, its images and everything computed from them, pulled through one table of stages."""

from sitewatch.case._case import Case, ReportFolder, Step
from sitewatch.case._found import Found, found_now
from sitewatch.case._glance import Glance, glance
from sitewatch.case._stages import STAGES, Stage
from sitewatch.case._state import state_of
from sitewatch.store import NewCase, Verified

__all__ = ["STAGES", "Case", "Found", "Glance", "NewCase", "ReportFolder", "Stage", "Step", "Verified", "found_now",
           "glance", "state_of"]
