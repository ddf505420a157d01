"""The server of a small case, asked as its own page asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.case.conftest import case, images, table

from sitewatch.case import Case
from sitewatch.web import Desk, Guard, app_of

__all__ = ["ORIGIN", "case", "first", "images", "table"]

_PORT = 8123
ORIGIN = f"http://127.0.0.1:{_PORT}"


def first(page: TestClient) -> dict:
    """What stands first in the queue."""
    return page.get("/api/subjects").json()["subjects"][0]


@pytest.fixture
def desk(case: Case) -> Desk:
    case.run()
    return Desk(case.folder, "ana")


@pytest.fixture
def guard(desk: Desk) -> Guard:
    return Guard(app_of(desk), _PORT)


@pytest.fixture
def stranger(guard: Guard) -> Iterator[TestClient]:
    """A program on this machine that has no link."""
    with TestClient(guard, base_url=ORIGIN, headers={"origin": ORIGIN}, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def page(guard: Guard, stranger: TestClient) -> TestClient:
    """The browser that used the link."""
    assert stranger.get(f"/?token={guard.token}", follow_redirects=False).status_code == 303
    return stranger
