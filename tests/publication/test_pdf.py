"""The printed report: the same bytes each time, tagged, every font in it, nothing fetched."""

from __future__ import annotations

import re
import zlib

import pytest
from tests.publication.edits import members, sealed
from tests.report.yard import World, world_of

from sitewatch.case import Case
from sitewatch.errors import InputError
from sitewatch.publication import publish, verify_published
from sitewatch.report import print_page

_PIXEL = {"index.html": b"<html lang='en'><title>T</title><p>x</p></html>"}
pytestmark = pytest.mark.skipif(print_page(_PIXEL) is None, reason="needs Pango (.ci/run installs it)")


@pytest.fixture(scope="module")
def world() -> World:
    return world_of()


@pytest.fixture(scope="module")
def printed(world) -> bytes:
    return print_page(world.report().files)


def _streams(data: bytes) -> bytes:
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)
    return b"\n".join(zlib.decompress(part) for part in found if part[:1] == b"\x78")


def test_the_same_page_is_printed_to_the_same_bytes(world, printed):
    assert print_page(world.report().files) == printed


def test_it_is_tagged_and_holds_every_font_that_it_uses(printed):
    plain = printed + _streams(printed)
    assert b"/StructTreeRoot" in plain
    assert plain.count(b"/FontDescriptor") >= 1
    assert plain.count(b"/FontFile") >= plain.count(b"/Type /FontDescriptor") > 0


def test_nothing_but_the_reports_own_files_is_read(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    asked = f"<html><img src='{secret.as_uri()}'><img src='http://127.0.0.1:9/x.png'><img src='report:///no.jpg'></html>"
    made = print_page({"index.html": asked.encode()})
    assert made.startswith(b"%PDF")
    assert b"secret" not in made + _streams(made)


def test_a_scale_bar_is_as_long_on_paper_as_on_the_page(world, printed):
    """WeasyPrint takes a share of an inner drawing's own width: it must be that of the whole picture."""
    percent = float(re.search(r'class="scale" y="100%"><rect x="14" y="-19" width="([\d.]+)%"', world.page())[1])
    drawn = [tuple(map(float, found)) for found in re.findall(
        rb"14 -19 ([\d.]+) ([\d.]+) re", _streams(printed))]
    assert drawn
    widths = {round(width / percent * 100) for width, height in drawn if height == 5}
    assert min(widths) > 150  # CSS pixels of a picture; 100 % of an inner drawing would be far less


def test_a_published_pdf_is_printed_again_to_verify_it(case, tmp_path):
    made = publish(case, pdf=True)
    first = (made.path / "report.pdf").read_bytes()
    checks = {check.what: check.holds for check in verify_published(made.path)}
    assert checks["report.pdf printed again"] is True
    assert set(checks.values()) == {True}
    assert (publish(Case.open(case.folder), pdf=True).path / "report.pdf").read_bytes() == first
    files = members(made.evidence.read_bytes())
    files["report/report.pdf"] += b"\n"
    (tmp_path / "evidence.zip").write_bytes(sealed(files))
    assert "ro-crate-metadata.json composed again" in [
        check.what for check in verify_published(tmp_path / "evidence.zip") if check.holds is False]


def test_without_weasyprint_the_command_says_what_to_install(case, monkeypatch):
    monkeypatch.setattr("sitewatch.report.print_page", lambda files: None)
    with pytest.raises(InputError, match=r"sitewatch\[pdf\]"):
        publish(case, pdf=True)
