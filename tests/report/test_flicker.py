"""The tool that makes an alternating picture reads the page as it is written."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from tests.report.yard import world_of
from tools.flicker import main

from sitewatch.report import ReportOptions


@pytest.mark.parametrize("suffix", ["webp", "gif"])
def test_the_two_looks_of_the_key_figure_alternate(tmp_path, suffix):
    files = world_of().report(ReportOptions(figures=1, figure_width_px=240, map_width_px=120)).files
    for name, data in files.items():
        path = tmp_path / "case" / "report" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    out = tmp_path / f"out.{suffix}"
    main([str(tmp_path / "case"), str(out)])
    with Image.open(out) as picture:
        assert picture.n_frames == 2
        assert picture.info["loop"] == 0
        frames = []
        for number in range(2):
            picture.seek(number)
            frames.append(np.asarray(picture.convert("L"), float))
            assert picture.info["duration"] >= 700
    before, after = frames
    middle = tuple(side // 2 for side in before.shape)
    assert after[middle] > before[middle] + 80   # the hall


def test_a_case_without_a_report_is_told_what_to_run(tmp_path):
    with pytest.raises(SystemExit, match="sitewatch report"):
        main([str(tmp_path), str(tmp_path / "out.gif")])


def test_no_other_kind_of_file_is_written(tmp_path):
    with pytest.raises(SystemExit, match="usage"):
        main([str(tmp_path), str(tmp_path / "out.mp4")])
