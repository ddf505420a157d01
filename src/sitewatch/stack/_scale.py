"""Units: how a provider's counts become reflectance, on what evidence, or why nobody can tell.

From processing baseline 04.00 on, Sentinel-2's counts hold 1000 more than ten thousand times the reflectance (ESA,
Sentinel-2 Products Specification, BOA_ADD_OFFSET). Providers have taken it off again, or not, or have said so wrongly,
and old scenes come processed anew, so that no date and no single word tells. Four witnesses are heard: the baseline,
the provider, the scene's own darkest ground, and the other scenes of the same ground.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sitewatch.errors import ImageError
from sitewatch.model import Scene, Sensor

__all__ = ["Known", "check_counts", "check_product", "formula", "holds_added", "low_counts",
           "own_evidence"]

_VISIBLE = ("blue", "green", "red")
_ENOUGH_PIXELS = 1_000_000
_PERCENTILES = (1.0, 5.0, 25.0)
_LEAST_PIXELS = 100
# Over water and in deep shadow the correction for the air takes off too much, but hardly more than this.
_DARKEST = -0.03
_ANOTHER_SCALE = -0.1   # and never so much
# One place is as dark from look to look as this, in all visible bands and from its darkest to its middling ground.
# Haze, snow and crops move some of these by more or by less than others; an added constant moves all of them alike.
_ALIKE = 0.04
_LEAST_KNOWN = 3        # fewer other scenes have no middle
_FIRST_ADDING = "04.00"

# What a product's name gives away: sensor profiles, name, what its counts are then, and what to get instead.
_NOT_SURFACE = (
    (("planetscope", "skysat"), r"_Analytic(?!\w*_SR(_|\.|\b))", "radiance at the sensor",
     "Order the surface reflectance of the same scene (its name has _SR in it)"),
    (("sentinel-2",), r"MSIL1C", "reflectance above the air (Level-1C)", "Fetch the scene's Level-2A product"),
    (("landsat",), r"L[CEMOT]\d\d_L1\w\w_", "counts above the air (Level-1)", "Fetch the Level-2 product (L2SP)"),
    (("landsat",), r"L[CEMOT]\d\d_L\d\w\w_\d{6}_\d{8}_\d{8}_01_", "Collection 1, whose scale is another",
     "Fetch the scene from Collection 2"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Another scene of the same ground: its low counts, and whether they hold what was added."""

    low: np.ndarray
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Witness:
    """Whether the counts hold what was added, by one kind of evidence (None: it cannot tell), and why."""

    holds: bool | None
    words: str


def check_product(scene: Scene, href: str, sensor: Sensor) -> None:
    """Raises ImageError where the product's name says that it is no surface reflectance of this sensor."""
    for profiles, name, what, remedy in _NOT_SURFACE:
        if sensor.id.startswith(profiles) and sensor.is_reflectance and re.search(name, href, re.IGNORECASE):
            raise ImageError(f"{scene.id} is {what} by its name, not surface reflectance. {remedy}")


