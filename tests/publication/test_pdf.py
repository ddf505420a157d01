"""The printed report: the same bytes each time, tagged, every font in it, nothing fetched."""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import replace

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject
from tests.publication.edits import members, sealed
from tests.report.quotes import checks_of
from tests.report.yard import World, hall, site_on_earth, structure_at, world_of

from sitewatch.case import Case
from sitewatch.errors import InputError
from sitewatch.model import Finding, Name
from sitewatch.publication import publish, verify_published
from sitewatch.report import print_page

_PIXEL = {"index.html": b"<html lang='en'><title>T</title><p>x</p></html>"}
pytestmark = pytest.mark.skipif(print_page(_PIXEL) is None, reason="needs Pango (.ci/run installs it)")
# February 11 plant, in the scripts of those who write about such places.
_NAMES = {"ko": "2월11일공장", "zh": "二月十一日工廠", "ja": "2月11日工場",
          "ar": "مصنع ١١ فبراير", "ru": "Завод «11 февраля»"}


@pytest.fixture(scope="module")
def world() -> World:
    """A hall with a long sentence on its sizes, and what others say of it."""
    made = world_of()
    text = ("Structure A measures 864 [778, 950] m² in footprint, 36.0 [32.4, 39.6] m in length (90 %); its footprint "
            "is 1.082 [1.000, 1.170] times that of old-hall (90 %); its footprint is 0.658 [0.618, 0.700] times that "
            "of the hall before it (90 %).")
    records = [replace(f, text=text) if f.layer == "measured" else f for f in made.findings]
    said = Finding(id="F9", text="Four publishers give its size in two readings.", layer="said by others",
                   evidence=("wire",))
    return replace(made, findings=replace(made.findings, records=(*records, said), checks=checks_of()))


@pytest.fixture(scope="module")
def printed(world) -> bytes:
    return print_page(world.report().files).data


@pytest.fixture(scope="module")
def book(printed) -> PdfReader:
    return PdfReader(io.BytesIO(printed))


def _objects(book: PdfReader) -> list[DictionaryObject]:
    found = (book.get_object(IndirectObject(number, 0, book)) for number in range(1, book.trailer["/Size"]))
    return [thing for thing in found if isinstance(thing, DictionaryObject)]


def test_the_same_page_is_printed_to_the_same_bytes(world, printed):
    assert print_page(world.report().files).data == printed


def test_it_is_tagged_and_says_that_it_is_accessible(book):
    """ISO 14289-1, PDF/UA: tagged, its language and title known, its title shown, and said so in its metadata."""
    root = book.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert book.metadata.title.startswith("New structure at Yard")
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_object().get_data()
    kinds = [thing.get("/S") for thing in _objects(book) if thing.get("/Type") == "/StructElem"]
    assert {"/H1", "/H2", "/P", "/Table", "/TH", "/TD", "/Figure"} <= set(kinds)
    assert kinds.count("/H1") == 1


def test_the_first_page_tells_the_finding_in_whole_lines_and_shows_it(world, book):
    lines = [line.strip() for line in book.pages[0].extract_text().splitlines() if line.strip()]
    text = " ".join(lines).replace("\u202f", " ")
    places = [text.find(part) for part in ("first seen between", "Structure A measures 864", "0.658 [0.618, 0.700]",
                                           "That Structure A is", "before and after")]
    assert -1 not in places
    assert places == sorted(places)
    assert max(len(run) for run in re.findall(r"1*", "".join(str(int(len(line) < 3)) for line in lines))) < 9


def test_every_picture_on_paper_has_its_words(book):
    figures = [thing for thing in _objects(book) if thing.get("/S") == "/Figure"]
    assert figures
    assert [figure for figure in figures if not figure.get("/Alt")] == []


def test_it_holds_every_font_that_it_uses(book):
    fonts = [thing for thing in _objects(book) if thing.get("/Type") == "/FontDescriptor"]
    assert fonts
    assert [font["/FontName"] for font in fonts if not font.keys() & {"/FontFile", "/FontFile2", "/FontFile3"}] == []


