"""Editions as pages, the HTTP API and the command line ask for them: by their ids."""

from __future__ import annotations

from domain.errors import UnknownEditionError
from domain.regulations.edition import Edition
from infra.bootstrap import Qolhat


def edition_named(qolhat: Qolhat, edition: str) -> Edition:
    """Return the edition of this id. Raises UnknownEditionError."""
    try:
        return qolhat.regulations.edition(edition)
    except KeyError as error:
        raise UnknownEditionError(edition=edition) from error
