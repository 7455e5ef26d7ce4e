"""Papers are accepted at a window by the page: services, papers, wrong fields, numbers, prints."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from api.messages import page_count, text
from api.web.facts import facts_of
from domain.directory import Directory
from domain.numbers import PacketNumber, grouped, packet_number
from domain.packet import Packet
from domain.regulations.edition import Edition
from domain.roles import Role
from tests.api.forms.reading import Read
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY, place

AKIM = 313
APPLICANT = {
    "surname": "Терезеқалпақова",
    "given_name": "Шәугімбала",
    "patronymic": "Көпіржапыраққызы",
    "iin": "000000000000",
    "address": "Ойдан шығарылған көше, 77",
    "phone": "8 000 111 22 33",
    "family": "Терезеқалпақов Бірінші\r\n\r\n  Терезеқалпақов Екінші ",
}
PERSONAL = ("Терезеқалпақов", "Шәугімбала", "Көпіржапырақ", "шығарылған көше", "000 111 22")
REGISTERED = re.compile(r"/packets/([0-9]+)/registered")


@pytest.fixture
def window(office: Office) -> Browser:
    """An inspector at a window of the centre, who reads English."""
    return office.enter(Role.INSPECTOR, language="en", name="Қабылдаушыбаев Сынақ")


def accept(browser: Browser, service: str, **fields: Any) -> Response:
    """Choose a service, fill the form and send it."""
    browser.get("/register")
    browser.submit("get /register", service=service)
    return browser.submit("post /register", **({"surname": "Үлгіш", "given_name": "Ү"} | fields))


def number_of(answer: Response) -> PacketNumber:
    found = REGISTERED.fullmatch(answer.url.path)
    assert found is not None, answer.text
    return PacketNumber(int(found[1]))


def registration(office: Office, number: PacketNumber) -> Packet.Registered:
    (event,) = office.qolhat.log.events_of(Packet.stream(number))
    assert isinstance(event, Packet.Registered)
    return event


def edition_of(office: Office, number: PacketNumber) -> Edition:
    edition = facts_of(office.qolhat, number).edition
    assert edition is not None
    return edition


# --- services ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("organisation", "role", "services"),
    [
        (CENTRE, Role.INSPECTOR, ["002", "003-7"]),
        (AUTHORITY, Role.OFFICE, ["002", *(f"003-{number}" for number in range(1, 8))]),
        (AKIM, Role.AKIM, ["003-6", "003-7"]),
    ],
)
def test_everything_in_force_at_a_window_is_accepted(
    office: Office, organisation: int, role: Role, services: list[str]
) -> None:
    at = Role.INSPECTOR if role is Role.INSPECTOR else Role.OFFICE
    browser = office.enter(role, organisation, places=[place(at, organisation)], language="en")
    browser.get("/register")
    assert browser.form("get /register").choices["service"] == ["", *services]
    assert not browser.has_form("post /register")
    way = {CENTRE: "centre", AUTHORITY: "authority", AKIM: "akim"}[organisation]
    for service in services:
        answer = accept(browser, service, **APPLICANT)
        number = number_of(answer)
        edition = edition_of(office, number)
        assert (edition.service.key, edition.way) == (service, way)
        assert registration(office, number).decided_by == (
            AUTHORITY if organisation == CENTRE else organisation
        )
        form = "receipt" if way == "centre" else "slip"
        printed = f"/packets/{number}/forms/{form}.pdf"
        assert f'data-src="{printed}"' in answer.text  # printed in one go with the label
        assert browser.get(printed).headers["content-type"] == "application/pdf"
        assert grouped(number) in answer.text
        assert office.qolhat.vault.receipt_code(number) in answer.text


def test_a_centre_chooses_who_decides_among_its_region_s_authorities(
    office: Office, window: Browser
) -> None:
    window.get("/register?service=003-7")
    form = window.form("post /register")
    assert form.fields["authority"] == [str(AUTHORITY)]  # whom it works with
    directory = office.qolhat.directory
    chosen = {directory.organisation(int(code)) for code in form.choices["authority"]}
    assert {each.region for each in chosen} == {directory.organisation(CENTRE).region}
    number = number_of(accept(window, "003-7", authority=OTHER_AUTHORITY))
    assert registration(office, number).decided_by == OTHER_AUTHORITY
    clerk = office.enter(Role.OFFICE, language="en")
    clerk.get("/register?service=003-7")
    assert "authority" not in clerk.form("post /register").names


def test_where_nobody_is_usual_somebody_must_be_chosen(
    window: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Directory, "authority_of", lambda *_: None)
    answer = accept(window, "003-7")
    assert answer.status_code == 422
    assert text("problems", "authority-missing.title", "en") in answer.text
    assert window.form("post /register").fields["authority"] == [""]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"service": "003-1"}, "unknown-service"),  # no centre accepts it
        ({"service": "nonsense"}, "unknown-service"),
        ({"service": ""}, "unknown-service"),
        ({"authority": "сынақ"}, "invalid-request"),
        ({"authority": "9999"}, "unknown-organisation"),
        ({"authority": str(CENTRE)}, "unknown-organisation"),
        ({"authority": "1"}, "unknown-organisation"),  # of another region
        ({"began": "25:00"}, "bad-clock-time"),
        ({"began": "таңертең"}, "bad-clock-time"),
        ({"number": "10267000000124"}, "bad-code"),
        ({"number": str(place(Role.OFFICE))}, "other-kind"),
        ({"paper-0": "Мысал қағаз", "count-0": "0"}, "bad-paper"),
        ({"paper-0": "Мысал қағаз", "count-0": "көп"}, "bad-paper"),
        ({"paper-0": "Мысал қағаз", "count-0": "1001"}, "bad-paper"),
        ({"paper-0": "а" * 301}, "bad-paper"),
    ],
)
def test_what_cannot_be_accepted_is_said_and_nothing_is_recorded(
    office: Office, window: Browser, fields: dict[str, str], code: str
) -> None:
    before = office.qolhat.log.rows.last_position()
    sent = {"service": "003-7", "surname": "Үлгіш", "given_name": "Ү"} | fields
    answer = window.post("/register", **sent)
    assert answer.status_code == 422
    assert text("problems", f"{code}.title", "en") in answer.text
    assert office.qolhat.log.rows.last_position() == before
    assert office.qolhat.vault.find(surname="Үлгіш") == ()


def test_whoever_has_no_window_accepts_nothing(office: Office) -> None:
    nowhere = office.enter(Role.INSPECTOR, places=[], language="en")
    for answer in (nowhere.get("/register"), nowhere.post("/register", service="003-7")):
        assert answer.status_code == 422
        assert text("problems", "no-window.title", "en") in answer.text
    assert office.enter(Role.HEAD).get("/register").status_code == 403


# --- the applicant -------------------------------------------------------------------------------


def test_wrong_fields_are_named_and_nothing_typed_is_lost(office: Office, window: Browser) -> None:
    answer = accept(
        window,
        "002",
        surname="",
        given_name="Шәугімбала",
        iin="123456789012",
        family="Бірінші\nЕкінші",
        paper=["identity"],
        **{"paper-1": "Мысал қағаз", "count-1": "3"},
    )
    assert answer.status_code == 422
    assert page_count("packet.register.errors", 2, "en") in answer.text
    wrong = re.findall(r'id="(\w+)" name="\w+"[^>]*aria-invalid="true"', answer.text)
    assert wrong == ["surname", "iin"]
    assert text("problems", "field.bad-iin", "en") in answer.text
    form = window.form("post /register")
    assert form.fields["given_name"] == ["Шәугімбала"]
    assert form.fields["iin"] == ["123456789012"]
    assert form.fields["family"] == ["Бірінші\nЕкінші"]
    assert form.fields["paper"] == ["identity"]
    assert (form.fields["paper-1"], form.fields["count-1"]) == (["Мысал қағаз"], ["3"])
    assert number_of(window.submit("post /register", surname="Үлгіш", iin=""))


def test_too_many_family_members_are_wrong_at_their_field(window: Browser) -> None:
    answer = accept(window, "003-7", family="\n".join(["Бала"] * 51))
    assert answer.status_code == 422
    assert page_count("packet.register.errors", 1, "en") in answer.text


def test_the_applicant_is_in_the_vault_and_with_those_who_may_alone(
    office: Office, window: Browser, tmp_path: Path
) -> None:
    number = number_of(accept(window, "003-7", **APPLICANT))
    page = window.get(f"/packets/{number}").text
    assert "Терезеқалпақова Шәугімбала Көпіржапыраққызы" in page
    assert "Терезеқалпақов Бірінші, Терезеқалпақов Екінші" in page
    for role in (Role.COLLECTING, Role.COURIER):
        other = office.enter(role)
        for path in ("", "/forms/label.pdf"):
            answer = other.get(f"/packets/{number}{path}")
            shown = Read(answer.content).text if path else answer.text
            assert not any(each in shown for each in PERSONAL)
        assert other.get(f"/packets/{number}/forms/receipt.pdf").status_code == 404
        assert other.get(f"/packets/{number}/registered").status_code == 403
    assert office.qolhat.runner.wait_for(office.qolhat.log.rows.last_position())
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert not any(each.encode() in content for each in PERSONAL), file.name
    assert office.qolhat.vault.find(surname="Терезеқалпақова") == (str(number),)


def test_the_page_of_the_accepted_papers_names_nobody(window: Browser) -> None:
    answer = accept(window, "003-7", **APPLICANT)
    assert not any(each in answer.text for each in PERSONAL)


# --- papers --------------------------------------------------------------------------------------


def test_papers_are_ticked_where_the_sources_list_them(office: Office, window: Browser) -> None:
    """[002 §11]"""
    number = number_of(
        accept(
            window,
            "002",
            paper=["identity", "application-form"],
            **{"paper-0": "Мысал қағаз", "count-0": "2", "paper-7": "Соңғы қағаз"},
        )
    )
    event = registration(office, number)
    assert event.papers == 4
    held = office.qolhat.vault.get(f"{number}/papers/{event.ref}")
    assert held == {
        "papers": [
            {"key": "identity", "count": 1},
            {"key": "application-form", "count": 1},
            {"name": "Мысал қағаз", "count": 2},
            {"name": "Соңғы қағаз", "count": 1},
        ]
    }
    page = window.get(f"/packets/{number}").text
    assert "Application form given out by the centre, filled in" in page
    assert "Мысал қағаз × 2" in page


def test_what_is_not_on_the_list_cannot_be_ticked(office: Office, window: Browser) -> None:
    fields = {"service": "002", "surname": "Үлгіш", "given_name": "Ү"}
    answer = window.post("/register", paper=["identity", "identity", "made-up"], **fields)
    assert registration(office, number_of(answer)).papers == 1


def test_where_the_sources_hold_no_list_papers_are_typed(window: Browser) -> None:
    window.get("/register?service=003-7")
    assert window.says("packet.register.papers-not-held")
    assert "paper" not in window.form("post /register").names


# --- numbers -------------------------------------------------------------------------------------


def test_pressed_twice_it_is_one_packet(office: Office, window: Browser) -> None:
    number = number_of(accept(window, "003-7", **APPLICANT))
    window.get("/register?service=003-7")
    fields = window.form("post /register").fields | {"surname": ["Үлгіш"], "given_name": ["Ү"]}
    first, again = (number_of(window.post("/register", **fields)) for _ in range(2))
    assert first == again != number
    assert registration(office, first).papers == 0
    assert office.qolhat.vault.find(surname="Үлгіш") == (str(first),)


def test_a_label_that_was_printed_before(office: Office, window: Browser) -> None:
    label = packet_number(CENTRE, 7_000)
    assert number_of(accept(window, "003-7", number=grouped(label), **APPLICANT)) == label
    taken = accept(window, "003-7", number=label)
    assert taken.status_code == 409
    assert text("problems", "already-registered.title", "en") in taken.text
    assert window.form("post /register").fields["number"] == [str(label)]
    assert registration(office, label).papers == 0
    held = office.qolhat.vault.get(f"{label}/applicant/{registration(office, label).ref}")
    assert held is not None
    assert held["surname"] == APPLICANT["surname"]  # the second applicant is not put there


def test_a_label_that_was_scanned_before_its_registration(office: Office, window: Browser) -> None:
    label = packet_number(CENTRE, 7_001)
    courier = office.enter(Role.COURIER)
    headers = {"accept": "application/json", "x-csrf-token": courier.csrf}
    scan = {
        "ref": "early",
        "code": str(label),
        "place": str(place(Role.COURIER)),
        "happened_at": MORNING.isoformat(),
    }
    courier.client.post("/station/scans", json={"scans": [scan]}, headers=headers)
    office.clock.at += timedelta(minutes=5)
    assert number_of(accept(window, "003-7", number=label)) == label
    assert facts_of(office.qolhat, label).edition is not None


# --- time ----------------------------------------------------------------------------------------


def test_the_form_knows_when_it_was_opened(office: Office, window: Browser) -> None:
    office.clock.at = MORNING + timedelta(minutes=20)
    window.get("/register?service=003-7")
    assert window.form("post /register").fields["began"] == ["09:20"]
    office.clock.at = MORNING + timedelta(minutes=35)
    event = registration(
        office, number_of(window.submit("post /register", surname="Ү", given_name="Ү"))
    )
    assert event.began_at == MORNING + timedelta(minutes=20)
    assert event.happened_at == MORNING + timedelta(minutes=35)


def test_after_midnight_they_came_the_day_before(office: Office) -> None:
    office.clock.at = datetime(2026, 11, 16, 19, 5, tzinfo=UTC)  # 00:05 on Tuesday
    window = office.enter(Role.INSPECTOR)
    event = registration(office, number_of(accept(window, "003-7", began="23:50")))
    assert event.began_at == datetime(2026, 11, 16, 18, 50, tzinfo=UTC)


def test_on_a_holiday_papers_are_accepted_and_terms_begin_later(office: Office) -> None:
    """Three working days; the days of acceptance and of issue do not count [002 §7]."""
    office.clock.at = datetime(2026, 12, 16, 5, 0, tzinfo=UTC)  # Independence Day, a Wednesday
    window = office.enter(Role.INSPECTOR, language="en")
    number = number_of(accept(window, "002"))
    total = facts_of(office.qolhat, number).total_due
    assert total is not None
    assert total.at == datetime(2026, 12, 22, 13, 0, tzinfo=UTC)  # 17, 18, 21; issued on the 22nd
    receipt = Read(window.get(f"/packets/{number}/forms/receipt.pdf").content).text
    assert "Date and time of issue 22 December 2026" in receipt
    assert "Expected day: 22 December 2026" in receipt
