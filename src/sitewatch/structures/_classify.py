"""Which changes are structures that came or went, and how likely each of them is one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from shapely import Polygon, box

from sitewatch.geo import Rectangle, coverage, look_noise, seen_median
from sitewatch.model import Change, Changes, Stack
from sitewatch.structures._evidence import Crop, Evidence, Place, examine
from sitewatch.structures._heights import Shadows, Sunlit, shadows_of, sunlit
from sitewatch.structures._kinds import Kind, judged
from sitewatch.structures._looks import sightings

__all__ = ["Hypothesis", "hypotheses_of"]

_MARGIN_PX = 14          # room for the structure to be larger than the change that gave it away
_LONGEST = 7.0           # length over width: beyond it is a road, a wall or a ditch
_UPRIGHT = 0.9           # about one in ten things that look just like a roof is flat: paving, a slab, a cover
_WORTH_A_SHADOW = 0.3    # shape that speaks more against a structure than this is not asked for its shadow
_RECTANGLE = 0.6         # of a shape that a rectangle explains: below it is a patch of works, not a building
# A structure that went stood out from its surroundings at least half as much as its place does now: ground that was
# under a roof stands out too, until it is weathered, used or overgrown.
_STOOD_OUT = 0.5
_LEAST_STANDS_OUT = 0.1  # noises: less is nothing
_EVEN = 0.5              # as likely as not
_SAME_OUTLINE = 0.88     # intersection over union of a roof and the one that it gave way to: a plot is larger
_MOST_OF_RIM = 0.6       # of both of them stands against other ground
_NARROWEST = 2.8         # widths of the blur, and a pixel: narrower may as well be a line, a wall or a ditch
_LEAST_RIM = 0.4         # stands against other ground: a patch like its surroundings has no outline
_MOST_UNEVEN = 0.4       # of the step


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A change read as a structure: its rectangle and pixels in the whole grid, and what speaks for it."""

    change: Change
    look: int
    class_: Kind
    rectangle: Rectangle
    chance: float
    evidence: Evidence
    shadows: Shadows | None = None
    parts: tuple[Hypothesis, ...] = ()

    @property
    def polygon(self) -> Polygon:
        """Its outline in pixel coordinates."""
        return self.rectangle.polygon

    @property
    def shadows_tell(self) -> float:
        """Log odds by which its shadows speak for a thing that came, or went, against anything else; 0 without them."""
        if self.shadows is None or self.class_ not in ("new structure", "removed structure"):
            return 0.0
        went, came, both = self.shadows.odds
        own, other = (came, went) if self.class_ == "new structure" else (went, came)
        return own - max(other, both, 0.0)

    @property
    def first_day(self) -> float:
        """Days since 1970 of the first look after the step."""
        moment = self.change.between.by or self.change.between.after
        return moment.timestamp() / 86400 if moment else 0.0


