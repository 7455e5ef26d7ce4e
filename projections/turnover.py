"""Turnover: how many packets were received, decided and given out in a time, by service [004].

A packet is the business of the organisation that accepted it and of the one that decides about it:
each of the two counts it, and the country counts it once. A day is that of the wall where the
papers were handed in. A report of the whole country must not read its packets, so that they are
added up by day, both offices and service.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, ClassVar, cast

import sqlalchemy as sa

from domain.acts import Outcome
from domain.progress import Status
from projections.holdings import Holdings
from projections.tables import Loading, Target, add_up
from projections.view import Batch, Knowledge, Landmarks, SummingView, View, ordinal_days


@dataclass(frozen=True, slots=True)
class TurnoverFilter:
    """Which packets are meant: of these organisations (None: all), and which days.

    `since` is inside, `until` is not.
    """

    since: date
    until: date
    organisations: Collection[int] | None = None


@dataclass(slots=True)
class Turnover:
    """What became of the packets of a service in a time.

    `rendered`: the result came to where it is given out; `granted` and `refused` are of these.
    `open`: at the end of the time, received and not yet given out, handed back or withdrawn.
    """

    service: str
    received: int = 0
    rendered: int = 0
    granted: int = 0
    refused: int = 0
    issued: int = 0
    handed_back: int = 0
    withdrawn: int = 0
    open: int = 0

    def add(self, other: Turnover) -> None:
        """Take in what became of other packets."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is counted."""
        return not any(getattr(self, name) for name in COUNTS)


COUNTS = tuple(field.name for field in fields(Turnover) if field.name != "service")
_KEY = ("accepting", "deciding", "day", "service")
_SUMS = ("count", "received", "rendered", "granted", "refused", *(
    _ENDINGS := ("issued", "handed_back", "withdrawn")
))  # fmt: skip
Key = tuple[int, int, int, str]


