"""Keeps evidence beside the events, and reads it: chunks of leaves, heads, what checks found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from domain.merkle import Frontier, Subtree
from infra.database import advisory_key, database_error, make_tables
from infra.errors import ConflictError
from infra.evidence import tables
from infra.evidence.leaves import CHUNK, cut, root_of_chunk
from infra.evidence.witness import Head
from infra.store.log import EventLog
from infra.store.mapper import from_micros, to_micros
from projections.tables import upsert

_POSITION_BYTES = 8


class Chunk(NamedTuple):
    """Kept leaves of neighbouring events, and the positions of the first and the last."""

    number: int
    first: int
    last: int
    leaves: bytes
    positions: bytes
    root: bytes

    @property
    def places(self) -> Sequence[int]:
        """The position of each leaf."""
        if not self.positions:
            return range(self.first, self.last + 1)
        packed = self.positions
        return [
            int.from_bytes(packed[at : at + _POSITION_BYTES], "big", signed=True)
            for at in range(0, len(packed), _POSITION_BYTES)
        ]


def chunk_of(number: int, places: Sequence[int], hashes: Sequence[bytes]) -> Chunk:
    """Return a chunk to be kept; positions are written out only where there is a gap."""
    first, last = places[0], places[-1]
    dense = last - first + 1 == len(places)
    packed = b"" if dense else b"".join(at.to_bytes(8, "big", signed=True) for at in places)
    return Chunk(number, first, last, b"".join(hashes), packed, root_of_chunk(hashes))


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head as it is kept, with the position of the last event under it."""

    head: Head
    position: int


@dataclass(frozen=True, slots=True)
class Check:
    """What a night's check found: in the log, and in the views made anew."""

    at: datetime
    day: date
    events: int
    findings: int
    rows: int
    differences: int
    compared: bool
    told: Mapping[str, Any]
    milliseconds: int
    mac: bytes = b""

    @property
    def written(self) -> str:
        """All of it but the keyed hash, as that is over."""
        row = _check_row(self)
        return json.dumps([row[name] for name in sorted(row) if name != "mac"])

    @property
    def is_good(self) -> bool:
        """Tell whether nothing was amiss."""
        return self.compared and not self.findings and not self.differences


