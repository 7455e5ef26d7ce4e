"""Scanning into PostgreSQL, durably, by 8 and by 64 writers; and what an event takes there.

The baseline is what somebody writes without an event store: psycopg, a connection for each writer,
one row of an event's size in a table with the same keys, INSERT and commit. A *command* is what
ours does: the packet is loaded (it is in no cache), decided, committed. They take turns, so that
they meet the same machine; the medians are compared. Beside them stand what a bare fsync costs
here, and the same baseline in autocommit, which spares it two of its three round trips.

The bytes are those of the demonstration's events, table and indexes, stored as they come, eight in
a commit. The library's are of its own recorder and its own mapper.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import uuid4

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import JSONTranscoder, Transcoding
from psycopg.conninfo import conninfo_to_dict

from domain.commands import RegisterPacket, ScanPacket, Stamp
from domain.numbers import PacketNumber, packet_number
from domain.packet import Packet
from domain.roles import Role
from infra.demonstration import Plan, demonstrate
from infra.settings import Settings
from infra.store.group_commit import UnitOfWork
from infra.store.log import EventLog, postgres_log, sqlite_log
from infra.store.mapper import read_event
from tests.bench.report import Row, rate, ratio_row
from tests.servers.migrated import migrated_settings
from tests.servers.postgres import OwnPostgres, own_postgres
from tests.stories import AUTHORITY, MORNING, PEOPLE, place

WRITERS = ((8, 1.0), (64, 1.5))  # how many, and what ratio they are to reach
PACKETS = 12_000  # none is scanned again before all others were
ROUNDS = 7
SECONDS = 1.0
SERVER = {"shared_buffers": "256MB"}
MOST_BYTES = 280
_IN_A_COMMIT = 8
_STATE = '{"r":1795321921000000,"i":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","p":30104000000126,"w":2}'
_TABLE = """CREATE TABLE raw (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream uuid NOT NULL, version integer NOT NULL, topic text NOT NULL, state text NOT NULL,
  UNIQUE (stream, version))"""
_INSERT = "INSERT INTO raw (stream, version, topic, state) VALUES (%s, 1, 'pkt.scan', %s)"


def run() -> list[Row]:
    """Measure in turns; return the rows of the table."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="qolhat-bench-")))
        server = opened.enter_context(own_postgres(settings=SERVER))
        rows = _rates(server, folder)
        return [*rows, _fsync(folder), _bytes(server, folder)]


def _rates(server: OwnPostgres, folder: Path) -> list[Row]:
    dsn = server.fresh_database()
    migrated_settings(dsn, folder)
    log = postgres_log(dsn)
    try:
        scanner = _Scanner(log)
        return [row for writers, aim in WRITERS for row in _compared(dsn, scanner, writers, aim)]
    finally:
        log.close()


def _compared(dsn: str, scanner: _Scanner, writers: int, aim: float) -> list[Row]:
    with _Raw.opened(dsn, writers) as raw:
        rounds = [
            (
                _rate(raw.works(autocommit=False)),
                _rate([scanner.command] * writers),
                _rate(raw.works(autocommit=True)),
            )
            for _ in range(ROUNDS)
        ]
    floor, ours, quick = (median(rates) for rates in zip(*rounds, strict=True))
    what, against = (
        f"{writers} writers scan different packets, PostgreSQL",
        "psycopg: INSERT one row,",
    )
    return [
        ratio_row(what, f"{against} commit", ours, floor, aim),
        ratio_row(what, f"{against} autocommit", ours, quick, None),
    ]


@dataclass(frozen=True, slots=True)
class _Raw:
    """Writers without an event store."""

    connections: list[psycopg.Connection[Any]]

    @classmethod
    @contextmanager
    def opened(cls, dsn: str, writers: int) -> Iterator[_Raw]:
        """Connect them, to a new table."""
        with ExitStack() as opened:
            connections = [
                opened.enter_context(psycopg.connect(dsn, autocommit=True)) for _ in range(writers)
            ]
            connections[0].execute("DROP TABLE IF EXISTS raw")
            connections[0].execute(_TABLE)
            yield cls(connections)

    def works(self, *, autocommit: bool) -> list[Callable[[], object]]:
        """Return what each does, again and again."""
        for connection in self.connections:
            connection.autocommit = autocommit
        return [
            _autocommitting(each) if autocommit else _committing(each) for each in self.connections
        ]


def _committing(connection: psycopg.Connection[Any]) -> Callable[[], None]:
    def insert() -> None:
        connection.execute(_INSERT, (uuid4(), _STATE))
        connection.commit()

    return insert


def _autocommitting(connection: psycopg.Connection[Any]) -> Callable[[], object]:
    return lambda: connection.execute(_INSERT, (uuid4(), _STATE))


