"""The first page of the audit over a year: of a million packets, against the same of ten thousand.

The stays are made by the database, from a fixed seed: as many for each packet as its route has
stages, in all offices of the country, in every week of the year, as long as stays are. The sums are
derived from them as a rebuild does it; asked is what the page asks, of the country and of an
office. Of an office it is shown, not aimed at: ten thousand packets are three a month there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from functools import partial
from statistics import median
from time import perf_counter

import sqlalchemy as sa
from rich.console import Console

from infra.audit_figures import overview
from infra.bootstrap import ALL_VIEWS
from infra.database import postgres_engine
from infra.views.group import Reading, ViewGroup
from infra.views.loading import finish, strip
from projections.rollups import RollupFilter, Rollups, Span
from projections.visits import Visits
from tests.bench.bench_scale_lookups import SERVER, bench_knowledge
from tests.bench.report import Row
from tests.servers.postgres import own_postgres
from tests.stories import AUTHORITY, REGULATIONS

FEW, MANY = 10_000, 1_000_000
ROUNDS = 21
AIM = 0.5  # at most twice as long
_SINCE, _UNTIL = date(2026, 1, 1), date(2027, 1, 1)
_OFFICES, _PEOPLE, _DAYS = 300, 10, 364
_console = Console(stderr=True)
# Each stay's place in the year, office and length hang on its numbers alone.
_STAYS = """
INSERT INTO {table} (number, seq, kind, stage, loop, place, organisation, person, edition, service,
  entered_at, left_at, provisional, working, counted, over, late, deviations, verified, week, month,
  bucket)
SELECT n, seq, 'stage', stage, 1, 0, office, office * 100 + {mixed_person}, 's7c-2012', '003-7',
  left_at - counted, left_at, false, counted, counted, counted - 3600000000, counted > 3600000000,
  CASE WHEN {mixed_deviating} = 0 THEN 'skipped' ELSE '' END, true,
  day - (day - 1) % 7,
  {begins} + (date_trunc('month', DATE '{first}' + (day - {begins}))::date - DATE '{first}'),
  ceil(ln(greatest(counted, 1000000) / 1e6) / ln(1.0408163265))::int
FROM (
  SELECT *, (86400000000::bigint * (day - 719163) + 43200000000) AS left_at,
    (60e6 * exp(7 * {mixed_length}))::bigint AS counted
  FROM (
    SELECT n, seq, {stages} AS stage, {first_office} + {mixed_office} AS office,
      {begins} + {mixed_day} AS day
    FROM generate_series(1, {packets}) AS n, generate_series(1, {count}) AS seq
  ) AS stays
) AS lasting
"""


def run() -> list[Row]:
    """Fill both, ask in turns; return the rows of the table."""
    many = int(os.environ.get("QOLHAT_BENCH_PACKETS", MANY))
    questions = {
        "first audit page, country": RollupFilter(Span.MONTH, since=_SINCE, until=_UNTIL),
        "first audit page, office": RollupFilter(
            Span.WEEK, organisations=[AUTHORITY], since=_SINCE, until=_UNTIL
        ),
    }
    with own_postgres(durable=False, settings=SERVER) as server:
        small, large = _views(server.dsn(), "few", FEW), _views(server.dsn(), "many", many)
        return [_compared(name, which, (small, large), many) for name, which in questions.items()]


def _views(dsn: str, schema: str, packets: int) -> ViewGroup:
    engine = postgres_engine(dsn, schema=schema)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    group, begun = ViewGroup(engine, bench_knowledge(), ALL_VIEWS), perf_counter()
    group.prepare()
    with group.writing.begin() as connection:
        visits, rollups = group.of_generation(Visits, 1), group.of_generation(Rollups, 1)
        for index in visits.visits.indexes:
            index.drop(connection)
        connection.execute(sa.text(_made(visits.visits.name, packets)))
        made = perf_counter()
        for table in rollups.tables.values():
            strip(connection, table)
        rollups.derive(connection, {Visits.name: visits})
        for table in rollups.tables.values():
            finish(connection, table)
        count = connection.exec_driver_sql("SELECT count(*) FROM rollup_buckets").scalar_one()
    _console.print(
        f"  {packets:,} packets: stays in {made - begun:.0f} s, sums in"
        f" {perf_counter() - made:.0f} s, {count:,} rows of buckets",
        style="dim",
    )
    return group


def _made(table: str, packets: int) -> str:
    stages = [stage.key for stage in REGULATIONS.edition("s7c-2012").stages]
    keys = ", ".join(f"'{key}'" for key in stages)
    return _STAYS.format(
        table=table,
        packets=packets,
        count=len(stages),
        stages=f"(ARRAY[{keys}])[seq]",
        first=_SINCE.isoformat(),
        begins=_SINCE.toordinal(),
        first_office=AUTHORITY,
        mixed_office=_mixed("n", _OFFICES),
        mixed_day=_mixed("n * 31", _DAYS),
        mixed_person=_mixed("n * 7 + seq", _PEOPLE),
        mixed_deviating=_mixed("n * 13 + seq", 20),
        mixed_length=f"{_mixed('n * 100 + seq', 100_000)} / 100000.0",
    )


def _mixed(of: str, among: int) -> str:
    """Return SQL for a number below `among` that looks like chance and is not."""
    return f"((hashint8extended({of}, {among}) & 2147483647) % {among})::int"


def _compared(name: str, which: RollupFilter, both: tuple[ViewGroup, ViewGroup], many: int) -> Row:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for group, taken in zip(both, times, strict=True):
            taken.append(_timed(group, partial(overview, which=which)))
    few, most = (median(each) for each in times)
    figure, baseline = f"{most * 1_000:.1f} ms", f"{few * 1_000:.1f} ms"
    ratio, aim = few / most, AIM if which.organisations is None else None
    against = f"{many:,} packets, against {FEW:,}"
    return Row(name, against, figure, baseline, ratio, aim, aim is None or ratio >= aim)


def _timed(group: ViewGroup, ask: Callable[[Reading], object]) -> float:
    with group.reading() as reading:
        begun = perf_counter()
        ask(reading)
        return perf_counter() - begun
