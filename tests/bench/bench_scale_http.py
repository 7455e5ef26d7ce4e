"""`POST /scans` over HTTP at 300 a second, with everything running on this machine.

PostgreSQL (durable) and Kafka of the bench's own; `qolhat serve`, `qolhat relay` and two `qolhat
worker`, each a process, started by the commands that the README names; and stations that send on
time (`tests.bench.stations`), each scan of another packet. The nation's peak is 210 a second: 30
million packets a year, 14 to 20 events each, most of them in the same hours. Latency is counted
from when a scan was due. Afterwards every scan must be stored once, and the views must show all.

Beside it the raw figures of the same minutes: a bare fsync, a round trip to PostgreSQL, a bare
durable INSERT, and `GET /healthz` at the same rate, which is what the HTTP server itself takes.
`QOLHAT_BENCH_SECONDS` makes the minute shorter or longer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

import psycopg
from rich.console import Console

from domain.commands import RegisterPacket, Stamp
from domain.numbers import PacketNumber, packet_number
from domain.packet import Packet
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.store.group_commit import UnitOfWork
from tests.bench.country import Country
from tests.bench.report import Row
from tests.bench.stations import Seen, send_on_time
from tests.servers.kafka import own_kafka
from tests.servers.postgres import own_postgres
from tests.stories import AUTHORITY, CENTRE, PEOPLE, place

RATE = 300  # a second
SECONDS, WARM_UP = 60, 10
STATIONS = 100
WORKERS = 2
MOST_MILLISECONDS = 50.0
SERVER = {"shared_buffers": "256MB"}
_TRIES = 500  # of a raw figure
_IN_A_COMMIT = 250
_console = Console(stderr=True)


def run() -> list[Row]:
    """Start everything, send, look at what was stored; return the rows of the table."""
    seconds = int(os.environ.get("QOLHAT_BENCH_SECONDS", SECONDS))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="qolhat-bench-")))
        postgres = stack.enter_context(own_postgres(settings=SERVER))
        kafka = stack.enter_context(own_kafka(quick=False))
        country = Country(folder, postgres, kafka)
        country.make()
        raw = _raw_figures(folder, country.dsn)
        office = _Office.open(country, RATE * (WARM_UP + seconds))
        stack.callback(country.stop)
        country.start("api", "serve", "--without-relay")
        country.start("relay", "relay")
        for number in range(1, WORKERS + 1):
            country.start(f"worker-{number}", "worker")
        country.await_level(office.position)
        alive = send_on_time(country.port, RATE, STATIONS, _healthz(RATE * min(seconds, 15)))
        send_on_time(country.port, RATE, STATIONS, office.scans(RATE * WARM_UP))
        with country.measured(RATE * seconds):
            scans = send_on_time(country.port, RATE, STATIONS, office.scans(RATE * seconds))
        level = country.await_level(office.position + office.sent)
        stored = office.stored()
    return [
        _row(scans, seconds),
        *raw,
        Row(
            f"GET /healthz at {RATE}/s", "the HTTP server alone", str(alive), "–", None, None, True
        ),
        _stored_row(office, scans, stored, level),
    ]


def _row(seen: Seen, seconds: int) -> Row:
    what = f"POST /scans at {RATE}/s for {seconds} s, everything running"
    against = f"p99 of {MOST_MILLISECONDS:.0f} ms"
    ratio = MOST_MILLISECONDS / seen.last
    _console.print(f"  {seen.answers}; the stations were late by {seen.late:.1f} ms (p99)")
    return Row(what, against, str(seen), against, ratio, 1.0, ratio >= 1)


def _stored_row(office: _Office, seen: Seen, stored: dict[str, int], level: float) -> Row:
    """Every scan once, and nothing else was answered than that it is recorded."""
    once = len(stored) == office.sent and set(stored.values()) == {1}
    recorded = all(answer.startswith("200 ") for answer in seen.answers)
    told = f"{len(stored):,} of {office.sent:,} stored, views level after {level:.1f} s"
    reached = once and recorded
    return Row(
        "every scan is stored once, every view shows it", "–", told, "–", None, None, reached
    )


# --- raw figures --------------------------------------------------------------------------------


def _raw_figures(folder: Path, dsn: str) -> list[Row]:
    with (folder / "raw").open("wb", buffering=0) as file:

        def sync() -> None:
            file.write(bytes(8192))
            os.fsync(file.fileno())

        rows = [_raw("8 KB written and synced to this disk", sync)]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE raw (state text)")
        state = "x" * 120
        rows.append(_raw("SELECT 1, a round trip", lambda: connection.execute("SELECT 1")))
        insert = "INSERT INTO raw VALUES (%s)"
        rows.append(_raw("INSERT and commit", lambda: connection.execute(insert, (state,))))
        connection.execute("DROP TABLE raw")
    return rows


def _raw(what: str, work: Callable[[], object]) -> Row:
    times = []
    for _ in range(_TRIES):
        begun = perf_counter()
        work()
        times.append((perf_counter() - begun) * 1000)
    told = f"p50 {median(times):.2f} ms, p99 {quantiles(times, n=100)[-1]:.2f}"
    return Row(what, "raw", told, "–", None, None, reached=True)


# --- what is scanned ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Office:
    """A collecting department with many stations, and packets to be scanned there."""

    country: Country
    numbers: list[PacketNumber]
    tokens: list[str]
    position: int
    sent: int = 0

    @classmethod
    def open(cls, country: Country, packets: int) -> _Office:
        """Hire the people, enrol a device at every station, accept the packets."""
        with bootstrap(country.settings()) as qolhat:
            hired = datetime.now(UTC) - timedelta(days=30)
            tokens = []
            for _ in range(STATIONS):
                person = qolhat.personnel.appoint(CENTRE, [Role.COLLECTING], since=hired)
                qolhat.personnel.assign(person, place(Role.COLLECTING), since=hired)
                tokens.append(qolhat.personnel.enrol(person, since=hired)[1])
            numbers = _accept(qolhat, packets)
            return cls(country, numbers, tokens, qolhat.log.rows.last_position())

    def scans(self, count: int) -> list[str]:
        """Return the requests of the next scans, each of a packet not scanned before."""
        turns = range(self.sent, self.sent + count)
        self.sent += count
        return [self._scan(turn) for turn in turns]

    def _scan(self, turn: int) -> str:
        body = {
            "ref": f"bench-{turn}",
            "code": str(self.numbers[turn]),
            "place": str(place(Role.COLLECTING)),
            "counter": turn,
            "happened_at": datetime.now(UTC).isoformat(),
        }
        return _request("POST", "/api/v1/scans", self.tokens[turn % STATIONS], json.dumps(body))

    def stored(self) -> dict[str, int]:
        """Return how often each scan is stored."""
        found: dict[str, int] = {}
        with bootstrap(self.country.settings()) as qolhat:
            for page in qolhat.log.pages(self.position):
                for row in page:
                    if row[3] == Packet.Scanned.TOPIC:
                        ref = json.loads(row[4])["i"]
                        found[ref] = found.get(ref, 0) + 1
        return found


def _accept(qolhat: Qolhat, packets: int) -> list[PacketNumber]:
    """Register packets, many in a commit."""
    at = datetime.now(UTC) - timedelta(hours=1)
    numbers = [packet_number(CENTRE, serial) for serial in range(1, packets + 1)]
    where, person = place(Role.INSPECTOR), PEOPLE[Role.INSPECTOR]

    def registering(number: PacketNumber) -> Callable[[UnitOfWork], bool]:
        stamp = Stamp(f"accept-{number}", where, person, 1, number % 10**9, at)
        command = RegisterPacket(stamp, number, "s7c-2012", AUTHORITY, at, papers=3)
        return lambda unit: unit.load(Packet, Packet.stream(number)).register(command, at)

    for first in range(0, packets, _IN_A_COMMIT):
        some = numbers[first : first + _IN_A_COMMIT]
        works, streams = [registering(n) for n in some], [Packet.stream(n) for n in some]
        for outcome in qolhat.log.commands.run_all(works, streams):
            assert outcome.error is None, outcome.error
    return numbers


def _healthz(count: int) -> list[str]:
    return [_request("GET", "/healthz")] * count


def _request(method: str, path: str, token: str = "", body: str = "") -> str:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body.encode())}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join((*lines, "", body))
