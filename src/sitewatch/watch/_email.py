"""An email for each thing that is new, with the report's picture of it."""

from __future__ import annotations

import mimetypes
import os
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from sitewatch.errors import ProviderError
from sitewatch.watch._desk import Item, picture_of
from sitewatch.watch._words import sentence

__all__ = ["Email"]

_USER, _PASSWORD = "SITEWATCH_SMTP_USER", "SITEWATCH_SMTP_PASSWORD"
_SECONDS = 20


class Email:
    """Mail through ``server`` (host or host:port) to the addresses in ``to``, from ``sender``.

    With ``tls`` the connection has to be encrypted (STARTTLS, RFC 3207). User and password come from the environment
    variables SITEWATCH_SMTP_USER and SITEWATCH_SMTP_PASSWORD; without a user nobody logs in.
    """

    def __init__(self, server: str, sender: str, to: tuple[str, ...], tls: bool = True) -> None:
        host, _, port = server.partition(":")
        if not host or not (port or "587").isdecimal():
            raise ValueError("server is not a host or host:port, such as mail.example.org:587")
        if not to or any("@" not in one or "\n" in one for one in (*to, sender)):
            raise ValueError("sender and to have to be email addresses")
        self._host, self._port, self._sender, self._to, self._tls = host, int(port or 587), sender, to, tls

    def send(self, item: Item) -> None:
        """Raises ProviderError where the server does not take it for all who are to have it."""
        try:
            with smtplib.SMTP(self._host, self._port, timeout=_SECONDS) as server:
                if self._tls:
                    server.starttls(context=ssl.create_default_context())
                if user := os.environ.get(_USER):
                    server.login(user, os.environ.get(_PASSWORD, ""))
                refused = server.send_message(self._message(item))
        except (smtplib.SMTPException, OSError) as error:
            # A server's answer to a login may repeat what was sent: only its kind is told.
            told = type(error).__name__ if isinstance(error, smtplib.SMTPAuthenticationError) else str(error)
            raise ProviderError(f"{self._host} did not take it ({told}). Check email in desk.yaml, {_USER} and "
                                f"{_PASSWORD}") from error
        if refused:
            raise ProviderError(f"{self._host} did not take it for {', '.join(sorted(refused))}")

    def _message(self, item: Item) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(item.headline.split())
        message["From"], message["To"] = self._sender, ", ".join(self._to)
        message["Date"] = format_datetime(item.news.at)
        message["Message-ID"] = f"<{item.id}@sitewatch.invalid>"
        message.set_content(f"{item.title}\n\n{sentence(item.news)}.\n\nIt was found by the program. Whether a "
                            f"person has looked at it, what could not be seen, and how to check every number, says the "
                            f"report of the case {item.case.name}.\n")
        for side in ("before", "after"):
            if picture := picture_of(item, side):
                kind = (mimetypes.guess_type(picture.name)[0] or "application/octet-stream").split("/")
                message.add_attachment(picture.read_bytes(), maintype=kind[0], subtype=kind[1], filename=picture.name)
        return message
