"""Several people share a case: nothing is overwritten, everything has a name to it, and what is wrong is said."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

import obstore
import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from obstore.store import S3Store
from tests.team import contents

from sitewatch.errors import BusyError, CaseFileError, ConflictError, InputError, ProviderError, VerificationError
from sitewatch.store import FolderStore
from sitewatch.store.team import Team, export_case, import_case, set_up
from sitewatch.store.team import _schema as schema
from sitewatch.store.team._objects import Objects

_PROCESSES = multiprocessing.get_context("forkserver")   # they start at once, from one that has loaded what they need
_PROCESSES.set_forkserver_preload(["sitewatch.store.team"])


def _edit(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + text)


def _rows(url: str, statement: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement)
        return done.fetchall() if done.description else []


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
        _edit(ana, name, "x")
    assert export_case(team, ana, "hill", "ana").written == ()


def test_texts_are_rows_and_pixels_are_objects_once(team, ana, url):
    (ana / "pixels/s1/1.tif").write_bytes((ana / "pixels/s0/0.tif").read_bytes())
    export_case(team, ana, "hill", "ana")
    held = _rows(url, "SELECT path, body IS NULL FROM sitewatch.latest")
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
    _edit(ana, "notes.md", "one")
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
    _edit(ana, "case.yaml", "# ana\n")
    _edit(ben, "case.yaml", "# ben\n")
    _edit(ben, "notes.md", "ben")
    export_case(team, ana, "hill", "ana")
    for move in (lambda: export_case(team, ben, "hill", "ben"), lambda: import_case(team, ben, "hill")):
        with pytest.raises(ConflictError, match=r"case\.yaml .* ana wrote version 2 on .*--theirs case\.yaml"):
            move()
    assert (ben / "case.yaml").read_text().endswith("# ben\n")
    assert "notes.md" not in {one.path for one in team.history("hill")}
    import_case(team, ben, "hill", ["case.yaml"])
    _edit(ben, "case.yaml", "# ben\n")
    assert export_case(team, ben, "hill", "ben").written == ("case.yaml", "notes.md")
    import_case(team, ana, "hill")
    assert (ana / "case.yaml").read_text().endswith("# ana\n# ben\n")
    assert [one.actor for one in team.history("hill", "case.yaml")] == ["ana", "ana", "ben"]


def test_a_file_changed_here_and_removed_there_is_told(team, ana, ben):
    _edit(ana, "notes.md", "x")
    export_case(team, ana, "hill", "ana")
    import_case(team, ben, "hill")
    (ana / "notes.md").unlink()
    _edit(ben, "notes.md", "y")
    export_case(team, ana, "hill", "ana")
    with pytest.raises(ConflictError, match="ana removed it on"):
        export_case(team, ben, "hill", "ben")


def test_where_both_computed_the_stores_results_count_as_a_whole(team, ana, ben):
    for folder, word in ((ana, "ana"), (ben, "ben")):
        for name in ("results/stack.csv", f"runs/{word}.json", "report/index.html", f"log/{word}.jsonl"):
            _edit(folder, name, word)
    _edit(ben, "looks/ben.yaml", "kept")
    export_case(team, ana, "hill", "ana")
    done = export_case(team, ben, "hill", "ben")
    assert done.written == ("log/ben.jsonl", "looks/ben.yaml")
    assert {"results/stack.csv", "report/index.html"} <= set(done.left)
    import_case(team, ben, "hill")
    assert (ben / "results/stack.csv").read_text() == (ben / "report/index.html").read_text() == "ana"
    _edit(ben, "results/stack.csv", "+ben")
    export_case(team, ben, "hill", "ben")
    import_case(team, ana, "hill")
    assert contents(ana) == contents(ben)


def test_two_logs_under_one_name_are_told(team, ana, ben):
    _edit(ana, "log/kim.jsonl", "one\n")
    _edit(ben, "log/kim.jsonl", "two\n")
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
                _edit(folder, "case.yaml", f"# {actor}\n")
            told = [pool.submit(_exported, url, folder, actor) for actor, folder in people.items()]
            won = [future.result() for future in told]
            last = team.history("hill", "case.yaml")[-1]
            assert sorted(map(len, won))[0] == 1
            assert [f"{last.actor} wrote version {before + 1}" in one for one in won].count(True) == 1


def test_of_many_who_write_files_of_their_own_at_once_all_are_kept(url, team, ana, ben, tmp_path):
    folders = {f"p{i}": shutil.copytree(ben, tmp_path / f"p{i}" / "hill") for i in range(6)}
    for person, folder in folders.items():
        _edit(folder, f"looks/{person}.yaml", person)
        _edit(folder, f"log/{person}.jsonl", person)
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
            _rows(url, statement)


def test_who_may_only_add_can_work_and_the_login_is_kept(servers, team, ana, ben, url):
    _rows(url, "CREATE ROLE guest LOGIN; ALTER ROLE guest SET timezone = 'Asia/Seoul'; "
               "GRANT USAGE ON SCHEMA sitewatch TO guest; "
               "GRANT SELECT ON ALL TABLES IN SCHEMA sitewatch TO guest; "
               "GRANT INSERT, UPDATE ON sitewatch.site TO guest; GRANT INSERT ON sitewatch.file_version TO guest")
    _edit(ben, "notes.md", "ben")
    with Team(url.replace("postgres@", "guest@")) as opened:
        export_case(opened, ben, "hill", "ben")
        (written,) = opened.history("hill", "notes.md")
        assert (written.actor, written.login, written.at.utcoffset()) == ("ben", "guest", timedelta(0))
    with pytest.raises(InputError, match="does not allow"):
        set_up(url.replace("postgres@", "guest@"), "s3://team/other")


# -- what is wrong

def test_a_schema_that_is_newer_than_the_program_is_refused_and_left_alone(servers):
    url = servers.empty_database()
    set_up(url, "s3://team/newer")
    _rows(url, "UPDATE sitewatch.alembic_version SET version_num = '0999'")
    for use in (lambda: Team(url), lambda: set_up(url)):
        with pytest.raises(InputError, match=r"has the schema 0999.* a newer sitewatch set it up. Update sitewatch"):
            use()
    assert _rows(url, "SELECT version_num FROM sitewatch.alembic_version") == [("0999",)]


def test_a_schema_that_is_older_than_the_program_asks_for_a_setup(team, url, monkeypatch):
    monkeypatch.setattr(schema, "_KNOWN", [*schema._KNOWN, "0900"])
    with pytest.raises(InputError, match=r"older than the 0900.*sitewatch store setup"):
        Team(url)


def test_the_migrations_that_the_program_knows_are_those_of_alembic():
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == schema._KNOWN[-1:]


def test_a_store_is_set_up_once_and_again_without_harm(servers):
    url = servers.empty_database()
    with pytest.raises(InputError, match="holds no team store yet"):
        Team(url)
    with pytest.raises(InputError, match="--pixels"):
        set_up(url)
    with pytest.raises(ProviderError, match="cannot be listed"):
        set_up(url, "s3://no-such-bucket")
    set_up(url, "s3://team/a")
    set_up(url)
    with pytest.raises(InputError, match="keeps its pixels in s3://team/a"):
        set_up(url, "s3://team/b")
    with Team(url) as opened:
        assert opened.cases() == ()


@pytest.mark.parametrize("address", ["", "s3://team", "postgresql://", "postgresql://h", "mysql://h/db", "cases/"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InputError, match="no address of a team store"):
        Team(address)


@pytest.mark.parametrize("pixels", ["team", "http://h/team", "file:///tmp", "s3://", "s3://key:secret@team", "s3://a/../b"])
def test_what_is_no_bucket_is_refused(pixels):
    with pytest.raises(InputError, match="is no bucket"):
        Objects(pixels)


def test_a_case_that_the_store_lacks_is_not_made(team, tmp_path):
    with pytest.raises(InputError, match="holds no case dale"):
        import_case(team, tmp_path / "dale", "dale")
    with pytest.raises(InputError, match="holds nothing of dale"):
        team.history("dale")
    assert not (tmp_path / "dale").exists()
    with pytest.raises(CaseFileError, match="no case"):
        export_case(team, tmp_path, "dale", "ana")


def test_another_case_of_the_same_name_is_not_overwritten(team, ana, tmp_path):
    export_case(team, ana, "hill", "ana")
    other = tmp_path / "cem" / "hill"
    other.mkdir(parents=True)
    (other / "case.yaml").write_text((ana / "case.yaml").read_text().replace("Hill 1", "Another"))
    with pytest.raises(ConflictError, match="ana wrote version 1"):
        export_case(team, other, "hill", "cem")
    with pytest.raises(ConflictError, match="ana wrote version 1"):
        import_case(team, other, "hill")
    assert list(contents(other)) == ["case.yaml"]


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", ".git/hooks/post-checkout", "looks/../../evil", "a//b"])
def test_a_path_that_leads_out_of_the_case_is_refused(team, ana, url, tmp_path, path):
    export_case(team, ana, "hill", "ana")
    _rows(url, "INSERT INTO sitewatch.file_version (case_name, path, version, sha256, bytes, body, actor) "
               f"VALUES ('hill', '{path}', 1, repeat('0', 64), 1, 'x', 'eve')")
    with pytest.raises(InputError, match="cannot belong to a case"):
        import_case(team, tmp_path / "dee" / "hill", "hill")
    assert not list(tmp_path.rglob("*evil*"))


def test_what_only_one_side_changed_is_not_taken_from_the_other(team, ana, ben):
    _edit(ben, "scenes/s1.json", " ")
    assert import_case(team, ben, "hill", ["scenes"]).left == ("scenes/s1.json",)
    assert export_case(team, ben, "hill", "ben").written == ("scenes/s1.json",)


def test_a_database_of_another_encoding_is_refused(servers):
    servers.execute("CREATE DATABASE narrow TEMPLATE template0 ENCODING 'LATIN1'")
    with pytest.raises(InputError, match="has the encoding LATIN1"):
        set_up(servers.address("narrow"), "s3://team/narrow")


@pytest.mark.parametrize("name", ["../hill", "a/b", ".hidden", ""])
def test_a_case_cannot_be_called_what_no_folder_is_called(team, ana, url, name):
    with pytest.raises(InputError, match="cannot name a file"):
        export_case(team, ana, name, "ana")
    with pytest.raises(psycopg.errors.CheckViolation):
        _rows(url, f"INSERT INTO sitewatch.site (case_name, title) VALUES ('{name}', 'x')")


def test_without_its_packages_a_team_store_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "sitewatch.store.team")
    with pytest.raises(InputError, match=r"needs the package obstore.*sitewatch\[team\]"):
        importlib.import_module("sitewatch.store.team")


def test_a_link_is_not_exported(team, ana, tmp_path):
    (ana / "documents").symlink_to(tmp_path)
    with pytest.raises(InputError, match="is a link"):
        export_case(team, ana, "hill", "ana")


def test_a_text_that_is_not_what_was_written_is_refused(team, ana, url, tmp_path):
    export_case(team, ana, "hill", "ana")
    _rows(url, "ALTER TABLE sitewatch.file_version DISABLE TRIGGER only_added; "
               "UPDATE sitewatch.file_version SET body = 'forged' WHERE path = 'scenes/s1.json'")
    with pytest.raises(VerificationError, match=r"version 1 of scenes/s1\.json .* is not what ana wrote"):
        import_case(team, tmp_path / "dee", "hill")


def test_pixels_that_are_not_what_was_put_are_refused_and_missing_ones_named(team, ana, ben, tmp_path):
    bucket = S3Store.from_url(team.objects.url)
    keys = sorted(one["path"] for page in obstore.list(bucket) for one in page)
    obstore.put(bucket, keys[0], b"forged")
    with pytest.raises(VerificationError, match="gives something else as pixels/"):
        import_case(team, tmp_path / "dee", "hill")
    for key in keys:
        obstore.delete(bucket, key)
    with pytest.raises(VerificationError, match="it is not there"):
        import_case(team, tmp_path / "eve", "hill")
    assert not list(tmp_path.glob("dee/**/.sitewatch-*"))


def test_a_store_that_was_set_back_is_noticed(team, ana, ben, url):
    _edit(ana, "notes.md", "one")
    export_case(team, ana, "hill", "ana")
    _rows(url, "ALTER TABLE sitewatch.file_version DISABLE TRIGGER only_added; "
               "DELETE FROM sitewatch.file_version WHERE path = 'notes.md'")
    for move in (lambda: import_case(team, ana, "hill"), lambda: export_case(team, ana, "hill", "ana")):
        with pytest.raises(VerificationError, match="set back"):
            move()
    assert (ana / "notes.md").exists()


def test_no_password_and_no_key_is_in_a_case_a_log_or_an_error(servers, team, ana, ben, url, monkeypatch):
    told = []

    def refused(use):
        with pytest.raises((InputError, ProviderError)) as caught:
            use()
        told.append(str(caught.value))

    monkeypatch.setenv("PGPASSWORD", "hush-hush")
    for address in ("ana:hush-hush@127.0.0.1/db", "ana@127.0.0.1/db?password=hush-hush", "ana:hush-hush@h:port/db",
                    "ana@127.0.0.1:1/db"):
        refused(lambda address=address: Team(f"postgresql://{address}"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    _edit(ana, "pixels/s0/more.tif", "x")
    with Team(url) as opened:
        refused(lambda: export_case(opened, ana, "hill", "ana"))
    held = [*contents(ana).values(), *contents(ben).values(), (ana / ".cache/team.json").read_bytes()]
    text = "".join(told) + repr(held) + json.dumps(_rows(url, "SELECT body FROM sitewatch.file_version"))
    assert len(told) == 5
    assert [secret for secret in ("hush", *(servers.environment[f"AWS_{name}"] for name in
                                            ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))) if secret in text] == []

