"""The same word names a stage's package, its options in case.yaml, its docs page and its test folder."""

from __future__ import annotations

import dataclasses
import re

import pytest

from sitewatch import model
from sitewatch.case import STAGES
from sitewatch.cli._options import STAGE_NAMES

_WORDS = tuple(STAGES)


def test_the_command_line_knows_the_stages_in_their_order():
    assert STAGE_NAMES == _WORDS


@pytest.mark.parametrize("word", _WORDS)
def test_a_stage_has_a_package_a_page_and_tests_of_its_name(repository, word):
    assert (repository / "src" / "sitewatch" / word / "__init__.py").is_file()
    assert (repository / "docs" / "stages" / f"{word}.md").is_file()
    assert list((repository / "tests" / word).glob("test_*.py"))


@pytest.mark.parametrize("word", _WORDS)
def test_a_stages_modules_are_private(repository, word):
    modules = [path.name for path in (repository / "src" / "sitewatch" / word).glob("*.py")]
    assert [name for name in modules if not name.startswith("_")] == []


@pytest.mark.parametrize("word", _WORDS)
def test_every_option_of_a_stage_is_on_its_page_with_its_default(repository, word):
    options = next((part for part in STAGES[word] if dataclasses.is_dataclass(part)), None)
    page = (repository / "docs" / "stages" / f"{word}.md").read_text()
    fields = dataclasses.fields(options) if options else ()
    rows = [f"| `{field.name}` | {'(empty)' if field.default in ('', ()) else field.default} |" for field in fields]
    assert [row for row in rows if row not in page] == []


def test_every_noun_is_explained_in_words(repository):
    words = (repository / "docs" / "words.md").read_text()
    nouns = [name for name in model.__all__ if name[0].isupper() and name not in ("SENSORS", "VERDICTS")]
    assert [noun for noun in nouns if not re.search(rf"`{noun}`", words)] == []
