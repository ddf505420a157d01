"""The text of a document is what its reader sees; nothing in it runs, and what is no text is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sitewatch.errors import InputError
from sitewatch.store._texts import text_of

_PAGE = b"""<!doctype html><html><head><title>Unseen</title><script>document.write("never")</script>
<style>p { color: red }</style></head><body><h1>A hall</h1><!-- hidden --><p>It is <b>60&nbsp;to 70</b> percent &amp;
more of the old.</p><noscript>no</noscript><table><tr><td>one</td><td>two</td></tr></table><svg><text>drawn</text></svg>
<iframe src="https://example.org">framed</iframe><p>Last<br>line</p></body></html>"""


def _pdf(content: bytes, pages: int = 1) -> bytes:
    """A small PDF whose pages all show that content stream."""
    kids = b" ".join(b"%d 0 R" % (5 + i) for i in range(pages))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
               b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)]
    objects += [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R"
                b" /Resources << /Font << /F1 3 0 R >> >> >>"] * pages
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, table, len(objects) + 1, len(data))


def test_plain_text_is_kept_letter_by_letter():
    text = "A line.\n\n  Another — with 60–70 %.\n"
    assert text_of(text.encode(), Path("a.txt")) == text


@pytest.mark.parametrize("name", ["a.html", "a.htm", "saved"])
def test_a_page_gives_what_its_reader_sees_and_runs_nothing(name):
    assert text_of(_PAGE, Path(name)).splitlines() == [
        "A hall", "It is 60 to 70 percent & more of the old.", "one", "two", "Last", "line"]


def test_a_pdf_gives_its_text():
    assert text_of(_pdf(b"BT /F1 12 Tf 20 200 Td (60 to 70 percent) Tj ET"), Path("a.pdf")) == "60 to 70 percent"


@pytest.mark.parametrize(("data", "why"), [
    (_pdf(b""), "PDF without text"),
    (b"%PDF-1.4\nbroken", "cannot be read as a PDF"),
    (_pdf(b"BT /F1 12 Tf (x) Tj ET", pages=501), "501 pages"),
    (b"\xff\xfe\x00\x01", "neither UTF-8 text nor a PDF"),
    (b"text\0with zero", "is not a text"),
    (b"a" * 2_000_001, "are the most")], ids=["scan", "broken", "long", "binary", "zero", "large"])
def test_what_gives_no_text_is_refused_with_the_reason(data, why):
    with pytest.raises(InputError, match=why):
        text_of(data, Path("a.pdf"))


def test_a_page_that_nests_deeply_is_read_and_one_that_nests_without_end_is_refused():
    assert text_of(b"<html><body>" + b"<div>" * 3000 + b"end", Path("a.html")) == "end"
    assert text_of(b"<html><body>" + b"<p>a<br>" * 30_000, Path("a.html")).count("a") == 30_000
    with pytest.raises(InputError, match="5000 tags open"):
        text_of(b"<html><body>" + b"<div>" * 200_000 + b"end", Path("a.html"))
