"""Whether something stood there at a time, came or went: from the looks at one traced structure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sitewatch.claims._likelihood import verdict_of
from sitewatch.model import SENSORS, Answer, Between, Change, Look, Scene, Span, Structure, day, plain_name

__all__ = ["found_dated", "found_gone", "found_ground", "found_images", "found_present"]


def found_present(structure: Structure, when: Span | None, name: str, *, is_new: bool,
                  of_kind: float = 1.0) -> Answer:
    """Whether it was there within ``when`` (at any time where None); ``is_new``: and had not been there before.

    ``of_kind`` is the chance that it is what the claim calls it. Without a look within ``when`` the last one before
    and the first one after have to agree.
    """
    looks = _looks(structure, when) or _around(structure, when)
    if not looks:
        return Answer(what="presence", verdict="cannot tell", structure=structure.id,
                      why=f"there is no clear look at {name} {_within(when)}",
                      decides=f"a clear image {_within(when)}")
    best = max(looks, key=lambda look: look.chance)
    came = structure.first
    if is_new and (structure.class_ == "reference" or came == Between()):
        known = "is a known structure" if structure.class_ == "reference" else "was not seen to come"
        return Answer(what="presence", verdict="cannot tell", structure=structure.id,
                      why=f"{name} {known}; it was not looked at whether it is new")
    if best.state == "absent" and when and (edge := _turning(structure, looks, when)):
        return Answer(what="presence", verdict="cannot tell", structure=structure.id, decides=edge,
                      why=f"{name} was {_seen_in(looks)} {_within(when)}, but present in the next beyond it: it may "
                          "have been there for a part of that time")
    chance = best.chance * of_kind
    new = f"; it was first seen {came}" if is_new else ""
    seen = _seen_in(looks)
    return Answer(what="presence", verdict=verdict_of(chance), chance=chance, structure=structure.id, measured=seen,
                  why=f"{name} was {seen} {_within(when)}{new}")


def _turning(structure: Structure, looks: list[Look], when: Span) -> str | None:
    """What would decide where a thing is absent in the looks within the stated time, and present in the next one to
    them: it may have come, or gone, within it."""
    then = _first_after(structure, when)
    before = [look for look in _looks(structure, None) if when.start and look.taken < when.start][-1:]
    if then and then.state == "present" and _is_open(looks[-1], when):
        return f"a clear image between {day(looks[-1].taken)} and {day(_last_day(when))}"
    if before and before[0].state == "present" and when.start and looks[0].taken - when.start > timedelta(days=1):
        return f"a clear image between {day(when.start)} and {day(looks[0].taken)}"
    return None


def _seen_in(looks: list[Look]) -> str:
    if len(looks) == 1:
        return f"{looks[0].state} in the one clear look"
    return f"present in {sum(look.state == 'present' for look in looks)} of {len(looks)} clear looks"


def found_gone(structure: Structure, when: Span | None, name: str) -> Answer:
    """Whether it was there, and no longer at the end of ``when``. Where the last look before that end still shows it,
    it may have gone after that look: only a look that shows it afterwards refutes."""
    clear = _looks(structure, Span(end=when.end) if when else None)
    before = [look for look in clear if look.state == "present"]
    if not clear or not before:
        return Answer(what="presence", verdict="cannot tell", structure=structure.id,
                      why=f"{name} was not seen before it is said to have gone", decides="a clear image with it")
    last, then = clear[-1], _first_after(structure, when)
    if last.state == "present" and when and _is_open(last, when):
        if then is None or then.state == "absent":
            return _may_have_gone(structure, name, last, then, when)
        last = then
    chance = round((1 - last.chance) * max(look.chance for look in before) * _of_mark(structure), 4)
    why = (f"{name} was still present in the last clear look {_within(when)}, of {day(before[-1].taken)}, and in the "
           f"next one, of {day(last.taken)}") if last is then else (
        f"{name} was last present on {day(before[-1].taken)}; in the last clear look {_within(when)}, of "
        f"{day(last.taken)}, it was {last.state}{_against_others(structure)}")
    return Answer(what="presence", verdict=verdict_of(chance), chance=chance, structure=structure.id, why=why,
                  measured=str(structure.last) if structure.went else None)


def _may_have_gone(structure: Structure, name: str, last: Look, then: Look | None, when: Span) -> Answer:
    """The last look within the stated time still shows it, and none after that time."""
    end = day(_last_day(when))
    seen = f"in the next one, of {day(then.taken)}, it was absent" if then else "there is none after that time"
    still = "" if then else f", or one on or after {end} that still shows it"
    return Answer(what="presence", verdict="cannot tell", structure=structure.id,
                  why=f"{name} was still present in the last clear look {_within(when)}, of {day(last.taken)}; {seen}: "
                      "it may have gone in between",
                  decides=f"a clear image between {day(last.taken)} and {end}{still}")


def _first_after(structure: Structure, when: Span | None) -> Look | None:
    """The first clear look after the stated time."""
    end = when.end if when else None
    return next((look for look in _looks(structure, None) if end and look.taken >= end), None)


def _is_open(last: Look, when: Span) -> bool:
    """Whether more than a day lies between a look and the end of the stated time: times are stated by the day."""
    return when.end is not None and when.end - last.taken > timedelta(days=1)


def _of_mark(structure: Structure) -> float:
    """What a person marked went or came with the chance that its place shows, held against others of its shape."""
    return structure.chance if structure.class_ == "marked object" else 1.0


def _against_others(structure: Structure) -> str:
    """How often chance alone does that to a place of a marked object's shape."""
    told = [reason for reason in structure.reasons if "other places" in reason and "standard errors" in reason]
    return f"; {told[0]}" if told and structure.class_ == "marked object" else ""


