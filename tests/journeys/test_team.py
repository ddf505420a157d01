"""Two people and one case: the session on the page about a team's store, letter for letter, on real servers."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import psycopg
import pytest
from tests.case.conftest import images, table
from tests.case.hill import AREA
from tests.team import Servers, servers

from sitewatch.case import Case, NewCase
from sitewatch.cli import main

__all__ = ["images", "servers", "table"]

_PAGE = (Path(__file__).parents[2] / "docs" / "team.md").read_text()
_BLOCKS = re.findall(r"^```text\n(.*?)^```$", _PAGE, re.M | re.S)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d( at)? \d\d:\d\d(:\d\d)?")
_PROGRESS = re.compile(r"(sending|receiving) pixels .*")


@pytest.fixture
def store(servers: Servers) -> str:
    """The address of a database that Ana owns; Ben may do in it what the page grants him."""
    url = servers.empty_database()
    name = url.rpartition("/")[2]
    for role in ("ana", "ben"):
        servers.execute(f"DROP ROLE IF EXISTS {role}")
        servers.execute(f"CREATE ROLE {role} LOGIN")
    servers.execute(f"ALTER DATABASE {name} OWNER TO ana")
    return servers.address(name, user="").replace("//@", "//")


@pytest.fixture
def run(store, tmp_path, monkeypatch, capsys):
    """Runs a line of the session as a person, in that person's folder; what it prints."""
    def ran(person: str, line: str) -> str:
        folder = tmp_path / person
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("SITEWATCH_ACTOR", person)
        monkeypatch.setenv("PGUSER", person)
        if not line.startswith("sitewatch "):
            return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout
        with pytest.raises(SystemExit):
            main(shlex.split(line.replace("$STORE", store))[1:])
        out, err = capsys.readouterr()
        return "\n".join([*(line for line in err.splitlines() if not _PROGRESS.match(line.strip())), *out.splitlines()])
    return ran


def test_the_session_on_the_page_is_what_happens(run, store, images, tmp_path):
    case = Case.new(tmp_path / "ana" / "cases" / "works",
                    NewCase(images=images, area=AREA, gsd_m=3.0, name="Works", question="What?"))
    case.run()
    grants, queries = _block("GRANT"), _block("SELECT path")
    for part in re.split(r"^(?=\w+\$ )", _block("ana$ "), flags=re.M)[1:]:
        command, _, wanted = part.partition("\n")
        person, _, line = command.partition("$ ")
        assert _undated(run(person, line)) == _undated(wanted), command
        if "setup" in line:
            _execute(store, grants)
    assert (tmp_path / "ben/cases/works/report/index.html").read_bytes() == (
        tmp_path / "ana/cases/works/report/index.html").read_bytes()
    assert _execute(store, queries) == [("works", "Works")]


def _block(beginning: str) -> str:
    return next(block for block in _BLOCKS if block.startswith(beginning))


def _execute(store: str, statements: str) -> list[tuple]:
    """What the last of them gives."""
    with psycopg.connect(store, user="ana", autocommit=True) as connection:
        for statement in statements.split(";\n")[:-1]:
            done = connection.execute(statement)
        return done.fetchall() if done.description else []


def _undated(text: str) -> str:
    return _MOMENT.sub("THEN", text).strip()