def hypotheses_of(changes: Changes, stack: Stack, values: np.ndarray, least_chance: float) -> list[Hypothesis]:
    """The kept changes that are structures with at least that chance, in the order of the changes.

    ``values`` are the stack's, whitened: a new colour counts for more than a new brightness.
    """
    place = Place(typical=seen_median(values[::max(1, len(values) // 12)]), blur_px=stack.blur_px,
                  level=look_noise(values.shape[1]),
                  days=stack.data["time"].values.astype("datetime64[s]").astype(np.float64) / 86400)
    light = sunlit(stack)
    read = (_read(change, stack, values, place) for change in changes.kept)
    told = (_with_shadows(reading, values, light, least_chance) for reading in read if reading)
    return [hypothesis for hypothesis in told if hypothesis and hypothesis.chance >= least_chance]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Both readings of a change, the class that its shape speaks for, and the reading of that class."""

    change: Change
    class_: Kind
    came: _Side | None
    went: _Side | None

    @property
    def side(self) -> _Side | None:
        """The reading that its class goes by."""
        return self.went if self.class_ == "removed structure" else self.came


def _read(change: Change, stack: Stack, values: np.ndarray, place: Place) -> _Reading | None:
    """The better of the two readings of a change, None where neither holds."""
    crop = _crop(change, stack, values)
    look = _last_look_before(change, stack)
    if crop is None or look is None:
        return None
    came, went = (_side(crop, look, place, backwards=backwards) for backwards in (False, True))
    class_: Kind = "new structure" if _is_new(came, went) else "removed structure"
    class_ = "altered structure" if _is_altered(came, went) else class_
    reading = _Reading(change=change, class_=class_, came=came, went=went)
    frame = box(0, 0, stack.site.grid.width, stack.site.grid.height)
    whole = reading.side is not None and frame.covers(reading.side.evidence.rectangle.polygon)
    return reading if whole else None  # cut by the edge it has no known shape


def _with_shadows(reading: _Reading, values: np.ndarray, light: Sunlit, least_chance: float) -> Hypothesis | None:
    """A reading as its shape and its shadows have it together; flat is only what looks like a structure otherwise."""
    side = reading.side
    chance = _chance(side.log_odds) if side else 0.0
    if side is None or chance < min(_WORTH_A_SHADOW, least_chance):
        return None
    shadows = _shadows(side, values, light)
    other = reading.came if side is reading.went else reading.went
    holds_too = other is not None and other.log_odds > -math.inf
    kind, chance = judged(reading.class_, chance, shadows, holds_too=holds_too)
    if kind == "ground works" and _chance(side.log_odds) < least_chance:
        return None
    turned = {kind, reading.class_} == {"new structure", "removed structure"} and other is not None
    side = other if turned and other is not None else side
    return Hypothesis(change=reading.change, look=side.look, class_=kind, rectangle=side.evidence.rectangle,
                      chance=chance, evidence=side.evidence, shadows=shadows)


def _shadows(side: _Side, values: np.ndarray, light: Sunlit) -> Shadows | None:
    if not light.is_known:
        return None
    states = [sighting.state for sighting in sightings(side.evidence.rectangle, side.look, values)]
    before, after = (np.array([state == one for state in states]) for one in ("absent", "present"))
    return shadows_of(side.evidence.rectangle, before, after, light)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One reading of a change: the last look before its step, the evidence and the log odds."""

    look: int
    evidence: Evidence
    log_odds: float


def _side(crop: Crop, look: int, place: Place, *, backwards: bool) -> _Side | None:
    """The better of two readings: with the step where the change has it, and where the material itself came or went.

    What is built in steps of weeks (cleared, laid, walled, roofed) has its own outline in the last of them only.
    """
    best: _Side | None = None
    for _ in range(2):
        evidence = examine(crop, look, place, backwards=backwards)
        if evidence is None:
            return best
        side = _Side(look=look, evidence=evidence, log_odds=_log_odds(evidence, place.blur_px))
        best = side if best is None or side.log_odds > best.log_odds else best
        if evidence.turn == look:
            return best
        look = evidence.turn
    return best


def _is_altered(came: _Side | None, went: _Side | None) -> bool:
    """Whether a roof gave way to another one of the same outline: the same building, altered."""
    if came is None or went is None or min(_chance(came.log_odds), _chance(went.log_odds)) < _EVEN \
            or min(came.evidence.rim, went.evidence.rim) < _MOST_OF_RIM:
        return False
    one, other = came.evidence.rectangle.polygon, went.evidence.rectangle.polygon
    return bool(one.intersection(other).area > _SAME_OUTLINE * one.union(other).area)


def _crop(change: Change, stack: Stack, values: np.ndarray) -> Crop | None:
    mask = coverage(change.outline, stack.site.grid) > 0.5
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    top, left = max(rows[0] - _MARGIN_PX, 0), max(columns[0] - _MARGIN_PX, 0)
    window = slice(top, rows[-1] + 1 + _MARGIN_PX), slice(left, columns[-1] + 1 + _MARGIN_PX)
    return Crop(values=values[(slice(None), slice(None), *window)], mask=mask[window], left=int(left), top=int(top))


def _last_look_before(change: Change, stack: Stack) -> int | None:
    earlier = [i for i, fit in enumerate(stack.used) if change.between.after and fit.taken <= change.between.after]
    return earlier[-1] if earlier else None


def _is_new(came: _Side | None, went: _Side | None) -> bool:
    """Whether a step reads better as a structure that came than as one that went, by their log odds.

    Where both hold, what stands out more counts as further evidence: a new roof on its pad stands out more than the
    pad did, and a roof more than the bare ground that it leaves.
    """
    if came is None or went is None:
        return went is None
    stood_out = went.evidence.stands_out / max(came.evidence.stands_out, _LEAST_STANDS_OUT)
    return stood_out < _STOOD_OUT or came.log_odds >= went.log_odds + math.log(stood_out)


def _log_odds(evidence: Evidence, blur_px: float) -> float:
    """Log odds that this is a structure and no works, from weighed evidence; -inf where a picture cannot show one.

    The weights are set by hand on the candidates of two real sites and not calibrated.
    """
    rectangle = evidence.rectangle
    longest = rectangle.length / max(rectangle.width, 1e-6)
    if (rectangle.width < _NARROWEST * blur_px + 1 or longest > _LONGEST or evidence.unevenness > _MOST_UNEVEN
            or evidence.fit < _RECTANGLE or evidence.rim < _LEAST_RIM or not evidence.at_once):
        return -math.inf
    for_it = sum((
        1.5 * np.log(evidence.contrast / 6),                             # a new material, not a new shade
        np.log(0.08 / max(evidence.unevenness, 0.02)),                   # one roof is even, a yard is not
        np.clip(30 * (evidence.fit - 0.88), -1.5, 1.5),                  # it is a rectangle
        3 * (evidence.rim - 0.6),                                        # with edges all around
        5 * (evidence.stays - 0.9),                                      # it stays
        np.clip(1.5 * np.log(max(evidence.days, 1.0) / 120), -2, 1.2),   # and has done so for months: earth heals
        np.log(rectangle.width / (6 * blur_px + 1)),                     # it is more than a blurred line
        0.7 * np.log(0.08 / max(evidence.common, 0.02)),                 # its colour is not that of the open ground
    ))
    return float(for_it - 1.2)


def _chance(log_odds: float) -> float:
    """Probability of a structure: near 0.5 as much speaks for one as for works on the ground, near 0.9 all speaks for
    one but height, which is not tested."""
    return float(np.clip(_UPRIGHT / (1 + np.exp(-log_odds)), 0.01, 0.99)) if log_odds > -math.inf else 0.0
