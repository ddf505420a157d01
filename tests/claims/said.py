"""Published texts and claims on them, written to a folder and read as a case's files are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from affine import Affine
from odc.geo.geobox import GeoBox
from tests.worlds import World, rectangle

from sitewatch.claims import check_claims
from sitewatch.model import (
    Between,
    Changes,
    Checks,
    Claims,
    Look,
    LookState,
    Measurement,
    Measurements,
    Quantity,
    Site,
    Stack,
    Structure,
    StructureClass,
    Structures,
)
from sitewatch.store import read_claims

__all__ = ["WORLD", "area_ratio", "checked", "claims_of", "traced"]

WORLD = World(size_px=24, looks=12)  # every ten days from 4 January 2020 on, 3 m pixels
_TABLES: Sequence[Mapping[str, Any]] = ()


def claims_of(folder: Path, documents: Mapping[str, Mapping[str, Any]], claims: Sequence[Mapping[str, Any]],
              names: Sequence[Mapping[str, Any]] = _TABLES, site: Site = WORLD.site, **more: Any) -> Claims:
    """Read back from files: each document has a ``text`` and the keys of its YAML, each claim those of claims.yaml."""
    (folder / "documents").mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        data = document["text"].encode()
        (folder / "documents" / f"{name}.txt").write_bytes(data)
        beside = {"publisher": name, "sha256": hashlib.sha256(data).hexdigest(), **document}
        del beside["text"]
        (folder / "documents" / f"{name}.yaml").write_text(yaml.safe_dump(beside), encoding="utf-8")
    plain = {"claims": [{"kind": "observation", "triple": ["", "", ""], **claim} for claim in claims], **more}
    (folder / "claims.yaml").write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")
    if names:
        (folder / "names.yaml").write_text(yaml.safe_dump({"entities": list(names)}, allow_unicode=True),
                                           encoding="utf-8")
    found = read_claims(folder, site)
    assert found is not None
    return found


def traced(name: str, states: str = "p" * 12, class_: StructureClass = "new structure", chance: float = 0.99,
           x: float = 12) -> Structure:
    """A structure whose looks are p (present), a (absent) or u (unclear), one per look of the world."""
    told: dict[str, tuple[LookState, float]] = {"p": ("present", 0.999), "a": ("absent", 0.001), "u": ("unclear", 0.5)}
    looks = tuple(Look(scene=f"look-{i:02d}", taken=WORLD.taken[i], seen_share=1.0, state=told[sign][0],
                       chance=told[sign][1]) for i, sign in enumerate(states))
    turns = [i for i in range(1, len(states)) if states[i] != states[i - 1]]
    when = Between(after=WORLD.taken[turns[0] - 1], by=WORLD.taken[turns[0]]) if turns else Between(by=WORLD.taken[0])
    gone = class_ == "removed structure"
    return Structure(id=name, label=name, outline=WORLD.on_grid(rectangle(x, 12, 6, 4)), class_=class_, chance=chance,
                     first=Between() if gone else when, last=when if gone else Between(), looks=looks)


def area_ratio(subject: str, reference: str, value: float, low: float, high: float) -> Measurement:
    """A measured ratio of two footprints."""
    return Measurement(subject=subject, what="area ratio", reference=reference, scenes=("look-07",),
                       value=Quantity(value=value, low=low, high=high, unit="1", method="fit"))


def checked(claims: Claims, *structures: Structure, measured: Sequence[Measurement] = (),
            gsd_m: float = 3.0) -> Checks:
    """The claims against these structures and measurements, seen with pixels of that size."""
    site, stack = WORLD.site, WORLD.stack()
    if gsd_m != 3.0:
        site = replace(site, grid=GeoBox((24, 24), Affine(gsd_m, 0, 600_000, 0, -gsd_m, 4_500_000), site.grid.crs))
        stack = Stack(site=site, scenes=replace(stack.scenes, site=site), data=stack.data, fits=stack.fits)
    changes = Changes(site=site, records=(), threshold=5.0, false_alarms_per_year=1.0, smallest_px=20.0)
    return check_claims(claims, changes, Structures(site=site, records=structures),
                        Measurements(site=site, records=tuple(measured)), stack)
