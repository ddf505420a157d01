"""looks/: what people decided, one YAML file each. Only people add to it or take from it; no run touches it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from odc.geo.geobox import GeoBox

from sitewatch.errors import InputError, VerificationError
from sitewatch.model import Change, Changes, Decision, Structure, Structures, fingerprint, parse_yaml, seen_of
from sitewatch.store import _log
from sitewatch.store._files import checked_id, inside, read_bytes, sha256_of, signing, write_atomically
from sitewatch.store._plain import from_plain, to_plain
from sitewatch.store._signed import check_signed
from sitewatch.store._verify import Verified

__all__ = ["LOOKS", "check_decisions", "completed", "decisions_plain", "keep_decision", "read_decisions", "subjects_of",
           "version_of", "withdraw_decision"]

LOOKS = "looks"
_HEAD = b"# Decided by a person. A run never changes this file; to take it back: sitewatch look CASE --withdraw ID\n"
_LARGEST_BYTES = 1_000_000
_MOST = 100_000
_LONGEST = 2000
_TICK = timedelta(microseconds=1)


def read_decisions(folder: Path, grid: GeoBox) -> tuple[Decision, ...]:
    """All decisions in order of time; CaseFileError names the file, the line and the key of what cannot be used."""
    paths = sorted(inside(folder, LOOKS).glob("*.yaml"))
    if len(paths) > _MOST:
        raise InputError(f"{folder / LOOKS} holds more than {_MOST} files. Restore it from a copy")
    read = [_decision(inside(folder, f"{LOOKS}/{path.name}"), grid) for path in paths]
    return tuple(sorted(read, key=lambda decision: (decision.at, decision.id)))


def subjects_of(structures: Structures, changes: Changes) -> dict[str, Structure | Change]:
    """All that can be decided on, by id: structures, those set aside, and changes."""
    return {subject.id: subject for subject in (*changes, *structures.rejected, *structures)}


def version_of(subject: Structure | Change, known: Sequence[Decision], grid: GeoBox) -> str:
    """The fingerprint of what is decided on: its record, and the decisions about it so far."""
    about = [decision.id for decision in known if decision.subject == subject.id]
    return fingerprint({"record": _print_of(subject, grid), "decisions": about})


@lru_cache(maxsize=4096)
def _print_of(subject: Structure | Change, grid: GeoBox) -> str:
    return fingerprint(to_plain(subject, grid))


def completed(decision: Decision, subject: Structure | Change | None, known: Sequence[Decision], grid: GeoBox,
              version: str | None) -> Decision:
    """A decision with what it was decided on.

    Raises InputError for a subject or a verdict that cannot be, VerificationError where ``version`` is given and the
    subject has another one by now: someone decided, or a run traced it anew.
    """
    if subject is None:
        raise InputError(f"there is no structure or change {decision.subject[:80]!r}. `sitewatch show CASE structures "
                         "--json` and results/changes.geojson give the ids")
    if isinstance(subject, Structure) and subject.class_ == "reference" and decision.what != "look":
        raise InputError(f"{subject.id} is a reference, which case.yaml gives: only its looks can be decided on")
    if isinstance(subject, Change) and decision.what == "accept" and decision.chance is None:
        raise InputError(f"{subject.id} is a change that was not traced as a structure, so it has no chance of being "
                         "one. Say how likely you hold that to be: a chance between 0 and 1")
    if isinstance(subject, Change) and decision.what in ("relabel", "outline", "look"):
        raise InputError(f"{subject.id} is a change, not a structure. Accept it first, then run the case")
    if isinstance(subject, Structure) and decision.scene and decision.scene not in {one.scene for one in subject.looks}:
        raise InputError(f"{subject.id} has no look in a scene {decision.scene[:80]!r}. `sitewatch show CASE scenes` "
                         "lists the scenes; those that are not used show nothing")
    now = version_of(subject, known, grid)
    if version is not None and version != now:
        raise VerificationError(f"{subject.id} is no longer as it was when you looked at it: someone decided on it, or "
                                "a run traced it anew. Look again, then decide")
    return replace(decision, seen=seen_of(subject, now))


def decisions_plain(decisions: Sequence[Decision], grid: GeoBox) -> list[Any]:
    """Decisions for a run's fingerprint."""
    return [to_plain(decision, grid) for decision in decisions]


def keep_decision(folder: Path, grid: GeoBox, complete: Callable[[Sequence[Decision]], Decision]) -> Decision:
    """Write a decision and sign it in its actor's log; both are on disk when this returns.

    ``complete`` gives the decision from those known so far, while nobody else can add one; what it raises stops it.
    """
    with signing(folder):
        known = read_decisions(folder, grid)
        decision = complete(known)
        actor = checked_id(decision.actor, "the person's name")
        texts = {key: text[:_LONGEST] for key in ("why", "label") if (text := getattr(decision, key))}
        at = max([datetime.now(UTC), *(other.at + _TICK for other in known)])  # a clock may have been set back
        name = f"{at:%Y%m%dT%H%M%S%f}-{actor}-{decision.what.replace(' ', '-')}"
        decision = replace(decision, id=checked_id(name, "the decision"), at=at, **texts)
        path = inside(folder, f"{LOOKS}/{name}.yaml")
        plain = {key: value for key, value in to_plain(decision, grid).items() if value is not None and key != "id"}
        data = _HEAD + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110,
                                      default_flow_style=None).encode()
        write_atomically(path, data)
        _log.append(folder, {"decision": name, "subject": decision.subject, "what": decision.what,
                             "sha256": hashlib.sha256(data).hexdigest()}, actor)
    return _decision(path, grid)


def withdraw_decision(folder: Path, grid: GeoBox, decision_id: str, actor: str) -> Decision:
    """Take a decision back and sign that; InputError where there is none, or where it is another person's."""
    with signing(folder):
        path = inside(folder, f"{LOOKS}/{checked_id(decision_id, 'the decision')}.yaml")
        if not path.is_file():
            raise InputError(f"there is no decision {decision_id}. It may have been withdrawn already")
        decision = _decision(path, grid)
        if decision.actor != actor:
            raise InputError(f"{decision_id} was decided by {decision.actor}, not by {actor}. "
                             "Decide otherwise yourself: both are kept, and that you differ is shown")
        _log.append(folder, {"decision": decision_id, "withdrawn": True, "sha256": sha256_of(path) or ""}, actor)
        path.unlink()
    return decision


def check_decisions(folder: Path) -> Iterator[Verified]:
    """Every decision against the logs: signed as it stands, and gone only where a log tells of its withdrawal."""
    return check_signed(folder, LOOKS, "decision")


def _decision(path: Path, grid: GeoBox) -> Decision:
    table = parse_yaml(read_bytes(path, _LARGEST_BYTES), path)
    lines, plain = dict(table.lines), table.plain_values()
    if isinstance(plain.get("at"), datetime):  # YAML without quotes
        plain["at"] = plain["at"].isoformat()
    return from_plain({**plain, "id": path.stem}, Decision, grid, path, lines)
