"""The journal of access: who looked at personal data, whose, and when.

It holds references only: a packet's number or `person:7`, as the vault names its subjects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from infra.accounts.tables import LOOKS, Keeper
from infra.store.mapper import from_micros, to_micros


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked at something of a subject, at this instant (UTC), at this station."""

    at: datetime
    person: int
    subject: str
    what: str
    station: int


class AccessJournal(Keeper):
    """All looks; none is ever changed. Every method raises StorageError if the database fails."""

    def note(self, person: int, subjects: Iterable[str], what: str, station: int) -> None:
        """Note that a person looked; `what` is a stable word: "packet", "search", "form"."""
        now = self._micros()
        rows = [
            {"at": now, "person": person, "subject": subject, "what": what, "station": station}
            for subject in dict.fromkeys(subjects)
        ]
        if rows:
            with self._writing() as connection:
                connection.execute(LOOKS.insert(), rows)

    def looks(
        self,
        *,
        subject: str | None = None,
        person: int | None = None,
        people: Collection[int] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 200,
        offset: int = 0,
    ) -> list[Look]:
        """Return looks, the newest first: at a subject, by a person, by any of these people.

        `since` is within the time asked for, `until` is not.
        """
        query = sa.select(LOOKS).where(*_conditions(subject, person, people, since, until))
        query = query.order_by(LOOKS.c.at.desc(), LOOKS.c.id.desc()).limit(limit).offset(offset)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [
            Look(from_micros(row.at), row.person, row.subject, row.what, row.station)
            for row in rows
        ]

    def count(
        self,
        *,
        subject: str | None = None,
        person: int | None = None,
        people: Collection[int] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """Count the looks that `looks` returns, page by page."""
        query = sa.select(sa.func.count()).select_from(LOOKS)
        query = query.where(*_conditions(subject, person, people, since, until))
        with self._reading() as connection:
            return connection.execute(query).scalar_one()


def _conditions(
    subject: str | None,
    person: int | None,
    people: Collection[int] | None,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[sa.ColumnElement[bool]]:
    if subject is not None:
        yield LOOKS.c.subject == subject
    if person is not None:
        yield LOOKS.c.person == person
    if people is not None:
        yield LOOKS.c.person.in_(people)
    if since is not None:
        yield LOOKS.c.at >= to_micros(since)
    if until is not None:
        yield LOOKS.c.at < to_micros(until)
