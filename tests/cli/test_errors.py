"""Every way to fail is one line on standard error and one exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from sitewatch import errors


@pytest.mark.parametrize(("error", "code"), [
    (errors.UsageError("no"), 2), (errors.ProviderError("no"), 3), (errors.ImageError("no"), 4),
    (errors.CaseFileError(Path("case.yaml"), 3, "site", "missing", "Add it"), 4),
    (errors.VerificationError("no"), 5), (OSError(28, "No space left on device"), 1), (KeyError("x"), 1)])
def test_each_error_of_the_tree_has_its_exit_code_and_one_line(case, sitewatch, error, code):
    case.error = error
    done = sitewatch("run", "yard", "--json")
    assert done.code == code
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1


def test_an_error_of_many_lines_is_told_in_one(case, sitewatch):
    case.error = errors.InputError("one\ntwo\x1b[2J")
    assert sitewatch("run", "yard").err == "error: one two\N{REPLACEMENT CHARACTER}[2J\n"


def test_a_closed_standard_error_does_not_end_a_run(case, sitewatch, monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    assert sitewatch("run", "yard", "--json").code in (0, 10)


def test_a_traceback_is_shown_only_when_asked_for(case, sitewatch, monkeypatch):
    case.error = errors.InputError("no")
    monkeypatch.setenv("SITEWATCH_DEBUG", "1")
    with pytest.raises(errors.InputError):
        sitewatch("run", "yard")


def test_an_interrupted_run_says_that_it_can_go_on(case, sitewatch):
    case.error = KeyboardInterrupt()
    done = sitewatch("run", "yard")
    assert done.code == 130
    assert "kept so far; run again to go on" in done.err


@pytest.mark.parametrize("arguments", [
    ["fly"], ["run"], ["run", "yard", "--until", "lunch"], ["show", "yard"], ["new", "yard", "--at", "nowhere"],
    ["run", ""], ["new", "yard", "--images", ""],
    ["new", "yard", "--at", "39.92,127.66"], ["new", "yard", "--size", "500"], ["new", "yard", "--sensor", "eye"],
    ["new", "yard", "--at", "1,2", "--size", "9", "--area", "x.geojson"]])
def test_a_command_that_cannot_be_understood_is_a_usage_error(case, sitewatch, arguments):
    done = sitewatch(*arguments)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1


def test_a_missing_area_file_is_bad_input_and_names_the_file(case, sitewatch, tmp_path):
    done = sitewatch("new", "yard", "--area", tmp_path / "none.geojson")
    assert done.code == 4
    assert "none.geojson" in done.err
