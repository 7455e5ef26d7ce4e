"""Holdings: where every packet is, with whom and since when, and what each place holds now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from domain.numbers import BagCode, PacketNumber, PlaceCode, place_organisation
from domain.progress import CLOSED, Progress, VisitKind
from projections.tables import Target, among, instant, micros, stored, upsert
from projections.view import Batch, Landmarks, PacketChange, Stays, View, ordinal_days

_INSTANTS = (
    "since",
    "accepted_at",
    "rendered_at",
    "closed_at",
    "paused_since",
    "paused_until",
)
_CLOSED = frozenset(status.value for status in CLOSED)
# Of a hundred packets of some years few are open: lists and counts of those must not depend on how
# many are closed. A packet has a closing time exactly when its status is a closed one.
_OPEN = "closed_at IS NULL"
_DAYS = ("accepted_on", "rendered_on", "closed_on")
_PAUSED = "paused_since IS NOT NULL"


_NOT_PAUSED = dict.fromkeys(("pause", "paused_since", "paused_until", "paused_by"))


@dataclass(frozen=True, slots=True)
class Holding:
    """One packet: who holds it, how surely, and where on its route it is. Times are UTC.

    `verified`: the last to take it scanned it; false: concluded from an act or from its bag.
    `waiting`: the stage's holder has not accepted it yet. `bag`: in which it lies. `paused_since`:
    from when on the stage's clock stands, on the ground `pause` (a key of the edition), by an act
    of `paused_by`; at the longest until `paused_until`, where the edition says so.
    """

    number: PacketNumber
    status: str
    place: PlaceCode | None
    organisation: int | None
    person: int | None
    since: datetime | None
    verified: bool
    stage: str | None
    waiting: bool
    edition: str | None
    service: str | None
    accepting: int | None
    deciding: int | None
    executor: int | None
    outcome: str | None
    accepted_at: datetime | None
    rendered_at: datetime | None
    closed_at: datetime | None
    deviations: int
    bag: BagCode | None
    pause: str | None
    paused_since: datetime | None
    paused_until: datetime | None
    paused_by: int | None

    def stands_at(self, now: datetime) -> bool:
        """Tell whether the stage's clock stands at this moment (UTC), by an act."""
        until = self.paused_until
        return self.paused_since is not None and (until is None or now < until)


@dataclass(frozen=True, slots=True)
class Surety:
    """How many packets: of which somebody scanned in, and of which that is only concluded."""

    verified: int
    inferred: int

    @property
    def packets(self) -> int:
        """Both together."""
        return self.verified + self.inferred


