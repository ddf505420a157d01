"""Alerts: signed, sent once, sent again where nobody took them; to real receivers on this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from shapely import box

from sitewatch.errors import CaseFileError
from sitewatch.model import Between, News, Quantity
from sitewatch.watch._alerts import read_alerts
from sitewatch.watch._desk import Item

_NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
_KEY = b"a secret of two dozen b."
_SECRET = f"whsec_{base64.b64encode(_KEY).decode()}"


@pytest.fixture
def hook(monkeypatch):
    """A receiver of webhooks that answers with ``status`` and keeps what it was sent."""
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.received.append((self.headers, body))
            self.send_response(self.server.status)
            if self.server.status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.status, server.received = 204, []
    monkeypatch.setenv("SITEWATCH_WEBHOOK_SECRET", _SECRET)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def mail():
    """A mail server that keeps what it takes."""
    class Keeper(Message):
        def __init__(self):
            super().__init__()
            self.messages = []

        def handle_message(self, message):
            self.messages.append(message)

    keeper = Keeper()
    with socket.create_server(("127.0.0.1", 0)) as free:
        keeper.port = free.getsockname()[1]
    server = Controller(keeper, hostname="127.0.0.1", port=keeper.port, ident="test")
    server.start()
    yield keeper
    server.stop()


def _item(folder, number=0, at=_NOW):
    news = News(id=f"n{number}", at=at, kind="candidate", subject=f"new-{number}", label="Structure A",
                class_="new structure", outline=box(0, 0, 9, 9), chance=0.88,
                between=Between(after=_NOW - timedelta(days=9), by=_NOW - timedelta(days=2)),
                area=Quantity(value=2420, low=2190, high=2680, unit="m²", method="test"))
    return Item(case=folder / "hill", title="Hill\nBcc: all@example.org", news=news)


def _asked(folder, text):
    (folder / "desk.yaml").write_text(text)
    return read_alerts(folder)


def _hook(folder, hook, more=""):
    return _asked(folder, f"webhook:\n  url: http://127.0.0.1:{hook.server_port}/hook\n{more}")


def test_a_receiver_can_check_who_sent_it_and_when(tmp_path, hook):
    item = _item(tmp_path)
    assert _hook(tmp_path, hook).deliver(tmp_path, [item], _NOW) == ()
    (headers, body), = hook.received
    assert headers["webhook-id"] == item.id
    signed = f"{item.id}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == "v1," + base64.b64encode(
        hmac.new(_KEY, signed, hashlib.sha256).digest()).decode()
    told = json.loads(body)["data"]
    assert (told["after"], told["by"]) == ("2024-04-22T12:00:00Z", "2024-04-29T12:00:00Z")
    assert (told["area"]["low"], told["area"]["high"], told["chance"]) == (2190, 2680, 0.88)


def test_each_thing_is_sent_once(tmp_path, hook):
    alerts, items = _hook(tmp_path, hook), [_item(tmp_path, 1), _item(tmp_path, 0)]
    alerts.deliver(tmp_path, items, _NOW)
    assert [json.loads(body)["data"]["subject"] for _, body in hook.received] == ["new-0", "new-1"]
    read_alerts(tmp_path).deliver(tmp_path, [_item(tmp_path, 2), *items], _NOW)
    assert len(hook.received) == 3


def test_what_nobody_took_waits_and_is_sent_under_the_same_id(tmp_path, hook):
    hook.status = 503
    problems = _hook(tmp_path, hook).deliver(tmp_path, [_item(tmp_path, 1), _item(tmp_path, 0)], _NOW)
    assert len(hook.received) == 1
    assert "2 of 2 alerts wait" in problems[0]
    assert _SECRET[6:] not in problems[0]
    hook.status = 200
    assert _hook(tmp_path, hook).deliver(tmp_path, [_item(tmp_path, 1), _item(tmp_path, 0)], _NOW) == ()
    assert len(hook.received) == 3
    assert hook.received[0][0]["webhook-id"] == hook.received[1][0]["webhook-id"]


def test_a_signed_message_does_not_follow_a_redirection(tmp_path, hook):
    hook.status = 302
    assert "302" in _hook(tmp_path, hook).deliver(tmp_path, [_item(tmp_path)], _NOW)[0]
    assert len(hook.received) == 1


def test_a_channel_is_told_of_nothing_older_than_itself(tmp_path, hook):
    old = _item(tmp_path, at=_NOW - timedelta(days=1))
    _hook(tmp_path, hook).deliver(tmp_path, [old], _NOW)
    assert hook.received == []


@pytest.mark.parametrize(("hours", "sent"), [("11:00-13:00", 0), ("13:00-11:00", 1), ("22:00-12:30", 0)])
def test_in_quiet_hours_alerts_wait(tmp_path, hook, hours, sent):
    _hook(tmp_path, hook, f'quiet: "{hours}"\n').deliver(tmp_path, [_item(tmp_path)], _NOW)
    assert len(hook.received) == sent
    later = _NOW + timedelta(hours=2)
    _hook(tmp_path, hook).deliver(tmp_path, [_item(tmp_path, 1, later), _item(tmp_path)], later)
    assert len(hook.received) == 2


def test_without_a_secret_nothing_is_sent_and_the_variable_is_named(tmp_path, hook, monkeypatch):
    for wrong in ("", "not base64!"):
        monkeypatch.setenv("SITEWATCH_WEBHOOK_SECRET", wrong)
        assert "SITEWATCH_WEBHOOK_SECRET" in _hook(tmp_path, hook).deliver(tmp_path, [_item(tmp_path)], _NOW)[0]
    assert hook.received == []


def test_an_email_tells_bracket_size_and_chance_and_shows_the_report_s_pictures(tmp_path, mail):
    pictures = tmp_path / "hill" / "report" / "pictures"
    pictures.mkdir(parents=True)
    (pictures / "structure-a-after.jpg").write_bytes(b"\xff\xd8after")
    alerts = _asked(tmp_path, f"email:\n  server: 127.0.0.1:{mail.port}\n  sender: desk@example.org\n"
                              "  to: [one@example.org, two@example.org]\n  tls: false\n")
    assert alerts.deliver(tmp_path, [_item(tmp_path)], _NOW) == ()
    message, = mail.messages
    assert message["Subject"] == "Hill Bcc: all@example.org: new structure candidate"
    assert message["Bcc"] is None
    text, picture = message.get_payload()
    shown = text.get_payload(decode=True).decode()
    assert "between 2024-04-22 and 2024-04-29, footprint 2\u202f420 [2\u202f190, 2\u202f680] m²" in shown
    assert "88\u00a0%" in shown
    assert picture.get_payload(decode=True) == b"\xff\xd8after"


def test_a_mail_server_that_cannot_be_encrypted_to_gets_nothing_unless_that_is_allowed(tmp_path, mail):
    alerts = _asked(tmp_path, f"email:\n  server: 127.0.0.1:{mail.port}\n  sender: desk@example.org\n"
                              "  to: [one@example.org]\n")
    assert "STARTTLS" in alerts.deliver(tmp_path, [_item(tmp_path)], _NOW)[0]
    assert mail.messages == []


@pytest.mark.parametrize(("text", "key"), [
    ("webhook:\n  url: file:///etc/passwd\n", "webhook"),
    ("webhook:\n  url: https://me:secret@example.org/\n", "webhook"),
    ("email:\n  server: mail.example.org\n  sender: nobody\n  to: [a@example.org]\n", "email"),
    ("quiet: at night\n", "quiet"), ("quiet: \"25:00-26:00\"\n", "quiet"), ("fax: {}\n", "fax")])
def test_what_cannot_be_used_is_an_error_with_its_line_and_key(tmp_path, text, key):
    with pytest.raises(CaseFileError, match=rf"desk\.yaml:\d+: {key}") as error:
        _asked(tmp_path, text)
    assert "secret" not in str(error.value).replace("password", "")
