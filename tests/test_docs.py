"""What the pages say is true: their commands and programs run, their links lead somewhere, nothing is left out."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from subprocess import run
from textwrap import dedent

import click
import pytest
import yaml
from tests.folders import images_of, ran_corner
from tools.cli_reference import PAGE, with_reference

from sitewatch.cli import cli

_REPOSITORY = Path(__file__).parents[1]
_PAGES = [_REPOSITORY / "README.md", _REPOSITORY / "CONTRIBUTING.md", *sorted((_REPOSITORY / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.M | re.S)
_FILE = re.compile(r"into a file `([\w.-]+)`:\n\n```\w*\n(.*?)^```$", re.M | re.S)
_CHANGES_FOUND = 10


@dataclass(frozen=True)
class Block:
    language: str
    text: str


def _blocks(page: Path) -> list[Block]:
    return [Block(language, dedent(text)) for _, language, text in _FENCE.findall(page.read_text(encoding="utf-8"))]


def _runs(page: Path) -> bool:
    return any(block.language in ("sh", "console", "py") for block in _blocks(page))


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader has it after ``sitewatch demo``, with a folder ``images`` of dated images beside it. The
    place is a smaller one; the demo's own is run as a journey."""
    folder = tmp_path_factory.mktemp("reader")
    ran_corner(tmp_path_factory, folder / "demo")
    images_of(folder / "demo", folder / "images", every=2)
    return folder


@pytest.mark.parametrize("page", [page for page in _PAGES if _runs(page)], ids=lambda page: page.stem)
def test_every_command_and_program_on_a_page_runs(page, base, tmp_path):
    here = shutil.copytree(base, tmp_path / "reader")
    for name, text in _FILE.findall(page.read_text(encoding="utf-8")):
        (here / name).write_text(text, encoding="utf-8")
    for block in _blocks(page):
        if block.language == "sh":
            for line in re.sub(r"\\\n\s*", "", block.text).splitlines():
                _command(line, here)
        elif block.language == "console":
            _session(block.text, here)
        elif block.language == "py":
            done = run([sys.executable, "-"], input=block.text, cwd=here, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{block.text}\n{done.stderr}"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_data_on_a_page_can_be_parsed(page):
    for block in _blocks(page):
        if block.language == "json":
            json.loads(block.text)
        elif block.language == "yaml":
            yaml.safe_load(block.text)
        else:
            assert block.language in ("sh", "console", "py", "text"), f"a block of {block.language!r} is not checked"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_every_link_on_a_page_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_the_reference_of_the_commands_is_current():
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_reference(page), "run `make docs`"


def test_every_command_and_option_says_what_it_is_for():
    for name, command in cli.commands.items():
        assert command.help, name
        for option in command.params:
            assert not isinstance(option, click.Option) or option.help, f"{name}: {option.name}"


def test_every_source_is_documented():
    page = PAGE.read_text(encoding="utf-8")
    assert [point.name for point in entry_points(group="sitewatch.sources") if f"| `{point.name}` |" not in page] == []


def test_every_page_can_be_reached_from_the_index():
    index = _REPOSITORY / "docs" / "index.md"
    linked = {(index.parent / link).resolve() for link in re.findall(r"\]\(([^)#]+)", index.read_text(encoding="utf-8"))
              if "://" not in link}
    pages = {page.resolve() for page in (_REPOSITORY / "docs").rglob("*.md")} - {index.resolve()}
    assert sorted(page.name for page in pages - linked) == []


@pytest.mark.parametrize("example", sorted((_REPOSITORY / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_every_example_runs(example, base, tmp_path):
    here = shutil.copytree(base, tmp_path / "reader")
    done = run([sys.executable, example, "demo"], cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def _session(text: str, here: Path) -> None:
    """``$ command`` lines and the output under each, letter for letter."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, wanted = part.partition("\n")
        assert _command(command, here).rstrip() == wanted.rstrip(), command


def _command(line: str, here: Path) -> str:
    """Runs one line as a reader would, without fetching anything; its standard output."""
    line = line.split("  #", maxsplit=1)[0].strip()
    if not line or line.startswith(("git ", "cd ", "pip ")):
        return ""
    if line.startswith("make "):
        target = line.split()[1]
        assert run(["make", "-n", target], cwd=_REPOSITORY, capture_output=True, check=False).returncode == 0, line
        if target != "demo":
            return ""
        line = "sitewatch demo"  # what the target runs once everything is installed
    if line == "sitewatch demo":
        line = "sitewatch run demo"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = run(["bash", "-c", line], cwd=here, capture_output=True, text=True, check=False,
               env={**os.environ, "PATH": path, "PYTHONUTF8": "1"})
    assert done.returncode in (0, _CHANGES_FOUND), f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout
