"""The words by which a statement is hedged, dated, counted or attributed: closed lists, English."""

from __future__ import annotations

import re

__all__ = [
    "BORROWED",
    "DENIED_COMMENT",
    "IMAGERY",
    "MONTHS",
    "NOVELTY",
    "NO_YEAR",
    "RELATIVE_DATE",
    "SCENE_ID",
    "UNHEDGED",
    "VAGUE_COUNT",
    "VAGUE_EVENTS",
    "VAGUE_SPEAKER",
    "WITH_UNCERTAINTY",
    "hedges_in",
    "sureness",
]

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"

_HEDGE = re.compile(r"""
    \b(?: appears?(?:\ to)? | appeared(?:\ to)? | apparent(?:ly)? | seems?(?:\ to)? | seemingly
    | (?:(?:very|highly|most)\ )?(?:likely|unlikely|probabl[ey]|improbable) | (?:almost|nearly)\ certain(?:ly)?
    | possibl[ey] | perhaps | presumabl[ey] | suspected | suspects?
    | (?:may|might|could)(?:\ (?:be|have|well|simply|also))? (?=\s+[a-z])
    | suggest(?:s|ed|ing) | indicat(?:es?|ed|ing) | consistent\ with | believed\ to | thought\ to
    | reported(?:ly) | alleged(?:ly)? | purported(?:ly)? | so-called
    | cannot\ (?:be\ )?(?:ruled?\ out|confirm(?:ed)?) | unclear
    | (?:growing|mounting|increasing)\ evidence )\b""", re.X)

VAGUE_SPEAKER = re.compile(r"""
    \b(?: (?:observers|experts|analysts|critics|insiders|commentators|sources)(?!\ (?:at|from|of|with)\ [A-Z])
    | some\ (?:say|believe) | many\ (?:say|believe) | it\ is\ (?:widely\ )?(?:believed|thought|understood|said)
    | (?:growing|mounting|increasing)\ evidence )\b""", re.X | re.I)

VAGUE_EVENTS = re.compile(r"\b(?:(?:many|several|numerous|multiple|various|a number of|a few) (?:occasions|times"
                          r"|visits)|repeatedly|many a time)\b", re.I)
VAGUE_COUNT = re.compile(r"\b(?:some|several|many|numerous|multiple|various|a few|a number)(?: of)?(?: the)? "
                         r"(?:[a-z-]+ ){0,2}[a-z]+s\b")

RELATIVE_DATE = re.compile(rf"""
    \b(?: (?:earlier|later|early|late)?\s?this\ (?:year|month|week|spring|summer|autumn|fall|winter)
    | (?:last|next)\ (?:year|month|week|spring|summer|autumn|fall|winter|night|{MONTHS})
    | yesterday | today | recently | (?:days|weeks|months|years)\ ago
    | on\ (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day )\b""", re.X | re.I)
NO_YEAR = re.compile(rf"\b(?:in|since|during|until|by|from|of)\s(?:the\s)?(?:early|mid|late|mid-|the end of)?[\s-]?"
                     rf"(?:{MONTHS})\b(?!\s(?:\d{{1,2}},?\s)?\d{{4}})(?!\s\d{{1,2}}\s[a-z])")

IMAGERY = re.compile(r"\b(?:satellite|aerial|commercial|high-resolution|overhead)\s(?:\w+\s)?"
                     r"(?:images?|imagery|pictures?|photos?|photographs?)\b", re.I)
SCENE_ID = re.compile(r"\b(?=\w*\d{6})[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)+\b")

NOVELTY = re.compile(r"\b(?:not (?:yet )?(?:been )?(?:previously |yet )?(?:been )?(?:reported|disclosed|published)"
                     r"|previously un(?:reported|known|disclosed)|first (?:to report|reported (?:here|by us))"
                     r"|exclusive(?:ly)?|seen for the first time|revealed for the first time)\b", re.I)
DENIED_COMMENT = re.compile(r"\b(?:did not|didn['’]t|has not|have not|had not|failed to|declined to|refused to"
                            r"|could not be reached) ?(?:immediately |yet )?(?:return|respond|repl(?:y|ied)|comment"
                            r"|responded|answer(?:ed)?|for comment)"
                            r"|\b(?:gave|made|offered|had) no (?:immediate )?(?:response|reply|comment|answer)\b"
                            r"|\bno (?:immediate )?(?:response|reply|comment|answer) (?:from|by|was)\b", re.I)
BORROWED = re.compile(rf"{DENIED_COMMENT.pattern}|\b(?:told us|our reporters?|we asked|seen by us)\b", re.I)

WITH_UNCERTAINTY = re.compile(r"±|\+/-|\bplus or minus\b|\bmargin of error\b|\buncertaint(?:y|ies)\b|\bwithin \d"
                              r"|\bgive or take\b|\baccurate to\b", re.I)


_SURER = re.compile(r"(?:very|highly|most) (?:likely|probabl[ey])|(?:almost|nearly) certain(?:ly)?")
_UNSURE = re.compile(r"may\b|might|could|possibl|perhaps|cannot|unclear|alleged|purported|so-called"
                     r"|.*(?:unlikely|improbable)")
UNHEDGED = 4


def sureness(hedge: str) -> int:
    """How much a hedge leaves to be true: 1 possible, 2 likely or as it appears, 3 very likely; a text without any says
    more than all of them (4)."""
    return 1 if _UNSURE.match(hedge) else 3 if _SURER.fullmatch(hedge) else 2


def hedges_in(text: str) -> tuple[str, ...]:
    """The hedges of a text in order, in small letters. Words of rounding, such as "about", are not among them."""
    return tuple(dict.fromkeys(match[0].lower() for match in _HEDGE.finditer(text)))
