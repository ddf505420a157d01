"""A case on disk: plain files that a person can open, git can merge and anybody can check."""

from sitewatch.store._casefile import CASE_FILE, CaseFile, clean_text, read_case
from sitewatch.store._casewrite import write_case
from sitewatch.store._decisions import (
    check_decisions,
    completed,
    decisions_plain,
    keep_decision,
    read_decisions,
    subjects_of,
    version_of,
    withdraw_decision,
)
from sitewatch.store._folder import FolderStore, Stored
from sitewatch.store._identity import new_run, place_plain, scenes_plain, words_plain
from sitewatch.store._new import NewCase, folder_source, site_of_plan
from sitewatch.store._sources import open_sources, sources_plain
from sitewatch.store._verify import Verified, check_logs, check_pixels, check_run, compare

__all__ = [
    "CASE_FILE", "CaseFile", "FolderStore", "NewCase", "Stored", "Verified", "check_decisions", "check_logs",
    "check_pixels", "check_run", "clean_text", "compare", "completed", "decisions_plain", "folder_source",
    "keep_decision", "new_run", "open_sources", "place_plain", "read_case", "read_decisions", "scenes_plain",
    "site_of_plan", "sources_plain", "subjects_of", "version_of", "withdraw_decision", "words_plain", "write_case",
]
