"""What a reader gets, word by word: a changed page or print is seen in review, and taken over on purpose.

``UPDATE_SNAPSHOTS=1 pytest tests/publication/test_snapshots.py`` writes them anew.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader
from pypdf.generic import IndirectObject, StreamObject
from tests.report.quotes import published_report
from tests.report.yard import text_of, world_of

from sitewatch.report import print_page

_FOLDER = Path(__file__).parents[1] / "snapshots"
_BLOCKS = {"h1", "h2", "h3", "p", "li", "tr", "dt", "dd", "figure", "section", "summary", "caption", "img", "pre"}


class _Outline(HTMLParser):
    """The page as its parts and their words, one a line."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.skipped = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag in ("style", "script")
        if tag in _BLOCKS:
            known = dict(attrs)
            what = known.get("id") or known.get("class") or known.get("alt") or ""
            self.lines.append(f"{tag} {what}: " if what else f"{tag}: ")

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if self.lines and not self.skipped and data.strip():
            self.lines[-1] += " ".join(data.split()) + " "


def _same(name: str, text: str) -> None:
    path = _FOLDER / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "make"), [
    ("report.txt", lambda: world_of().report()), ("published.txt", published_report)])
def test_the_page_has_these_parts_and_words(name, make):
    lines = [line.strip() for line in _Outline(make().files["index.html"].decode()).lines]
    _same(name, "\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    return published_report().files


@pytest.fixture(scope="module")
def book(files) -> PdfReader:
    made = print_page(files)
    if made is None:
        pytest.skip("needs Pango (.ci/run installs it)")
    return PdfReader(io.BytesIO(made.data))


@pytest.fixture(scope="module")
def texts(book) -> list[str]:
    """The letters of each page without its number: where lines and pages break follows from the machine's fonts."""
    return [re.sub(r"\s+|\d+ / \d+$", "", page.extract_text()) for page in book.pages]


def test_the_print_has_these_parts_and_words(files, book, texts):
    whole, told = "".join(texts), Counter[str]()
    held = (book.get_object(IndirectObject(number, 0, book)) for number in range(1, book.trailer["/Size"]))
    lines = [f"{sum(isinstance(one, StreamObject) and one.get('/Subtype') == '/Image' for one in held)} pictures"]
    for line in map(str.strip, _Outline(files["index.html"].decode()).lines):
        words = re.sub(r"\s", "", line.partition(": ")[2])
        told[words] += 1
        if words and _is_in(words, whole) and told[words] <= max(whole.count(words), 1):
            lines.append(line)
    _same("printed.txt", "\n".join(lines) + "\n")


def test_the_print_says_what_the_page_says_on_pages_in_this_order(files, texts):
    page = files["index.html"].decode()
    headings = [re.sub(r"\s", "", text_of(found)) for found in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
    page_now = 0
    for heading in headings:   # each on the page of the one before it, or on a later one
        page_now = next((n for n in range(page_now, len(texts)) if heading in texts[n]), len(texts))
        assert page_now < len(texts), heading
    whole = "".join(texts)
    sentences = [re.sub(r"\s", "", text_of(found)) for found in re.findall(r"<p[^>]*>(.*?)</p>", page, re.S)]
    missing = [text for text in sentences if len(text) > 40 and not _is_in(text, whole)]
    assert missing == []


def _is_in(text: str, whole: str) -> bool:
    """Whether a sentence is printed; a page's end may part it."""
    half = len(text) // 2
    return text in whole or (text[:half] in whole or text[half:] in whole)