class _Scanner:
    """People of the collecting department who scan packet after packet."""

    def __init__(self, log: EventLog) -> None:
        self._commands = log.commands
        self._numbers = [packet_number(26, serial) for serial in range(1, PACKETS + 1)]
        self._place = place(Role.COLLECTING)
        self._turn = count()
        for start in range(0, PACKETS, 250):
            chosen = self._numbers[start : start + 250]
            self._commands.run_all([self._registering(number) for number in chosen])

    def _registering(self, number: PacketNumber) -> Callable[[UnitOfWork], bool]:
        stamp = Stamp(f"r{number}", place(Role.INSPECTOR), PEOPLE[Role.INSPECTOR], 1, 1, MORNING)
        command = RegisterPacket(stamp, number, "003-7/2026", AUTHORITY, MORNING, 3)
        return lambda unit: unit.load(Packet, Packet.stream(number)).register(command, MORNING)

    def command(self) -> None:
        """Let the next packet be scanned: every writer another one, the same one not soon again."""
        turn = next(self._turn)
        number = self._numbers[turn % PACKETS]
        at = MORNING + timedelta(milliseconds=turn)
        stamp = Stamp(f"bench-{turn}", self._place, PEOPLE[Role.COLLECTING], 1, turn, at)
        command, stream = ScanPacket(stamp, number), Packet.stream(number)
        done = self._commands.run(lambda unit: unit.load(Packet, stream).scan(command, at), stream)
        if not done.answer:
            raise AssertionError(command)


def _rate(works: Sequence[Callable[[], object]]) -> float:
    """Let every writer work in a thread of its own; return how often a second they did in all."""
    done = [0] * len(works)
    failures: list[BaseException] = []
    until = perf_counter() + SECONDS

    def write(index: int) -> None:
        try:
            while perf_counter() < until:
                works[index]()
                done[index] += 1
        except BaseException as error:  # noqa: BLE001  told by the thread that waits
            failures.append(error)

    started = perf_counter()
    threads = [threading.Thread(target=write, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(done) / (perf_counter() - started)


def _fsync(folder: Path) -> Row:
    with (folder / "raw").open("wb", buffering=0) as file:

        def sync() -> int:
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
            return 1

        synced = rate(sync)
    return Row("8 KB written and synced, one after the other", "raw", f"{synced:,.0f}/s", "–",
               None, None, reached=True)  # fmt: skip


# --- bytes --------------------------------------------------------------------------------------


def _bytes(server: OwnPostgres, folder: Path) -> Row:
    """Store the same events both ways."""
    demonstrate(Settings(data_dir=folder), Plan(1, 400, 1))
    log = sqlite_log(folder / "events.db")
    rows = [row for page in log.pages(0) for row in page]
    log.close()
    ours = _Sized.ours(server.fresh_database(), folder)
    theirs = _Sized.of_the_library(server.fresh_database())
    events = [read_event(*row[1:]) for row in rows]
    each, baseline = ours.bytes_an_event(events), theirs.bytes_an_event(events)
    return Row("bytes an event, indexes included", "the library's recorder and mapper",
               f"{each:.0f}", f"{baseline:.0f}", baseline / each, baseline / MOST_BYTES,
               each <= MOST_BYTES)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sized:
    """A store whose table is measured."""

    dsn: str
    table: str
    application: Application[Any]

    @classmethod
    def ours(cls, dsn: str, folder: Path) -> _Sized:
        """Ours."""
        migrated_settings(dsn, folder)
        return cls(dsn, "stored_events", postgres_log(dsn))

    @classmethod
    def of_the_library(cls, dsn: str) -> _Sized:
        """The library's, as its manual has it."""
        parts = conninfo_to_dict(dsn)
        names = {"DBNAME": "dbname", "HOST": "host", "PORT": "port", "USER": "user"}
        env = {f"POSTGRES_{name}": str(parts[part]) for name, part in names.items()}
        env |= {"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_PASSWORD": "unchecked"}
        return cls(dsn, "librarys_events", _Librarys(env))

    def bytes_an_event(self, events: Sequence[Any]) -> float:
        """Store the events; return what they take."""
        mapper, recorder = self.application.mapper, self.application.recorder
        stored = [mapper.to_stored_event(event) for event in events]
        for start in range(0, len(stored), _IN_A_COMMIT):
            recorder.insert_events(stored[start : start + _IN_A_COMMIT])
        self.application.close()
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"VACUUM {self.table}".encode())
            taken = connection.execute(
                "SELECT pg_total_relation_size(%s)", (self.table,)
            ).fetchone()
        assert taken is not None
        return float(taken[0]) / len(events)


class _Librarys(Application[Any]):
    """An application that says nothing of how it is to be stored."""

    name = "librarys"

    def register_transcodings(self, transcoder: JSONTranscoder) -> None:
        """As the library's manual has it for what its JSON does not know."""
        super().register_transcodings(transcoder)
        transcoder.register(_TupleAsList())


class _TupleAsList(Transcoding):
    type = tuple
    name = "tuple"

    def encode(self, obj: Any) -> list[Any]:
        return list(obj)

    def decode(self, data: list[Any]) -> tuple[Any, ...]:
        return tuple(data)
