"""looks/: what people decided, one YAML file each. Only people add to it or take from it; no run touches it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from odc.geo.geobox import GeoBox

from sitewatch.errors import InputError, VerificationError
from sitewatch.model import (
    VERDICTS,
    Between,
    Change,
    Changes,
    Decision,
    Seen,
    Structure,
    Structures,
    fingerprint,
    seen_of,
    target_of,
)
from sitewatch.store._files import checked_id, inside, signing
from sitewatch.store._plain import to_plain
from sitewatch.store._signed import after, all_signed, check_signed, read_signed, signed_file, take_back, write_signed
from sitewatch.store._verify import Verified

__all__ = ["LOOKS", "check_decisions", "completed", "decisions_plain", "keep_decision",
           "read_decisions", "subjects_of", "version_of", "with_drawn", "withdraw_decision"]

LOOKS = "looks"
_HEAD = b"# Decided by a person. A run never changes this file; to take it back: sitewatch look CASE --withdraw ID\n"
_LARGEST_BYTES = 1_000_000
_MOST = 100_000
_LONGEST = 2000
_KEPT = 20_000       # decisions that are kept in memory
_LEAST_PART = 0.02   # of a structure: what people split off or leave is no sliver of the drawing
_OF_REFERENCES = ("look", "measure", "use", "link")


def read_decisions(folder: Path, grid: GeoBox) -> tuple[Decision, ...]:
    """All decisions in order of time; CaseFileError names the file, the line and the key of what cannot be used."""
    read = all_signed(folder, LOOKS, _MOST, lambda path: _decision(path, grid))
    return tuple(sorted(read, key=lambda decision: (decision.at, decision.id)))


def subjects_of(structures: Structures, changes: Changes,
                known: Sequence[Decision] = ()) -> dict[str, Structure | Change]:
    """All that can be decided on, by id: structures, those set aside, changes, and, of what is ``known``, structures
    that people drew and no run has read yet."""
    found: dict[str, Structure | Change] = {s.id: s for s in (*changes, *structures.rejected, *structures)}
    return {s.id: s for s in with_drawn(structures, known)} | found


def with_drawn(structures: Structures, known: Sequence[Decision]) -> Structures:
    """The structures, and those that people drew and no run has read yet: their looks are not known."""
    there = {s.id: s for s in (*structures.rejected, *structures)}
    anew = tuple(Structure(id=d.subject, label=d.label or d.subject, outline=d.outline, class_=d.class_,
                           chance=d.chance or 0.5, first=Between(), last=Between(), by=d.actor)
                 for d in known if d.what == "draw" and d.outline and d.class_ and target_of(d, there) is None)
    return replace(structures, records=(*structures.records, *anew))


def version_of(subject: Structure | Change, known: Sequence[Decision], grid: GeoBox) -> str:
    """The fingerprint of what is decided on: its record, and the decisions about it so far."""
    about = [decision.id for decision in known if decision.subject == subject.id]
    return fingerprint({"record": _print_of(subject, grid), "decisions": about})


@lru_cache(maxsize=4096)
def _print_of(subject: Structure | Change, grid: GeoBox) -> str:
    return fingerprint(to_plain(subject, grid))


def completed(decision: Decision, subjects: Mapping[str, Structure | Change], known: Sequence[Decision], grid: GeoBox,
              version: str | None) -> Decision:
    """A decision with what it was decided on; ``subjects`` as ``subjects_of`` gives them.

    Raises InputError for a subject or a verdict that cannot be, VerificationError where ``version`` is given and the
    subject has another one by now: someone decided, or a run traced it anew.
    """
    if decision.what == "draw":
        return _drawn(decision, subjects)
    subject = subjects.get(decision.subject)
    if subject is None:
        raise InputError(f"there is no structure or change {decision.subject[:80]!r}. `sitewatch show CASE structures "
                         "--json` and results/changes.geojson give the ids")
    if isinstance(subject, Change):
        _check_change(decision, subject)
    else:
        _check_structure(decision, subject)
    now = version_of(subject, known, grid)
    if version is not None and version != now:
        raise VerificationError(f"{subject.id} is no longer as it was when you looked at it: someone decided on it, or "
                                "a run traced it anew. Look again, then decide")
    return replace(decision, seen=seen_of(subject, now))


def _drawn(decision: Decision, subjects: Mapping[str, Structure | Change]) -> Decision:
    """A structure that a person drew where there is none."""
    assert decision.outline is not None
    assert decision.class_ is not None
    if decision.subject in subjects:
        raise InputError(f"there is a {decision.subject} already. Give what you drew another id")
    seen = Seen(outline=decision.outline, class_=decision.class_, label=decision.label or "", chance=decision.chance,
                between=Between(), version="")
    decision = replace(decision, seen=seen)
    if there := target_of(decision, {s.id: s for s in subjects.values() if isinstance(s, Structure)}):
        raise InputError(f"there is {there.label} ({there.id}) in that place already. Decide on it, correct its "
                         "outline or split it")
    return decision


def _check_change(decision: Decision, change: Change) -> None:
    if decision.what == "accept" and decision.chance is None:
        raise InputError(f"{change.id} is a change that was not traced as a structure, so it has no chance of being "
                         "one. Say how likely you hold that to be: a chance between 0 and 1")
    if decision.what not in VERDICTS:
        raise InputError(f"{change.id} is a change, not a structure. Accept it first, then run the case")


def _check_structure(decision: Decision, structure: Structure) -> None:
    if structure.class_ == "reference" and decision.what not in _OF_REFERENCES:
        raise InputError(f"{structure.id} is a reference, which case.yaml gives: only its looks can be decided on; it "
                         "can be measured and linked with claims")
    if decision.what == "split" and decision.outline:
        inside, whole = structure.outline.intersection(decision.outline).area, structure.outline.area
        if not _LEAST_PART < inside / whole < 1 - _LEAST_PART:
            raise InputError(f"the outline does not split {structure.id}: draw it around the part that is a structure "
                             "of its own")
    looked = {look.scene for look in structure.looks}
    if decision.scene and decision.scene not in looked and (looked or decision.what == "look"):
        raise InputError(f"{structure.id} has no look in a scene {decision.scene[:80]!r}. `sitewatch show CASE scenes` "
                         "lists the scenes; those that are not used show nothing")


def decisions_plain(decisions: Sequence[Decision], grid: GeoBox) -> list[Any]:
    """Decisions for a run's fingerprint, not to be changed: each is put into plain words once."""
    plain = _plain_on(grid)
    return [plain(decision) for decision in decisions]


