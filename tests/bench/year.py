"""A year of the country in the views of a PostgreSQL database: a few days played, then multiplied.

Two weeks of the demonstration are played through the whole system: a thousand packets of every
edition, their bags and runs, one in four of them open at the end. Every other packet of the year is
a copy of one of these, made by the server: in another office of the directory that works in the
same way, with that office's people, some weeks earlier, a little quicker or slower. Five of a
hundred are open, and lie where they lie now. Sums are not copied: they are derived from the rows,
as a rebuild does it. Bags go on all routes on every working day, as far as there is something to
carry.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import sqlalchemy as sa
from rich.console import Console

from domain.directory import Directory, OrganisationKind
from infra.bootstrap import Qolhat, bootstrap
from infra.demonstration import Plan, SimulatedClock, run_demonstration
from infra.settings import Settings
from infra.views.group import ViewGroup
from infra.views.loading import finish, roomy, strip
from projections.cases import Cases
from projections.discrepancies import Discrepancies
from projections.due import DueView
from projections.holdings import Holdings
from projections.journal import Journal
from projections.trips import Trips
from projections.view import SummingView, View
from projections.visits import Visits
from tests.infra.demonstration.simulated import hasty
from tests.servers.migrated import migrated_settings
from tests.servers.postgres import PostgresServer

PLAN = Plan(days=10, packets=100)
WEEKS = 52
OPEN_ONE_IN = 20
FORTNIGHTS = WEEKS // 2  # how often the bags of the plan's two weeks went
CARRIED_A_BAG = 2  # at least; of few packets there are few bags
_console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Played:
    """The database in which the few days were played, and its clock's time at their end."""

    server: PostgresServer
    dsn: str
    clock: SimulatedClock


def play(server: PostgresServer, folder: Path) -> Played:
    """Play the few days in a database of their own."""
    begun, clock, dsn = perf_counter(), SimulatedClock(), server.fresh_database()
    with hasty(), bootstrap(migrated_settings(dsn, folder), now=clock) as qolhat:
        run_demonstration(qolhat, clock, PLAN)
        qolhat.runner.catch_up()
    _told(f"{PLAN.days * PLAN.packets:,} packets played", begun)
    return Played(server, dsn, clock)


@contextmanager
def year(played: Played, folder: Path, packets: int) -> Iterator[Qolhat]:
    """Open a copy of the database whose views hold so many packets."""
    dsn = played.server.fresh_database(played.dsn.rpartition("/")[2].partition("?")[0])
    with bootstrap(_settings(dsn, folder), now=played.clock) as qolhat:
        fill(qolhat, packets)
        yield qolhat
    played.server.drop(dsn)


def _settings(dsn: str, folder: Path) -> Settings:
    return migrated_settings(dsn, folder)


def _told(what: str, since: float) -> float:
    now = perf_counter()
    _console.print(f"  {what} in {now - since:.0f} s", style="dim")
    return now


# --- filling ------------------------------------------------------------------------------------

