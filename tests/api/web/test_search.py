"""Search: by numbers for everybody, by the applicant for those who may know them."""

from __future__ import annotations

import pytest

from api.messages import page_count, text
from api.web.search import MOST_FOUND, Kind, kind_of
from domain.acts import ActKind
from domain.cards import Card, card_code
from domain.numbers import grouped, packet_number
from domain.roles import Role, Scope
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import CENTRE, OTHER_AUTHORITY, place

IIN = "850312401235"
APPLICANT = {"surname": "Сынақбаева", "given_name": "Үлгі", "iin": IIN}
NAME = "Сынақбаева Үлгі"


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


def found(browser: Browser, typed: str) -> str:
    """Search by the form; the page."""
    browser.get("/search")
    answer = browser.submit("/search", q=typed)
    assert typed not in str(answer.url)
    return answer.text


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("1026 7000 0001 23", Kind.CODE),
        ("10267000000123", Kind.CODE),
        ("12-4/76", Kind.INCOMING),
        ("10267000000124", Kind.INCOMING),
        ("850312 401235", Kind.IIN),
        ("Сынақбаева", Kind.SURNAME),
    ],
)
def test_what_is_searched_by_is_recognised(typed: str, kind: Kind) -> None:
    assert kind_of(typed) is kind


def test_a_number_leads_to_its_page(office: Office, day: Day) -> None:
    number = day.register(10)
    inspector = office.log_in(day.people[Role.INSPECTOR])
    found(inspector, grouped(number))
    assert inspector.path == f"/packets/{number}"
    inspector.get("/search", q=str(number))
    assert inspector.path == f"/packets/{number}"
    inspector.get("/search", q=str(place(Role.INSPECTOR)))
    assert inspector.path == f"/places/{place(Role.INSPECTOR)}"
    card = inspector.get("/search", q=str(card_code(Card.SIGNED)))
    assert text("problems", "nothing-to-show.title", "kk") in card.text


def test_the_incoming_number_is_found_however_it_is_written(office: Office, day: Day) -> None:
    number, other = day.at_the_office(10), day.at_the_office(12)
    day.act(20, ActKind.INCOMING, Role.OFFICE, number, incoming_number="12-4/76Ж")
    day.act(21, ActKind.INCOMING, Role.OFFICE, other, incoming_number="12-47/6")
    day.shown()
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    for typed in ("12-4/76Ж", "№ 12-4 / 76ж"):
        page = found(clerk, typed)
        assert str(number) in page
        assert str(other) not in page
    assert str(number) in clerk.get("/search", q="12-4/76ж").text
    stranger = office.enter(Role.OFFICE, OTHER_AUTHORITY, language="en")
    assert page_count("packet.search.found", 0, "en") in found(stranger, "12-4/76Ж")


def test_the_applicant_is_found_by_iin_and_by_surname_and_the_look_is_noted(
    office: Office, day: Day
) -> None:
    number = day.register(10, applicant=APPLICANT)
    day.register(11, applicant={"surname": "Басқаева", "given_name": "Үлгі"})
    day.shown()
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    for typed, what in ((IIN, "by-iin"), ("сынақбаева", "by-surname")):
        page = found(inspector, typed)
        assert NAME in page
        assert str(number) in page
        assert "Басқаева" not in page
        newest = office.qolhat.access.looks(person=inspector.person, limit=2)
        assert {look.what for look in newest} == {what, "search"}
        assert {look.subject for look in newest} == {str(number)}


def test_a_search_that_finds_nothing_is_noted_too(office: Office, day: Day) -> None:
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    assert page_count("packet.search.found", 0, "en") in found(inspector, "Жоқбаев")
    (look,) = office.qolhat.access.looks(person=inspector.person)
    assert (look.what, look.subject) == ("by-surname", "search")


def test_a_person_is_not_searched_for_by_an_address(office: Office, day: Day) -> None:
    day.register(10, applicant=APPLICANT)
    day.shown()
    inspector = office.log_in(day.people[Role.INSPECTOR])
    for typed in (IIN, "Сынақбаева"):
        page = inspector.get("/search", q=typed).text
        assert NAME not in page
        assert f'value="{typed}"' not in page
    assert not office.qolhat.access.looks(person=inspector.person)


def test_another_organisation_finds_nobody(office: Office, day: Day) -> None:
    day.register(10, applicant=APPLICANT)
    day.shown()
    stranger = office.enter(Role.HEAD, OTHER_AUTHORITY, language="en")
    for typed in (IIN, "Сынақбаева"):
        page = found(stranger, typed)
        assert NAME not in page
        assert page_count("packet.search.found", 0, "en") in page


@pytest.mark.parametrize("role", [Role.COURIER, Role.COLLECTING, Role.MANAGER])
def test_whoever_may_not_know_names_does_not_search_by_them(
    office: Office, day: Day, role: Role
) -> None:
    number = day.register(10, applicant=APPLICANT)
    day.scan(20, number, Role.OFFICE)
    day.act(21, ActKind.INCOMING, Role.OFFICE, number, incoming_number="7-1")
    day.shown()
    scope = Scope.COUNTRY if role is Role.MANAGER else Scope.ORGANISATION
    browser = office.enter(role, CENTRE, scope=scope, language="en")
    page = found(browser, "Сынақбаева")
    assert browser.shown is not None
    assert browser.shown.status_code == 403
    assert text("problems", "no-right.title", "en") in page
    page = found(browser, "7-1")
    assert str(number) in page
    assert NAME not in page


def test_a_mistyped_iin_is_said_and_not_searched_for_elsewhere(office: Office, day: Day) -> None:
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    page = found(inspector, "850312401236")
    assert text("problems", "bad-iin.title", "en") in page
    assert 'value="850312401236"' in page


def test_no_more_than_fifty_are_shown_and_it_is_said(
    office: Office, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.web.search.MOST_FOUND", 2)
    assert MOST_FOUND == 50
    numbers = [day.register(10 + i, applicant=APPLICANT) for i in range(3)]
    day.shown()
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    page = found(inspector, "Сынақбаева")
    assert inspector.says("packet.search.more", most="2")
    assert [str(number) in page for number in numbers] == [False, True, True]  # the newest


def test_an_unknown_number_is_told_by_its_page(office: Office, day: Day) -> None:
    inspector = office.log_in(day.people[Role.INSPECTOR])
    inspector.get("/search", q=str(packet_number(CENTRE, 4242)))
    assert inspector.shown is not None
    assert inspector.shown.status_code == 404
