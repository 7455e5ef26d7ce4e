"""Scans that wait: whose they are, what was sent, and the decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.messages import page_count, text
from api.web.unsettled import count_at
from domain.intake import RawScan
from domain.numbers import packet_number
from domain.packet import Packet
from domain.roles import Role, Scope
from domain.unsettled import UnsettledScan
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY, place

TYPED = "1026 7OOO ОOO1 23 Сынақ"


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


def shown(browser: Browser, path: str = "/unsettled") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def settled(office: Office, ref: str) -> Any:
    events = list(office.qolhat.log.events_of(UnsettledScan.stream(ref)))
    return events[-1]


def test_a_bad_code_is_applied_as_the_packet_it_was(office: Office, day: Day) -> None:
    number = day.register(10)
    ref = day.scan(20, TYPED, Role.COLLECTING).ref
    day.shown()
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    assert f'href="/unsettled/{ref}?number=0"' in shown(inspector)
    assert TYPED not in shown(inspector)  # what was sent only on the scan's own page
    path = f"/unsettled/{ref}?number=0"
    assert TYPED in shown(inspector, path)
    (look,) = office.qolhat.access.looks(person=inspector.person)
    assert (look.what, look.subject) == ("unsettled", f"scan:{ref}")

    missing = inspector.submit(path, decision="apply", text="Этикетка жыртылған")
    assert missing.status_code == 422
    assert text("problems", "number-missing.title", "en") in missing.text
    assert 'aria-invalid="true"' in missing.text
    assert "Этикетка жыртылған" in missing.text
    wrong = inspector.submit(path, decision="apply", number="10267000000124")
    assert text("problems", "bad-code.title", "en") in wrong.text
    assert 'value="10267000000124"' in wrong.text

    inspector.submit(path, decision="apply", number=str(number))
    assert inspector.path == "/unsettled"
    assert inspector.says("packet.unsettled.done.apply")
    assert page_count("packet.unsettled.count", 0, "en") in shown(inspector)
    assert day.kinds(number)[-1] is Packet.Scanned
    assert settled(office, ref).settlement == "apply"


def test_a_missing_place_is_asked_for_and_chosen(office: Office, day: Day) -> None:
    number = day.register(10)
    ref = day.scan(20, number, Role.COLLECTING, where="терезе").ref
    day.shown()
    clerk = office.log_in(day.people[Role.COLLECTING], "en")
    path = f"/unsettled/{ref}?number={number}"
    assert "терезе" in shown(clerk, path)
    missing = clerk.submit(path, decision="apply")
    assert missing.status_code == 422
    assert text("problems", "place-missing.title", "en") in missing.text
    clerk.submit(path, decision="apply", place=str(place(Role.COLLECTING)))
    assert clerk.path == "/unsettled"
    event = office.qolhat.log.events_of(Packet.stream(number))[-1]
    assert isinstance(event, Packet.ScanSettled)
    assert (event.to_place, event.scanned_at) == (place(Role.COLLECTING), None)


def test_a_place_elsewhere_is_given_by_its_code(office: Office, day: Day) -> None:
    number = day.register(10)
    ref = day.scan(20, number, Role.COLLECTING, where="терезе").ref
    day.shown()
    clerk = office.log_in(day.people[Role.COLLECTING], "en")
    path = f"/unsettled/{ref}?number={number}"
    shown(clerk, path)
    wrong = clerk.submit(path, decision="apply", place_code=str(number))
    assert text("problems", "other-kind.title", "en") in wrong.text
    clerk.submit(path, decision="apply", place_code=str(place(Role.OFFICE)))
    event = office.qolhat.log.events_of(Packet.stream(number))[-1]
    assert isinstance(event, Packet.ScanSettled)
    assert event.to_place == place(Role.OFFICE)


def test_a_time_that_cannot_be_is_asked_for_in_local_time(office: Office, day: Day) -> None:
    number = day.register(10)
    future = MORNING + timedelta(days=400)
    ref = day.scan(20, number, Role.COLLECTING, happened_at=future).ref
    day.shown()
    clerk = office.log_in(day.people[Role.COLLECTING], "en")
    path = f"/unsettled/{ref}?number={number}"
    shown(clerk, path)
    assert clerk.form(path).fields["time"] == [""]
    missing = clerk.submit(path, decision="apply")
    assert text("problems", "time-missing.title", "en") in missing.text
    bad = clerk.submit(path, decision="apply", time="кеше")
    assert text("problems", "bad-local-time.title", "en") in bad.text
    clerk.submit(path, decision="apply", time="2026-11-16T09:12")
    event = office.qolhat.log.events_of(Packet.stream(number))[-1]
    assert isinstance(event, Packet.ScanSettled)
    assert event.scanned_at == datetime(2026, 11, 16, 4, 12, tzinfo=UTC)


def test_it_was_nothing(office: Office, day: Day) -> None:
    ref = day.scan(20, TYPED, Role.COLLECTING).ref
    day.shown()
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    path = f"/unsettled/{ref}?number=0"
    shown(inspector, path)
    fields = inspector.form(path).fields | {"decision": "dismiss", "text": "Сынақ"}
    inspector.submit(path, decision="dismiss", text="Сынақ")
    assert inspector.says("packet.unsettled.done.dismiss")
    event = settled(office, ref)
    assert (event.settlement, event.packet) == ("dismiss", None)
    assert office.qolhat.vault.get(event.text_ref) == {"text": "Сынақ"}
    again = inspector.post(path, **fields | {"ref": "another"})
    assert again.status_code == 409
    assert text("problems", "settled-already.title", "en") in again.text
    assert not inspector.has_form(path)
    assert '<p class="written">Сынақ</p>' in shown(inspector, path)


def test_a_scan_without_a_place_is_at_home_where_its_person_works(office: Office, day: Day) -> None:
    number = day.register(10)
    mine = day.scan(20, number, Role.COLLECTING, where="терезе").ref
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    head = office.log_in(day.people[Role.HEAD], "en")
    day.shown()
    assert mine in shown(inspector)
    assert mine not in shown(head)
    assert head.get(f"/unsettled/{mine}").status_code == 403
    assert head.post(f"/unsettled/{mine}", decision="dismiss").status_code == 403
    assert count_at(office.qolhat, [CENTRE]) == 1
    assert count_at(office.qolhat, [AUTHORITY]) == 0
    assert count_at(office.qolhat, None) == 1


def test_a_scan_of_nobody_and_nowhere_is_everybody_s(office: Office, day: Day) -> None:
    issued = packet_number(CENTRE, 77)
    at = office.clock.at
    scans = [
        RawScan("nobodys", "xyz", "?", 9999, 1, 1, at),
        RawScan("issuers", str(issued), "?", 9999, 1, 2, at),
    ]
    office.qolhat.desk.scan(scans)
    day.shown()
    stranger = office.enter(Role.OFFICE, OTHER_AUTHORITY)
    inspector = office.log_in(day.people[Role.INSPECTOR])
    assert "nobodys" in shown(stranger)
    assert "issuers" not in shown(stranger)
    assert "nobodys" in shown(inspector)
    assert "issuers" in shown(inspector)
    assert stranger.get("/unsettled/nobodys").status_code == 200
    assert (count_at(office.qolhat, [CENTRE]), count_at(office.qolhat, [OTHER_AUTHORITY])) == (2, 1)


def test_managers_see_and_settle_in_their_reach(office: Office, day: Day) -> None:
    ref = day.scan(20, TYPED, Role.COLLECTING).ref
    day.shown()
    manager = office.enter(Role.MANAGER, CENTRE, scope=Scope.COUNTRY, language="en")
    assert ref in shown(manager, f"/unsettled?organisation={CENTRE}")
    assert ref not in shown(manager, f"/unsettled?organisation={AUTHORITY}")
    path = f"/unsettled/{ref}?number=0"
    shown(manager, path)
    manager.submit(path, decision="dismiss")
    assert settled(office, ref).person == manager.person


def test_an_auditor_reads_all_but_neither_decides_nor_sees_what_was_sent(
    office: Office, day: Day
) -> None:
    ref = day.scan(20, TYPED, Role.COLLECTING).ref
    day.shown()
    auditor = office.enter(Role.AUDITOR, OTHER_AUTHORITY)
    assert ref in shown(auditor)
    path = f"/unsettled/{ref}?number=0"
    assert TYPED not in shown(auditor, path)
    assert not auditor.has_form(path)
    assert not office.qolhat.access.looks(person=auditor.person)
    assert auditor.post(path, decision="dismiss").status_code == 403


@pytest.mark.parametrize("role", [Role.COURIER, Role.ADMINISTRATOR])
def test_those_who_do_not_settle_are_turned_away(office: Office, role: Role) -> None:
    browser = office.enter(role, CENTRE)
    assert browser.get("/unsettled").status_code == 403
    assert browser.post("/unsettled/any", decision="dismiss").status_code == 403


def test_an_unknown_scan_is_not_found(office: Office, day: Day) -> None:
    inspector = office.log_in(day.people[Role.INSPECTOR])
    assert inspector.get("/unsettled/unheard-of").status_code == 404
    assert inspector.get("/unsettled/unheard-of?number=12").status_code == 422