class EvidenceBook:
    """The tables of evidence, in the database of the events. Close it."""

    def __init__(self, log: EventLog) -> None:
        self._engine = log.database()
        self._lock = advisory_key("evidence", log.env.get("POSTGRES_SCHEMA") or "")

    def prepare(self) -> None:
        """Make the tables of an embedded store. Raises StorageError."""
        with _clearly():
            make_tables(self._engine, tables.metadata)

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    # --- heads ----------------------------------------------------------------------------------

    def heads(self) -> list[KeptHead]:
        """Return all heads, the oldest first. Raises StorageError, ValueError if they are odd."""
        query = sa.select(tables.heads).order_by(tables.heads.c.size, tables.heads.c.day)
        return [_head(row) for row in self._rows(query)]

    def last_head(self) -> KeptHead | None:
        """Return the head of the last closed day. Raises StorageError."""
        query = sa.select(tables.heads).order_by(tables.heads.c.day.desc()).limit(1)
        found = self._rows(query)
        return _head(found[0]) if found else None

    def head_before(self, at: datetime) -> Head | None:
        """Return the last head that was signed before an instant. Raises StorageError."""
        table = tables.heads
        query = sa.select(table).where(table.c.signed_at < to_micros(at))
        found = self._rows(query.order_by(table.c.day.desc()).limit(1))
        return _head(found[0]).head if found else None

    # --- leaves ---------------------------------------------------------------------------------

    def chunks(self, first: int, last: int) -> Iterator[Chunk]:
        """Read chunks of these numbers, the last not inside. Raises StorageError."""
        table = tables.leaves
        for start in range(first, last, _AT_ONCE):
            end = min(start + _AT_ONCE, last)
            query = sa.select(table).where(table.c.chunk >= start, table.c.chunk < end)
            yield from (_chunk(row) for row in self._rows(query.order_by(table.c.chunk)))

    def chunk(self, number: int) -> Chunk | None:
        """Return one chunk. Raises StorageError."""
        return next(self.chunks(number, number + 1), None)

    def chunk_at(self, position: int) -> Chunk | None:
        """Return the chunk in which an event of this position is, if any. Raises StorageError."""
        table = tables.leaves
        query = sa.select(table).where(table.c.first <= position, table.c.last >= position)
        found = self._rows(query.limit(1))
        return _chunk(found[0]) if found else None

    def numbers(self) -> list[int]:
        """Return the numbers of all chunks, in order. Raises StorageError."""
        query = sa.select(tables.leaves.c.chunk).order_by(tables.leaves.c.chunk)
        return [row[0] for row in self._rows(query)]

    def roots(self, last: int) -> list[bytes]:
        """Return the roots of the chunks before a number. Raises StorageError."""
        table = tables.leaves
        query = sa.select(table.c.root).where(table.c.chunk < last, table.c.chunk >= 0)
        return [bytes(row[0]) for row in self._rows(query.order_by(table.c.chunk))]

    def subtree(self, size: int) -> Subtree:
        """Return what hashes ranges of the tree of this size, as far as they belong to one.

        Whole chunks by their kept roots. Raises StorageError.
        """
        roots = self.roots(size // CHUNK)
        parts: dict[int, list[bytes]] = {}

        def leaves(number: int) -> list[bytes]:
            if number not in parts:
                found = self.chunk(number)
                parts[number] = cut(found.leaves) if found else []
            return parts[number]

        def hashed(first: int, last: int) -> bytes:
            number, within = divmod(first, CHUNK)
            if last - first < CHUNK:
                return root_of_chunk(leaves(number)[within : within + last - first])
            frontier = Frontier()
            frontier.extend(roots[number : last // CHUNK])
            if last % CHUNK:
                frontier.add(root_of_chunk(leaves(last // CHUNK)[: last % CHUNK]))
            return frontier.root

        return hashed

    # --- writing --------------------------------------------------------------------------------

    def keep(self, head: KeptHead, chunks: Sequence[Chunk], before: int) -> None:
        """Keep a day's leaves and head at once, on top of a tree of `before` leaves.

        Raises ConflictError if another server did so meanwhile, StorageError.
        """
        with self._writing() as connection:
            query = sa.select(sa.func.max(tables.heads.c.size))
            if (connection.execute(query).scalar() or 0) != before:
                raise ConflictError
            for start in range(0, len(chunks), _AT_ONCE):
                rows = [_chunk_row(each) for each in chunks[start : start + _AT_ONCE]]
                upsert(connection, tables.leaves, rows)
            connection.execute(tables.heads.insert().values(**_head_row(head)))

    def note(self, check: Check) -> None:
        """Keep what a check found. Raises StorageError."""
        with self._writing() as connection:
            upsert(connection, tables.checks, [_check_row(check)])

    def checks(self, limit: int) -> list[Check]:
        """Return what was found last, the latest first. Raises StorageError."""
        query = sa.select(tables.checks).order_by(tables.checks.c.at.desc()).limit(limit)
        return [_check(row) for row in self._rows(query)]

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with _clearly(), self._engine.execution_options(writing=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(self._lock)))
            yield connection

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Tell whether no other server checks at this moment, and keep them out meanwhile."""
        if self._engine.dialect.name != "postgresql":
            yield True  # only one server works on a folder
            return
        key = self._lock ^ 1
        with _clearly(), self._engine.connect() as connection:
            query = sa.select(sa.func.pg_try_advisory_lock(key))
            got = bool(connection.execute(query).scalar())
            try:
                yield got
            finally:
                if got:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))

    def _rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        with _clearly(), self._engine.connect() as connection:
            return list(connection.execute(query).all())


_AT_ONCE = 64


@contextmanager
def _clearly() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise database_error(error) from error


def _chunk(row: sa.Row[Any]) -> Chunk:
    leaves, positions, root = (bytes(each) for each in (row.leaves, row.positions, row.root))
    return Chunk(row.chunk, row.first, row.last, leaves, positions, root)


def _chunk_row(chunk: Chunk) -> dict[str, Any]:
    named = chunk._asdict()
    return {"chunk": named.pop("number"), **named}


def _head(row: sa.Row[Any]) -> KeptHead:
    head = Head(
        row.number,
        row.store,
        row.epoch,
        date.fromisoformat(row.day),
        row.size,
        bytes(row.root),
        from_micros(row.signed_at),
        bytes(row.key),
        bytes(row.signature),
    )
    return KeptHead(head, row.position)


def _head_row(kept: KeptHead) -> dict[str, Any]:
    head = kept.head
    return {
        "day": head.day.isoformat(),
        "number": head.number,
        "size": head.size,
        "position": kept.position,
        "root": head.root,
        "store": head.store,
        "epoch": head.epoch,
        "signed_at": to_micros(head.signed_at),
        "key": head.key,
        "signature": head.signature,
    }


def _check(row: sa.Row[Any]) -> Check:
    named = row._asdict()
    at, day, told = named.pop("at"), named.pop("day"), named.pop("told")
    named["mac"] = bytes(named["mac"])
    return Check(at=from_micros(at), day=date.fromisoformat(day), told=json.loads(told), **named)


def _check_row(check: Check) -> dict[str, Any]:
    return {
        "at": to_micros(check.at),
        "day": check.day.isoformat(),
        "events": check.events,
        "findings": check.findings,
        "rows": check.rows,
        "differences": check.differences,
        "compared": check.compared,
        "told": json.dumps(check.told, ensure_ascii=False),
        "milliseconds": check.milliseconds,
        "mac": check.mac,
    }