@lru_cache(maxsize=8)
def _plain_on(grid: GeoBox) -> Callable[[Decision], Any]:
    return lru_cache(maxsize=_KEPT)(lambda decision: to_plain(decision, grid))


def keep_decision(folder: Path, grid: GeoBox, complete: Callable[[Sequence[Decision]], Decision]) -> Decision:
    """Write a decision and sign it in its actor's log; both are on disk when this returns.

    ``complete`` gives the decision from those known so far, while nobody else can add one; what it raises stops it.
    """
    with signing(folder):
        known = read_decisions(folder, grid)
        decision = complete(known)
        actor = checked_id(decision.actor, "the person's name")
        texts = {key: text[:_LONGEST] for key in ("why", "label") if (text := getattr(decision, key))}
        at = after(other.at for other in known)
        name = f"{at:%Y%m%dT%H%M%S%f}-{actor}-{decision.what.replace(' ', '-')}"
        decision = replace(decision, id=checked_id(name, "the decision"), at=at, **texts)
        path = inside(folder, f"{LOOKS}/{name}.yaml")
        plain = {key: value for key, value in to_plain(decision, grid).items() if value is not None and key != "id"}
        write_signed(path, _HEAD, plain, {"decision": name, "subject": decision.subject, "what": decision.what}, actor)
    return _decision(path, grid)


def withdraw_decision(folder: Path, grid: GeoBox, decision_id: str, actor: str) -> Decision:
    """Take a decision back and sign that; InputError where there is none, or where it is another person's."""
    with signing(folder):
        path = signed_file(folder, LOOKS, "decision", decision_id)
        decision = _decision(path, grid)
        if decision.actor != actor:
            raise InputError(f"{decision_id} was decided by {decision.actor}, not by {actor}. "
                             "Decide otherwise yourself: both are kept, and that you differ is shown")
        take_back(path, "decision", actor)
    return decision


def check_decisions(folder: Path) -> Iterator[Verified]:
    """Every decision against the logs: signed as it stands, and gone only where a log tells of its withdrawal."""
    return check_signed(folder, LOOKS, "decision")


def _decision(path: Path, grid: GeoBox) -> Decision:
    try:
        now = path.stat()
    except OSError:
        return _read(path, None, grid)   # which says why it cannot be read
    return _read(path, (now.st_ino, now.st_size, now.st_mtime_ns), grid)


@lru_cache(maxsize=_KEPT)
def _read(path: Path, state: tuple[int, int, int] | None, grid: GeoBox) -> Decision:
    """The decision of a file in that state: whoever decides on hundreds of things reads each file once."""
    return read_signed(path, Decision, grid, _LARGEST_BYTES)
