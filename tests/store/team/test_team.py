"""Several people share a case: nothing is overwritten, and everything has a name to it."""

from __future__ import annotations

import multiprocessing
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

import obstore
import psycopg
import pytest
from obstore.store import S3Store
from tests.team import contents, edit, rows_of

from sitewatch.errors import BusyError, ConflictError, InputError
from sitewatch.store import FolderStore
from sitewatch.store.team import Team, export_case, import_case, set_up

_PROCESSES = multiprocessing.get_context("forkserver")   # they start at once, from one that has loaded what they need
_PROCESSES.set_forkserver_preload(["sitewatch.store.team"])


# -- there and back

def test_a_case_comes_back_byte_for_byte(team, ana, ben):
    assert contents(ben) == contents(ana)
    assert {".gitignore", "case.yaml", "pixels/s0/0.tif", "scenes/catalog.json"} <= contents(ana).keys()


@pytest.mark.parametrize(("name", "data"), [
    ("documents/cp949.txt", "언덕".encode("cp949")), ("documents/nul.txt", b"a\0b"),
    ("documents/crlf.txt", b"a\r\nb\r"),
    ("documents/언덕 1.txt", "\ufeff언덕".encode()), ("documents/empty.txt", b""), ("documents/odd.pdf", b"%PDF\xff"),
    ("documents/large.txt", b"x" * (9 << 20))], ids=lambda given: given if isinstance(given, str) else "")
def test_any_file_comes_back_byte_for_byte(team, ana, ben, name, data):
    (ana / "documents").mkdir()
    (ana / name).write_bytes(data)
    export_case(team, ana, "hill", "ana")
    assert import_case(team, ben, "hill").written == (name,)
    assert (ben / name).read_bytes() == data


def test_nothing_hidden_is_shared_and_what_was_unfinished_is_swept(team, ana, ben):
    for name in (".git/config", ".cache/stack", "looks/.draft", ".sitewatch-half"):
        edit(ana, name, "x")
    assert export_case(team, ana, "hill", "ana").written == ()


def test_texts_are_rows_and_pixels_are_objects_once(team, ana, url):
    (ana / "pixels/s1/1.tif").write_bytes((ana / "pixels/s0/0.tif").read_bytes())
    export_case(team, ana, "hill", "ana")
    held = rows_of(url, "SELECT path, body IS NULL FROM sitewatch.latest")
    assert {path for path, is_object in held if is_object} == {path for path in contents(ana) if "pixels/" in path}
    there = [one["path"] for page in obstore.list(S3Store.from_url(team.objects.url)) for one in page]
    assert len(there) == len(set(there)) == 5


def test_what_did_not_change_is_not_written_again(team, ana, ben):
    assert export_case(team, ben, "hill", "ben").written == ()
    assert import_case(team, ana, "hill").written == ()
    assert {one.actor for one in team.history("hill")} == {"ana"}


def test_a_file_that_one_side_removed_goes_and_its_empty_folder_with_it(team, ana, ben):
    shutil.rmtree(ana / "pixels/s2")
    assert export_case(team, ana, "hill", "ana").removed == ("pixels/s2/2.tif", "pixels/s2/2_udm2.tif")
    assert import_case(team, ben, "hill").removed == ("pixels/s2/2.tif", "pixels/s2/2_udm2.tif")
    assert not (ben / "pixels/s2").exists()
    assert contents(ben) == contents(ana)


def test_a_case_without_its_cache_is_compared_anew(team, ana, ben):
    shutil.rmtree(ben / ".cache")
    edit(ana, "notes.md", "one")
    export_case(team, ana, "hill", "ana")
    assert import_case(team, ben, "hill").written == ("notes.md",)


def test_cases_are_found_by_where_they_lie(team, ana, site):
    export_case(team, ana, "hill", "ana")
    lon, lat = site.area.centroid.coords[0]
    assert [(one.name, one.title, one.actor) for one in team.cases((lat, lon))] == [("hill", "Hill 1", "ana")]
    assert team.cases((lon, lat)) == ()
    assert team.cases()[0].files == len(contents(ana))


# -- several at once

def test_who_changes_what_somebody_else_changed_is_told_and_neither_is_lost(team, ana, ben):
    edit(ana, "case.yaml", "# ana\n")
    edit(ben, "case.yaml", "# ben\n")
    edit(ben, "notes.md", "ben")
    export_case(team, ana, "hill", "ana")
    for move in (lambda: export_case(team, ben, "hill", "ben"), lambda: import_case(team, ben, "hill")):
        with pytest.raises(ConflictError, match=r"case\.yaml .* ana wrote version 2 on .*--theirs case\.yaml"):
            move()
    assert (ben / "case.yaml").read_text().endswith("# ben\n")
    assert "notes.md" not in {one.path for one in team.history("hill")}
    import_case(team, ben, "hill", ["case.yaml"])
    edit(ben, "case.yaml", "# ben\n")
    assert export_case(team, ben, "hill", "ben").written == ("case.yaml", "notes.md")
    import_case(team, ana, "hill")
    assert (ana / "case.yaml").read_text().endswith("# ana\n# ben\n")
    assert [one.actor for one in team.history("hill", "case.yaml")] == ["ana", "ana", "ben"]


def test_a_file_changed_here_and_removed_there_is_told(team, ana, ben):
    edit(ana, "notes.md", "x")
    export_case(team, ana, "hill", "ana")
    import_case(team, ben, "hill")
    (ana / "notes.md").unlink()
    edit(ben, "notes.md", "y")
    export_case(team, ana, "hill", "ana")
    with pytest.raises(ConflictError, match="ana removed it on"):
        export_case(team, ben, "hill", "ben")


