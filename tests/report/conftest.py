"""The yard: one new hall on the Earth, composed into a page."""

from __future__ import annotations

import pytest
from tests.report.yard import World, world_of


@pytest.fixture(scope="session")
def world() -> World:
    return world_of()


@pytest.fixture(scope="session")
def page(world: World) -> str:
    return world.page()
