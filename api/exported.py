"""What the command line and the API share about exports: what is meant, how headings are said."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from functools import partial

from api.messages import text
from infra.bootstrap import Qolhat
from infra.exports import Exporter, Wanted, wanted_of

CATALOGUE = "exports"
Progress = Callable[[int, int], None]


def asked(
    qolhat: Qolhat,
    since: date | None,
    until: date | None,
    organisations: Collection[int] | None,
    service: str | None,
) -> Wanted:
    """Say what is meant: days are the country's, both inside.

    Raises DaysBackwardsError, UnknownServiceKeyError.
    """
    services = {edition.service.key for edition in qolhat.regulations}
    return wanted_of(services, since, until, organisations, service)


def exporter(
    qolhat: Qolhat, wanted: Wanted, language: str, progress: Progress | None = None
) -> Exporter:
    """Return an export with headings in a language. Raises StorageError."""
    return Exporter(qolhat, wanted, partial(_heading, language), progress)


def _heading(language: str, key: str) -> str:
    return text(CATALOGUE, key, language)
