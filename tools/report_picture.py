"""``python -m tools.report_picture`` makes the demo's report and writes its first screen to docs/report.png."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from sitewatch.case import Case

__all__ = ["PICTURE", "first_screen"]

PICTURE = Path(__file__).parents[1] / "docs" / "report.png"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_WIDTH_PX, _HEIGHT_PX = 1400, 2000
_LEAST_PX = 850           # the first screen ends below the key figure, which ends below this row
_GAP_PX = 40              # between it and what follows; lines of a caption stand closer
_MOST_BYTES = 900_000     # a README should load at once


def main() -> None:
    """Bring the picture up to date."""
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit("error: no Chromium or Chrome was found to draw the page with. Install one "
                         "(on Debian: apt-get install chromium) and run this again")
    with TemporaryDirectory() as folder:
        case = Case.demo(Path(folder) / "demo")
        case.run()
        PICTURE.write_bytes(_encoded(first_screen(_drawn(browser, case.report().path / "index.html", Path(folder)))))


def _drawn(browser: str, page: Path, folder: Path) -> Image.Image:
    """What the browser shows of the page."""
    shot = folder / "shot.png"
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}",
         f"--window-size={_WIDTH_PX},{_HEIGHT_PX}", f"--screenshot={shot}", page.resolve().as_uri()],
        capture_output=True, text=True, check=False, timeout=120)
    if not shot.is_file():
        raise SystemExit(f"error: {browser} drew nothing: {done.stderr.strip()[-300:]}")
    with Image.open(shot) as image:
        return image.convert("RGB")


def first_screen(page: Image.Image) -> Image.Image:
    """The page down to the first gap below its key figure."""
    blank = (np.asarray(page) == 255).all(axis=(1, 2))
    below = np.flatnonzero(sliding_window_view(blank[_LEAST_PX:], _GAP_PX).all(axis=1))
    end = _LEAST_PX + int(below[0]) + _GAP_PX // 2 if below.size else page.height
    return page.crop((0, 0, page.width, end))


def _encoded(image: Image.Image) -> bytes:
    """PNG; with fewer colours where it would be too large otherwise."""
    data = _png(image)
    return data if len(data) <= _MOST_BYTES else _png(image.quantize(256))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
