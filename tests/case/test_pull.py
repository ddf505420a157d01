"""A case: every stage computed once, pulled through one table, and computed again where something changed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time

import pytest
from tests.case.hill import CALLS, structures_of

import sitewatch
from sitewatch.case import STAGES, Case
from sitewatch.errors import CaseFileError, InputError, UsageError


def test_a_case_is_computed_once_and_then_only_loaded(case):
    steps = case.run()
    assert [(step.stage, step.computed) for step in steps] == [(stage, True) for stage in STAGES]
    assert CALLS == ["stack", "changes", "structures", "measurements", "claims", "report"]
    again = Case.open(case.folder)
    started = time.perf_counter()
    assert [step.computed for step in again.run()] == [False] * 7
    assert time.perf_counter() - started < 2
    assert [step.run_id for step in again.run()] == [step.run_id for step in steps]
    assert len(CALLS) == 6


def test_what_is_computed_equals_what_is_loaded(case):
    case.run()
    loaded = Case.open(case.folder)
    for stage in ("changes", "structures", "measurements", "findings", "scenes"):
        assert getattr(case, stage)() == getattr(loaded, stage)()
    assert case.stack().data.identical(loaded.stack().data)
    assert case.stack().fits == loaded.stack().fits
    assert case.report() == loaded.report()
    assert len(CALLS) == 6


def test_what_others_are_quoted_with_recomputes_the_claims_and_nothing_before_them(case):
    case.run()
    (case.folder / "article.txt").write_text("The hall is new. It is large.", encoding="utf-8")
    digest = hashlib.sha256((case.folder / "article.txt").read_bytes()).hexdigest()
    for quote in ("The hall is new", "It is large"):
        (case.folder / "claims.yaml").write_text(
            f"document: {{id: a, path: article.txt, publisher: P, sha256: {digest}}}\n"
            f"claims:\n- {{id: a, kind: background, quote: {quote}}}\n", encoding="utf-8")
        steps = Case.open(case.folder).run()
        assert [step.stage for step in steps if step.computed] == ["claims", "report"]
        assert [step.computed for step in Case.open(case.folder).run()] == [False] * 7
    (case.folder / "claims.yaml").write_text("claims: nothing\n", encoding="utf-8")
    with pytest.raises(CaseFileError, match=r"claims\.yaml:1: claims: is not a list"):
        Case.open(case.folder)


def test_a_record_pulls_only_what_it_needs(case):
    assert case.structures()["s-1"].label == "hall"
    assert CALLS == ["stack", "changes", "structures"]
    assert case.report().title == "A hall at Hill"
    assert (case.report().path / "index.html").is_file()


def test_a_run_stops_where_it_is_told(case):
    assert [step.stage for step in case.run("changes")] == ["scenes", "stack", "changes"]
    with pytest.raises(InputError, match="no stage"):
        case.run("everything")


def test_a_changed_option_recomputes_only_what_depends_on_it(case):
    case.run()
    with (case.folder / "case.yaml").open("a") as file:
        file.write("changes:\n  share: 0.5\n")
    CALLS.clear()
    steps = Case.open(case.folder).run()
    assert [step.stage for step in steps if step.computed] == ["changes", "structures", "measurements", "claims",
                                                              "report"]
    assert Case.open(case.folder).changes().threshold == 0.5


def test_a_changed_question_recomputes_only_the_words(case):
    case.run()
    text = (case.folder / "case.yaml").read_text()
    (case.folder / "case.yaml").write_text(text.replace('"What?"', '"Why?"'))
    assert [s.stage for s in Case.open(case.folder).run() if s.computed] == ["claims", "report"]


def test_a_failing_stage_leaves_the_earlier_ones(case, table):
    def broken(changes, stack):
        raise InputError("no")
    table["structures"] = table["structures"]._replace(function=broken)
    with pytest.raises(InputError, match="no"):
        case.run()
    table["structures"] = table["structures"]._replace(function=structures_of)
    assert [step.computed for step in Case.open(case.folder).run()] == [False] * 3 + [True] * 4


def test_the_demo_is_a_case_of_the_simulated_place(tmp_path):
    demo = Case.demo(tmp_path / "demo")
    assert demo.site.references
    assert demo.site.controls
    assert 'kind: "simulated"' in (demo.folder / "case.yaml").read_text()
    with pytest.raises(InputError, match="already holds a case"):
        Case.demo(tmp_path / "demo")
    with pytest.raises(UsageError, match="sitewatch worlds render"):
        Case.demo(tmp_path / "else", "shed.yaml")


def test_importing_sitewatch_is_quick_and_gives_the_public_names():
    code = "import sys, sitewatch; assert not {'numpy', 'rasterio', 'cv2'} & set(sys.modules); sitewatch.Case"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert set(sitewatch.__all__) <= set(dir(sitewatch))
    assert all(getattr(sitewatch, name) is not None for name in sitewatch.__all__)


def test_the_order_of_the_table_lets_every_stage_follow_its_inputs():
    seen: list[str] = []
    for stage, row in STAGES.items():
        assert set(row.inputs) <= set(seen)
        seen.append(stage)
