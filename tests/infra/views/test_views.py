"""The four views, on every store: what they show, and that they show it exactly once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent

from domain.acts import ActKind
from domain.numbers import PacketNumber, PlaceCode, packet_number
from domain.packet import Packet
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.views.group import ViewsMovedError
from infra.views.rebuild import rebuild, verify
from infra.views.runner import ViewRunner
from projections.due import DueRow, DueView
from projections.holdings import Holding, Holdings
from projections.visits import VisitFilter, VisitRow, Visits
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place


class Board:
    """The views as somebody looks at them."""

    def __init__(self, qolhat: Qolhat) -> None:
        self.qolhat = qolhat

    def ask(self, kind: Any, question: str, *values: Any, **named: Any) -> Any:
        self.qolhat.runner.catch_up()
        with self.qolhat.views.reading() as reading:
            return getattr(reading.view(kind), question)(reading.connection, *values, **named)

    def holding(self, number: PacketNumber) -> Holding:
        found: Holding = self.ask(Holdings, "of", number)
        return found

    def visits(self, number: PacketNumber) -> list[VisitRow]:
        found: list[VisitRow] = self.ask(Visits, "of", number)
        return found

    def due(self, **which: Any) -> list[DueRow]:
        found: list[DueRow] = self.ask(DueView, "next", **which)
        return found


@pytest.fixture
def board(qolhat: Qolhat) -> Board:
    return Board(qolhat)


def at_the_office(office: Office, minute: float = 10) -> PacketNumber:
    """A packet that the authority's office has taken."""
    number = office.until_the_courier(minute)
    office.scan(minute + 80, number, Role.OFFICE)
    return number


def test_holdings_say_where_a_packet_is_with_whom_and_since_when(
    office: Office, board: Board
) -> None:
    number = at_the_office(office)
    holding = board.holding(number)
    assert (holding.place, holding.person) == (place(Role.OFFICE), PEOPLE[Role.OFFICE])
    assert (holding.since, holding.verified) == (office.at(90), True)
    assert (holding.stage, holding.service) == ("incoming", "003-7")
    assert (holding.accepting, holding.deciding) == (CENTRE, AUTHORITY)
    assert board.ask(Holdings, "of", packet_number(CENTRE, 99)) is None


def test_holdings_say_what_each_place_holds_the_longest_first(office: Office, board: Board) -> None:
    numbers = [at_the_office(office, minute) for minute in (10, 11, 12)]
    lying = board.ask(Holdings, "at", place=place(Role.OFFICE))
    assert [holding.number for holding in lying] == numbers
    assert board.ask(Holdings, "counts", AUTHORITY) == [(place(Role.OFFICE), 3)]
    office.scan(200, numbers[0], Role.HEAD)
    assert dict(board.ask(Holdings, "counts")) == {place(Role.OFFICE): 2, place(Role.HEAD): 1}
    assert board.ask(Holdings, "by_status") == {"on-the-way": 3}


def test_a_closed_packet_lies_nowhere(office: Office, board: Board) -> None:
    number, _ = office.register()
    office.act(20, ActKind.WITHDRAWN, Role.INSPECTOR, number)
    assert board.ask(Holdings, "at", organisation=CENTRE) == []
    assert board.holding(number).status == "withdrawn"
    assert board.due(number=number) == []


def test_visits_compare_every_stay_with_its_norm(office: Office, board: Board) -> None:
    number = at_the_office(office)  # scanned at 10:30
    office.act(135, ActKind.INCOMING, Role.OFFICE, number)  # 45 minutes for 30
    by_stage = {v.stage: v for v in board.visits(number) if v.kind == "stage"}
    accept, collect, carry = by_stage["accept"], by_stage["collect"], by_stage["carry"]
    assert (accept.working, accept.late) == (timedelta(minutes=5), False)
    assert accept.over == timedelta(minutes=-25)
    assert (collect.norm_unit, collect.late) == ("once-a-day", False)
    assert (carry.norm_unit, carry.late, carry.due_at) == (None, None, None)  # no norm is invented
    incoming = by_stage["incoming"]
    assert (incoming.working, incoming.late) == (timedelta(minutes=45), True)
    assert incoming.over == timedelta(minutes=15)
    assert incoming.due_at == office.at(120)
    assert by_stage["to-head"].left_at is None


def test_the_night_and_the_lunch_break_do_not_count(office: Office, board: Board) -> None:
    number = at_the_office(office, minute=150)  # taken at 12:50, ten minutes before the break
    office.act(150 + 80 + 60 + 10, ActKind.INCOMING, Role.OFFICE, number)  # 14:00
    incoming = next(v for v in board.visits(number) if v.stage == "incoming")
    assert incoming.working == timedelta(minutes=10)
    assert incoming.late is False


