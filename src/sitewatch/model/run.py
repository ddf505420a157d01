"""The identity of a computation: same inputs, options, versions and seed give the same run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Run", "fingerprint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One computation of one stage, by the ``stage_version`` of its function. ``outputs`` maps paths within the case to
    their SHA-256."""

    id: str
    stage: str
    inputs: Mapping[str, str]
    options: Mapping[str, Any]
    seed: int
    versions: Mapping[str, str]
    started: str
    seconds: float
    outputs: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    stage_version: int = 0


def fingerprint(record: Any) -> str:
    """SHA-256 of a plain record written as canonical JSON (sorted keys, no spaces), first 16 hex digits."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
