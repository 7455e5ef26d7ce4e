"""Forms of a packet: which can be printed when, what stands in them, and who saw the names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.messages import text
from domain.acts import ActKind, Handing, Outcome
from domain.directory import Organisation
from domain.intake import NO_PLACE
from domain.numbers import PacketNumber, grouped, packet_number
from domain.roles import Role, Scope
from infra.requests import Registration, Source
from tests.api.forms.reading import Read
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE, MORNING, place

APPLICANT = {
    "surname": "Сынақбаева",
    "given_name": "Үлгі",
    "patronymic": "Мысалқызы",
    "address": "Ойдан шығарылған көше, 7",
    "family": ["Сынақбаев Бала", "Сынақбаева Іні"],
}
NAME = "Сынақбаева Үлгі Мысалқызы"
PAPERS = ({"name": "Мысал қағаз", "count": 2}, {"key": "identity", "count": 1})
NAMES = {
    Role.INSPECTOR: "Қабылдаушыбаев Сынақ",
    Role.OFFICE: "Кеңсебаева Үлгі",
    Role.HEAD: "Басшыбаев Мысал",
    Role.EXECUTOR: "Орындаушыбаева Сынақ",
}


class Offices(Day):
    """A day in which papers are accepted at the authority, too, by people with names."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        for role, name in NAMES.items():
            office.qolhat.personnel.rename(self.people[role], name)

    def accepted(self, role: Role, service: str, **more: Any) -> PacketNumber:
        """Papers are accepted at 09:00 at the centre or at the authority's office."""
        source = self.source(0, role)
        more = {"applicant": APPLICANT, "papers": PAPERS} | more
        answer = self.desk.register(
            Registration(source, service, began_at=source.happened_at, **more)
        )
        assert answer.standing is not None
        return answer.standing.number

    def drafted(self, number: PacketNumber, outcome: Outcome, **why: Any) -> None:
        """The head names the executor at 09:11, who drafts the notice at 09:14."""
        executor = self.people[Role.EXECUTOR]
        self.scan(10, number, Role.HEAD)
        self.act(11, ActKind.RESOLUTION, Role.HEAD, number, executor=executor)
        self.scan(12, number, Role.EXECUTOR)
        self.act(13, ActKind.RIGHT, Role.EXECUTOR, number)
        self.act(14, ActKind.DRAFTED, Role.EXECUTOR, number, outcome=outcome, **why)

    def signed(self, number: PacketNumber, minute: float = 16) -> None:
        """The head signs."""
        self.scan(minute - 1, number, Role.HEAD)
        self.act(minute, ActKind.SIGNED, Role.HEAD, number)

    def of(self, code: int) -> Organisation:
        return self.office.qolhat.directory.organisation(code)


@pytest.fixture
def day(office: Office) -> Offices:
    return Offices(office)


def enter(day: Day, role: Role, language: str = "en") -> Browser:
    return day.office.log_in(day.people[role], language)


def printed(browser: Browser, number: PacketNumber, key: str) -> Read:
    answer = browser.get(f"/packets/{number}/forms/{key}.pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'inline; filename="{key}-{number}.pdf"'
    return Read(answer.content)


def offered(browser: Browser, number: PacketNumber) -> list[str]:
    page = browser.get(f"/packets/{number}").text
    links = page.split(f'href="/packets/{number}/forms/')[1:]
    return [link.partition(".pdf")[0] for link in links]


# --- which forms there are -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "service", "at_first", "granted"),
    [
        (Role.INSPECTOR, "003-7", ["receipt", "label"], "notice"),
        (Role.INSPECTOR, "002", ["receipt", "label"], "certificate"),
        (Role.OFFICE, "002", ["slip", "label"], "certificate"),
        (Role.OFFICE, "003-1", ["slip", "label", "envelope"], "notice"),
        (Role.OFFICE, "003-4", ["slip", "label"], "referral"),
        (Role.OFFICE, "003-6", ["slip", "label"], "certificate"),
        (Role.OFFICE, "003-7", ["slip", "label", "envelope"], "notice"),
    ],
)
def test_a_form_can_be_printed_when_there_is_something_to_say(
    day: Offices, role: Role, service: str, at_first: list[str], granted: str
) -> None:
    number = day.accepted(role, service)
    browser = enter(day, Role.EXECUTOR)
    assert offered(browser, number) == at_first
    for key in {"receipt", "slip", "notice", "certificate", "referral", "envelope"} - {*at_first}:
        assert browser.get(f"/packets/{number}/forms/{key}.pdf").status_code == 404, key
    assert browser.get(f"/packets/{number}/forms/__init__.pdf").status_code == 404
    day.drafted(number, Outcome.REFUSED, text="Үлгі себеп")
    assert offered(browser, number) == [*at_first[:2], "notice", *at_first[2:]]
    day.act(20, ActKind.DRAFTED, Role.EXECUTOR, number, outcome=Outcome.GRANTED)
    assert offered(browser, number) == [*at_first[:2], granted, *at_first[2:]]
    for key in offered(browser, number):
        assert printed(browser, number, key).pages


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_form_is_in_the_reader_s_language(day: Offices, language: str) -> None:
    number = day.accepted(Role.OFFICE, "003-1")
    read = printed(enter(day, Role.OFFICE, language), number, "slip")
    assert text("forms", "slip.title", language) in read.text
    assert text("forms", "slip.accepted", language) in read.text
    assert NAME in read.text


