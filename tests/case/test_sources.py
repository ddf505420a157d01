"""What a case keeps of its sources: every image once, whatever becomes of the folder that it came from."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta

import numpy as np
import pytest
from tests.case.hill import GRID, failed, image

from sitewatch.case import Case, NewCase
from sitewatch.errors import CaseFileError, InputError
from sitewatch.geo import read_image, write_geotiff


def test_a_new_image_in_the_folder_is_noticed(case, images):
    case.run()
    image(images, 12)
    steps = Case.open(case.folder).run()
    assert all(step.computed for step in steps)
    assert [scene.id for scene in Case.open(case.folder).scenes().scenes][-1].startswith("2024-03-12")
    assert failed(case) == []


def test_a_source_that_is_gone_leaves_what_was_kept(case, images):
    case.run()
    shutil.rmtree(images)
    steps = Case.open(case.folder).run()
    assert not any(step.computed for step in steps)
    assert "gone" in steps[0].note


def test_a_source_that_was_emptied_leaves_what_was_kept_and_says_so(case, images):
    case.run()
    for file in images.iterdir():
        file.unlink()
    steps = Case.open(case.folder).run()
    assert not any(step.computed for step in steps)
    assert "what was kept is used" in steps[0].note
    assert failed(case) == []


def test_a_kept_file_that_was_lost_comes_back_only_as_what_it_was(case, images):
    case.run()
    kept = case.scenes().scenes[0].assets[0].kept.path
    was = kept.read_bytes()
    kept.unlink()
    Case.open(case.folder).run()
    assert kept.read_bytes() == was
    kept.unlink()
    source = images / kept.name
    pixels = read_image(source)
    write_geotiff(source, (pixels + 1).astype(np.uint8), GRID)
    with pytest.raises(InputError, match="the source changed the file"):
        Case.open(case.folder).run()
    assert not kept.exists()


def test_a_kept_file_that_was_cut_short_is_called_damaged_and_can_be_received_again(case):
    case.run()
    kept = case.scenes().scenes[0].assets[0].kept.path
    was = kept.read_bytes()
    kept.write_bytes(was[:100])
    with pytest.raises(InputError, match=r"is damaged.*Remove it"):
        Case.open(case.folder).run()
    assert kept.read_bytes() == was[:100]
    kept.unlink()
    Case.open(case.folder).run()
    assert kept.read_bytes() == was


def test_a_source_that_was_never_there_is_an_error(case, images):
    shutil.rmtree(images)
    with pytest.raises(InputError, match="there is no"):
        case.run()


def test_another_folder_with_the_same_file_names_is_not_taken_for_the_old_one(case, images, tmp_path):
    case.run()
    other = tmp_path / "others"
    other.mkdir()
    write_geotiff(other / "2024-03-01.tif", np.full((1, *GRID.shape), 7, np.uint8), GRID)
    text = (case.folder / "case.yaml").read_text()
    (case.folder / "case.yaml").write_text(text.replace("../images", "../others"))
    with pytest.raises(InputError, match="never overwritten"):
        Case.open(case.folder).run()
    shutil.rmtree(other)
    images.rename(other)
    steps = Case.open(case.folder).run()
    assert [step.computed for step in steps] == [True] + [False] * 6
    assert not any(step.computed for step in Case.open(case.folder).run())


_KILLED = textwrap.dedent("""
    import sys
    from sitewatch.case import Case
    from sitewatch.sources.folder import FolderSource

    opened, plain_open = [], FolderSource.open
    def slow(self, asset):
        for block in plain_open(self, asset):
            yield block
        opened.append(asset)
        if len(opened) == 2:
            print("half", flush=True)
            sys.stdin.read()
    FolderSource.open = slow
    Case.open(sys.argv[1]).scenes()
""")


def test_a_killed_run_resumes_with_what_it_had_kept(case, monkeypatch):
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(case.folder)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout.readline() == "half\n"
        os.kill(killed.pid, signal.SIGKILL)
    kept = {path: path.stat().st_ino for path in case.folder.glob("pixels/*/*.tif")}
    assert len(kept) == 1
    case.run()
    after = {path: path.stat().st_ino for path in case.folder.glob("pixels/*/*.tif")}
    assert len(after) == 3
    assert kept.items() <= after.items()
    assert list(case.folder.rglob(".sitewatch-*")) == []
    assert failed(case) == []


def test_a_new_case_never_overwrites_one_and_leaves_nothing_behind_when_it_fails(case, images, tmp_path):
    with pytest.raises(InputError, match="already holds a case"):
        Case.new(case.folder, NewCase(images=images))
    with pytest.raises(InputError):
        Case.new(tmp_path / "none", NewCase(images=tmp_path / "nothing"))
    with pytest.raises(InputError):
        Case.new(tmp_path / "none", NewCase())
    assert not (tmp_path / "none").exists()


def test_a_new_case_is_named_and_placed_as_asked(case, images):
    assert (case.site.slug, case.site.name, case.site.question) == ("hill", "Hill", "What?")
    assert case.site.grid == GRID
    assert "path: \"../images\"" in (case.folder / "case.yaml").read_text()
    plain = Case.new(case.folder.parent / "Plain Place", NewCase(images=images))
    assert plain.site.slug == "plain-place"
    assert plain.site.grid.crs == GRID.crs


def test_unknown_options_and_sources_are_named_with_their_line(case):
    path = case.folder / "case.yaml"
    text = path.read_text()
    path.write_text(text + "stack:\n  shares: 0.5\n")
    line = len(text.splitlines()) + 2
    with pytest.raises(CaseFileError, match=rf"case\.yaml:{line}: stack\.shares: is not known here"):
        Case.open(case.folder)
    for old, new, key in (('kind: "folder"', 'kind: "floppy"', "kind"), ('path: "', 'paths: 3, path: "', "paths")):
        path.write_text(text.replace(old, new))
        with pytest.raises(CaseFileError, match=rf"case\.yaml:\d+: scenes\.sources\[0\]\.{key}"):
            Case.open(case.folder).run()


def test_a_span_leaves_out_what_was_kept_outside_it(case):
    scenes = case.scenes().scenes
    case.run()
    start = (scenes[0].taken + timedelta(days=1)).date()
    text = (case.folder / "case.yaml").read_text()
    (case.folder / "case.yaml").write_text(text.replace("start: null", f"start: {start}"))
    assert [s.id for s in Case.open(case.folder).scenes().scenes] == [s.id for s in scenes[1:]]
