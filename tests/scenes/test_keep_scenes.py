"""Our own copies: each file once, and one that does not arrive costs only its own scene."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shapely import box

from sitewatch.errors import InputError, ProviderError, UsageError, VerificationError
from sitewatch.geo import picture_grid
from sitewatch.model import Asset, AssetRole, Kept, Refusal, Scene, Scenes, Site, Span, Weight
from sitewatch.scenes import keep_scenes, weigh_scenes

_START = datetime(2020, 1, 1, tzinfo=UTC)
_SITE = Site(slug="plane", names=(), area=box(0, -60, 72, 0), grid=picture_grid(24, 20, 3.0))


class Files:
    """A source of named bytes; ``breaking`` ones fail after the first block."""

    name = "files"

    def __init__(self, content: dict[str, bytes], breaking: dict[str, Exception] | None = None) -> None:
        self._content, self._breaking = content, breaking or {}

    def find(self, site: Site, span: Span) -> Iterable[Scene | Refusal]:
        return ()

    def open(self, asset: Asset) -> Iterator[bytes]:
        yield self._content[asset.href][:1]
        if asset.href in self._breaking:
            raise self._breaking[asset.href]
        yield self._content[asset.href][1:]


class Shelf:
    """Keeps bytes in memory and remembers what it was asked to keep."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, scene: Scene, asset: Asset, blocks: Iterable[bytes]) -> Kept:
        self.asked.append(asset.href)
        content = b"".join(blocks)
        return Kept(path=Path("/kept") / asset.href, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content),
                    fetched_at=_START, href=asset.href)


def _scenes(*names: str, roles: tuple[AssetRole, ...] = ("image",)) -> Scenes:
    return Scenes(site=_SITE, scenes=tuple(
        Scene(id=name, source="files", sensor="picture", taken=_START + timedelta(days=i), taken_from="file name",
              assets=tuple(Asset(role=role, href=f"{name}.{role}") for role in roles))
        for i, name in enumerate(names)), refusals=(Refusal(what="z", why="no date"),))


def _content(*names: str) -> dict[str, bytes]:
    return {f"{name}.{role}": f"{role} {name}".encode() for name in names for role in ("image", "mask")}


def test_every_asset_of_every_scene_is_kept():
    shelf = Shelf()
    held = keep_scenes(_scenes("a", "b", roles=("image", "mask")), {"files": Files(_content("a", "b"))}, shelf)
    assert shelf.asked == ["a.image", "a.mask", "b.image", "b.mask"]
    assert all(asset.kept and asset.kept.href == asset.href for scene in held.scenes for asset in scene.assets)
    assert held["b"].assets[1].kept.sha256 == hashlib.sha256(b"mask b").hexdigest()


def test_what_is_kept_already_is_not_asked_for_again():
    shelf = Shelf()
    held = keep_scenes(_scenes("a", "b"), {"files": Files(_content("a", "b"))}, shelf)
    assert keep_scenes(held, {}, shelf) == held
    assert len(shelf.asked) == 2


@pytest.mark.parametrize("error", [OSError("the line went dead"), ProviderError("the line went dead")])
def test_a_file_that_does_not_arrive_costs_only_its_own_scene(error):
    shelf = Shelf()
    source = Files(_content("a", "b", "c"), {"b.mask": error})
    held = keep_scenes(_scenes("a", "b", "c", roles=("image", "mask")), {"files": source}, shelf)
    assert [scene.id for scene in held.scenes] == ["a", "c"]
    assert held.refusals == (Refusal(what="z", why="no date"), Refusal(
        what="b", why="its mask b.mask could not be fetched: the line went dead", source="files"))
    assert shelf.asked.count("b.mask") == 1


def test_the_stores_own_complaint_is_not_swallowed():
    def keep(scene: Scene, asset: Asset, blocks: Iterable[bytes]) -> Kept:
        raise VerificationError("a hash does not match")

    with pytest.raises(VerificationError):
        keep_scenes(_scenes("a"), {"files": Files(_content("a"))}, keep)


def test_the_same_image_under_two_dates_is_kept_once():
    content = _content("a", "b") | {"b.image": b"image a"}
    held = keep_scenes(_scenes("a", "b"), {"files": Files(content)}, Shelf())
    assert [scene.id for scene in held.scenes] == ["a"]
    assert held.refusals[-1].what == "b"
    assert "the same image as a, byte for byte" in held.refusals[-1].why


def test_equal_masks_of_different_images_are_no_reason_to_refuse():
    content = _content("a", "b") | {"a.mask": b"clear", "b.mask": b"clear"}
    held = keep_scenes(_scenes("a", "b", roles=("image", "mask")), {"files": Files(content)}, Shelf())
    assert len(held.scenes) == 2


def test_nothing_kept_at_all_is_an_error_that_says_why():
    source = Files(_content("a"), {"a.image": OSError("no room")})
    with pytest.raises(InputError, match=r"(?s)not one of 1 scenes.*a: its image.*no room"):
        keep_scenes(_scenes("a"), {"files": source}, Shelf())


def test_a_scene_of_a_source_that_is_not_given_is_a_mistake_of_the_caller():
    with pytest.raises(UsageError, match="'files', which is not given"):
        keep_scenes(_scenes("a"), {"planet": Files({})}, Shelf())


class Busy(Files):
    """A source across a network; ``most`` is how many were asked of it at the same time. ``at_once`` of them wait for
    each other, as nothing can that is asked for one after the other."""

    received = 0

    def __init__(self, content: dict[str, bytes], at_once: int) -> None:
        super().__init__(content)
        self.at_once, self.most, self._now = at_once, 0, 0
        self._lock, self._together = threading.Lock(), threading.Barrier(at_once, timeout=20)

    def spend_at_most(self, count: int | None) -> None:
        """Nothing is counted."""

    def weigh(self, scene: Scene) -> Weight:
        self._stand()
        return Weight(bytes=1)

    def open(self, asset: Asset) -> Iterator[bytes]:
        self._stand()
        yield self._content[asset.href]

    def _stand(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._together.wait()
        time.sleep(0.01)
        with self._lock:
            self._now -= 1


@pytest.mark.parametrize("work", ["weigh", "keep"])
def test_several_are_asked_for_side_by_side_and_of_each_source_never_more_than_it_allows(work):
    names = [f"s{number:02}" for number in range(12)]
    content = _content(*names)
    sources = {"files": Busy(content, 3), "slow": Busy(content, 1)}
    scenes = _scenes(*names)
    scenes = replace(scenes, scenes=tuple(replace(scene, source="slow") if number % 4 == 0 else scene
                                          for number, scene in enumerate(scenes.scenes)))
    told = weigh_scenes(scenes, sources) if work == "weigh" else {
        scene.id: scene for scene in keep_scenes(scenes, sources, Shelf()).scenes}
    assert list(told) == names
    assert (sources["files"].most, sources["slow"].most) == (3, 1)


def test_progress_names_each_scene():
    told = []
    keep_scenes(_scenes("a", "b"), {"files": Files(_content("a", "b"))}, Shelf(), lambda *step: told.append(step))
    assert told == [("keeping a", 0, 2), ("keeping b", 1, 2), ("kept all scenes", 2, 2)]
