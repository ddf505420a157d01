"""What may be said of a site, sentence by sentence, each tied to the records that carry it."""

from sitewatch.claims._findings import ClaimsOptions, draft_findings
from sitewatch.claims._words import FUNCTION_WORDS, probability_word

VERSION: int = 3

__all__ = ["FUNCTION_WORDS", "VERSION", "ClaimsOptions", "draft_findings", "probability_word"]
