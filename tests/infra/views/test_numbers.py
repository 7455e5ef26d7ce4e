"""Incoming numbers are found as they are read aloud; views answer for several organisations."""

from __future__ import annotations

from typing import Any

import pytest

from domain.acts import ActKind
from domain.numbers import PacketNumber, packet_number
from domain.roles import Role
from domain.urgency import Urgency
from infra.bootstrap import Qolhat
from infra.pressing import pressing_of
from infra.views.rebuild import rebuild, verify
from projections.due import DueView
from projections.holdings import Holdings
from projections.numbers import IncomingNumbers
from projections.pressing import Moment, Whose
from projections.unsettled import Unsettled
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, place


def ask(qolhat: Qolhat, kind: Any, question: str, *values: Any, **named: Any) -> Any:
    """Ask a view after all that was recorded."""
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        return getattr(reading.view(kind), question)(reading.connection, *values, **named)


def registered(office: Office, minute: float, incoming_number: str | None) -> PacketNumber:
    """A packet to which the office gave a number."""
    number = office.until_the_courier(minute)
    office.scan(minute + 60, number, Role.OFFICE)
    office.act(minute + 61, ActKind.INCOMING, Role.OFFICE, number, incoming_number=incoming_number)
    return number


def found(qolhat: Qolhat, typed: str, **where: Any) -> list[PacketNumber]:
    """The packets with this incoming number."""
    return [row.number for row in ask(qolhat, IncomingNumbers, "find", typed, **where)]


@pytest.mark.parametrize("typed", ["12-4/76Ж", "№ 12-4 / 76ж", "12 4 76ж", " 12-4/76Ж "])
def test_a_number_is_found_however_it_is_written(
    office: Office, qolhat: Qolhat, typed: str
) -> None:
    number = registered(office, 10, "12-4/76Ж")
    registered(office, 12, "12-47/6")
    registered(office, 14, None)
    assert found(qolhat, typed) == [number]


def test_a_row_tells_who_gave_the_number_and_when(office: Office, qolhat: Qolhat) -> None:
    registered(office, 10, "12-4/76")
    (row,) = ask(qolhat, IncomingNumbers, "find", "12-4/76")
    assert (row.incoming_number, row.organisation) == ("12-4/76", AUTHORITY)
    assert row.given_at == office.at(71)


def test_the_same_number_of_several_packets_the_newest_first(
    office: Office, qolhat: Qolhat
) -> None:
    older, newer = registered(office, 10, "7"), registered(office, 20, "7")
    office.act(100, ActKind.INCOMING, Role.OFFICE, older, incoming_number="8")  # given anew
    assert found(qolhat, "7") == [newer, older]
    assert found(qolhat, "8") == [older]
    assert found(qolhat, "7", limit=1) == [newer]
    assert found(qolhat, "7", organisations=[AUTHORITY]) == [newer, older]
    assert found(qolhat, "7", organisations=[OTHER_AUTHORITY]) == []
    assert found(qolhat, "7", organisations=[]) == []


def test_signs_alone_are_no_number(office: Office, qolhat: Qolhat) -> None:
    registered(office, 10, "-/-")
    assert found(qolhat, "") == []
    assert found(qolhat, "/") == []


def test_what_is_shown_is_what_a_rebuild_shows(office: Office, qolhat: Qolhat) -> None:
    number = registered(office, 10, "12-4/76")
    qolhat.runner.catch_up()
    assert verify(qolhat.log, qolhat.views).differences == ()
    assert rebuild(qolhat.log, qolhat.views).rows["incoming_numbers"] == 1
    assert found(qolhat, "12-4/76") == [number]


# --- several organisations at once ---------------------------------------------------------------


