"""Numbers in a text as they were stated: ratios in their form, sizes with their unit, counts with what is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitewatch.model import Form, Stated

__all__ = ["quantities_in"]

Found = tuple[int, int, Stated]

_N = r"\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,9})?|\d{0,15}\.\d{1,9}|\d{1,15}"
_RANGE = rf"(?P<a>{_N})(?:\s?(?:to|and|-|–|─|~)\s?(?P<b>{_N}))?"
_WORDS = {word: number for number, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve".split())}
_WORD = "|".join(_WORDS)
_PERCENT = re.compile(rf"{_RANGE}\s?(?:percent|per cent|%)\s(?P<how>(?:of )?(?:the )?size of|of|larger|bigger|greater"
                      r"|more|longer|wider|smaller|less|shorter|lower)\b", re.I)
_GREW = re.compile(rf"(?P<n>{_N})\stimes\sover(?:,?\sfrom\s(?P<a>{_N})\sto\s(?P<b>{_N}))?", re.I)
_TIMES = re.compile(rf"(?:\b(?P<word>twice|double|half|triple|{_WORD})|\b(?P<n>{_N}))(?:\stimes)?"
                    r"\s(?P<how>the size|as (?:large|big|long|wide)|larger|bigger|longer)\b", re.I)
_UNITS = (("km²", r"km²|km2|sq(?:uare|\.)? ?(?:km|kilomet(?:re|er)s?)"),
          ("m²", r"m²|m2|sq(?:uare|\.)? ?(?:m|met(?:re|er)s?)"), ("mi²", r"sq(?:uare|\.)? ?miles?"),
          ("ft²", r"sq(?:uare|\.)? ?(?:ft|feet)"), ("ha", r"ha|hectares?"), ("acre", r"acres?"),
          ("km", r"km|kilomet(?:re|er)s?"), ("m", r"m|met(?:re|er)s?"), ("mi", r"miles?"), ("ft", r"ft|feet|foot"),
          ("t", r"(?:metric )?tons?|tonnes?"))
_NO_AREA = frozenset("m km mi ft t".split())
_ANY_UNIT = "|".join(unit for _, unit in _UNITS)
_UP = r"increas(?:ed|es|ing)|gr(?:ew|own|ows)|rose|risen|rises|expand(?:ed|s)|enlarged"
_DOWN = r"decreas(?:ed|es|ing)|fell|fallen|falls|dropped|declined|shrank|shrunk|reduced"
_ABOUT = r"(?:(?:about|around|nearly|some|almost|over)\s)?"
_CHANGED = re.compile(rf"\b(?:(?P<up>{_UP})|{_DOWN})\s(?:in\ssize\s)?(?:(?P<to>to)\s|by\s)?{_ABOUT}{_RANGE}"
                      r"\s?(?:percent|per cent|%)", re.I)
_FROM_TO = re.compile(rf"\b(?:{_UP}|{_DOWN})\s(?:in\ssize\s)?from\s{_ABOUT}(?P<start>{_N})(?:\s?(?P<u>{_ANY_UNIT}))?"
                      rf"\sto\s{_ABOUT}(?P<n>{_N})\s?(?P<unit>{_ANY_UNIT})(?![\w²])", re.I)
_BY_FROM = re.compile(rf"\b(?:(?:{_UP}|{_DOWN})\sto|(?:{_UP})\s(?P<by>by))\s{_ABOUT}(?P<n>{_N})\s?(?P<unit>{_ANY_UNIT})"
                      rf",?\sfrom\s{_ABOUT}(?P<start>{_N})(?:\s?(?P<u>{_ANY_UNIT}))?(?![\w²])", re.I)
_UNIT = "|".join(f"(?P<u{i}>{unit})" for i, (_, unit) in enumerate(_UNITS))
_SIZE = re.compile(rf"(?<![\w.]){_RANGE}[\s-]?(?:{_UNIT})(?![\w²])")
_SIDES = re.compile(rf"(?<![\w.])(?P<length>{_N})\s?[×x]\s?(?P<width>{_N})(?:\s?[×x]\s?(?P<height>{_N}))?"
                    r"[\s-]?(?P<unit>m|met(?:re|er)s?|ft|feet)(?![\w²])", re.I)
_COUNT = re.compile(rf"(?<![\w.-])(?:(?P<n>(?!(?:19|20)\d\d\b)(?:{_N}))|(?P<word>{_WORD}))"
                    r"\s(?P<what>(?:[a-z-]+\s)?(?!(?:percent|times|years|days|months|weeks|hours)\b)[a-z]{3,}s)\b")
_DIMENSIONS = (("footprint", r"\bfootprint\b"), ("length", r"\blong|\blength\b"),
               ("width", r"\bwide\b|\bwidth\b|across"), ("height", r"\btall\b|\bhigh\b|\bheight\b"),
               ("depth", r"\bdeep\b|\bdepth\b"))


def quantities_in(text: str) -> Iterator[Found]:
    """[start, end) and meaning of each number that is stated with a form, a unit or a thing counted."""
    taken = [match.span() for match in _SIDES.finditer(text)]
    for match in _SIDES.finditer(text):
        yield from ((*match.span(), side) for side in _sides(match))
    for pattern, read in ((_PERCENT, _percent), (_CHANGED, _changed), (_FROM_TO, _grown), (_BY_FROM, _grown),
                          (_GREW, _grew), (_TIMES, _times), (_SIZE, _size), (_COUNT, _count)):
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken) and (found := read(match)):
                taken.append(match.span())
                yield (*match.span(), found)


def _sides(match: re.Match[str]) -> Iterator[Stated]:
    """115 × 48 × 12 m is a length, a width and a height."""
    for dimension in ("length", "width", "height"):
        if match[dimension]:
            number = _number(match[dimension])
            yield Stated(form="value", low=number, high=number, unit=_unit_called(match["unit"]), dimension=dimension,
                         surface=match[0])


def _percent(match: re.Match[str]) -> Stated | None:
    how = match["how"].lower()
    form: Form = "of" if how.endswith("of") else "less_than" if how in ("smaller", "less", "shorter", "lower") \
        else "more_than"
    return _stated(match, form, scale=0.01)


def _changed(match: re.Match[str]) -> Stated | None:
    """"Rose 40 percent" is by 40 percent; "to 140 percent" is of what it was, whether it rose or fell."""
    return _stated(match, "of" if match["to"] else "more_than" if match["up"] else "less_than", scale=0.01)


def _grown(match: re.Match[str]) -> Stated | None:
    """From one size to another, or by so much, if both are in one unit."""
    units = [_unit_called(text) for text in (match["unit"], match["u"] or match["unit"])]
    start, number = _number(match["start"]), _number(match["n"])
    if units[0] != units[1] or start <= 0:
        return None
    is_by = "by" in match.groupdict() and match["by"]
    return Stated(form="by" if is_by else "to", low=number, high=number, unit=units[0], start=start, surface=match[0],
                  dimension="unspecified" if units[0] in _NO_AREA else "area")


def _unit_called(text: str) -> str:
    return next(name for name, words in _UNITS if re.fullmatch(words, text, re.I))


def _grew(match: re.Match[str]) -> Stated | None:
    number, ends = _number(match["n"]), [_number(match[end]) if match[end] else None for end in ("a", "b")]
    return Stated(form="grew_times", low=number, high=number, surface=match[0], start=ends[0], end=ends[1])


def _times(match: re.Match[str]) -> Stated | None:
    word, how = (match["word"] or "").lower(), match["how"].lower()
    number = {"twice": 2.0, "double": 2.0, "half": 0.5, "triple": 3.0}.get(word)
    if number is None and " times" not in match[0].lower():
        return None
    number = number or _number(match["n"] or str(_WORDS.get(word, 0)))
    form: Form = "of" if number < 1 else "times_larger" if how in ("larger", "bigger", "longer") else "times"
    dimension = "length" if "long" in how else "width" if "wide" in how else "unspecified"
    return Stated(form=form, low=number, high=number, surface=match[0], dimension=dimension)


def _size(match: re.Match[str]) -> Stated | None:
    unit = next(name for i, (name, _) in enumerate(_UNITS) if match[f"u{i}"])
    around = match.string[match.end():match.end() + 12]
    near = next((name for name, words in _DIMENSIONS if re.search(words, around)), "unspecified")
    return _stated(match, "value", unit=unit, dimension="mass" if unit == "t" else near if unit in _NO_AREA else "area")


def _count(match: re.Match[str]) -> Stated | None:
    number = float(_WORDS[match["word"].lower()]) if match["word"] else _number(match["n"])
    return Stated(form="value", low=number, high=number, unit="count", surface=match[0])


def _stated(match: re.Match[str], form: Form, *, scale: float = 1.0, unit: str = "1",
            dimension: str = "unspecified") -> Stated | None:
    low = _number(match["a"]) * scale
    high = _number(match["b"]) * scale if match["b"] else low
    if high < low:
        return None  # "from 3 to 2" is a change, not a range
    return Stated(form=form, low=round(low, 9), high=round(high, 9), unit=unit, dimension=dimension, surface=match[0])


def _number(text: str) -> float:
    return float(text.replace(",", ""))
