"""Scanning, durably: eight threads, and one at a time, against a bare INSERT and commit.

The baseline writes one row of an event's size into a table of its own with the standard library's
sqlite3, write-ahead mode, every commit synced, one thread. Two things are measured against it. A
*command* is what an event store does: load the packet (which is in no cache), decide, commit. The
*desk* is all that a scan takes: the code, the place and the clock are judged before, and the answer
tells the packet's place and stage. All take turns, so that they meet the same machine; the medians
are compared.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from domain.commands import ScanPacket, Stamp
from domain.intake import RawScan
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.requests import Status
from infra.settings import Settings
from tests.bench.report import Row, ratio_row
from tests.office import Office, SettableClock
from tests.stories import PEOPLE, place

THREADS = 8
PACKETS = 20_000  # none is scanned again before all others were
ROUNDS = 9
SECONDS = 0.5
STATE = '{"r":1795321921000000,"i":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","p":30104000000126,"w":2}'


def run() -> list[Row]:
    """Measure in turns; return the rows of the table."""
    with TemporaryDirectory(prefix="qolhat-bench-") as folder, _scanner(Path(folder)) as scanner:
        bare = _Bare(Path(folder) / "bare.db")
        rounds = [
            (
                bare.rate(),
                _rate(scanner.command, THREADS),
                _rate(scanner.command, 1),
                _rate(scanner.at_the_desk, THREADS),
                _rate(scanner.at_the_desk, 1),
            )
            for _ in range(ROUNDS)
        ]
    floor, *rates = (median(rates) for rates in zip(*rounds, strict=True))
    against = "sqlite3: INSERT one row, commit"
    return [
        ratio_row(what, against, rate, floor, aim)
        for (what, aim), rate in zip(_MEASURED, rates, strict=True)
    ]


_MEASURED = (
    (f"{THREADS} threads scan different packets: load, decide, commit", 1.0),
    ("one scan at a time: load, decide, commit", 0.3),
    (f"{THREADS} threads at the desk: judged and answered too", None),
    ("one at a time at the desk", None),
)


class _Bare:
    """The least that a durable write of one event can cost."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(
            "CREATE TABLE events (position INTEGER PRIMARY KEY, stream BLOB, version INTEGER,"
            " topic TEXT, state TEXT, UNIQUE (stream, version))"
        )
        self._versions = count(1)

    def rate(self) -> float:
        """Insert and commit for a while; return rows a second."""
        return _rate(self._insert, 1)

    def _insert(self) -> None:
        row = (b"0123456789abcdef", next(self._versions), "pkt.scn", STATE)
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(
            "INSERT INTO events (stream, version, topic, state) VALUES (?,?,?,?)", row
        )
        self._connection.execute("COMMIT")


class _Scanner:
    """People of the collecting department who scan packet after packet."""

    def __init__(self, qolhat: Qolhat, office: Office, numbers: list[PacketNumber]) -> None:
        self._desk = qolhat.desk
        self._commands = qolhat.log.commands
        self._office = office
        self._numbers = numbers
        self._codes = [str(number) for number in numbers]
        self._place = place(Role.COLLECTING)
        self._place_text = str(self._place)
        self._turn = count()

    def command(self) -> None:
        """Let the next packet be scanned: every thread another one, the same one not soon again."""
        turn, at = self._next()
        number = self._numbers[turn % len(self._numbers)]
        stamp = Stamp(f"bench-{turn}", self._place, PEOPLE[Role.COLLECTING], 1, turn, at)
        command, stream = ScanPacket(stamp, number), Packet.stream(number)
        done = self._commands.run(lambda unit: unit.load(Packet, stream).scan(command, at), stream)
        if not done.answer:
            raise AssertionError(command)

    def at_the_desk(self) -> None:
        """Scan the next code, and read the answer."""
        turn, at = self._next()
        code = self._codes[turn % len(self._codes)]
        person = PEOPLE[Role.COLLECTING]
        scan = RawScan(f"bench-{turn}", code, self._place_text, person, 1, turn, at)
        (answer,) = self._desk.scan([scan])
        if answer.status not in (Status.ACCEPTED, Status.DEVIATION):
            raise AssertionError(answer)

    def _next(self) -> tuple[int, datetime]:
        turn = next(self._turn)
        return turn, self._office.clock.at + timedelta(milliseconds=turn)


@contextmanager
def _scanner(folder: Path) -> Iterator[_Scanner]:
    clock = SettableClock()
    with bootstrap(Settings(data_dir=folder), now=clock) as qolhat:
        office = Office(qolhat, clock)
        numbers = [
            office.register(minute=10 + n / PACKETS, applicant=None)[0] for n in range(PACKETS)
        ]
        clock.at = office.at(100)
        yield _Scanner(qolhat, office, numbers)


def _rate(work: Callable[[], None], threads: int) -> float:
    """Let threads work for about a second; return how often a second they did it in all."""
    done = [0] * threads
    failures: list[BaseException] = []
    until = perf_counter() + SECONDS

    def worker(index: int) -> None:
        try:
            while perf_counter() < until:
                work()
                done[index] += 1
        except BaseException as error:  # noqa: BLE001  told by the thread that waits
            failures.append(error)

    started = perf_counter()
    running = [threading.Thread(target=worker, args=(n,)) for n in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if failures:
        raise failures[0]
    return sum(done) / (perf_counter() - started)
