"""Two pictures and nothing else: which pixels does the pair mode mark, and does it keep quiet where nothing was built?

    python -m benchmarks.accuracy.pairs [--tier simulated|real]

Simulated: looks of the first worlds that are kept for testing, two by two as a seed draws them, where season, sun and
view compare at least fairly. What came, went or was altered as a whole between the two is found where a kept place
covers two fifths of it; a place that touches nothing that came, went or was worked on in that time is
false.

Real: the sets were laid on each other by those who published them, so that the stage "changes" is given each pair as
it is delivered, brought to one scale; its placement is taken to be known to half a pixel. The sets do not say when
their pictures were taken: each pair is taken to be of one season. Precision, recall and F1 are those of the class
"changed", all pairs of a set together: with the one false place per pair that a user gets unless another number is
asked for, and with 10 and 100. The baseline is the length of the change vector of the same pair above Otsu's threshold
(1979). Of the PlanetScope pairs, between which no building changed, the places that are kept are counted.
"not_registered" says of how many pairs the stage "stack", which trusts no placement but its own, would have refused a
picture, so that nothing is said of them on the whole road. No constant was set on any of these sets.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from shutil import copyfile

import numpy as np
import xarray as xr
from PIL import Image
from shapely import box
from shapely.ops import unary_union

import sitewatch as sw
from benchmarks.accuracy.frame import Cell, Row, Tier, commit, keep, options, percent, shared_folder, show
from benchmarks.accuracy.pixels import otsu
from benchmarks.accuracy.worlds import FROZEN, Thing, new_case, things_of
from sitewatch.changes import ChangesOptions, detect_changes
from sitewatch.errors import NotEnoughLooksError
from sitewatch.geo import coverage, picture_grid
from sitewatch.model import Changes, Scene, SceneFit, Scenes, Site, Stack, compare, conditions_of
from sitewatch.stack import build_stack
from sitewatch.stack._normalise import apply_lines, fit_lines

__all__ = ["main"]

TIERS: tuple[Tier, ...] = ("simulated", "real")
_WORLDS, _PAIRS, _COVERED = 3, 30, 0.4
_TAKEN = datetime(2012, 7, 1, tzinfo=UTC), datetime(2016, 7, 1, tzinfo=UTC)
_ASKED = (1.0, 10.0, 100.0)   # false places per pair
_SIGMA_PX = 0.5 / 2**0.5   # of each of the two
_BLUR_PX = 1.0             # about what plain pictures of such pixels have
_LABELLED = 128            # of the labels' grey levels


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Two pictures with the pixel size that their set states, and where it labels what changed; None: nothing did."""

    set: str
    name: str
    before: Path
    after: Path
    gsd_m: float
    label: Path | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV."""
    asked, measured = options("pairs", __doc__, TIERS).parse_args(arguments), commit()
    with tempfile.TemporaryDirectory() as scratch:
        for tier in asked.tier or TIERS:
            rows = list(_simulated(Path(scratch)) if tier == "simulated" else _real(Path(scratch)))
            if rows:
                show(f"Pairs of looks, {tier}", rows)
                keep("pairs", rows, measured)
    return 0


def _simulated(scratch: Path) -> Iterator[Row]:
    for world in FROZEN["test"][:_WORLDS]:
        case, things = new_case(world, scratch / world.name, is_told=False), things_of(world)
        told = [_between(pair, things) for pair in _drawn(case.scenes())]
        seen = [one for one in told if one]
        yield Row(tier="simulated", set=world.name, cells={
            "pairs": len(told), "not_registered": len(told) - len(seen), "places": sum(one.kept for one in seen),
            "false": sum(one.false for one in seen),
            "false_per_pair": sum(one.false for one in seen) / max(len(seen), 1),
            "found": percent(sum(one.found for one in seen), sum(one.true for one in seen))})


def _drawn(scenes: Scenes) -> Iterator[Scenes]:
    """Pairs that compare at least fairly, as a seed draws them."""
    draw, left = np.random.default_rng(0), _PAIRS
    for one, other in draw.permutation([*combinations(range(len(scenes.scenes)), 2)]):
        pair = scenes.scenes[one], scenes.scenes[other]
        if left and compare(*map(conditions_of, pair)).word != "poor":
            left -= 1
            yield replace(scenes, scenes=pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """Places kept in a pair, the false ones of them, and how many of what came or went were found."""

    kept: int
    false: int
    true: int
    found: int


def _between(pair: Scenes, things: Sequence[Thing]) -> _Counted | None:
    """What was found between two looks; None where the stack refused one of them."""
    try:
        stack = build_stack(pair)
    except NotEnoughLooksError:
        return None
    first, second = (fit.taken for fit in stack.used)
    kept = [change.outline for change in detect_changes(stack).kept]
    dated = [(thing, thing.start, thing.end or thing.start) for thing in things if thing.start]
    worked = [thing.outline for thing, start, end in dated if start < second and end and end > first]
    whole = [thing.outline for thing, start, end in dated
             if thing.class_ and first < start and end and end < second]
    return _Counted(
        kept=len(kept), false=sum(not any(place.intersects(one) for one in worked) for place in kept),
        true=len(whole), found=sum(unary_union(kept).intersection(one).area >= _COVERED * one.area for one in whole))


def _real(scratch: Path) -> Iterator[Row]:
    if shared := shared_folder("data"):
        told = [_told(pair, scratch) for pair in _pairs(shared / "data")]
        yield from (*_by_set(told), *(one.row for one in told))


def _pairs(data: Path) -> Iterator[_Pair]:
    for folder in ("full_1024", "crops_256"):
        for label in sorted((data / "levir_cd" / folder / "label").iterdir()):
            yield _Pair(set="LEVIR", name=label.stem, before=label.parents[1] / "A" / label.name,
                        after=label.parents[1] / "B" / label.name, gsd_m=0.5, label=label)
    for label in sorted((data / "whu_cd" / "label").iterdir()):
        yield _Pair(set="WHU", name=label.stem, before=label.parents[1] / "prev" / label.name,
                    after=label.parents[1] / "curr" / label.name, gsd_m=0.3, label=label)
    beijing = data / "beijing_facility_vhr"
    yield _Pair(set="Beijing", name="beijing_A", before=beijing / "beijing_A_1.jpg", after=beijing / "beijing_A_2.jpg",
                gsd_m=1.0, label=beijing / "beijing_A_gt.jpg")
    for label in sorted((data / "dsifn" / "label").iterdir()):
        yield _Pair(set="DSIFN", name=label.stem, before=label.parents[1] / "A" / label.name,
                    after=label.parents[1] / "B" / label.name, gsd_m=2.0, label=label)
    for area in sorted((data / "spacenet7_planet").glob("*_aligned")):
        before, after = sorted(area.glob("*_rgb.png"))
        yield _Pair(set="PlanetScope, no change", name=area.name, before=before, after=after, gsd_m=4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What was marked of one pair (y, x), by sitewatch for each number of false places and by the baseline, against
    what changed."""

    pair: _Pair
    places: Mapping[float, int]
    marked: Mapping[float, np.ndarray]
    vectors: np.ndarray
    changed: np.ndarray
    why_not: str
    is_registered: bool

    @property
    def row(self) -> Row:
        """Of one pair."""
        return Row(tier="real", set=f"{self.pair.set} {self.pair.name}", cells=_cells([self]), note=self.why_not)


