"""What two looks may say: where they differ, how often that is chance, and nothing of what lasts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely import box
from tests.claims.said import claims_of, traced
from tests.worlds import World, with_scenes

from sitewatch.claims import draft_findings
from sitewatch.model import Between, Change, Changes, Findings, Measurements, Stack, Structure, Structures

_DOCUMENT = {"paper": {"text": "The crane was gone. The hall was built in May."}}


def _stack(looks: int = 2, days: float = 365) -> Stack:
    return with_scenes(World(size_px=24, looks=looks, every_days=days).stack())


def _draft(stack: Stack, *kept: Change, structures: tuple[Structure, ...] = (), claims=None) -> Findings:
    site = stack.site
    changes = Changes(site=site, records=kept, threshold=5.0, false_alarms_per_year=1.0, smallest_px=9.0)
    return draft_findings(changes, Structures(site=site, records=structures), Measurements(site=site, records=()),
                          stack, claims=claims)


def _change(stack: Stack) -> Change:
    when = Between(after=stack.used[0].taken, by=stack.used[1].taken)
    x, y = 600_000, 4_500_000
    return Change(id="c", outline=box(x, y - 30, x + 30, y), kind="appeared", between=when, strength=20.0,
                  false_alarms=0.1, chance=0.5, step=(1.0,))


def test_a_place_that_differs_is_said_with_both_days_its_size_and_what_chance_does():
    stack = _stack()
    found = _draft(stack, _change(stack))
    [seen] = [finding for finding in found if finding.layer == "seen"]
    assert seen.text.startswith("One place of about 9")
    assert "2020-01-04 and 2021-01-03" in seen.text
    assert "by chance alone about 1 would be expected" in seen.text
    assert seen.evidence == tuple(fit.scene for fit in stack.used)
    assert "cannot tell whether a structure did" in found.title


def test_that_all_rests_on_two_looks_is_the_first_thing_not_known():
    unknown = [finding.text for finding in _draft(_stack()) if finding.layer == "unknown"]
    assert unknown[0].startswith("All of this rests on two looks")
    assert "not known" in unknown[1]


def test_where_all_that_differs_was_set_aside_the_reason_is_said_instead_of_that_nothing_differs():
    stack = _stack()
    found = _draft(stack, replace(_change(stack), why_not="60 % of the ground differs: a season"))
    assert not [finding for finding in found if finding.layer == "seen"]
    assert any("nothing is kept: 60 % of the ground differs: a season." in finding.text for finding in found)


def test_of_five_looks_nothing_is_said_to_be_absent():
    found = _draft(_stack(looks=5))
    assert found.title.startswith("Cannot tell")
    assert not any(text.text.startswith("No new or removed") for text in found)


def test_two_looks_of_opposite_seasons_are_said_to_be_too_unlike():
    found = _draft(_stack(days=182))
    assert not [finding for finding in found if finding.layer == "seen"]
    assert any("cannot be told: they are too unlike (" in finding.text for finding in found)


@pytest.mark.parametrize("predicate", ["removed", "built", "built_on", "present_on"])
def test_a_claim_that_something_came_or_went_cannot_be_told_from_two_looks(tmp_path, predicate):
    claims = claims_of(tmp_path, _DOCUMENT, [{"id": "x", "document": "paper", "quote": "The crane was gone",
                                              "triple": ["crane", predicate, ""]}])
    sure = replace(traced("crane", "pa", class_="removed structure"), chance=0.99)
    found = _draft(_stack(), structures=(sure,), claims=claims)
    [check] = found.checks.records
    assert check.verdict == "cannot tell"
    assert "what lasts from what comes and goes" in check.why


@pytest.mark.parametrize(("gsd_m", "chance", "verdict"), [(0.5, 0.96, "supported"), (0.5, 0.93, "cannot tell"),
                                                          (3.0, 0.96, "cannot tell")])
def test_two_looks_decide_on_a_marked_crane_in_pixels_that_a_crane_takes_and_no_surer_than_its_mark(
        tmp_path, gsd_m, chance, verdict):
    plain = traced("crane", "pa", class_="removed structure", chance=chance)
    crane = replace(plain, class_="marked object", reasons=(
        "marked in the case by a person", "its place departs by 41 standard errors; of 400 other places 0 do as much"))
    claims = claims_of(tmp_path, _DOCUMENT, [{"id": "x", "document": "paper", "quote": "The crane was gone",
                                              "triple": ["crane", "removed", ""], "observed": "2020"}],
                       [{"id": "crane", "type": "crane", "structure": "crane"}])
    stack = _stack(days=20)
    grid = GeoBox((24, 24), Affine(gsd_m, 0, 600_000, 0, -gsd_m, 4_500_000), stack.site.grid.crs)
    sensor = "skysat" if gsd_m < 1 else "planetscope-4"
    scenes = replace(stack.scenes, scenes=tuple(replace(scene, sensor=sensor) for scene in stack.scenes.scenes))
    stack = replace(stack, site=replace(stack.site, grid=grid), scenes=scenes)
    [check] = _draft(stack, structures=(crane,), claims=claims).checks
    assert check.verdict == verdict
    assert ("of 400 other places 0 do as much" in check.why) == (gsd_m < 1)
