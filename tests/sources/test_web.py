"""Requests to a provider: tried again while that can help, and refused where they would lead astray."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from contextlib import suppress

import pytest
from tests.loopback import Faults, Loopback, serving

from sitewatch.errors import ProviderError
from sitewatch.sources._guard import shown_url, without_secrets
from sitewatch.sources._web import DeniedError, Policy, Web


@pytest.fixture
def served(tmp_path):
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 40)
    with serving(tmp_path) as archive:
        yield archive


def _web(**policy) -> Web:
    return Web("archive", Policy(**{"first_wait_s": 0.001, "allow_private": True, **policy}))


def _part(served: Loopback, web: Web, start: int = 10, stop: int = 20) -> bytes:
    return web.part(f"{served.url}/files/a.bin", start, stop).data


def test_a_part_is_what_was_asked_for_and_ends_with_the_file(served):
    web = _web()
    assert _part(served, web) == bytes(range(10, 20))
    assert len(_part(served, web, 10_200, 20_000)) == 40
    assert web.received == 50


@pytest.mark.parametrize("kind", Faults().kinds)
def test_a_fault_that_passes_costs_only_a_try(served, kind):
    served.faults = Faults(rate=0.6, kinds=(kind,), slow=0.1, seed=2)
    web = _web(tries=30)
    assert {_part(served, web) for _ in range(5)} == {bytes(range(10, 20))}
    failed, asked = served.failed("/files/")
    assert (asked - failed, failed > 0) == (5, True)


def test_what_always_fails_is_given_up_with_the_provider_the_place_and_the_next_step(served):
    served.faults = Faults(rate=1.0, kinds=("503",))
    with pytest.raises(ProviderError, match=r"archive did not deliver .*a\.bin in 3 tries: status 503\. Try again"):
        _part(served, _web(tries=3))
    assert len(served.log) == 3


def test_a_provider_that_asks_for_patience_gets_it(served, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    served.answers["/busy"] = lambda *_: (200, {}) if waits else (429, {})
    monkeypatch.setattr("sitewatch.sources._web._asked_wait_s", lambda text: 7.0)
    assert _web().json("GET", f"{served.url}/busy") == {}
    assert waits == [7.0]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_not_tried_again(served, status):
    served.answers["/closed"] = lambda *_: (status, {})
    with pytest.raises(DeniedError, match="Check the credentials"):
        _web().json("GET", f"{served.url}/closed")
    assert len(served.log) == 1


def test_a_web_page_instead_of_json_is_told_as_such(served):
    served.faults = Faults(rate=1.0, kinds=("html",))
    served.answers["/search"] = lambda *_: (200, {})
    with pytest.raises(ProviderError, match="in 2 tries"):
        _web(tries=2).json("GET", f"{served.url}/search")  # a bad gateway may pass
    served.faults = Faults()
    served.answers["/words"] = lambda *_: (200, b"please log in")
    with pytest.raises(ProviderError, match="is not JSON"):
        _web(tries=2).json("GET", f"{served.url}/words")


def test_a_login_page_that_says_it_is_well_is_told_at_once_with_the_next_step(served):
    served.answers["/login"] = lambda *_: (200, b"<html>please log in</html>")
    with pytest.raises(ProviderError, match=r"archive answered .*/login with a web page.* Is the address"):
        _web(tries=2).json("GET", f"{served.url}/login")
    assert [(request.status, request.path) for request in served.log] == [(200, "/login")]


@pytest.mark.parametrize("url", ["http://example.org/a.tif", "file:///etc/passwd", "s3://bucket/a.tif", "/vsicurl/x",
                                 "ftp://example.org/a", "https://", "javascript:alert(1)", "https://[::1/x"])
def test_no_other_scheme_is_asked(url):
    with pytest.raises(ProviderError, match="not an address that may be asked"):
        Web("archive", Policy()).part(url, 0, 10)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "169.254.169.254", "[::1]",
                                  "[::ffff:127.0.0.1]", "0.0.0.0", "224.0.0.1", "[fe80::1]"])
def test_this_machine_and_private_networks_are_not_asked_unless_allowed(host):
    with pytest.raises(ProviderError, match="allow_private"):
        Web("archive", Policy()).part(f"https://{host}/latest/meta-data", 0, 10)


def test_a_name_that_leads_to_this_machine_is_found_out_when_it_is_reached(monkeypatch):
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    monkeypatch.setattr(socket, "getaddrinfo",
                        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))])
    with listening, pytest.raises(ProviderError, match=r"leads to 127\.0\.0\.1"):
        Web("archive", Policy()).part("https://archive.example/a.tif", 0, 10)


def test_a_redirection_to_another_scheme_is_refused(served):
    served.answers["/moved"] = lambda *_: (302, {})
    web = _web(tries=1)
    web._session.request = _redirecting("file:///etc/passwd")
    with pytest.raises(ProviderError, match="not an address that may be asked"):
        web.json("GET", f"{served.url}/moved")


class _Redirect:
    is_redirect = True

    def __init__(self, to: str) -> None:
        self.headers = {"location": to}

    def close(self) -> None:
        """Nothing to close."""


def _redirecting(to: str):
    return lambda *_, **__: _Redirect(to)


def test_credentials_do_not_follow_to_another_host():
    asked: list[tuple[str, dict[str, str]]] = []

    def request(method: str, url: str, **given):
        asked.append((url, given["headers"]))
        return _Redirect("https://b.example/x")

    web = Web("archive", Policy(tries=1))
    web._session.request = request
    with pytest.raises(ProviderError, match="ever other addresses"):
        web.part("https://a.example/x", 0, 10, {"Authorization": "Bearer abc"})
    assert asked[0][1]["Authorization"] == "Bearer abc"
    assert all("Authorization" not in headers and "Range" in headers for _, headers in asked[1:])


def test_a_server_without_parts_is_not_made_to_send_all(served, monkeypatch):
    served.answers["/whole"] = lambda *_: (200, b"x" * 5000)
    with pytest.raises(ProviderError, match="does not send parts"):
        _web().part(f"{served.url}/whole", 0, 100)
    assert _web().part(f"{served.url}/whole", 0, 5000).total == 5000


def test_no_more_is_received_than_may_be_spent(served):
    web = _web()
    web.spend_at_most = 25
    assert len(_part(served, web)) == 10
    assert len(_part(served, web)) == 10
    with pytest.raises(ProviderError, match="more than the allowed"):
        _part(served, web)
    assert web.received == 20


def test_the_reason_of_a_refused_question_is_told_and_counted(served):
    served.answers["/wrong"] = lambda *_: (422, {"why": "no such collection"})
    web = _web()
    with pytest.raises(ProviderError, match=r"status 422: .*no such collection"):
        web.json("POST", f"{served.url}/wrong")
    assert web.received == len(json.dumps({"why": "no such collection"}))


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_does_not_tell_its_length_is_left_off_at_the_limit(served, monkeypatch, packed):
    """Sent in chunks, or packed so that it grows a thousandfold."""
    monkeypatch.setattr("tests.loopback._Handler._send_json", _packed if packed else _chunked)
    served.answers["/page"] = lambda *_: (200, {"x": "a" * 5_000_000})
    web = _web()
    web.spend_at_most = 1_000_000
    with pytest.raises(ProviderError, match="more than the allowed 1 MB"):
        web.json("GET", f"{served.url}/page")
    assert 900_000 < web.received <= 1_000_000


def _packed(self, status, answer, is_cut):
    self._send(status, gzip.compress(json.dumps(answer).encode()), {"Content-Type": "application/json",
                                                                  "Content-Encoding": "gzip"})


def _chunked(self, status, answer, is_cut):
    self.send_response(status)
    self.send_header("Content-Type", "application/json")
    self.send_header("Transfer-Encoding", "chunked")
    self.end_headers()
    data = json.dumps(answer).encode()
    self.close_connection = True
    with suppress(OSError):  # it is hung up on
        for at in range(0, len(data), 65_536):
            block = data[at:at + 65_536]
            self.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")


def test_five_hundred_small_parts_wait_for_their_turn_and_none_times_out(served):
    web, found = _web(at_once=4, timeout_s=(2.0, 2.0)), []
    threads = [threading.Thread(target=lambda: found.append(_part(served, web))) for _ in range(500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [bytes(range(10, 20))] * 500


def test_a_pace_is_kept(served):
    web, began = _web(per_second=50.0), time.perf_counter()
    for _ in range(4):
        _part(served, web)
    assert time.perf_counter() - began >= 3 / 50


@pytest.mark.parametrize("url", [
    "https://user:secret@host/a.tif?sig=secret&x=1", "https://h/a?X-Amz-Signature=secret", "https://h/a?token=secret",
    "https://h/a?api_key=secret&item=3", "https://h/a?st=2024&se=secret&sp=r&sv=2&sr=c"])
def test_what_signs_an_address_is_neither_shown_nor_kept(url):
    assert "secret" not in shown_url(url)
    assert "secret" not in without_secrets(url)


def test_what_signs_nothing_is_kept():
    assert without_secrets("https://h/a.tif?version=3#image.tif") == "https://h/a.tif?version=3#image.tif"
