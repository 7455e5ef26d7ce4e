"""Tells by mail: a plain text to all addresses of the settings.

With a user's name the connection is encrypted before the password is sent (`smtps`, or STARTTLS);
a relay that asks for none is talked to as the address says.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from infra.mail_server import MailServer
from infra.warnings.channels import PATIENCE_SECONDS, NotToldError
from infra.warnings.message import Message


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words."""

    subject: str
    text: str


Writer = Callable[[Message], Letter]


class Mail:
    """Sends letters by SMTP; the server takes one by accepting it for every address."""

    name = "mail"

    def __init__(
        self,
        server: MailServer,
        sender: str,
        receivers: Sequence[str],
        write: Writer,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._server = server
        self._sender = sender
        self._receivers = tuple(receivers)
        self._write = write
        self._patience = patience

    def send(self, message: Message) -> None:
        """Write and send a letter. Raises NotToldError."""
        letter = self._letter(message)
        try:
            with self._connected() as smtp:
                refused = smtp.send_message(letter, self._sender, self._receivers)
        except (OSError, smtplib.SMTPException) as error:
            raise NotToldError(detail=_reason(error)) from error
        if refused:  # some got it: telling all of them again would be worse
            raise NotToldError(f"{len(refused)} of {len(self._receivers)} refused", partly=True)

    def _connected(self) -> smtplib.SMTP:
        server, secure = self._server, ssl.create_default_context()
        if server.tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._patience, context=secure
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=self._patience)
        try:
            if server.user:
                if not server.tls:
                    smtp.starttls(context=secure)
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _letter(self, message: Message) -> EmailMessage:
        written = self._write(message)
        letter = EmailMessage()
        letter["From"] = self._sender
        letter["To"] = ", ".join(self._receivers)
        letter["Subject"] = written.subject
        letter["Date"] = format_datetime(message.at)
        letter["Message-ID"] = make_msgid(message.id, self._sender.rpartition("@")[2])
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(written.text)
        return letter


def _reason(error: Exception) -> str:
    """Return what an operator needs, and nothing that was sent."""
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"
