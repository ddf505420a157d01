"""What all tests share: real providers are reached only when that is asked for."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--online", action="store_true", help="also run the tests that reach real providers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--online"):
        left = pytest.mark.skip(reason="reaches real providers; --online runs it")
        for item in items:
            if "online" in item.keywords:
                item.add_marker(left)
