"""The lines that are kept in git, the tables and what runs which benchmark."""

from __future__ import annotations

import csv

import pytest
from benchmarks.accuracy import __main__ as everything
from benchmarks.accuracy import frame
from benchmarks.accuracy.frame import Row, keep, percent, shared_folder, show


def _lines(file):
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_new_run_replaces_only_the_lines_of_its_own_tier_and_set(tmp_path):
    keep("b", [Row(tier="real", set="dubai", cells={"f1": 0.5}), Row(tier="real", set="golf", cells={"f1": 0.6}),
               Row(tier="simulated", set="dubai", cells={"f1": 0.7})], "aaa", tmp_path)
    file = keep("b", [Row(tier="real", set="dubai", cells={"f1": 0.9})], "bbb", tmp_path)
    assert [tuple(line.values()) for line in _lines(file)] == [
        ("simulated", "dubai", "0.7", "aaa"), ("real", "dubai", "0.9", "bbb"), ("real", "golf", "0.6", "aaa")]


def test_the_tiers_stand_in_their_order_and_the_rows_of_a_set_in_theirs(tmp_path):
    rows = [Row(tier="real", set="b", cells={"n": n}) for n in (3, 1, 2)]
    file = keep("b", [*rows, Row(tier="semi-synthetic", set="z", cells={"n": 0})], "aaa", tmp_path)
    assert [line["n"] for line in _lines(file)] == ["0", "3", "1", "2"]


def test_a_run_without_a_column_leaves_it_empty_and_the_commit_stays_last(tmp_path):
    keep("b", [Row(tier="real", set="a", cells={"old": 1})], "aaa", tmp_path)
    file = keep("b", [Row(tier="real", set="b", cells={"new": True, "none": None})], "bbb", tmp_path)
    assert _lines(file) == [
        {"tier": "real", "set": "a", "new": "", "none": "", "old": "1", "commit": "aaa"},
        {"tier": "real", "set": "b", "new": "yes", "none": "", "old": "", "commit": "bbb"}]
    assert file.read_text().splitlines()[0].endswith(",commit")


def test_the_table_has_the_columns_of_all_rows_and_the_notes_behind(capsys):
    show("Title", [Row(tier="real", set="dubai", cells={"f1": 0.12345}, note="why"),
                   Row(tier="real", set="golf", cells={"other": 7})])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[3:]] == [["set", "f1", "other"], ["dubai", "0.123", "why"], ["golf", "7"]]


@pytest.mark.parametrize(("part", "whole", "text"), [(7, 8, "7 of 8 (88 %)"), (0, 0, "0 of 0")])
def test_a_share_is_told_with_its_count(part, whole, text):
    assert percent(part, whole) == text


def test_a_missing_folder_of_real_sets_is_told_and_skipped(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SITEWATCH_SHARED", str(tmp_path))
    assert shared_folder() is None
    assert "SITEWATCH_SHARED" in capsys.readouterr().out
    (tmp_path / "cases").mkdir()
    assert shared_folder() == tmp_path


def test_without_arguments_the_benchmarks_are_listed_and_none_is_run(capsys):
    assert everything.main([]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in everything._BENCHMARKS)


def test_a_tier_runs_the_benchmarks_that_have_it(monkeypatch):
    ran = []
    for name, benchmark in everything._BENCHMARKS.items():
        monkeypatch.setattr(benchmark, "main", lambda words, name=name: ran.append((name, words)))
    everything.main(["--tier", "real"])
    real = {name for name, benchmark in everything._BENCHMARKS.items() if "real" in benchmark.TIERS}
    assert {"real_cases", "pixels", "likeness", "alignment"} <= real
    assert dict(ran) == {name: ["--tier", "real"] for name in real}
    ran.clear()
    everything.main(["pixels"])
    assert ran == [("pixels", ["--tier", "simulated", "--tier", "real"])]
    ran.clear()
    everything.main(["all"])
    assert [name for name, _ in ran] == list(everything._BENCHMARKS)


def test_every_benchmark_says_what_it_is_for_and_in_which_tiers():
    for benchmark in everything._BENCHMARKS.values():
        assert benchmark.__doc__
        assert set(benchmark.TIERS) <= set(frame.TIERS)
