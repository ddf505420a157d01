"""What others might say of the yard: a claim that holds, one that cannot be told, one that no image tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.report.yard import PROVENANCE, quantity, world_of

from sitewatch.model import (
    Answer,
    Attribution,
    Check,
    Checks,
    Claim,
    Correction,
    Disagreement,
    Document,
    Earlier,
    Flag,
    HarmReview,
    Place,
    Printed,
    Publication,
    Report,
    Rival,
    Span,
    Structure,
)
from sitewatch.report import compose_report

DOCUMENTS = (Document(id="wire", path="documents/wire.txt", sha256="ab" * 32, publisher="Wire", url="https://w.example/1",
                       dated=Span(start=datetime(2022, 11, 25, tzinfo=UTC), end=datetime(2022, 11, 26, tzinfo=UTC))),
              Document(id="copy", path="documents/copy.txt", sha256="cd" * 32, publisher="Copy", origin="Wire",
                       is_changed=True))

STATED = Publication(
    version=2, date="2024-04-01", publisher="Yard Watch", contact="a@example.org", licence="CC-BY-4.0", ai_use="none",
    reply="Nobody could be asked.", state_media="none", indicators="A look that shows a yard, not a roof.",
    harm=HarmReview(by="A. Editor", date="2024-03-30", outcome="publish", withheld="nothing"),
    corrections=(Correction(version=2, date="2024-04-01", text="The width was wrong."),),
    earlier=(Earlier(version=1, date="2024-03-01", title="A hall", sentences=("It was a hall.",), sha256="ab"),),
    beside=("case.kmz", "case.qgz", "case.gpkg", "feed.xml", "report.pdf", "evidence.zip"))


def _claim(name: str, quote: str, document: str = "wire", **more: object) -> Claim:
    chain = (Attribution(who=document.title(), act="publishes"), Attribution(who="Analysts", act="measures"))
    return replace(Claim(id=name, document=document, kind="measurement", subject="hall", predicate="size_ratio_to",
                         object="old", quote=quote, place=Place(start=10, end=10 + len(quote), fit="exact"),
                         attribution=chain), **more)


def published_report(*structures: Structure) -> Report:
    """The page as it is published, with what others say on it and what lies beside it."""
    world = world_of(structures=structures or None)
    return compose_report(replace(world.findings, checks=checks_of()), world.changes, world.structures,
                          world.measurements, world.stack, provenance=PROVENANCE, publication=STATED)


def checks_of(quote: str = "60 to 70 percent the size", why: str = "the footprint was measured") -> Checks:
    rivals = (Rival(text="twice the size of", low=1.8, high=2.2, chance=0.0, verdict="refuted", times=1000.0),)
    ratio = Answer(what="footprint", verdict="supported", chance=0.98, why=why, measured="0.8 [0.7, 0.9]",
                   value=quantity(0.8, "1"), structure="new-0", rivals=rivals)
    crane = Answer(what="presence", verdict="cannot tell", why="too coarse", decides="images of about 0.5 m per pixel")
    records = (
        Check(claim=_claim("W1", quote), verdict="supported", why=why, chance=0.98, tested=(ratio,),
              before="It was said that ", after=" of the old one."),
        Check(claim=_claim("W2", "a crane is gone", "copy"), verdict="cannot tell", why="too coarse", tested=(crane,)),
        Check(claim=_claim("W3", "it is for workers", noted=("GARBLED",)), verdict="not testable", why="no trace"))
    lines = (Disagreement(
        kind="transmission error", about="hall size", claims=("W1",), publishers=4, origins=1, why="one origin",
        printed=(Printed(text="of", low=0.55, high=0.75, publishers=("Wire",), origins=("Analysts",)),
                 Printed(text="twice", low=1.8, high=2.2, publishers=("a", "b", "c"), origins=("Analysts",)))),)
    return Checks(documents=DOCUMENTS, records=records, disagreements=lines,
                  flags=(Flag(claim="W1", word="DIMENSION_UNDEFINED", why="it does not say what was measured"),))
