"""Written complaints on the pages: taken at the packet, the slip, the deadline, the answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response

from api.messages import page_count, text, word
from domain.intake import NO_PLACE
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role, Scope
from infra.requests import Source
from tests.api.forms.reading import Read
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY, place

WRITTEN, ANSWERED = "Сынақбаева: өте ұзақ күттім", "Үлгі: кешірім сұраймыз"


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


@pytest.fixture
def number(day: Day) -> PacketNumber:
    return day.at_the_office(0)


def enter(day: Day, role: Role = Role.OFFICE, language: str = "en") -> Browser:
    return day.office.log_in(day.people[role], language)


def take(browser: Browser, number: PacketNumber, **fields: Any) -> Response:
    """Open the form, fill it and send it."""
    browser.get(f"/packets/{number}/complaints/new")
    written = {"answer_by": "2026-11-20T15:30", "text": WRITTEN}
    return browser.submit(f"/packets/{number}/complaints", **(written | fields))


def complaints_of(office: Office, number: PacketNumber) -> list[Any]:
    events = office.qolhat.log.events_of(Packet.stream(number))
    return [event for event in events if isinstance(event, Packet.ComplaintTaken)]


def test_a_complaint_is_taken_with_a_slip_and_answered(
    office: Office, day: Day, number: PacketNumber
) -> None:
    clerk = enter(day)
    page = take(clerk, number)
    assert page.status_code == 200
    assert clerk.says("packet.complained")
    assert WRITTEN in page.text
    (taken,) = complaints_of(office, number)
    assert taken.answer_by == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)  # 15:30 there
    assert taken.ask == day.people[Role.OFFICE]
    assert taken.place == place(Role.OFFICE)
    here = f"/packets/{number}/complaints/{taken.ref}"
    assert clerk.path == here
    assert here in clerk.get(f"/packets/{number}").text

    head = enter(day, Role.HEAD)
    answer = head.get(here)
    assert WRITTEN in answer.text
    head.submit(f"{here}/answer", text=ANSWERED)
    assert head.path == f"/packets/{number}"
    assert head.says("packet.answered")
    answer = head.get(here)
    assert ANSWERED in answer.text
    assert not head.has_form(f"{here}/answer")
    assert not clerk.says("packet.complaint.late")


def test_the_slip_says_when_and_whom_to_ask(office: Office, day: Day, number: PacketNumber) -> None:
    """[002 §24]"""
    executor = day.people[Role.EXECUTOR]
    office.qolhat.personnel.rename(executor, "Сұралатынбаев Мысал")
    clerk = enter(day)
    page = take(clerk, number, ask=executor)
    link = re.search(r'href="([^"]+slip\.pdf)"', page.text)
    assert link is not None
    answer = clerk.get(link[1])
    assert answer.headers["content-disposition"] == f'inline; filename="complaint-{number}.pdf"'
    read = Read(answer.content).text
    authority = office.qolhat.directory.organisation(AUTHORITY)
    for said in (
        authority.name_kk,
        authority.phone,
        "20 November 2026, 15:30",
        "16 November 2026, 09:01",
        "Сұралатынбаев Мысал",
        "Үлгібаева Сынақгүл",
    ):
        assert said in read, said
    assert WRITTEN not in read


def test_a_complaint_on_paper_only(office: Office, day: Day, number: PacketNumber) -> None:
    clerk = enter(day)
    take(clerk, number, text="  ")
    assert clerk.says("packet.complaint.on-paper")
    (taken,) = complaints_of(office, number)
    assert taken.text_ref is None


def test_sent_twice_it_is_one_complaint(office: Office, day: Day, number: PacketNumber) -> None:
    clerk = enter(day)
    clerk.get(f"/packets/{number}/complaints/new")
    action = f"/packets/{number}/complaints"
    fields = clerk.form(action).fields | {"answer_by": ["2026-11-20T15:30"], "text": [WRITTEN]}
    first, again = clerk.post(action, **fields), clerk.post(action, **fields)
    assert first.url == again.url
    assert len(complaints_of(office, number)) == 1


def test_it_is_answered_once(office: Office, day: Day, number: PacketNumber) -> None:
    clerk = enter(day)
    take(clerk, number)
    path = f"{clerk.path}/answer"
    assert clerk.post(path, text=ANSWERED).history
    again = clerk.post(path, text="Басқа жауап")
    assert again.status_code == 409
    assert text("problems", "complaint-answered.title", "en") in again.text
    assert ANSWERED in again.text
    assert "Басқа жауап" not in again.text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"answer_by": ""}, "bad-day-time"),
        ({"answer_by": "ертең"}, "bad-day-time"),
        ({"answer_by": "2026-11-31T10:00"}, "bad-day-time"),
        ({"answer_by": "2026-11-20T15:30+05:00"}, "bad-day-time"),
        ({"answer_by": "0001-01-01T00:00"}, "bad-day-time"),
        ({"answer_by": "2026-11-16T09:00"}, "answer-too-early"),
        ({"ask": "сынақ"}, "invalid-request"),
        ({"ask": "99999999999999999999"}, "unknown-person"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    office: Office, day: Day, number: PacketNumber, fields: dict[str, str], code: str
) -> None:
    clerk = enter(day)
    sent = {"answer_by": "2026-11-20T15:30", "text": WRITTEN} | fields
    answer = clerk.post(f"/packets/{number}/complaints", **sent)
    assert answer.status_code == 422
    assert text("problems", f"{code}.title", "en") in answer.text
    form = clerk.form(f"/packets/{number}/complaints")
    assert form.fields["text"] == [WRITTEN]
    assert form.fields["answer_by"] == [sent["answer_by"]]
    assert complaints_of(office, number) == []


def test_only_colleagues_who_can_tell_are_named(
    office: Office, day: Day, number: PacketNumber
) -> None:
    clerk = enter(day)
    clerk.get(f"/packets/{number}/complaints/new")
    form = clerk.form(f"/packets/{number}/complaints")
    theirs = {str(day.people[role]) for role in (Role.OFFICE, Role.HEAD, Role.EXECUTOR)}
    assert set(form.choices["ask"]) == theirs
    assert form.fields["ask"] == [str(day.people[Role.OFFICE])]
    for role in (Role.INSPECTOR, Role.COURIER):  # of another organisation
        answer = clerk.post(
            f"/packets/{number}/complaints",
            answer_by="2026-11-20T15:30",
            ask=str(day.people[role]),
        )
        assert text("problems", "unknown-person.title", "en") in answer.text
    assert complaints_of(office, number) == []


def test_another_organisation_takes_no_complaint(
    office: Office, day: Day, number: PacketNumber
) -> None:
    clerk = enter(day)
    take(clerk, number)
    here, ref = clerk.path, complaints_of(office, number)[0].ref
    stranger = office.enter(Role.HEAD, OTHER_AUTHORITY)
    for path in (here, f"/packets/{number}/complaints/new", f"{here}/slip.pdf"):
        assert stranger.get(path).status_code == 403, path
    action = f"/packets/{number}/complaints"
    assert stranger.post(action, answer_by="2026-12-01T10:00").status_code == 403
    assert stranger.post(f"{here}/answer", text=ANSWERED).status_code == 403
    other = day.register(20)
    assert clerk.get(f"/packets/{other}/complaints/{ref}").status_code == 404
    assert clerk.get(f"/packets/{number}/complaints/no-such").status_code == 404


def test_who_sees_no_names_reads_no_complaint(
    office: Office, day: Day, number: PacketNumber
) -> None:
    clerk = enter(day)
    take(clerk, number)
    here = clerk.path
    for browser in (enter(day, Role.COURIER), office.enter(Role.MANAGER, scope=Scope.COUNTRY)):
        answer = browser.get(here)
        assert answer.status_code == 200
        assert WRITTEN not in answer.text
        assert "slip.pdf" not in answer.text
        assert not browser.has_form(f"{here}/answer")
        assert browser.get(f"/packets/{number}/complaints/new").status_code == 403
    auditor = office.employ(Role.AUDITOR, CENTRE)
    assert WRITTEN in office.log_in(auditor).get(here).text
    found = office.qolhat.access.looks(subject=str(number), person=auditor)
    assert [each.what for each in found] == ["complaint"]


def test_the_most_urgent_come_first_and_the_overdue_are_marked(
    office: Office, day: Day, number: PacketNumber
) -> None:
    clerk = enter(day)
    take(clerk, number, answer_by="2026-11-18T10:00")
    late = day.at_the_office(10)
    take(clerk, late, answer_by="2026-11-17T10:00")
    answered = day.at_the_office(20)
    take(clerk, answered)
    clerk.submit(f"{clerk.path}/answer")
    office.clock.at = datetime(2026, 11, 17, 6, 0, tzinfo=UTC)
    clerk = enter(day)
    page = clerk.get("/complaints").text
    assert page_count("packet.complaint.count", 2, "en") in page
    assert page.index(f"/packets/{late}") < page.index(f"/packets/{number}")
    assert f"/packets/{answered}" not in page
    assert page.count('class="late"') == 1
    assert clerk.says("packet.complaint.overdue")
    assert WRITTEN not in page
    stranger = office.enter(Role.HEAD, OTHER_AUTHORITY, language="en")
    assert page_count("packet.complaint.count", 0, "en") in stranger.get("/complaints").text
    assert stranger.get("/complaints", organisation=AUTHORITY).status_code == 403
    assert clerk.get("/complaints", organisation=AUTHORITY).status_code == 200


def test_an_answer_after_its_time_is_late(office: Office, day: Day, number: PacketNumber) -> None:
    clerk = enter(day)
    take(clerk, number, answer_by="2026-11-16T09:30")
    here = clerk.path
    office.clock.at = MORNING + timedelta(minutes=31)
    assert 'class="red-text"' in clerk.get(f"/packets/{number}").text
    clerk.get(here)
    clerk.submit(f"{here}/answer", text=ANSWERED)
    clerk.get(here)
    assert clerk.says("packet.complaint.late")


def test_erased_texts_are_not_said_to_be_on_paper(
    office: Office, day: Day, number: PacketNumber
) -> None:
    clerk = enter(day)
    take(clerk, number)
    here = clerk.path
    source = Source("erase", 0, 0, 0, NO_PLACE, office.clock.at)
    office.qolhat.desk.erase(number, source)
    page = clerk.get(here).text
    assert WRITTEN not in page
    assert clerk.says("packet.complaint.erased")
    answer = clerk.submit(f"{here}/answer", text=ANSWERED)
    assert answer.status_code == 410
    assert clerk.submit(f"{here}/answer", text="").history  # on paper it can be answered


def test_about_a_packet_that_was_issued_there_can_still_be_a_complaint(
    office: Office, day: Day
) -> None:
    number = day.at_the_office(0)
    day.decide(5, number)
    for minute, role in ((20, Role.COURIER), (30, Role.COLLECTING), (40, Role.INSPECTOR)):
        day.scan(minute, number, role)
    clerk = enter(day, Role.INSPECTOR)
    clerk.post(f"/packets/{number}/acts", kind="issued", handing="in-person")
    assert word("status", "issued", "en") in clerk.get(f"/packets/{number}").text
    take(clerk, number)
    assert len(complaints_of(office, number)) == 1
