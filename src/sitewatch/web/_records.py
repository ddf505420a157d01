"""What the page is told and what it may ask: the schema behind every route."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from sitewatch.model import ClaimPart, DecisionKind, LookState, Rule
from sitewatch.web._pixels import Mode

__all__ = ["ChecklistTold", "ClaimTold", "DecidedTold", "DecisionAsked", "DecisionTold", "DrawingTold", "FindingTold",
           "FindingsTold", "LinkTold", "LookTold", "MeasureAsked", "MeasuredTold", "Point", "Problem", "PublishAsked",
           "RowTold", "RunTold", "SceneTold", "SiteTold", "StructureTold", "SubjectsTold", "TermTold"]

Point = tuple[FiniteFloat, FiniteFloat]
"""Column and row in pixels of the site's grid, from its top left corner."""
_Near = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
_Drawn = tuple[_Near, _Near]
Ring = Annotated[list[_Drawn], Field(min_length=3, max_length=2000)]
Side = Literal["area", "length", "width"]
_Text = Annotated[str, Field(max_length=2000)]
_Name = Annotated[str, Field(min_length=1, max_length=128)]


class Problem(BaseModel):
    """What is wrong, and what to do next."""

    detail: str


class SceneTold(BaseModel):
    """One used look."""

    id: str
    taken: str
    clear_share: float | None


class SiteTold(BaseModel):
    """The place, its grid, and the looks in order of time."""

    name: str
    question: str | None
    actor: str
    is_blind: bool
    width: int
    height: int
    gsd_m: float
    levels: int
    modes: list[Mode]
    corners: list[Point] | None
    """Longitude and latitude of the grid's corners, clockwise from the top left; null without georeference."""
    looks: list[SceneTold]


class LookTold(BaseModel):
    """A structure in one look; ``hidden`` where a blind reader must not see another person's word."""

    scene: str
    state: Literal["present", "absent", "unclear", "hidden"]
    chance: float
    by: str


class DecisionTold(BaseModel):
    """What a person decided."""

    id: str
    subject: str
    what: DecisionKind
    actor: str
    at: str
    why: str | None
    label: str | None
    class_: str | None = Field(serialization_alias="class")
    scene: str | None
    state: LookState | None
    dimension: Side | None
    claim: str | None


class TermTold(BaseModel):
    """A cause of uncertainty and its share of the variance."""

    cause: str
    share: float


class MeasuredTold(BaseModel):
    """A measurement by hand, each repetition, what its interval is made of, and how it compares with the fitted one."""

    value: str
    low: float
    high: float
    unit: str
    level: float
    method: str
    each: list[float]
    budget: list[TermTold]
    fitted: str | None


class DrawingTold(BaseModel):
    """One size of one thing on one look, as one person drew it; ``is_used``: it stands among the measurements."""

    scene: str
    dimension: Side
    actor: str
    measured: MeasuredTold
    is_used: bool


class StructureTold(BaseModel):
    """Something that can be decided on. Its ``outline`` is in pixels of the grid."""

    id: str
    kind: Literal["structure", "rejected", "reference", "change"]
    label: str
    class_: str = Field(serialization_alias="class")
    chance: float
    when: str
    outline: list[Point]
    area: str | None
    by: str
    reasons: list[str]
    looks: list[LookTold]
    decisions: list[DecisionTold]
    drawings: list[DrawingTold]
    is_disputed: bool
    version: str
    worth: float | None
    why_worth: str
    is_open: bool


class DecidedTold(BaseModel):
    """A decision, and its subject as it stands with it; none where it was drawn and that was taken back."""

    decision: DecisionTold
    subject: StructureTold | None


class SubjectsTold(BaseModel):
    """All that can be decided on, in the order of the queue; references last."""

    subjects: list[StructureTold]
    left_out: int
    """How many that the tool set aside are not told."""


class FindingTold(BaseModel):
    """One sentence."""

    layer: str
    text: str
    evidence: list[str]


class ClaimTold(BaseModel):
    """What somebody else said, word for word, and whether it holds: as of the last run, and with the links made since.

    ``before`` and ``after``: the rest of its paragraph. ``subject`` is what it speaks of; ``object`` what a ratio is
    taken to; ``has_size``: whether it states a number.
    """

    id: str
    quote: str
    before: str
    after: str
    publisher: str
    verdict: str
    why: str
    now: str
    why_now: str
    subject: str
    object: str | None
    has_size: bool


class LinkTold(BaseModel):
    """What a person holds a part of a claim to be; ``id`` is that of the decision."""

    id: str
    claim: str
    part: ClaimPart
    subject: str
    actor: str
    dimension: Side | None


class FindingsTold(BaseModel):
    """What may be said, and what became of what others say, as of the last run."""

    title: str
    findings: list[FindingTold]
    claims: list[ClaimTold]
    links: list[LinkTold]


class DecisionAsked(BaseModel):
    """A decision to keep. ``version`` is that of the subject that the person saw; nobody saw what is drawn anew.

    ``outline`` and ``drawn`` are in pixels of the grid.
    """

    subject: _Name
    what: DecisionKind
    version: Annotated[str, Field(max_length=64)]
    why: _Text | None = None
    class_: str | None = Field(default=None, alias="class")
    label: _Text | None = None
    chance: FiniteFloat | None = None
    outline: Ring | None = None
    scene: _Name | None = None
    state: LookState | None = None
    drawn: Annotated[list[_Drawn], Field(min_length=2, max_length=1000)] | None = None
    dimension: Side | None = None
    claim: _Name | None = None
    part: ClaimPart | None = None
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class MeasureAsked(BaseModel):
    """One or more drawings of one thing on one look, in pixels of the grid; ``subject`` to compare with."""

    scene: _Name
    drawn: Annotated[list[Annotated[list[_Drawn], Field(min_length=2, max_length=1000)]],
                     Field(min_length=1, max_length=100)]
    is_closed: bool
    subject: _Name | None = None
    dimension: Side | None = None
    model_config = ConfigDict(extra="forbid")


class RowTold(BaseModel):
    """One row of the checklist; ``missing`` is empty where it holds, ``remedy`` says how to supply it."""

    number: int
    rule: Rule
    element: str
    missing: str
    remedy: str


class ChecklistTold(BaseModel):
    """What has to hold before the report may be published; ``is_refused`` while a row that stops it is open."""

    version: int
    is_refused: bool
    rows: list[RowTold]


class PublishAsked(BaseModel):
    """``no_pixels``: outlines and numbers only, whatever the licences allow."""

    no_pixels: bool = False
    model_config = ConfigDict(extra="forbid")


class RunTold(BaseModel):
    """A run or a publication: whether it goes on, what it is at, why it failed, what came out and where it lies.

    ``is_due``: whether a run would give other results than there are now; null while one goes on.
    """

    what: Literal["run", "publish"]
    is_running: bool
    step: str
    done: int
    total: int
    failed: str | None
    title: str | None
    published: str | None
    is_due: bool | None = None
