"""The language of the page: its own words go through here, and come back in the language that was asked for.

English stands in the code and the templates. Another language is a catalogue of GNU gettext in ``page/texts``. The
words of the records (findings, reasons, refusals) were written by the stages before, in English, and stay so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations, translation
from pathlib import Path

from markupsafe import Markup, escape

from sitewatch.model import Between, day

__all__ = ["ENGLISH", "bracket", "english", "gettext", "gettext_noop", "languages", "ngettext", "speaking", "spoken",
           "visible"]

ENGLISH = "en"
_TEXTS, _DOMAIN = Path(__file__).parent / "page" / "texts", "report"
_spoken: ContextVar[tuple[str, NullTranslations]] = ContextVar("spoken", default=(ENGLISH, NullTranslations()))


def languages() -> tuple[str, ...]:
    """English, and those that have a catalogue."""
    found = (path.parts[-3] for path in _TEXTS.glob(f"*/LC_MESSAGES/{_DOMAIN}.mo"))
    return (ENGLISH, *sorted(found))


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it the page's own words are of that language; what its catalogue lacks stays English."""
    catalogue = NullTranslations() if language == ENGLISH else translation(_DOMAIN, _TEXTS, [language])
    before = _spoken.set((language, catalogue))
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> str:
    """The language that is spoken now, as an IETF tag."""
    return _spoken.get()[0]


def gettext(message: str) -> str:
    """A text of the page, in the language that is spoken."""
    return _spoken.get()[1].gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """A text that differs by number."""
    return _spoken.get()[1].ngettext(one, many, count)


def gettext_noop(message: str) -> str:
    """Marks a word for the catalogue where it stands; ``gettext`` translates it where it is printed."""
    return message


def bracket(when: Between) -> str:
    """When something happened, in words."""
    days = {"after": day(when.after) if when.after else "", "by": day(when.by) if when.by else ""}
    text = gettext("between %(after)s and %(by)s") if when.after and when.by else gettext("by %(by)s") if when.by else \
        gettext("after %(after)s") if when.after else gettext("not dated")
    return text % days


def visible(text: object) -> object:
    """A text without the letters that nobody sees and that turn or split the words around them, such as U+202E.

    The joiners, and the marks that only set a direction beside them, belong to Arabic, Persian, Hebrew or Hindi.
    """
    return type(text)(_UNSEEN.sub("", text)) if isinstance(text, str) else text


def english(text: str) -> Markup:
    """A text of the records, escaped, and said to be English where the page is not."""
    safe = escape(text)
    return safe if spoken() == ENGLISH else Markup('<span lang="en">{}</span>').format(safe)


_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u180e\u200b\u202a-\u202e\u2060-\u2069\ufeff"
                     "\U000e0000-\U000e007f]")
# What the records say in one of a few fixed words.
_FIXED = (
    gettext_noop("seen"), gettext_noop("measured"), gettext_noop("inferred"), gettext_noop("said by others"),
    gettext_noop("unknown"),
    gettext_noop("present"), gettext_noop("absent"), gettext_noop("unclear"), gettext_noop("no look"),
    gettext_noop("new structure"), gettext_noop("removed structure"), gettext_noop("altered structure"),
    gettext_noop("ground works"), gettext_noop("marked object"), gettext_noop("reference"), gettext_noop("control"),
    gettext_noop("appeared"), gettext_noop("vanished"), gettext_noop("altered"),
    gettext_noop("supported"), gettext_noop("refuted"), gettext_noop("cannot tell"), gettext_noop("not testable"),
    gettext_noop("shift"), gettext_noop("similarity"), gettext_noop("affine"),
    gettext_noop("transmission error"), gettext_noop("dispute"), gettext_noop("origin unknown"),
    gettext_noop("self-contradiction"), gettext_noop("dimension slip"), gettext_noop("not comparable"),
    gettext_noop("image"), gettext_noop("mask"), gettext_noop("metadata"),
    gettext_noop("stac"), gettext_noop("tiff tag"), gettext_noop("file name"), gettext_noop("csv"),
    gettext_noop("simulated"),
    gettext_noop("Jan"), gettext_noop("Feb"), gettext_noop("Mar"), gettext_noop("Apr"), gettext_noop("May"),
    gettext_noop("Jun"), gettext_noop("Jul"), gettext_noop("Aug"), gettext_noop("Sep"), gettext_noop("Oct"),
    gettext_noop("Nov"), gettext_noop("Dec"),
)
