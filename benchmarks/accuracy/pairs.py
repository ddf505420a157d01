"""Two pictures and nothing else: which pixels does the pair mode mark, and does it keep quiet where nothing was built?

    python -m benchmarks.accuracy.pairs [--tier real]

Each set goes the whole road as two plain pictures: read, registered with each other, normalised, compared. The sets do
not say when their pictures were taken, so that each pair is taken to be of one season, and pictures of many years
apart resemble each other little, so that the least likeness is not asked for. Precision, recall and F1 are those of
the class "changed", all pairs of a set together. The baseline works on the same aligned and normalised pair: the
length of the change vector above Otsu's threshold (1979). Of the PlanetScope pairs, between which no building changed,
the places that are kept are counted. No constant was set on any of these.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile

import numpy as np
from PIL import Image

import sitewatch as sw
from benchmarks.accuracy.frame import Cell, Row, Tier, commit, keep, options, shared_folder, show
from benchmarks.accuracy.pixels import otsu
from sitewatch.errors import NotEnoughLooksError
from sitewatch.geo import coverage

__all__ = ["main"]

TIERS: tuple[Tier, ...] = ("real",)
_TAKEN = datetime(2012, 7, 1, tzinfo=UTC), datetime(2016, 7, 1, tzinfo=UTC)


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
    options("pairs", __doc__, TIERS).parse_args(arguments)
    measured, shared = commit(), shared_folder("data")
    if shared is None:
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        told = [_told(pair, Path(scratch)) for pair in _pairs(shared / "data")]
    rows = [*_by_set(told), *(one.row for one in told)]
    show("Pairs of pictures", rows)
    keep("pairs", rows, measured)
    return 0


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
    """What was marked of one pair (y, x), by sitewatch and by the baseline, against what changed."""

    pair: _Pair
    places: int
    marked: np.ndarray
    vectors: np.ndarray
    changed: np.ndarray
    why_not: str = ""

    @property
    def row(self) -> Row:
        """Of one pair."""
        return Row(tier="real", set=f"{self.pair.set} {self.pair.name}", cells=_cells([self]), note=self.why_not)


def _told(pair: _Pair, scratch: Path) -> _Told:
    shape = _picture(pair.before).shape[:2]
    changed = np.zeros(shape, bool) if pair.label is None else _picture(pair.label).reshape(*shape, -1)[..., 0] >= 128
    nothing, why = np.zeros(shape, bool), ""
    case = _case(pair, scratch)
    try:
        stack, changes = case.stack(), case.changes()
    except NotEnoughLooksError as error:
        return _Told(pair=pair, places=0, marked=nothing, vectors=nothing, changed=changed, why_not=str(error))
    marked = nothing.copy()
    for change in changes.kept:
        marked |= coverage(change.outline, stack.site.grid) > 0.5
    why = next((c.why_not for c in changes if c.why_not and "looks before and after it" in c.why_not), "")
    size = np.sqrt(((stack.values[1] - stack.values[0]) ** 2).sum(axis=0))
    return _Told(pair=pair, places=len(changes.kept), marked=marked, vectors=np.nan_to_num(size) > otsu(size),
                 changed=changed, why_not=why)


def _case(pair: _Pair, scratch: Path) -> sw.Case:
    """A case as a person makes it who has two pictures, dated by their names."""
    images = scratch / f"{pair.set}-{pair.name}-images".replace(" ", "-").replace(",", "")
    images.mkdir()
    for picture, taken in zip((pair.before, pair.after), _TAKEN, strict=True):
        copyfile(picture, images / f"{taken:%Y-%m-%d}{picture.suffix}")
    folder = images.with_name(images.name.removesuffix("-images"))
    sw.Case.new(folder, sw.NewCase(images=images, sensor="picture", gsd_m=pair.gsd_m, name=pair.name))
    with (folder / "case.yaml").open("a", encoding="utf-8") as out:
        out.write("\nstack:\n  min_correlation: 0\n")
    return sw.Case.open(folder)


def _picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def _by_set(told: Sequence[_Told]) -> Iterator[Row]:
    for name in dict.fromkeys(one.pair.set for one in told):
        some = [one for one in told if one.pair.set == name]
        yield Row(tier="real", set=f"{name}, all", cells=_cells(some))


def _cells(some: Sequence[_Told]) -> dict[str, Cell]:
    refused = sum(bool(one.why_not) for one in some)
    cells: dict[str, Cell] = {"pairs": len(some), "refused": refused, "places": sum(one.places for one in some)}
    if some[0].pair.label is not None:
        for method, masks in (("", [one.marked for one in some]), ("cva_", [one.vectors for one in some])):
            hits = sum(int((mask & one.changed).sum()) for mask, one in zip(masks, some, strict=True))
            given, true = sum(int(mask.sum()) for mask in masks), sum(int(one.changed.sum()) for one in some)
            cells |= {f"{method}precision": hits / given if given else None,
                      f"{method}recall": hits / true if true else None,
                      f"{method}f1": 2 * hits / (given + true) if given + true else None}
    return cells


if __name__ == "__main__":
    sys.exit(main())
