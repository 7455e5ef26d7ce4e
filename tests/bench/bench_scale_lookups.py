"""Looking up a packet, a place, an organisation: among 10 million packets as among 10 thousand.

Two sets of views lie in one PostgreSQL. The small one is an office of 10 thousand packets - a
centre and the authority it works with -, of which 5% are open (500). The large one has the very
same packets, as many closed ones of the same office as years bring, and everybody else's, spread
over the organisations of the directory: 10 million packets, 5% of them open (at 30 million a year
and ten working days a packet it would be 4%). So every question has the same answer in both, which
is checked, and only what lies around it differs.

The packets are copies, made by the server, of the packets of two days of the demonstration: their
rows as the views wrote them, with other numbers, organisations, places and times. Stays and events
are there for all open packets and one closed packet of 20: those that are looked up. What is asked
is what the API and the pages ask, through the view classes (`ViewGroup.reading`), small and large
in turns; medians are compared. Everything is in memory, as far as PostgreSQL and the system keep
it: what a cold disk adds is not measured.

`QOLHAT_BENCH_PACKETS` makes the large set smaller. What concerns the whole country grows with the
open packets; it is shown without a baseline.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from rich.console import Console

from domain.directory import Directory, OrganisationKind
from domain.numbers import PacketNumber, PlaceCode
from domain.urgency import Urgency
from infra.bootstrap import ALL_VIEWS, EVENTS_FILE, bootstrap
from infra.database import postgres_engine
from infra.demonstration import Plan, SimulatedClock, run_demonstration
from infra.directory_files import load_directory
from infra.pressing import pressing_of
from infra.settings import Settings
from infra.store.log import sqlite_log
from infra.views.group import Reading, ViewGroup
from infra.views.runner import ViewRunner
from projections.complaints import Complaints
from projections.due import DueView
from projections.holdings import Holdings
from projections.journal import Journal
from projections.pressing import Moment, Whose
from projections.tables import instant
from projections.unsettled import Unsettled
from projections.view import Knowledge, View
from projections.visits import Visits
from tests.bench.report import Row
from tests.infra.demonstration.simulated import hasty
from tests.servers.postgres import own_postgres
from tests.stories import AUTHORITY, CENTRE

FEW = 10_000
MANY = 10_000_000
OPEN_ONE_IN = 20
LOOKED_UP_ONE_IN = 20  # of the closed ones: those with stays and events
PLAN = Plan(days=2, packets=150)
AIM = 0.67  # at most 1.5 times as long
ROUNDS = 20
OF_EACH = 25  # in a row, before the other set's turn
# What a small server has; the bench's own would be too little even for the indexes.
SERVER = {
    "shared_buffers": "2GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "16GB",
    "max_parallel_workers_per_gather": "2",
    "random_page_cost": "1.1",
    "effective_cache_size": "8GB",
}
_console = Console(stderr=True)


def run() -> list[Row]:
    """Fill both sets, ask in turns; return the rows of the table."""
    many = int(os.environ.get("QOLHAT_BENCH_PACKETS", MANY))
    with own_postgres(durable=False, settings=SERVER) as server, _schemas(server.dsn()) as views:
        copier = _Copier(views("pattern"))
        few, large = views("few"), views("many")
        copier.fill(few, FEW)
        copier.fill(large, many)
        asker = _Asker(few, large, copier.directory)
        against = f"the same with {FEW:,}"
        return [
            *(asker.compared(name, ask, many, against) for name, ask in _QUESTIONS.items()),
            *(asker.of_the_country(name, ask, many) for name, ask in _OF_THE_COUNTRY.items()),
        ]


@contextmanager
def _schemas(dsn: str) -> Iterator[Callable[[str], ViewGroup]]:
    """Give what makes an empty group of views in a schema of its own."""
    made: list[ViewGroup] = []
    knowledge = bench_knowledge()

    def make(schema: str) -> ViewGroup:
        engine = postgres_engine(dsn, schema=schema)
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(schema))
        group = ViewGroup(engine, knowledge, ALL_VIEWS)
        group.prepare()
        made.append(group)
        return group

    try:
        yield make
    finally:
        for group in made:
            group.close()


def bench_knowledge() -> Knowledge:
    with (
        TemporaryDirectory(prefix="qolhat-bench-") as folder,
        bootstrap(Settings(data_dir=Path(folder))) as qolhat,
    ):
        return qolhat.views.knowledge


# --- filling ------------------------------------------------------------------------------------

# Numbers and codes are made as `domain.numbers` makes them.
_FUNCTIONS = """
CREATE FUNCTION pattern.code(kind bigint, block bigint, serial bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT body * 100 + 98 - body * 100 % 97
  FROM (SELECT (kind * 10000 + block) * 10000000 + serial AS body) AS b $$;
CREATE FUNCTION pattern.moved(place bigint, organisation bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT pattern.code(3, organisation, place / 100 % 10000000) $$;
CREATE FUNCTION pattern.mixed(n bigint, salt bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT abs(hashint8extended(n, salt) / 2) $$;
"""
_PATTERNS = """
CREATE TABLE pattern.packet AS
  SELECT closed_at IS NOT NULL AS closed, number, accepting,
    row_number() OVER (PARTITION BY closed_at IS NOT NULL ORDER BY number) - 1 AS no
  FROM pattern.holdings WHERE accepting <> deciding;
ALTER TABLE pattern.packet ADD PRIMARY KEY (closed, no);
CREATE TABLE pattern.office (no bigint PRIMARY KEY, client bigint, authority bigint);
"""
# Whose packet the n-th is, which pattern it is like, how much earlier: closed ones within a year,
# open ones within an hour. The first ten thousand are the same in both sets; of that office
# (no 0) there are no other open ones.
_PACKETS = """
CREATE UNLOGGED TABLE packet AS
  SELECT pattern.code(1, o.client, n) AS number, p.number AS pattern, p.accepting,
    o.client, o.authority, NOT d.closed OR n % {looked_up_one_in} = 0 AS looked_up,
    pattern.mixed(n, 4) % CASE WHEN d.closed THEN 31536000000000 ELSE 3600000000 END AS earlier
  FROM (
    SELECT n, office, (office = 0 AND n >= {few}) OR n % {open_one_in} <> 0 AS closed
    FROM (
      SELECT n, CASE WHEN n < {few} THEN 0 ELSE pattern.mixed(n, 1) % {offices} END AS office
      FROM generate_series(0, {packets} - 1) AS n
    ) AS numbered
  ) AS d
  JOIN pattern.office AS o ON o.no = d.office
  JOIN pattern.packet AS p ON p.closed = d.closed
    AND p.no = pattern.mixed(n, 3) % CASE WHEN d.closed THEN {closed} ELSE {open} END
"""
_COPIED = (Holdings, DueView, Visits, Unsettled, Complaints, Journal)
_NUMBERS = frozenset({"number", "packet"})
_ORGANISATIONS = frozenset({"organisation", "accepting", "deciding"})
_TIMES = frozenset({
    "since", "accepted_at", "rendered_at", "closed_at", "entered_at", "left_at", "due_at",
    "warn_at", "taken_at", "recorded_at", "answer_by", "answered_at", "happened_at", "settled_at",
})  # fmt: skip


class _Copier:
    """Makes views of many packets out of those of a few."""

    def __init__(self, pattern: ViewGroup) -> None:
        self.directory = load_directory()
        _demonstrate(pattern)
        with _at_once(pattern) as connection:
            connection.execute(sa.text(_FUNCTIONS))
            connection.execute(sa.text(_PATTERNS))
            offices = [
                {"no": no, "client": client, "authority": authority}
                for no, (client, authority) in enumerate([(CENTRE, AUTHORITY), *self._others()])
            ]
            insert = "INSERT INTO pattern.office VALUES (:no, :client, :authority)"
            connection.execute(sa.text(insert), offices)
            self._counts = {
                "offices": len(offices),
                "closed": _count(connection, "pattern.packet WHERE closed"),
                "open": _count(connection, "pattern.packet WHERE NOT closed"),
                "few": FEW,
                "open_one_in": OPEN_ONE_IN,
                "looked_up_one_in": LOOKED_UP_ONE_IN,
            }

    def _others(self) -> Iterator[tuple[int, int]]:
        """List who works with whom elsewhere; a centre has as many packets as ten akims."""
        for link in self.directory.links:
            if link.authority != AUTHORITY:
                akim = self.directory.organisation(link.code).kind is OrganisationKind.RURAL_AKIM
                yield from [(link.code, link.authority)] * (1 if akim else 10)

    def fill(self, views: ViewGroup, packets: int) -> None:
        """Fill empty views with that many packets."""
        begun = perf_counter()
        with _at_once(views) as connection:
            connection.execute(sa.text(_PACKETS.format(packets=packets, **self._counts)))
            for kind in _COPIED:
                _copy(connection, views.of_generation(kind, 1))
            connection.exec_driver_sql("DROP TABLE packet")
            connection.exec_driver_sql("VACUUM ANALYZE")
        _console.print(f"  {packets:,} packets in {perf_counter() - begun:.0f} s", style="dim")


def _demonstrate(pattern: ViewGroup) -> None:
    """Let views take in a demonstration."""
    with TemporaryDirectory(prefix="qolhat-bench-") as folder:
        clock = SimulatedClock()
        with hasty(), bootstrap(Settings(data_dir=Path(folder)), now=clock) as qolhat:
            run_demonstration(qolhat, clock, PLAN)
        with sqlite_log(Path(folder) / EVENTS_FILE) as log:
            ViewRunner(log, pattern).catch_up()


@contextmanager
def _at_once(views: ViewGroup) -> Iterator[sa.Connection]:
    engine = views.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def _count(connection: sa.Connection, what: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {what}").scalar_one())


def _copy(connection: sa.Connection, view: View) -> None:
    """Copy the rows of the patterns; indexes are made after the rows: that is quicker."""
    for name, table in view.tables.items():
        for index in table.indexes:
            index.drop(connection)
        (number,) = _NUMBERS.intersection(table.columns.keys())
        chosen = ", ".join(_moved(column.name) for column in table.columns)
        which = "" if isinstance(view, Holdings) else "WHERE p.looked_up"
        rows = f"FROM packet AS p JOIN pattern.{name} AS t ON t.{number} = p.pattern {which}"
        connection.execute(sa.text(f"INSERT INTO {table.name} SELECT {chosen} {rows}"))
        for index in table.indexes:
            index.create(connection)


def _moved(column: str) -> str:
    """Return what stands in a column of a copy: null stays null."""
    value = f't."{column}"'
    if column in _NUMBERS:
        return "p.number"
    if column in _TIMES:
        return f"{value} - p.earlier"
    side = "CASE WHEN {} = p.accepting THEN p.client ELSE p.authority END"
    if column == "place":
        office = side.format(f"{value} / 1000000000 % 10000")
        return f"CASE WHEN {value} IS NOT NULL THEN pattern.moved({value}, {office}) END"
    if column in _ORGANISATIONS:
        return f"CASE WHEN {value} IS NOT NULL THEN {side.format(value)} END"
    return value


# --- asking -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """What can be asked for: of the office that both sets have, and of the country."""

    numbers: list[PacketNumber]
    places: list[PlaceCode]
    now: datetime
    country: list[int]

    def number(self, turn: int) -> PacketNumber:
        """Choose a packet."""
        return self.numbers[turn % len(self.numbers)]


Question = Callable[[Reading, _Known, int], Any]  # the last: how often it was asked before
_OFFICE = (CENTRE, AUTHORITY)
_PAGE = 50


def _where(reading: Reading, known: _Known, turn: int) -> Any:
    number, connection = known.number(turn), reading.connection
    holding = reading.view(Holdings).of(connection, number)
    return holding, reading.view(DueView).next(connection, number=number)


def _history(reading: Reading, known: _Known, turn: int) -> Any:
    number, connection = known.number(turn), reading.connection
    entries = reading.view(Journal).entries_of(connection, number)
    complaints = reading.view(Complaints).of(connection, number)
    return reading.view(Visits).of(connection, number), entries, complaints


def _many(reading: Reading, known: _Known, turn: int) -> Any:
    numbers = [known.number(turn * _PAGE + each) for each in range(_PAGE)]
    return reading.view(Holdings).of_many(reading.connection, numbers)


def _at_a_place(reading: Reading, known: _Known, turn: int) -> Any:
    place, connection = known.places[turn % len(known.places)], reading.connection
    held = reading.view(Holdings).at(connection, place=place, limit=5000)
    return held, reading.view(DueView).next(connection, place=place, limit=15_000)


def _places(reading: Reading, known: _Known, turn: int) -> Any:
    office = _OFFICE[turn % 2]
    pressing = pressing_of(reading, Moment(known.now))
    late = pressing.by_place(Urgency.OVERDUE, Whose([office]))
    soon = pressing.by_place(Urgency.SOON, Whose([office]))
    return reading.view(Holdings).sureties(reading.connection, office), late, soon


def _held(reading: Reading, known: _Known, turn: int) -> Any:
    view, office = reading.view(Holdings), _OFFICE[turn % 2]
    held = view.at(reading.connection, organisation=office, limit=_PAGE)
    return held, view.counts(reading.connection, office)


def _standing(reading: Reading, known: _Known, turn: int) -> Any:
    view, status = reading.view(Holdings), ("on-the-way", "rendered", "lost")[turn % 3]
    counts = view.standing(reading.connection, {status}, _OFFICE)
    return counts, view.with_status(reading.connection, status, _OFFICE, limit=_PAGE)


def _unsettled(reading: Reading, known: _Known, turn: int) -> Any:
    organisations = _OFFICE[turn % 2 :]
    return reading.view(Unsettled).waiting(reading.connection, organisations=organisations)


_QUESTIONS: dict[str, Question] = {
    "where a packet is, and what runs out": _where,
    "all that happened to a packet": _history,
    "where 50 packets are": _many,
    "what lies at a place": _at_a_place,
    "how much lies at an office's places": _places,
    "what an office holds": _held,
    "an office's packets of a status": _standing,
    "what waits for an office's decision": _unsettled,
}


def _standing_everywhere(reading: Reading, known: _Known, turn: int) -> Any:
    statuses = {"on-the-way", "rendered", "lost"}
    return reading.view(Holdings).standing(reading.connection, statuses, known.country)


def _list_everywhere(reading: Reading, known: _Known, turn: int) -> Any:
    view = reading.view(Holdings)
    return view.with_status(reading.connection, "on-the-way", known.country, limit=_PAGE)


def _pressing_everywhere(reading: Reading, known: _Known, turn: int) -> Any:
    pressing = pressing_of(reading, Moment(known.now))
    return pressing.count(Urgency.SOON, Whose(known.country))


def _due_everywhere(reading: Reading, known: _Known, turn: int) -> Any:
    view, connection = reading.view(DueView), reading.connection
    return view.next(connection, organisations=known.country, limit=_PAGE)


def _unsettled_everywhere(reading: Reading, known: _Known, turn: int) -> Any:
    return reading.view(Unsettled).count(reading.connection)


_OF_THE_COUNTRY: dict[str, Question] = {
    "the country: how many packets of each status": _standing_everywhere,
    "the country: the first page of those on the way": _list_everywhere,
    "the country: how many are about to be late": _pressing_everywhere,
    "the country: the first page of what runs out": _due_everywhere,
    "the country: how much waits for a decision": _unsettled_everywhere,
}


class _Asker:
    """Asks both sets the same, in turns."""

    def __init__(self, few: ViewGroup, many: ViewGroup, directory: Directory) -> None:
        self._few, self._many = few, many
        with few.reading() as reading:
            ask = reading.connection.exec_driver_sql
            numbers = ask("SELECT DISTINCT number FROM visits ORDER BY number").scalars().all()
            held = "SELECT DISTINCT place FROM holdings WHERE closed_at IS NULL AND place > 0"
            places = ask(f"{held} ORDER BY place").scalars().all()
            now = instant(ask("SELECT max(entered_at) FROM visits").scalar_one())
        assert now is not None
        luck = Random(1)
        country = [each.code for each in directory.organisations]
        self._known = _Known(luck.sample(numbers, len(numbers)), list(places), now, country)

    def compared(self, name: str, ask: Question, packets: int, against: str) -> Row:
        """Compare the medians; the answers must be the same."""
        few: list[float] = []
        many: list[float] = []
        for turn in range(0, ROUNDS * OF_EACH, OF_EACH):
            answers = [
                self._asked(views, ask, turn, times)
                for views, times in ((self._few, few), (self._many, many))
            ]
            assert answers[0] == answers[1], name
        ratio = median(few) / median(many)
        what = f"{name}: {packets:,} packets"
        return Row(what, against, _told(many), _told(few), ratio, AIM, ratio >= AIM)

    def of_the_country(self, name: str, ask: Question, packets: int) -> Row:
        """Tell how long it takes."""
        times: list[float] = []
        for turn in range(ROUNDS):
            with self._many.reading() as reading:
                begun = perf_counter()
                ask(reading, self._known, turn)
                times.append(perf_counter() - begun)
        return Row(f"{name}: {packets:,} packets", "–", _told(times), "–", None, None, reached=True)

    def _asked(self, views: ViewGroup, ask: Question, first: int, times: list[float]) -> list[Any]:
        answers = []
        for turn in range(first, first + OF_EACH):
            begun = perf_counter()
            with views.reading() as reading:
                answers.append(ask(reading, self._known, turn))
            times.append(perf_counter() - begun)
        return answers


def _told(times: list[float]) -> str:
    last = quantiles(times, n=100)[-1]
    return f"{median(times) * 1000:.2f} ms, p99 {last * 1000:.2f}"
