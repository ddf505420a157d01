"""Drawings that stand alone: on paper, or as files of their own, where no style sheet of a page reaches them.

WeasyPrint gives a drawing in a page no style but what stands in it, scales no line back and draws a text's rim over the
text; so do most programs that open SVG. So each drawing gets its style, its line widths in its own units, and each sign
a second one below as its rim.
"""

from __future__ import annotations

import re

from sitewatch.report._language import gettext, gettext_noop

__all__ = ["stand_alone"]

_COLOURS = {"new": "#b3201a", "removed": "#1d4f9e", "altered": "#6f3a96", "works": "#8a5200", "reference": "#0f6a55",
            "control": "#4a4f55", "area": "#000"}   # those of the style sheet
_LINES = {"removed": "4,2", "altered": "1,2", "works": "4,2,1,2", "control": "1.5,1.5", "area": "5,2"}   # in lines
# What is read aloud instead of a drawing that has no words of its own: the page's text says it too.
_WORDS = {"overlay": gettext_noop("Outlines and their signs, scale bar and north arrow"),
          "budget": gettext_noop("The same shares as a bar"), "swatch": gettext_noop("A sample of this line"),
          "row": gettext_noop("The axis")}
_LABEL = re.compile(r' aria-label="([^"]*)"')
_OPENING = re.compile(r'^<svg class="([^"]*)"[^>]*>')
_BOX = re.compile(r'<svg (?:class="marks" )?viewBox="0 0 ([\d.]+) ([\d.]+)" preserveAspectRatio="none">')
_SIGN = re.compile(r'<text class="sign ([^"]*)"([^>]*)>(.*?)</text>')
_LABELLED = re.compile(r'<svg class="(?:scale|north)".*?</svg>', re.S)
_TEXT = re.compile(r"<text([^>]*)>(.*?)</text>")
_ANCHORED = re.compile(r'<svg (class="(?:scale|north|refused)"|x="98%")')   # they draw outside their own corner
_CLASS = re.compile(r"\.([a-z][\w-]*)")
_CIRCLE = re.compile(r'<circle class="(present|absent|unclear)"')


def stand_alone(drawing: str, width_px: float) -> str:
    """A drawing of the page, an ``<svg>`` that is ``width_px`` CSS pixels wide, with its own style."""
    opening = _OPENING.match(drawing)
    box = _BOX.search(drawing)
    unit = float(box[1]) / width_px if box else 1.0
    drawing = _BOX.sub(r'<svg width="100%" height="100%" viewBox="0 0 \1 \2" preserveAspectRatio="none">', drawing)
    drawing = _SIGN.sub(r'<text class="sign rim"\2>\3</text><text class="sign \1"\2>\3</text>', drawing)
    drawing = _LABELLED.sub(lambda m: _TEXT.sub(r'<text class="rim"\1>\2</text>\g<0>', m[0]), drawing)
    drawing = _ANCHORED.sub(r'<svg overflow="visible" width="100%" height="100%" \1', drawing)
    drawing = _CIRCLE.sub(lambda m: f'<circle class="{m[1]}" r="{2.2 if m[1] == "unclear" else 4}"', drawing)
    head = opening[0] if opening else ""
    colour = next((_COLOURS[word] for word in (opening[1].split() if opening else ()) if word in _COLOURS), "#16181a")
    label = _LABEL.search(head)
    words = label[1] if label else gettext(_WORDS[opening[1].split()[0]]) if opening else ""
    style = _needed(_style(unit, colour), drawing)
    return drawing.replace(head, f"{head}<title>{words}</title><style>{style}</style>", 1)


def _needed(style: str, drawing: str) -> str:
    """The rules of which a drawing has every class: a page may hold thousands, each of them styled by itself."""
    def is_needed(selectors: str) -> bool:
        return any(all(name in drawing for name in _CLASS.findall(selector)) for selector in selectors.split(","))

    return "".join(f"{rule}}}" for rule in style.split("}")[:-1] if is_needed(rule.partition("{")[0]))


def _style(unit: float, colour: str) -> str:
    """The rules of the style sheet that a drawing needs; ``unit``: one CSS pixel in the units of its outlines."""
    lines = "".join(f".line.{name}{{stroke:{value}}}.sign.{name}{{fill:{value}}}" for name, value in _COLOURS.items())
    dashes = "".join(f".line.{name}{{stroke-dasharray:{_scaled(dash, 2 * unit)}}}" for name, dash in _LINES.items())
    return (f"polygon{{fill:none}}.casing{{stroke:#fff;stroke-opacity:.8;stroke-width:{3.6 * unit:.3f}}}"
            f".line{{stroke-width:{1.9 * unit:.3f}}}{lines}{dashes}"
            "text{font-family:sans-serif;font-size:11px;fill:#16181a}.sign{font-size:13px;font-weight:700;"
            "text-anchor:middle}.rim{fill:#fff;stroke:#fff;stroke-width:3px;stroke-linejoin:round}"
            ".scale rect,.north path{fill:#000;stroke:#fff;stroke-width:1px}.scale text{fill:#000}"
            ".scale .rim,.north .rim{fill:#fff}"
            ".north text{text-anchor:end}.north g text{text-anchor:middle}.ring{fill:none;stroke:#b3201a}"
            f".ring{{stroke-width:{1.2 * unit:.3f}}}"
            f".arrow{{stroke:#000;stroke-width:{1.6 * unit:.3f}}}.head{{fill:#000}}.key-text{{text-anchor:end}}"
            f".band{{fill:{colour};fill-opacity:.14;stroke:{colour}}}.tick{{stroke:#c9ccd0}}"
            f"circle{{stroke:{colour};stroke-width:1.3}}.present{{fill:{colour}}}.absent{{fill:#fff}}"
            ".unclear{fill:#8a8f94;stroke:none}.refused path{stroke:#565b60;fill:none}.axis text,.tick-text{"
            "text-anchor:middle}.part-1{fill:#2b2f33}.part-2{fill:#7b8187}.part-3{fill:#b4b9be}.part-4{fill:#dcdfe2}"
            ".measured{fill:#cfdef7}.reading{fill:#16181a}.year{font-weight:700}.tick-text,.axis text{fill:#565b60}"
            ".axis .first{text-anchor:start}")


def _scaled(dash: str, times: float) -> str:
    return ",".join(f"{float(part) * times:.3f}" for part in dash.split(","))