class Holdings(View):
    """One row a packet.

    `accepted_on`, `rendered_on` and `closed_on` are for who adds packets up: the days (ordinal) by
    the wall where the papers were handed in.
    """

    name: ClassVar[str] = "holdings"

    def define(self) -> dict[str, sa.Table]:
        """Define the table."""
        self.holdings = self.table(
            "holdings",
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("status", sa.Text, nullable=False),
            sa.Column("place", sa.BigInteger),
            sa.Column("organisation", sa.Integer),
            sa.Column("person", sa.BigInteger),
            sa.Column("since", sa.BigInteger),
            sa.Column("verified", sa.Boolean, nullable=False),
            sa.Column("stage", sa.Text),
            sa.Column("waiting", sa.Boolean, nullable=False),
            sa.Column("edition", sa.Text),
            sa.Column("service", sa.Text),
            sa.Column("accepting", sa.Integer),
            sa.Column("deciding", sa.Integer),
            sa.Column("executor", sa.BigInteger),
            sa.Column("outcome", sa.Text),
            sa.Column("accepted_at", sa.BigInteger),
            sa.Column("rendered_at", sa.BigInteger),
            sa.Column("closed_at", sa.BigInteger),
            sa.Column("deviations", sa.Integer, nullable=False),
            sa.Column("bag", sa.BigInteger),
            *(sa.Column(name, sa.Integer) for name in _DAYS),
            sa.Column("pause", sa.Text),
            sa.Column("paused_since", sa.BigInteger),
            sa.Column("paused_until", sa.BigInteger),
            sa.Column("paused_by", sa.BigInteger),
            self.index("holdings", "place", "since", where=_OPEN, mark="open"),
            self.index("holdings", "organisation", "status", "since", where=_OPEN, mark="open"),
            self.index("holdings", "status", "since", where=_OPEN, mark="open"),
            self.index("holdings", "organisation", "paused_since", where=_PAUSED, mark="paused"),
            self.index("holdings", "closed_at", where="closed_at IS NOT NULL", mark="closed"),
        )
        return {"holdings": self.holdings}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write where the packets are now."""
        numbers = [change.number for change in batch.packets]
        gone = [row._asdict() for row in stored(connection, self.holdings.c.number, numbers)]
        rows = [self.row_of(change) for change in batch.packets]
        upsert(connection, self.holdings, rows)
        batch.holdings = Stays(rows, gone)

    def row_of(self, change: PacketChange) -> dict[str, Any]:
        """Return the row of a packet."""
        progress, stage = change.progress, None
        service = None
        if progress.edition:
            edition = self.knowledge.regulations.edition(progress.edition)
            service = edition.service.key
            if 0 <= progress.stage < len(edition.stages):
                stage = edition.stages[progress.stage].key
        place = progress.place
        return {
            "number": change.number,
            "status": progress.status.value,
            "place": place,
            "organisation": None if place is None else place_organisation(place),
            "person": progress.person,
            "since": micros(progress.since),
            "verified": progress.verified,
            "stage": stage,
            "waiting": stage is not None and _waiting(progress),
            "edition": progress.edition or None,
            "service": service,
            "accepting": progress.accepting or None,
            "deciding": progress.deciding or None,
            "executor": progress.executor,
            "outcome": progress.outcome,
            "accepted_at": micros(progress.accepted_at),
            "rendered_at": micros(progress.rendered_at),
            "closed_at": micros(progress.closed_at),
            "deviations": progress.deviating,
            "bag": progress.bag,
            **dict(zip(_DAYS, ordinal_days(self.knowledge, Landmarks.of(progress)), strict=True)),
            **self._paused(progress),
        }

    def _paused(self, progress: Progress) -> dict[str, Any]:
        """Return what has stopped the clock; while nothing has, all columns are empty."""
        visit = progress.open
        standing = None if visit is None else visit.standing
        if visit is None or standing is None:
            return _NOT_PAUSED
        stage = self.knowledge.regulations.edition(progress.edition).stage(visit.stage)
        stood = self.knowledge.clocks.stood(visit, stage)
        if not stood:  # the edition's file has lost the ground
            return _NOT_PAUSED
        return {
            "pause": standing.ground,
            "paused_since": micros(standing.since),
            "paused_until": micros(stood[-1].until),
            "paused_by": standing.person,
        }

    # --- questions ----------------------------------------------------------------------------

    def of(self, connection: sa.Connection, number: PacketNumber) -> Holding | None:
        """Return where a packet is."""
        found = connection.execute(
            self.holdings.select().where(self.holdings.c.number == number)
        ).first()
        return None if found is None else _holding(found)

    def of_many(
        self, connection: sa.Connection, numbers: Iterable[PacketNumber]
    ) -> dict[PacketNumber, Holding]:
        """Return where these packets are; those of which nothing is known are left out."""
        rows = stored(connection, self.holdings.c.number, numbers)
        return {PacketNumber(row.number): _holding(row) for row in rows}

    def at(
        self,
        connection: sa.Connection,
        *,
        place: PlaceCode | None = None,
        organisation: int | None = None,
        organisations: Collection[int] | None = None,
        limit: int = 1000,
    ) -> list[Holding]:
        """Return the open packets at a place or in organisations, the longest there first."""
        table = self.holdings
        within = among(table.c.organisation, organisation, organisations)
        query = table.select().where(self._open(), within)
        if place is not None:
            query = query.where(table.c.place == place)
        ordered = query.order_by(table.c.since, table.c.number).limit(limit)
        return [_holding(row) for row in connection.execute(ordered)]

    def paused(
        self,
        connection: sa.Connection,
        now: datetime,
        *,
        organisations: Collection[int] | None = None,
        places: Collection[PlaceCode] | None = None,
        person: int | None = None,
        limit: int = 100,
    ) -> list[Holding]:
        """Return the packets whose clock stands at this moment (UTC), the longest first."""
        c = self.holdings.c
        query = self.holdings.select().where(
            c.paused_since.is_not(None),
            sa.or_(c.paused_until.is_(None), c.paused_until > micros(now)),
            among(c.organisation, None, organisations),
            among(c.place, None, places),
            sa.true() if person is None else c.person == person,
        )
        ordered = query.order_by(c.paused_since, c.number).limit(limit)
        return [_holding(row) for row in connection.execute(ordered)]

    def counts(
        self,
        connection: sa.Connection,
        organisation: int | None = None,
        organisations: Collection[int] | None = None,
    ) -> list[tuple[PlaceCode, int]]:
        """Return how many open packets each place holds."""
        table = self.holdings
        query = (
            sa.select(table.c.place, sa.func.count())
            .where(
                self._open(),
                table.c.place.is_not(None),
                among(table.c.organisation, organisation, organisations),
            )
            .group_by(table.c.place)
            .order_by(table.c.place)
        )
        return [(PlaceCode(place), count) for place, count in connection.execute(query)]

    def sureties(
        self,
        connection: sa.Connection,
        organisation: int | None = None,
        organisations: Collection[int] | None = None,
    ) -> dict[PlaceCode, Surety]:
        """Return how surely each place holds its open packets: `counts`, in two parts."""
        c = self.holdings.c
        which = (
            self._open(),
            c.place.is_not(None),
            among(c.organisation, organisation, organisations),
        )
        found = self._sureties(connection, c.place, *which)
        return {PlaceCode(place): found[place] for place in sorted(found)}

    def sureties_by_status(
        self, connection: sa.Connection, organisations: Collection[int] | None = None
    ) -> dict[str, Surety]:
        """Return how surely the packets of each status lie where they are said to be."""
        c = self.holdings.c
        return self._sureties(connection, c.status, among(c.organisation, None, organisations))

    def _sureties(
        self,
        connection: sa.Connection,
        by: sa.Column[Any],
        *which: sa.ColumnElement[bool],
    ) -> dict[Any, Surety]:
        verified = sa.func.sum(sa.case((self.holdings.c.verified, 1), else_=0))
        query = sa.select(by, verified, sa.func.count()).where(*which).group_by(by)
        return {
            key: Surety(int(sure), every - int(sure))
            for key, sure, every in connection.execute(query)
        }

    def by_status(self, connection: sa.Connection) -> dict[str, int]:
        """Return how many packets there are of each status."""
        table = self.holdings
        query = sa.select(table.c.status, sa.func.count()).group_by(table.c.status)
        return dict(connection.execute(query).all())

    def standing(
        self, connection: sa.Connection, statuses: Collection[str], organisations: Collection[int]
    ) -> dict[str, int]:
        """Return how many packets of each of these statuses lie in these organisations."""
        c = self.holdings.c
        query = (
            sa.select(c.status, sa.func.count())
            .where(
                c.organisation.in_(sorted(organisations)),
                c.status.in_(sorted(statuses)),
                self._open() if _CLOSED.isdisjoint(statuses) else sa.true(),
            )
            .group_by(c.status)
        )
        return dict.fromkeys(statuses, 0) | dict(connection.execute(query).all())

    def with_status(
        self,
        connection: sa.Connection,
        status: str,
        organisations: Collection[int],
        *,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Holding]:
        """Return the packets that `standing` counts, the longest in their places first."""
        c = self.holdings.c
        query = self.holdings.select().where(
            c.organisation.in_(sorted(organisations)),
            c.status == status,
            sa.true() if status in _CLOSED else self._open(),
        )
        ordered = query.order_by(c.since, c.number).limit(limit).offset(offset)
        return [_holding(row) for row in connection.execute(ordered)]

    def _open(self) -> sa.ColumnElement[bool]:
        return self.holdings.c.closed_at.is_(None)


def _waiting(progress: Progress) -> bool:
    visit = progress.open
    return visit is not None and visit.kind == VisitKind.HANDOVER.value


def _holding(row: sa.Row[Any]) -> Holding:
    values = row._asdict()
    for name in _DAYS:
        del values[name]
    for name in _INSTANTS:
        values[name] = instant(values[name])
    return Holding(**values)
