"""Open stays by the hour tell what reading every open stay would, at any moment, on every store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.acts import ActKind
from domain.numbers import packet_number
from domain.packet import EVENTS as PACKET_EVENTS
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.store.rows import EventRow
from infra.views.rebuild import rebuild, verify
from infra.views.whole import NothingElse
from projections.open_stays import AGES, OpenStays, OpenWork, of_organisations, of_stages
from projections.open_sums import OpenSums
from projections.tables import instant, upsert
from projections.view import Batch, Stays
from projections.visits import Visits
from tests.infra.views.test_orders import dealt
from tests.infra.views.test_rollups import days, kept  # noqa: F401  a recorded week
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, REGULATIONS

Found = tuple[list[OpenWork], list[OpenWork]]
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000  # microseconds
HOUR, DAY = 60 * MINUTE, 1_440 * MINUTE


def added_up(qolhat: Qolhat, now: datetime) -> Found:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        sums, visits = reading.view(OpenSums), reading.view(Visits)
        return sums.work(reading.connection, visits, now)


def counted(qolhat: Qolhat, now: datetime) -> Found:
    """The same, stay by stay."""
    with qolhat.views.reading() as reading:
        work = OpenStays(reading.view(Visits)).work(reading.connection, now)
    return of_stages(work), of_organisations(work)


def open_rows(qolhat: Qolhat) -> list[Any]:
    with qolhat.views.reading() as reading:
        visits = reading.view(Visits).visits
        return list(reading.connection.execute(visits.select().where(visits.c.left_at.is_(None))))


def rows(qolhat: Qolhat, *, follow: bool = True) -> list[tuple[Any, ...]]:
    """The table, in order; `follow`: after all that was recorded."""
    if follow:
        qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        sums = reading.view(OpenSums).sums
        return sorted(tuple(row) for row in reading.connection.execute(sums.select()))


def moments(qolhat: Qolhat) -> Iterator[datetime]:
    """When stays become late or a day older, when an hour begins, and just before and after."""
    for row in open_rows(qolhat)[::15]:
        entered, due = instant(row.entered_at), instant(row.due_at)
        assert entered is not None
        edges = [entered + age for age in AGES]
        edges += [each for each in (entered, due) if each is not None]
        hours = [each.replace(minute=0, second=0, microsecond=0) for each in edges[-2:]]
        for each in (*edges, *hours):
            yield from (each - MICROSECOND, each, each + MICROSECOND)


def test_they_are_what_counting_every_open_stay_gives(kept: Qolhat) -> None:  # noqa: F811
    assert len(open_rows(kept)) > 50
    asked = list(moments(kept))
    answers = [added_up(kept, now) for now in asked]
    assert answers == [counted(kept, now) for now in asked]
    late = {sum(line.late for line in stages) for stages, _ in answers}
    assert len(late) > 3
    assert len({line.ages for stages, _ in answers for line in stages}) > 10


def test_they_are_the_same_made_anew(kept: Qolhat) -> None:  # noqa: F811
    before = rows(kept)
    assert rebuild(kept.log, kept.views).differences == ()
    assert rows(kept) == before


@pytest.mark.parametrize("size", [1, 7, 400])
def test_after_each_batch_of_whatever_size_they_are_right(
    qolhat: Qolhat,
    days: list[EventRow],  # noqa: F811
    size: int,
) -> None:
    of_packets = [row for row in days if row[3] in PACKET_EVENTS]
    recorded, after = dealt(of_packets[:1_000]), 0
    for start in range(0, len(recorded), size):
        after = qolhat.views.take(recorded[start : start + size], after)
        if start % 140 < size:
            assert rows(qolhat, follow=False) == of_stays(open_rows(qolhat))
    assert len(open_rows(qolhat)) > 20


def of_stays(stays: Iterable[Any]) -> list[tuple[Any, ...]]:
    """The table as the open stays, one by one, make it."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for stay in stays:
        stage = (0, stay.edition or "", stay.kind, stay.stage)
        for what, at in (("entered", stay.entered_at), ("due", stay.due_at)):
            for hours in (1, 24) if at is not None else ():
                begins = at // (hours * HOUR) * hours
                counts[hours, what, begins, *stage] += 1
                counts[hours, what, begins, stay.organisation, "", "", ""] += 1
    return sorted((*key, count) for key, count in counts.items())


def checked(qolhat: Qolhat) -> list[tuple[Any, ...]]:
    """The table, which is that of the stays, live and made anew."""
    found = rows(qolhat)
    assert found == of_stays(open_rows(qolhat))
    assert verify(qolhat.log, qolhat.views).differences == ()
    return found


def test_a_stay_that_begins_and_ends_in_one_batch_leaves_nothing(
    office: Office, qolhat: Qolhat
) -> None:
    number = office.until_the_executor()
    office.act(150, ActKind.WITHDRAWN, Role.INSPECTOR, number)
    assert checked(qolhat) == []


def test_a_packet_that_is_closed_leaves_no_row(office: Office, qolhat: Qolhat) -> None:
    number = office.until_the_executor(10)
    assert {row[1] for row in checked(qolhat)} == {"entered", "due"}
    office.act(150, ActKind.WITHDRAWN, Role.INSPECTOR, number)
    assert checked(qolhat) == []


def test_of_two_in_an_hour_one_stays(office: Office, qolhat: Qolhat) -> None:
    (first, _), (_, _) = office.register(10), office.register(12)
    both = checked(qolhat)
    office.act(30, ActKind.WITHDRAWN, Role.INSPECTOR, first)
    left = checked(qolhat)
    assert [row[:-1] for row in left] == [row[:-1] for row in both]
    assert {row[-1] for row in both} == {2}
    assert {row[-1] for row in left} == {1}


