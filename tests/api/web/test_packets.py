"""A packet's page: who sees what, the clocks, the buttons, and what becomes of wrong values."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response

from api.messages import page_text, text, word
from api.web.facts import facts_of
from api.web.packets import BadClockTimeError, clock_time
from api.web.rendering import Speech
from api.web.visitor import Visitor
from domain.acts import ActKind, Outcome
from domain.intake import NO_PLACE
from domain.numbers import PacketNumber, grouped, packet_number
from domain.packet import Packet
from domain.roles import Role, Scope
from infra.desk import Desk
from infra.errors import StorageBusyError
from infra.requests import Source
from projections.visits import VisitFilter, Visits
from tests.api.web.day import Day
from tests.api.web.forms import forms_of
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY, place

APPLICANT = {
    "surname": "Сынақбаева",
    "given_name": "Үлгі",
    "patronymic": "Мысалқызы",
    "iin": "000000000000",
    "address": "Ойдан шығарылған көше, 7",
    "phone": "8 000 000 00 00",
    "family": ["Сынақбаев Бала"],
}
PERSONAL = ("Сынақбаева", "Мысалқызы", "Ойдан шығарылған", "Сынақбаев Бала")


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


def opened(browser: Browser, number: PacketNumber) -> Response:
    return browser.get(f"/packets/{number}")


def buttons(browser: Browser, number: PacketNumber) -> list[str]:
    """Return the acts that the page offers."""
    action = f"/packets/{number}/acts"
    forms = [form for form in forms_of(opened(browser, number).text) if form.action == action]
    return [form.fields["kind"][0] for form in forms]


def press(day: Day, browser: Browser, number: PacketNumber, kind: str, **fields: str) -> Response:
    """Fill the form of an act and press its button, a second later."""
    day.office.clock.at += timedelta(seconds=1)
    action = f"/packets/{number}/acts"
    forms = [form for form in forms_of(opened(browser, number).text) if form.action == action]
    (form,) = (each for each in forms if each.fields["kind"] == [kind])
    assert set(fields) <= form.names, form.names
    for name, value in fields.items():
        assert value in form.choices.get(name, [value]), form.choices
    sent = form.fields | {name: [value] for name, value in fields.items()}
    return browser.post(action, **sent)


def looks(office: Office, number: PacketNumber, person: int) -> list[str]:
    found = office.qolhat.access.looks(subject=str(number), person=person)
    return [each.what for each in found]


def last(office: Office, number: PacketNumber) -> Any:
    return list(office.qolhat.log.events_of(Packet.stream(number)))[-1]


# --- who sees what -------------------------------------------------------------------------------


def test_names_are_seen_by_those_whose_business_they_are(office: Office, day: Day) -> None:
    papers = ({"name": "Мысал қағаз", "count": 2},)
    number = day.register(0, applicant=APPLICANT, papers=papers)
    day.shown()
    for role in (Role.INSPECTOR, Role.OFFICE, Role.HEAD, Role.EXECUTOR):
        person = day.people[role]
        page = opened(office.log_in(person), number).text
        assert all(each in page for each in PERSONAL), role
        assert "Мысал қағаз × 2" in page
        assert looks(office, number, person) == ["packet"]
    for role in (Role.COLLECTING, Role.COURIER):
        person = day.people[role]
        browser = office.log_in(person)
        page = opened(browser, number).text
        assert not any(each in page for each in (*PERSONAL, "Мысал қағаз")), role
        assert browser.says("packet.names-hidden")
        assert looks(office, number, person) == []


def test_the_auditor_sees_everything_and_does_nothing(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    auditor = office.employ(Role.AUDITOR, OTHER_AUTHORITY)
    browser = office.log_in(auditor)
    page = opened(browser, number).text
    assert "Сынақбаева" in page
    assert looks(office, number, auditor) == ["packet"]
    assert buttons(browser, number) == []
    assert f"/packets/{number}/complaints/new" not in page
    assert browser.post(f"/packets/{number}/acts", kind="signed").status_code == 403
    assert Packet.NoticeSigned not in day.kinds(number)


def test_a_manager_sees_the_way_but_no_names(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    browser = office.enter(Role.MANAGER, scope=Scope.REGION)
    page = opened(browser, number).text
    assert "Сынақбаева" not in page
    assert browser.says("packet.names-hidden")
    assert f"/packets/{number}/forms/label.pdf" in page
    assert f"/packets/{number}/forms/receipt.pdf" not in page


def test_another_organisation_s_packet_is_not_opened(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    browser = office.enter(Role.HEAD, OTHER_AUTHORITY)
    for path in ("", "/barcode.svg", "/forms/label.pdf", "/complaints/new", "/registered"):
        assert browser.get(f"/packets/{number}{path}").status_code in (403, 404), path
    assert opened(browser, number).status_code == 403
    assert browser.post(f"/packets/{number}/acts", kind="signed").status_code == 403
    assert "Сынақбаева" not in opened(browser, number).text


def test_where_a_packet_went_astray_it_is_known(office: Office, day: Day) -> None:
    number = day.register(0)
    stranger = office.employ(Role.OFFICE, OTHER_AUTHORITY)
    where = place(Role.OFFICE, OTHER_AUTHORITY)
    day.scan(5, number, Role.OFFICE, person=stranger, where=where)
    browser = office.log_in(stranger)
    page = opened(browser, number).text
    assert "Сынақбаева" in page  # it lies there: they must know whose it is
    assert word("deviation", "wrong-organisation", "kk") in page
    day.scan(9, number, Role.COLLECTING)
    page = opened(browser, number).text  # it has left, what happened there stays
    assert "Сынақбаева" not in page
    assert browser.says("packet.names-hidden")


def test_a_number_is_written_in_any_way(office: Office, day: Day) -> None:
    number = day.register(0)
    browser = office.log_in(day.people[Role.INSPECTOR])
    assert browser.get(f"/packets/{grouped(number)}").status_code == 200
    assert browser.get("/packets/10267000000124").status_code == 422
    assert browser.get(f"/packets/{place(Role.OFFICE)}").status_code == 422
    assert browser.get(f"/packets/{packet_number(CENTRE, 999)}").status_code == 404


def test_the_barcode_is_drawn(office: Office, day: Day) -> None:
    number = day.register(0)
    browser = office.log_in(day.people[Role.COURIER])
    answer = browser.get(f"/packets/{number}/barcode.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text.count("<rect") > 30
    assert str(number)[:4] in answer.text


# --- the clocks ----------------------------------------------------------------------------------


def test_the_page_s_clocks_are_those_of_the_figures(office: Office, day: Day) -> None:
    """A whole way, with a return for completion and a lunch break in between."""
    number = day.register(0)
    day.scan(10, number, Role.COLLECTING)
    day.scan(60, number, Role.COURIER)
    day.scan(100, number, Role.OFFICE)
    day.act(150, ActKind.INCOMING, Role.OFFICE, number)  # over the half hour
    day.scan(170, number, Role.HEAD)
    named = {"executor": day.people[Role.EXECUTOR]}
    day.act(320, ActKind.RESOLUTION, Role.HEAD, number, **named)  # over lunch
    day.scan(330, number, Role.EXECUTOR)
    day.act(340, ActKind.RIGHT, Role.EXECUTOR, number)
    day.act(400, ActKind.DRAFTED, Role.EXECUTOR, number, outcome=Outcome.GRANTED)
    day.scan(410, number, Role.HEAD)
    day.act(420, ActKind.RETURNED, Role.HEAD, number, text="Үлгі ескерту")
    day.scan(430, number, Role.EXECUTOR)
    day.shown()
    facts = facts_of(office.qolhat, number)
    with office.qolhat.views.reading() as reading:
        rows = reading.view(Visits).find(reading.connection, VisitFilter(number=number))
    rows = sorted(rows, key=lambda row: row.seq)
    assert [stay.visit.seq for stay in facts.stays] == [row.seq for row in rows]
    for stay, row in zip(facts.stays, rows, strict=True):
        measured, due = stay.measured, stay.measured.due
        assert (due.at if due else None) == row.due_at, row
        if row.left_at is None:
            assert measured.over == facts.now - due.at if due else measured.over is None
            continue
        assert (measured.working, measured.counted) == (row.working, row.counted), row
        assert (measured.over, measured.late) == (row.over, row.late), row
        assert stay.consumed == (row.counted if row.counted is not None else row.working)
        assert bool(row.late) == stay.late
    late = [stay.stage.key for stay in facts.stays if stay.late and stay.stage]
    assert late == ["incoming", "to-head", "resolution"]


def test_pauses_are_shown_and_the_night_is_one(office: Office, day: Day) -> None:
    number = day.at_the_head(450)  # 16:33 on Monday
    office.clock.at = datetime(2026, 11, 17, 4, 30, tzinfo=UTC)
    page = opened(office.log_in(day.people[Role.HEAD], "en"), number).text
    speech = Speech("en")
    stays = page.partition("Stages and time")[2]
    resolution = stays.partition("Resolution naming")[2]
    assert page_text("packet.worked", "en", span="1 hr 57 min") in resolution
    assert page_text("packet.late", "en", span="57 min") in resolution
    evening = speech.moment(datetime(2026, 11, 16, 11, 33, tzinfo=UTC))
    assert f"{evening} – {speech.clock(datetime(2026, 11, 16, 13, 0, tzinfo=UTC))}" in resolution
    morning = speech.moment(datetime(2026, 11, 17, 4, 0, tzinfo=UTC))
    assert f"{morning} – {speech.clock(office.clock.at)}" in resolution


def test_a_term_of_the_whole_service_goes_by_its_own_calendar(office: Office, day: Day) -> None:
    """The authority's days count, and a centre's later closing does not [002 §7]."""
    number = day.register(0, "002")
    facts = facts_of(office.qolhat, number)
    assert facts.total_due is not None
    authority = office.qolhat.clocks.calendar(AUTHORITY)
    assert facts.left(facts.total_due) == authority.working_time(facts.now, facts.total_due.at)
    centre = office.qolhat.clocks.calendar(CENTRE)
    assert facts.left(facts.total_due) != centre.working_time(facts.now, facts.total_due.at)
    page = opened(office.log_in(day.people[Role.INSPECTOR], "en"), number).text
    assert word("clock", "total", "en") in page
    assert Speech("en").moment(facts.total_due.at) in page


def test_where_the_sources_hold_no_term_it_is_said(office: Office, day: Day) -> None:
    browser = office.log_in(day.people[Role.INSPECTOR], "en")
    opened(browser, day.register(0))
    assert browser.says("packet.total-not-held")


# --- the buttons ---------------------------------------------------------------------------------


def test_a_packet_s_whole_way_by_buttons(office: Office, day: Day) -> None:
    number = day.register(0)
    people = {role: office.log_in(person) for role, person in day.people.items()}
    clerk, head, desk = (people[role] for role in (Role.OFFICE, Role.HEAD, Role.EXECUTOR))

    def scanned(*roles: Role) -> None:
        for role in roles:
            office.clock.at += timedelta(minutes=1)
            day.scan((office.clock.at - MORNING).total_seconds() / 60, number, role)
        office.clock.at += timedelta(minutes=1)

    def pressed(browser: Browser, kind: str, **fields: str) -> Any:
        answer = press(day, browser, number, kind, **fields)
        assert answer.history, answer.text
        assert word("act", kind, "kk") in answer.text
        assert 'class="box green"' in answer.text
        office.clock.at += timedelta(minutes=1)
        return last(office, number)

    scanned(Role.COLLECTING, Role.COURIER, Role.OFFICE)
    assert buttons(clerk, number)[0] == "incoming"
    assert pressed(clerk, "incoming", incoming_number=" 12-4/76 ").incoming_number == "12-4/76"
    scanned(Role.HEAD)
    executor = day.people[Role.EXECUTOR]
    assert pressed(head, "resolution", executor=str(executor)).executor == executor
    scanned(Role.EXECUTOR)
    assert pressed(desk, "right", entitled="yes").entitled is True
    drafted = pressed(desk, "drafted", outcome="refused", text="Үлгі себеп")
    assert drafted.outcome == "refused"
    scanned(Role.HEAD)
    assert buttons(head, number)[:2] == ["signed", "returned"]
    pressed(head, "returned", text="Қайта қараңыз")
    scanned(Role.EXECUTOR)
    assert "Қайта қараңыз" in opened(desk, number).text  # what the head asks for
    assert pressed(desk, "drafted", outcome="granted").outcome == "granted"
    scanned(Role.HEAD)
    pressed(head, "signed")
    scanned(Role.EXECUTOR, Role.OFFICE)
    pressed(clerk, "sent-back")
    scanned(Role.COURIER, Role.COLLECTING, Role.INSPECTOR)
    window = people[Role.INSPECTOR]
    came = Speech("kk").wall_clock(office.clock.at - timedelta(minutes=5))
    issued = pressed(window, "issued", handing="in-person", came_at=came)
    assert issued.handing == "in-person"
    assert timedelta(minutes=5) < issued.happened_at - issued.began_at <= timedelta(minutes=7)
    assert buttons(window, number) == []
    facts = facts_of(office.qolhat, number)
    assert facts.status == "issued"
    assert facts.timeline.notes == {}  # no deviation on the whole way


def test_only_the_buttons_of_one_s_role_are_there(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    always = {
        Role.INSPECTOR: ["relabelled", "withdrawn", "lost"],
        Role.COLLECTING: ["relabelled", "lost"],
        Role.COURIER: ["relabelled", "lost"],
        Role.OFFICE: ["relabelled", "withdrawn", "lost"],
        Role.HEAD: ["resolution", "relabelled", "lost"],
        Role.EXECUTOR: ["relabelled", "lost"],
    }
    for role, kinds in always.items():
        assert buttons(office.log_in(day.people[role]), number) == kinds, role


def test_a_button_of_another_role_is_refused(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    answer = clerk.post(f"/packets/{number}/acts", kind="signed")
    assert answer.status_code == 403
    assert text("problems", "wrong-role.title", "en") in answer.text
    assert Packet.NoticeSigned not in day.kinds(number)


def test_whoever_sees_everything_acts_in_one_organisation_only(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    both = office.enter([Role.AUDITOR, Role.HEAD], OTHER_AUTHORITY)
    assert opened(both, number).status_code == 200
    assert buttons(both, number) == []


def test_a_manager_declares_a_packet_lost_from_where_it_was_in_reach(
    office: Office, day: Day
) -> None:
    number = day.at_the_head(0)
    manager = office.enter(Role.MANAGER, AUTHORITY)
    assert buttons(manager, number) == ["lost"]
    press(day, manager, number, "lost")
    assert last(office, number).place == place(Role.HEAD)
    assert buttons(manager, number) == ["found"]
    away = day.register(10)  # never at the authority yet
    assert buttons(manager, away) == []


def test_whoever_stands_in_elsewhere_acts_from_the_place_lent(office: Office, day: Day) -> None:
    head = office.employ(Role.HEAD, OTHER_AUTHORITY)
    until = MORNING + timedelta(days=5)
    office.qolhat.personnel.name_stand_in(head, day.people[Role.HEAD], until, since=MORNING)
    number = day.at_the_office(0)
    browser = office.log_in(head)
    press(day, browser, number, "lost")
    assert last(office, number).place == place(Role.HEAD)  # not that of the own authority
    press(day, browser, number, "found")
    executors = forms_of(opened(browser, number).text)
    (resolution,) = (form for form in executors if form.fields.get("kind") == ["resolution"])
    assert str(day.people[Role.EXECUTOR]) in resolution.choices["executor"]


def test_lost_and_found(office: Office, day: Day) -> None:
    number = day.at_the_office(0)
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    press(day, clerk, number, "lost", text="Үлгі ескерту")
    page = opened(clerk, number).text
    assert word("status", "lost", "en") in page
    assert word("visit", "lost", "en") in page
    assert "Үлгі ескерту" in page
    assert buttons(clerk, number) == ["found"]
    assert press(day, clerk, number, "found").history
    assert "incoming" in buttons(clerk, number)


def test_a_result_is_handed_back_after_a_month(office: Office, day: Day) -> None:
    """[002 §15]"""
    number = day.at_the_office(0)
    day.decide(5, number)
    for minute, role in ((20, Role.COURIER), (30, Role.COLLECTING), (40, Role.INSPECTOR)):
        day.scan(minute, number, role)
    window = office.log_in(day.people[Role.INSPECTOR])
    assert buttons(window, number) == ["issued", "relabelled", "withdrawn", "lost"]
    office.clock.at = datetime(2026, 12, 17, 5, 0, tzinfo=UTC)
    window = office.log_in(day.people[Role.INSPECTOR])
    assert "handed-back" in buttons(window, number)
    assert press(day, window, number, "handed-back").history
    assert buttons(window, number) == []


def test_a_packet_that_nobody_registered(office: Office, day: Day) -> None:
    number = packet_number(CENTRE, 950)
    day.scan(0, number, Role.OFFICE)
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    page = opened(clerk, number)
    assert page.status_code == 200
    assert clerk.says("packet.not-registered")
    assert "/forms/" not in page.text
    assert buttons(clerk, number) == ["relabelled"]
    assert press(day, clerk, number, "relabelled").status_code == 200
    assert clerk.get(f"/packets/{number}/forms/label.pdf").status_code == 404
    assert clerk.get(f"/packets/{number}/registered").url.path == f"/packets/{number}"


def test_a_packet_whose_personal_data_were_erased(office: Office, day: Day) -> None:
    number = day.register(0, applicant=APPLICANT)
    day.scan(1, number, Role.OFFICE)
    person = day.people[Role.OFFICE]
    clerk = office.log_in(person, "en")
    press(day, clerk, number, "relabelled", text="Сынақбаева ескертуі")
    source = Source("erase", 0, 0, 0, NO_PLACE, office.clock.at)
    office.qolhat.desk.erase(number, source)
    seen = len(looks(office, number, person))
    page = opened(clerk, number)
    assert page.status_code == 200
    assert not any(each in page.text for each in PERSONAL)
    assert clerk.says("packet.unknown")
    assert len(looks(office, number, person)) == seen  # there is nothing to look at
    assert word("entry", "erased", "en") in page.text
    answer = press(day, clerk, number, "relabelled", text="Сынақбаева ескертуі")
    assert answer.status_code == 410
    assert press(day, clerk, number, "incoming", incoming_number="1").history
    for form in ("receipt", "label"):
        assert clerk.get(f"/packets/{number}/forms/{form}.pdf").status_code == 200


# --- wrong values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"kind": "nonsense"}, 422, "no-such-act"),
        ({"kind": "registered"}, 422, "no-such-act"),
        ({"kind": "resolution"}, 422, "executor-missing"),
        ({"kind": "resolution", "executor": "abc"}, 422, "invalid-request"),
        ({"kind": "resolution", "executor": "²"}, 422, "invalid-request"),
        ({"kind": "resolution", "executor": "99999999999999999999"}, 422, "unknown-person"),
        ({"kind": "incoming", "incoming_number": "Сынақбаева @"}, 403, "wrong-role"),
        ({"kind": "drafted"}, 422, "outcome-missing"),
        ({"kind": "drafted", "outcome": "xyz"}, 422, "invalid-request"),
        ({"kind": "drafted", "outcome": "refused"}, 422, "reasons-missing"),
        ({"kind": "drafted", "outcome": "refused", "text": "  "}, 422, "reasons-missing"),
        ({"kind": "drafted", "outcome": "refused", "grounds": "none"}, 422, "unknown-ground"),
        ({"kind": "issued", "came_at": "99:99"}, 422, "bad-clock-time"),
        ({"kind": "issued", "came_at": "қазір"}, 422, "bad-clock-time"),
        ({"kind": "issued", "handing": "thrown"}, 422, "invalid-request"),
        ({"kind": "right", "entitled": "maybe"}, 422, "invalid-request"),
    ],
)
def test_wrong_values_are_a_problem_on_the_packet_s_page(
    office: Office, day: Day, fields: dict[str, str], status: int, code: str
) -> None:
    number = day.at_the_head(0)
    places = [place(Role.HEAD), place(Role.EXECUTOR)]
    both = office.enter([Role.HEAD, Role.EXECUTOR], AUTHORITY, places=places, language="en")
    before = day.kinds(number)
    answer = both.post(f"/packets/{number}/acts", **fields)
    assert answer.status_code == status
    assert text("problems", f"{code}.title", "en") in answer.text
    assert grouped(number) in answer.text
    assert "Traceback" not in answer.text
    assert day.kinds(number) == before


def test_what_is_too_long_is_said_on_a_page(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    head = office.log_in(day.people[Role.HEAD], "en")
    answer = head.post(f"/packets/{number}/acts", kind="returned", text="а" * 4001)
    assert answer.status_code == 422
    assert text("problems", "invalid-request.title", "en") in answer.text


def test_a_button_pressed_twice_is_one_act(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    head = office.log_in(day.people[Role.HEAD])
    action = f"/packets/{number}/acts"
    forms = [form for form in forms_of(opened(head, number).text) if form.action == action]
    fields = forms[0].fields | {"executor": [str(day.people[Role.EXECUTOR])]}
    for _ in range(2):
        assert head.post(action, **fields).history
    assert day.kinds(number).count(Packet.ResolutionWritten) == 1
    assert len({form.fields["ref"][0] for form in forms}) == len(forms)


def test_a_made_up_id_is_no_id(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    head = office.log_in(day.people[Role.HEAD])
    executor = str(day.people[Role.EXECUTOR])
    answer = head.post(
        f"/packets/{number}/acts", kind="resolution", executor=executor, ref="қате id"
    )
    assert answer.history
    assert re.fullmatch(r"[0-9a-f-]{36}", last(office, number).ref)


@pytest.mark.parametrize(
    ("now", "given", "minutes"),
    [
        ((9, 0), "08:45", -15),
        ((9, 0), "09:00", 0),
        ((9, 0), "09:05", 0),  # a clock a little ahead
        ((0, 10), "23:50", -20),  # before midnight
        ((23, 50), "00:10", -23 * 60 - 40),
        ((9, 0), "", None),
    ],
)
def test_a_time_of_day_is_of_the_organisation_s_clock(
    now: tuple[int, int], given: str, minutes: int | None
) -> None:
    somebody: Visitor = _Somebody()  # type: ignore[assignment]
    hour, minute = now
    local = datetime(2026, 11, 17, hour, minute, tzinfo=UTC) - timedelta(hours=5)
    expected = None if minutes is None else local + timedelta(minutes=minutes)
    assert clock_time(somebody, given, local) == expected


class _Somebody:
    speech = Speech("kk", "Asia/Almaty")


@pytest.mark.parametrize("given", ["24:00", "9", "1e:00", "25:61", "-1:00", "16:00"])
def test_what_is_no_time_of_day(given: str) -> None:
    somebody: Visitor = _Somebody()  # type: ignore[assignment]
    with pytest.raises(BadClockTimeError):
        clock_time(somebody, given, MORNING)


def test_a_store_that_fails_is_said_on_the_packet_s_page(
    office: Office, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StorageBusyError

    number = day.at_the_office(0)
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    monkeypatch.setattr(Desk, "act", fail)
    answer = clerk.post(f"/packets/{number}/acts", kind="incoming")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert text("problems", "storage-busy.title", "en") in answer.text
    assert grouped(number) in answer.text
