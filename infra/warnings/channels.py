"""Ways to tell: what all share, and the webhook."""

from __future__ import annotations

from typing import Protocol

import httpx

from domain.errors import QolhatError
from infra.warnings.message import Message

PATIENCE_SECONDS = 10.0


class NotToldError(QolhatError):
    """The other side did not take the message; it is tried again.

    `partly`: some addresses have it; it is not, for they would get it twice.
    """

    code = "warning-not-told"
    status = 502

    def __init__(self, detail: str, *, partly: bool = False) -> None:
        super().__init__(detail=detail)
        self.partly = partly


class Channel(Protocol):
    """A way to tell; `name` is kept with what was told, and shown in the figures."""

    name: str

    def send(self, message: Message) -> None:
        """Deliver a message, whole or not at all. Raises NotToldError."""


class Webhook:
    """Posts JSON; the other side takes it by answering 2xx."""

    name = "webhook"

    def __init__(self, url: str, patience: float = PATIENCE_SECONDS) -> None:
        self._url = url
        self._patience = patience

    def send(self, message: Message) -> None:
        """Post the message. Raises NotToldError, which names no address: that may be a secret."""
        headers = {"idempotency-key": message.id}
        try:
            answer = httpx.post(
                self._url, json=message.as_json(), headers=headers, timeout=self._patience
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotToldError(detail=type(error).__name__) from error
        if not answer.is_success:
            raise NotToldError(detail=f"HTTP {answer.status_code}")