@pytest.mark.parametrize("language", sorted(_NAMES))
def test_a_name_in_any_script_is_printed_with_letters_that_are_in_the_file(language):
    site = replace(site_on_earth(), names=(Name(text=_NAMES[language], language=language),))
    made = print_page(world_of(site, (structure_at(hall(site), label=_NAMES[language]),)).report().files)
    if made.boxes:
        pytest.skip(f"no font here has {made.boxes} (.ci/run installs fonts-noto-core and fonts-noto-cjk)")
    text = PdfReader(io.BytesIO(made.data)).pages[0].extract_text()
    if language == "ar":   # printed from right to left, in joined forms
        assert re.search("[\u0600-\u06ff\ufe70-\ufefc]{4}", text)
    else:
        assert _NAMES[language].replace(" ", "") in text.replace(" ", "")


def test_letters_that_no_font_has_are_told():
    made = print_page({"index.html": "<html lang='en'><title>T</title><p>a\U0003abcdb</p></html>".encode()})
    assert made.boxes == "\U0003abcd"


def test_nothing_but_the_reports_own_files_is_read(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    asked = f"<html><img src='{secret.as_uri()}'><img src='http://127.0.0.1:9/x.png'><img src='report:///no.jpg'></html>"
    made = print_page({"index.html": asked.encode()}).data
    assert made.startswith(b"%PDF")
    book = PdfReader(io.BytesIO(made))
    assert [image for page in book.pages for image in page.images] == []
    assert b"secret" not in made


def test_a_scale_bar_is_as_long_on_paper_as_on_the_page(world, book):
    """WeasyPrint takes a share of an inner drawing's own width: it must be that of the whole picture."""
    percent = float(re.search(r'class="scale" y="100%"><rect x="14" y="-19" width="([\d.]+)%"', world.page())[1])
    content = b"\n".join(thing.get_data() for thing in _objects(book) if hasattr(thing, "get_data")
                         and "/Length1" not in thing and thing.get("/Subtype") != "/Image")
    drawn = [tuple(map(float, found)) for found in re.findall(rb"14 -19 ([\d.]+) ([\d.]+) re", content)]
    assert drawn
    widths = {round(width / percent * 100) for width, height in drawn if height == 5}
    assert min(widths) > 150  # CSS pixels of a picture; 100 % of an inner drawing would be far less


def test_what_others_say_is_drawn_on_paper_as_on_the_page():
    drawing = ('<svg class="row short" role="img" aria-label="a"><rect class="measured" x="1%" width="9%" y="0" '
               'height="44"/><rect class="reading" x="1%" width="9%" y="5" height="14"/></svg></div>')
    made = print_page({"index.html": f"<html lang='en'><title>T</title><div>{drawing}</html>".encode()}).data
    book = PdfReader(io.BytesIO(made))
    content = b"".join(thing.get_data() for thing in _objects(book) if hasattr(thing, "get_data"))
    assert re.search(rb"0?\.81\d* 0?\.87\d* 0?\.96\d* rg", content)   # the pale blue of the style sheet, not black


def test_a_published_pdf_is_printed_again_to_verify_it(case, tmp_path):
    made = publish(case, pdf=True)
    first = (made.path / "report.pdf").read_bytes()
    checks = {check.what: check.holds for check in verify_published(made.path)}
    assert checks["report.pdf printed again"] is True
    assert set(checks.values()) == {True}
    assert '<a href="report.pdf">' in (made.path / "index.html").read_text(encoding="utf-8")
    elsewhere = publish(Case.open(shutil.copytree(case.folder, tmp_path / "elsewhere")), pdf=True).path
    assert (elsewhere / "report.pdf").read_bytes() == first
    assert (elsewhere / "evidence.zip").read_bytes() == made.evidence.read_bytes()
    files = members(made.evidence.read_bytes())
    files["report/report.pdf"] += b"\n"
    (tmp_path / "evidence.zip").write_bytes(sealed(files))
    assert "ro-crate-metadata.json composed again" in [
        check.what for check in verify_published(tmp_path / "evidence.zip") if check.holds is False]


def test_without_weasyprint_the_command_says_what_to_install(case, monkeypatch):
    monkeypatch.setattr("sitewatch.report.print_page", lambda files: None)
    with pytest.raises(InputError, match=r"sitewatch\[pdf\]"):
        publish(case, pdf=True)
