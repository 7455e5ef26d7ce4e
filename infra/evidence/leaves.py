"""Leaves of the tree: what is hashed of an event, and how events are read to be hashed.

A leaf is the hash (RFC 6962) over position (8 bytes, big endian), stream (16), version (4), length
of the topic (2), topic and state, as they are stored: the same on SQLite and PostgreSQL, so that a
store that is moved keeps its evidence.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from domain.merkle import EMPTY_ROOT, HASH_BYTES
from infra.errors import storage_error

CHUNK = 1024  # leaves that are kept in one row; a power of two, so that a chunk is a subtree
BEFORE_ALL = -(2**63)
_pack = struct.Struct(">xq16siH").pack  # begins with the zero that marks a leaf
RawRow = tuple[int, bytes, int, bytes, bytes]  # position, stream, version, topic, state
_COLUMNS = "position, stream, version, topic, state"
_SQLITE = f"SELECT {_COLUMNS} FROM stored_events WHERE position>? AND position<=? ORDER BY position"  # noqa: S608
_POSTGRES = (
    "SELECT position, uuid_send(stream), version, convert_to(topic, 'UTF8'),"
    " convert_to(state, 'UTF8') FROM stored_events WHERE position>%s AND position<=%s"
    " ORDER BY position"
)


_COUNT = "SELECT count(*) FROM stored_events WHERE position > {}"
_GAPS = (
    "SELECT {stream} FROM stored_events GROUP BY stream"
    " HAVING min(version) <> 1 OR max(version) <> count(*) ORDER BY stream"
)


class BadRowError(ValueError):
    """A row that no server of ours could have stored; its position."""


class Reader(Protocol):
    """Reads events as bytes."""

    def rows(self, after: int, until: int, limit: int = -1) -> list[RawRow]:
        """Return the events after a position and up to another, in order. Raises StorageError."""

    def gaps(self) -> list[bytes]:
        """Return the streams whose versions are not one to the last. Raises StorageError."""

    def after(self, position: int) -> int:
        """Count the events after a position. Raises StorageError."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where events are read to be hashed, also from another process."""

    file: Path | None
    dsn: str = ""
    schema: str = ""

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        """Open a connection of its own. Raises StorageError."""
        if self.file is not None:
            with closing(_sqlite(self.file)) as connection:
                yield _SQLiteReader(connection)
        else:
            yield from self._postgres()

    def _postgres(self) -> Iterator[Reader]:
        import psycopg  # noqa: PLC0415  the embedded edition works without PostgreSQL

        from infra.database import postgres_address  # noqa: PLC0415  as above

        try:
            address = postgres_address(self.dsn, schema=self.schema)
            with psycopg.connect(address, autocommit=True) as connection:
                yield _PostgresReader(connection)
        except psycopg.Error as error:
            raise storage_error(error) from error


def _sqlite(file: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
    except sqlite3.Error as error:
        raise storage_error(error) from error
    connection.text_factory = bytes
    return connection


class _SQLiteReader:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, after: int, until: int, limit: int = -1) -> list[RawRow]:
        try:
            return self._connection.execute(f"{_SQLITE} LIMIT ?", (after, until, limit)).fetchall()
        except sqlite3.Error as error:
            raise storage_error(error) from error

    def gaps(self) -> list[bytes]:
        return [row[0] for row in self._ask(_GAPS.format(stream="stream"))]

    def after(self, position: int) -> int:
        return int(self._ask(_COUNT.format("?"), position)[0][0])

    def _ask(self, query: str, *values: int) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise storage_error(error) from error


class _PostgresReader:
    def __init__(self, connection: Any) -> None:
        self._cursor = connection.cursor(binary=True)

    def rows(self, after: int, until: int, limit: int = -1) -> list[RawRow]:
        text = f"{_POSTGRES} LIMIT %s"
        found: list[RawRow] = self._cursor.execute(
            text, (after, until, None if limit < 0 else limit)
        ).fetchall()
        return found

    def gaps(self) -> list[bytes]:
        return [row[0] for row in self._cursor.execute(_GAPS.format(stream="uuid_send(stream)"))]

    def after(self, position: int) -> int:
        return int(self._cursor.execute(_COUNT.format("%s"), (position,)).fetchone()[0])


def leaf_of(row: RawRow) -> bytes:
    """Return an event's leaf. Raises BadRowError."""
    return leaves_of([row])[0]


def leaves_of(rows: Sequence[RawRow]) -> list[bytes]:
    """Return the events' leaves. Raises BadRowError."""
    pack = _pack
    try:
        return [
            sha256(pack(at, stream, version, len(topic)) + topic + state).digest()
            for at, stream, version, topic, state in rows
        ]
    except (struct.error, TypeError) as error:
        if len(rows) == 1:
            raise BadRowError(rows[0][0]) from error
        for row in rows:
            leaf_of(row)
        raise


def canonical(row: RawRow) -> bytes:
    """Return the bytes of which an event's leaf is the hash."""
    at, stream, version, topic, state = row
    return _pack(at, stream, version, len(topic)) + topic + state


def root_of_chunk(hashes: Sequence[bytes]) -> bytes:
    """Return the root over at most a chunk's leaves: level by level, the fastest here."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        odd = level[-1:] if len(level) & 1 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]


def cut(packed: bytes) -> list[bytes]:
    """Return the leaves of a kept chunk."""
    return [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)]
