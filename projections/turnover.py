"""Turnover: how many packets were received, decided and given out in a time, by service [004].

A packet is the business of the organisation that accepted it and of the one that decides about it:
each of the two counts it, and the country counts it once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from domain.acts import Outcome
from domain.progress import Status
from projections.holdings import Holdings
from projections.view import micros


@dataclass(frozen=True, slots=True)
class TurnoverFilter:
    """Which packets are meant: of these organisations (None: all), in a time (UTC).

    `since` is inside, `until` is not. Packets that were closed before are not counted at all.
    """

    since: datetime
    until: datetime
    organisations: Collection[int] | None = None


@dataclass(slots=True)
class Turnover:
    """What became of the packets of a service in a time.

    `rendered`: the result came to where it is given out; `granted` and `refused` are of these.
    `open`: at the end of the time, accepted and not yet given out, handed back or withdrawn.
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
_ENDINGS = {
    "issued": Status.ISSUED,
    "handed_back": Status.HANDED_BACK,
    "withdrawn": Status.WITHDRAWN,
}


def turnover(
    connection: sa.Connection, holdings: Holdings, which: TurnoverFilter
) -> list[Turnover]:
    """Count the packets of the view of holdings, by service in their order."""
    c = holdings.holdings.c
    sums = [
        sa.func.sum(sa.case((condition, 1), else_=0))
        for condition in _conditions(c, which).values()
    ]
    concerned: sa.ColumnElement[bool] = sa.true()
    if which.organisations is not None:
        mine = sorted(which.organisations)
        concerned = sa.or_(c.accepting.in_(mine), c.deciding.in_(mine))
    begun = c.accepted_at < micros(which.until)
    query = sa.select(c.service, *sums).where(c.service.is_not(None), begun, concerned)
    counted: dict[str, Turnover] = {}
    for part in (c.closed_at.is_(None), c.closed_at >= micros(which.since)):  # an index for each
        for row in connection.execute(query.where(part).group_by(c.service)):
            counted.setdefault(row[0], Turnover(row[0])).add(Turnover(row[0], *map(int, row[1:])))
    return _in_order(counted)


def _in_order(counted: Mapping[str, Turnover]) -> list[Turnover]:
    return [counted[key] for key in sorted(counted) if not counted[key].is_empty]


def _conditions(
    c: sa.ColumnCollection[str, sa.Column[Any]], which: TurnoverFilter
) -> dict[str, sa.ColumnElement[bool]]:
    """Say what each count counts; `TurnoverOfRows` says the same of rows."""
    since, until = micros(which.since), micros(which.until)

    def inside(at: sa.Column[Any]) -> sa.ColumnElement[bool]:
        return sa.and_(at >= since, at < until)

    rendered, closed = inside(c.rendered_at), inside(c.closed_at)
    return {
        "received": inside(c.accepted_at),
        "rendered": rendered,
        "granted": sa.and_(rendered, c.outcome == Outcome.GRANTED.value),
        "refused": sa.and_(rendered, c.outcome == Outcome.REFUSED.value),
        **{name: sa.and_(closed, c.status == each.value) for name, each in _ENDINGS.items()},
        "open": sa.or_(c.closed_at.is_(None), c.closed_at >= until),
    }


class TurnoverOfRows:
    """Counts rows as the view of holdings has them, one by one, as `turnover` does."""

    def __init__(self, which: TurnoverFilter) -> None:
        self._which = which
        self._since, self._until = micros(which.since) or 0, micros(which.until) or 0
        self._found: dict[str, Turnover] = {}

    def take(self, row: Mapping[str, Any]) -> None:
        """Count a packet."""
        if row["service"] is None or not self._is_meant(row):
            return
        if row["service"] not in self._found:
            self._found[row["service"]] = Turnover(row["service"])
        self._found[row["service"]].add(self._counted(row))

    def found(self) -> list[Turnover]:
        """Return what was counted, by service in their order."""
        return _in_order(self._found)

    def _is_meant(self, row: Mapping[str, Any]) -> bool:
        accepted, closed, mine = row["accepted_at"], row["closed_at"], self._which.organisations
        begun = accepted is not None and accepted < self._until
        lasting = closed is None or closed >= self._since
        return (
            begun
            and lasting
            and (mine is None or row["accepting"] in mine or row["deciding"] in mine)
        )

    def _counted(self, row: Mapping[str, Any]) -> Turnover:
        rendered, closed = self._inside(row["rendered_at"]), self._inside(row["closed_at"])
        return Turnover(
            row["service"],
            received=self._inside(row["accepted_at"]),
            rendered=rendered,
            granted=rendered and row["outcome"] == Outcome.GRANTED.value,
            refused=rendered and row["outcome"] == Outcome.REFUSED.value,
            **{name: closed and row["status"] == each.value for name, each in _ENDINGS.items()},
            open=row["closed_at"] is None or row["closed_at"] >= self._until,
        )

    def _inside(self, at: int | None) -> bool:
        return at is not None and self._since <= at < self._until


def total(found: Iterable[Turnover]) -> Turnover:
    """Add the services up; the sum's service is empty."""
    summed = Turnover("")
    for each in found:
        summed.add(each)
    return summed
