"""A case on disk: plain files that a person can open, git can merge and anybody can check."""

from sitewatch.store._bundle import SUMS, measured, same_bytes, sums_of, unpack, write_bundle
from sitewatch.store._casefile import CASE_FILE, CaseFile, read_case
from sitewatch.store._casewrite import write_case
from sitewatch.store._claimsfile import CLAIMS_FILE, add_demo_claims, read_claims
from sitewatch.store._decisions import (
    check_decisions,
    completed,
    decisions_plain,
    keep_decision,
    read_decisions,
    subjects_of,
    version_of,
    with_drawn,
    withdraw_decision,
)
from sitewatch.store._evidence import (
    documents_of,
    evidence_of,
    kept_files,
    lay_copies,
    set_aside_claims,
    withheld_in,
)
from sitewatch.store._files import PART, keep_folder, locked, read_bytes, replace_folder, write_atomically
from sitewatch.store._folder import FolderStore, Stored
from sitewatch.store._geopackage import geopackage, qgis_project, zipped
from sitewatch.store._geoparquet import check_tables, geoparquet
from sitewatch.store._identity import claims_plain, new_run, place_plain, scenes_plain, words_plain
from sitewatch.store._new import NewCase, folder_source, site_of_plan, sources_of_plan
from sitewatch.store._news import NEWS_FILE, add_news, read_news
from sitewatch.store._orders import Orders
from sitewatch.store._publishing import clean_text, published_before, record_published, version_published, with_earlier
from sitewatch.store._reviews import check_reviews, keep_review, prints_of, read_reviews, reviews_plain, withdraw_review
from sitewatch.store._signature import check_signature, signed
from sitewatch.store._sources import open_sources, sources_plain
from sitewatch.store._texts import read_text
from sitewatch.store._verify import (
    Verified,
    check_logs,
    check_pixels,
    check_run,
    compare,
    compare_files,
    not_computed,
)

__all__ = [
    "CASE_FILE", "CLAIMS_FILE", "NEWS_FILE", "PART", "SUMS", "CaseFile", "FolderStore", "NewCase", "Orders", "Stored",
    "Verified", "add_demo_claims", "add_news", "check_decisions", "check_logs", "check_pixels", "check_reviews",
    "check_run", "check_signature", "check_tables", "claims_plain", "clean_text", "compare", "compare_files",
    "completed", "decisions_plain", "documents_of", "evidence_of", "folder_source", "geopackage", "geoparquet",
    "keep_decision", "keep_folder", "keep_review", "kept_files", "lay_copies", "locked", "measured", "new_run",
    "not_computed", "open_sources", "place_plain", "prints_of", "published_before", "qgis_project", "read_bytes",
    "read_case", "read_claims", "read_decisions", "read_news", "read_reviews", "read_text", "record_published",
    "replace_folder", "reviews_plain", "same_bytes", "scenes_plain", "set_aside_claims", "signed", "site_of_plan",
    "sources_of_plan", "sources_plain", "subjects_of", "sums_of", "unpack", "version_of", "version_published",
    "with_drawn", "with_earlier", "withdraw_decision", "withdraw_review", "withheld_in", "words_plain",
    "write_atomically", "write_bundle", "write_case", "zipped",
]
