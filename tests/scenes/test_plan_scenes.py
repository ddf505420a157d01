"""What is fetched and what is left out: within the limits, spread over the time, the clearest first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from sitewatch.cli._json import plan_json
from sitewatch.cli._tables import plan_table
from sitewatch.errors import InputError, ProviderError, UsageError
from sitewatch.geo import picture_grid
from sitewatch.model import Asset, Kept, Refusal, Scene, Scenes, Site, Span, Weight
from sitewatch.scenes import Limits, months_without, plan_scenes, weigh_scenes

_START = datetime(2020, 1, 1, tzinfo=UTC)
_SITE = Site(slug="plane", names=(), area=box(0, -60, 72, 0), grid=picture_grid(24, 20, 3.0))
_KEPT = Kept(path=Path("/kept/x"), sha256="0" * 64, bytes=1, fetched_at=_START, href="x")


def _scene(number: int, *, every_days: float = 10.0, kept: bool = False, **facts) -> Scene:
    asset = Asset(role="image", href=f"https://a.b/{number}", kept=_KEPT if kept else None)
    return Scene(id=f"s{number:03}", source="archive", sensor="picture", assets=(asset,), taken_from="stac",
                 taken=_START + timedelta(days=every_days * number), **facts)


def _scenes(*scenes: Scene) -> Scenes:
    return Scenes(site=_SITE, scenes=scenes)


_WEIGHTS = st.lists(st.tuples(st.integers(0, 3_000_000), st.floats(0, 1)), max_size=30)


@given(_WEIGHTS, st.integers(1, 40), st.floats(0.1, 50))
def test_the_limits_hold_and_what_is_left_out_has_its_reason(weights, max_scenes, max_mb):
    found = _scenes(*(_scene(i) for i in range(len(weights))))
    told = {scene.id: Weight(bytes=count, hidden=hidden) for scene, (count, hidden) in zip(found.scenes, weights,
                                                                                           strict=True)}
    plan = plan_scenes(found, told, Limits(max_scenes=max_scenes, max_mb=max_mb))
    assert len(plan.to_fetch) <= max_scenes
    assert plan.bytes <= max_mb * 1e6
    assert [row.scene.id for row in plan.rows] == [scene.id for scene in found.scenes]
    assert all(row.weight.hidden <= 0.8 for row in plan.to_fetch)
    chosen = plan.chosen()
    assert {scene.id for scene in chosen.scenes} | {refusal.what for refusal in chosen.refusals} == set(told)
    assert all(refusal.why and refusal.source == "archive" for refusal in chosen.refusals)


@given(_WEIGHTS)
def test_without_limits_all_that_shows_the_site_is_fetched(weights):
    found = _scenes(*(_scene(i) for i in range(len(weights))))
    told = {scene.id: Weight(bytes=count, hidden=hidden) for scene, (count, hidden) in zip(found.scenes, weights,
                                                                                           strict=True)}
    plan = plan_scenes(found, told, Limits())
    assert {row.scene.id for row in plan.to_fetch} == {one for one, weight in told.items() if weight.hidden <= 0.8}


def test_few_looks_are_spread_over_all_of_the_time():
    found = _scenes(*(_scene(i) for i in range(100)))
    plan = plan_scenes(found, {}, Limits(max_scenes=10))
    taken = [row.scene.taken for row in plan.to_fetch]
    assert len(taken) == 10
    assert max(b - a for a, b in pairwise(taken)) <= timedelta(days=200)


def test_of_one_part_of_the_time_the_clearest_is_taken_then_the_commonest_orbit_then_the_lowest_angle():
    found = [_scene(i, every_days=1.0, relative_orbit=46, off_nadir_deg=3.0) for i in range(6)]
    hidden = {f"s{i:03}": Weight(hidden=0.5) for i in range(6)}
    hidden["s004"] = Weight(hidden=0.1)
    limits = Limits(max_scenes=1)
    assert [row.scene.id for row in plan_scenes(_scenes(*found), hidden, limits).to_fetch] == ["s004"]
    found[4] = replace(found[4], relative_orbit=3)
    hidden["s002"] = Weight(hidden=0.1)
    assert [row.scene.id for row in plan_scenes(_scenes(*found), hidden, limits).to_fetch] == ["s002"]
    hidden["s005"] = Weight(hidden=0.1)
    found[2] = replace(found[2], off_nadir_deg=20.0)
    assert [row.scene.id for row in plan_scenes(_scenes(*found), hidden, limits).to_fetch] == ["s005"]


@pytest.mark.parametrize("limits", [{"max_mb": 5}, {"max_cost": 5}, {"max_mb": 5, "max_scenes": 40},
                                    {"max_mb": 8, "max_cost": 5}])
def test_under_any_limit_the_clearest_of_each_part_of_the_time_are_taken(limits):
    found = _scenes(*(_scene(i) for i in range(20)))
    told = {scene.id: Weight(bytes=10**6, cost=1.0, unit="EUR", hidden=0.0 if i % 4 == 3 else 0.7)
            for i, scene in enumerate(found.scenes)}
    plan = plan_scenes(found, told, Limits(**limits))
    assert [row.scene.id for row in plan.to_fetch] == ["s003", "s007", "s011", "s015", "s019"]


def test_a_scene_that_is_larger_than_the_limit_is_not_said_to_be_beaten_by_others():
    plan = plan_scenes(_scenes(_scene(0)), {"s000": Weight(bytes=10**7)}, Limits(max_mb=5))
    assert plan.rows[0].why_not == "beyond the limit of 5 MB"


def test_what_is_held_stays_counts_and_weighs_nothing():
    found = _scenes(*(_scene(i, kept=i < 3) for i in range(6)))
    plan = plan_scenes(found, {f"s{i:03}": Weight(bytes=10**6) for i in range(3, 6)}, Limits(max_scenes=4, max_mb=1))
    assert [row.is_kept for row in plan.rows] == [True] * 3 + [False] * 3
    assert len(plan.to_fetch) == 1
    assert len(plan.chosen().scenes) == 4
    assert len(plan_scenes(found, {}, Limits(max_scenes=1)).chosen().scenes) == 3


def test_what_was_received_already_counts_into_the_megabytes():
    found = _scenes(*(_scene(i) for i in range(4)))
    told = {scene.id: Weight(bytes=10**6) for scene in found.scenes}
    assert len(plan_scenes(found, told, Limits(max_mb=3), received=1_500_000).to_fetch) == 1


def test_a_hidden_scene_says_how_much_of_the_site_is_hidden():
    plan = plan_scenes(_scenes(_scene(0)), {"s000": Weight(hidden=0.93)}, Limits())
    assert "hides 93% of the site on 2020-01-01" in plan.rows[0].why_not


def test_a_scene_that_cannot_be_weighed_is_left_out_with_the_reason():
    plan = plan_scenes(_scenes(_scene(0), _scene(1)), {"s000": Refusal(what="s000", why="status 404")}, Limits())
    assert [row.why_not for row in plan.rows] == ["status 404", None]


def test_what_did_not_arrive_is_named():
    found = _scenes(_scene(0), _scene(1))
    plan = plan_scenes(found, {}, Limits())
    held = replace(found, scenes=(_scene(0, kept=True),), refusals=(Refusal(what="s001", why="the line went dead"),))
    after = plan.after(held, 7)
    assert (after.lost, after.received) == (("s001",), 7)
    assert [(row.is_kept, row.why_not) for row in after.rows] == [(True, None), (False, "the line went dead")]


class Scales:
    """A remote source that weighs; every third scene cannot be."""

    name, at_once, received = "archive", 4, 0

    def find(self, site, span):
        return ()

    def open(self, asset):
        return ()

    def spend_at_most(self, count):
        """Nothing is received."""

    def weigh(self, scene):
        if int(scene.id[1:]) % 3 == 0:
            raise ProviderError("the line went dead")
        return Weight(bytes=int(scene.id[1:]))


def test_only_what_is_not_held_is_weighed_and_a_fault_costs_only_its_scene():
    told = weigh_scenes(_scenes(*(_scene(i, kept=i == 1) for i in range(7))), {"archive": Scales()})
    assert sorted(told) == ["s000", "s002", "s003", "s004", "s005", "s006"]
    assert told["s002"] == Weight(bytes=2)
    assert told["s003"] == Refusal(what="s003", why="the line went dead", source="archive")


@pytest.mark.parametrize("limits", [{"max_scenes": 0}, {"max_mb": 0}, {"max_mb": -1}, {"max_cloud_percent": 101},
                                    {"max_mb": float("nan")}])
def test_a_limit_that_allows_nothing_is_refused(limits):
    with pytest.raises(InputError):
        Limits(**limits)


@given(st.lists(st.one_of(st.none(), st.floats(0, 5)), max_size=20), st.floats(0, 20))
def test_no_more_is_paid_than_allowed_and_what_costs_nobody_knows_stays_out(costs, most):
    found = _scenes(*(_scene(i) for i in range(len(costs))))
    told = {scene.id: Weight(bytes=1, cost=cost, unit="EUR") for scene, cost in zip(found.scenes, costs, strict=True)}
    plan = plan_scenes(found, told, Limits(max_cost=most))
    assert sum(plan.costs.values()) <= most * (1 + 1e-9)
    assert all(row.why_not for row in plan.rows if row.weight.cost is None)
    bold = plan_scenes(found, told, Limits(max_cost=most, take_unknown_cost=True))
    assert all(row.why_not is None for row in bold.rows if row.weight.cost is None)


def test_what_is_free_is_fetched_without_a_yes_and_what_is_not_says_how_to_agree():
    found = _scenes(_scene(0), _scene(1), _scene(2))
    told = {"s000": Weight(), "s001": Weight(cost=1.5, unit="EUR"), "s002": Weight(cost=None, unit="EUR")}
    plan = plan_scenes(found, told, Limits())
    assert plan.costs == {"EUR": None}
    assert [row.scene.id for row in plan.to_pay] == ["s001", "s002"]
    rest = plan.unpaid()
    assert [row.scene.id for row in rest.to_fetch] == ["s000"]
    assert f"--order {plan.code}" in rest.rows[1].why_not


@pytest.mark.parametrize("change", [{"cost": 2.0}, {"unit": "USD"}])
def test_another_price_or_another_scene_has_another_code(change):
    told = {f"s{i:03}": Weight(cost=1.0, unit="EUR") for i in range(3)}
    plan = plan_scenes(_scenes(_scene(0), _scene(1)), told, Limits())
    assert plan.code == plan_scenes(_scenes(_scene(0), _scene(1)), told, Limits()).code
    assert plan.code != plan_scenes(_scenes(_scene(0), _scene(2)), told, Limits()).code
    assert plan.code != plan_scenes(_scenes(_scene(0), _scene(1)), {
        **told, "s000": replace(told["s000"], **change)}, Limits()).code


def test_one_limit_cannot_hold_for_two_currencies():
    told = {"s000": Weight(cost=1.0, unit="EUR"), "s001": Weight(cost=1.0, unit="km² of quota")}
    with pytest.raises(UsageError, match="--source"):
        plan_scenes(_scenes(_scene(0), _scene(1)), told, Limits(max_cost=5))


def test_of_looks_that_are_as_clear_those_of_the_commonest_season_go_first():
    found = _scenes(*(_scene(i, every_days=4.0, relative_orbit=i % 2) for i in range(5)),
                    *(_scene(i, every_days=4.0, relative_orbit=0) for i in range(45, 48)))
    plan = plan_scenes(found, {scene.id: Weight(hidden=0.1) for scene in found.scenes}, Limits(max_scenes=1))
    assert [row.scene.id for row in plan.to_fetch] == ["s000"]


def test_months_in_which_nobody_passed_are_named():
    found = _scenes(_scene(0), _scene(6), _scene(9))   # on 1 January, 1 March and 31 March 2020
    assert months_without(found, Span()) == ("2020-02",)
    end = datetime(2020, 5, 1, tzinfo=UTC)
    start = datetime(2019, 12, 5, tzinfo=UTC)
    assert months_without(found, Span(start=start, end=end)) == ("2019-12", "2020-02", "2020-04")
    assert months_without(_scenes(), Span(end=end)) == ()


def test_a_month_is_without_a_pass_only_where_the_archives_answered_and_refused_none():
    withheld = Refusal(what="x", why="withheld", taken=datetime(2020, 2, 5, tzinfo=UTC))
    beside = Refusal(what="y", why="does not reach the site")
    found = _scenes(_scene(0), _scene(12))   # on 1 January and 30 April 2020
    assert months_without(replace(found, refusals=(withheld, beside)), Span()) == ("2020-03",)
    plan = replace(plan_scenes(replace(found, refusals=(withheld, beside)), {}, Limits()), without=("2020-03",))
    assert "2020-03  " in plan_table(plan, True)
    assert "no pass: no archive has a scene of it" in plan_table(plan, True)
    assert (plan_json(plan)["months_without"], plan_json(plan)["months_not_known"]) == (["2020-03"], [])
    broken = Refusal(what="archive", why="the search broke off", is_gap=True)
    plan = replace(plan, scenes=replace(found, refusals=(withheld, broken)))
    assert "not known: see what was not searched" in plan_table(plan, True)
    assert "no pass" not in plan_table(plan, True)
    assert (plan_json(plan)["months_without"], plan_json(plan)["months_not_known"]) == ([], ["2020-03"])


def test_of_two_looks_the_one_without_snow_goes_first_and_the_other_says_so():
    found = _scenes(_scene(0), _scene(1))
    plan = plan_scenes(found, {"s000": Weight(hidden=0.0, snow=0.6), "s001": Weight(hidden=0.1, snow=0.0)},
                       Limits(max_scenes=1))
    assert [row.scene.id for row in plan.to_fetch] == ["s001"]
    assert "snow lies on 60%" in plan.rows[0].why_not
