"""The command: one line a place, an exit code for what needs somebody, JSON for other programs."""

from __future__ import annotations

import json

import pytest

from sitewatch.cli import main


@pytest.fixture
def watch(capsys):
    def run(*words):
        with pytest.raises(SystemExit) as end:
            main(["watch", *map(str, words)])
        return end.value.code, *capsys.readouterr()
    return run


def test_news_ends_with_10_and_nothing_new_with_0(watch, cases, make, arrive, seen):
    make("hill")
    assert watch(cases)[0] == 0
    arrive("hill", 13)
    seen["looks"] = 1
    code, out, _ = watch(cases)
    assert code == 10
    assert out.splitlines()[0] == "hill  news         1 new image, 1 clear"
    assert "  candidate: new structure, first seen between 2024-03-01 and 2024-03-13" in out
    assert f"desk: {cases / 'desk' / 'index.html'}" in out
    assert watch(cases)[0] == 0


def test_a_case_that_failed_gives_its_own_code_where_nothing_is_new(watch, cases, make):
    make("hill")
    (cases / "hill" / "case.yaml").write_text("site: [1, 2")
    assert watch(cases)[0] == 4


def test_json_tells_the_same(watch, cases, make, arrive, seen):
    make("hill")
    watch(cases)
    arrive("hill", 13)
    seen["looks"] = 3
    told, = json.loads(watch(cases, "--json")[1])["cases"]
    assert (told["state"], told["new_looks"], [news["kind"] for news in told["news"]]) == ("news", 1, ["confirmed"])


@pytest.mark.parametrize("time", ["0h", "6", "6 hours", "-1h", "1w"])
def test_a_time_that_is_none_is_a_usage_error(watch, cases, time):
    code, _, err = watch(cases, "--every", time)
    assert (code, "Write 30m, 6h or 1d" in err) == (2, True)


def test_it_passes_again_after_the_time_that_was_asked_for(watch, cases, make, monkeypatch):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 2:
            raise KeyboardInterrupt

    make("hill")
    monkeypatch.setattr("sitewatch.cli._watch.time.sleep", sleep)
    code, out, _ = watch(cases, "--every", "1h")
    assert (code, out.count("nothing new")) == (130, 2)
    assert all(3_000 < seconds <= 3_600 for seconds in slept)