class TurnoverSums(SummingView):
    """What happened to packets on each day, added up by offices and service.

    Of the country both offices are 0. `count` is how many things are in the row; what is open at
    the end of a day is what was received until then without what was ended until then.
    """

    name: ClassVar[str] = "turnover_sums"

    def define(self) -> dict[str, sa.Table]:
        """Define the table; a row from which everything is taken away is deleted."""
        self.sums = self.table(
            "turnover_sums",
            sa.Column("accepting", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("deciding", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("service", sa.Text, primary_key=True),
            *(sa.Column(name, sa.BigInteger, nullable=False) for name in _SUMS),
            self.index("turnover_sums", "deciding", "day"),
        )
        return {"turnover_sums": self.sums}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Take away what the packets that changed had added; add what they are now."""
        if isinstance(connection, Loading):
            return  # derived when all packets are there
        added: defaultdict[Key, list[int]] = defaultdict(lambda: [0] * len(_SUMS))
        for change in batch.packets:
            before, after = change.before, Landmarks.of(change.progress)
            if before != after:
                _add(added, -1, _happened(self.knowledge, before))
                _add(added, 1, _happened(self.knowledge, after))
        changed = {key: sums for key, sums in added.items() if any(sums)}
        add_up(connection, self.sums, [(*key, *changed[key]) for key in sorted(changed)])

    def derive(self, connection: sa.Connection, others: Mapping[str, View]) -> None:
        """Add up all packets by offices, and these for the country."""
        happened = sa.union_all(*_all_that_happened(cast("Holdings", others[Holdings.name])))
        h, c = happened.subquery().c, self.sums.c
        names = [column.name for column in self.sums.columns]
        rows = sa.select(*(h[key] for key in _KEY), *(sa.func.sum(h[name]) for name in _SUMS))
        by_office = rows.group_by(*(h[key] for key in _KEY))
        connection.execute(self.sums.insert().from_select(names, by_office))
        none: sa.ColumnElement[int] = sa.literal_column("0")
        country = sa.select(
            none.label("accepting"),
            none.label("deciding"),
            c.day,
            c.service,
            *(sa.func.sum(c[name]).label(name) for name in _SUMS),
        ).group_by(c.day, c.service)
        connection.execute(self.sums.insert().from_select(names, country))

    # --- questions ----------------------------------------------------------------------------

    def turnover(self, connection: sa.Connection, which: TurnoverFilter) -> list[Turnover]:
        """Return what became of packets, by service in their order."""
        c = self.sums.c
        inside = c.day >= which.since.toordinal()
        sums = [sa.func.sum(sa.case((inside, c[name]), else_=0)) for name in COUNTS[:-1]]
        still = sa.func.sum(c.received - sum((c[name] for name in _ENDINGS), sa.literal(0)))
        query = sa.select(c.service, *sums, still).where(
            self._concerned(which.organisations), c.day < which.until.toordinal()
        )
        rows = connection.execute(query.group_by(c.service))
        return _in_order({row[0]: Turnover(row[0], *map(int, row[1:])) for row in rows})

    def _concerned(self, organisations: Collection[int] | None) -> sa.ColumnElement[bool]:
        c = self.sums.c
        if organisations is None:
            return (c.accepting == 0) & (c.deciding == 0)
        mine = sorted(organisations)
        return c.accepting.in_(mine) | c.deciding.in_(mine)


def _add(
    added: defaultdict[Key, list[int]], sign: int, happened: Iterable[tuple[Key, str]]
) -> None:
    """Count things, or take them away: at their offices, and for the country."""
    for (accepting, deciding, day, service), name in happened:
        at = _SUMS.index(name)
        for key in ((accepting, deciding, day, service), (0, 0, day, service)):
            added[key][at] += sign


def _happened(knowledge: Knowledge, of: Landmarks | None) -> Iterator[tuple[Key, str]]:
    """List what happened to a packet; `_all_that_happened` says the same in SQL."""
    if of is None or not of.edition:
        return
    service = knowledge.regulations.edition(of.edition).service.key
    accepted, rendered, closed = ordinal_days(knowledge, of)
    for day, names in (
        (accepted, ("count", "received")),
        (rendered, ("count", "rendered", *_decided(of.outcome))),
        (closed, ("count", *([of.ending.replace("-", "_")] if of.ending else []))),
    ):
        if accepted is not None and day is not None:
            for name in names:
                yield (of.accepting, of.deciding, day, service), name


def _decided(outcome: str | None) -> tuple[str, ...]:
    return (outcome,) if outcome in _OUTCOMES else ()


_OUTCOMES = (Outcome.GRANTED.value, Outcome.REFUSED.value)
_STATUSES = {
    "issued": Status.ISSUED.value,
    "handed_back": Status.HANDED_BACK.value,
    "withdrawn": Status.WITHDRAWN.value,
}


def _all_that_happened(holdings: Holdings) -> Iterator[sa.Select[Any]]:
    c = holdings.holdings.c
    one: sa.ColumnElement[int] = sa.literal_column("1")
    none: sa.ColumnElement[int] = sa.literal_column("0")

    def of(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.case((condition, one), else_=none)

    for day, counted in (
        (c.accepted_on, {"received": one}),
        (
            c.rendered_on,
            {"rendered": one} | {name: of(c.outcome == name) for name in _OUTCOMES},
        ),
        (c.closed_on, {name: of(c.status == status) for name, status in _STATUSES.items()}),
    ):
        yield sa.select(
            c.accepting,
            c.deciding,
            day.label("day"),
            c.service,
            *(({"count": one} | counted).get(name, none).label(name) for name in _SUMS),
        ).where(c.service.is_not(None), c.accepted_on.is_not(None), day.is_not(None))


def _in_order(counted: Mapping[str, Turnover]) -> list[Turnover]:
    return [counted[key] for key in sorted(counted) if not counted[key].is_empty]


class TurnoverOfRows:
    """Counts rows as the view of holdings has them, one by one, as `TurnoverSums.turnover` does."""

    def __init__(self, which: TurnoverFilter) -> None:
        self._which = which
        self._since, self._until = which.since.toordinal(), which.until.toordinal()
        self._found: dict[str, Turnover] = {}

    def take(self, row: Mapping[str, Any]) -> None:
        """Count a packet."""
        if row["service"] is None or row["accepted_on"] is None or not self._is_meant(row):
            return
        if row["service"] not in self._found:
            self._found[row["service"]] = Turnover(row["service"])
        self._found[row["service"]].add(self._counted(row))

    def found(self) -> list[Turnover]:
        """Return what was counted, by service in their order."""
        return _in_order(self._found)

    def _is_meant(self, row: Mapping[str, Any]) -> bool:
        mine = self._which.organisations
        return mine is None or row["accepting"] in mine or row["deciding"] in mine

    def _counted(self, row: Mapping[str, Any]) -> Turnover:
        rendered, closed = self._inside(row["rendered_on"]), self._inside(row["closed_on"])
        return Turnover(
            row["service"],
            received=self._inside(row["accepted_on"]),
            rendered=rendered,
            granted=rendered and row["outcome"] == Outcome.GRANTED.value,
            refused=rendered and row["outcome"] == Outcome.REFUSED.value,
            **{name: closed and row["status"] == status for name, status in _STATUSES.items()},
            open=self._until_then(row["accepted_on"]) - self._until_then(row["closed_on"]),
        )

    def _inside(self, day: int | None) -> bool:
        return day is not None and self._since <= day < self._until

    def _until_then(self, day: int | None) -> int:
        return int(day is not None and day < self._until)


def total(found: Iterable[Turnover]) -> Turnover:
    """Add the services up; the sum's service is empty."""
    summed = Turnover("")
    for each in found:
        summed.add(each)
    return summed
