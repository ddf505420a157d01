"""Keep watching: one pass over many cases, what is new in each, and who is told."""

from sitewatch.watch._outcome import Outcome, State
from sitewatch.watch._pass import Pass
from sitewatch.watch._round import Round, watch_cases
from sitewatch.watch._words import sentence

__all__ = ["Outcome", "Pass", "Round", "State", "sentence", "watch_cases"]
