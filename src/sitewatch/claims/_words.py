"""The fixed phrases: probability words, numbers, names, and the words that no picture can show."""

from __future__ import annotations

import re
import unicodedata

from sitewatch.model import Site, Structure, StructureClass

__all__ = ["FUNCTION_WORDS", "counted", "dimension_phrase", "kind_of", "probability_word", "reference_name",
           "safe_name"]

# ICD 203, row A only: upper end of each range. 0 and 1 have no word: a fact is seen or measured, never "certain".
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
    "reference": ("a reference", "references"),
}

_DIMENSIONS = {"area": "footprint", "length": "length", "width": "width", "height": "height",
               "area ratio": "footprint", "length ratio": "length", "width ratio": "width"}


def probability_word(chance: float) -> str | None:
    """The ICD 203 word for a chance, or None below 1 % and above 99 %, where no word is defined."""
    if not 0.01 <= chance <= 0.99:
        return None
    return next(word for upper, word in _ROW_A if chance <= upper)


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
        if name.strip() and not _names_a_function(name):
            return name.strip()
    return "this structure"


def reference_name(reference: str, site: Site) -> str:
    """A reference's own name, or its number in the case file where the name says what it is for."""
    if not _names_a_function(reference):
        return reference.replace("_", " ")
    ids = [outline.id for outline in site.references]
    return f"reference {ids.index(reference) + 1}" if reference in ids else "the reference"


def dimension_phrase(what: str) -> str:
    """The word for a dimension: area is spoken of as footprint."""
    return _DIMENSIONS[what]


def _names_a_function(name: str) -> bool:
    spelt = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(sign for sign in spelt if unicodedata.category(sign) not in ("Mn", "Cf"))  # accents, zero widths
    return any(_singulars(word) & FUNCTION_WORDS for word in re.findall(r"[a-z]+", plain))


def _singulars(word: str) -> set[str]:
    return {word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)}
