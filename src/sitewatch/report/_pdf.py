"""The page on A4, by WeasyPrint: the same content and style sheet, tagged, with every font that it uses embedded.

WeasyPrint gives a drawing in a page no style but what stands in it, scales no line back and draws a text's rim over the
text. So each drawing gets its style, its line widths in its own units, and each sign a second one below as its rim.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

__all__ = ["print_page"]

_COLOURS = {"new": "#b3201a", "removed": "#1d4f9e", "altered": "#6f3a96", "works": "#8a5200", "reference": "#0f6a55",
            "control": "#4a4f55", "area": "#000"}   # those of the style sheet
_LINES = {"removed": "4,2", "altered": "1,2", "works": "4,2,1,2", "control": "1.5,1.5", "area": "5,2"}   # in lines
_PRINTED_PX = 430.0   # about what a picture is wide on paper, in CSS pixels: a pair stands side by side
# A drawing ends where the page goes on: drawings hold drawings.
_DRAWING = re.compile(r'<svg class="(overlay|row|budget|swatch)\b.*?</svg>'
                      r'(?=\s*(?:<p\b|</div>|<svg class="overlay|</td>|<br>|<span|\n\n))', re.S)
_OPENING = re.compile(r'^<svg class="([^"]*)"[^>]*>')
_BOX = re.compile(r'<svg (?:class="marks" )?viewBox="0 0 ([\d.]+) ([\d.]+)" preserveAspectRatio="none">')
_SIGN = re.compile(r'<text class="sign ([^"]*)"([^>]*)>(.*?)</text>')
_ANCHORED = re.compile(r'<svg (class="(?:scale|north|refused)"|x="98%")')   # they draw outside their own corner
_CIRCLE = re.compile(r'<circle class="(present|absent|unclear)"')
_PRINT = ("@page { @bottom-right { content: counter(page) ' / ' counter(pages); font: 7pt sans-serif; } }"
          "a { text-decoration: none; }")


def print_page(files: Mapping[str, bytes]) -> bytes | None:
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
    made = HTML(string=_DRAWING.sub(_drawn, html), base_url="report:///", url_fetcher=OwnFiles()).write_pdf(
        stylesheets=[CSS(string=_PRINT)], pdf_tags=True, pdf_identifier=hashlib.sha256(page).digest()[:16])
    return bytes(made)


def _kind(name: str) -> str:
    return "image/png" if name.endswith(".png") else "image/jpeg"


def _drawn(found: re.Match[str]) -> str:
    """One drawing with its own style."""
    drawing = found[0]
    opening = _OPENING.match(drawing)
    box = _BOX.search(drawing)
    unit = float(box[1]) / _PRINTED_PX if box else 1.0
    drawing = _BOX.sub(r'<svg width="100%" height="100%" viewBox="0 0 \1 \2" preserveAspectRatio="none">', drawing)
    drawing = _SIGN.sub(r'<text class="sign rim"\2>\3</text><text class="sign \1"\2>\3</text>', drawing)
    drawing = _ANCHORED.sub(r'<svg overflow="visible" width="100%" height="100%" \1', drawing)
    drawing = _CIRCLE.sub(lambda m: f'<circle class="{m[1]}" r="{2.2 if m[1] == "unclear" else 4}"', drawing)
    head = opening[0] if opening else ""
    colour = next((_COLOURS[word] for word in (opening[1].split() if opening else ()) if word in _COLOURS), "#16181a")
    return drawing.replace(head, f"{head}<style>{_style(unit, colour)}</style>", 1)


def _style(unit: float, colour: str) -> str:
    """The rules of the style sheet that a drawing needs; ``unit``: one CSS pixel in the units of its outlines."""
    lines = "".join(f".line.{name}{{stroke:{value}}}.sign.{name}{{fill:{value}}}" for name, value in _COLOURS.items())
    dashes = "".join(f".line.{name}{{stroke-dasharray:{_scaled(dash, 2 * unit)}}}" for name, dash in _LINES.items())
    return (f"polygon{{fill:none}}.casing{{stroke:#fff;stroke-opacity:.8;stroke-width:{3.6 * unit:.3f}}}"
            f".line{{stroke-width:{1.9 * unit:.3f}}}{lines}{dashes}"
            "text{font-family:sans-serif;font-size:11px;fill:#16181a}.sign{font-size:13px;font-weight:700;"
            "text-anchor:middle}.rim{fill:#fff;stroke:#fff;stroke-width:3px;stroke-linejoin:round}"
            ".scale rect,.north path{fill:#000;stroke:#fff;stroke-width:1px}.scale text{fill:#000}"
            ".north text{text-anchor:end}.north g text{text-anchor:middle}.ring{fill:none;stroke:#b3201a}"
            f".ring{{stroke-width:{1.2 * unit:.3f}}}"
            f".arrow{{stroke:#000;stroke-width:{1.6 * unit:.3f}}}.head{{fill:#000}}.key-text{{text-anchor:end}}"
            f".band{{fill:{colour};fill-opacity:.14;stroke:{colour}}}.tick{{stroke:#c9ccd0}}"
            f"circle{{stroke:{colour};stroke-width:1.3}}.present{{fill:{colour}}}.absent{{fill:#fff}}"
            ".unclear{fill:#8a8f94;stroke:none}.refused path{stroke:#565b60;fill:none}.axis text,.tick-text{"
            "text-anchor:middle}.part-1{fill:#2b2f33}.part-2{fill:#7b8187}.part-3{fill:#b4b9be}.part-4{fill:#dcdfe2}")


def _scaled(dash: str, times: float) -> str:
    return ",".join(f"{float(part) * times:.3f}" for part in dash.split(","))
