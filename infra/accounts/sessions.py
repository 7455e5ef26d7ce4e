"""Sessions: who is logged in at which station, until when.

A session is known by a token in a cookie; only the token's SHA-256 is kept. An ended session leaves
no row.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from infra.accounts.tables import ACCOUNTS, SESSIONS, Keeper
from infra.store.mapper import from_micros, to_micros
from infra.vault import VaultKeys

TOKEN_BYTES = 32


def token_digest(token: str) -> bytes:
    """Return what is kept of a token: it is random, so that a fast hash is enough."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody logged in at a station, from when to when (UTC).

    `csrf` proves that a form was sent from a page of this session; it is empty where the session
    was found without its token. `must_change`: a one-time password is to be replaced first; told
    only of a session that was found by its token.
    """

    id: int
    person: int
    station: int
    started_at: datetime
    ends_at: datetime
    csrf: str = field(default="", repr=False)
    must_change: bool = False


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that begins; the token cannot be read again."""

    token: str = field(repr=False)
    session: Session


class Sessions(Keeper):
    """The open sessions. Every method raises StorageError if the database fails."""

    def __init__(self, engine: sa.Engine, now: Callable[[], datetime], keys: VaultKeys) -> None:
        super().__init__(engine, now)
        self._keys = keys

    def begin(self, person: int, station: int, ends_at: datetime) -> NewSession:
        """Log somebody in at a station until then; sessions that ended are cleaned up."""
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._micros()
        row = {
            "token_hash": token_digest(token),
            "person": person,
            "station": station,
            "started_at": now,
            "ends_at": to_micros(ends_at),
        }
        with self._writing() as connection:
            connection.execute(SESSIONS.delete().where(SESSIONS.c.ends_at <= now))
            made = connection.execute(SESSIONS.insert().values(row).returning(SESSIONS)).one()
        return NewSession(token, self._session(made, token))

    def find(self, token: str) -> Session | None:
        """Return the session of a token; None if it has ended or never was."""
        query = (
            self._open()
            .add_columns(ACCOUNTS.c.must_change)
            .outerjoin(ACCOUNTS, ACCOUNTS.c.person == SESSIONS.c.person)
            .where(SESSIONS.c.token_hash == token_digest(token))
        )
        with self._reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return replace(self._session(row, token), must_change=bool(row.must_change))

    def of(self, person: int) -> list[Session]:
        """Return the open sessions of a person, the newest first."""
        query = self._open().where(SESSIONS.c.person == person)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(SESSIONS.c.id.desc())).all()
        return [self._session(row) for row in rows]

    def open(self) -> list[Session]:
        """Return the open sessions of everybody, the newest first."""
        with self._reading() as connection:
            rows = connection.execute(self._open().order_by(SESSIONS.c.id.desc())).all()
        return [self._session(row) for row in rows]

    def end_at(self, station: int) -> None:
        """Log everybody out at one station."""
        with self._writing() as connection:
            connection.execute(SESSIONS.delete().where(SESSIONS.c.station == station))

    def end(self, token: str) -> None:
        """Log out."""
        with self._writing() as connection:
            which = SESSIONS.c.token_hash == token_digest(token)
            connection.execute(SESSIONS.delete().where(which))

    def end_all(self, person: int, *, but: str | None = None) -> int:
        """Log a person out everywhere, except where the session has the token `but`.

        Return how many open sessions were ended.
        """
        kept = b"" if but is None else token_digest(but)
        theirs = (SESSIONS.c.person == person) & (SESSIONS.c.token_hash != kept)
        with self._writing() as connection:
            still = sa.select(sa.func.count()).where(theirs, SESSIONS.c.ends_at > self._micros())
            ended = connection.execute(still).scalar_one()
            connection.execute(SESSIONS.delete().where(theirs))
        return int(ended)

    def _open(self) -> sa.Select[Any]:
        return sa.select(SESSIONS).where(SESSIONS.c.ends_at > self._micros())

    def _session(self, row: sa.Row[Any], token: str | None = None) -> Session:
        return Session(
            row.id,
            row.person,
            row.station,
            from_micros(row.started_at),
            from_micros(row.ends_at),
            self._keys.session_mark(token) if token is not None else "",
        )
