"""Signed evidence: only the trusted publisher's key counts, and only for what was signed."""

from __future__ import annotations

import shutil
from pathlib import Path
from subprocess import run

import pytest

from sitewatch.case import Case
from sitewatch.errors import InputError
from sitewatch.publication import publish, verify_published

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs OpenSSH")


def _key(folder: Path, name: str) -> Path:
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True)
    return folder / name


def _seal(path: Path, signer: Path | None = None) -> list[tuple[bool | None, str]]:
    return [(c.holds, c.detail) for c in verify_published(path, signer=signer) if c.what == "evidence.zip.sig"]


def test_evidence_signed_by_the_trusted_key_holds_and_by_another_does_not(case, tmp_path):
    ours, other = _key(tmp_path, "ours"), _key(tmp_path, "other")
    made = publish(case, key=ours)
    [(holds, detail)] = _seal(made.path, ours.with_suffix(".pub"))
    assert holds is True
    assert "SHA256:" in detail
    assert [holds for holds, _ in _seal(made.evidence, other.with_suffix(".pub"))] == [False]
    assert [holds for holds, _ in _seal(made.path)] == [None]  # signed, by whoever


def test_a_signature_for_other_evidence_or_another_purpose_does_not_hold(case, tmp_path):
    ours = _key(tmp_path, "ours")
    made = publish(case, key=ours)
    with made.evidence.open("ab") as file:
        file.write(b"\0")
    assert [holds for holds, _ in _seal(made.path, ours.with_suffix(".pub"))] == [False]
    assert [holds for holds, _ in _seal(made.path)] == [False]
    run(["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(ours), str(made.evidence)], check=True, input=b"y\n")
    assert [holds for holds, _ in _seal(made.path, ours.with_suffix(".pub"))] == [False]


def test_whoever_asks_for_a_signer_is_told_that_nobody_signed(case, tmp_path):
    made = publish(case)
    assert [holds for holds, _ in _seal(made.path, _key(tmp_path, "ours").with_suffix(".pub"))] == [False]
    assert _seal(made.path) == []


def test_signing_twice_gives_the_same_bytes(case, tmp_path):
    ours = _key(tmp_path, "ours")
    first = (publish(case, key=ours).path / "evidence.zip.sig").read_bytes()
    assert (publish(Case.open(case.folder), key=ours).path / "evidence.zip.sig").read_bytes() == first


def test_what_is_no_key_is_refused_before_anything_is_published(case, tmp_path):
    (tmp_path / "no.key").write_text("nothing")
    for key in (tmp_path / "no.key", tmp_path / "missing"):
        with pytest.raises(InputError, match="key"):
            publish(case, key=key)
    assert not (case.folder / "published").exists()
    with pytest.raises(InputError, match="public key"):
        verify_published(publish(case, key=_key(tmp_path, "ours")).path, signer=tmp_path / "no.key")