def _told(pair: _Pair, scratch: Path) -> _Told:
    stack = _as_delivered(pair)
    grid = stack.site.grid
    found = {asked: detect_changes(stack, ChangesOptions(false_alarms_per_year=asked)) for asked in _ASKED}
    changes = found[_ASKED[0]]
    size = np.sqrt(((stack.values[1] - stack.values[0]) ** 2).sum(axis=0))
    changed = np.zeros(grid.shape, bool) if pair.label is None else \
        _picture(pair.label).reshape(*grid.shape, -1)[..., 0] >= _LABELLED
    why = next((one.why_not for one in changes if one.why_not and "the looks before and after" in one.why_not), "")
    return _Told(pair=pair, places={asked: len(one.kept) for asked, one in found.items()},
                 marked={asked: _marked(one) for asked, one in found.items()}, vectors=size > otsu(size),
                 changed=changed, why_not=why or "", is_registered=_is_registered(pair, scratch))


def _marked(changes: Changes) -> np.ndarray:
    mask = np.zeros(changes.site.grid.shape, bool)
    for change in changes.kept:
        mask |= coverage(change.outline, changes.site.grid) > 0.5
    return mask


def _as_delivered(pair: _Pair) -> Stack:
    """The two pictures as they lie, the second brought to the scale of the first."""
    views = np.stack([_picture(path)[..., :3].transpose(2, 0, 1) for path in (pair.before, pair.after)])
    values, everywhere = views.astype(np.float32), np.ones(views.shape[2:], bool)
    apply_lines(values[1:], [fit_lines(values[1], values[0], everywhere)])
    height, width = values.shape[2:]
    grid = picture_grid(width, height, pair.gsd_m)
    site = Site(slug=pair.name.replace("_", "-"), names=(), area=box(*grid.boundingbox), grid=grid)
    scenes = tuple(Scene(id=name, source="benchmark", sensor="picture", taken=taken, taken_from="file name", assets=())
                   for name, taken in zip(("before", "after"), _TAKEN, strict=True))
    data = xr.Dataset({"values": (("time", "band", "y", "x"), values), "shift_sigma_px": ("time", [_SIGMA_PX] * 2)},
                      coords={"time": np.array([taken.replace(tzinfo=None) for taken in _TAKEN], "datetime64[ns]"),
                              "scene": ("time", ["before", "after"])}, attrs={"blur_px": _BLUR_PX})
    fits = tuple(SceneFit(scene=scene.id, taken=scene.taken, used=True) for scene in scenes)
    return Stack(site=site, scenes=Scenes(site=site, scenes=scenes), data=data, fits=fits)


