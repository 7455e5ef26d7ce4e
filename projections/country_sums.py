"""What the whole country has open: packets by status, and by when their nearest term runs out.

The badge on every page of who manages the country, and the tiles of the first, must not count the
open packets of the country each time. Packets are added up by status, and by the hour in which the
nearest of their terms runs out, and in which the first of these begins to be about to (ADR 18, 48).
Of the hour in which the moment of asking lies the terms themselves are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

import sqlalchemy as sa

from domain.urgency import Urgency
from projections.due import DueView
from projections.holdings import Holdings
from projections.hours import HOUR, hour_of
from projections.tables import Loading, Target, add_up, micros
from projections.view import Batch, SummingView, View

_DUE, _WARN = "due_at", "warn_at"
_MICROSECOND = timedelta(microseconds=1)


class CountrySums(SummingView):
    """Sums over all organisations. `hour` counts from 1970 (UTC)."""

    name: ClassVar[str] = "country_sums"

    def define(self) -> dict[str, sa.Table]:
        """Define the tables; a row from which everything is taken away is deleted."""
        self.packets = self.table(
            "country_packets",
            sa.Column("status", sa.Text, primary_key=True),
            sa.Column("count", sa.BigInteger, nullable=False),
            sqlite_with_rowid=False,
        )
        self.terms = self.table(
            "country_terms",
            sa.Column("what", sa.Text, primary_key=True),
            sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("count", sa.BigInteger, nullable=False),
            sqlite_with_rowid=False,
        )
        return {"country_packets": self.packets, "country_terms": self.terms}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Take away what the packets that changed had added; add what they are now."""
        if isinstance(connection, Loading):
            return  # derived when all packets are there
        statuses: defaultdict[tuple[Any, ...], int] = defaultdict(int)
        hours: defaultdict[tuple[Any, ...], int] = defaultdict(int)
        for sign, terms, packets in (
            (-1, batch.terms.gone, batch.holdings.gone),
            (1, batch.terms.written, batch.holdings.written),
        ):
            for key in _hours_of(terms):
                hours[key] += sign
            for row in packets:
                if row["closed_at"] is None:
                    statuses[row["status"],] += sign
        for table, added in ((self.packets, statuses), (self.terms, hours)):
            add_up(connection, table, [(*key, added[key]) for key in sorted(added) if added[key]])

    def derive(self, connection: sa.Connection, others: Mapping[str, View]) -> None:
        """Add up all packets and their terms."""
        c = cast("Holdings", others[Holdings.name]).holdings.c
        opened = sa.select(c.status, sa.func.count()).where(c.closed_at.is_(None))
        rows = opened.group_by(c.status)
        connection.execute(self.packets.insert().from_select(["status", "count"], rows))
        nearest = _nearest(cast("DueView", others[DueView.name])).subquery().c
        for what in (_DUE, _WARN):
            hour = hour_of(nearest[what])
            named: sa.ColumnElement[str] = sa.literal_column(f"'{what}'")
            terms = sa.select(named, hour, sa.func.count()).group_by(hour)
            connection.execute(self.terms.insert().from_select(["what", "hour", "count"], terms))

    # --- questions ----------------------------------------------------------------------------

    def standing(self, connection: sa.Connection, statuses: Collection[str]) -> dict[str, int]:
        """Return how many open packets there are of each of these statuses."""
        c = self.packets.c
        query = sa.select(c.status, c.count).where(c.status.in_(sorted(statuses)))
        return dict.fromkeys(statuses, 0) | dict(connection.execute(query).all())

    def pressing(
        self,
        connection: sa.Connection,
        due: DueView,
        which: Urgency,
        now: datetime,
        midnight: datetime | None = None,
    ) -> int:
        """Count the packets that press, as `Pressing.count` does for all organisations.

        `midnight`: when the day ends everywhere; only `Urgency.TODAY` needs it.
        """
        overdue = self._before(connection, due, _DUE, now)
        if which is Urgency.OVERDUE:
            return overdue
        if which is Urgency.TODAY:
            return self._before(connection, due, _DUE, max(now, midnight or now)) - overdue
        # Whatever is overdue was about to run out before: a term warns before it runs out.
        pressing = self._before(connection, due, _WARN, now + _MICROSECOND)
        return pressing if which is Urgency.PRESSING else pressing - overdue

    def _before(self, connection: sa.Connection, due: DueView, what: str, at: datetime) -> int:
        """Count the packets whose nearest term runs out, or warns, before an instant."""
        hour, part = divmod(micros(at), HOUR)
        c = self.terms.c
        whole = sa.select(sa.func.coalesce(sa.func.sum(c.count), 0)).where(
            c.what == what, c.hour < hour
        )
        found = int(connection.execute(whole).scalar_one())
        if part:
            found += connection.execute(_within(due, what, hour * HOUR, part)).scalar_one()
        return found


def _within(due: DueView, what: str, begins: int, part: int) -> sa.Select[Any]:
    """Count the packets whose nearest such instant lies in the first part of an hour."""
    terms, others = due.due, due.due.alias("others")
    at, other = terms.c[what], others.c[what]
    earlier = sa.exists().where(others.c.number == terms.c.number, other < begins)
    within = at >= begins, at < begins + part
    return sa.select(sa.func.count(terms.c.number.distinct())).where(*within, ~earlier)


def _nearest(due: DueView) -> sa.Select[Any]:
    c = due.due.c
    nearest = (sa.func.min(c[what]).label(what) for what in (_DUE, _WARN))
    return sa.select(c.number, *nearest).group_by(c.number)


def _hours_of(terms: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """Name the hours that packets add to; `CountrySums.derive` says the same in SQL."""
    for what in (_DUE, _WARN):
        nearest: dict[int, int] = {}
        for term in terms:
            number, at = term["number"], term[what]
            nearest[number] = min(at, nearest.get(number, at))
        for at in nearest.values():
            yield what, at // HOUR
