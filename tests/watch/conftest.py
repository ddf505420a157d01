"""A folder of quick cases whose structures a test decides on."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from tests.case.conftest import case, images, table
from tests.case.hill import AREA, findings_of, image, structures_of
from tests.team import servers, url

from sitewatch.case import Case, NewCase
from sitewatch.model import Check, Checks, Claim, Look, Place, Structures

__all__ = ["case", "images", "servers", "table", "url"]


@pytest.fixture
def cases(tmp_path):
    """The folder of cases."""
    return tmp_path / "cases"


@pytest.fixture
def make(cases, images):
    """Makes a case of a name, with its own folder of images beside the cases."""
    def made(name: str) -> Case:
        own = cases.parent / f"{name}-images"
        own.mkdir()
        for path in images.iterdir():
            os.link(path, own / path.name)
        return Case.new(cases / name, NewCase(images=own, area=AREA, gsd_m=3.0, name=name.title(), question="What?"))
    return made


@pytest.fixture
def seen(table, monkeypatch):
    """How many looks show the hall of every case from now on; None where it is not found."""
    shown = {"looks": None}

    def structures(changes, stack):
        if shown["looks"] is None:
            return Structures(site=stack.site, records=())
        found = structures_of(changes, stack)
        return replace(found, records=tuple(
            replace(one, looks=tuple(Look(scene=fit.scene, taken=one.first.by, state="present", chance=0.99,
                                          seen_share=1.0) for fit in stack.fits[:shown["looks"]])) for one in found))

    monkeypatch.setitem(table, "structures", table["structures"]._replace(function=structures))
    return shown


def checks_of(verdict):
    """One claim with a verdict."""
    claim = Claim(id="W1", document="wire", kind="measurement", subject="a hall", predicate="size_ratio", object="b",
                  quote="twice the size", place=Place(start=0, end=14, fit="exact"))
    return Checks(records=(Check(claim=claim, verdict=verdict, why="the ratio is 0.65"),))


@pytest.fixture
def judged(table, monkeypatch):
    """The verdict of the one claim about every case from now on."""
    given = {"verdict": "cannot tell"}

    def findings(changes, structures, measurements, stack):
        return replace(findings_of(changes, structures, measurements, stack), checks=checks_of(given["verdict"]))

    monkeypatch.setitem(table, "claims", table["claims"]._replace(function=findings))
    return given


@pytest.fixture
def arrive(cases):
    """One more image for a case."""
    def arrived(name: str, day: int) -> None:
        image(cases.parent / f"{name}-images", day)
    return arrived
