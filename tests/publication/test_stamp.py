"""Time stamps: asked for only when told to, of exactly this evidence, checked without a network."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import run

import pytest
from tests.publication.conftest import STATED, restated
from tests.publication.edits import members

from sitewatch.cli import main
from sitewatch.errors import InputError, ProviderError, UsageError
from sitewatch.publication import publish, verify_published

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs OpenSSL, to stand for an authority")

_SETTINGS = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
signer_digest = sha256
ess_cert_id_alg = sha256
[end]
extendedKeyUsage = critical,timeStamping
"""


@dataclass
class Authority:
    """A time stamping authority on this machine: ``openssl ts`` behind HTTP; ``answer`` replaces what it would say."""

    folder: Path
    url: str = ""
    answer: tuple[int, bytes] | None = None
    asked: list[bytes] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def reply(self, query: bytes) -> tuple[int, bytes]:
        self.asked.append(query)
        if self.answer is not None:
            return self.answer
        (self.folder / "query").write_bytes(query)
        _openssl(self.folder, "ts", "-reply", "-config", "settings", "-queryfile", "query", "-out", "reply")
        return 200, (self.folder / "reply").read_bytes()


def _openssl(folder: Path, *arguments: str) -> None:
    run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def _certified(folder: Path) -> Path:
    folder.mkdir()
    (folder / "settings").write_text(_SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01")
    key = ("-newkey", "rsa:2048", "-nodes")
    _openssl(folder, "req", "-x509", *key, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root",
             "-days", "30", "-addext", "basicConstraints=critical,CA:true")
    _openssl(folder, "req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Clock")
    _openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
             "-out", "tsa.pem", "-days", "30", "-extfile", "settings", "-extensions", "end")
    return folder


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _certified(tmp_path_factory.mktemp("tsa") / "ours")


@pytest.fixture
def authority(certified: Path) -> Iterator[Authority]:
    made = Authority(certified)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = made.reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/tsr"
    yield made
    server.shutdown()
    server.server_close()


def _told(path: Path, authority: Path | None = None) -> list[tuple[bool | None, str]]:
    return [(c.holds, c.detail) for c in verify_published(path, authority=authority) if c.what == "SHA256SUMS.tsr"]


def test_a_stamp_of_a_trusted_authority_holds_offline_and_only_its_own(case, authority, tmp_path):
    made = publish(case, timestamp=authority.url)
    assert len(authority.asked) == 1
    [(holds, detail)] = _told(made.path, authority.root)
    assert (holds, "you trust" in detail) == (True, True)
    assert [holds for holds, _ in _told(made.evidence)] == [None]   # a time, and who says so is not known
    other = _certified(tmp_path / "other")
    assert [holds for holds, _ in _told(made.path, other / "root.pem")] == [False]
    assert len(authority.asked) == 1


def test_openssl_checks_the_stamp_too(case, authority, tmp_path):
    made = publish(case, timestamp=authority.url)
    (tmp_path / "SHA256SUMS").write_bytes(members(made.evidence.read_bytes())["SHA256SUMS"])
    _openssl(tmp_path, "ts", "-verify", "-in", str(made.path / "SHA256SUMS.tsr"), "-data", "SHA256SUMS",
             "-CAfile", str(authority.root))


def test_without_being_told_to_nobody_is_asked(case, authority):
    made = publish(case)
    assert authority.asked == []
    assert _told(made.path) == []
    assert [holds for holds, _ in _told(made.path, authority.root)] == [False]   # asked for, and missing


def test_a_stamp_of_other_evidence_does_not_hold(case, authority):
    kept = (publish(case, timestamp=authority.url).path / "SHA256SUMS.tsr").read_bytes()
    told = "  corrections: [{version: 2, date: 2024-05-01, text: The day.}]\n"
    made = publish(restated(case, STATED.replace("version: 1", "version: 2") + told))
    assert _told(made.path) == []   # the stamp of the old version is not passed off as one of the new
    (made.path / "SHA256SUMS.tsr").write_bytes(kept)
    assert [holds for holds, _ in _told(made.path)] == [False]
    assert [holds for holds, _ in _told(made.path, authority.root)] == [False]


def test_publishing_the_same_again_keeps_its_stamp(case, authority):
    first = (publish(case, timestamp=authority.url).path / "SHA256SUMS.tsr").read_bytes()
    assert (publish(case).path / "SHA256SUMS.tsr").read_bytes() == first


@pytest.mark.parametrize("place", [40, -40])
def test_a_changed_stamp_does_not_hold(case, authority, place):
    made = publish(case, timestamp=authority.url)
    stamp = bytearray((made.path / "SHA256SUMS.tsr").read_bytes())
    stamp[place] ^= 1
    (made.path / "SHA256SUMS.tsr").write_bytes(stamp)
    assert [holds for holds, _ in _told(made.path, authority.root)] == [False]


@pytest.mark.parametrize("answer", [(500, b""), (302, b""), (200, b"<html>login</html>"), (200, b""),
                                    (200, bytes(2_000_000))])
def test_an_authority_that_does_not_stamp_publishes_nothing(case, authority, answer):
    authority.answer = answer
    with pytest.raises(ProviderError, match=r"127\.0\.0\.1"):
        publish(case, timestamp=authority.url)
    assert not (case.folder / "published").exists()


def test_an_old_answer_is_not_taken_for_a_new_one(case, authority):
    publish(case, timestamp=authority.url)
    authority.answer = (200, (authority.folder / "reply").read_bytes())
    with pytest.raises(ProviderError, match="something else"):
        publish(case, timestamp=authority.url)


def test_what_is_no_address_and_nobody_who_answers_are_told(case):
    for address in ("freetsa.org", "file:///etc/passwd", "https://me:secret@example.org/"):
        with pytest.raises(UsageError, match="address"):
            publish(case, timestamp=address)
    with pytest.raises(ProviderError, match="Nothing was published"):
        publish(case, timestamp="http://127.0.0.1:9/tsr")


def test_without_the_extra_publishing_says_what_to_install_and_verifying_what_it_needs(case, authority, monkeypatch):
    made = publish(case, timestamp=authority.url)
    monkeypatch.setattr("sitewatch.publication._stamp._client", lambda: None)
    with pytest.raises(InputError, match=r"sitewatch\[stamp\]"):
        publish(case, timestamp=authority.url)
    assert [holds for holds, _ in _told(made.path, authority.root)] == [None]


def test_what_is_no_certificate_is_told(case, authority, tmp_path):
    (tmp_path / "no.pem").write_text("nothing")
    with pytest.raises(InputError, match="certificate"):
        verify_published(publish(case, timestamp=authority.url).path, authority=tmp_path / "no.pem")


def test_the_commands_ask_and_check(case, authority, capsys):
    for arguments in (["publish", case.folder, "--timestamp", authority.url],
                      ["verify", case.folder / "published", "--authority", authority.root]):
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        assert left.value.code in (None, 0)
    assert "you trust" in capsys.readouterr().out
