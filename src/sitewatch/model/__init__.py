"""The nouns: frozen records without any input or output."""

from sitewatch.model.change import Change, ChangeKind, Changes
from sitewatch.model.check import (
    Answer,
    Check,
    Checks,
    Disagreement,
    DisagreementKind,
    Flag,
    Printed,
    Rival,
    Verdict,
)
from sitewatch.model.claim import (
    UNITS,
    Attribution,
    Claim,
    ClaimKind,
    Claims,
    Form,
    Interval,
    Proposal,
    Reading,
    Relation,
    Stated,
    base_of,
    canonical,
    tolerance_of,
)
from sitewatch.model.comparison import (
    Comparability,
    Comparison,
    Conditions,
    SnowState,
    compare,
    conditions_of,
)
from sitewatch.model.decision import (
    VERDICTS,
    ClaimPart,
    Decision,
    DecisionKind,
    Drawn,
    Seen,
    counted_in,
    disputed,
    newest,
    seen_of,
    shown_to,
    target_of,
    verdicts_of,
)
from sitewatch.model.document import Document
from sitewatch.model.entity import Entities, Entity, EntityName, plain_name
from sitewatch.model.finding import Finding, Findings, Layer
from sitewatch.model.measurement import BudgetTerm, Dimension, Measurement, Measurements
from sitewatch.model.news import AnyNews, News, NewsKind, VerdictNews
from sitewatch.model.order import Order, OrderBook, OrderState, PaidSource
from sitewatch.model.publication import (
    Correction,
    Earlier,
    HarmReview,
    Licence,
    Permission,
    Permit,
    Publication,
    Row,
    Rule,
)
from sitewatch.model.quantity import Between, Quantity, Span, day
from sitewatch.model.queue import Waiting, queue_of
from sitewatch.model.report import Report
from sitewatch.model.review import Frozen, Review, Standing, standing_of
from sitewatch.model.run import Run, fingerprint
from sitewatch.model.scene import (
    Asset,
    AssetRole,
    DateOrigin,
    Kept,
    Progress,
    Refusal,
    RemoteSource,
    Scene,
    Scenes,
    Source,
    Weight,
)
from sitewatch.model.selector import Fit, Place, locate
from sitewatch.model.sensor import SENSORS, MaskKind, Sensor
from sitewatch.model.sheet import Column, Sheet
from sitewatch.model.site import Mark, Name, NamedOutline, Site
from sitewatch.model.stack import SERIES_LOOKS, Placement, SceneFit, Stack
from sitewatch.model.structure import Look, LookState, Phase, Structure, StructureClass, Structures
from sitewatch.model.table import Table, construct, parse_yaml
from sitewatch.model.trial import SURE, Trial, area_text, smallest_seen, smallest_sure, trials_text

__all__ = [
    "SENSORS", "SERIES_LOOKS", "SURE", "UNITS", "VERDICTS", "Answer", "AnyNews", "Asset", "AssetRole", "Attribution",
    "Between", "BudgetTerm", "Change", "ChangeKind", "Changes", "Check", "Checks", "Claim", "ClaimKind", "ClaimPart",
    "Claims", "Column", "Comparability", "Comparison", "Conditions", "Correction", "DateOrigin", "Decision",
    "DecisionKind", "Dimension", "Disagreement", "DisagreementKind", "Document", "Drawn", "Earlier", "Entities",
    "Entity", "EntityName", "Finding", "Findings", "Fit", "Flag", "Form", "Frozen", "HarmReview", "Interval",
    "Kept", "Layer", "Licence", "Look", "LookState", "Mark", "MaskKind", "Measurement", "Measurements", "Name",
    "NamedOutline", "News", "NewsKind", "Order", "OrderBook", "OrderState", "PaidSource", "Permission", "Permit",
    "Phase", "Place", "Placement", "Printed", "Progress", "Proposal", "Publication", "Quantity", "Reading",
    "Refusal", "Relation", "RemoteSource", "Report", "Review", "Rival", "Row", "Rule", "Run", "Scene", "SceneFit",
    "Scenes", "Seen", "Sensor", "Sheet", "Site", "SnowState", "Source", "Span", "Stack", "Standing", "Stated",
    "Structure", "StructureClass", "Structures", "Table", "Trial", "Verdict", "VerdictNews", "Waiting", "Weight",
    "area_text", "base_of", "canonical", "compare", "conditions_of", "construct", "counted_in", "day", "disputed",
    "fingerprint", "locate", "newest", "parse_yaml", "plain_name", "queue_of", "seen_of", "shown_to", "smallest_seen",
    "smallest_sure", "standing_of", "target_of", "tolerance_of", "trials_text", "verdicts_of",
]
