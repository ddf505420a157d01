"""The fixed phrases: probability words, numbers, names, and the words that no picture can show."""

from __future__ import annotations

import re
import unicodedata

from sitewatch.model import Site, Structure, StructureClass

__all__ = ["FUNCTION_WORDS", "counted", "dimension_phrase", "functions_in", "kind_of", "probability_range",
           "probability_word", "reference_name", "safe_name"]

# ICD 203, row A only: upper end of each range. 0 and 1 have no word: a fact is seen or measured, never "certain".
_LOWEST = 0.01
_ROW_A = ((0.05, "almost no chance"), (0.20, "very unlikely"), (0.45, "unlikely"), (0.55, "roughly even chance"),
          (0.80, "likely"), (0.95, "very likely"), (0.99, "almost certain"))

# What a thing is for cannot be seen from above. A sentence of the seen or measured layer that held one of these
# words would claim it all the same, so names that hold one are left out of such sentences.
FUNCTION_WORDS = frozenset("""
    accommodation ammunition armoury arsenal assembly barrack barracks base bunker camp centrifuge clinic command
    depot detention dormitory enrichment factory fabrication garage garrison gulag hangar headquarters hospital hotel
    house houses housing launcher launch laboratory magazine manufacturing mill mine missile mosque munition nuclear
    office plant prison production reactor refinery residence residential school shop silo silos smelter storage
    store storehouse test testing warehouse weapon weapons worker workers workshop
""".split())

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_KINDS: dict[StructureClass, tuple[str, str]] = {
    "new structure": ("a new structure", "new structures"),
    "removed structure": ("a removed structure", "removed structures"),
    "altered structure": ("an altered structure", "altered structures"),
    "ground works": ("ground works", "places with ground works"),
    "marked object": ("a marked object", "marked objects"),
    "reference": ("a reference", "references"),
}


def probability_word(chance: float) -> str | None:
    """The ICD 203 word for a chance, or None below 1 % and above 99 %, where no word is defined."""
    if not _LOWEST <= chance <= _ROW_A[-1][0]:
        return None
    return next(word for upper, word in _ROW_A if chance <= upper)


def probability_range(word: str) -> str:
    """The range of an ICD 203 word: 80 to 95 %."""
    ends = [_LOWEST, *(upper for upper, _ in _ROW_A)]
    place = [known for _, known in _ROW_A].index(word)
    return f"{100 * ends[place]:.0f} to {100 * ends[place + 1]:.0f} %"


def counted(number: int, one: str, many: str) -> str:
    """'one scene', 'twelve scenes', '13 scenes'."""
    text = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return f"{text} {one if number == 1 else many}"


def kind_of(structure: Structure, *, plural: bool = False) -> str:
    """What the structure's class is called in a sentence."""
    return _KINDS[structure.class_][int(plural)]


def safe_name(structure: Structure) -> str:
    """The name for a sentence of the seen or measured layer: label, else id, else a neutral word."""
    for name in (structure.label, structure.id):
        if name.strip() and not functions_in(name):
            return name.strip()
    return "this structure"


def reference_name(reference: str, site: Site) -> str:
    """A reference's own name, or its number in the case file where the name says what it is for."""
    if not functions_in(reference):
        return reference.replace("_", " ")
    ids = [outline.id for outline in site.references]
    return f"reference {ids.index(reference) + 1}" if reference in ids else "the reference"


def dimension_phrase(what: str) -> str:
    """The word for a dimension: area is spoken of as footprint, a ratio as what it is a ratio of."""
    plain = what.removesuffix(" ratio")
    return "footprint" if plain == "area" else plain


def functions_in(text: str) -> list[str]:
    """The words of a text that say what a thing is for, in order."""
    spelt = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in spelt if unicodedata.category(sign) not in ("Mn", "Cf"))  # accents, zero widths
    return [word for word in re.findall(r"[a-z]+", plain) if _singulars(word) & FUNCTION_WORDS]


def _singulars(word: str) -> set[str]:
    return {word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)}
