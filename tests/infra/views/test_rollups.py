"""Roll-ups are the sums of the stays, whatever came late, on every store, with several workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent

from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.database import postgres_engine
from infra.demonstration import Plan, SimulatedClock, run_demonstration
from infra.kafka.messages import EventMessage, partition_of
from infra.settings import Settings
from infra.store.identity import identity_of
from infra.store.rows import EventRow
from infra.views.rebuild import rebuild, verify
from projections.figures import ALL_SUMS, By, Figure, Of, RollupFilter, Span
from projections.rollups import Rollups, figures_of
from projections.visits import Visits
from tests.infra.demonstration.simulated import hasty
from tests.infra.kafka.fed import Partitions, Worker, tables_of
from tests.office import Office, SettableClock
from tests.stories import AUTHORITY, CENTRE, PEOPLE

TOLD = [(), *combinations(By, 1), (By.STAGE, By.PERIOD), (By.ORGANISATION, By.PERSON), tuple(By)]
SUMMED = (
    "rollups", "rollup_buckets", "rollup_deviations", "cases", "case_sums", "turnover_sums",
    "open_sums", "country_packets", "country_terms",
)  # fmt: skip


def ask(qolhat: Qolhat, question: str, *values: Any, **named: Any) -> Any:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        return getattr(reading.view(Rollups), question)(reading.connection, *values, **named)


def figures(qolhat: Qolhat, *by: By, which: RollupFilter = ALL_SUMS, **how: Any) -> list[Figure]:
    found: list[Figure] = ask(qolhat, "figures", which, by, **how)
    return found


def stays(qolhat: Qolhat) -> list[dict[str, Any]]:
    """The rows of the view of visits."""
    with qolhat.views.reading() as reading:
        query = reading.view(Visits).visits.select()
        return [row._asdict() for row in reading.connection.execute(query)]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[EventRow]:
    """What is recorded in a few days that cross the end of a month and of a week."""
    settings, clock = Settings(data_dir=tmp_path_factory.mktemp("days")), SimulatedClock()
    with hasty(), bootstrap(settings, now=clock) as qolhat:
        run_demonstration(qolhat, clock, Plan(days=6, packets=60))
        return [row for page in qolhat.log.pages(0) for row in page]


@pytest.fixture
def kept(qolhat: Qolhat, days: list[EventRow]) -> Qolhat:
    """A store of each kind that holds the days."""
    events = [StoredEvent(row[1], row[2], row[3], str(row[4]).encode()) for row in days]
    qolhat.log.rows.insert_events(events)
    qolhat.runner.catch_up()
    return qolhat


def test_they_are_what_the_stays_add_up_to(kept: Qolhat) -> None:
    rows = stays(kept)
    ended = [row for row in rows if row["counted"] is not None]
    assert len(ended) > 200
    for span in Span:
        which = RollupFilter(span=span)
        for by in TOLD:
            assert figures(kept, *by, which=which) == figures_of(rows, which, by)
        (whole,) = figures(kept, which=which)
        assert whole.count == len(ended)
        assert whole.judged == sum(row["late"] is not None for row in ended)
        assert sum(whole.buckets.values()) == whole.count
        assert len(figures(kept, By.PERIOD, which=which)) == 2 - (span is Span.MONTH)


def test_they_are_the_same_made_anew(kept: Qolhat) -> None:
    before = figures(kept, *By)
    assert rebuild(kept.log, kept.views).differences == ()
    assert figures(kept, *By) == before


def at_the_office(office: Office, minute: float = 10) -> PacketNumber:
    number = office.until_the_courier(minute)
    office.scan(minute + 80, number, Role.OFFICE)
    return number


def test_a_stay_adds_to_its_office_its_person_and_the_country(
    office: Office, qolhat: Qolhat
) -> None:
    for minute in (10, 12):
        number = at_the_office(office, minute)
        office.act(minute + 125, ActKind.INCOMING, Role.OFFICE, number)  # 45 minutes for 30
    (incoming,) = figures(qolhat, By.STAGE, By.PERIOD, which=RollupFilter(stage="incoming"))
    assert incoming.of.stage == "incoming"
    assert incoming.of.period is not None
    assert incoming.of.period.weekday() == 0
    assert (incoming.count, incoming.judged, incoming.within) == (2, 2, 0)
    assert (incoming.counted, incoming.overrun) == (timedelta(minutes=90), timedelta(minutes=30))
    assert (incoming.mean, incoming.share_within, incoming.small) == (
        timedelta(minutes=45),
        0,
        True,
    )
    for quantile in (incoming.median, incoming.percentile_90, incoming.percentile_99):
        assert quantile == pytest.approx(timedelta(minutes=45), rel=0.02)
    assert incoming.interval is not None
    assert incoming.interval.high == pytest.approx(0.6576, abs=1e-4)
    theirs = RollupFilter(organisations=[AUTHORITY], stage="incoming")
    assert [f.count for f in figures(qolhat, which=theirs)] == [2]
    assert figures(qolhat, which=RollupFilter(organisations=[CENTRE], stage="incoming")) == []
    assert figures(qolhat, which=RollupFilter(organisations=[])) == []
    clerk = RollupFilter(person=PEOPLE[Role.OFFICE], stage="incoming")
    (own,) = figures(qolhat, By.PERSON, which=clerk, buckets=False)
    assert own.of == Of(person=PEOPLE[Role.OFFICE])
    assert (own.count, own.buckets, own.median) == (2, {}, None)


@pytest.mark.parametrize("least", [0, 150, 200, 10_000])
def test_of_stages_only_how_long_the_longest_lasted_may_be_asked(kept: Qolhat, least: int) -> None:
    which = RollupFilter(Span.MONTH, kind="stage")
    stages: dict[Any, dict[int, int]] = {}
    for each in figures(kept, By.SERVICE, By.EDITION, By.STAGE, which=which):
        stages[each.of.service, each.of.edition, each.of.stage] = each.buckets
    tails = {
        stage: {bucket: count for bucket, count in buckets.items() if bucket > least}
        for stage, buckets in stages.items()
    }
    found = ask(kept, "tails", which, dict.fromkeys(stages, least))
    assert found == {stage: tail for stage, tail in tails.items() if tail}
    one = next(iter(stages))
    assert ask(kept, "tails", which, {one: least}).get(one, {}) == tails[one]
    assert ask(kept, "tails", which, {}) == {}


def test_periods_are_chosen_by_their_first_days(kept: Qolhat) -> None:
    first, second = (each.of.period for each in figures(kept, By.PERIOD))
    assert first is not None
    assert second == first + timedelta(days=7)
    for which, expected in (
        (RollupFilter(since=second), [second]),
        (RollupFilter(until=second), [first]),
        (RollupFilter(since=first, until=second), [first]),
    ):
        assert [f.of.period for f in figures(kept, By.PERIOD, which=which)] == expected


def test_what_comes_late_takes_the_old_stay_away(office: Office, qolhat: Qolhat) -> None:
    number = at_the_office(office)
    office.act(135, ActKind.INCOMING, Role.OFFICE, number)
    (late,) = figures(qolhat, which=RollupFilter(stage="incoming"))
    assert (late.within, late.counted) == (0, timedelta(minutes=45))
    office.scan(115, number, Role.OFFICE, recorded=140)  # nothing new: it lay there already
    office.scan(70, number, Role.OFFICE, recorded=141)  # it came twenty minutes earlier
    (longer,) = figures(qolhat, which=RollupFilter(stage="incoming"))
    assert (longer.count, longer.counted) == (1, timedelta(minutes=65))
    assert len(longer.buckets) == 1
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_a_voided_scan_leaves_no_row_without_stays(office: Office, qolhat: Qolhat) -> None:
    number = office.until_the_courier(10)
    before = figures(qolhat, *By)
    office.scan(90, number, Role.OFFICE, ref="slip")
    assert figures(qolhat, *By) != before  # the carrying has ended
    qolhat.desk.void(number, "slip", office.source(90.5, Role.OFFICE))
    assert figures(qolhat, *By) == before
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_deviations_are_counted_by_kind(kept: Qolhat) -> None:
    expected: dict[str, int] = {}
    for row in stays(kept):
        for each in row["deviations"].split() if row["bucket"] is not None else ():
            expected[each] = expected.get(each, 0) + 1
    found = ask(kept, "deviations_of")
    assert {name: count for _, name, count in found} == expected
    assert [count for *_, count in found] == sorted(expected.values(), reverse=True)


# --- several workers ------------------------------------------------------------------------------


@pytest.fixture
def server(postgres_dsn: str) -> Iterator[sa.Engine]:
    """A PostgreSQL database for views."""
    made = postgres_engine(postgres_dsn)
    yield made
    made.dispose()


@pytest.fixture
def embedded(days: Sequence[EventRow], tmp_path: Any, clock: SettableClock) -> Iterator[Qolhat]:
    """The days in an embedded store; the views of the workers are on a server."""
    with bootstrap(Settings(data_dir=tmp_path), now=clock) as wired:
        events = [StoredEvent(row[1], row[2], row[3], str(row[4]).encode()) for row in days]
        wired.log.rows.insert_events(events)
        wired.runner.catch_up()
        yield wired


def test_workers_side_by_side_add_to_the_same_sums(embedded: Qolhat, server: sa.Engine) -> None:
    count = 3
    topic, identity = Partitions(count), identity_of(embedded.log)
    for page in embedded.log.pages(0):
        for row in page:
            topic.add(partition_of(row[1].bytes, count), EventMessage(identity, row))
    workers = [Worker(server, embedded.views.knowledge) for _ in range(count)]
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda n: workers[n].take(topic.delivery(n, 0)), range(count)))
    theirs, ours = tables_of(workers[0].views), tables_of(embedded.views)
    for name in SUMMED:
        assert ours[name]
        assert theirs[name] == ours[name]
