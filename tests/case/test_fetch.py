"""A case and its archive: what a fetch keeps, what a run then uses, and what limits hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from tests.case.hill import failed, image

from sitewatch import store
from sitewatch.case import Case, NewCase
from sitewatch.errors import InputError, ProviderError, UsageError
from sitewatch.fetching import Limits, archives, fetch
from sitewatch.geo import square_around
from sitewatch.model import Asset, Refusal, Scene, Span, Weight
from sitewatch.sources import FolderSource


class Archive:
    """An archive of the images in a folder, as a plug-in would supply it; ``faults`` are ids that do not arrive."""

    at_once = 3
    faults: tuple[str, ...] = ()
    is_down = False
    opened: list[str]

    def __init__(self, folder, name="archive"):
        self._near, self.name, self.received, self._most = FolderSource(folder), name, 0, None
        self.opened = []

    def find(self, site, span):
        if self.is_down:
            raise ProviderError(f"{self.name} did not answer")
        for offer in self._near.find(site, span):
            if isinstance(offer, Scene):
                yield replace(offer, assets=tuple(Asset(role=a.role, href=f"https://a.b/x#{a.href}")
                                                  for a in offer.assets))
            else:
                yield offer

    def spend_at_most(self, count):
        self._most = count

    def weigh(self, scene):
        return Weight(bytes=1_000_000, hidden=0.9 if scene.id.endswith("05") else 0.1)

    def open(self, asset):
        name = asset.href.partition("#")[2]
        self.opened.append(name)
        if name.startswith(self.faults):
            raise ProviderError("the line went dead")
        data = b"".join(self._near.open(Asset(role=asset.role, href=name)))
        self.received += len(data)
        if self._most is not None and self.received > self._most:
            raise ProviderError("more than the allowed megabytes")
        yield data


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for day in range(1, 10):
        image(folder, day)
    return folder


@pytest.fixture
def archive(images, monkeypatch):
    made = Archive(images)
    original = store.open_sources

    def opened(tables, folder):
        near, gone = original([table for table in tables if table.copy().take("kind", str) != "archive"], folder)
        far = {"archive": made} if len(near) + len(gone) < len(tables) else {}
        return {**near, **far}, gone

    monkeypatch.setattr(store, "open_sources", opened)
    return made


@pytest.fixture
def fetched(case, archive):
    """The case of a folder of images, with an archive in the folder's stead."""
    file = case.folder / "case.yaml"
    lines = [line for line in file.read_text().splitlines() if "kind:" not in line]
    lines.insert(lines.index("  sources:") + 1, '    - {kind: "archive"}')
    file.write_text("\n".join(lines) + "\n")
    return Case.open(case.folder)


def test_a_run_before_any_fetch_says_what_to_do(fetched, archive):
    with pytest.raises(InputError, match=r"nothing was fetched yet\. Fetch images with `sitewatch fetch"):
        fetched.run()
    assert archive.opened == []


def test_a_dry_run_keeps_nothing(fetched, archive):
    plan = fetch(fetched, dry_run=True)
    assert len(plan.to_fetch) > 0
    assert archive.opened == []
    assert not (fetched.folder / "pixels").exists()


def test_what_was_fetched_is_what_a_run_uses_and_the_archive_is_not_asked(fetched, archive):
    plan = fetch(fetched)
    archive.is_down = True
    again = Case.open(fetched.folder)
    again.run(until="scenes")
    assert [scene.id for scene in again.scenes().scenes] == [row.scene.id for row in plan.rows if not row.why_not]
    assert "hides 90% of the site" in {r.what[-2:]: r.why for r in again.scenes().refusals}["05"]
    assert not again.run(until="scenes")[0].computed
    assert failed(again) == []


def test_what_did_not_arrive_is_named_and_comes_with_the_next_fetch(fetched, archive):
    archive.faults = ("2024-03-02", "2024-03-03")
    plan = fetch(fetched)
    assert [name[-2:] for name in plan.lost] == ["02", "03"]
    archive.faults, archive.opened = (), []
    plan = fetch(Case.open(fetched.folder))
    assert plan.lost == ()
    assert sorted(name[:10] for name in archive.opened) == ["2024-03-02", "2024-03-03"]
    assert [r for r in Case.open(fetched.folder).scenes().refusals if "went dead" in r.why] == []


