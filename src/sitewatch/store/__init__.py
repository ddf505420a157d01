"""A case on disk: plain files that a person can open, git can merge and anybody can check."""

from sitewatch.store._casefile import CASE_FILE, CaseFile, clean_text, read_case
from sitewatch.store._casewrite import write_case
from sitewatch.store._claimsfile import CLAIMS_FILE, add_demo_claims, read_claims
from sitewatch.store._folder import FolderStore, Stored
from sitewatch.store._identity import claims_plain, new_run, place_plain, scenes_plain, words_plain
from sitewatch.store._new import NewCase, folder_source, site_of_plan
from sitewatch.store._sources import open_sources, sources_plain
from sitewatch.store._texts import read_text
from sitewatch.store._verify import Verified, check_logs, check_pixels, check_run, compare

__all__ = [
    "CASE_FILE", "CLAIMS_FILE", "CaseFile", "FolderStore", "NewCase", "Stored", "Verified", "add_demo_claims",
    "check_logs", "check_pixels", "check_run", "claims_plain", "clean_text", "compare", "folder_source", "new_run",
    "open_sources", "place_plain", "read_case", "read_claims", "read_text", "scenes_plain", "site_of_plan",
    "sources_plain", "words_plain", "write_case",
]
