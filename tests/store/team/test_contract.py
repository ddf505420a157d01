"""What a store promises to a case, on the folder and on the team store: there what one person wrote, another reads."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.store.team.conftest import keep_scenes

from sitewatch.model import Between, Decision, News, Order, Refusal, Structure
from sitewatch.store import (
    FolderStore,
    Orders,
    add_news,
    check_decisions,
    check_logs,
    check_pixels,
    check_run,
    completed,
    keep_decision,
    new_run,
    read_decisions,
    read_news,
    withdraw_decision,
    write_case,
)
from sitewatch.store.team import Team, export_case, import_case

_RUN = "00000000000000aa"


class _Folder:
    """One folder, which every person opens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder_of(self, person: str) -> Path:
        return self._folder

    def shared_by(self, person: str) -> None:
        """What a person wrote is there for all at once."""


class _Team:
    """A folder for each person, brought up to a team store when it is opened and brought back when it is shared."""

    def __init__(self, folder: Path, team: Team) -> None:
        self._team, self._folders = team, {"ana": folder}

    def folder_of(self, person: str) -> Path:
        first = self._folders["ana"]
        folder = self._folders.setdefault(person, first.parent.with_name(person) / first.name)
        if self._team.cases():
            import_case(self._team, folder, first.name)
        return folder

    def shared_by(self, person: str) -> None:
        export_case(self._team, self._folders[person], self._folders["ana"].name, person)


@pytest.fixture(params=["folder", "team store"])
def store(request, tmp_path, earth):
    """A case that Ana has just made."""
    folder = (tmp_path / "ana" / "hill").resolve()
    write_case(folder, earth, [])
    made = _Folder(folder) if request.param == "folder" else _Team(folder, request.getfixturevalue("team"))
    made.shared_by("ana")
    return made


@pytest.fixture
def pictures(scenes):
    return replace(scenes, refusals=(Refusal(what="x.tif", why="no date"),))


def _unopened():
    raise AssertionError("a kept file was asked for again")
    yield b""


def test_pixels_are_kept_as_received_and_known_again(store, pictures):
    keep_scenes(FolderStore(store.folder_of("ana")), pictures)
    store.shared_by("ana")
    opened = FolderStore(store.folder_of("ben"))
    for scene in opened.known(pictures).scenes:
        for asset in scene.assets:
            assert asset.kept.path.read_bytes() == asset.href.encode()
            assert asset.kept.sha256 == hashlib.sha256(asset.href.encode()).hexdigest()
            assert asset.kept.path.is_relative_to(opened.folder / "pixels" / scene.id)
            assert opened.keep(pictures.site.grid, scene, asset, _unopened())
    assert all(check.holds for check in check_pixels(opened, opened.known(pictures)))


def test_saved_scenes_load_back_equal_and_refusals_with_them(store, pictures):
    assert FolderStore(store.folder_of("ana")).scenes(pictures.site) is None
    held = keep_scenes(FolderStore(store.folder_of("ana")), pictures)
    store.shared_by("ana")
    opened = FolderStore(store.folder_of("ben"))
    loaded = opened.scenes(pictures.site)
    own = replace(held.scenes[0], gsd_m=3.33333, sun_azimuth_deg=141.235, assets=loaded.scenes[0].assets)
    assert [s.id for s in loaded.scenes] == ["s0", "s1", "s2"]
    assert loaded.scenes[0] == own
    assert loaded.refusals == held.refusals
    assert opened.stored("0123456789abcdef").is_whole


@pytest.mark.parametrize("stage", ["changes", "structures", "measurements", "findings"])
def test_a_result_loads_back_equal_and_counts_as_run(store, stage, request, earth):
    record, word = request.getfixturevalue(stage), {"findings": "claims"}.get(stage, stage)
    first = FolderStore(store.folder_of("ana"))
    first.save(new_run(_RUN, word, inputs={}, options={"a": 2.5}, seed=0), record)
    store.shared_by("ana")
    opened = FolderStore(store.folder_of("ben"))
    assert repr(opened.load(word, _RUN, earth)) == repr(first.as_stored(word, record, earth))
    assert opened.run(_RUN).options == {"a": 2.5}
    assert all(check.holds for check in [*check_run(opened, _RUN, word), *check_logs(opened)])


def test_a_result_that_was_edited_does_not_count(store, changes):
    first = FolderStore(store.folder_of("ana"))
    first.save(new_run(_RUN, "changes", inputs={}, options={}, seed=0), changes)
    result = first.folder / "results/changes.geojson"
    result.write_bytes(result.read_bytes().replace(b"appeared", b"vanished"))
    store.shared_by("ana")
    assert "results/changes.geojson" in FolderStore(store.folder_of("ben")).stored(_RUN).why_not


def test_what_several_people_decide_is_kept_signed_and_withdrawn(store, earth):
    kept = {}
    for person in ("ana", "ben", "cem"):
        kept[person] = _decided(store.folder_of(person), earth, person)
    for person in ("cem", "ana", "ben"):
        store.shared_by(person)
    withdraw_decision(store.folder_of("ben"), earth.grid, kept["ben"].id, "ben")
    store.shared_by("ben")
    folder = store.folder_of("dee")
    assert {one.id for one in read_decisions(folder, earth.grid)} == {kept["ana"].id, kept["cem"].id}
    assert all(check.holds for check in [*check_decisions(folder), *check_logs(FolderStore(folder))])
    assert sorted(path.name for path in (folder / "log").iterdir()) == ["ana.jsonl", "ben.jsonl", "cem.jsonl"]


def test_what_was_told_and_what_was_ordered_is_known_again(store, structures, earth):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    news = [News(id=f"n-{i}", kind="candidate", subject="new-1", label="hall", class_="new structure", chance=0.9,
                 outline=structures.records[0].outline, between=Between(by=at), at=at, area=None) for i in range(3)]
    order = Order(name="o-1", source="planet", scenes=("s0",), of="hill", asked_at=at, cost=2.5, unit="ha")
    add_news(store.folder_of("ana"), earth, news[:2])
    add_news(store.folder_of("ana"), earth, news[2:])
    Orders(store.folder_of("ana")).write_order(order)
    store.shared_by("ana")
    assert [one.id for one in read_news(store.folder_of("ben"), earth)] == ["n-0", "n-1", "n-2"]
    assert Orders(store.folder_of("ben")).orders() == (order,)


def _decided(folder, site, person):
    hall = Structure(id="new-1", label="hall", outline=site.grid.extent.geom.buffer(-10), class_="new structure",
                     chance=0.8, first=Between(), last=Between())
    decision = Decision(subject="new-1", what="accept", actor=person)
    return keep_decision(folder, site.grid, lambda known: completed(decision, {hall.id: hall}, known, site.grid, None))
