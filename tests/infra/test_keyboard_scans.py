"""A scanner types at the Kazakh layout: the scan counts, the event tells, nothing is twice."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from domain.numbers import PacketNumber, badge_code
from domain.packet import Packet
from domain.roles import Role
from domain.unsettled import Doubt, UnsettledScan
from infra.desk import scanning
from infra.replay import COLUMNS, replay
from infra.requests import Status
from infra.store.mapper import read_event, state_of
from infra.views.rebuild import verify
from tests.infra.test_device_logs import Road
from tests.office import Office
from tests.stories import CENTRE, PEOPLE, place

KAZAKH = str.maketrans("1234567890", '"әіңғ,.үұқ')
SHIFTED = str.maketrans("1234567890", "!@#$%^&*()")


def at_the_kazakh_layout(code: object) -> str:
    """What a scanner types."""
    return str(code).translate(KAZAKH)


def last_event(office: Office, number: PacketNumber) -> Any:
    """What was recorded last of a packet."""
    return office.qolhat.log.events_of(Packet.stream(number))[-1]


def kept(office: Office, ref: str) -> list[Any]:
    """What was recorded of a scan that named no packet."""
    return list(office.qolhat.log.events_of(UnsettledScan.stream(ref)))


def test_the_scan_counts_and_tells_the_layout(office: Office) -> None:
    number, _ = office.register(10)
    said = office.scan(20, at_the_kazakh_layout(number), Role.COLLECTING)
    assert (said.status, said.layout) == (Status.ACCEPTED, "kk")
    assert said.standing is not None
    assert (said.standing.number, said.standing.place) == (number, place(Role.COLLECTING))
    assert last_event(office, number).layout == "kk"


def test_the_event_of_a_usual_scan_says_nothing_of_layouts(office: Office) -> None:
    number, _ = office.register(10)
    assert office.scan(20, number, Role.COLLECTING).layout is None
    assert b"layout" not in state_of(last_event(office, number))


def test_a_scan_of_before_there_were_repairs_is_read() -> None:
    stream, state = Packet.stream(PacketNumber(10267000000123)), b'{"r":1,"i":"a","p":3,"h":1}'
    assert read_event(stream, 1, "pkt.scan", state).layout is None
    stream = UnsettledScan.stream("a")
    assert read_event(stream, 1, "uns.new", state[:-1] + b',"x":"bad-code"}').layout is None


def test_a_card_of_a_place_read_at_another_layout_is_the_place(office: Office) -> None:
    number, _ = office.register(10)
    where = str(place(Role.COLLECTING)).translate(SHIFTED)
    said = office.scan(20, number, Role.COLLECTING, where=where)
    assert (said.status, said.layout) == (Status.ACCEPTED, "us")


def test_sent_again_it_is_recorded_once_whatever_the_layout_then(office: Office) -> None:
    number, _ = office.register(10)
    for code in (at_the_kazakh_layout(number), at_the_kazakh_layout(number), str(number)):
        said = office.scan(20, code, Role.COLLECTING, ref="same")
    assert said.status is Status.DUPLICATE
    events = office.qolhat.log.events_of(Packet.stream(number))
    assert [event.ref for event in events].count("same") == 1


def test_what_was_kept_before_there_were_repairs_stays_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _ = office.register(10)
    with monkeypatch.context() as before:
        before.setattr(scanning, "repaired", lambda text: None)
        said = office.scan(20, at_the_kazakh_layout(number), Role.COLLECTING, ref="old")
    assert said.status is Status.UNSETTLED
    again = office.scan(20, at_the_kazakh_layout(number), Role.COLLECTING, ref="old")
    assert (again.status, again.doubt) == (Status.DUPLICATE, Doubt.BAD_CODE.value)
    assert len(kept(office, "old")) == 1
    assert last_event(office, number).ref != "old"


def test_a_badge_is_no_packet_and_what_was_typed_is_kept(office: Office) -> None:
    typed = at_the_kazakh_layout(badge_code(CENTRE, 1))
    said = office.scan(20, typed, Role.OFFICE, ref="a-badge")
    assert (said.status, said.fault, said.layout) == (Status.UNSETTLED, "badge", "kk")
    (event,) = kept(office, "a-badge")
    assert event.layout == "kk"
    raw = office.qolhat.vault.get(event.raw_ref)
    assert raw is not None
    assert raw["code"] == typed


def test_a_certain_scan_leaves_nothing_in_the_vault(office: Office) -> None:
    number, _ = office.register(10)
    office.scan(20, at_the_kazakh_layout(number), Role.COLLECTING, ref="certain")
    assert last_event(office, number).raw_ref is None
    assert office.qolhat.vault.get("scan/certain") is None


def test_views_do_not_care_how_a_code_was_typed(office: Office) -> None:
    number, _ = office.register(10)
    office.scan(20, at_the_kazakh_layout(number), Role.COLLECTING)
    office.scan(30, at_the_kazakh_layout("torn"), Role.COLLECTING)
    office.qolhat.runner.catch_up()
    assert not verify(office.qolhat.log, office.qolhat.views).differences


def test_a_replayed_log_is_put_right_too(office: Office, tmp_path: Path) -> None:
    number, _ = office.register(10)
    office.clock.at = office.at(600)
    who = (place(Role.COLLECTING), PEOPLE[Role.COLLECTING], 1, 20, office.at(20).isoformat())
    file = tmp_path / "scans.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([COLUMNS, ("a", at_the_kazakh_layout(number), *who)])
    assert replay(office.qolhat.desk, file).counts[Status.ACCEPTED] == 1
    assert last_event(office, number).layout == "kk"


def test_a_courier_takes_a_bag_by_codes_typed_at_another_layout(office: Office) -> None:
    road = Road(office)
    road.badges = {person: at_the_kazakh_layout(code) for person, code in road.badges.items()}
    entry = road.take(60)
    scan = road.device.write("scan", at_the_kazakh_layout(road.packets[0]), road.at(61))
    received = road.send([entry, scan], 90)
    assert [each.status for each in received.answers] == [Status.ACCEPTED] * 2
    assert received.findings == ()
    assert road.journey.holder == PEOPLE[Role.COURIER]
    events = office.qolhat.log.events_of(Packet.stream(road.packets[0]))
    assert next(each for each in events if each.ref == scan.ref).layout == "kk"