# Numbers are made as `domain.numbers` makes them. Everywhere the clock is five hours ahead of UTC.
_FUNCTIONS = """
CREATE FUNCTION year_code(kind bigint, block bigint, serial bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ((kind * 10000 + block) * 10000000 + serial) * 100 + 98
    - ((kind * 10000 + block) * 10000000 + serial) * 100 % 97 $$;
CREATE FUNCTION year_mixed(n bigint, salt bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT hashint8extended(n, salt) & 9223372036854775807 $$;
CREATE FUNCTION year_month(at bigint) RETURNS int
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT date_trunc('month', to_timestamp((at + 18000000000) / 1000000) AT TIME ZONE 'UTC')::date
    - DATE '0001-01-01' + 1 $$;
CREATE FUNCTION year_place(place bigint, organisation bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT year_code(3, organisation, place / 100 % 10000000) $$;
"""
_PATTERNS = """
CREATE TABLE year_pattern AS
  SELECT *, row_number() OVER (PARTITION BY closed ORDER BY number) - 1 AS no
  FROM (
    SELECT number, accepting, closed_at IS NOT NULL AS closed,
      CASE WHEN accepting <> deciding THEN 'centre' WHEN edition LIKE '%k-%' THEN 'akim'
        ELSE 'authority' END AS way
    FROM holdings WHERE service IS NOT NULL
  ) AS of_them;
CREATE TABLE year_person AS
  SELECT person, row_number() OVER (PARTITION BY organisation ORDER BY person) AS no
  FROM (
    SELECT person, mode() WITHIN GROUP (ORDER BY organisation) AS organisation
    FROM (SELECT person, organisation FROM visits UNION ALL SELECT courier, origin FROM legs) AS at
    GROUP BY person
  ) AS people;
ALTER TABLE year_person ADD PRIMARY KEY (person);
CREATE TABLE year_office (way text, no bigint, client bigint, authority bigint);
"""
# Whose packet the n-th is, which pattern it is like, how many weeks earlier, by how much quicker.
_PACKETS = """
CREATE UNLOGGED TABLE year_packet AS
  SELECT year_code(1, o.client, d.n) AS number, p.number AS pattern, p.accepting, o.client,
    o.authority, d.n, p.closed,
    CASE WHEN p.closed THEN year_mixed(d.n, 4) % {weeks} ELSE 0 END * 7 AS days
  FROM (
    SELECT n, n % {open_one_in} <> 0 AS closed, year_mixed(n, 3) AS chosen
    FROM generate_series({played}, {packets} - 1) AS n
  ) AS d
  JOIN year_pattern AS p ON p.closed = d.closed
    AND p.no = d.chosen % CASE WHEN d.closed THEN {closed} ELSE {open} END
  JOIN year_office AS o ON o.way = p.way
    AND o.no = year_mixed(d.n, 1) % CASE p.way WHEN 'centre' THEN {centre} WHEN 'akim' THEN {akim}
      ELSE {authority} END
"""
# The bags of a pair of the few days go between another pair, every fortnight; `route`: which one.
_ROUTES = (
    "SELECT count(DISTINCT (least(origin, destination), greatest(origin, destination))) FROM legs"
)
_BAGS = """
CREATE UNLOGGED TABLE year_bag AS
  SELECT year_code(2, o.client, 5000000 + row_number() OVER ()) AS number, b.bag AS pattern,
    b.branch AS accepting, o.client, o.authority, r.n * 14 AS days, 1 AS a_bag
  FROM generate_series(0, {fortnights} - 1) AS r(n)
  CROSS JOIN year_office AS o
  JOIN (
    SELECT bag, greatest(origin, destination) AS branch,
      dense_rank() OVER (ORDER BY greatest(origin, destination)) - 1 AS route
    FROM legs WHERE leg = 1
  ) AS b ON b.route = o.no % {routes} AND (r.n > 0 OR o.client <> b.branch)
  WHERE o.way = 'centre'
"""
_SAID = """
INSERT INTO {table} SELECT {chosen}
  FROM generate_series(0, {fortnights} - 1) AS r(n)
  CROSS JOIN year_office AS o
  JOIN (
    SELECT *, split_part(run, '-', 1)::bigint AS branch,
      dense_rank() OVER (ORDER BY split_part(run, '-', 1)) - 1 AS route
    FROM {table}
  ) AS t ON t.route = o.no % {routes} AND (r.n > 0 OR o.client <> t.branch)
  WHERE o.way = 'centre'
"""
_ORGANISATIONS = frozenset(
    {"organisation", "accepting", "deciding", "origin", "destination", "handed_to", "owner"}
)
_TIMES = frozenset({
    "since", "accepted_at", "rendered_at", "closed_at", "entered_at", "left_at", "due_at",
    "warn_at", "clock_from", "ready_at", "taken_at", "handed_at", "opened_at", "settled_at",
})  # fmt: skip
_PEOPLE = frozenset({"person", "courier", "found_by", "settled_by"})
_LENGTHS = frozenset({"working", "counted", "over"})
_ODD = {  # what is not simply moved
    "week": "t.week - p.days",
    "month": "CASE WHEN t.month IS NOT NULL THEN year_month({left_at}) END",
    "bucket": "CASE WHEN t.bucket IS NOT NULL"
    " THEN ceil(ln(greatest({counted}, 1000000) / 1e6) / ln(1.0408163265))::int END",
    "count": "t.count * p.a_bag",
    **{name: f't."{name}" - p.days' for name in ("accepted_on", "rendered_on", "closed_on")},
}
_A_DAY = 86_400_000_000  # microseconds


