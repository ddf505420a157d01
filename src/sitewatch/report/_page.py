"""The page as HTML: everything that comes from a case is escaped, and nothing on it asks for a network."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import InternationalizationExtension
from markupsafe import Markup, escape

from sitewatch.model import Finding, Row, Structure
from sitewatch.report._candidates import Candidates
from sitewatch.report._claims import ClaimsShown
from sitewatch.report._figures import Figure
from sitewatch.report._language import ENGLISH, bracket, english, gettext, ngettext, spoken, visible
from sitewatch.report._method import Method, Place
from sitewatch.report._numbers import Numbers, Size
from sitewatch.report._published import Published
from sitewatch.report._reviewed import Reviewed
from sitewatch.report._said import Said
from sitewatch.report._scenes import ScenesShown
from sitewatch.report._signs import Sign
from sitewatch.report._ties import Aligned
from sitewatch.report._timeline import Timeline

__all__ = ["Page", "Story", "rendered", "templates"]

_FILES = Path(__file__).parent / "page"
_SHOWN = 24   # of a kind: more are one click away, so that a page of hundreds can be read from end to end
_ACROSS = 8   # columns of a table that fit on paper beside the day
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b(?!T)")
_PERCENT = re.compile(r"(\d) %")
_INTERVAL = re.compile(r"[\d.\u202f]+ \[[-\d.\u202f]+, [-\d.\u202f]+\](?: m²?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One structure that changed: what is told of it first, what is said besides, and its pictures."""

    sign: Sign
    structure: Structure
    told: tuple[Finding, ...]
    more: tuple[Finding, ...]
    figure: Figure | None
    is_large: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that the page's templates are given, in the order of the page."""

    title: str
    place: Place
    findings: tuple[Finding, ...]
    reviewed: Reviewed
    said: Said
    key: Figure | None
    key_number: Size | None
    map: Figure | None
    signs: tuple[Sign, ...]
    stories: tuple[Story, ...]
    timeline: Timeline | None
    numbers: Numbers
    candidates: Candidates
    method: Method
    aligned: Aligned | None
    ties: Figure | None
    scenes: ScenesShown
    claims: ClaimsShown | None
    provenance: Mapping[str, str]
    is_series: bool
    published: Published | None = None
    open_rows: tuple[Row, ...] = ()


def rendered(page: Page) -> bytes:
    """The page, with its style sheet and script inside it: a page opened from disk may load nothing else."""
    pages = templates()
    style, script = (Markup(pages.get_template(name).render()) for name in ("style.css", "slider.js"))
    only = (f"default-src 'none'; img-src 'self' file:; style-src {_hash(style)}; script-src {_hash(script)}; "
            "base-uri 'none'; form-action 'none'")
    return pages.get_template("index.html").render(page=page, style=style, script=script, policy=only).encode()


def templates() -> Environment:
    """The page's templates: what comes from a case is escaped in each of them, and their own words are translated."""
    return _templates(spoken())


@cache
def _templates(language: str) -> Environment:
    """Compiled once: that takes longer than all the rest of a page."""
    pages = Environment(loader=FileSystemLoader(_FILES), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
                        finalize=visible,
                        extensions=[InternationalizationExtension])
    pages.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # of the extension
    pages.globals.update(shown=_SHOWN, across=_ACROSS, language=language,
                         in_english=Markup("" if language == ENGLISH else ' lang="en"'))
    pages.filters.update(bracket=bracket, english=english, percent=_percent, tidy=_tidy)
    return pages


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _tidy(text: object) -> Markup:
    """A text of the case, escaped; a day or a number with its interval does not break across lines."""
    safe = _PERCENT.sub("\\1\N{NO-BREAK SPACE}%", str(escape(str(text))))
    safe = _DAY.sub(r'<time datetime="\g<0>">\g<0></time>', safe)
    return Markup(_INTERVAL.sub(r'<span class="number">\g<0></span>', safe))


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")
