"""The nouns: frozen records without any input or output."""

from sitewatch.model.change import Change, ChangeKind, Changes
from sitewatch.model.comparison import (
    Comparability,
    Comparison,
    Conditions,
    SnowState,
    compare,
    conditions_of,
)
from sitewatch.model.decision import Decision, DecisionKind, Seen, disputed, newest, seen_of
from sitewatch.model.finding import Finding, Findings, Layer
from sitewatch.model.measurement import BudgetTerm, Dimension, Measurement, Measurements
from sitewatch.model.quantity import Between, Quantity, Span, day
from sitewatch.model.report import Report
from sitewatch.model.run import Run, fingerprint
from sitewatch.model.scene import Asset, AssetRole, DateOrigin, Kept, Progress, Refusal, Scene, Scenes, Source
from sitewatch.model.sensor import SENSORS, MaskKind, Sensor
from sitewatch.model.site import Name, NamedOutline, Site
from sitewatch.model.stack import Placement, SceneFit, Stack
from sitewatch.model.structure import Look, LookState, Phase, Structure, StructureClass, Structures
from sitewatch.model.table import Table, construct, parse_yaml

__all__ = [
    "SENSORS", "Asset", "AssetRole", "Between", "BudgetTerm", "Change", "ChangeKind", "Changes", "Comparability",
    "Comparison", "Conditions", "DateOrigin", "Decision", "DecisionKind", "Dimension", "Finding", "Findings", "Kept",
    "Layer", "Look", "LookState", "MaskKind", "Measurement", "Measurements", "Name", "NamedOutline", "Phase",
    "Placement", "Progress", "Quantity", "Refusal", "Report", "Run", "Scene", "SceneFit", "Scenes", "Seen", "Sensor",
    "Site", "SnowState", "Source", "Span", "Stack", "Structure", "StructureClass", "Structures", "Table", "compare",
    "conditions_of", "construct", "day", "disputed", "fingerprint", "newest", "parse_yaml", "seen_of",
]