# --- what stands in them -------------------------------------------------------------------------


def test_the_receipt_of_a_centre(day: Offices) -> None:
    """[003 s7 annex 6; 002 §13]"""
    number = day.accepted(Role.INSPECTOR, "002")
    read = printed(enter(day, Role.INSPECTOR), number, "receipt")
    centre = day.of(CENTRE)
    for said in (
        centre.name_kk,
        centre.address,
        centre.phone,
        grouped(number),
        "16 November 2026, 09:00",
        "Certificate to unemployed citizens",
        "1 Мысал қағаз 2",
        "2 Identity document",
        "Total 3",
        "Date and time of issue 20 November 2026",
        "Expected day: 20 November 2026",
        "http://testserver/receipt",
        NAMES[Role.INSPECTOR],
    ):
        assert said in read.text, said
    assert day.office.qolhat.vault.receipt_code(number) in read.text
    assert str(number) in read.codes()
    assert NAME not in read.text  # the receipt has no field for it


def test_a_receipt_that_is_printed_again_says_the_same(day: Offices) -> None:
    number = day.accepted(Role.INSPECTOR, "002")
    before = printed(enter(day, Role.INSPECTOR), number, "receipt").text
    day.scan(5, number, Role.OFFICE)
    day.act(6, ActKind.INCOMING, Role.OFFICE, number, incoming_number="12-4/76")
    day.drafted(number, Outcome.GRANTED)
    day.signed(number)
    day.act(20, ActKind.ISSUED, Role.INSPECTOR, number, handing=Handing.IN_PERSON)
    assert printed(enter(day, Role.INSPECTOR), number, "receipt").text == before


def test_the_slip_of_an_authority(day: Offices) -> None:
    """[003 annexes 2, 5]"""
    number = day.accepted(Role.OFFICE, "003-1")
    clerk = enter(day, Role.OFFICE)
    read = printed(clerk, number, "slip")
    for said in (
        day.of(AUTHORITY).name_kk,
        f"Dear {NAME}",
        "16 November 2026, 09:00",
        NAMES[Role.OFFICE],
        "Мысал қағаз",
    ):
        assert said in read.text, said
    assert "Expected day" not in read.text  # the sources hold no term
    day.act(2, ActKind.INCOMING, Role.OFFICE, number, incoming_number="12-4/76")
    assert "12-4/76" in printed(clerk, number, "slip").text


def test_a_notice_that_grants(day: Offices) -> None:
    """[003 annexes 3, 4]"""
    number = day.accepted(Role.INSPECTOR, "003-7")
    day.drafted(number, Outcome.GRANTED)
    desk = enter(day, Role.EXECUTOR)
    draft = printed(desk, number, "notice").text
    assert NAMES[Role.HEAD] not in draft  # nobody has signed yet
    assert "November" not in draft
    day.signed(number)
    read = printed(desk, number, "notice").text
    authority = day.of(AUTHORITY)
    for said in (
        authority.name_kk,
        authority.address,
        NAME,
        "Ойдан шығарылған көше, 7",
        "The state service asked for is granted.",
        NAMES[Role.HEAD],
        "Date: 16 November 2026",
        f"Executor: {NAMES[Role.EXECUTOR]}",
        f"tel. {authority.phone}",
        grouped(number),
    ):
        assert said in read, said
    assert "acting" not in read
    assert "refused" not in read


