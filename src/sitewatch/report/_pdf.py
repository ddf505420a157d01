"""The page on A4, by WeasyPrint: the same content and style sheet, tagged, with every font that it uses embedded.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sitewatch.report._drawings import stand_alone
from sitewatch.report._language import ENGLISH, speaking

__all__ = ["Printed", "print_page"]

_PRINTED_PX = 430.0   # about what a picture is wide on paper, in CSS pixels: a pair stands side by side
# A drawing ends where the page goes on: drawings hold drawings.
_DRAWING = re.compile(r'<svg class="(overlay|row|budget|swatch)\b.*?</svg>'
                      r'(?=\s*(?:<p\b|</div>|<svg class="overlay|</td>|<br>|<span|\n\n))', re.S)
_LANGUAGE = re.compile(r'<html lang="([^"]+)"')
_PRINT = ("@page { @bottom-right { content: counter(page) ' / ' counter(pages); font: 7pt sans-serif; } }"
          "a { text-decoration: none; }")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """report.pdf, and the letters that it shows as empty ``boxes``, because no font of this machine has them."""

    data: bytes
    boxes: str


def print_page(files: Mapping[str, bytes]) -> Printed | None:
    """report.pdf of a page and its pictures; None where WeasyPrint (the extra ``pdf``) is not installed.

    The same files, fonts and version of WeasyPrint give the same bytes. Nothing but the given files and the machine's
    fonts is read: those decide which scripts can be printed.
    """
    try:
        from weasyprint import CSS, HTML  # noqa: PLC0415  an optional extra, slow to load
        from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415
    except (ImportError, OSError):   # without Pango its import fails as a missing library
        return None

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        """The page's own pictures, and nothing else."""

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            name = url.removeprefix("report:///")
            if name not in files:
                raise ValueError(f"{url} is not part of the report")
            return URLFetcherResponse(url, body=files[name], headers={"Content-Type": _kind(name)})

    page = files["index.html"]
    html = re.sub(r"<script>.*?</script>|<meta http-equiv[^>]*>", "", page.decode(), flags=re.S)
    language = _LANGUAGE.search(html)
    with _boxes() as boxes, speaking(language[1] if language else ENGLISH):
        made = HTML(string=_DRAWING.sub(_drawn, html), base_url="report:///", url_fetcher=OwnFiles()).write_pdf(
            stylesheets=[CSS(string=_PRINT)], pdf_variant="pdf/ua-1", pdf_identifier=hashlib.sha256(page).digest()[:16])
    return Printed(data=bytes(made), boxes="".join(sorted(boxes)))


@contextmanager
def _boxes() -> Iterator[set[str]]:
    """The letters of which WeasyPrint says that no font has them."""
    found: set[str] = set()

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if ".notdef" in str(record.msg) and isinstance(record.args, tuple):
                found.add(str(record.args[0]))

    told, log = Told(), logging.getLogger("weasyprint")
    log.addHandler(told)
    try:
        yield found
    finally:
        log.removeHandler(told)


def _kind(name: str) -> str:
    return "image/png" if name.endswith(".png") else "image/jpeg"


def _drawn(found: re.Match[str]) -> str:
    return stand_alone(found[0], _PRINTED_PX)
