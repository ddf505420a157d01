"""What all tests share: real providers are reached only when that is asked for, and no test fails because a machine is
busy."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
_LONGEST = Path(__file__).parent / "journeys"   # whole cases: begun last, they would hold one worker while others idle


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--online", action="store_true", help="also run the tests that reach real providers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.is_relative_to(_LONGEST) and item.path.name != "test_docs.py")
    if not config.getoption("--online"):
        left = pytest.mark.skip(reason="reaches real providers; --online runs it")
        for item in items:
            if "online" in item.keywords:
                item.add_marker(left)