def test_a_notice_that_refuses_has_its_reasons(day: Offices) -> None:
    """A ground of the edition's list and what the executor wrote beside [002 §15]."""
    number = day.accepted(Role.INSPECTOR, "002")
    ground = "not-registered-as-unemployed"
    day.drafted(number, Outcome.REFUSED, grounds=(ground,), text="Үлгі себеп")
    day.signed(number)
    read = printed(enter(day, Role.HEAD), number, "notice").text
    assert "The state service asked for is refused." in read
    assert "1. The applicant is not registered as unemployed with the authority" in read
    assert "2. Үлгі себеп" in read


def test_a_notice_that_was_returned_is_not_signed(day: Offices) -> None:
    number = day.accepted(Role.INSPECTOR, "003-7")
    day.drafted(number, Outcome.REFUSED, text="Үлгі себеп")
    day.signed(number, 16)
    desk = enter(day, Role.EXECUTOR)
    assert NAMES[Role.HEAD] in printed(desk, number, "notice").text
    day.act(17, ActKind.RETURNED, Role.HEAD, number)
    day.act(19, ActKind.DRAFTED, Role.EXECUTOR, number, outcome=Outcome.GRANTED)
    read = printed(desk, number, "notice").text
    assert NAMES[Role.HEAD] not in read
    assert "Үлгі себеп" not in read
    day.office.clock.at = MORNING + timedelta(days=1)
    day.signed(number, 24 * 60 + 5)
    desk = enter(day, Role.EXECUTOR)
    assert "Date: 17 November 2026" in printed(desk, number, "notice").text


def test_whoever_stands_in_signs_as_acting(day: Offices) -> None:
    """[000 §19]"""
    office, number = day.office, day.accepted(Role.INSPECTOR, "003-7")
    day.drafted(number, Outcome.GRANTED)
    deputy, until = day.people[Role.OFFICE], MORNING + timedelta(days=3)
    personnel = office.qolhat.personnel
    personnel.name_stand_in(deputy, day.people[Role.HEAD], until, since=MORNING)
    head, day.people[Role.HEAD] = day.people[Role.HEAD], deputy
    day.signed(number)
    day.people[Role.HEAD] = head
    reader = enter(day, Role.EXECUTOR)
    read = printed(reader, number, "notice").text
    assert NAMES[Role.OFFICE] in read
    assert "Head of the authority (acting)" in read
    office.clock.at += timedelta(minutes=1)
    personnel.appoint(AUTHORITY, [Role.HEAD], person=deputy, since=office.clock.at)
    assert "(acting)" in printed(reader, number, "notice").text  # what was signed, stays


def test_at_an_akim_s_the_akim_signs(office: Office) -> None:
    """[003 s7 §3]"""
    code, roles = 313, [Role.AKIM, Role.EXECUTOR]
    places = {role: place(role, code) for role in (Role.OFFICE, Role.AKIM, Role.EXECUTOR)}
    akim = office.employ(roles, code, places=places.values(), name="Әкімбаев Сынақ")
    browser = office.log_in(akim, "en")
    browser.get("/register?service=003-6")
    browser.submit("post /register", surname="Үлгіш", given_name="Ү", family="Үлгіш Бала")
    number = PacketNumber(int(browser.path.split("/")[2]))
    for kind, more in (
        ("resolution", {"executor": str(akim)}),
        ("right", {"entitled": "yes"}),
        ("drafted", {"outcome": "granted"}),
        ("signed", {}),
    ):
        office.clock.at += timedelta(minutes=1)
        assert browser.post(f"/packets/{number}/acts", kind=kind, **more).history, kind
    read = printed(browser, number, "certificate").text
    assert "Akim of the settlement" in read
    assert "Әкімбаев Сынақ" in read
    assert "1. Үлгіш Бала" in read


def test_the_certificate_of_targeted_aid(day: Offices) -> None:
    """[003 s6 annex 3]"""
    number = day.accepted(Role.OFFICE, "003-6")
    day.act(2, ActKind.INCOMING, Role.OFFICE, number, incoming_number="12-4/76")
    day.drafted(number, Outcome.GRANTED)
    day.signed(number)
    read = printed(enter(day, Role.EXECUTOR), number, "certificate").text
    for said in (
        "in quarter 4 of 2026",
        f"Given to {NAME}",
        "registration number 12-4/76",
        "1. Сынақбаев Бала",
        "2. Сынақбаева Іні",
        NAMES[Role.HEAD],
    ):
        assert said in read, said


def test_the_certificate_of_the_unemployed(day: Offices) -> None:
    """[002]"""
    number = day.accepted(Role.OFFICE, "002")
    day.drafted(number, Outcome.GRANTED)
    day.signed(number)
    read = printed(enter(day, Role.EXECUTOR), number, "certificate").text
    assert f"Given to {NAME}" in read
    assert "of registration as unemployed" in read
    assert "Date: 16 November 2026" in read