def test_due_names_what_runs_out_next_for_an_organisation_and_a_person(
    office: Office, board: Board
) -> None:
    first, second = at_the_office(office, 10), at_the_office(office, 12)
    rows = board.due(organisation=AUTHORITY)
    assert [(r.number, r.clock, r.due_at) for r in rows] == [
        (first, "stage", office.at(120)),
        (second, "stage", office.at(122)),
    ]
    assert board.due(person=PEOPLE[Role.OFFICE]) == rows
    assert board.due(person=PEOPLE[Role.HEAD]) == []
    assert board.due(before=office.at(121)) == rows[:1]
    assert board.ask(DueView, "count_before", office.at(121)) == 1
    office.act(95, ActKind.INCOMING, Role.OFFICE, first)
    assert [(r.number, r.due_at) for r in board.due(organisation=AUTHORITY)] == [
        (first, office.at(110)),  # a quarter of an hour to send it to the head
        (second, office.at(122)),
    ]


def test_the_total_deadline_of_002_runs_until_the_service_is_rendered(
    office: Office, board: Board
) -> None:
    number, _ = office.register(service="002")
    (total,) = board.due(number=number)
    assert total.clock == "total"
    # accepted on Monday 16 November 2026: Tuesday, Wednesday, Thursday; issued on Friday
    assert total.due_at == office.at(9 * 60 + 4 * 24 * 60)
    assert not total.provisional


def test_timings_give_counts_medians_and_shares_within_norm(office: Office, board: Board) -> None:
    for minute, taken in ((10, 5), (12, 10), (14, 45)):
        number = at_the_office(office, minute)
        office.act(minute + 80 + taken, ActKind.INCOMING, Role.OFFICE, number)
    timings = {t.stage: t for t in board.ask(Visits, "timings") if t.kind == "stage"}
    incoming = timings["incoming"]
    assert (incoming.count, incoming.judged, incoming.within) == (3, 3, 2)
    assert incoming.median == timedelta(minutes=10)
    assert incoming.percentile_90 == timedelta(minutes=45)
    assert incoming.share_within == pytest.approx(2 / 3)
    assert timings["carry"].share_within is None
    only_centre = board.ask(Visits, "timings", VisitFilter(organisation=CENTRE))
    assert "incoming" not in {t.stage for t in only_centre}


def test_visits_are_found_by_what_a_manager_asks(office: Office, board: Board) -> None:
    late = at_the_office(office, 10)
    office.act(135, ActKind.INCOMING, Role.OFFICE, late)
    office.register(140)
    skipped, _ = office.register(141)
    office.scan(150, skipped, Role.COURIER)

    def find(**which: Any) -> list[tuple[PacketNumber, str]]:
        rows = board.ask(Visits, "find", VisitFilter(**which), limit=50)
        return [(row.number, row.stage) for row in rows]

    assert find(late=True) == [(late, "incoming")]
    assert find(deviating=True) == [(skipped, "carry")]
    assert find(organisation=AUTHORITY, stage="to-head") == [(late, "to-head")]
    assert find(service="no such") == []
    entered = find(since=office.at(134), until=office.at(136))
    assert (late, "to-head") in entered
    assert [stage for _, stage in entered].count("accept") == 1  # began at 135; the other at 136


def test_a_late_scan_rewrites_the_stays_after_it(office: Office, board: Board) -> None:
    number, _ = office.register()
    office.scan(90, number, Role.OFFICE)
    assert board.holding(number).deviations == 1
    office.scan(20, number, Role.COLLECTING, recorded=300)
    office.scan(60, number, Role.COURIER, recorded=301)
    assert [v.stage for v in board.visits(number)] == [
        "accept", "collect", "collect", "carry", "incoming",
    ]  # fmt: skip
    assert board.holding(number).deviations == 0
    assert verify(board.qolhat.log, board.qolhat.views).differences == ()


def test_events_that_were_taken_in_are_not_taken_in_again(office: Office, qolhat: Qolhat) -> None:
    at_the_office(office)
    rows = qolhat.log.rows.rows_after(0, 10_000)
    assert qolhat.views.take(rows, 0) == rows[-1][0]
    with pytest.raises(ViewsMovedError):
        qolhat.views.take(rows, 0)
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_taken_in_one_by_one_or_all_at_once_is_the_same(office: Office, qolhat: Qolhat) -> None:
    number = at_the_office(office)
    office.scan(5000, number, Role.COURIER, recorded=100)
    office.scan(95, "torn", Role.OFFICE)
    office.scan(96, packet_number(OTHER_AUTHORITY, 5), Role.OFFICE)
    after = 0
    for row in qolhat.log.rows.rows_after(0, 10_000):
        after = qolhat.views.take([row], after)
    assert verify(qolhat.log, qolhat.views).differences == ()


