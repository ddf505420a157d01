"""A case made by hand, so that what the commands print can be checked to the letter."""

from __future__ import annotations

import dataclasses
import json
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from shapely import box

from sitewatch.cli import main
from sitewatch.geo import picture_grid, utm_grid
from sitewatch.model import (
    Between,
    Change,
    Changes,
    Finding,
    Findings,
    Measurement,
    Measurements,
    Name,
    Quantity,
    Refusal,
    Scene,
    SceneFit,
    Scenes,
    Site,
    Stack,
    Standing,
    Structure,
    Structures,
)

BEFORE, AFTER = datetime(2024, 3, 1, 10, tzinfo=UTC), datetime(2024, 3, 11, 10, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Step:
    stage: str
    run_id: str
    computed: bool
    seconds: float
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Verified:
    what: str
    holds: bool
    detail: str


class FakeCase:
    """What the commands call, with hand-built records and a note of each call."""

    error: BaseException | None = None
    computed = True
    note = ""
    holds = True
    made_with: object = None
    opened_report = False

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder, self.site = folder, site

    @classmethod
    def open(cls, folder: Path) -> FakeCase:
        if cls.error:
            raise cls.error
        return cls(folder, cls.place)

    @classmethod
    def new(cls, folder: Path, plan: object) -> FakeCase:
        cls.made_with = plan
        return cls(folder, cls.place)

    @classmethod
    def demo(cls, folder: Path, world: str = "february-11") -> FakeCase:
        return cls.open(folder)

    place: Site

    def run(self, until: str = "report", progress: Callable[[str, int, int], None] | None = None) -> tuple[Step, ...]:
        if progress:
            for step, done in (("keep a", 1), ("keep b", 2), ("align", 1), ("align", 2)):
                progress(step, done, 2)
        names = ("scenes", "stack", "changes", "structures", "measurements", "claims", "report")
        return tuple(Step(stage=name, run_id=f"r-{name}", computed=self.computed, seconds=1.25, note=self.note)
                     for name in names[:names.index(until) + 1])

    def scenes(self) -> Scenes:
        scenes = tuple(Scene(id=f"s{i}", source="folder", sensor="picture", taken=taken, taken_from="csv", assets=())
                       for i, taken in enumerate((BEFORE, AFTER)))
        return Scenes(site=self.site, scenes=scenes, refusals=(Refusal(what="notes.txt", why="is not an image"),))

    def stack(self) -> Stack:
        fits = (SceneFit(scene="s0", taken=BEFORE, used=True, site_clear_share=0.98765432, shift_x_px=0.123456789,
                         shift_y_px=-1.0, shift_sigma_px=0.05, snow_share=0.25, placement="affine",
                         scaling="grey levels as \x1b[31mdelivered"),
                SceneFit(scene="s1", taken=AFTER, used=False, why_not="cloud"))
        data = xr.Dataset({"noise": (("time", "band"), np.array([[2.0]]))},
                          coords={"band": ["pan"]}, attrs={"blur_px": 0.8})
        return Stack(site=self.site, scenes=self.scenes(), data=data, fits=fits)

    def changes(self) -> Changes:
        kinds = (("C1", "appeared", None), ("C2", "vanished", None), ("C3", "altered", "a shadow"))
        return Changes(site=self.site, threshold=9.0, false_alarms_per_year=0.1, smallest_px=4.0, records=tuple(
            Change(id=name, outline=self.outline, kind=kind, between=Between(after=BEFORE, by=AFTER), strength=20.0,
                   false_alarms=0.001, chance=0.987654, step=(30.0,), why_not=why) for name, kind, why in kinds))

    @property
    def outline(self):
        left, bottom = self.site.grid.extent.boundingbox[:2]
        return box(left + 10, bottom + 10, left + 40, bottom + 30)

    def structures(self) -> Structures:
        return Structures(site=self.site, records=(
            Structure(id="S1", label="hall [bold]\x1b[31m", outline=self.outline, class_="new structure",
                      chance=0.99, first=Between(after=BEFORE, by=AFTER), last=Between()),
            Structure(id="old", label="old hall", outline=self.outline, class_="reference", chance=1.0,
                      first=Between(by=BEFORE), last=Between())))

    def measurements(self) -> Measurements:
        area = Quantity(value=612.3456789, low=560.0, high=670.0, unit="m²", method="footprint fit")
        return Measurements(site=self.site, records=(
            Measurement(subject="S1", what="area", value=area, scenes=("s1",)),
            Measurement(subject="S1", what="width", value=None, scenes=(), why_not="narrower than the blur")))

    def findings(self) -> Findings:
        return Findings(site=self.site, title="A hall was built", records=(
            Finding(id="F01", text="It was first seen.", layer="seen", evidence=("S1",)),
            Finding(id="F02", text="That it is a hall is likely.", layer="inferred", evidence=("S1",), chance=0.7)))

    def standing(self) -> tuple[Standing, ...]:
        return ()

    def report(self):
        def opened() -> None:
            type(self).opened_report = True
        return types.SimpleNamespace(title="A hall was built", path=self.folder / "report", open=opened)

    def verify(self, progress=None) -> tuple[Verified, ...]:
        return (Verified(what="pixels", holds=True, detail="2 files"),
                Verified(what="results/stack.csv", holds=self.holds, detail="hash differs"))


@dataclass(frozen=True, kw_only=True)
class NewCase:
    images: Path | None = None
    source: str | None = None
    area: object = None
    gsd_m: float | None = None
    sensor: str | None = None
    dates: Path | None = None
    references: Path | None = None
    controls: Path | None = None
    name: str | None = None
    question: str | None = None


@pytest.fixture
def georeferenced() -> Site:
    area = box(55.0, 25.0, 55.01, 25.01)
    return Site(slug="yard", names=(Name(text="Yard"),), area=area, grid=utm_grid(area, 3.0))


@pytest.fixture
def pictured() -> Site:
    return Site(slug="yard", names=(Name(text="Yard"),), area=box(0, -60, 90, 0), grid=picture_grid(30, 20, 3.0))


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch, georeferenced: Site) -> type[FakeCase]:
    """The fake in the place of sitewatch.case.Case; each test gets its own class to set up."""
    fake = type("Case", (FakeCase,), {"place": georeferenced})
    module = types.ModuleType("sitewatch.case")
    vars(module).update(Case=fake, NewCase=NewCase)
    monkeypatch.setitem(sys.modules, "sitewatch.case", module)
    monkeypatch.delenv("SITEWATCH_DEBUG", raising=False)
    return fake


@dataclasses.dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def data(self):
        return json.loads(self.out)


@pytest.fixture
def sitewatch(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs a command line in this process: ``sitewatch("run", "my-case")``."""
    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Outcome(int(left.value.code or 0), out, err)
    return run
