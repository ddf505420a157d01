"""The page that a reader can check: one folder that works without a network, and what is published beside it."""

from sitewatch.report._compose import compose_report
from sitewatch.report._crate import Evidence, compose_crate
from sitewatch.report._exports import compose_exports
from sitewatch.report._feed import compose_feed
from sitewatch.report._kml import compose_kml
from sitewatch.report._licences import LICENCES, credited, documents_permitted, permits_of
from sitewatch.report._options import ReportOptions
from sitewatch.report._pdf import Printed, print_page
from sitewatch.report._reviewed import as_reviewed

VERSION: int = 11

__all__ = [
    "LICENCES", "VERSION", "Evidence", "Printed", "ReportOptions", "as_reviewed", "compose_crate",
    "compose_exports", "compose_feed", "compose_kml", "compose_report", "credited", "documents_permitted",
    "permits_of", "print_page",
]
