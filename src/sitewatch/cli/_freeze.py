"""``sitewatch claims freeze``: the sentences that a person has reviewed, frozen with what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sitewatch.cli._options import ACTOR, CASE, JSON
from sitewatch.cli._output import say, write_json
from sitewatch.errors import InputError, UsageError

if TYPE_CHECKING:
    from sitewatch.model import Review, Standing

__all__ = ["freeze"]


@click.command()
@CASE
@click.argument("findings", nargs=-1, metavar="[FINDING]...")
@click.option("--all", "all_", is_flag=True, help="You have reviewed every sentence.")
@click.option("--text", metavar="TEXT", help="Your words for the one sentence named, in place of the draft's.")
@click.option("--why", metavar="TEXT", help="A remark on your review.")
@click.option("--withdraw", metavar="ID", help="Take back this review of yours.")
@ACTOR
@JSON
def freeze(case: Path, findings: tuple[str, ...], all_: bool, actor: str, as_json: bool, **given: str | None) -> None:
    """Freeze findings that you have reviewed, or list what was reviewed.

    FINDING is an id such as F02 that `sitewatch show CASE claims` gives. The sentence is kept in reviewed/ of the case
    with the fingerprint of each record that it rests on, and signed in the log: `sitewatch verify` tells of an edit,
    and a sentence whose records change later is shown as stale. Without FINDING, what was reviewed is listed.
    """
    from sitewatch.case import Case

    opened, withdraw = Case.open(case), given.pop("withdraw")
    if withdraw:
        opened.unfreeze(withdraw, actor)
        say(f"withdrawn: {withdraw}")
    elif findings or all_:
        if findings and all_:
            raise UsageError("name the sentences or give --all, not both")
        if not opened.is_current("claims"):
            raise InputError("the case has changed since its sentences were drafted. Run it and read them again, then "
                             "freeze them")
        review = opened.freeze(actor, findings, **given)
        say(f"frozen: {len(review.sentences)} of the sentences, as {review.id}")
    elif any(given.values()):
        raise UsageError("name the sentence that you have reviewed, such as F02, or give --all")
    _tell(opened.reviews(), opened.standing(), as_json)


def _tell(reviews: Sequence[Review], standing: Sequence[Standing], as_json: bool) -> None:
    from sitewatch.cli._tables import table_text

    if as_json:
        write_json({"reviews": [_review_json(review) for review in reviews],
                    "sentences": [_standing_json(one) for one in standing]})
        return
    rows = [(one.finding or "", one.frozen.layer, one.frozen.text, one.told, one.review) for one in standing]
    click.echo(table_text(("", "layer", "sentence", "standing", "review"), rows) if rows
               else "nobody has reviewed a sentence yet")


def _review_json(review: Review) -> dict[str, Any]:
    return {"id": review.id, "actor": review.actor, "at": review.at.isoformat().replace("+00:00", "Z"),
            "why": review.why, "sentences": len(review.sentences)}


def _standing_json(one: Standing) -> dict[str, Any]:
    return {"finding": one.finding, "layer": one.frozen.layer, "text": one.frozen.text, "drafted": one.frozen.drafted,
            "review": one.review, "actor": one.actor, "at": one.at.isoformat().replace("+00:00", "Z"),
            "stale": one.is_stale, "changed": list(one.changed), "evidence": dict(one.frozen.evidence)}
