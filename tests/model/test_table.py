"""Tables of a YAML text: what is taken is checked, and what is wrong is named with its own line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitewatch.errors import CaseFileError
from sitewatch.model import Table, parse_yaml

_FILE = Path("world.yaml")
_FINITE = st.floats(allow_nan=False, allow_infinity=False)


def _parsed(text: str) -> Table:
    return parse_yaml(text.encode(), _FILE)


def test_a_list_of_numbers_is_read_as_floats():
    table = _parsed("size: [44, 58.5]\nnone: []\n")
    assert table.numbers("size", 2) == (44.0, 58.5)
    assert {type(number) for number in _parsed("size: [1, 2]").numbers("size")} == {float}
    assert table.numbers("none") == ()
    table.done()


def test_a_list_of_points_is_read_as_pairs():
    table = _parsed("corners: [[0, 0], [10, 2.5]]\npath:\n- [1, 2]\n-\n  - 3\n  - 4\n")
    assert table.points("corners") == ((0.0, 0.0), (10.0, 2.5))
    assert table.points("path") == ((1.0, 2.0), (3.0, 4.0))
    table.done()


@given(numbers=st.lists(_FINITE), points=st.lists(st.tuples(_FINITE, _FINITE)))
def test_numbers_and_points_come_back_as_they_were_written(numbers, points):
    written = [f"{number:.17e}" for number in numbers]
    pairs = [f"[{x:.17e}, {y:.17e}]" for x, y in points]
    table = _parsed(f"numbers: [{', '.join(written)}]\npoints: [{', '.join(pairs)}]\n")
    assert table.numbers("numbers", len(numbers)) == tuple(numbers)
    assert table.points("points") == tuple(points)


@pytest.mark.parametrize(("value", "key", "problem"), [
    ("[1, x]", "size[1]", "'x' is not a number"), ("[true, 1]", "size[0]", "'True' is not a number"),
    ("[1, .nan]", "size[1]", "'nan' is not a number"), ("[.inf, 1]", "size[0]", "'inf' is not a number"),
    ("[1, 1" + "0" * 400 + "]", "size[1]", "is not a number"), ("[1, null]", "size[1]", "'None' is not a number"),
    ("[1, [2]]", "size[1]", "is not a number"), ("[1, !!python/name:os.system x]", "size[1]", "is not allowed"),
    ("3", "size", "is not a list of numbers"), ("{a: 1}", "size", "is not a list of numbers"),
    ("", "size", "a list of numbers is missing"), ("[1, 2, 3]", "size", "holds 3 numbers. Give 2"),
])
def test_what_is_no_list_of_two_numbers_is_named(value, key, problem):
    with pytest.raises(CaseFileError) as caught:
        _parsed(f"things:\n  hall:\n    size: {value}\n").table("things").table("hall").numbers("size", 2)
    assert caught.value.key == f"things.hall.{key}"
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"{_FILE}:3: ")


@pytest.mark.parametrize(("value", "key", "problem"), [
    ("[[1, 2], [3]]", "path[1]", "is not a point"), ("[[1, 2, 3]]", "path[0]", "is not a point"),
    ("[1, 2]", "path[0]", "is not a point"), ("[[1, x]]", "path[0]", "'x' is not a number"),
    ("[[1, .inf]]", "path[0]", "'inf' is not a number"), ("north", "path", "is not a list of points"),
])
def test_what_is_no_list_of_points_is_named(value, key, problem):
    with pytest.raises(CaseFileError, match=f"{_FILE}:1: ") as caught:
        _parsed(f"path: {value}\n").points("path")
    assert caught.value.key == key
    assert problem in str(caught.value)


def test_the_wrong_item_of_a_list_is_named_with_the_line_that_it_stands_on():
    text = "path:\n- [0, 0]\n- [1, east]\nsize:\n- 1\n-\n  2\n- wide\nhalls:\n- {id: a}\n- b\n"
    for take, key, line in ((lambda table: table.points("path"), "path[1]", 3),
                            (lambda table: table.numbers("size"), "size[2]", 8),
                            (lambda table: table.tables("halls"), "halls[1]", 11)):
        with pytest.raises(CaseFileError) as caught:
            take(_parsed(text))
        assert (caught.value.key, caught.value.line) == (key, line)


def test_a_missing_list_is_missed_and_can_be_asked_for():
    table = _parsed("size: null\n")
    assert not table.has("size")
    for read, name in ((table.numbers, "size"), (table.points, "path")):
        with pytest.raises(CaseFileError, match=rf"{name}: a list of \w+ is missing. Add `{name}: \["):
            read(name)


def test_a_whole_number_too_large_for_a_float_is_refused():
    with pytest.raises(CaseFileError, match="is not a float"):
        _parsed("gsd_m: 1" + "0" * 400).take("gsd_m", float)


def test_plain_values_are_those_that_nothing_took():
    table = _parsed("kind: folder\npath: images\nbands: [1, 2]\n")
    table.take("kind", str)
    assert table.plain_values() == {"path": "images", "bands": [1, 2]}


@pytest.mark.parametrize(("text", "line", "says"), [
    ("a: &a [x]\nb: *a\n", 2, "aliases"), ("a: 1\nb: 2\na: 3\n", 3, "stands here twice"), ("- 1\n", 1, "not a table"),
    ("a: 1\n\tb: 2\n", 2, "is not YAML"), ("a: " + "[" * 60, 1, "nested too deeply"), ("? [a]\n: 1\n", 1, "a key is"),
])
def test_a_text_that_is_no_table_is_refused_with_its_line(text, line, says):
    with pytest.raises(CaseFileError, match=says) as caught:
        _parsed(text)
    assert caught.value.line == line