def test_holdings_of_several_organisations_and_of_several_packets(
    office: Office, qolhat: Qolhat
) -> None:
    at_centre, _ = office.register(10)
    at_authority = registered(office, 11, "1")
    both = [CENTRE, AUTHORITY]

    def numbers(**where: Any) -> set[PacketNumber]:
        return {holding.number for holding in ask(qolhat, Holdings, "at", **where)}

    assert numbers(organisations=both) == {at_centre, at_authority}
    assert numbers(organisations=[CENTRE]) == {at_centre}
    assert numbers(organisations=[]) == set()
    counts = dict(ask(qolhat, Holdings, "counts", organisations=both))
    assert counts == {place(Role.INSPECTOR): 1, place(Role.OFFICE): 1}
    unknown = packet_number(CENTRE, 99)
    known = ask(qolhat, Holdings, "of_many", [at_centre, at_authority, unknown])
    assert set(known) == {at_centre, at_authority}
    assert known[at_centre].place == place(Role.INSPECTOR)


def test_terms_at_a_place_and_of_several_organisations(office: Office, qolhat: Qolhat) -> None:
    first, second = (office.until_the_courier(minute) for minute in (10, 12))
    for number in (first, second):
        office.scan(80, number, Role.OFFICE)
    office.scan(82, second, Role.HEAD)
    here = ask(qolhat, DueView, "next", place=place(Role.OFFICE))
    assert [row.number for row in here] == [first]
    several = ask(qolhat, DueView, "next", organisations=[AUTHORITY, OTHER_AUTHORITY])
    assert {row.number for row in several} == {first, second}
    assert ask(qolhat, DueView, "next", organisations=[OTHER_AUTHORITY]) == []


def test_what_presses_is_counted_by_place(office: Office, qolhat: Qolhat) -> None:
    first, second = (office.until_the_courier(minute) for minute in (10, 12))
    for number in (first, second):
        office.scan(80, number, Role.OFFICE)  # half an hour
    office.scan(81, second, Role.HEAD)  # an hour
    qolhat.runner.catch_up()

    def counted(which: Urgency, minute: float) -> dict[Any, int]:
        with qolhat.views.reading() as reading:
            pressing = pressing_of(reading, Moment(office.at(minute)))
            return pressing.by_place(which, Whose([AUTHORITY]))

    assert counted(Urgency.PRESSING, 82) == {}
    assert counted(Urgency.SOON, 105) == {place(Role.OFFICE): 1}
    assert counted(Urgency.SOON, 115) == {place(Role.HEAD): 1}
    assert counted(Urgency.OVERDUE, 115) == {place(Role.OFFICE): 1}
    assert counted(Urgency.OVERDUE, 150) == {place(Role.OFFICE): 1, place(Role.HEAD): 1}


def test_scans_of_several_organisations_and_those_without_a_place(
    office: Office, qolhat: Qolhat
) -> None:
    office.scan(10, "xyz", Role.COLLECTING, ref="here")
    office.scan(11, "xyz", Role.OFFICE, ref="there")
    office.scan(12, "xyz", Role.OFFICE, ref="nowhere", where="терезе")

    def scans(**where: Any) -> list[str]:
        return [row.scan for row in ask(qolhat, Unsettled, "waiting", **where)]

    assert scans() == ["here", "there", "nowhere"]
    assert scans(organisations=[CENTRE, AUTHORITY]) == ["here", "there"]
    assert scans(organisations=[CENTRE]) == ["here"]
    assert scans(nowhere=True) == ["nowhere"]


def test_an_id_that_two_packets_have_is_told_apart_by_the_packet(
    office: Office, qolhat: Qolhat
) -> None:
    first, second = office.register(5)[0], office.register(6)[0]
    for minute, number in ((20, first), (21, second)):
        office.scan(minute, number, Role.COLLECTING, ref="same", where="терезе")
    assert ask(qolhat, Unsettled, "of", "same").number == min(first, second)
    assert ask(qolhat, Unsettled, "of", "same", second).number == second
    assert ask(qolhat, Unsettled, "of", "same", PacketNumber(0)) is None
