"""How far off is a view after it was aligned, how often is it wrong, and how honest is the error that is stated?

    python -m benchmarks.accuracy.alignment [--tier simulated|real] [--half tune|test] [--cases FOLDER]

- simulated pairs: two looks at one place that differ by one cause: see alignment_pairs.py;
- simulated series: what build_stack says of all looks of the frozen worlds, up to one offset common to a series;
- real: a Sentinel-2 pair of measured offset; a pair of aerial images in two CRS, aligned on two thirds of the rows and
  judged in the windows of the rest; two series whose shifts are on record, and every fifth frame of them moved by a
  shift that is known exactly (alignment_moved.py).

Residuals are lengths in pixels: true minus found; median and 90 % quantile of what is not refused. "wrong": more than
1 px off and not refused, of all. "honest_90": residuals per axis within 1.645 of the sigma that is stated for them.
"warp_px" and "about_their_median_px": what no single shift can mend, in the truth and in the windows of real pairs.
"bias_px": length of the mean residual of pairs that all differ by the same cause; "shadow_bias_px": of a series, the
part of the residuals that follows the shadows through the year, root mean square: a matcher that holds on to shadows
moves with them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

import sitewatch as sw
from benchmarks.accuracy import cases, worlds
from benchmarks.accuracy.alignment_matchers import MATCHERS, Found, Matcher
from benchmarks.accuracy.alignment_moved import brightness_of, moved_residuals
from benchmarks.accuracy.alignment_pairs import STRATA, Pair, lies_of, pairs_of
from benchmarks.accuracy.alignment_real import (
    RealPair,
    arosics_pair,
    arosics_windows,
    frames_of,
    joplin_pair,
    ties_between,
)
from benchmarks.accuracy.families import FAMILIES, write_world
from benchmarks.accuracy.frame import Cell, Row, Tier, commit, keep, options, percent, shared_folder, show
from benchmarks.accuracy.truth import CASES, Truth, read_truth
from sitewatch.model import SceneFit, Stack
from sitewatch.sources.simulated import read_world
from sitewatch.sources.simulated._looks import looks_of
from sitewatch.stack import build_stack

__all__ = ["centred", "honesty", "main", "shadow_bias", "summary"]

TIERS: tuple[Tier, ...] = ("simulated", "real")
_WRONG_PX = 1.0
_Z_90 = 1.645       # 90 % of a normal error lie within as many sigmas
_PARTS = 3          # of the rows, each of which is held out in its turn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV."""
    parser = options("alignment", __doc__, TIERS)
    parser.add_argument("--half", choices=tuple(worlds.FROZEN), default="test")
    parser.add_argument("--cases", type=Path, help="keep the simulated series there, so that a rerun renders nothing")
    asked, measured = parser.parse_args(arguments), commit()
    with tempfile.TemporaryDirectory() as scratch:
        for tier in asked.tier or TIERS:
            parts = [_pairs(asked.half), _series(asked.half, asked.cases or Path(scratch))] if tier == "simulated" \
                else _real(Path(scratch))
            for title, rows in parts:
                show(title, found := list(rows))
                if asked.half == "test":
                    keep("alignment", found, measured)
    return 0


