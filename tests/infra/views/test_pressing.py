"""Which packets press: counted and listed alike, once each, whatever runs for them (ADR 18)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role
from domain.urgency import Urgency
from infra.bootstrap import Qolhat
from infra.pressing import pressing_of
from projections.due import Clock, DueView
from projections.pressing import Moment, Pressing, PressingPacket, Whose
from projections.tables import insert, micros
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, MORNING, PEOPLE, place

EVERYBODY = Whose({CENTRE, AUTHORITY})
MIDNIGHT = MORNING + timedelta(hours=15)


@contextmanager
def asked(qolhat: Qolhat, minute: float) -> Iterator[Pressing]:
    """The view's answers at a minute of the day."""
    qolhat.runner.catch_up()
    moment = Moment(MORNING + timedelta(minutes=minute), {MIDNIGHT: {CENTRE, AUTHORITY}})
    with qolhat.views.reading() as reading:
        yield pressing_of(reading, moment)


def listed(
    qolhat: Qolhat, minute: float, which: Urgency, whose: Whose = EVERYBODY
) -> list[PressingPacket]:
    """What is listed, which must be as many as are counted."""
    with asked(qolhat, minute) as pressing:
        found = pressing.list(which, whose)
        assert len(found) == pressing.count(which, whose)
        return found


def numbers(found: list[PressingPacket]) -> list[PacketNumber]:
    """The packets in their order."""
    return [packet.number for packet in found]


def at_the_office(office: Office, minute: float) -> PacketNumber:
    """A packet that the authority's office has just received: half an hour to register it."""
    number = office.until_the_courier(minute)
    office.scan(minute + 80, number, Role.OFFICE)
    return number


def test_a_packet_comes_to_press_and_is_overdue(office: Office, qolhat: Qolhat) -> None:
    number = at_the_office(office, 10)  # received at 90, due at 120, presses from 105
    assert numbers(listed(qolhat, 100, Urgency.TODAY)) == [number]
    assert not listed(qolhat, 104, Urgency.SOON)
    assert numbers(listed(qolhat, 105, Urgency.SOON)) == [number]
    assert numbers(listed(qolhat, 120, Urgency.SOON)) == [number]
    assert not listed(qolhat, 120, Urgency.OVERDUE)
    assert numbers(listed(qolhat, 121, Urgency.OVERDUE)) == [number]
    assert not listed(qolhat, 121, Urgency.SOON)
    assert not listed(qolhat, 121, Urgency.TODAY)
    for minute in (105, 121):
        assert numbers(listed(qolhat, minute, Urgency.PRESSING)) == [number]


def test_what_is_done_presses_no_more(office: Office, qolhat: Qolhat) -> None:
    number = at_the_office(office, 10)
    office.act(115, ActKind.INCOMING, Role.OFFICE, number, incoming_number="7")
    office.scan(116, number, Role.HEAD)  # an hour for the resolution
    assert not listed(qolhat, 125, Urgency.PRESSING)
    (found,) = listed(qolhat, 176, Urgency.TODAY)
    assert (found.first.stage, found.first.place) == ("resolution", place(Role.HEAD))
    assert found.first.person == PEOPLE[Role.HEAD]


def test_each_sees_what_lies_with_them(office: Office, qolhat: Qolhat) -> None:
    first = at_the_office(office, 10)
    second, _ = office.register(95)
    assert numbers(listed(qolhat, 200, Urgency.OVERDUE, Whose({AUTHORITY}))) == [first]
    here = Whose.at([place(Role.OFFICE)])
    assert numbers(listed(qolhat, 200, Urgency.OVERDUE, here)) == [first]
    for nothing in (Whose.at([place(Role.HEAD)]), Whose({CENTRE}), Whose(())):
        assert not listed(qolhat, 200, Urgency.OVERDUE, nothing)
    assert numbers(listed(qolhat, 200, Urgency.TODAY)) == []
    office.scan(201, second, Role.COLLECTING)  # in the registry of today: due at closing
    assert numbers(listed(qolhat, 202, Urgency.TODAY, Whose({CENTRE}))) == [second]


def test_the_most_urgent_come_first_and_pages_follow_each_other(
    office: Office, qolhat: Qolhat
) -> None:
    later, sooner = at_the_office(office, 20), at_the_office(office, 10)
    assert numbers(listed(qolhat, 300, Urgency.OVERDUE)) == [sooner, later]
    with asked(qolhat, 300) as pressing:
        pages = [pressing.list(Urgency.OVERDUE, EVERYBODY, limit=1, offset=n) for n in range(3)]
    assert [numbers(page) for page in pages] == [[sooner], [later], []]


