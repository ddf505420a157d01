"""``sitewatch claims propose``: what in a document looks like a claim, for a person to confirm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sitewatch.cli._options import JSON, PATH
from sitewatch.cli._output import say, shown, write_json
from sitewatch.errors import UsageError

if TYPE_CHECKING:
    from sitewatch.model import Proposal, Stated

__all__ = ["claims"]


@click.group()
def claims() -> None:
    """What others say about the place: article by article, claim by claim."""


@claims.command()
@click.argument("document", metavar="DOCUMENT", type=PATH)
@click.option("--ask", is_flag=True, help="Ask a language model of yours too: the text is sent to it.")
@click.option("--llm", "url", envvar="SITEWATCH_LLM_URL", metavar="URL",
              help="With --ask: its OpenAI-compatible API, such as http://127.0.0.1:8080/v1. Else SITEWATCH_LLM_URL.")
@click.option("--model", envvar="SITEWATCH_LLM_MODEL", metavar="NAME",
              help="With --ask: the model's name. Else SITEWATCH_LLM_MODEL.")
@click.option("--allow-private", is_flag=True, help="With --ask: http, or a private network, may be asked.")
@JSON
def propose(document: Path, ask: bool, as_json: bool, **given: Any) -> None:
    """Print what in a text, HTML page or PDF looks like a claim.

    The output has the form of claims.yaml, with exact offsets and the rule that chose each passage. Correct it, fill
    in what is missing, and set `confirmed: true`: nothing is checked before that. The rules are for English.

    With --ask a model may point out more. It is not trusted: a passage that does not stand in the document word for
    word is dropped, the others are marked with its name. A key is read from SITEWATCH_LLM_KEY or the keyring.
    """
    from sitewatch.claims import propose_claims
    from sitewatch.store import read_text

    text = read_text(document)
    found = _asked(text, **given) if ask else propose_claims(text)
    if as_json:
        write_json({"document": str(document), "proposals": [{**_plain(one), "because": list(one.because), "by": one.by}
                                                             for one in found]})
        return
    click.echo(_text(document, found))
    say(f"{len(found)} passages that look like claims; each is for a person to confirm")


def _asked(text: str, url: str | None, model: str | None, allow_private: bool) -> Sequence[Proposal]:
    """What rules and a model propose; what was sent where, and what of the answer was dropped, to standard error."""
    from urllib.parse import urlsplit

    from sitewatch.claims import propose_with
    from sitewatch.sources import ask_model

    if not url or not model:
        raise UsageError("--ask needs the address and the name of a model: --llm URL --model NAME, or the environment "
                         "variables SITEWATCH_LLM_URL and SITEWATCH_LLM_MODEL")
    found, dropped = propose_with(text, model, lambda messages: ask_model(url, model, messages,
                                                                          allow_private=allow_private))
    more = sum(one.by != "rules" for one in found)
    say(f"{len(text)} characters were sent to {shown(urlsplit(url).hostname)}; the model {shown(model)} pointed out "
        f"{more} more passages, {dropped} were dropped: they do not stand in the document word for word")
    return found


def _text(document: Path, found: Sequence[Proposal]) -> str:
    """The proposals as claims.yaml; the reasons are comments."""
    import yaml

    lines = [f"# Proposed from {shown(document.name)}. Confirm, correct or remove each one.", "claims:"]
    for number, one in enumerate(found, 1):
        lines.append(f"# {'; '.join(shown(reason) for reason in one.because)}")
        plain = {"id": f"P{number:02d}", "document": document.stem, **_plain(one), "proposed_by": one.by,
                 "confirmed": False}
        dumped = yaml.safe_dump([plain], sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
        lines.append(dumped.rstrip())
    return "\n".join(lines) if found else "\n".join([*lines[:1], "claims: []"])


def _plain(one: Proposal) -> dict[str, Any]:
    """The keys of claims.yaml that a rule can fill in."""
    plain: dict[str, Any] = {"kind": one.kind, "quote": one.quote, "at": [one.start, one.end]}
    if one.hedge:
        plain["hedge"] = list(one.hedge)
    if one.stated:
        plain["quantity"] = _stated(one.stated)
    if one.who and one.act:
        plain["attribution"] = [["PUBLISHER", "publishes"], [one.who, one.act]]
    if one.dates:
        plain["note"] = f"dates in it: {', '.join(one.dates)}; write them as observed: 2024-10-01/2024-10-10"
    return plain


def _stated(stated: Stated) -> dict[str, Any]:
    plain = {"surface": stated.surface, "form": stated.form, "low": stated.low, "high": stated.high,
             "unit": stated.unit, "dimension": stated.dimension}
    return plain | {key: value for key, value in (("start", stated.start), ("end", stated.end)) if value is not None}