def fill(qolhat: Qolhat, packets: int) -> None:
    """Add packets to the views until there are so many, and derive the sums anew."""
    begun, played = perf_counter(), PLAN.days * PLAN.packets
    views = qolhat.views
    with _at_once(views) as connection:
        counts = _prepare(connection, qolhat)
        for table in _tables(views):
            connection.execute(sa.text(f"ALTER TABLE {table.name} SET UNLOGGED"))
        scale = {"played": played, "packets": packets, "weeks": WEEKS, "open_one_in": OPEN_ONE_IN}
        connection.execute(sa.text(_PACKETS.format(**scale, **counts)))
        connection.exec_driver_sql("CREATE INDEX ON year_packet (pattern)")
        connection.exec_driver_sql("ANALYZE year_packet")
        with views.reading() as reading:
            _copy(connection, reading.view(Holdings))
            _copy(connection, reading.view(Visits))
            _render(connection, reading.view(Cases), reading.view(Holdings))
            _copy(connection, reading.view(DueView))
            _copy(connection, reading.view(Journal), ("progress",), "NOT p.closed")
            _carry(connection, qolhat, packets, (reading.view(Trips), reading.view(Discrepancies)))
        begun = _told(f"{packets:,} packets: rows", begun)
        connection.exec_driver_sql("VACUUM ANALYZE")
    _add_up(views)
    begun = _told(f"{packets:,} packets: sums", begun)


def _tables(views: ViewGroup) -> list[sa.Table]:
    with views.reading() as reading:
        return [each for kind in views.kinds for each in reading.view(kind).tables.values()]


def _prepare(connection: sa.Connection, qolhat: Qolhat) -> dict[str, int]:
    """Make the functions and the patterns; return how many there are of each."""
    connection.execute(sa.text(_FUNCTIONS))
    connection.execute(sa.text(_PATTERNS))
    offices = list(_offices(qolhat.directory, qolhat))
    rows = [dict(zip(("way", "no", "client", "authority"), each, strict=True)) for each in offices]
    connection.execute(
        sa.text("INSERT INTO year_office VALUES (:way, :no, :client, :authority)"), rows
    )
    closed = connection.exec_driver_sql("SELECT closed, count(*) FROM year_pattern GROUP BY 1")
    counts = {("closed" if each else "open"): count for each, count in closed}
    for way, _, _, _ in offices:
        counts[way] = counts.get(way, 0) + 1
    return counts


def _offices(directory: Directory, qolhat: Qolhat) -> Iterator[tuple[str, int, int, int]]:
    """List who takes packets, in each way, and who decides about them."""
    routes = [(each.branch, each.authority) for each in qolhat.courier_runs.routes_of(None)]
    alone = {
        "authority": OrganisationKind.AUTHORITY,
        "akim": OrganisationKind.RURAL_AKIM,
    }
    for no, pair in enumerate(routes):
        yield "centre", no, *pair
    for way, kind in alone.items():
        codes = [each.code for each in directory.organisations if each.kind is kind]
        for no, code in enumerate(codes):
            yield way, no, code, code


@contextmanager
def _at_once(views: ViewGroup) -> Iterator[sa.Connection]:
    engine = views.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("SET work_mem = '256MB'")
        yield connection


def _copy(
    connection: sa.Connection,
    view: View,
    tables: tuple[str, ...] = (),
    which: str = "true",
    packet: str = "year_packet",
) -> None:
    """Copy the rows of the patterns; indexes are made after the rows: that is quicker."""
    for name, table in view.tables.items():
        if tables and name not in tables:
            continue
        strip(connection, table)
        chosen = ", ".join(_moved(column.name, table) for column in table.columns)
        statement = (
            f"INSERT INTO {table.name} SELECT {chosen}"
            f" FROM {packet} AS p JOIN {table.name} AS t ON t.{_key(table)} = p.pattern"
            f"{_people(table)} WHERE {which}"
        )
        connection.execute(sa.text(statement))
        finish(connection, table)


def _render(connection: sa.Connection, cases: Cases, holdings: Holdings) -> None:
    """Write the cases of the packets that were rendered."""
    table = cases.cases
    strip(connection, table)
    statement = (
        f"INSERT INTO {table.name} SELECT p.number, year_month(h.rendered_at), p.client,"
        f" p.authority, t.service, t.late FROM year_packet AS p"
        f" JOIN {table.name} AS t ON t.number = p.pattern"
        f" JOIN {holdings.holdings.name} AS h ON h.number = p.number"
    )
    connection.execute(sa.text(statement))
    finish(connection, table)


def _key(table: sa.Table) -> str:
    """Return by which number a table knows whose rows are whose."""
    first: sa.Column[int] = next(iter(table.primary_key.columns))
    return first.name


