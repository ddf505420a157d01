"""The folder store: pixels as received, scenes as STAC, runs, logs, the cache, one writer at a time."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest

from sitewatch.errors import CaseFileError, InputError
from sitewatch.geo import write_geotiff
from sitewatch.model import Asset, Refusal, Report, Span
from sitewatch.store import FolderStore, check_logs, check_pixels, check_run, new_run
from sitewatch.store import _log as log
from sitewatch.store._files import inside, receive, replace_folder, safe_name, sha256_of, write_atomically


def _run(stage="changes", run_id="0123456789abcdef"):
    return new_run(run_id, stage, inputs={}, options={"a": (1, 2.5)}, seed=0)


def _keep_all(store, scenes, content=lambda asset: asset.href.encode()):
    held = []
    for scene in scenes.scenes:
        kept = [replace(a, kept=store.keep(scenes.site.grid, scene, a, [content(a)])) for a in scene.assets]
        held.append(replace(scene, assets=tuple(kept)))
    return replace(scenes, scenes=tuple(held))


def test_pixels_are_kept_as_received_and_known_again(case, scenes):
    _keep_all(FolderStore(case), scenes)
    known = FolderStore(case).known(scenes)
    for scene in known.scenes:
        for asset in scene.assets:
            assert asset.kept.path.read_bytes() == asset.href.encode()
            assert asset.kept.sha256 == hashlib.sha256(asset.href.encode()).hexdigest()
            assert asset.kept.path.is_relative_to(case / "pixels" / scene.id)

    def unopened():
        raise AssertionError("a kept asset was fetched again")
        yield b""
    assert FolderStore(case).keep(scenes.site.grid, scenes.scenes[0], scenes.scenes[0].assets[0], unopened())


def test_saved_scenes_load_back_equal_and_refusals_with_them(case, scenes):
    store = FolderStore(case)
    held = replace(_keep_all(store, scenes), refusals=(Refusal(what="x.tif", why="no date"),))
    store.save(_run("scenes"), held)
    loaded = FolderStore(case).scenes(scenes.site)
    assert [s.id for s in loaded.scenes] == ["s0", "s1", "s2"]
    assert loaded.refusals == held.refusals
    assert loaded.scenes[0] == replace(held.scenes[0], gsd_m=3.33333, sun_azimuth_deg=141.235)
    assert FolderStore(case).stored("0123456789abcdef").is_whole


def test_a_scene_is_a_stac_item_with_relative_links_and_multihash(case, earth, scenes, tmp_path):
    tif = tmp_path / "a.tif"
    write_geotiff(tif, np.ones((1, *earth.grid.shape), np.uint8), earth.grid)
    scenes = replace(scenes, site=earth)
    store = FolderStore(case)
    store.save(_run("scenes"), _keep_all(store, scenes, lambda asset: tif.read_bytes()))
    item = json.loads((case / "scenes/s0.json").read_text())
    image = item["assets"]["image"]
    assert (case / "scenes" / image["href"]).resolve() == case / "pixels/s0/0.tif"
    assert image["file:checksum"] == "1220" + hashlib.sha256(tif.read_bytes()).hexdigest()
    assert "processing:version" not in item["properties"]
    told = [item["properties"][key] for key in ("proj:code", "proj:shape", "datetime")]
    assert told == ["EPSG:32652", list(earth.grid.shape), "2024-03-01T10:30:05.250000Z"]
    assert item["bbox"][0] == pytest.approx(earth.area.bounds[0], abs=1e-4)
    links = json.loads((case / "scenes/catalog.json").read_text())["links"]
    assert [link["href"] for link in links if link["rel"] == "item"] == ["./s0.json", "./s1.json", "./s2.json"]


def test_what_was_said_of_a_scenes_counts_is_kept_in_its_item(case, scenes):
    said = [("05.10", False), ("02.08", True), (None, None)]
    scenes = replace(scenes, scenes=tuple(replace(scene, baseline=baseline, offset_applied=applied) for
                                          scene, (baseline, applied) in zip(scenes.scenes, said, strict=True)))
    FolderStore(case).save(_run("scenes"), _keep_all(FolderStore(case), scenes))
    loaded = FolderStore(case).scenes(scenes.site)
    assert [(scene.baseline, scene.offset_applied) for scene in loaded.scenes] == said
    said = json.loads((case / "scenes/s0.json").read_text())["properties"]
    assert (said["processing:version"], said["sitewatch:offset_applied"]) == ("05.10", False)


@pytest.mark.parametrize("scene_id", ["../evil", "a/b", "..", ".hidden", "", "a\0b", "C:\\x", "x" * 200])
def test_a_scene_id_cannot_lead_out_of_the_case(case, scenes, scene_id):
    scene = replace(scenes.scenes[0], id=scene_id)
    with pytest.raises(InputError):
        FolderStore(case).keep(scenes.site.grid, scene, scene.assets[0], [b""])
    assert list(case.parent.iterdir()) == [case]


@pytest.mark.parametrize(("href", "name"), [
    ("https://a.b/c/../../etc/passwd?x=/../y", "passwd"), ("..", "image"), ("../..\\x.tif", "x.tif"),
    ("file:///a/%2e%2e", "2e_2e"), ("/a/.bashrc", "bashrc"), ("/a/언덕 1.tif", "1.tif"), ("", "image")])
def test_an_asset_name_keeps_only_harmless_letters(href, name):
    assert safe_name(href, "image") == name


def test_two_assets_with_one_name_are_two_files(case, scenes):
    twins = (Asset(role="image", href="/a/x.tif"), Asset(role="mask", href="/b/x.tif"))
    scene = replace(scenes.scenes[0], assets=twins)
    held = _keep_all(FolderStore(case), replace(scenes, scenes=(scene,)))
    assert len({asset.kept.path for asset in held.scenes[0].assets}) == 2
    known = FolderStore(case).known(replace(scenes, scenes=(scene,)))
    assert [asset.kept.href for asset in known.scenes[0].assets] == ["/a/x.tif", "/b/x.tif"]


def test_a_path_or_a_link_out_of_the_case_is_refused(case, tmp_path):
    for path in ("../x", "/etc/passwd", "a/../../x", "a\\b", ""):
        with pytest.raises(InputError):
            inside(case, path)
    (case / "pixels").symlink_to(tmp_path)
    with pytest.raises(InputError, match="link"):
        inside(case, "pixels/x")


@pytest.mark.parametrize("name", ["scenes", "pixels", "results", "runs", "log", "report", ".cache"])
def test_nothing_is_written_or_swept_through_a_link_out_of_the_case(case, tmp_path, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".sitewatch-mine").write_text("mine")
    (case / name).symlink_to(outside)
    with pytest.raises(InputError, match="leads out of the case"), FolderStore(case).writing():
        pass
    assert [path.name for path in outside.iterdir()] == [".sitewatch-mine"]


def test_an_item_that_points_out_of_the_case_is_refused(case, scenes):
    store = FolderStore(case)
    store.save(_run("scenes"), _keep_all(store, scenes))
    item = case / "scenes/s1.json"
    for old, new in (("../pixels/s1/1.tif", "../../../etc/passwd"), ('"id": "s1"', '"id": "../s1"')):
        good = item.read_text()
        item.write_text(good.replace(old, new))
        with pytest.raises(InputError):
            FolderStore(case).scenes(scenes.site)
        item.write_text(good)


def test_kept_pixels_are_never_overwritten(case, scenes):
    _keep_all(FolderStore(case), scenes)
    moved = replace(scenes.scenes[0].assets[0], href="/elsewhere/0.tif")
    with pytest.raises(InputError, match="never overwritten"):
        FolderStore(case).keep(scenes.site.grid, scenes.scenes[0], moved, [b"other"])
    assert (case / "pixels/s0/0.tif").read_bytes() == scenes.scenes[0].assets[0].href.encode()
    same = FolderStore(case).keep(scenes.site.grid, scenes.scenes[0], moved, [scenes.scenes[0].assets[0].href.encode()])
    assert same.href == "/elsewhere/0.tif"
    assert sorted(path.name for path in (case / "pixels/s0").iterdir()) == ["0.tif", "0_udm2.tif"]


def test_what_a_source_no_longer_offers_stays_unless_it_comes_under_another_id(case, scenes):
    store = FolderStore(case)
    held = _keep_all(store, scenes)
    store.save(_run("scenes"), held)
    fewer = replace(held, scenes=held.scenes[1:])
    assert [s.id for s in FolderStore(case).with_earlier(fewer, Span()).scenes] == ["s0", "s1", "s2"]
    renamed = replace(held, scenes=(replace(held.scenes[0], id="better-date"), *held.scenes[1:]))
    assert [s.id for s in FolderStore(case).with_earlier(renamed, Span()).scenes] == ["better-date", "s1", "s2"]
    later = Span(start=held.scenes[1].taken)
    assert [s.id for s in FolderStore(case).with_earlier(fewer, later).scenes] == ["s1", "s2"]


def test_the_cached_stack_is_the_stack_and_a_damaged_cache_is_none(case, stack, scenes, site):
    store = FolderStore(case)
    store.save(_run("stack"), stack)
    loaded = FolderStore(case).load("stack", "0123456789abcdef", site, scenes)
    assert loaded.data.identical(stack.data)
    assert loaded.fits == store.as_stored("stack", stack, site).fits
    assert (loaded.data["time"].dtype, loaded.values.dtype) == (stack.data["time"].dtype, np.float32)
    chunk = max((p for p in (case / ".cache").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 255
    chunk.write_bytes(bytes(data))
    assert FolderStore(case).load("stack", "0123456789abcdef", site, scenes) is None
    shutil.rmtree(case / ".cache")
    assert FolderStore(case).load("stack", "0123456789abcdef", site, scenes) is None


def test_a_run_counts_only_while_its_outputs_are_unharmed(case, changes):
    store = FolderStore(case)
    assert not store.stored("0123456789abcdef").is_whole
    store.save(_run(), changes)
    assert store.stored("0123456789abcdef").is_whole
    assert all(check.holds for check in check_run(store, "0123456789abcdef", "changes"))
    result = case / "results/changes.geojson"
    result.write_bytes(result.read_bytes().replace(b"appeared", b"vanished"))
    assert "results/changes.geojson" in store.stored("0123456789abcdef").why_not
    assert [check.what for check in check_run(store, "0123456789abcdef", "changes") if not check.holds] == [
        "results/changes.geojson"]


@pytest.mark.parametrize("forged", ["", "{", "[]", '{"id": "0123456789abcdef"}', "\x00" * 10])
def test_a_damaged_run_does_not_count(case, changes, forged):
    store = FolderStore(case)
    store.save(_run(), changes)
    (case / "runs/0123456789abcdef.json").write_text(forged)
    assert not store.stored("0123456789abcdef").is_whole
    assert not all(check.holds for check in check_run(store, "0123456789abcdef", "changes"))


def test_a_run_cannot_name_outputs_outside_the_case(case, changes):
    store = FolderStore(case)
    store.save(_run(), changes)
    path = case / "runs/0123456789abcdef.json"
    path.write_text(path.read_text().replace("results/changes.geojson", "../../etc/passwd"))
    assert "inside" in store.stored("0123456789abcdef").why_not


def test_a_tampered_pixel_is_found(case, scenes):
    held = _keep_all(FolderStore(case), scenes)
    held.scenes[1].assets[0].kept.path.write_bytes(b"retouched")
    held.scenes[2].assets[1].kept.path.unlink()
    failed = [(check.what, check.detail) for check in check_pixels(FolderStore(case), held) if not check.holds]
    assert [what for what, _ in failed] == ["pixels/s1/1.tif", "pixels/s2/2_udm2.tif"]
    assert failed[1][1] == "is missing"


def _tampered(lines, how):
    if how == "changed":
        lines[1] = lines[1].replace(b"two", b"2wo")
    elif how == "removed":
        del lines[1]
    elif how == "added":
        lines.insert(1, lines[0])
    elif how == "last changed":
        lines[2] = lines[2].replace(b"three", b"3hree")
    else:
        lines[1] = b"not json"
    return b"".join(lines)


@pytest.mark.parametrize(("how", "line"), [("changed", 2), ("removed", 2), ("added", 2), ("last changed", 3),
                                           ("garbage", 2)])
def test_a_tampered_log_line_breaks_the_chain(case, how, line):
    for word in ("one", "two", "three"):
        log.append(case, {"event": word})
    path = case / "log/sitewatch.jsonl"
    assert log.broken_line(path) is None
    path.write_bytes(_tampered(path.read_bytes().splitlines(keepends=True), how))
    assert log.broken_line(path) == line
    assert [check.holds for check in check_logs(FolderStore(case))] == [False]


def test_each_actor_has_a_chain_of_their_own(case, monkeypatch):
    monkeypatch.setenv("SITEWATCH_ACTOR", "kim")
    log.append(case, {"event": "one"})
    monkeypatch.setenv("SITEWATCH_ACTOR", "../kim")
    with pytest.raises(InputError, match="SITEWATCH_ACTOR"):
        log.append(case, {"event": "two"})
    assert [path.name for path in (case / "log").iterdir()] == ["kim.jsonl"]


def test_a_second_writer_is_told_to_wait(case, changes):
    with FolderStore(case).writing(), pytest.raises(InputError, match="another process is writing"):
        FolderStore(case).save(_run(), changes)
    FolderStore(case).save(_run(), changes)


def test_a_report_is_swapped_whole_and_its_names_are_guarded(case):
    store = FolderStore(case)
    store.save(_run("report"), Report(title="t", files={"index.html": b"a", "img/1.png": b"p"}))
    store.save(_run("report"), Report(title="t", files={"index.html": b"b"}))
    assert [p.name for p in (case / "report").rglob("*")] == ["index.html"]
    for name in ("../x", "/x", "a/../../x", ".htaccess", ""):
        with pytest.raises(InputError):
            replace_folder(case / "report", {name: b""})
    assert (case / "report/index.html").read_bytes() == b"b"


_WRITER = textwrap.dedent("""
    import os, sys
    from pathlib import Path
    from sitewatch.store._files import locked, receive, replace_folder

    folder, how = Path(sys.argv[1]), sys.argv[2]

    def blocks():
        yield b"half"
        print("writing", flush=True)
        sys.stdin.read()

    with locked(folder):
        if how == "file":
            receive(folder / "results" / "changes.geojson", blocks())
        else:
            rename, done = Path.rename, []
            def slow(self, target):
                renamed = rename(self, target)
                if str(target).endswith("old-report"):
                    print("writing", flush=True)
                    sys.stdin.read()
                return renamed
            Path.rename = slow
            replace_folder(folder / "report", {"index.html": b"new"})
