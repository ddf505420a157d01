"""A published report, checked by somebody who has nothing else: whatever was changed in it is found."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from random import Random

import pytest
from tests.publication.edits import EDITS, edit_file, members, sealed

from sitewatch.errors import InputError
from sitewatch.publication import publish, verify_published

_EDITS = 540


def _failed(path: Path, **more: object) -> list[str]:
    return [check.what for check in verify_published(path, **more) if check.holds is False]


def test_a_report_verifies_with_nothing_else_at_hand(case, images, tmp_path):
    made = publish(case)
    shutil.copytree(made.path, tmp_path / "reader")
    shutil.rmtree(case.folder)
    shutil.rmtree(images)
    for path in (tmp_path / "reader", tmp_path / "reader" / "index.html", tmp_path / "reader" / "evidence.zip"):
        checks = verify_published(path)
        assert [check for check in checks if check.holds is not True] == []
        assert {"claims computed again", "report computed again", "ro-crate-metadata.json composed again"} <= {
            check.what for check in checks}
        [told] = [check.detail for check in checks if check.what == "measurements computed again"]
        assert re.match(r"([1-9]\d*) of \1 measurements match; ", told)


def test_every_one_of_many_random_edits_is_found(case, tmp_path):
    data = publish(case).evidence.read_bytes()
    draw, bundle, missed = Random(9), tmp_path / "evidence.zip", []
    for number in range(_EDITS):
        edit = EDITS[number % len(EDITS)]
        edited = edit(data, draw)
        assert edited != data
        bundle.write_bytes(edited)
        if not _failed(bundle):
            missed.append((number, edit.__name__))
    assert missed == []


def test_every_bit_flipped_in_a_file_beside_the_evidence_is_found(case, tmp_path):
    made, draw = publish(case), Random(3)
    for path in sorted(p for p in made.path.rglob("*") if p.is_file()):
        reader = shutil.copytree(made.path, tmp_path / "reader")
        edit_file(reader / path.relative_to(made.path), draw)
        assert _failed(reader), path
        shutil.rmtree(reader)
    (made.path / "more.html").write_text("<p>more</p>")
    assert _failed(made.path) == ["more.html"]


@pytest.mark.parametrize(("name", "old", "new", "found"), [
    ("case/results/measurements.csv", "630.0", "930.0", "measurements computed again"),
    ("case/results/findings.yaml", "3 looks", "9 looks", "claims computed again"),
    ("report/index.html", "3 looks", "9 looks", "report computed again"),
    ("case/case.yaml", "version: 1", "version: 2", "report computed again")])
def test_a_forger_who_writes_the_hash_list_anew_is_found(case, tmp_path, name, old, new, found):
    files = members(publish(case).evidence.read_bytes())
    assert old in files[name].decode()
    files[name] = files[name].decode().replace(old, new).encode()
    (tmp_path / "evidence.zip").write_bytes(sealed(files))
    failed = _failed(tmp_path / "evidence.zip")
    assert failed
    assert found in failed or name.removeprefix("case/") in failed


def test_a_forger_who_writes_runs_and_logs_anew_is_found_by_the_pixels(case, tmp_path):
    files = members(publish(case).evidence.read_bytes())
    name = "case/results/measurements.csv"
    files[name] = files[name].replace(b"630.0", b"930.0").replace(b"567.0", b"837.0").replace(b"693.0", b"1023.0")
    run = next(n for n in files if n.startswith("case/runs/") and b'"stage": "measurements"' in files[n])
    plain = json.loads(files[run])
    plain["outputs"]["results/measurements.csv"] = hashlib.sha256(files[name]).hexdigest()
    files[run] = json.dumps(plain).encode()
    files["case/log/sitewatch.jsonl"] = _log_anew(files["case/log/sitewatch.jsonl"], plain["id"],
                                                  hashlib.sha256(files[run]).hexdigest())
    (tmp_path / "evidence.zip").write_bytes(sealed(files))
    failed = {check.what: check.detail for check in verify_published(tmp_path / "evidence.zip") if not check.holds}
    assert failed["measurements computed again"].startswith("0 of 1 measurements match; ")


def test_a_withheld_image_is_checked_against_the_readers_own_copy(case, images, tmp_path):
    evidence = publish(case, no_pixels=True).evidence
    checks = verify_published(evidence)
    assert [check.what for check in checks if check.holds is False] == []
    assert {check.what for check in checks if check.holds is None} >= {"stack computed again", "report computed again"}
    whole = verify_published(evidence, pixels=images)
    assert [check for check in whole if check.holds is not True] == []
    empty = tmp_path / "empty"
    empty.mkdir()
    assert any(check.holds is None for check in verify_published(evidence, pixels=empty))


def test_an_image_that_may_be_passed_on_cannot_be_taken_out(case, tmp_path):
    files = members(publish(case).evidence.read_bytes())
    gone = min(name for name in files if name.startswith("case/pixels/"))
    del files[gone]
    (tmp_path / "evidence.zip").write_bytes(sealed(files))
    assert gone.removeprefix("case/") in _failed(tmp_path / "evidence.zip")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "a\\b", "C:evil", "-rf", "a//b", "con\nb"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    assert _refused(tmp_path, zipfile.ZipInfo(name), b"x") == ["evidence.zip"]
    assert [p.name for p in tmp_path.rglob("*evil*")] == []


def test_a_link_a_bomb_and_a_locked_member_are_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    assert _refused(tmp_path, link, b"/etc/passwd") == ["evidence.zip"]
    bomb = zipfile.ZipInfo("bomb")
    bomb.compress_type, bomb.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
    assert _refused(tmp_path, bomb, bytes(10_000_000)) == ["evidence.zip"]


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\5\6" + bytes(18), b"not a zip" * 99])
def test_what_is_no_bundle_does_not_hold(tmp_path, data):
    (tmp_path / "evidence.zip").write_bytes(data)
    assert _failed(tmp_path / "evidence.zip")


def test_a_folder_without_evidence_is_told_so(tmp_path):
    with pytest.raises(InputError, match=r"evidence\.zip"):
        verify_published(tmp_path)


def _refused(folder: Path, member: zipfile.ZipInfo, content: bytes) -> list[str]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        bundle.writestr(member, content)
    (folder / "evidence.zip").write_bytes(out.getvalue())
    return _failed(folder / "evidence.zip")


def _log_anew(log: bytes, run: str, sha256: str) -> bytes:
    """The chain with another hash for one run, consistent from end to end."""
    before, lines = "0" * 64, []
    for line in log.splitlines():
        entry = json.loads(line)
        entry.pop("hash")
        entry |= {"before": before, **({"sha256": sha256} if entry.get("run") == run else {})}
        text = json.dumps(entry, ensure_ascii=False, sort_keys=True).encode()
        whole = json.dumps(entry | {"hash": hashlib.sha256(text).hexdigest()}, ensure_ascii=False,
                           sort_keys=True).encode()
        before = hashlib.sha256(whole).hexdigest()
        lines.append(whole)
    return b"\n".join(lines) + b"\n"


@pytest.mark.parametrize("name", ["report/more.html", "case/results/more.csv", "case/pixels/2024/more.tif", "more.txt"])
def test_a_file_that_nothing_leads_to_is_found_however_well_it_is_listed(case, tmp_path, name):
    files = members(publish(case).evidence.read_bytes())
    files[name] = b"more"
    crate = json.loads(files["ro-crate-metadata.json"])
    root = next(entry for entry in crate["@graph"] if entry["@id"] == "./")
    root["hasPart"] = sorted([*root["hasPart"], {"@id": name}], key=lambda part: part["@id"])
    files["ro-crate-metadata.json"] = json.dumps(crate).encode()
    (tmp_path / "evidence.zip").write_bytes(sealed(files))
    assert name in _failed(tmp_path / "evidence.zip")
