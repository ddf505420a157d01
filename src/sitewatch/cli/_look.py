"""``sitewatch look``: what people decide about structures and changes, and the list of it."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, cast

import click

from sitewatch.cli._options import ACTOR, CASE, JSON, PATH
from sitewatch.cli._output import say, shown, write_json
from sitewatch.errors import InputError, UsageError

if TYPE_CHECKING:
    from shapely import Polygon

    from sitewatch.case import Case
    from sitewatch.model import Decision, LookState

__all__ = ["look"]

_STATES = ("present", "absent", "unclear")
_WHAT = click.Choice(["accept", "reject", "not-sure", "relabel", "outline", "draw", "split", "use", "link", *_STATES])
_CLASS = click.Choice(["new structure", "removed structure", "altered structure", "ground works"])


@click.command()
@CASE
@click.argument("subject", required=False)
@click.argument("what", required=False, type=_WHAT)
@click.option("--why", metavar="TEXT", help="The reason; a rejection needs one.")
@click.option("--class", "class_", type=_CLASS, help="With relabel, accept or draw: what it is.")
@click.option("--label", metavar="TEXT", help="With relabel or draw: the name that people read.")
@click.option("--chance", type=float, metavar="P", help="With accept or draw: how likely you hold its class, 0 to 1.")
@click.option("--scene", metavar="ID", help="With present, absent, unclear or use: in which scene.")
@click.option("--outline", type=PATH, metavar="FILE",
              help="With outline, draw or split: a GeoJSON file with one Polygon.")
@click.option("--dimension", type=click.Choice(["area", "length", "width"]),
              help="With use: what you drew with by-hand. With link: the size that is meant.")
@click.option("--claim", metavar="ID", help="With link: the claim of claims.yaml.")
@click.option("--part", type=click.Choice(["subject", "object"]),
              help="With link: what it speaks of (the default), or what that is compared with.")
@click.option("--queue", is_flag=True, help="List what you should look at next, what a decision settles most first.")
@click.option("--blind", is_flag=True,
              help="With --queue or alone: as if others had not decided on a thing until you have.")
@click.option("--withdraw", metavar="ID", help="Take back this decision of yours.")
@ACTOR
@JSON
def look(case: Path, subject: str | None, what: str | None, actor: str, as_json: bool, **given: Any) -> None:
    """Decide about a structure or a change, or list what was decided.

    SUBJECT is an id that `sitewatch show CASE structures --json` gives, or one of a change; with draw it is a new id
    for a structure that the tool missed. split makes the part inside an outline a structure of its own, use puts what
    you drew with by-hand among the measurements, link says which structure a claim speaks of. The decision is kept in
    looks/ of the case and signed in its log; the next run applies it, and no run erases it. Without SUBJECT all
    decisions are listed.
    """
    from sitewatch.case import Case
    from sitewatch.cli._json import decisions_json, queue_json
    from sitewatch.cli._tables import decisions_table, queue_table
    from sitewatch.model import shown_to

    opened, withdraw, is_blind = Case.open(case), given.pop("withdraw"), given.pop("blind")
    if given.pop("queue"):
        waiting = opened.queue(actor, is_blind=is_blind)
        return write_json(queue_json(waiting)) if as_json else click.echo(queue_table(waiting))
    if withdraw:
        decided = [opened.withdraw(withdraw, actor)]
    elif subject and what:
        decided = [opened.decide(_decision(opened, subject, what, actor, given))]
    elif subject:
        raise UsageError(f"say what you decide about {subject}: {', '.join(_WHAT.choices)}")
    else:
        known = opened.decisions()
        decided = list(shown_to(known, actor, is_blind=True) if is_blind else known)
    if as_json:
        write_json(decisions_json(decided))
    else:
        click.echo(decisions_table(decided))
    if withdraw or subject:
        say(f"{'withdrawn' if withdraw else 'kept'}; it counts from the next run on: "
            f"sitewatch run {quote(str(case))}")
    return None


def _decision(case: Case, subject: str, what: str, actor: str, given: dict[str, Any]) -> Decision:
    from sitewatch.model import Decision

    outline, scene = given.pop("outline"), given.pop("scene")
    if what == "link":
        given["part"] = given["part"] or "subject"
    try:
        if what in _STATES:
            return Decision(subject=subject, what="look", actor=actor, scene=scene,
                            state=cast("LookState", what), **given)
        return Decision(subject=subject, what=cast(Any, what.replace("-", " ")), actor=actor, scene=scene,
                        outline=_outline(case, outline) if outline else None, **given)
    except ValueError as error:
        raise InputError(f"{subject}: {error}. See sitewatch look --help") from error


def _outline(case: Case, file: Path) -> Polygon:
    from shapely import Polygon

    from sitewatch.cli._drawn import drawn_in

    drawn = drawn_in(file, case.site.grid)
    if len(drawn) != 1 or not isinstance(drawn[0], Polygon):
        raise InputError(f"{shown(file)} does not hold one Polygon. Draw one outline without gaps")
    return drawn[0]
