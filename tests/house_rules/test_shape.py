"""Modules and functions stay small enough to be read at one sitting; only some of them may reach outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

_SOURCE = Path(__file__).parents[2] / "src" / "sitewatch"
_MODULES = sorted(_SOURCE.rglob("*.py"))
_NETWORK = {"urllib.request", "http", "http.client", "requests", "httpx", "socket", "aiohttp", "ftplib", "smtplib"}
_TEAM = {"psycopg", "sqlalchemy", "alembic", "obstore"}
_ASKED_TO = {Path("watch/_webhook.py"), Path("watch/_email.py"), Path("publication/_stamp.py")}   # by a person


@pytest.fixture(scope="module", params=_MODULES, ids=lambda path: str(path.relative_to(_SOURCE)))
def module(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_a_module_has_fewer_than_400_lines(module):
    assert len(module.read_text().splitlines()) < 400


def test_a_function_has_fewer_than_40_lines(module):
    long = [f"{f.name}: {lines}" for f in _functions(module) if (lines := f.end_lineno - f.lineno + 1) >= 40]
    assert long == []


def test_a_function_has_at_most_6_parameters(module):
    many = [f.name for f in _functions(module) if len(_parameters(f)) > 6]
    # A command has one parameter per option: its options are its interface.
    commands = {f.name for f in _functions(module) if module.parent.name == "cli" and f.decorator_list}
    assert [name for name in many if name not in commands] == []


def test_a_module_says_what_it_is_for(module):
    assert ast.get_docstring(_tree(module))


def test_only_the_faces_print(module):
    if module.parent.name != "cli":
        names = [node.func.id for node in _nodes(module)
                 if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        assert [name for name in names if name in ("print", "input")] == []


def test_only_sources_alerts_and_time_stamps_reach_the_network(module):
    if "sources" not in module.relative_to(_SOURCE).parts and module.relative_to(_SOURCE) not in _ASKED_TO:
        assert _imported(module) & _NETWORK == set()


def test_only_a_team_store_reaches_a_database_or_a_bucket(module):
    if not module.is_relative_to(_SOURCE / "store" / "team"):
        assert {name.partition(".")[0] for name in _imported(module)} & _TEAM == set()


def test_no_work_is_left_marked_as_to_be_done(module):
    text = module.read_text()
    assert [mark for mark in ("TODO", "FIXME", "XXX", "NotImplementedError") if mark in text] == []


@lru_cache(maxsize=1)   # all rules are held against one module before the next
def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text())


@lru_cache(maxsize=1)
def _nodes(module: Path) -> list[ast.AST]:
    return [*ast.walk(_tree(module))]


def _functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in _nodes(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


def _imported(module: Path) -> set[str]:
    names = set()
    for node in _nodes(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names
