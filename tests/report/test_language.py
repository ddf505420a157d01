"""The page in another language: a made-up one, whose letters are wide, so that a word that was left English shows."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from pypdf import PdfReader
from tests.report.quotes import checks_of
from tests.report.yard import PROVENANCE, World, hall, site_in_a_picture, structure_at, world_of
from tools.report_texts import TEXTS, texts, written

from sitewatch.model import (
    ChangeKind,
    Correction,
    DisagreementKind,
    Earlier,
    HarmReview,
    Layer,
    LookState,
    Placement,
    Publication,
    StructureClass,
    Verdict,
)
from sitewatch.report import ReportOptions, compose_report, print_page

_KEPT = re.compile(r"(<code>.*?</code>|<[^>]*>|%\(\w+\)s|%%|&\w+;)")
_RECORDS = {"bdi", "code", "time", "blockquote", "q", "pre", "style", "script"}   # what a case says, in its own words
_EMPTY = {"meta", "img", "br", "input"}
_UNITS = {"px", "EPSG", "SHA"}


def _wide(text: str) -> str:
    """The text in wide letters, but for tags, places of values and commands."""
    return "".join(part if number % 2 else re.sub("[!-~]", lambda m: chr(ord(m[0]) + 0xFEE0), part)
                   for number, part in enumerate(_KEPT.split(text)))


@pytest.fixture
def wide(tmp_path, monkeypatch) -> ReportOptions:
    """Options that ask for a language whose catalogue was made from the template that translators get."""
    with (TEXTS / "report.pot").open("rb") as file:
        template = read_po(file)
    catalogue = Catalog(locale="eo")
    for message in template:
        if message.id:
            one = isinstance(message.id, str)
            catalogue.add(message.id, _wide(message.id) if one else tuple(map(_wide, message.id)))
    place = tmp_path / "eo" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "report.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr("sitewatch.report._language._TEXTS", tmp_path)
    return ReportOptions(language="eo", figure_width_px=240, map_width_px=240, figures=1)


class _Own(HTMLParser):
    """The words of the page itself: not those of records, names, numbers and commands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.within: list[str] = []
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        is_record = tag in _RECORDS or known.get("lang") == "en"
        if tag not in _EMPTY:
            self.within.append("record" if is_record else tag)
        self.found += [known[name] or "" for name in ("alt", "aria-label") if name in known and not is_record]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Lines of a drawing."""

    def handle_endtag(self, tag: str) -> None:
        if tag not in _EMPTY:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if "record" not in self.within:
            self.found.append(data)


def _english_left(page: str, world: World) -> list[str]:
    names = "|".join([thing.label for thing in world.structures] + ["car park", "Yard"])
    text = re.sub(rf"\b(?:{names})\b", "", " ".join(_Own(page).found))
    return [word for word in re.findall("[A-Za-z]{2,}", text) if word not in _UNITS]


def _publication() -> Publication:
    last = Earlier(version=1, date="2024-01-01", title="before", sentences=("it stood",), sha256="0" * 64)
    return Publication(version=2, date="2024-04-01", publisher="Watch", contact="w@example.org", licence="CC-BY-4.0",
                       ai_use="none", reply="none", dates="acquisition", indicators="a roof", state_media="none",
                       harm=HarmReview(by="E", date="2024-03-30", outcome="publish", withheld="nothing"),
                       corrections=(Correction(version=2, date="2024-04-01", text="a width"),), earlier=(last,))


def _published(world: World, options: ReportOptions) -> dict[str, bytes]:
    return dict(compose_report(
        replace(world.findings, checks=checks_of()), world.changes, world.structures, world.measurements, world.stack,
        options=options, provenance=PROVENANCE, publication=_publication()).files)


@pytest.mark.parametrize("world", [
    world_of(), world_of(structures=()), world_of(site_in_a_picture()),
    world_of(structures=tuple(structure_at(hall(world_of().site, 5 + 20 * n), n) for n in range(3)))],
    ids=["one hall", "nothing", "a picture", "three halls"])
def test_no_english_is_left_on_a_page_in_another_language_but_what_the_case_says(world, wide):
    files = _published(world, wide)
    page = files["index.html"].decode()
    assert '<html lang="eo">' in page
    assert _wide("What was found") in page
    assert _english_left(page, world) == []
    script = page[page.index("<script>"):]
    assert [json.dumps(_wide(text)) in script for text in ("Side by side", "Flicker", "Only after")] == [True] * 3
    assert _wide(": share of the picture that shows the look before") in script
    drawings = [data.decode() for name, data in files.items() if name.endswith(".svg")]
    assert [_wide(" Licence: ") in drawing for drawing in drawings] == [True] * len(drawings)


def test_what_the_case_says_is_marked_as_english_there(wide):
    page = world_of().report(wide).files["index.html"].decode()
    assert re.search('<h1[^>]*><span lang="en">New structure at Yard', page)
    assert '<span lang="en">it is even</span>' in page
    assert 'lang="en">' not in world_of().page().replace('<html lang="en">', "").replace('<bdi lang="en">', "")


def test_the_template_for_translators_holds_every_text_of_the_report():
    """``python -m tools.report_texts`` writes it anew, and the compiled catalogues."""
    assert (TEXTS / "report.pot").read_text(encoding="utf-8") == written(texts())
    for file in TEXTS.glob("*/LC_MESSAGES/report.po"):
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.BytesIO(file.read_bytes()), locale=file.parts[-3]))
        assert file.with_suffix(".mo").read_bytes() == compiled.getvalue()


@pytest.mark.parametrize("words", [Layer, LookState, StructureClass, ChangeKind, Verdict, DisagreementKind, Placement])
def test_every_word_of_a_fixed_set_can_be_translated(words):
    known = {message.id for message in texts()}
    assert set(get_args(words)) - known == set()


def test_english_needs_no_catalogue_and_another_language_must_have_one():
    with pytest.raises(ValueError, match="not translated into eo: language is en"):
        ReportOptions(language="eo")


@pytest.mark.skipif(print_page({"index.html": b"<html lang='en'><title>T</title><p>x</p></html>"}) is None,
                    reason="needs Pango (.ci/run installs it)")
def test_the_print_says_in_which_language_it_is(wide):
    book = PdfReader(io.BytesIO(print_page(world_of().report(wide).files).data))
    assert book.trailer["/Root"]["/Lang"] == "eo"
