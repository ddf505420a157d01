"""What the repository may hold: nothing of one machine, no address to fetch packages from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

# Written in two parts, so that this file does not hold what it looks for.
_MACHINE_PATHS = re.compile("|".join(("/ro" + "ot/", "/ho" + r"me/\w", "/Us" + r"ers/\w", r"C:\\\\Us" + "ers",
                                      r"(?<![\w.])/wo" + "rk/")))
_REGISTRIES = re.compile(r"://|--(extra-)?index" + r"-url|--find" + r"-links|file" + ":/")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_names_a_path_of_one_machine(tracked):
    assert [str(path) for path in tracked if _MACHINE_PATHS.search(_text(path))] == []


@pytest.mark.parametrize(("name", "least"), [("requirements.lock", 20), ("requirements-dev.lock", 20),
                                             ("requirements-uv.lock", 1)])
def test_a_lock_file_pins_every_package_by_hash_and_names_no_registry(repository, name, least):
    text = (repository / name).read_text()
    assert not _REGISTRIES.search(text)
    packages = re.findall(r"^([a-z0-9][\w.-]*)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.M)
    starts = re.findall(r"^[a-z0-9]\S*", text, re.M)
    assert len(packages) == len(starts) >= least


def test_the_pages_lock_pins_every_package_by_hash_and_names_no_registry(repository):
    lock = json.loads((repository / "web" / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 20
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert [name for name, one in packages.items() if not one.get("integrity", "").startswith("sha512-")] == []


def test_what_every_project_needs_is_there(repository):
    for name in ("README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "Makefile"):
        assert (repository / name).stat().st_size > 200, name


def test_the_lock_pins_what_the_project_asks_for(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    for wanted, name in ((project["dependencies"], "requirements.lock"),
                         (project["optional-dependencies"]["dev"], "requirements-dev.lock")):
        pinned = {p.lower().replace("_", "-") for p in re.findall(r"^(\S+?)==", (repository / name).read_text(), re.M)}
        assert {w.lower().replace("_", "-") for w in wanted} <= pinned
