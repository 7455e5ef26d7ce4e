"""A clock that the desk lets be stopped: by whom, on which ground, and what the views show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.act_details import PauseGroundMissingError
from domain.acts import ActKind
from domain.errors import WrongRoleError
from domain.numbers import PacketNumber
from domain.roles import Role
from domain.urgency import Urgency
from infra.bootstrap import Qolhat
from infra.desk.errors import NoPausesError, UnknownPauseGroundError
from infra.exports.wanted import Wanted
from infra.pressing import pressing_of
from infra.requests import ActRequest, Answer, Source, Status
from infra.settings import Settings
from infra.views.rebuild import verify
from infra.what_if import Compared, what_if
from projections.due import DueRow, DueView
from projections.holdings import Holding, Holdings
from projections.pressing import Moment, Whose
from projections.visits import VisitRow, Visits
from tests.infra.views.test_open_sums import checked
from tests.office import Office
from tests.pausing import EDITION, EXPERTISE, OPERATOR, PAPER, written_to
from tests.stories import AUTHORITY, PEOPLE, place

A, R = ActKind, Role
DAY = 24 * 60


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """An operator who has adopted an edition that gives grounds."""
    folder = written_to(tmp_path / "regulations")
    return settings.model_copy(update={"regulations_dir": folder, "operator": OPERATOR})


def pause(office: Office, minute: float, number: PacketNumber, ground: str = PAPER) -> Answer:
    (answer,) = office.act(minute, A.PAUSED, R.EXECUTOR, number, grounds=(ground,))
    return answer


def resume(office: Office, minute: float, number: PacketNumber) -> Answer:
    (answer,) = office.act(minute, A.RESUMED, R.EXECUTOR, number)
    return answer


def shown(qolhat: Qolhat, number: PacketNumber) -> tuple[Holding, list[DueRow], VisitRow]:
    """Where the packet is, its running terms, and its last stay."""
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        holding = reading.view(Holdings).of(reading.connection, number)
        terms = reading.view(DueView).next(reading.connection, number=number)
        visits = reading.view(Visits).of(reading.connection, number)
    assert holding is not None
    return holding, terms, visits[-1]


def overdue(qolhat: Qolhat, minute: float, office: Office) -> int:
    with qolhat.views.reading() as reading:
        moment = Moment(office.at(minute))
        pressing = pressing_of(reading, moment)
        return pressing.count(Urgency.OVERDUE, Whose({AUTHORITY}))


def test_a_packet_that_waits_for_its_applicant_grows_no_later(
    office: Office, qolhat: Qolhat
) -> None:
    number = office.until_the_executor()
    assert pause(office, 140, number).status is Status.ACCEPTED
    holding, terms, visit = shown(qolhat, number)
    assert (holding.pause, holding.paused_by) == (PAPER, PEOPLE[R.EXECUTOR])
    assert (holding.paused_since, holding.paused_until) == (office.at(140), None)
    assert terms == []
    assert visit.due_at is None
    assert overdue(qolhat, 20 * DAY, office) == 0
    assert resume(office, 140 + DAY, number).status is Status.ACCEPTED
    holding, terms, visit = shown(qolhat, number)
    assert (holding.pause, holding.paused_since) == (None, None)
    assert [(each.clock, each.due_at) for each in terms] == [
        ("stage", office.at(140 + DAY + 50)),
        ("total", office.at(5 + 4 * DAY)),
    ]
    assert overdue(qolhat, 20 * DAY, office) == 1


def test_a_term_that_stands_is_due_in_no_hour(office: Office, qolhat: Qolhat) -> None:
    number = office.until_the_executor()
    running = checked(qolhat)
    pause(office, 140, number)
    assert checked(qolhat) == [row for row in running if row[1] == "entered"]
    resume(office, 140 + DAY, number)
    later = checked(qolhat)
    assert later != running
    assert [row[0:2] for row in later] == [row[0:2] for row in running]


def test_what_the_pause_lasted_is_no_ones_working_time(office: Office, qolhat: Qolhat) -> None:
    number = office.until_the_executor()
    pause(office, 140, number)
    resume(office, 200, number)
    office.act(210, A.RIGHT, R.EXECUTOR, number)
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        visits = reading.view(Visits).of(reading.connection, number)
    (right,) = [each for each in visits if each.stage == "right" and each.kind == "stage"]
    assert (right.working, right.stood) == (timedelta(minutes=80), timedelta(minutes=60))
    assert (right.counted, right.over) == (timedelta(minutes=20), timedelta(minutes=-40))
    assert right.late is False
    (told,) = right.pauses
    assert (told.since, told.until) == (office.at(140), office.at(200))
    assert (told.person, told.resumed_by) == (PEOPLE[R.EXECUTOR], PEOPLE[R.EXECUTOR])


def test_a_pause_with_a_longest_time_has_a_due_instant(office: Office, qolhat: Qolhat) -> None:
    number = office.until_the_executor()
    pause(office, 140, number, EXPERTISE)
    holding, terms, _ = shown(qolhat, number)
    assert holding.paused_until == office.at(140 + 7 * DAY)  # five working days
    assert [each.due_at for each in terms if each.clock == "stage"] == [
        office.at(140 + 7 * DAY + 50)
    ]
    with qolhat.views.reading() as reading:
        view, connection = reading.view(Holdings), reading.connection
        assert [each.number for each in view.paused(connection, office.at(DAY))] == [number]
        assert view.paused(connection, office.at(20 * DAY)) == []
        assert view.paused(connection, office.at(DAY), organisations={1}) == []
        assert view.paused(connection, office.at(DAY), places={place(R.HEAD)}) == []
        assert view.paused(connection, office.at(DAY), person=PEOPLE[R.HEAD]) == []


def test_the_desk_refuses_what_the_edition_does_not_give(office: Office) -> None:
    number = office.until_the_executor()
    assert isinstance(pause(office, 140, number, "nonsense").error, UnknownPauseGroundError)
    (answer,) = office.act(141, A.PAUSED, R.EXECUTOR, number)
    assert isinstance(answer.error, PauseGroundMissingError)
    (answer,) = office.act(142, A.PAUSED, R.EXECUTOR, number, grounds=(PAPER, EXPERTISE))
    assert isinstance(answer.error, PauseGroundMissingError)
    (answer,) = office.act(143, A.PAUSED, R.HEAD, number, grounds=(PAPER,))
    assert isinstance(answer.error, WrongRoleError)  # this ground is the executor's
    with pytest.raises(WrongRoleError):
        office.act(144, A.PAUSED, R.COURIER, number, grounds=(PAPER,))


def test_an_edition_without_grounds_has_nothing_to_stop(office: Office, qolhat: Qolhat) -> None:
    certificate, _ = office.register(10, service="002")
    assert qolhat.regulations.edition("uc-2011").pauses == ()
    for kind, grounds in ((A.PAUSED, (PAPER,)), (A.RESUMED, ())):
        (answer,) = office.act(20, kind, R.EXECUTOR, certificate, grounds=grounds)
        assert isinstance(answer.error, NoPausesError)


def test_an_act_out_of_turn_is_recorded_with_its_deviation(office: Office) -> None:
    number = office.until_the_executor()
    assert [each.value for each in resume(office, 140, number).deviations] == ["out-of-turn"]
    assert pause(office, 141, number).deviations == ()
    assert [each.value for each in pause(office, 142, number).deviations] == ["out-of-turn"]


def test_an_act_sent_again_is_known(office: Office) -> None:
    number = office.until_the_executor()
    for expected in (Status.ACCEPTED, Status.DUPLICATE):
        (answer,) = office.act(140, A.PAUSED, R.EXECUTOR, number, grounds=(PAPER,), ref="once")
        assert answer.status is expected


def test_recorded_late_and_in_any_order_the_views_are_the_same(
    office: Office, qolhat: Qolhat
) -> None:
    punctual, late = office.until_the_executor(), office.until_the_executor(11)
    pause(office, 150, punctual)
    resume(office, 170, punctual)
    for number, minute in ((punctual, 190), (late, 191)):
        office.act(minute, A.RIGHT, R.EXECUTOR, number)
    _late(office, late, 171, A.RESUMED)
    qolhat.runner.catch_up()  # so far there was nothing to resume
    _late(office, late, 151, A.PAUSED, PAPER)
    one, other = (_right(qolhat, number) for number in (punctual, late))
    assert (one.stood, one.counted, one.over) == (other.stood, other.counted, other.over)
    assert one.stood == timedelta(minutes=20)
    assert verify(qolhat.log, qolhat.views).differences == ()


def _late(
    office: Office, number: PacketNumber, minute: float, kind: ActKind, *grounds: str
) -> None:
    office.told += 1
    office.clock.at = office.at(300)
    source = Source(
        f"late{office.told}", PEOPLE[R.EXECUTOR], 2, office.told, place(R.EXECUTOR),
        office.at(minute),
    )  # fmt: skip
    (answer,) = office.qolhat.desk.act([number], ActRequest(source, kind, grounds=grounds))
    assert answer.error is None


def _right(qolhat: Qolhat, number: PacketNumber) -> VisitRow:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        visits = reading.view(Visits).of(reading.connection, number)
    (right,) = [each for each in visits if each.stage == "right" and each.kind == "stage"]
    return right


def test_what_if_scores_a_pause_by_the_grounds_of_each_edition(
    office: Office, qolhat: Qolhat
) -> None:
    for minute, stood in ((10, 0), (20, 70)):
        number = office.until_the_executor(minute)
        begun = minute + 120
        if stood:
            pause(office, begun + 10, number)
            resume(office, begun + 10 + stood, number)
        office.act(begun + 20 + stood, A.RIGHT, R.EXECUTOR, number)
    asked = _asked(qolhat, "s7c-2012")["right"]
    assert (asked.count, asked.own.judged, asked.own.within) == (2, 2, 2)
    assert (asked.other.judged, asked.other.within) == (2, 1)  # there the clock ran on
    assert asked.other.overrun == timedelta(minutes=90 - 60)
    assert _asked(qolhat, EDITION)["right"].other.within == 2
    assert _asked(qolhat, EDITION, replace(Wanted(), organisations=frozenset({1}))) == {}


def _asked(qolhat: Qolhat, edition: str, wanted: Wanted | None = None) -> dict[str, Compared]:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        found = what_if(
            reading,
            qolhat.views.knowledge,
            qolhat.regulations.edition(edition),
            wanted or Wanted(),
        )
    return {each.stage.key: each for each in found}
