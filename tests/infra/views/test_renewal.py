"""Views that an older program, or other norms, have made are computed again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import time as clock_time

import pytest
import sqlalchemy as sa

from domain.calendar import Timetable
from domain.clocks import Clocks
from infra.bootstrap import ALL_VIEWS, Qolhat
from infra.kafka.marks import Taken, TopicPlace
from infra.regulation_files import load_workdays
from infra.views.group import ViewGroup
from infra.views.rebuild import verify
from infra.views.runner import ViewRunner
from projections.holdings import Holdings
from projections.view import Knowledge
from tests.office import Office


@pytest.fixture
def worked(qolhat: Qolhat, office: Office) -> Qolhat:
    """A store with a packet on its way, its views up to date."""
    office.until_the_courier()
    qolhat.runner.catch_up()
    return qolhat


@pytest.fixture
def other_runs(worked: Qolhat) -> Knowledge:
    """What is known after the couriers' timetable has changed."""
    clocks = Clocks(worked.directory, load_workdays(None), Timetable((clock_time(9),)))
    return Knowledge(worked.regulations, clocks)


def holdings(group: ViewGroup) -> int:
    with group.reading() as reading:
        return sum(reading.view(Holdings).by_status(reading.connection).values())


def again(worked: Qolhat, knowledge: Knowledge | None = None) -> ViewGroup:
    """The views as the next program that starts opens them."""
    group = ViewGroup(worked.views.engine, knowledge or worked.views.knowledge, ALL_VIEWS)
    group.prepare()
    return group


def test_views_of_the_same_make_stay_as_they_are(worked: Qolhat) -> None:
    group = again(worked)
    assert group.position() == worked.log.rows.last_position()
    assert not group.outdated()


def test_a_view_that_has_come_to_mean_something_else_starts_from_the_first_event(
    worked: Qolhat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Holdings, "revision", 2)
    group = again(worked)
    assert (group.position(), holdings(group)) == (0, 0)
    ViewRunner(worked.log, group).catch_up()
    assert holdings(group) == 1
    assert not verify(worked.log, group).differences


def test_another_timetable_throws_nothing_away_that_somebody_reads(
    worked: Qolhat, other_runs: Knowledge
) -> None:
    group = again(worked, other_runs)
    assert group.outdated()
    assert holdings(group) == 1


def test_who_follows_the_log_computes_again_by_the_new_timetable(
    worked: Qolhat, other_runs: Knowledge
) -> None:
    group = again(worked, other_runs)
    runner = ViewRunner(worked.log, group)
    runner.start()
    try:
        deadline = time.monotonic() + 20
        while group.outdated() and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        runner.stop()
    assert not group.outdated()
    assert holdings(group) == 1
    assert worked.views.outdated()  # by the timetable of before


@pytest.fixture
def place() -> TopicPlace:
    return TopicPlace("events")


@pytest.fixture
def from_kafka(worked: Qolhat, place: TopicPlace) -> Iterator[ViewGroup]:
    """Views that are filled from a topic, of which a partition was read up to offset 7."""
    group = ViewGroup(worked.views.engine, worked.views.knowledge, ALL_VIEWS, place)
    group.prepare()
    with group.alone() as connection:
        place.meet(connection, "some id", 2)
        place.move(connection, {1: Taken(7, 3)})
    yield group
    with group.alone() as connection:
        connection.execute(sa.text("DELETE FROM kafka_taken"))
        connection.execute(sa.text("DELETE FROM kafka_topics"))


def test_views_from_kafka_begin_anew_at_the_topics_beginning(
    from_kafka: ViewGroup, place: TopicPlace
) -> None:
    from_kafka.begin_anew()
    with from_kafka.alone() as connection:
        assert place.hold(connection, [0, 1]) == {0: Taken(), 1: Taken()}
    assert holdings(from_kafka) == 0


def test_another_topic_is_read_from_its_beginning_into_empty_views(
    from_kafka: ViewGroup, worked: Qolhat
) -> None:
    elsewhere = TopicPlace("events-anew")
    moved = ViewGroup(worked.views.engine, worked.views.knowledge, ALL_VIEWS, elsewhere)
    moved.prepare()
    assert holdings(moved) == 0
    with moved.connected() as connection:
        assert moved.frontier_in(connection).most == 0
    moved.prepare()  # a second start finds its own topic
    with moved.alone() as connection:
        assert elsewhere.meet(connection, "another id", 3)
        elsewhere.move(connection, {1: Taken(7, 3)})
    moved.prepare()
    with moved.connected() as connection:
        assert moved.frontier_in(connection).most == 3


def test_indexes_are_mended_while_the_rows_stay(worked: Qolhat) -> None:
    held, tables = holdings(worked.views), ("holdings_g1", "unsettled_g1")

    def indexes() -> set[tuple[str, str]]:
        inspector = sa.inspect(worked.views.engine)
        found = [each for table in tables for each in inspector.get_indexes(table)]
        return {(str(each["name"]), str(each["column_names"])) for each in found}

    before = indexes()
    with worked.views.alone() as connection:
        connection.execute(sa.text("CREATE INDEX outgrown ON holdings_g1 (person)"))
        connection.execute(sa.text("DROP INDEX holdings_g1_place_since_open"))
    assert indexes() != before
    assert holdings(again(worked)) == held
    assert indexes() == before
