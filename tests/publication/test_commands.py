"""The commands: what is missing, publish, verify."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.publication.conftest import restated

from sitewatch.cli import main


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def test_a_draft_lists_what_is_open_and_how_to_supply_it(case, capsys):
    restated(case, "publish: {version: 1}")
    code, out, _ = _run(capsys, "report", case.folder, "--draft")
    assert code == 0
    assert "rows stop publication" in out
    assert "publish.harm_review" in out
    rows = json.loads(_run(capsys, "report", case.folder, "--draft", "--json")[1])
    assert len(rows) == 50
    assert {row["row"] for row in rows if row["open"] and row["rule"] == "refuse"} >= {3, 44, 47, 48}


def test_publish_says_where_and_verify_says_that_it_holds(case, capsys):
    code, out, _ = _run(capsys, "publish", case.folder)
    assert (code, out.splitlines()[-1]) == (0, f"published: {case.folder / 'published'}")
    code, out, _ = _run(capsys, "verify", case.folder / "published", "--json")
    assert code == 0
    assert json.loads(out)["holds"] is True


def test_publish_refuses_with_exit_code_4_what_is_not_ready(case, capsys):
    restated(case, "publish: {version: 1}")
    code, _, err = _run(capsys, "publish", case.folder)
    assert code == 4
    assert "harm review" in err


def test_verify_fails_with_exit_code_5_and_names_the_file(case, capsys):
    _run(capsys, "publish", case.folder)
    page = case.folder / "published" / "index.html"
    page.write_text(page.read_text().replace("hall", "dome"))
    code, out, err = _run(capsys, "verify", page)
    assert (code, "index.html" in out) == (5, True)
    assert "do not hold" in err


def test_withheld_images_leave_exit_code_0_and_are_told(case, images, capsys):
    _run(capsys, "publish", case.folder, "--no-pixels")
    code, out, err = _run(capsys, "verify", case.folder / "published")
    assert (code, "not checked" in out) == (0, True)
    assert "could not be made here" in err
    code, out, err = _run(capsys, "verify", case.folder / "published", "--pixels", images)
    assert (code, "not checked" in out, "could not be made" in err) == (0, False, False)


def test_the_options_of_a_published_report_are_refused_for_a_case(case, images, capsys):
    case.run()
    shutil.rmtree(case.folder / "published", ignore_errors=True)
    assert _run(capsys, "verify", case.folder, "--pixels", images)[0] == 2