def low_counts(counts: np.ndarray, hidden: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """(blue green red, 1 5 25 percent) of what is not ``hidden`` (y, x) of (band, y, x) counts of bands of these
    ``names``; NaN where that is next to nothing."""
    skip = max(1, counts[0].size // _ENOUGH_PIXELS)  # rows of a large image: their percentiles are those of all
    seen = ~hidden[::skip]
    if seen.sum() < _LEAST_PIXELS:
        return np.full((len(_VISIBLE), len(_PERCENTILES)), np.nan)
    return np.stack([_percentiles(counts[names.index(name)][::skip][seen]) for name in _VISIBLE])


def _percentiles(values: np.ndarray) -> np.ndarray:
    if values.dtype != np.uint16:
        return np.asarray(np.percentile(values, _PERCENTILES))
    upto = np.cumsum(np.bincount(values))  # ten times as fast as to sort them
    place = (len(values) - 1) * np.array(_PERCENTILES) / 100
    low, high = (np.searchsorted(upto, rank(place), side="right") for rank in (np.floor, np.ceil))
    return np.asarray(low + (high - low) * (place % 1))


def check_counts(scene: Scene, low: np.ndarray, sensor: Sensor, dtype: str) -> None:
    """Raises ImageError where counts that low, or of that type, cannot be this sensor's reflectance."""
    if dtype in ("uint8", "int8"):
        raise ImageError(f"{scene.id} has grey levels of 8 bits, which are no reflectance. State the sensor picture, "
                         f"or get the data product of {sensor.title}")
    blue, _, red = seen = (low + sensor.offset) * sensor.scale
    if dtype.startswith("float") and (low < 2).all():
        raise ImageError(f"{scene.id} holds fractions, such as {low[2, 2]:.3f}, where {sensor.title} has counts. "
                         "Deliver the provider's counts as they are")
    if (seen[:, 0] < _ANOTHER_SCALE).any():
        raise ImageError(f"{scene.id} is too dark for {sensor.title}: one pixel in a hundred lies below "
                         f"{low[:, 0].min():.0f}, a reflectance of {seen[:, 0].min():.2f}. It is another product, such "
                         "as Level-1 or an earlier collection. Fetch the one that the sensor's profile names")
    if 0.3 < blue[0] < 1 and blue[0] > 1.3 * red[0]:  # no ground is so blue; the air is, in radiance
        raise ImageError(f"{scene.id} has counts of at least {low[0, 0]:.0f} in blue and {low[2, 0]:.0f} in red: that "
                         "is radiance with the blue of the air in it, not surface reflectance. Get that product")


def formula(sensor: Sensor, holds: bool = False) -> str:
    """How counts become reflectance, as a reader would write it."""
    if sensor.offset:
        return f"reflectance = counts * {sensor.scale:g} - {-sensor.offset * sensor.scale:g}"
    counts = f"(counts - {sensor.added_counts:.0f})" if holds else "counts"
    return f"reflectance = {counts} / {1 / sensor.scale:.0f}"


def holds_added(scene: Scene, low: np.ndarray, sensor: Sensor, known: list[Known]) -> tuple[bool, str]:
    """Whether a scene's counts still hold what newer baselines add, and on what evidence; ``known`` are other scenes.

    Raises ImageError where the evidence contradicts itself, or where there is none and the other scenes differ.
    """
    holds, words = own_evidence(scene, low, sensor, known)
    if holds is not None:
        return holds, words
    company = {one.holds for one in known}
    if len(company) == 1:
        return (holds := company.pop()), (f"taken to be as the other scenes, which {'hold' if holds else 'do not hold'}"
                                          f" {sensor.added_counts:.0f} more; {words}")
    if not company:
        return False, (f"taken as delivered; nothing says whether {sensor.added_counts:.0f} is still to be taken off "
                       f"its counts, which would be {sensor.added_counts * sensor.scale:g} less; {words}")
    raise ImageError(f"{scene.id}: nothing says whether {sensor.added_counts:.0f} is still to be taken off its counts; "
                     "some of the other scenes hold it and some do not. Put its STAC item beside it, or name it by its "
                     "product (S2B_MSIL2A_20230514T104619_N0509_...)")


def own_evidence(scene: Scene, low: np.ndarray, sensor: Sensor, known: list[Known]) -> tuple[bool | None, str]:
    """The same by what is known of this scene, None where that is nothing.

    What pixels show decides between words that contradict each other, but not against all of them: then, and where
    they cannot decide, ImageError says who says what.
    """
    said = [_by_baseline(scene, sensor), _by_provider(scene, sensor)]
    seen = [_by_darkest(low, sensor), _by_others(low, sensor, known)]
    told, shown = _verdicts(said), _verdicts(seen)
    if len(shown) == 2 or (told and shown and not told & shown) or (len(told) == 2 and not shown):
        raise ImageError(_conflict(scene, said + seen))
    decided = shown or told or ({True} if scene.baseline is not None else set())
    if not decided:
        return None, seen[0].words
    holds = decided.pop()
    for_it = [one.words for one in said + seen if one.holds == holds]
    against = [f"although {one.words}" for one in said + seen if one.holds == (not holds)]
    if scene.baseline is not None and scene.baseline >= _FIRST_ADDING and scene.offset_applied is None:
        for_it.append(f"processing baseline {scene.baseline} adds {sensor.added_counts:.0f}"
                      f"{'' if holds else ', which a provider has taken off'}")
    return holds, "; ".join([*for_it, *([seen[0].words] if seen[0].holds is None else []), *against])


def _by_baseline(scene: Scene, sensor: Sensor) -> _Witness:
    """An early baseline adds nothing; a late one does, but cannot know what a provider did afterwards."""
    is_early = scene.baseline is not None and scene.baseline < _FIRST_ADDING
    return _Witness(holds=False if is_early else None, words=f"processing baseline {scene.baseline} adds nothing")


def _by_provider(scene: Scene, sensor: Sensor) -> _Witness:
    state = "already taken off" if scene.offset_applied else "still to be taken off"
    of = f" of processing baseline {scene.baseline}" if scene.baseline else ""
    return _Witness(holds=None if scene.offset_applied is None else not scene.offset_applied,
                    words=f"its metadata say that the {sensor.added_counts:.0f}{of} is {state}")


def _by_darkest(low: np.ndarray, sensor: Sensor) -> _Witness:
    """Counts too low to hold what was added; bright ones prove nothing, since snow, cloud and desert are bright."""
    darkest = float(low[:, 0].min())
    if np.isnan(darkest):
        return _Witness(holds=None, words="too little of it is seen to judge by its darkest counts")
    if darkest < sensor.added_counts + _DARKEST / sensor.scale:
        return _Witness(holds=False, words=f"its darkest counts, {darkest:.0f}, are too low to hold it")
    return _Witness(holds=None, words=f"its darkest counts, {darkest:.0f}, could be either")


def _by_others(low: np.ndarray, sensor: Sensor, known: list[Known]) -> _Witness:
    """Against the middle of the other scenes: as dark as they are, or what was added brighter in all respects."""
    if len(known) < _LEAST_KNOWN or np.isnan(low).any():
        return _Witness(holds=None, words="too few others to compare with")
    middle = np.median([one.low - one.holds * sensor.added_counts for one in known], axis=0)
    for holds, words in ((False, "it is as dark as the other scenes when nothing is taken off"),
                         (True, f"it is as dark as the other scenes when {sensor.added_counts:.0f} is taken off")):
        if (np.abs(low - holds * sensor.added_counts - middle) < _ALIKE / sensor.scale).all():
            return _Witness(holds=holds, words=words)
    return _Witness(holds=None, words="it is not alike the other scenes")


def _verdicts(witnesses: list[_Witness]) -> set[bool]:
    return {one.holds for one in witnesses if one.holds is not None}


def _conflict(scene: Scene, witnesses: list[_Witness]) -> str:
    for_it, against = ([one.words for one in witnesses if one.holds is side] for side in (True, False))
    return (f"{scene.id}: its units contradict each other: {' and '.join(for_it)}, but {' and '.join(against)}. "
            "Correct its STAC item (earthsearch:boa_offset_applied, s2:processing_baseline) where that is wrong, "
            "or fetch the scene anew")
