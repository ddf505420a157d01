"""What is to be paid for: shown with its cost, ordered only after a yes to exactly that, and never twice."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.loopback import serving
from tests.planet_desk import KEY, PlanetDesk, item
from tests.sources.test_planet import whole

from sitewatch.case import Case, NewCase
from sitewatch.errors import CaseFileError, InputError, UsageError
from sitewatch.fetching import Limits, fetch
from sitewatch.geo import square_around
from sitewatch.model import Order
from sitewatch.sources._web import Policy
from sitewatch.sources.planet import _source as planet_source
from sitewatch.store import Orders


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("PL_API_KEY", KEY)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(planet_source, "_PER_SECOND", None)
    monkeypatch.setattr(planet_source, "_PAUSE_S", 0.001)
    monkeypatch.setattr(Policy.__init__, "__kwdefaults__", {**Policy.__init__.__kwdefaults__, "first_wait_s": 0.002})
    with serving(tmp_path / "files") as archive:
        yield PlanetDesk(archive, polls=0)


@pytest.fixture
def case(desk, tmp_path):
    """A case of Planet's archive, with four scenes there."""
    made = Case.new(tmp_path / "hamhung", NewCase(area=square_around(39.9202, 127.6571, 900), source="planet",
                                                  sensor="planetscope-4"))
    file = made.folder / "case.yaml"
    file.write_text(file.read_text().replace('kind: "planet"', (
        f'kind: "planet", url: "{desk.archive.url}", allow_private: true')))
    for number in range(4):
        taken = datetime(2023, 5, 1, 1, 30, tzinfo=UTC) + timedelta(days=10 * number)
        identity, grid = f"2023050{number + 1}_013000_11_2533", whole(made.site.grid)
        desk.items.append(item(identity, taken, grid, desk.archive.url))
        desk.grids[identity], desk.clear[identity] = grid, 0.9
    return Case.open(made.folder)


def test_without_a_yes_nothing_is_ordered_and_the_list_says_how_to_say_it(case, desk):
    plan = fetch(case, dry_run=True)
    assert len(plan.to_pay) == 4
    assert 3 < plan.costs["km² of quota"] < 4
    with pytest.raises(InputError, match=f"--order {plan.code}"):
        fetch(case)
    assert desk.orders == {}


def test_a_yes_to_another_plan_orders_nothing(case, desk):
    code = fetch(case, dry_run=True).code
    with pytest.raises(UsageError, match="not the code of this plan"):
        fetch(case, limits=Limits(max_scenes=2, agreed=code))
    assert desk.orders == {}


def test_a_yes_to_this_plan_orders_it_once_and_what_is_held_is_not_ordered_again(case, desk):
    limits = Limits(max_scenes=3)
    code = fetch(case, limits=limits, dry_run=True).code
    done = fetch(case, limits=replace(limits, agreed=code))
    assert (sum(row.is_kept for row in done.rows), done.lost) == (3, ())
    (order,) = desk.orders.values()
    assert len(order["products"][0]["item_ids"]) == 3
    again = fetch(case, limits=limits, dry_run=True)
    assert (again.to_fetch, again.costs) == ((), {})
    assert KEY not in "".join(path.read_text() for path in (case.folder / "orders").glob("*"))
    kept = Orders(case.folder).orders()
    assert [(one.state, one.number) for one in kept] == [("delivered", order["id"])]


def test_the_cost_is_a_hard_limit(case, desk):
    plan = fetch(case, limits=Limits(max_cost=2.0), dry_run=True)
    assert plan.costs["km² of quota"] <= 2.0
    assert len(plan.to_pay) == 2
    assert all("a cost of 2" in row.why_not for row in plan.rows if row not in plan.to_pay)


def test_a_fetch_that_is_killed_while_it_orders_does_not_order_twice(case, desk):
    code = fetch(case, dry_run=True).code
    command = [sys.executable, "-m", "sitewatch.cli", "fetch", str(case.folder)]
    with subprocess.Popen([*command, "--order", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        desk.placed = lambda: os.kill(killed.pid, signal.SIGKILL)  # the order is taken, the answer never comes
        killed.wait(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert [one.state for one in Orders(case.folder).orders()] == ["asked"]
    done = fetch(Case.open(case.folder))
    assert len(desk.orders) == 1
    assert sum(row.is_kept for row in done.rows) == 4


def test_the_command_that_a_dry_run_shows_orders_exactly_what_it_has_listed(case, desk):
    asked = ["--since", "2023-05-05", "--max-scenes", "2", "--max-cost", "2.5", "--dry-run"]
    shown = _sitewatch("fetch", str(case.folder), *asked)
    assert "of which 2 cost" in shown.stdout
    following = shown.stderr.partition("next: sitewatch ")[2].strip()
    done = _sitewatch(*shlex.split(following))
    assert done.returncode == 0, done.stderr
    (order,) = desk.orders.values()
    assert all(one in shown.stdout for one in order["products"][0]["item_ids"])
    assert len(order["products"][0]["item_ids"]) == 2
    assert KEY not in shown.stdout + shown.stderr + done.stdout + done.stderr


def _sitewatch(*words):
    return subprocess.run([sys.executable, "-m", "sitewatch.cli", *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "COLUMNS": "200"})


def test_an_order_that_nobody_can_read_stops_the_fetch(case):
    folder = case.folder / "orders"
    folder.mkdir()
    (folder / "x.json").write_text("{")
    with pytest.raises(CaseFileError, match=r"x\.json"):
        fetch(case, dry_run=True)


def test_an_order_is_kept_as_it_is(tmp_path):
    order = Order(name="sitewatch-a-1", source="planet", scenes=("a", "b"), of="x", unit="EUR", cost=1.5,
                  asked_at=datetime(2023, 1, 1, tzinfo=UTC), without=("b",), why="none", number="7", state="delivered")
    Orders(tmp_path).write_order(order)
    assert Orders(tmp_path).orders() == (order,)
