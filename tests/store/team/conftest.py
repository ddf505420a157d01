"""A team store, and a small case that two people have a copy of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.team import servers, url

from sitewatch.model import Scenes, Site
from sitewatch.store import FolderStore, new_run, write_case
from sitewatch.store.team import Team, export_case, import_case

__all__ = ["servers", "url"]


@pytest.fixture
def site(earth: Site) -> Site:
    return earth


@pytest.fixture
def team(url: str) -> Iterator[Team]:
    with Team(url) as opened:
        yield opened


@pytest.fixture
def ana(tmp_path: Path, site: Site, scenes: Scenes) -> Path:
    """Ana's folder of a case with three scenes, which she has not exported."""
    folder = tmp_path / "ana" / "hill"
    write_case(folder, site, [{"kind": "folder", "path": "../images"}])
    keep_scenes(FolderStore(folder.resolve()), scenes)
    return folder.resolve()


@pytest.fixture
def ben(tmp_path: Path, team: Team, ana: Path) -> Path:
    """Ben's copy of the case, imported after Ana's export."""
    folder = tmp_path / "ben" / "hill"
    export_case(team, ana, "hill", "ana")
    import_case(team, folder, "hill")
    return folder.resolve()


def keep_scenes(store: FolderStore, scenes: Scenes) -> Scenes:
    """The scenes, each file received and all of them saved; what stands for pixels is the file's address."""
    held = replace(scenes, scenes=tuple(replace(scene, assets=tuple(
        replace(asset, kept=store.keep(scenes.site.grid, scene, asset, [asset.href.encode()]))
        for asset in scene.assets)) for scene in scenes.scenes))
    store.save(new_run("0123456789abcdef", "scenes", inputs={}, options={}, seed=0), held)
    return held