def test_the_referral(day: Offices) -> None:
    """[003 s4 annex 2]"""
    number = day.accepted(Role.OFFICE, "003-4")
    day.drafted(number, Outcome.GRANTED)
    day.signed(number)
    read = printed(enter(day, Role.EXECUTOR), number, "referral").text
    assert f"{NAME} is referred" in read
    assert NAMES[Role.HEAD] in read
    assert "Date of issue: 16 November 2026" in read


def test_the_envelope_and_the_label(day: Offices) -> None:
    number = day.accepted(Role.OFFICE, "003-1")
    desk = enter(day, Role.EXECUTOR)
    envelope = printed(desk, number, "envelope")
    assert NAME in envelope.text
    assert "Ойдан шығарылған көше, 7" in envelope.text
    assert day.of(AUTHORITY).name_kk in envelope.text
    label = printed(enter(day, Role.OFFICE), number, "label")
    assert "003-1" in label.text
    assert "16 Nov 2026" in label.text
    assert NAME not in label.text
    for read in (envelope, label):
        assert str(number) in read.codes()


def test_the_day_is_that_of_the_organisation_s_clock(day: Offices) -> None:
    office = day.office
    office.clock.at = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)  # 01:00 on Tuesday
    window = enter(day, Role.INSPECTOR)
    window.get("/register?service=003-7")
    window.submit("post /register", surname="Үлгіш", given_name="Ү")
    number = PacketNumber(int(window.path.split("/")[2]))
    assert "17 November 2026, 01:00" in printed(window, number, "receipt").text
    assert "17 Nov 2026" in printed(window, number, "label").text


# --- who saw it ----------------------------------------------------------------------------------


def test_whoever_prints_a_name_has_looked_at_it(day: Offices) -> None:
    number = day.accepted(Role.OFFICE, "003-1")
    person = day.people[Role.OFFICE]
    clerk, access = enter(day, Role.OFFICE), day.office.qolhat.access
    for key in ("slip", "envelope", "label"):
        printed(clerk, number, key)
    found = access.looks(subject=str(number), person=person)
    assert [each.what for each in found] == ["form envelope", "form slip"]


def test_reasons_are_looked_at_even_where_no_name_is_held(day: Offices) -> None:
    number = day.accepted(Role.INSPECTOR, "003-7", applicant=None, papers=())
    day.drafted(number, Outcome.REFUSED, text="Үлгі себеп")
    person = day.people[Role.HEAD]
    assert "Үлгі себеп" in printed(enter(day, Role.HEAD), number, "notice").text
    found = day.office.qolhat.access.looks(subject=str(number), person=person)
    assert [each.what for each in found] == ["form notice"]


def test_who_may_not_see_names_prints_the_label_alone(day: Offices) -> None:
    number = day.accepted(Role.INSPECTOR, "003-7")
    day.drafted(number, Outcome.GRANTED)
    browsers = [enter(day, Role.COURIER), enter(day, Role.COLLECTING)]
    browsers.append(day.office.enter(Role.MANAGER, scope=Scope.COUNTRY))
    for browser in browsers:
        assert offered(browser, number) == ["label"]
        assert browser.get(f"/packets/{number}/forms/notice.pdf").status_code == 404
        assert NAME not in printed(browser, number, "label").text
    assert day.office.qolhat.access.count(subject=str(number)) == 0


def test_erased_data_leave_blanks(day: Offices) -> None:
    number = day.accepted(Role.OFFICE, "003-1")
    day.drafted(number, Outcome.REFUSED, text="Үлгі себеп")
    source = Source("erase", 0, 0, 0, NO_PLACE, day.office.clock.at)
    day.office.qolhat.desk.erase(number, source)
    desk = enter(day, Role.EXECUTOR)
    for key in ("slip", "notice", "envelope", "label"):
        read = printed(desk, number, key).text
        assert "Сынақбаева" not in read
        assert "Үлгі себеп" not in read


def test_what_is_not_registered_has_no_forms(day: Offices) -> None:
    number = packet_number(CENTRE, 970)
    day.scan(0, number, Role.OFFICE)
    clerk = enter(day, Role.OFFICE)
    assert offered(clerk, number) == []
    for key in ("label", "slip", "receipt", "..%2flabel"):
        assert clerk.get(f"/packets/{number}/forms/{key}.pdf").status_code == 404
