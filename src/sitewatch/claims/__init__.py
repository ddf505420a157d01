"""What may be said of a site, sentence by sentence, and whether what others say of it holds."""

from sitewatch.claims._check import check_claims
from sitewatch.claims._findings import ClaimsOptions, draft_findings
from sitewatch.claims._lint import faults_of
from sitewatch.claims._machine import propose_with
from sitewatch.claims._propose import propose_claims
from sitewatch.claims._words import FUNCTION_WORDS, probability_word

VERSION: int = 10

__all__ = ["FUNCTION_WORDS", "VERSION", "ClaimsOptions", "check_claims", "draft_findings", "faults_of",
           "probability_word", "propose_claims", "propose_with"]
