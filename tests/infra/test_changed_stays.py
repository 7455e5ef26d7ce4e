"""Stays that were scored anew are listed by organisation: from what to what, and by what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.acts import ActKind
from domain.clocks import Clocks
from domain.commands import Settlement
from domain.numbers import PacketNumber, place_organisation
from domain.rescoring import CalendarRescoring, Rescoring
from domain.roles import Role
from domain.workdays import parse_workdays
from infra.bootstrap import Qolhat
from infra.changed_stays import ChangedStays, changed_stays
from infra.exports.wanted import Wanted
from projections.view import Knowledge
from tests.domain.test_calendar import KZ
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE

HERE = Wanted(organisations=[AUTHORITY])


def listed(
    qolhat: Qolhat, wanted: Wanted = HERE, clocks: Clocks | None = None, **more: Any
) -> ChangedStays:
    qolhat.runner.catch_up()
    known = Knowledge(qolhat.regulations, clocks or qolhat.clocks)
    with qolhat.views.reading() as reading:
        return changed_stays(reading, qolhat.log, known, wanted, **more)


@pytest.fixture
def numbers(office: Office) -> list[PacketNumber]:
    """Two packets that came to the authority's head on Monday."""
    found = []
    for minute in (10, 20):
        number = office.until_the_courier(minute)
        office.scan(minute + 80, number, Role.OFFICE)
        office.act(minute + 90, ActKind.INCOMING, Role.OFFICE, number)
        office.scan(minute + 100, number, Role.HEAD)
        found.append(number)
    return found


def test_what_came_in_order_changed_nothing(qolhat: Qolhat, numbers: list[PacketNumber]) -> None:
    found = listed(qolhat)
    assert (found.stays, found.looked_at, found.after) == ([], 2, None)


def test_a_scan_that_came_late_shortened_a_stay(
    office: Office, qolhat: Qolhat, numbers: list[PacketNumber]
) -> None:
    office.scan(115, numbers[1], Role.HEAD, recorded=300, ref="late")
    (each,) = [stay for stay in listed(qolhat).stays if stay.found.stage == "to-head"]
    assert (each.number, each.edition) == (numbers[1], "s7c-2012")
    assert isinstance(each.found, Rescoring)
    assert each.found.event.ref == "late"
    assert place_organisation(each.found.place) == AUTHORITY
    assert each.found.left_at == office.at(120)
    assert each.found.before.counted == timedelta(minutes=10)
    assert each.found.after.counted == timedelta(minutes=5)
    assert listed(qolhat, Wanted(organisations=[CENTRE])).stays == []
    assert listed(qolhat, Wanted(organisations=[OTHER_AUTHORITY])).looked_at == 0


def test_a_settled_scan_names_who_decided(
    office: Office, qolhat: Qolhat, numbers: list[PacketNumber]
) -> None:
    office.scan(115, numbers[0], Role.HEAD, person=PEOPLE[Role.COURIER], ref="odd")
    assert listed(qolhat).stays == []
    office.settle(200, "odd", Settlement.APPLY, number=numbers[0], text="ауысты")
    found = [each.found for each in listed(qolhat).stays]
    assert all(isinstance(each, Rescoring) for each in found)
    assert {each.event.person for each in found if isinstance(each, Rescoring)} <= {
        PEOPLE[Role.OFFICE]
    }


def test_only_stays_that_ended_in_the_period_are_told(
    office: Office, qolhat: Qolhat, numbers: list[PacketNumber]
) -> None:
    office.scan(115, numbers[1], Role.HEAD, recorded=300)
    ends = office.at(120)
    before = Wanted(until=ends, organisations=[AUTHORITY])
    assert all(each.found.left_at < ends for each in listed(qolhat, before).stays)
    after = Wanted(since=office.at(1000), organisations=[AUTHORITY])
    assert listed(qolhat, after).looked_at == 0


def test_a_day_off_that_became_known_later_changed_stays_of_both(
    qolhat: Qolhat, numbers: list[PacketNumber]
) -> None:
    told = KZ.replace('transfers = "none"', 'transfers = "listed"') + (
        '\n[[day]]\ndate = 2026-11-16\nkind = "day-off"\nsource = "Resolution 1"\n'
        "known_from = 2026-11-19\n"
    )
    clocks = qolhat.clocks.by(parse_workdays(told, source="test"))
    found = listed(qolhat, clocks=clocks)
    assert {each.number for each in found.stays} == set(numbers)
    for each in found.stays:
        assert isinstance(each.found, CalendarRescoring)
        assert each.found.days[0].source == "Resolution 1"
        assert each.found.before.counted != each.found.after.counted


def test_packets_are_looked_at_page_by_page(
    office: Office, qolhat: Qolhat, numbers: list[PacketNumber]
) -> None:
    for number in numbers:
        office.scan(115, number, Role.HEAD, recorded=300)
    whole = listed(qolhat).stays
    first = listed(qolhat, packets=1)
    assert (first.looked_at, first.after) == (1, numbers[0])
    second = listed(qolhat, packets=1, after=numbers[0])
    assert (second.looked_at, second.after) == (1, numbers[1])
    assert first.stays + second.stays == whole
    assert listed(qolhat, packets=1, after=numbers[1]).after is None