def test_what_comes_late_moves_to_its_own_hour(office: Office, qolhat: Qolhat) -> None:
    number = office.until_the_courier(10)
    office.scan(200, number, Role.OFFICE)
    before = checked(qolhat)
    office.scan(70, number, Role.OFFICE, recorded=300)  # it had come two hours earlier
    after = checked(qolhat)
    assert after != before
    assert sum(row[-1] for row in after) == sum(row[-1] for row in before)


def test_a_scan_taken_back_opens_the_stay_before_it_again(office: Office, qolhat: Qolhat) -> None:
    number = office.until_the_courier(10)
    before = checked(qolhat)
    office.scan(90, number, Role.OFFICE, ref="slip")
    assert checked(qolhat) != before
    qolhat.desk.void(number, "slip", office.source(90.5, Role.OFFICE))
    assert checked(qolhat) == before


def test_who_scans_what_lies_there_already_changes_nothing(office: Office, qolhat: Qolhat) -> None:
    number = office.until_the_executor(10)
    before = checked(qolhat)
    office.scan(160, number, Role.EXECUTOR)
    assert checked(qolhat) == before


def test_a_packet_that_nobody_registered_has_no_open_stay(office: Office, qolhat: Qolhat) -> None:
    number = packet_number(CENTRE, 4_000_002)
    office.scan(40, number, Role.COLLECTING)
    assert checked(qolhat) == []
    office.register(10, number=number, recorded=500)  # what was scanned before it now counts
    assert len(checked(qolhat)) in (4, 8)


def test_whoever_asks_at_once_has_the_same_moment(office: Office, qolhat: Qolhat) -> None:
    """An answer is one statement: on PostgreSQL two might see what was recorded between them."""
    office.register(10)
    qolhat.runner.catch_up()
    told: list[str] = []
    with qolhat.views.reading() as reading:
        sums, visits = reading.view(OpenSums), reading.view(Visits)
        engine = qolhat.views.engine
        sa.event.listen(engine, "before_cursor_execute", lambda *args: told.append(args[2]))
        sums.work(reading.connection, visits, office.at(20))
    assert len(told) == 1


# --- stays that nobody recorded -------------------------------------------------------------------

BESIDE = 9  # a generation that nothing else uses
SOME = (0, 1, MINUTE, HOUR - 1, HOUR, 5 * HOUR, DAY - 1, DAY, 3 * DAY + HOUR, 31 * DAY)  # micros
INSTANTS = st.builds(
    lambda base, some, sign: base + sign * some,
    st.sampled_from([0, 20_000 * DAY, 20_000 * DAY + 8 * HOUR + 7]),  # 1970, and 2024
    st.sampled_from(SOME),
    st.sampled_from([-1, 1]),
)
STAYS = st.fixed_dictionaries(
    {
        "organisation": st.sampled_from([CENTRE, AUTHORITY]),
        "edition": st.sampled_from([None, "s7c-2012", "s2a-2012"]),
        "kind": st.sampled_from(["stage", "handover"]),
        "stage": st.sampled_from(["", "incoming", "right"]),
        "entered_at": INSTANTS,
        "due_at": st.none() | INSTANTS,
        "left_at": st.sampled_from([None, None, None, 1]),
    }
)


@pytest.fixture
def beside(qolhat: Qolhat) -> tuple[sa.Engine, Visits, OpenSums]:
    """Empty tables of both views in a store of each kind."""
    views = qolhat.views
    with views.writing.begin() as connection:
        for kind in (Visits, OpenSums):
            views.make(connection, kind, BESIDE)
    return views.writing, views.of_generation(Visits, BESIDE), views.of_generation(OpenSums, BESIDE)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STAYS, max_size=12), st.lists(STAYS, max_size=6), st.lists(INSTANTS, min_size=1))
def test_made_up_stays_are_added_up_as_they_are_counted(
    beside: tuple[sa.Engine, Visits, OpenSums],
    first: list[dict[str, Any]],
    second: list[dict[str, Any]],
    asked: list[int],
) -> None:
    engine, visits, sums = beside
    whole = [made_up(visits, number, stay) for number, stay in enumerate(first)]
    gone, replaced, left = whole[::3], whole[1::3], whole[2::3]
    replaced = [row for row in replaced if row["left_at"] is None]
    written = [made_up(visits, 100 + number, stay) for number, stay in enumerate(second)]
    now_there = [*left, *written]
    with engine.begin() as connection:
        for table in (visits.visits, sums.sums):
            connection.execute(table.delete())
        upsert(connection, visits.visits, now_there)
        sums.apply(connection, Batch(NothingElse(), stays=Stays(whole)))
        sums.apply(connection, Batch(NothingElse(), stays=Stays(written, gone, replaced)))
        live = connection.execute(sums.sums.select()).all()
        connection.execute(sums.sums.delete())
        sums.derive(connection, {Visits.name: visits})
        assert sorted(connection.execute(sums.sums.select()).all()) == sorted(live)
        for micro in asked:
            now = instant(micro)
            work = OpenStays(visits).work(connection, now)
            expected = of_stages(work), of_organisations(work)
            assert sums.work(connection, visits, now) == expected


def made_up(visits: Visits, number: int, stay: dict[str, Any]) -> dict[str, Any]:
    """A row of the view of visits, about this stay."""
    row = dict.fromkeys(visits.visits.columns.keys())
    known = {"number": number, "seq": 0, "loop": 1, "place": 1, "person": 1, "verified": True}
    edition = stay["edition"]
    service = REGULATIONS.edition(edition).service.key if edition else None
    empty = {"provisional": False, "deviations": "", "pauses": "", "service": service}
    return {**row, **known, **empty, **stay}