""")


@pytest.mark.parametrize("how", ["file", "folder"])
def test_a_killed_writer_leaves_the_old_result_and_no_lock(case, changes, how):
    store = FolderStore(case)
    store.save(_run(), changes)
    store.save(_run("report", "fedcba9876543210"), Report(title="t", files={"index.html": b"old"}))
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(case), how], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "writing\n"
        with pytest.raises(InputError, match="another process"):
            store.save(_run(), changes)
        os.kill(writer.pid, signal.SIGKILL)
    with store.writing():
        assert store.stored("0123456789abcdef").is_whole
        assert store.stored("fedcba9876543210").is_whole
    assert list(case.rglob(".sitewatch-*")) == []


def test_a_write_that_fails_leaves_the_old_file(case):
    write_atomically(case / "a", b"old")

    def failing():
        yield b"new"
        raise OSError("the line broke")
    with pytest.raises(OSError, match="line broke"):
        receive(case / "a", failing())
    assert (case / "a").read_bytes() == b"old"
    assert len(list(case.iterdir())) == 1
    assert sha256_of(case / "a") == hashlib.sha256(b"old").hexdigest()


def test_a_catalogue_that_is_not_one_is_refused(case, scenes):
    (case / "scenes").mkdir()
    for text in ("", "[]", '{"links": 3}', '{"links": [{"rel": "item", "href": "../../x.json"}]}',
                 '{"links": [{"rel": "item", "href": "./nothing.json"}]}'):
        (case / "scenes/catalog.json").write_text(text)
        with pytest.raises((CaseFileError, InputError)):
            FolderStore(case).scenes(scenes.site)