def centred(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(n, 2) residuals of found against true shifts, less the offset that most have in common: only the places of
    views against each other are known."""
    off = found - true
    return np.asarray(off - np.median(off, axis=0)) if len(off) else off


def honesty(residuals: np.ndarray, sigmas: np.ndarray) -> float | None:
    """Share of (n, 2) residuals, per axis, within the 90 % bound of their (n) stated sigmas; NaN is not judged."""
    judged = np.isfinite(residuals).all(axis=1)
    within = np.abs(residuals[judged]) <= _Z_90 * sigmas[judged, None]
    return float(within.mean()) if judged.any() else None


def summary(residuals: np.ndarray, refused: int) -> dict[str, Cell]:
    """What the table says of (n, 2) residuals of what was answered, NaN where nobody knows better, and of the number
    that was refused."""
    lengths, asked = np.hypot(*residuals.T), len(residuals) + refused
    known = lengths[np.isfinite(lengths)]
    return {"asked": asked, "median_px": float(np.median(known)) if len(known) else None,
            "p90_px": float(np.quantile(known, 0.9)) if len(known) else None,
            "wrong": percent(int((known > _WRONG_PX).sum()), asked), "refused": percent(refused, asked)}


def shadow_bias(residuals: np.ndarray, suns: np.ndarray) -> float:
    """Root mean square of the part of (n, 2) residuals that is in proportion to the shadows under (n, 2) suns, azimuth
    and elevation in degrees."""
    azimuth, elevation = np.radians(suns).T
    shadows = np.stack([-np.sin(azimuth), np.cos(azimuth)], axis=1) / np.tan(elevation)[:, None]
    shadows -= shadows.mean(axis=0)
    share = ((residuals - residuals.mean(axis=0)) * shadows).sum() / (shadows**2).sum()
    return float(abs(share) * np.sqrt((shadows**2).sum(axis=1).mean()))


def _pairs(half: worlds.Half) -> tuple[str, Iterator[Row]]:
    made = list(_told(pairs_of(half)))
    return f"Simulated pairs, {half} half: one cause each", (
        _pair_row(stratum, name, matcher, [pair for pair in made if pair.stratum == stratum])
        for stratum in STRATA for name, matcher in MATCHERS.items())


def _told(pairs: Iterator[Pair]) -> Iterator[Pair]:
    place = ""
    for pair in pairs:
        if pair.place != place:
            place = pair.place
            print(f"rendering pairs: {place}", flush=True)
        yield pair


def _pair_row(stratum: str, name: str, matcher: Matcher, pairs: Sequence[Pair]) -> Row:
    found = [matcher(pair.reference, pair.view) for pair in pairs]
    answered = [(one, pair) for one, pair in zip(found, pairs, strict=True) if not one.is_refused]
    residuals = np.array([(one.x_px - pair.true_px[0], one.y_px - pair.true_px[1]) for one, pair in answered])
    residuals = residuals.reshape(-1, 2)
    return Row(tier="simulated", set=stratum, cells={
        "method": name, **summary(residuals, len(pairs) - len(answered)),
        "honest_90": honesty(residuals, _sigmas([one for one, _ in answered])) if name == "sitewatch" else None,
        "bias_px": float(np.hypot(*residuals.mean(axis=0))) if len(residuals) else None,
        "warp_px": float(np.median([pair.warp_px for pair in pairs]))})


def _sigmas(found: Sequence[Found]) -> np.ndarray:
    return np.array([np.nan if one.sigma_px is None else one.sigma_px for one in found])


def _series(half: worlds.Half, folder: Path) -> tuple[str, Iterator[Row]]:
    return f"Simulated series, {half} half: build_stack against the truth", _series_rows(half, folder)


def _series_rows(half: worlds.Half, folder: Path) -> Iterator[Row]:
    several = []
    for world in worlds.FROZEN[half]:
        print(f"series: {world.name}", flush=True)
        several.append(_judged(*_stack_and_truth(world, folder)))
        yield from _judged_rows("simulated", f"series {world.name}", several[-1])
    yield from _judged_rows("simulated", "series, all", _Judged(
        residuals=np.concatenate([one.residuals for one in several]), refused=sum(one.refused for one in several),
        sigmas=np.concatenate([one.sigmas for one in several]),
        suns=np.concatenate([one.suns for one in several]),
        unaligned=np.concatenate([one.unaligned for one in several])))


def _stack_and_truth(world: worlds.World, folder: Path) -> tuple[Stack, dict[str, tuple[float, float]]]:
    """Read from the folder where an earlier run has kept the case."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / world.name
    case = sw.Case.open(kept) if (kept / "case.yaml").exists() else worlds.new_case(world, kept, is_told=False)
    named = str(write_world(world.family, world.seed, folder)) if world.family in FAMILIES else world.family
    made = read_world(named)
    lies = {look.id: lies_of(made, look) for look in looks_of(made, world.seed)}
    return build_stack(case.scenes()), {name: (float(right.mean()), float(down.mean()))
                                        for name, (right, down) in lies.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A series against the truth: (n, 2) residuals, (n) stated sigmas and (n, 2) suns (NaN where not told) of the
    registered views, the number of the others, and (m, 2) how far all of them lie off as they came."""

    residuals: np.ndarray
    sigmas: np.ndarray
    suns: np.ndarray
    refused: int
    unaligned: np.ndarray


def _judged(stack: Stack, true: Mapping[str, tuple[float, float]]) -> _Judged:
    fits = [fit for fit in stack.fits if fit.scene in true and fit.shift_x_px is not None]
    scenes = [stack.scenes[fit.scene] for fit in fits]
    every = np.array(list(true.values()))
    return _Judged(residuals=centred(_shifts(fits), np.array([true[fit.scene] for fit in fits])),
                   sigmas=np.array([fit.shift_sigma_px for fit in fits], np.float64),
                   suns=np.array([(scene.sun_azimuth_deg, scene.sun_elevation_deg) for scene in scenes], np.float64),
                   refused=len(true) - len(fits), unaligned=centred(0 * every, every))


def _judged_rows(tier: Tier, name: str, judged: _Judged) -> Iterator[Row]:
    """build_stack's shifts and, beside them, the views as they came; a record is too coarse to judge sigmas by."""
    more = {"honest_90": honesty(judged.residuals, judged.sigmas),
            "shadow_bias_px": shadow_bias(judged.residuals, judged.suns)} if tier == "simulated" else {}
    yield Row(tier=tier, set=name, cells={"method": "build_stack", **summary(judged.residuals, judged.refused),
                                          **more})
    yield Row(tier=tier, set=name, cells={"method": "no shift at all", **summary(judged.unaligned, 0)})


def _shifts(fits: Sequence[SceneFit]) -> np.ndarray:
    return np.array([(fit.shift_x_px, fit.shift_y_px) for fit in fits], np.float64).reshape(-1, 2)


def _real(scratch: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    if shared := shared_folder("data"):
        yield "Real pairs: an independent matcher in windows, after alignment", chain(
            _whole_rows(arosics_pair(shared)), _held_out_rows(joplin_pair(shared)))
        yield "Real windows with cloud, at an edge, without data: against the offset on record", _window_rows(
            list(arosics_windows(shared)))
    if shared := shared_folder():
        yield "Real series: build_stack against the shifts on record (known to 0.15 px)", (
            row for name in CASES for row in _case_rows(read_truth(name, shared), scratch))


def _whole_rows(pair: RealPair) -> Iterator[Row]:
    """Aligned on the whole and judged by the record and, in the windows that can be trusted, by another matcher."""
    laid = pair.laid()
    for name, matcher in MATCHERS.items():
        print(f"{pair.name}: {name}", flush=True)
        found = matcher(pair.reference, laid)
        known = None if pair.known_px is None else float(np.hypot(found.x_px - pair.known_px[0],
                                                                  found.y_px - pair.known_px[1]))
        yield _tie_row(pair.name, name, [(found, _ties(pair, found, slice(None)))], {
            "off_the_record_px": known})


def _window_rows(pairs: Sequence[RealPair]) -> Iterator[Row]:
    """What each method says of windows in which there is little to see."""
    for name, matcher in MATCHERS.items():
        found = [matcher(pair.reference, pair.laid()) for pair in pairs]
        off = {pair.name: np.array([one.x_px, one.y_px]) - pair.known_px
               for pair, one in zip(pairs, found, strict=True) if not one.is_refused}
        yield Row(tier="real", set="arosics_s2_pair, named windows", note=_each(pairs, off), cells={
            "method": name, **summary(np.array(list(off.values())).reshape(-1, 2), len(pairs) - len(off))})


def _each(pairs: Sequence[RealPair], off: Mapping[str, np.ndarray]) -> str:
    return ", ".join(f"{pair.name} {np.hypot(*off[pair.name]):.2f}" if pair.name in off else f"{pair.name} refused"
                     for pair in pairs)


def _held_out_rows(pair: RealPair) -> Iterator[Row]:
    """Each part of the rows in its turn is hidden from the matcher, and only its windows judge."""
    laid = pair.laid()
    edges = np.linspace(0, len(laid), _PARTS + 1).astype(int)
    for name, matcher in MATCHERS.items():
        print(f"{pair.name}: {name}", flush=True)
        judged = []
        for start, stop in pairwise(edges):
            rows, shown, seen = slice(start, stop), pair.reference.copy(), laid.copy()
            shown[rows] = seen[rows] = np.nan
            found = matcher(shown, seen)
            judged.append((found, _ties(pair, found, rows)))
        yield _tie_row(pair.name, name, judged, {})


def _ties(pair: RealPair, found: Found, rows: slice) -> tuple[np.ndarray, int]:
    ties = ties_between(pair.reference, pair.laid((found.x_px, found.y_px)), rows)
    return ties.px, ties.windows


def _tie_row(name: str, method: str, judged: Sequence[tuple[Found, tuple[np.ndarray, int]]],
             more: dict[str, Cell]) -> Row:
    """Median and 90 % quantile over the trusted windows of all parts that were not refused."""
    answered = [(one, px, windows) for one, (px, windows) in judged if not one.is_refused]
    px = np.concatenate([px for _, px, _ in answered]) if answered else np.empty((0, 2))
    windows = sum(windows for _, _, windows in answered)
    sigma = [one.sigma_px for one, _, _ in answered if one.sigma_px is not None]
    cells = {key: cell for key, cell in summary(px, 0).items() if key in ("median_px", "p90_px")}
    return Row(tier="real", set=name, cells={
        "method": method, "asked": len(judged), **cells,
        "wrong": percent(int((np.hypot(*px.T) > _WRONG_PX).sum()), len(px)),
        "refused": percent(len(judged) - len(answered), len(judged)), "without_trust": percent(
            windows - len(px), windows), "stated_sigma_px": float(np.median(sigma)) if sigma else None,
        "about_their_median_px": float(np.median(np.hypot(*(px - np.median(px, axis=0)).T))) if len(px) else None,
        **more})


def _case_rows(truth: Truth, scratch: Path) -> Iterator[Row]:
    print(f"series: {truth.case}", flush=True)
    scenes = sw.Case.open(cases.new_case(truth, scratch, is_told=False)).scenes()
    stack = build_stack(scenes)
    frames = {frame.scene: frame for frame in frames_of(truth)}
    reliable = {scene: frame.px for scene, frame in frames.items() if frame.is_reliable}
    yield from _judged_rows("real", f"{truth.case}, reliable frames", _judged(stack, reliable))
    fits = [fit for fit in stack.fits if fit.scene in frames and fit.shift_x_px is not None]
    off = _shifts(fits) - np.array([frames[fit.scene].px for fit in fits])
    is_other = np.array([not frames[fit.scene].is_reliable for fit in fits])
    residuals = off[is_other] - np.median(off[~is_other], axis=0)
    yield Row(tier="real", set=f"{truth.case}, unreliable frames", cells={
        "method": "build_stack", **summary(residuals, len(frames) - len(reliable) - len(residuals))})
    yield Row(tier="real", set=f"{truth.case}, frames moved by a known shift", cells={
        "method": "align_views", **summary(*moved_residuals(brightness_of(scenes)))})


if __name__ == "__main__":
    sys.exit(main())