def _is_registered(pair: _Pair, scratch: Path) -> bool:
    """Whether the stage "stack" finds how the two lie, as a case that a person makes of two pictures."""
    images = scratch / f"{pair.set}-{pair.name}-images".replace(" ", "-").replace(",", "")
    images.mkdir()
    for picture, taken in zip((pair.before, pair.after), _TAKEN, strict=True):
        copyfile(picture, images / f"{taken:%Y-%m-%d}{picture.suffix}")
    folder = images.with_name(images.name.removesuffix("-images"))
    sw.Case.new(folder, sw.NewCase(images=images, sensor="picture", gsd_m=pair.gsd_m, name=pair.name))
    try:
        sw.Case.open(folder).stack()
    except NotEnoughLooksError:
        return False
    return True


def _picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def _by_set(told: Sequence[_Told]) -> Iterator[Row]:
    for name in dict.fromkeys(one.pair.set for one in told):
        some = [one for one in told if one.pair.set == name]
        yield Row(tier="real", set=f"{name}, all", cells=_cells(some))


def _cells(some: Sequence[_Told]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"pairs": len(some), "not_registered": sum(not one.is_registered for one in some),
                              "abstained": sum(bool(one.why_not) for one in some),
                              "places": sum(one.places[_ASKED[0]] for one in some)}
    if some[0].pair.label is not None:
        ours = {"" if asked == 1 else f"at_{asked:g}_": [one.marked[asked] for one in some] for asked in _ASKED}
        for method, masks in {**ours, "cva_": [one.vectors for one in some]}.items():
            hits = sum(int((mask & one.changed).sum()) for mask, one in zip(masks, some, strict=True))
            given, true = sum(int(mask.sum()) for mask in masks), sum(int(one.changed.sum()) for one in some)
            cells |= {f"{method}precision": hits / given if given else None,
                      f"{method}recall": hits / true if true else None,
                      f"{method}f1": 2 * hits / (given + true) if given + true else None}
    return cells


if __name__ == "__main__":
    sys.exit(main())
