"""How the mail server is named in the settings: `smtp://user:password@host:port`, or `smtps://`."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION = 587  # where one logs in first, under STARTTLS


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server; `tls`: from the first byte. With a `user` the connection must be encrypted."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """Read a URL. Raises ValueError, whose text repeats nothing of it."""
        try:
            parts = urlsplit(url.strip())
            port = parts.port
        except ValueError as error:
            raise ValueError("not such an address") from error
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
            raise ValueError("not smtp://user:password@host:port or smtps://...")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (user + password).isascii():
            raise ValueError("the name and the password of SMTP are not ASCII")
        tls = parts.scheme == "smtps"
        usual = _SUBMISSION if user and not tls else _PORTS[parts.scheme]
        return cls(parts.hostname, port or usual, tls, user, password)
