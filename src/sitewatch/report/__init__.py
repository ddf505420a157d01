"""The page that a reader can check: one folder that works without a network."""

from sitewatch.report._compose import compose_report
from sitewatch.report._options import ReportOptions

VERSION: int = 3

__all__ = ["VERSION", "ReportOptions", "compose_report"]
