"""Whoever installs a wheel has the review page with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sitewatch.web._app import STATIC

_REPOSITORY = Path(__file__).parents[2]


@pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="needs the built page (make web)")
def test_a_wheel_holds_the_built_page_and_all_that_it_loads():
    wheel = pytest.importorskip("hatchling.builders.wheel", reason="needs hatchling, which builds the wheel")
    held = {file.distribution_path for file in wheel.WheelBuilder(str(_REPOSITORY)).recurse_included_files()}
    loaded = re.findall(r'(?:src|href)="/(assets/[^"]+)"', (STATIC / "index.html").read_text())
    assert len(loaded) >= 2
    assert {f"sitewatch/web/static/{name}" for name in ("index.html", *loaded)} <= held