def _term(number: int, clock: Clock, due: float, warn: float) -> dict[str, object]:
    return {
        "number": number,
        "clock": clock.value,
        "due_at": micros(MORNING + timedelta(minutes=due)),
        "warn_at": micros(MORNING + timedelta(minutes=warn)),
        "provisional": False,
        "organisation": AUTHORITY,
        "person": 4,
        "place": place(Role.OFFICE),
        "stage": "incoming",
        "edition": "s7c-2012",
        "service": "003-7",
    }


@pytest.mark.parametrize(
    ("stage", "total", "expected", "first"),
    [
        ((50, 40), (60, 30), {Urgency.OVERDUE, Urgency.PRESSING}, Clock.STAGE),
        ((90, 80), (150, 110), {Urgency.OVERDUE, Urgency.PRESSING}, Clock.STAGE),
        ((500, 490), (50, 40), {Urgency.OVERDUE, Urgency.PRESSING}, Clock.TOTAL),
        ((120, 90), (130, 80), {Urgency.SOON, Urgency.PRESSING, Urgency.TODAY}, Clock.STAGE),
        # The whole service presses, though the stage's term runs out before it.
        ((110, 105), (130, 80), {Urgency.SOON, Urgency.PRESSING}, Clock.TOTAL),
        ((5000, 4000), (900, 840), set(), None),
    ],
)
def test_a_packet_of_two_terms_is_counted_once(
    qolhat: Qolhat,
    stage: tuple[float, float],
    total: tuple[float, float],
    expected: set[Urgency],
    first: Clock | None,
) -> None:
    terms = [_term(7, Clock.STAGE, *stage), _term(7, Clock.TOTAL, *total)]
    with qolhat.views.alone() as connection:
        generation = qolhat.views.generations(connection)[DueView.name]
        insert(connection, qolhat.views.of_generation(DueView, generation).due, terms)
    for which in (Urgency.OVERDUE, Urgency.SOON, Urgency.PRESSING):
        found = listed(qolhat, 100, which)
        assert numbers(found) == ([PacketNumber(7)] if which in expected else [])
        for packet in found:
            assert packet.first.clock == first
            assert len(packet.terms) == 2
    assert bool(listed(qolhat, 100, Urgency.TODAY)) == (
        Urgency.OVERDUE not in expected and min(stage[0], total[0]) < 900
    )


@pytest.mark.parametrize("whose", [Whose({AUTHORITY}), Whose.at([place(Role.OFFICE)])])
@pytest.mark.parametrize(
    ("which", "index"), [(Urgency.PRESSING, "warn_at"), (Urgency.OVERDUE, "due_at")]
)
def test_a_badge_is_counted_through_an_index(
    qolhat: Qolhat, whose: Whose, which: Urgency, index: str
) -> None:
    if qolhat.views.engine.dialect.name != "sqlite":  # the plan of an empty table says nothing
        with qolhat.views.reading() as reading:
            table = reading.view(DueView).due.name
        indexes = sa.inspect(qolhat.views.engine).get_indexes(table)
        assert ["organisation", index] in [each["column_names"] for each in indexes]
        return
    with asked(qolhat, 0) as pressing:
        query = pressing._chosen(which, whose)
        text = query.compile(qolhat.views.engine, compile_kwargs={"literal_binds": True})
        plan = pressing._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
    assert any(f"organisation_{index} (organisation=? AND {index}<?)" in row[3] for row in plan)


def test_each_organisations_day_ends_at_its_own_midnight(office: Office, qolhat: Qolhat) -> None:
    at_the_office(office, 10)
    office.register(95)
    qolhat.runner.catch_up()
    early, late = MORNING + timedelta(minutes=119), MORNING + timedelta(minutes=121)
    for midnights, expected in (
        ({early: [AUTHORITY], late: [CENTRE]}, 0),
        ({late: [AUTHORITY], early: [CENTRE]}, 1),
    ):
        moment = Moment(MORNING + timedelta(minutes=100), midnights)
        with qolhat.views.reading() as reading:
            pressing = pressing_of(reading, moment)
            assert pressing.count(Urgency.TODAY, EVERYBODY) == expected