def test_a_fetch_of_another_time_leaves_what_was_fetched_before(fetched):
    fetch(fetched, span=Span(end=datetime(2024, 3, 4, tzinfo=UTC)))
    fetch(Case.open(fetched.folder), span=Span(start=datetime(2024, 3, 6, tzinfo=UTC)))
    days = [scene.taken.day for scene in Case.open(fetched.folder).scenes().scenes]
    assert days[:4] == [1, 2, 3, 6]


def test_the_megabytes_are_a_hard_limit(fetched, archive, images):
    size = max(path.stat().st_size for path in images.iterdir())
    archive.weigh = lambda scene: Weight(bytes=1)  # it weighs too little
    plan = fetch(fetched, limits=Limits(max_mb=2.5 * size / 1e6))
    assert sum(row.is_kept for row in plan.rows) <= 2
    assert plan.lost


def test_where_every_look_is_hidden_nothing_is_fetched_and_the_reasons_are_told(fetched, archive):
    archive.weigh = lambda scene: Weight(bytes=1, hidden=0.99)
    with pytest.raises(InputError, match=r"(?s)not one of the 9 scenes.*hides 99% of the site.*--max-cloud"):
        fetch(fetched)
    assert archive.opened == []


def test_no_more_scenes_than_asked_for(fetched):
    plan = fetch(fetched, limits=Limits(max_scenes=4))
    assert len(Case.open(fetched.folder).scenes().scenes) == 4
    assert "beyond the limit of 4 scenes" in next(row.why_not for row in plan.rows if row.why_not)


def test_an_archive_that_is_down_is_an_error_and_takes_nothing_away(fetched, archive):
    fetch(fetched)
    archive.is_down = True
    with pytest.raises(ProviderError, match="archive did not answer"):
        fetch(Case.open(fetched.folder))
    assert len(Case.open(fetched.folder).scenes().scenes) > 5


def test_a_folder_added_later_stands_beside_what_was_fetched(fetched, archive, tmp_path):
    kept = len([row for row in fetch(fetched).rows if not row.why_not])
    more = tmp_path / "more"
    more.mkdir()
    image(more, 25)
    file = fetched.folder / "case.yaml"
    file.write_text(file.read_text().replace('    - {kind: "archive"}',
                                             f'    - {{kind: "archive"}}\n    - {{kind: folder, path: "{more}"}}'))
    archive.is_down = True
    scenes = Case.open(fetched.folder).scenes()
    assert len(scenes.scenes) == kept + 1
    assert {scene.source for scene in scenes.scenes} == {"archive", "folder"}
    assert any("hides 90%" in refusal.why for refusal in scenes.refusals)


def test_an_archive_that_the_case_does_not_name_is_not_asked(case, fetched):
    with pytest.raises(UsageError, match="names archive, not 'planet'"):
        fetch(fetched, ["planet"])


def test_a_case_without_an_archive_says_how_to_name_one(case):
    with pytest.raises(UsageError, match=r"names no archive\. Add a line such as `- \{kind: stac, profile: earth"):
        fetch(case)


def test_a_new_place_gets_its_grid_and_its_archive(tmp_path):
    case = Case.new(tmp_path / "ham", NewCase(area=square_around(39.9202, 127.6571, 3000)))
    assert (str(case.site.grid.crs), case.site.gsd_m) == ("EPSG:32652", 10.0)
    assert tuple(archives(case)) == ("earth-search",)
    assert np.allclose([case.site.grid.width * 10, case.site.grid.height * 10], 3000, atol=60)
    landsat = Case.new(tmp_path / "lan", NewCase(area=square_around(39.9, 127.6, 9000), source="planetary-computer",
                                                 sensor="landsat"))
    assert (tuple(archives(landsat)), landsat.site.gsd_m) == (("planetary-computer",), 30.0)
    with pytest.raises(UsageError, match="no archive is called"):
        Case.new(tmp_path / "x", NewCase(area=square_around(39.9, 127.6, 3000), source="nasa"))


def test_a_refusal_of_an_archive_names_the_archive(fetched):
    fetch(fetched)
    refused = Case.open(fetched.folder).scenes().refusals
    assert refused
    assert all(isinstance(one, Refusal) and one.source == "archive" for one in refused)