def test_where_both_computed_the_stores_results_count_as_a_whole(team, ana, ben):
    for folder, word in ((ana, "ana"), (ben, "ben")):
        for name in ("results/stack.csv", f"runs/{word}.json", "report/index.html", f"log/{word}.jsonl"):
            edit(folder, name, word)
    edit(ben, "looks/ben.yaml", "kept")
    export_case(team, ana, "hill", "ana")
    done = export_case(team, ben, "hill", "ben")
    assert done.written == ("log/ben.jsonl", "looks/ben.yaml")
    assert {"results/stack.csv", "report/index.html"} <= set(done.left)
    import_case(team, ben, "hill")
    assert (ben / "results/stack.csv").read_text() == (ben / "report/index.html").read_text() == "ana"
    edit(ben, "results/stack.csv", "+ben")
    export_case(team, ben, "hill", "ben")
    import_case(team, ana, "hill")
    assert contents(ana) == contents(ben)


def test_two_logs_under_one_name_are_told(team, ana, ben):
    edit(ana, "log/kim.jsonl", "one\n")
    edit(ben, "log/kim.jsonl", "two\n")
    export_case(team, ana, "hill", "kim")
    with pytest.raises(ConflictError, match="each worker a name of its own"):
        export_case(team, ben, "hill", "kim")


def _exported(url: str, folder: Path, actor: str) -> str:
    try:
        with Team(url) as team:
            return str(len(export_case(team, folder, "hill", actor).written))
    except ConflictError as error:
        return str(error)


def test_of_two_who_write_one_file_at_once_one_wins_and_one_is_told(url, team, ana, ben):
    people = {"ana": ana, "ben": ben}
    with ProcessPoolExecutor(2, mp_context=_PROCESSES) as pool:
        for _ in range(5):
            before = team.history("hill", "case.yaml")[-1].version
            for actor, folder in people.items():
                import_case(team, folder, "hill", ["case.yaml"])
                edit(folder, "case.yaml", f"# {actor}\n")
            told = [pool.submit(_exported, url, folder, actor) for actor, folder in people.items()]
            won = [future.result() for future in told]
            last = team.history("hill", "case.yaml")[-1]
            assert sorted(map(len, won))[0] == 1
            assert [f"{last.actor} wrote version {before + 1}" in one for one in won].count(True) == 1


def test_of_many_who_write_files_of_their_own_at_once_all_are_kept(url, team, ana, ben, tmp_path):
    folders = {f"p{i}": shutil.copytree(ben, tmp_path / f"p{i}" / "hill") for i in range(6)}
    for person, folder in folders.items():
        edit(folder, f"looks/{person}.yaml", person)
        edit(folder, f"log/{person}.jsonl", person)
    with ProcessPoolExecutor(3, mp_context=_PROCESSES) as pool:
        told = [pool.submit(_exported, url, folder, person) for person, folder in folders.items()]
        assert [future.result() for future in told] == ["2"] * len(folders)
    import_case(team, ana, "hill")
    assert sorted(path.stem for path in (ana / "looks").iterdir()) == sorted(folders)
    assert {one.actor for one in team.history("hill")} == {"ana", *folders}


def _hold(url: str, told) -> None:
    with Team(url) as team, team.held("hill"):
        told.send("held")
        time.sleep(600)


def test_a_case_is_held_by_one_worker_until_that_one_dies(team, url):
    ours, theirs = _PROCESSES.Pipe(duplex=False)
    worker = _PROCESSES.Process(target=_hold, args=(url, theirs))
    worker.start()
    assert ours.recv() == "held"
    with team.held("dale"), pytest.raises(BusyError, match="another worker"), team.held("hill"):
        pass
    worker.kill()
    until = time.monotonic() + 30
    while time.monotonic() < until:   # the database has to notice
        try:
            with team.held("hill"):
                return
        except BusyError:
            time.sleep(0.05)
    raise AssertionError("a dead worker still has the case")


def test_nothing_is_exported_while_somebody_writes(team, ana):
    with FolderStore(ana).writing(), pytest.raises(BusyError):
        export_case(team, ana, "hill", "ana")
    assert team.cases() == ()


def test_versions_can_neither_be_changed_nor_removed(team, ana, url):
    export_case(team, ana, "hill", "ana")
    for statement in ("UPDATE sitewatch.file_version SET actor = 'x'", "DELETE FROM sitewatch.file_version",
                      "TRUNCATE sitewatch.file_version"):
        with pytest.raises(psycopg.errors.RaiseException, match="only added"):
            rows_of(url, statement)


def test_who_may_only_add_can_work_and_the_login_is_kept(servers, team, ana, ben, url):
    rows_of(url, "CREATE ROLE guest LOGIN; ALTER ROLE guest SET timezone = 'Asia/Seoul'; "
               "GRANT USAGE ON SCHEMA sitewatch TO guest; "
               "GRANT SELECT ON ALL TABLES IN SCHEMA sitewatch TO guest; "
               "GRANT INSERT, UPDATE ON sitewatch.site TO guest; GRANT INSERT ON sitewatch.file_version TO guest")
    edit(ben, "notes.md", "ben")
    with Team(url.replace("postgres@", "guest@")) as opened:
        export_case(opened, ben, "hill", "ben")
        (written,) = opened.history("hill", "notes.md")
        assert (written.actor, written.login, written.at.utcoffset()) == ("ben", "guest", timedelta(0))
    with pytest.raises(InputError, match="does not allow"):
        set_up(url.replace("postgres@", "guest@"), "s3://team/other")
