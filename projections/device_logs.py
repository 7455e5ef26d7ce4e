"""Logs of couriers' devices: how far each has come, and what is wrong with it, for who must ask.

A finding is no verdict: it says where a log cannot be believed as it is, and of whose device.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, ClassVar

import sqlalchemy as sa

from domain.dispatch.device_log import Chain, DeviceLog
from projections.tables import (
    Target,
    among,
    delete_where_in,
    insert,
    instant,
    micros,
    stored,
    upsert,
)
from projections.view import Batch, View


@dataclass(frozen=True, slots=True)
class DeviceLogRow:
    """A device's log: everything came up to `known`, the highest number is `last`.

    `seen_at` (UTC): when entries came last, from `person` on `device`.
    """

    log: str
    person: int
    device: int
    known: int
    last: int
    seen_at: datetime
    findings: int


@dataclass(frozen=True, slots=True)
class FindingRow:
    """What is wrong with the entries from `first` to `last` of a log; `seconds` of a clock."""

    log: str
    kind: str
    first: int
    last: int
    seconds: int | None
    person: int
    device: int
    seen_at: datetime


class DeviceLogs(View):
    """One row a log, a finding, and a piece of a log that came."""

    name: ClassVar[str] = "device_logs"

    def define(self) -> dict[str, sa.Table]:
        """Define the tables."""
        self.logs = self.table(
            "device_logs",
            sa.Column("log", sa.Text, primary_key=True),
            sa.Column("person", sa.BigInteger, nullable=False),
            sa.Column("device", sa.BigInteger, nullable=False),
            sa.Column("known", sa.BigInteger, nullable=False),
            sa.Column("last", sa.BigInteger, nullable=False),
            sa.Column("seen_at", sa.BigInteger, nullable=False),
            sa.Column("findings", sa.Integer, nullable=False),
            self.index("device_logs", "person", "findings"),
        )
        self.found = self.table(
            "device_log_findings",
            sa.Column("log", sa.Text, primary_key=True),
            sa.Column("kind", sa.Text, primary_key=True),
            sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("last", sa.BigInteger, nullable=False),
            sa.Column("seconds", sa.BigInteger),
        )
        self.pieces = self.table(
            "device_log_pieces",
            sa.Column("log", sa.Text, primary_key=True),
            sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("first", sa.BigInteger, nullable=False),
            sa.Column("hashes", sa.Text, nullable=False),
            sa.Column("prev", sa.Text),
            sa.Column("bad", sa.Text, nullable=False),
            sa.Column("turned", sa.Text, nullable=False),
            sa.Column("clock_off", sa.BigInteger),
        )
        return {
            "device_logs": self.logs,
            "device_log_findings": self.found,
            "device_log_pieces": self.pieces,
        }

    def apply(self, connection: Target, batch: Batch) -> None:
        """Keep the pieces that came, and find anew what is wrong with their logs."""
        if not batch.logs:
            return
        newest = {event.log: event for event in batch.logs}
        logs = sorted(newest)
        known = [row._asdict() for row in stored(connection, self.pieces.c.log, logs)]
        new = [_piece(event) for event in batch.logs]
        insert(connection, self.pieces, new)
        pieces: dict[str, list[dict[str, Any]]] = {log: [] for log in logs}
        for piece in sorted(known + new, key=itemgetter("version")):
            pieces[piece["log"]].append(piece)
        chains = {log: _chain(pieces[log]) for log in logs}
        found = {log: _findings(log, chain) for log, chain in chains.items()}
        delete_where_in(connection, self.found.c.log, logs)
        insert(connection, self.found, [row for log in logs for row in found[log]])
        told = [_told(newest[log], chains[log], len(found[log])) for log in logs]
        upsert(connection, self.logs, told)

    # --- questions ----------------------------------------------------------------------------

    def of(self, connection: sa.Connection, log: str) -> DeviceLogRow | None:
        """Return how far a log has come; None if nothing of it has."""
        row = connection.execute(self.logs.select().where(self.logs.c.log == log)).first()
        return None if row is None else DeviceLogRow(**_with_instant(row))

    def findings(
        self,
        connection: sa.Connection,
        people: Collection[int] | None = None,
        limit: int = 200,
    ) -> list[FindingRow]:
        """Return what is wrong with the logs of people (None: of all), the newest logs first."""
        f, logs = self.found.c, self.logs.c
        query = (
            sa.select(
                f.log, f.kind, f.first, f.last, f.seconds, logs.person, logs.device, logs.seen_at
            )
            .where(f.log == logs.log, among(logs.person, None, people))
            .order_by(logs.seen_at.desc(), f.log, f.first, f.kind)
            .limit(limit)
        )
        return [FindingRow(**_with_instant(row)) for row in connection.execute(query)]


def _chain(pieces: Iterable[dict[str, Any]]) -> Chain:
    chain = Chain()
    for piece in pieces:
        chain.add(
            piece["first"], piece["hashes"], piece["prev"], _numbers(piece["bad"]),
            _numbers(piece["turned"]), piece["clock_off"],
        )  # fmt: skip
    return chain


def _findings(log: str, chain: Chain) -> list[dict[str, Any]]:
    findings = {(each.kind.value, each.first): each for each in chain.findings()}
    return [
        {"log": log, "kind": kind, "first": first, "last": each.last, "seconds": each.seconds}
        for (kind, first), each in findings.items()
    ]


def _told(newest: DeviceLog.Received, chain: Chain, findings: int) -> dict[str, Any]:
    return {
        "log": newest.log,
        "person": newest.person,
        "device": newest.device,
        "known": chain.known,
        "last": chain.last,
        "seen_at": micros(newest.timestamp),
        "findings": findings,
    }


def _piece(event: DeviceLog.Received) -> dict[str, Any]:
    return {
        "log": event.log,
        "version": event.originator_version,
        "first": event.first,
        "hashes": event.hashes,
        "prev": event.prev,
        "bad": _text(event.bad),
        "turned": _text(event.turned),
        "clock_off": event.clock_off,
    }


def _text(numbers: Collection[int]) -> str:
    return " ".join(map(str, numbers))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))


def _with_instant(row: sa.Row[*tuple[Any, ...]]) -> dict[str, Any]:
    values = row._asdict()
    return values | {"seen_at": instant(values["seen_at"])}