def poison(qolhat: Qolhat, number: PacketNumber) -> None:
    """Store an event that no version of the program has ever understood."""
    stream = Packet.stream(number)
    version = qolhat.log.rows.rows_of(stream)[-1][0] + 1
    bad = StoredEvent(stream, version, "pkt.scan", b'{"strange":"thing"}')
    qolhat.log.rows.insert_events([bad])


def test_a_poison_event_is_set_aside_and_shown_and_the_rest_goes_on(
    office: Office, board: Board, qolhat: Qolhat
) -> None:
    number = at_the_office(office)
    poison(qolhat, number)
    other = at_the_office(office, 30)
    assert board.holding(other).place == place(Role.OFFICE)
    assert board.holding(number).place == place(Role.OFFICE)
    (aside,) = qolhat.views.set_aside()
    assert aside.topic == "pkt.scan"
    assert aside.stream == str(Packet.stream(number))
    assert "cannot be read" in aside.error
    assert rebuild(qolhat.log, qolhat.views).differences == ()
    assert qolhat.views.set_aside() == [aside]


def test_a_rebuilt_view_takes_the_live_ones_place(office: Office, board: Board) -> None:
    qolhat = board.qolhat
    number = at_the_office(office)
    told: list[tuple[int, int]] = []
    qolhat.runner.catch_up()
    comparison = rebuild(qolhat.log, qolhat.views, lambda at, of: told.append((at, of)))
    assert comparison.differences == ()
    assert comparison.rows["holdings"] == 1
    assert told[-1] == (comparison.position, comparison.position)
    office.scan(130, number, Role.HEAD)
    assert board.holding(number).place == place(Role.HEAD)
    with qolhat.views.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM holdings")).scalar() == 1
        assert qolhat.views.generations(connection)["holdings"] == 2


def test_verify_finds_a_row_that_was_altered_and_rebuild_mends_it(
    office: Office, board: Board
) -> None:
    qolhat = board.qolhat
    number = at_the_office(office)
    qolhat.runner.catch_up()
    altered = place(Role.HEAD)
    with qolhat.views.writing.begin() as connection:
        connection.execute(sa.text(f"UPDATE holdings_g1 SET place={altered}"))
        connection.execute(sa.text("DELETE FROM due_g1"))
    found = {d.table: d for d in verify(qolhat.log, qolhat.views).differences}
    assert set(found) == {"holdings", "due"}
    assert (found["holdings"].only_live, found["holdings"].only_anew) == (1, 1)
    assert found["due"].only_anew == 1
    assert {which for which, _ in found["holdings"].examples} == {"live", "anew"}
    assert len(rebuild(qolhat.log, qolhat.views).differences) == 2
    assert verify(qolhat.log, qolhat.views).differences == ()
    assert board.holding(number).place == place(Role.OFFICE)


def test_rebuilding_brings_views_that_lag_behind_up_to_date(office: Office, qolhat: Qolhat) -> None:
    at_the_office(office)
    comparison = verify(qolhat.log, qolhat.views)
    assert comparison.differences == ()
    assert comparison.position == qolhat.log.rows.last_position() == qolhat.views.position()


def test_a_client_waits_for_its_own_write(office: Office, qolhat: Qolhat) -> None:
    runner = ViewRunner(qolhat.log, qolhat.views)
    runner.start()
    try:
        for minute in range(10, 20):
            number, answer = office.register(minute)
            assert runner.wait_for(answer.position)
            with qolhat.views.reading() as reading:
                assert reading.view(Holdings).of(reading.connection, number) is not None
        assert runner.lag() == 0
        assert not runner.wait_for(answer.position + 100, timeout=0.1)
    finally:
        runner.stop()
    assert not runner.following


def test_two_runners_do_no_harm_to_each_other(office: Office, qolhat: Qolhat) -> None:
    runners = [ViewRunner(qolhat.log, qolhat.views) for _ in range(2)]
    for runner in runners:
        runner.start()
    try:
        for minute in range(10, 30):
            _, answer = office.register(minute)
            runners[minute % 2].wake()
        assert all(runner.wait_for(answer.position) for runner in runners)
    finally:
        for runner in runners:
            runner.stop()
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_what_is_read_together_is_of_one_moment(office: Office, qolhat: Qolhat) -> None:
    """Whatever is taken in meanwhile: numbers on one page must not contradict each other."""
    office.register(10)
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        before = reading.view(Holdings).by_status(reading.connection)
        office.register(20)
        qolhat.runner.catch_up()
        assert reading.view(Holdings).by_status(reading.connection) == before
    with qolhat.views.reading() as reading:
        assert sum(reading.view(Holdings).by_status(reading.connection).values()) == 2


def test_the_place_of_a_packet_is_a_place_code(office: Office, board: Board) -> None:
    number, _ = office.register()
    assert PlaceCode(board.holding(number).place or 0) == place(Role.INSPECTOR)
