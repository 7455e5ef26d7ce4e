"""Stations: browsers and shared computers, known by a cookie that lives long.

A station's number is the `device` of the events recorded at it. Make one when somebody logs in, not
for every visitor: numbers are for ever.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from domain.numbers import PlaceCode
from infra.accounts.errors import UnknownStationError
from infra.accounts.sessions import TOKEN_BYTES, token_digest
from infra.accounts.tables import STATIONS, Keeper
from infra.store.mapper import from_micros

FIRST_NUMBER = 1_000_000  # enrolled devices are numbered from 1 and never come so far
_SEEN_EVERY = 3600 * 1_000_000  # microseconds: a page shall not write to be read


@dataclass(frozen=True, slots=True)
class Station:
    """A browser: how it is called, at which place it stands, when it was seen (UTC)."""

    number: int
    name: str
    place: PlaceCode | None
    first_seen: datetime
    last_seen: datetime  # to the hour
    turned_away: bool


class Stations(Keeper):
    """All stations. Every method raises StorageError if the database fails."""

    def make(self) -> tuple[str, int]:
        """Make a station; return its token, which cannot be read again, and its number."""
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._micros()
        row = {
            "token_hash": token_digest(token),
            "name": "",
            "first_seen": now,
            "last_seen": now,
            "turned_away": False,
        }
        with self._writing() as connection:
            made = connection.execute(STATIONS.insert().values(row).returning(STATIONS.c.id))
            return token, FIRST_NUMBER + int(made.scalar_one())

    def find(self, token: str) -> int | None:
        """Return the number of the station with this token; None if unknown or turned away."""
        query = sa.select(STATIONS).where(STATIONS.c.token_hash == token_digest(token))
        with self._reading() as connection:
            row = connection.execute(query).first()
        if row is None or row.turned_away:
            return None
        self._seen(row)
        return FIRST_NUMBER + int(row.id)

    def _seen(self, row: sa.Row[Any]) -> None:
        now = self._micros()
        if now - row.last_seen >= _SEEN_EVERY:
            which = STATIONS.c.id == row.id
            with self._writing() as connection:
                connection.execute(STATIONS.update().where(which).values(last_seen=now))

    def all(self) -> list[Station]:
        """Return all stations by number, those turned away too."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(STATIONS).order_by(STATIONS.c.id)).all()
        return [
            Station(
                FIRST_NUMBER + row.id,
                row.name,
                None if row.place is None else PlaceCode(row.place),
                from_micros(row.first_seen),
                from_micros(row.last_seen),
                row.turned_away,
            )
            for row in rows
        ]

    def describe(self, number: int, *, name: str, place: int | None) -> None:
        """Say how a station is called and where it stands. Raises UnknownStationError."""
        self._change(number, name=name, place=place)

    def turn_away(self, number: int) -> None:
        """Let nobody work at it any more. Raises UnknownStationError."""
        self._change(number, turned_away=True)

    def _change(self, number: int, **values: object) -> None:
        which = STATIONS.c.id == number - FIRST_NUMBER
        with self._writing() as connection:
            if not connection.execute(STATIONS.update().where(which).values(**values)).rowcount:
                raise UnknownStationError(station=number)
