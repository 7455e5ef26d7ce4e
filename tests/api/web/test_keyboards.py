"""A scanner types into pages at another layout of the keyboard: pasted, or without a script."""

from __future__ import annotations

from typing import Any

import pytest

from api.messages import page_text
from api.web.search import Kind, kind_of
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role
from tests.api.web.day import Day
from tests.api.web.dispatching import Way
from tests.api.web.office import PIN, Office
from tests.api.web.test_station import Station
from tests.stories import place

KAZAKH = str.maketrans("1234567890", '"әіңғ,.үұқ')
SHIFTED = str.maketrans("1234567890", "!@#$%^&*()")


def at_the_kazakh_layout(code: object) -> str:
    """What a scanner types."""
    return str(code).translate(KAZAKH)


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


@pytest.fixture
def way(office: Office) -> Way:
    return Way.of(office)


def test_a_pasted_scan_is_put_right_and_the_station_advises(day: Day) -> None:
    number = day.register(0)
    here = Station(day.office, day.people[Role.OFFICE], place(Role.OFFICE))
    told = here.scan(at_the_kazakh_layout(number))
    assert (told["kind"], told["number"]) == ("packet", str(number))
    assert told["remarks"][-1] == page_text("station.repaired", "en", layout="Kazakh")
    assert day.kinds(number)[-1] is Packet.Scanned
    shifted = here.scan(str(day.register(1)).translate(SHIFTED))
    assert "Shift" in shifted["remarks"][-1]
    assert not any("keyboard" in each for each in here.scan(number)["remarks"])


def test_packets_are_packed_and_unpacked(way: Way) -> None:
    collector = way.enter(Role.COLLECTING, "en")
    way.begin(collector)
    bag, address = way.bag[-14:], f"{way.registry}/scans"
    first, second, _ = way.packets
    typed = at_the_kazakh_layout(first)
    (put,) = way.told(collector, address, way.scan(typed, "s1", bag=bag))
    assert (put["kind"], put["number"]) == ("in", str(first))
    assert page_text("station.repaired", "en", layout="Kazakh") in put["remarks"]
    assert last(way, first).layout == "kk"
    (again,) = way.told(collector, address, way.scan(typed, "s1", bag=bag))
    assert way.day.kinds(first).count(Packet.PutIntoBag) == 1
    assert again["tone"] == "green"
    (out,) = way.told(collector, address, way.scan(typed, "s2", bag=bag, out=True))
    assert (out["kind"], last(way, first).layout) == ("out", "kk")
    way.told(collector, address, way.scan(second, "s3", bag=bag))
    assert last(way, second).layout is None


def last(way: Way, number: PacketNumber) -> Any:
    """What was recorded last of a packet."""
    return way.office.qolhat.log.events_of(Packet.stream(number))[-1]


def test_a_code_is_searched_for_as_it_was_typed(office: Office, day: Day) -> None:
    number = day.register(0)
    typed = at_the_kazakh_layout(number)
    assert kind_of(typed) is Kind.CODE
    clerk = office.log_in(day.people[Role.OFFICE])
    clerk.get("/search")
    clerk.submit("/search", q=typed)
    assert clerk.path == f"/packets/{number}"
    clerk.get("/dispatch/find", code=typed)
    assert clerk.path == f"/packets/{number}"


def test_a_badge_opens_the_station(office: Office) -> None:
    person = office.employ(Role.INSPECTOR)
    badge = office.qolhat.personnel.issue_badge(person)
    browser = office.browser()
    browser.get("/login")
    browser.submit("/login/badge", badge=at_the_kazakh_layout(badge), pin=PIN)
    assert browser.path == "/station"
