"""Cases: which services were rendered, in which month, and whether in time [002 annex 4, §7].

The time runs from the handing in of the papers until the service is rendered. A year of the country
is asked for at once, so that the cases are also added up, by month, offices and service.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, cast

import sqlalchemy as sa

from projections.tables import Loading, Target, add_up, among, delete_where_in, stored, upsert
from projections.view import Batch, PacketChange, Stays, SummingView, View

_KEY = ("month", "accepting", "deciding", "service")


class Cases(View):
    """One row a packet whose service was rendered.

    `month`: the day (ordinal) on which the month of the rendering begins, where the papers were
    handed in. `late` NULL: the sources, or the calendar, do not say when it was due.
    """

    name: ClassVar[str] = "cases"

    def define(self) -> dict[str, sa.Table]:
        """Define the table."""
        self.cases = self.table(
            "cases",
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("month", sa.Integer, nullable=False),
            sa.Column("accepting", sa.Integer, nullable=False),
            sa.Column("deciding", sa.Integer, nullable=False),
            sa.Column("service", sa.Text, nullable=False),
            sa.Column("late", sa.Boolean),
        )
        return {"cases": self.cases}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write the cases that were rendered; leave what changed to the sums."""
        rows = [row for change in batch.packets for row in self._rows(change)]
        anew = [change.number for change in batch.packets if change.anew]
        touched = sorted({row["number"] for row in rows} | set(anew))
        gone = [row._asdict() for row in stored(connection, self.cases.c.number, touched)]
        delete_where_in(connection, self.cases.c.number, anew)
        upsert(connection, self.cases, rows)
        batch.cases = Stays(rows, gone)

    def _rows(self, change: PacketChange) -> Iterator[dict[str, Any]]:
        progress, clocks = change.progress, self.knowledge.clocks
        rendered = progress.rendered_at
        if not progress.edition or rendered is None:
            return
        edition = self.knowledge.regulations.edition(progress.edition)
        due = clocks.total_due(progress, edition)
        day = clocks.calendar(progress.accepting).local_date(rendered)
        yield {
            "number": change.number,
            "month": day.replace(day=1).toordinal(),
            "accepting": progress.accepting,
            "deciding": progress.deciding,
            "service": edition.service.key,
            "late": None if due is None else rendered > due.at,
        }


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are meant: rendered in months from the first to before the last; None: all.

    Of `organisations` one took the papers or decided.
    """

    since: date
    until: date
    organisations: Collection[int] | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class CaseSum:
    """How many services were rendered; of those that could be judged, how many in time."""

    count: int = 0
    judged: int = 0
    within: int = 0


class CaseSums(SummingView):
    """The cases added up by month, both offices and service."""

    name: ClassVar[str] = "case_sums"

    def define(self) -> dict[str, sa.Table]:
        """Define the table; a row whose cases are all taken away is deleted."""
        self.sums = self.table(
            "case_sums",
            sa.Column("month", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("accepting", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("deciding", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("service", sa.Text, primary_key=True),
            sa.Column("count", sa.BigInteger, nullable=False),
            sa.Column("judged", sa.BigInteger, nullable=False),
            sa.Column("within", sa.BigInteger, nullable=False),
            sqlite_with_rowid=False,
        )
        return {"case_sums": self.sums}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Take away what the cases that changed had added; add what they are now."""
        if isinstance(connection, Loading):
            return  # derived when all cases are there
        added: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
        for rows, sign in ((batch.cases.gone, -1), (batch.cases.written, 1)):
            for row in rows:
                sums, late = added[tuple([row[name] for name in _KEY])], row["late"]
                sums[0] += sign
                sums[1] += sign * (late is not None)
                sums[2] += sign * (late is not None and not late)
        changed = {key: sums for key, sums in added.items() if any(sums)}
        add_up(connection, self.sums, [(*key, *changed[key]) for key in sorted(changed)])

    def derive(self, connection: sa.Connection, others: Mapping[str, View]) -> None:
        """Add up all cases."""
        c = cast("Cases", others[Cases.name]).cases.c
        key = [c[name] for name in _KEY]
        in_time = sa.case((c.late.is_(False), 1), else_=0)
        rows = sa.select(*key, sa.func.count(), sa.func.count(c.late), sa.func.sum(in_time))
        names = [column.name for column in self.sums.columns]
        connection.execute(self.sums.insert().from_select(names, rows.group_by(*key)))

    # --- questions ----------------------------------------------------------------------------

    def by_month(self, connection: sa.Connection, which: CaseFilter) -> dict[date, CaseSum]:
        """Return the sums of each month in which there was something, by its first day."""
        c, of = self.sums.c, which.organisations
        sums = [sa.func.sum(c[name]) for name in ("count", "judged", "within")]
        query = (
            sa.select(c.month, *sums)
            .where(
                c.month >= which.since.toordinal(),
                c.month < which.until.toordinal(),
                among(c.accepting, None, of) | among(c.deciding, None, of),
                sa.true() if which.service is None else c.service == which.service,
            )
            .group_by(c.month)
            .order_by(c.month)
        )
        return {
            date.fromordinal(month): CaseSum(*map(int, values))
            for month, *values in connection.execute(query)
        }