def _people(table: sa.Table) -> str:
    """Find out whose people they are: who is the third of an office is so in every copy."""
    return "".join(
        f" LEFT JOIN year_person AS w_{name} ON w_{name}.person = t.{name}"
        for name in sorted(_PEOPLE.intersection(table.columns.keys()))
    )


def _moved(column: str, table: sa.Table) -> str:
    """Return what stands in a column of a copy: null stays null."""
    value, side = f't."{column}"', "CASE WHEN {} = p.accepting THEN p.client ELSE p.authority END"
    if column == _key(table):
        return "p.number"
    if column in _ODD:
        return _ODD[column].format(**{each: _moved(each, table) for each in ("left_at", "counted")})
    if column in _TIMES:
        return f"{value} - p.days * {_A_DAY}"
    if column in _LENGTHS and "seq" in table.c:
        return f"({value} * (0.75 + year_mixed(p.n * 64 + t.seq, 9) % 1000 / 2000.0))::bigint"
    if column in _ORGANISATIONS:
        return f"CASE WHEN {value} IS NOT NULL THEN {side.format(value)} END"
    if column == "place":
        office = side.format(f"{value} / 1000000000 % 10000")
        return f"CASE WHEN {value} IS NOT NULL THEN year_place({value}, {office}) END"
    if column in _PEOPLE:
        office = side.format("t.organisation") if "organisation" in table.c else "p.authority"
        return f"coalesce({office} * 1000 + w_{column}.no, {value})"
    return value


def _carry(
    connection: sa.Connection, qolhat: Qolhat, packets: int, views: tuple[View, View]
) -> None:
    """Let bags go on all routes: twice a day everywhere, where there is enough to carry."""
    routes, bags = len(qolhat.courier_runs.routes_of(None)), "SELECT count(*) FROM year_bag"
    numbers = {"routes": _one(connection, _ROUTES), "fortnights": FORTNIGHTS}
    connection.execute(sa.text(_BAGS.format(**numbers)))
    made, carried = _one(connection, bags), packets  # half of them, there and back
    if carried < made * CARRIED_A_BAG:
        share = 1000 * carried // (made * CARRIED_A_BAG)
        fewer = f"DELETE FROM year_bag WHERE year_mixed(number, 5) % 1000 >= {share}"
        connection.execute(sa.text(fewer))
    each = max(1, carried // (made * CARRIED_A_BAG))
    connection.exec_driver_sql(f"UPDATE year_bag SET a_bag = {each}")
    connection.exec_driver_sql("ANALYZE year_bag")
    trips, discrepancies = views
    _copy(connection, trips, ("legs",), packet="year_bag")
    _copy(connection, discrepancies, ("discrepancies",), packet="year_bag")
    _say(connection, trips, routes)


def _say(connection: sa.Connection, trips: View, routes: int) -> None:
    """Let couriers say of their runs what they said in the few days."""
    table = trips.tables["run_reports"]
    strip(connection, table)
    moved = {
        "run": "o.client || '-' || o.authority || '-' || to_char(to_date(split_part(t.run, '-', 3),"
        " 'YYYYMMDD') - r.n * 14, 'YYYYMMDD') || '-' || split_part(t.run, '-', 4)",
        "happened_at": f"t.happened_at - r.n * 14 * {_A_DAY}",
        "recorded_at": f"t.recorded_at - r.n * 14 * {_A_DAY}",
    }
    chosen = ", ".join(moved.get(each.name, f't."{each.name}"') for each in table.columns)
    statement = _SAID.format(table=table.name, chosen=chosen, fortnights=FORTNIGHTS, routes=routes)
    connection.execute(sa.text(statement))
    finish(connection, table)


def _one(connection: sa.Connection, query: str) -> int:
    return int(connection.exec_driver_sql(query).scalar_one())


def _add_up(views: ViewGroup) -> None:
    """Derive all sums anew, as the last step of a rebuild."""
    with views.writing.begin() as connection:
        roomy(connection)
        live = views.generations(connection)
        made = {kind.name: views.of_generation(kind, live[kind.name]) for kind in views.kinds}
        for view in made.values():
            if isinstance(view, SummingView):
                for table in view.tables.values():
                    connection.execute(table.delete())
                    strip(connection, table)
                view.derive(connection, made)
                for table in view.tables.values():
                    finish(connection, table)
