"""``python -m tools.flicker CASE OUT.webp`` writes the two looks of a case's key figure as one picture that alternates.

CASE is the folder of a case whose report was made. OUT may be a WebP or a GIF.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

__all__ = ["main", "written"]

_EACH_MS = 900            # fewer than three changes per second (WCAG 2.3.1), slow enough to read the day
_WIDEST_PX = 800
_FORMATS = {".webp": {"quality": 80, "method": 6}, ".gif": {"optimize": True}}
_LOOK = re.compile(r'<img src="(pictures/[\w-]+-(before|after)\.(?:jpg|png))"[^>]* '
                   r'alt="[^"]*satellite image of ([\d-]+)"')


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture, or say what is missing."""
    given = [Path(part) for part in (sys.argv[1:] if arguments is None else arguments)]
    if len(given) != 2 or given[1].suffix not in _FORMATS:
        raise SystemExit("usage: python -m tools.flicker CASE OUT.webp|OUT.gif")
    written(given[0], given[1])


def written(case: Path, out: Path) -> None:
    """Both looks of the first figure, each with its day."""
    report = case / "report"
    page = report / "index.html"
    looks = _LOOK.findall(page.read_text(encoding="utf-8")) if page.is_file() else []
    if [side for _, side, _ in looks[:2]] != ["before", "after"]:
        raise SystemExit(f"error: {case} has no report with two looks in it. Run: sitewatch report {case}")
    frames = [_framed(report / path, f"{side.title()} {day}") for path, side, day in looks[:2]]
    frames[0].save(out, save_all=True, append_images=frames[1:], duration=_EACH_MS, loop=0, **_FORMATS[out.suffix])


def _framed(path: Path, text: str) -> Image.Image:
    """A look at the width of a page, with its day in the corner on white."""
    with Image.open(path) as image:
        picture = image.convert("RGB")
    picture.thumbnail((_WIDEST_PX, _WIDEST_PX))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(16)
    left, top, right, bottom = draw.textbbox((8, 5), text, font=font)
    draw.rectangle((0, 0, right + left, bottom + top), fill="white")
    draw.text((8, 5), text, fill="black", font=font)
    return picture


if __name__ == "__main__":
    main()