def found_dated(structure: Structure, when: Span | None, name: str, predicate: str, *, of_kind: float) -> Answer:
    """Whether what happened lies within ``when``. Images only bracket it; within the bracket any time is as likely.

    Where nothing was seen before it stood, works may have begun unseen: then only a start after that is refuted.
    """
    happened = _dated_by(structure, predicate)
    if when and when.start and happened.by and happened.after is None and when.start >= happened.by:
        return Answer(what="date", verdict="refuted", chance=0.0, structure=structure.id, measured=str(happened),
                      why=f"it had happened {happened}; the claim says {_within(when)}")
    if when is None or happened.by is None or happened.after is None:
        return Answer(what="date", verdict="cannot tell", structure=structure.id,
                      why=f"{name}: {happened}; there is no bracket to hold against the stated time",
                      decides="clear images on both sides of it")
    share = _share(happened, when)
    certain = of_kind * _of_mark(structure)
    chance = round(share * certain * max(look.chance for look in structure.looks), 4) if structure.looks else share
    verdict = verdict_of(chance) if share in (0.0, 1.0) else "cannot tell"
    decides = None if verdict != "cannot tell" else "clear images nearer to both sides of the stated time"
    return Answer(what="date", verdict=verdict, chance=chance, structure=structure.id, measured=str(happened),
                  decides=decides,
                  why=f"it happened {happened}; the claim says {_within(when)}{_against_others(structure)}")


def found_ground(there: Sequence[Change], when: Span | None, name: str) -> Answer:
    """Whether the ground changed for good, by the end of ``when``, where a thing is said to be new: that much of the
    claim the images carry without a structure."""
    end = when.end if when else None
    by_then = [change for change in there if end is None or (change.between.by and change.between.by <= end)]
    if not by_then:
        return Answer(what="change of the ground", verdict="cannot tell", measured=str(there[0].between),
                      why=f"the ground changed at the place of {name}, but was first seen so after the stated time, "
                          f"{there[0].between}")
    chance, first = max(change.chance for change in by_then), by_then[0].between
    return Answer(what="change of the ground", verdict=verdict_of(chance), chance=chance, measured=str(first),
                  why=f"the ground at the place of {name} changed first {first}, and had not changed back by the last "
                      "look: something new is there, as far as a change that stayed tells it; works without a building "
                      "and a new surface look the same")


def found_images(scenes: Sequence[Scene], names: Sequence[str], when: Span | None) -> Answer:
    """Whether there are images of a provider, by any of its names, of that time. The case holds some or it does not; an
    archive may have others."""
    provider, own = names[0], [plain_name(name) for name in names]
    found = [scene for scene in scenes if (when is None or scene.taken in when)
             and any(name in plain_name(_of_whom(scene)) for name in own)]
    told = f" {_within(when)}" if when else ""
    if not found:
        return Answer(what="images", verdict="cannot tell", why=f"the case holds no image of {provider}{told}",
                      decides=f"a search of {provider}’s archive by area and date")
    some = f"{len(found)} image{'' if len(found) == 1 else 's'}"
    return Answer(what="images", verdict="supported", chance=1.0, measured=some,
                  why=f"the case holds {some} of {provider}{told}, the first of {day(found[0].taken)}")


def _of_whom(scene: Scene) -> str:
    title = SENSORS[scene.sensor].title if scene.sensor in SENSORS else ""
    return f"{scene.sensor}, {title}, {scene.attribution or ''}"


def _dated_by(structure: Structure, predicate: str) -> Between:
    """The bracket of what a predicate dates: the first works on the ground, the whole, or the thing itself."""
    phases = {phase.name: phase.between for phase in structure.phases}
    if predicate in ("started_on", "began_on"):
        return phases.get("ground works", Between(by=structure.happened.by))
    return phases.get("all of it stands", structure.happened) if predicate == "completed_on" else structure.happened


def _share(happened: Between, when: Span) -> float:
    """How much of the bracket lies within the stated time."""
    assert happened.after is not None
    assert happened.by is not None
    start = max(happened.after, when.start) if when.start else happened.after
    end = min(happened.by, when.end) if when.end else happened.by
    whole = (happened.by - happened.after).total_seconds()
    return max(0.0, (end - start).total_seconds()) / whole if whole > 0 else float(start <= end)


def _looks(structure: Structure, when: Span | None) -> list[Look]:
    clear = [look for look in structure.looks if look.state != "unclear"]
    return sorted((look for look in clear if when is None or look.taken in when), key=_taken)


def _around(structure: Structure, when: Span | None) -> list[Look]:
    """The nearest clear looks on both sides, where both say the same."""
    clear = _looks(structure, None)
    if when is None or when.start is None or when.end is None:
        return []
    before = [look for look in clear if look.taken < when.start][-1:]
    after = [look for look in clear if look.taken >= when.end][:1]
    return before + after if before and after and before[0].state == after[0].state else []


def _taken(look: Look) -> datetime:
    return look.taken


def _within(when: Span | None) -> str:
    """The time in words, its last day counted in."""
    last = day(_last_day(when)) if when and when.end else None
    if when is None or when.start is None:
        return f"up to {last}" if last else "of the case"
    return f"from {day(when.start)} to {last}" if last else f"from {day(when.start)} on"


def _last_day(when: Span) -> datetime:
    assert when.end is not None
    return when.end - timedelta(seconds=1)
