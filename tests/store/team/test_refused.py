"""What is no team store, no case or not what was put there is refused, and says what to do."""

from __future__ import annotations

import importlib
import json
import sys

import obstore
import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from obstore.store import S3Store
from tests.team import contents, edit, rows_of

from sitewatch.errors import CaseFileError, ConflictError, InputError, ProviderError, VerificationError
from sitewatch.store.team import Team, export_case, import_case, set_up
from sitewatch.store.team import _schema as schema
from sitewatch.store.team._objects import Objects


def test_a_schema_that_is_newer_than_the_program_is_refused_and_left_alone(servers):
    url = servers.empty_database()
    set_up(url, "s3://team/newer")
    rows_of(url, "UPDATE sitewatch.alembic_version SET version_num = '0999'")
    for use in (lambda: Team(url), lambda: set_up(url)):
        with pytest.raises(InputError, match=r"has the schema 0999.* a newer sitewatch set it up. Update sitewatch"):
            use()
    assert rows_of(url, "SELECT version_num FROM sitewatch.alembic_version") == [("0999",)]


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
    rows_of(url, "INSERT INTO sitewatch.file_version (case_name, path, version, sha256, bytes, body, actor) "
               f"VALUES ('hill', '{path}', 1, repeat('0', 64), 1, 'x', 'eve')")
    with pytest.raises(InputError, match="cannot belong to a case"):
        import_case(team, tmp_path / "dee" / "hill", "hill")
    assert not list(tmp_path.rglob("*evil*"))


def test_what_only_one_side_changed_is_not_taken_from_the_other(team, ana, ben):
    edit(ben, "scenes/s1.json", " ")
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
        rows_of(url, f"INSERT INTO sitewatch.site (case_name, title) VALUES ('{name}', 'x')")


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
    rows_of(url, "ALTER TABLE sitewatch.file_version DISABLE TRIGGER only_added; "
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
    edit(ana, "notes.md", "one")
    export_case(team, ana, "hill", "ana")
    rows_of(url, "ALTER TABLE sitewatch.file_version DISABLE TRIGGER only_added; "
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
    edit(ana, "pixels/s0/more.tif", "x")
    with Team(url) as opened:
        refused(lambda: export_case(opened, ana, "hill", "ana"))
    held = [*contents(ana).values(), *contents(ben).values(), (ana / ".cache/team.json").read_bytes()]
    text = "".join(told) + repr(held) + json.dumps(rows_of(url, "SELECT body FROM sitewatch.file_version"))
    assert len(told) == 5
    assert [secret for secret in ("hush", *(servers.environment[f"AWS_{name}"] for name in
                                            ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))) if secret in text] == []

