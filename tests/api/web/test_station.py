"""The station: what a scan is answered, what must be asked first, who may do what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from api.messages import page_text, text, word
from api.web.rendering import STATIC_FOLDER, Speech
from api.web.station import _TEXT_KEYS
from domain.acts import ActKind
from domain.cards import DESK_CARDS, Card, card_code
from domain.numbers import PacketNumber, PlaceCode, grouped, packet_number
from domain.packet import Packet
from domain.roles import Role
from domain.unsettled import UnsettledScan
from infra.desk import Desk
from infra.errors import StorageFullError
from infra.store.group_commit import Outcome
from tests.api.forms.reading import Read
from tests.api.web.day import Day
from tests.api.web.office import Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY, place

AKIM = 313
JSON = {"accept": "application/json"}
Told = dict[str, Any]
_refs = (f"station-{number}" for number in count())


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


class Station:
    """A person at a station, in English: what the page sends, a moment after the server's clock."""

    def __init__(self, office: Office, person: int, at: PlaceCode) -> None:
        self.office = office
        self.person = person
        self.at = at
        self.browser = office.log_in(person, "en")
        self.speech = Speech("en")
        self.counter = 0

    @property
    def page(self) -> str:
        return self.browser.get("/station").text

    def stamp(self, **more: object) -> Told:
        """What every entry of the queue says."""
        self.counter += 1
        self.office.clock.at += timedelta(seconds=1)
        stamp = {"ref": next(_refs), "counter": self.counter, "place": str(self.at)}
        return stamp | {"happened_at": self.office.clock.at.isoformat()} | more

    def post(self, path: str, body: object) -> Any:
        if not self.browser.csrf:
            self.browser.get("/station")
        headers = JSON | {"x-csrf-token": self.browser.csrf}
        return self.browser.client.post(path, json=body, headers=headers)

    def scans(self, *scans: Told, person: int | None = None) -> list[Told]:
        answer = self.post("/station/scans", {"person": person or self.person, "scans": scans})
        assert answer.status_code == 200, answer.text
        told: list[Told] = answer.json()["answers"]
        return told

    def scan(self, code: object, **more: object) -> Told:
        (told,) = self.scans(self.stamp(code=str(code), how="scanner", **more))
        return told

    def act(self, card: Card, numbers: Iterable[PacketNumber], **more: object) -> Any:
        body = self.stamp(card=card, numbers=[str(each) for each in numbers], **more)
        return self.post("/station/acts", body)

    def done(self, card: Card, number: PacketNumber, **more: object) -> Told:
        answer = self.act(card, [number], **more)
        assert answer.status_code == 200, answer.text
        (told,) = answer.json()["answers"]
        return dict(told)

    def void(self, number: PacketNumber, scan: str, **more: object) -> Told:
        body = self.stamp(number=str(number), scan=scan, **more)
        answer = self.post("/station/void", body)
        assert answer.status_code == 200, answer.text
        (told,) = answer.json()["answers"]
        return dict(told)


def station(day: Day, role: Role) -> Station:
    return Station(day.office, day.people[role], place(role))


def events_of(office: Office, number: PacketNumber) -> list[Any]:
    return list(office.qolhat.log.events_of(Packet.stream(number)))


def title(code: str) -> str:
    return text("problems", f"{code}.title", "en")


# --- the page ------------------------------------------------------------------------------------


def test_the_station_is_at_the_person_s_place(office: Office, day: Day) -> None:
    first, second = place(Role.OFFICE), place(Role.OFFICE, serial=2)
    office.qolhat.personnel.open_place(AUTHORITY, Role.OFFICE, 2)
    clerk = office.log_in(office.employ(Role.OFFICE, places=[first, second]), "en")
    asked = {
        "/station": first,
        f"/station?place={second}": second,
        f"/station?place={grouped(second)}": second,
        f"/station?place={place(Role.HEAD)}": first,  # not theirs
        "/station?place=30267100000108": first,
        "/station?place=сынақ": first,
    }
    for path, here in asked.items():
        assert f'data-place="{here}"' in clerk.get(path).text, path
    assert clerk.form("/station").choices["place"] == [str(first), str(second)]


def test_whoever_has_no_place_is_told_so_and_nothing_is_lost(office: Office, day: Day) -> None:
    number = day.register(0)
    person = office.employ(Role.COURIER, places=[])
    here = Station(office, person, place(Role.COURIER))
    assert page_text("station.no-place", "en") in here.page
    told = here.scan(number, place="")
    assert (told["kind"], told["tone"]) == ("unsettled", "red")
    assert told["remarks"][0] == word("doubt", "unknown-place", "en")
    told = here.scan(number)
    assert told["remarks"][0] == word("doubt", "not-their-place", "en")


def test_everybody_has_their_cards(office: Office, day: Day) -> None:
    def cards(role: Role) -> list[str]:
        return re.findall(r'data-card="([a-z-]+)"', station(day, role).page)

    assert cards(Role.INSPECTOR) == ["issued", "posted", "handed-back", "undo", "clear"]
    assert cards(Role.COURIER) == ["undo", "clear"]
    assert cards(Role.OFFICE) == ["incoming", "sent-back", "undo", "clear"]
    assert cards(Role.HEAD) == ["resolution", "signed", "returned", "undo", "clear"]
    executor = ["entitled", "not-entitled", "granted", "refused", "issued", "posted"]
    assert cards(Role.EXECUTOR) == [*executor, "undo", "clear"]


def test_the_page_knows_every_card_and_says_everything_the_scripts_say(day: Day) -> None:
    page = station(day, Role.COURIER).page
    islands = re.findall(r'type="application/json" id="(\w+)">(.*?)</script>', page)
    found = {name: json.loads(content) for name, content in islands}
    assert found["cards"] == {str(card_code(card)): card.value for card in Card}
    scripts = "".join(each.read_text() for each in (STATIC_FOLDER / "station").glob("*.js"))
    said = set(re.findall(r'\bsay\(\s*"([^"]+)"', scripts))
    said |= set(re.findall(r'\bsay\([^")]*"[^"]+" \? "([^"]+)" : "[^"]+"\)', scripts))
    said |= set(re.findall(r'\bsay\([^")]*"[^"]+" \? "[^"]+" : "([^"]+)"\)', scripts))
    assert said == set(_TEXT_KEYS) == set(found["texts"])
    assert "unknown-code" in said


def test_the_sheet_of_cards_serves_every_desk(day: Day) -> None:
    answer = station(day, Role.COURIER).browser.get("/station/cards.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="cards.pdf"'
    read = Read(answer.content)
    codes = {code for index in range(len(read.pages)) for code in read.codes(index)}
    assert codes == {str(card_code(card)) for card in DESK_CARDS}


# --- scans: what is answered ---------------------------------------------------------------------


def test_an_accepted_scan_tells_everything_and_is_green(office: Office, day: Day) -> None:
    number = day.at_the_office(0)  # at 09:01
    office.clock.at = MORNING + timedelta(minutes=6)
    day.act(7, ActKind.INCOMING, Role.OFFICE, number)
    head = station(day, Role.HEAD)
    told = head.scan(grouped(number))
    assert (told["kind"], told["tone"]) == ("packet", "green")
    assert told["verdict"] == "accepted"
    assert told["number"] == str(number)
    assert told["grouped"] == grouped(number)
    assert told["service"].startswith("003-7 · State allowances")
    authority = office.qolhat.directory.organisation(AUTHORITY).name_kk
    assert told["from"] == "office 1"
    assert authority not in told["to"]
    assert told["to"] == "head 1"
    assert told["next"] == "Resolution naming the executor: resolution written"
    assert told["left"] == f"1 hr left, until {head.speech.moment(_in_an_hour(head))}"
    assert told["remarks"] == []
    assert told["undo"] is True


def _in_an_hour(here: Station) -> Any:
    return here.office.clock.at + timedelta(hours=1)


def test_a_place_elsewhere_is_named_with_its_organisation(office: Office, day: Day) -> None:
    told = station(day, Role.OFFICE).scan(day.register(0))
    assert told["from"] == f"inspector 1, {office.qolhat.directory.organisation(CENTRE).name_kk}"


def test_what_lies_here_already_is_amber_since_when_it_lies(day: Day) -> None:
    number = day.at_the_office(0)
    since = Speech("en").moment(MORNING + timedelta(minutes=1))
    clerk = station(day, Role.OFFICE)
    already = page_text("station.already-here", "en", since=since)
    for _ in range(2):
        told = clerk.scan(number)
        assert (told["tone"], told["verdict"]) == ("amber", already)
    clerk.done(Card.INCOMING, number, incoming_number="7")
    assert clerk.scan(number)["verdict"] == already  # an act does not take it away
    head = station(day, Role.HEAD)
    assert head.scan(number)["tone"] == "green"
    day.office.clock.at += timedelta(minutes=5)
    assert clerk.scan(number)["tone"] == "amber"  # it went back
    assert clerk.scan(number)["verdict"] != already


def test_where_it_was_registered_it_lies_already(office: Office, day: Day) -> None:
    number = day.register(0)
    told = station(day, Role.INSPECTOR).scan(number)
    since = Speech("en").moment(MORNING)
    assert told["tone"] == "amber"
    assert told["verdict"] == page_text("station.already-here", "en", since=since)


def test_a_complaint_does_not_say_where_the_paper_is(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    clerk = office.log_in(day.people[Role.OFFICE])
    clerk.get(f"/packets/{number}/complaints/new")
    clerk.submit(f"/packets/{number}/complaints", answer_by="2026-12-01T10:00")
    executor = station(day, Role.EXECUTOR).scan(number)
    assert executor["from"] == "head 1"


def test_the_same_scan_sent_again_is_recorded_once(office: Office, day: Day) -> None:
    number = day.register(0)
    here = station(day, Role.COLLECTING)
    entry = here.stamp(code=str(number))
    first, again = here.scans(entry)[0], here.scans(entry)[0]
    assert (first["tone"], again["tone"]) == ("green", "amber")
    assert again["verdict"] == "recorded before"
    assert again["undo"] is False
    assert len(events_of(office, number)) == 2


def test_a_deviation_is_amber_and_named(day: Day) -> None:
    number = day.register(0)
    told = station(day, Role.HEAD).scan(number)
    assert (told["tone"], told["verdict"]) == ("amber", "accepted with a deviation")
    assert word("deviation", "act-missing", "en") in told["remarks"]
    assert told["undo"] is True


def test_a_stranger_s_place_is_unsettled_and_red(office: Office, day: Day) -> None:
    number = day.register(0)
    told = station(day, Role.COLLECTING).scan(number, place=str(place(Role.HEAD)))
    assert (told["kind"], told["tone"]) == ("unsettled", "red")
    assert told["remarks"] == [word("doubt", "not-their-place", "en")]
    assert told["undo"] is False
    assert events_of(office, number)[-1].doubt == "not-their-place"


def test_a_packet_that_nobody_registered_is_unsettled(office: Office, day: Day) -> None:
    number = packet_number(CENTRE, 900)
    told = station(day, Role.OFFICE).scan(number)
    assert (told["kind"], told["tone"], told["number"]) == ("unsettled", "red", str(number))
    assert told["remarks"] == [word("doubt", "not-registered", "en")]
    assert (told["service"], told["left"]) == ("", "")
    assert told["next"] == word("status", "unregistered", "en")


@pytest.mark.parametrize(
    ("code", "doubt", "fault"),
    [
        ("10267000000124", "bad-code", "check-digits"),
        ("Сынақбаева Үлгі", "bad-code", "not-digits"),
        ("", "bad-code", "empty"),
        ("1" * 5000, "bad-code", "too-long"),
        (str(place(Role.OFFICE)), "other-kind", "place"),
        (str(card_code(Card.SIGNED)), "other-kind", "action-card"),
    ],
)
def test_unknown_codes_are_kept(
    office: Office, day: Day, code: str, doubt: str, fault: str
) -> None:
    here = station(day, Role.OFFICE)
    told = here.scan(code)
    assert (told["kind"], told["tone"]) == ("unsettled", "red")
    assert told["verdict"] == word("doubt", doubt, "en")
    kept = page_text("station.kept", "en")
    assert told["remarks"] == [word("fault", fault, "en"), kept]
    (event,) = office.qolhat.log.events_of(UnsettledScan.stream(told["ref"]))
    assert event.doubt == doubt
    raw = office.qolhat.vault.get(f"scan/{told['ref']}")
    assert raw is not None
    assert raw["code"] == code[:4096]


@pytest.mark.parametrize(
    ("time", "doubt"),
    [("", "no-zone"), ("2026-11-16T09:00", "no-zone"), ("2030-01-01T00:00Z", "in-the-future")],
)
def test_a_clock_that_cannot_be_believed_makes_it_wait(day: Day, time: str, doubt: str) -> None:
    told = station(day, Role.COLLECTING).scan(day.register(0), happened_at=time)
    assert (told["tone"], told["remarks"]) == ("red", [word("doubt", doubt, "en")])


def test_a_queue_is_answered_scan_by_scan(day: Day) -> None:
    numbers = [day.register(each) for each in range(3)]
    here = station(day, Role.COLLECTING)
    entries = [here.stamp(code=str(number)) for number in numbers]
    entries.insert(1, here.stamp(code="сынақ"))
    told = here.scans(*entries, here.stamp(code=str(numbers[0]), ref="қате"))
    assert [each["ref"] for each in told] == [each["ref"] for each in entries] + ["қате"]
    assert [each["tone"] for each in told] == ["green", "red", "green", "green", "red"]
    assert (told[-1]["kind"], told[-1]["verdict"]) == ("refused", title("bad-ref"))


def test_nothing_in_a_queue_is_too_odd_to_be_kept(day: Day) -> None:
    here = station(day, Role.COLLECTING)
    entry = {"ref": "odd", "code": 17, "counter": -1, "happened_at": None, "place": ["a"]}
    (told,) = here.scans(entry)
    assert told["kind"] == "unsettled"
    assert here.post("/station/scans", {"scans": []}).json() == {"answers": []}


def test_another_person_s_queue_waits_for_that_person(office: Office, day: Day) -> None:
    here = station(day, Role.COLLECTING)
    number = day.register(0)
    body = {"person": day.people[Role.COURIER], "scans": [here.stamp(code=str(number))]}
    answer = here.post("/station/scans", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "other-person")
    assert len(events_of(office, number)) == 1


def test_a_queue_that_is_too_long_is_refused_whole(day: Day) -> None:
    here = station(day, Role.COLLECTING)
    scans = [{"ref": str(index)} for index in range(501)]
    answer = here.post("/station/scans", {"person": here.person, "scans": scans})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_whoever_holds_no_papers_scans_nothing(office: Office) -> None:
    manager = office.enter(Role.MANAGER)
    headers = JSON | {"x-csrf-token": manager.csrf}
    answer = manager.client.post("/station/scans", json={"scans": []}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "no-right")


# --- what to do next -----------------------------------------------------------------------------


def test_from_window_to_window_every_scan_says_what_comes_next(office: Office, day: Day) -> None:
    def at(role: Role) -> Station:
        return station(day, role)

    number = day.register(0)
    executor = day.people[Role.EXECUTOR]
    assert at(Role.INSPECTOR).scan(number)["next"] == "Hand to: collecting department"
    assert at(Role.COLLECTING).scan(number)["next"].endswith("made: Hand to: courier")
    assert at(Role.COURIER).scan(number)["next"].endswith("authority: Hand to: office")
    office_clerk = at(Role.OFFICE)
    assert office_clerk.scan(number)["next"].endswith(": incoming number given")
    told = office_clerk.done(Card.INCOMING, number, incoming_number="12-4/76")
    assert told["next"].endswith("resolution: Hand to: head")
    assert told["verdict"] == "incoming number"
    head = at(Role.HEAD)
    assert head.scan(number)["next"].endswith(": resolution written")
    told = head.done(Card.RESOLUTION, number, executor=executor)
    assert told["next"] == "Hand to: executor"
    desk = at(Role.EXECUTOR)
    assert desk.scan(number)["next"].endswith(": right determined")
    assert desk.done(Card.ENTITLED, number)["next"].endswith(": notice drafted")
    assert desk.done(Card.GRANTED, number)["next"] == "Hand to: head"
    assert head.scan(number)["next"].endswith(": signed / returned for completion")
    assert head.done(Card.RETURNED, number)["next"] == "Hand to: executor"
    assert desk.scan(number)["next"].endswith(": Hand to: head")  # after a return
    assert desk.done(Card.GRANTED, number)["verdict"] == "notice: granted"
    head.scan(number)
    head.done(Card.SIGNED, number)
    assert desk.scan(number)["next"].endswith(": Hand to: office")
    assert office_clerk.scan(number)["next"].endswith(": sent to the centre")
    assert office_clerk.done(Card.SENT_BACK, number)["next"] == "Hand to: courier"
    assert at(Role.COURIER).scan(number)["next"].endswith(": Hand to: collecting department")
    assert at(Role.COLLECTING).scan(number)["next"].endswith(": Hand to: inspector")
    window = at(Role.INSPECTOR)
    assert window.scan(number)["next"].endswith(": given to the applicant")
    told = window.done(Card.ISSUED, number)
    assert (told["next"], told["left"]) == (word("status", "issued", "en"), "")
    after = window.scan(number)
    assert (after["tone"], after["remarks"]) == (
        "amber",
        [word("deviation", "after-the-end", "en")],
    )
    deviations = [e for e in events_of(office, number) if getattr(e, "doubt", None)]
    assert deviations == []


def accepted_by_page(here: Station, service: str) -> PacketNumber:
    here.browser.get(f"/register?service={service}")
    here.browser.submit("post /register", surname="Сынақбаев", given_name="Үлгі")
    found = re.search(r"/packets/([0-9]+)/registered", here.browser.path)
    assert found is not None
    return PacketNumber(int(found[1]))


def test_inside_an_authority_the_executor_hands_out(day: Day) -> None:
    """[003 annexes 3, 4]"""
    clerk, head, desk = (station(day, each) for each in (Role.OFFICE, Role.HEAD, Role.EXECUTOR))
    number = accepted_by_page(clerk, "003-1")
    assert clerk.scan(number)["next"].endswith(": Hand to: head")
    assert head.scan(number)["next"].endswith(": resolution written")
    named = {"executor": day.people[Role.EXECUTOR]}
    assert head.done(Card.RESOLUTION, number, **named)["next"] == "Hand to: executor"
    assert desk.scan(number)["next"].endswith(": right determined")
    assert desk.done(Card.ENTITLED, number)["next"].endswith(": notice drafted")
    assert desk.done(Card.GRANTED, number)["next"] == "Hand to: head"
    assert head.scan(number)["next"].endswith(": signed")
    assert head.done(Card.SIGNED, number)["next"] == "Hand to: executor"
    assert desk.scan(number)["next"].endswith(": given to the applicant")
    assert desk.done(Card.POSTED, number)["next"] == word("status", "issued", "en")


def test_an_akim_takes_the_head_s_place(office: Office) -> None:
    """[003 s7 §3]"""
    window, desk = place(Role.OFFICE, AKIM), place(Role.AKIM, AKIM)
    akim = Station(office, office.employ(Role.AKIM, AKIM, places=[window, desk]), window)
    packet = accepted_by_page(akim, "003-7")
    assert akim.scan(packet)["next"].endswith(": Hand to: akim")
    akim.at = desk
    assert akim.scan(packet)["next"].endswith(": resolution written")


def test_a_lost_packet_has_no_next_step_until_it_is_found(office: Office, day: Day) -> None:
    number = day.at_the_office(0)
    day.act(5, ActKind.LOST, Role.OFFICE, number)
    told = station(day, Role.OFFICE).done(Card.INCOMING, number, incoming_number="1")
    assert told["next"] == word("status", "lost", "en")
    told = station(day, Role.HEAD).scan(number)
    assert told["remarks"] == [word("deviation", "found", "en")]
    assert told["next"].endswith(": resolution written")


def test_the_time_left_is_said_and_the_time_overrun(office: Office, day: Day) -> None:
    number = day.at_the_office(0)
    clerk = station(day, Role.OFFICE)
    office.clock.at = MORNING + timedelta(minutes=21) - timedelta(seconds=1)
    due = clerk.speech.moment(MORNING + timedelta(minutes=31))
    left = page_text("station.left", "en", span="10 mins", until=due)
    assert clerk.scan(number)["left"] == left
    office.clock.at = MORNING + timedelta(minutes=91) - timedelta(seconds=1)
    over = page_text("station.overdue", "en", span="1 hr", until=due)
    assert clerk.scan(number)["left"] == over


def test_the_time_left_does_not_count_the_night(office: Office, day: Day) -> None:
    office.clock.at = MORNING + timedelta(hours=8, minutes=50)  # 17:50
    number = day.at_the_office(530)
    office.clock.at = MORNING + timedelta(hours=14)  # an evening: 23:00
    told = station(day, Role.OFFICE).scan(number)
    assert told["left"].startswith("21 mins left")


# --- acts ----------------------------------------------------------------------------------------


def test_the_head_is_asked_for_the_executor(office: Office, day: Day) -> None:
    office.employ(Role.EXECUTOR, OTHER_AUTHORITY, name="Бөтенбаев Үлгі")
    second = office.employ(Role.EXECUTOR, name="Алғашқыбаев Сынақ")
    number = day.at_the_head(0)
    head = station(day, Role.HEAD)
    asked = head.act(Card.RESOLUTION, [number]).json()
    assert asked["needs"] == "executor"
    assert asked["title"] == page_text("station.needs.executor", "en")
    first = day.people[Role.EXECUTOR]
    assert asked["choices"] == [
        {"key": str(second), "label": "Алғашқыбаев Сынақ"},
        {"key": str(first), "label": "Үлгібаева Сынақгүл"},
    ]
    told = head.done(Card.RESOLUTION, number, executor=second)
    assert (told["tone"], told["verdict"]) == ("green", "resolution")
    assert events_of(office, number)[-1].executor == second


def test_an_executor_is_named_by_the_badge(office: Office, day: Day) -> None:
    executor = day.people[Role.EXECUTOR]
    badge = office.qolhat.personnel.issue_badge(executor)
    number = day.at_the_head(0)
    told = station(day, Role.HEAD).done(Card.RESOLUTION, number, badge=grouped(badge))
    assert told["tone"] == "green"
    assert events_of(office, number)[-1].executor == executor


def test_only_an_executor_of_the_authority_can_be_named(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    head = station(day, Role.HEAD)
    clerk, stranger = day.people[Role.OFFICE], office.employ(Role.EXECUTOR, OTHER_AUTHORITY)
    gone = office.employ(Role.EXECUTOR)
    badges = [office.qolhat.personnel.issue_badge(each) for each in (clerk, stranger, gone)]
    office.clock.at += timedelta(minutes=1)
    office.qolhat.personnel.dismiss(gone)
    cases: list[tuple[Told, int, str]] = [
        ({"badge": str(badges[0])}, 422, "not-an-executor"),
        ({"badge": str(badges[1])}, 422, "not-an-executor"),
        ({"badge": str(badges[2])}, 422, "unknown-person"),
        ({"badge": str(place(Role.HEAD))}, 422, "unknown-person"),
        ({"badge": "сынақ"}, 422, "bad-code"),
        ({"executor": clerk}, 422, "not-an-executor"),
        ({"executor": gone}, 422, "not-an-executor"),
        ({"executor": 987654}, 422, "unknown-person"),
        ({"executor": 10**30}, 422, "unknown-person"),
    ]
    for said, status, code in cases:
        answer = head.act(Card.RESOLUTION, [number], **said)
        assert (answer.status_code, answer.json()["code"]) == (status, code), said
    assert Packet.ResolutionWritten not in day.kinds(number)


def test_whoever_stands_in_for_the_executor_or_the_head(office: Office, day: Day) -> None:
    personnel, until = office.qolhat.personnel, MORNING + timedelta(days=5)
    clerk = office.employ(Role.OFFICE)
    personnel.name_stand_in(clerk, day.people[Role.EXECUTOR], until, since=MORNING)
    number = day.at_the_head(0)
    assert station(day, Role.HEAD).done(Card.RESOLUTION, number, executor=clerk)["tone"] == "green"

    other = office.employ(Role.HEAD, OTHER_AUTHORITY)
    theirs = office.employ(Role.EXECUTOR, OTHER_AUTHORITY)
    personnel.name_stand_in(other, day.people[Role.HEAD], until, since=MORNING)
    number = day.at_the_head(10)
    standing_in = Station(office, other, place(Role.HEAD))
    asked = standing_in.act(Card.RESOLUTION, [number]).json()
    keys = {choice["key"] for choice in asked["choices"]}
    assert str(day.people[Role.EXECUTOR]) in keys
    assert str(theirs) not in keys
    answer = standing_in.act(Card.RESOLUTION, [number], executor=theirs)
    assert answer.json()["code"] == "not-an-executor"
    done = standing_in.done(Card.RESOLUTION, number, executor=day.people[Role.EXECUTOR])
    assert done["tone"] == "green"


def test_a_refusal_is_asked_for_its_reasons(office: Office, day: Day) -> None:
    """Service 7's list of grounds is not held [003 s7 §10]: they are written."""
    number = at_the_executor(day, 0)
    desk = station(day, Role.EXECUTOR)
    asked = desk.act(Card.REFUSED, [number]).json()
    assert (asked["needs"], asked["choices"]) == ("reasons", [])
    assert desk.act(Card.REFUSED, [number], text="  ").json()["needs"] == "reasons"
    answer = desk.act(Card.REFUSED, [number], grounds=["no-such-ground"]).json()["answers"][0]
    assert (answer["kind"], answer["verdict"]) == ("refused", title("unknown-ground"))
    assert desk.done(Card.REFUSED, number, text="Үлгі себеп")["tone"] == "green"
    drafted = events_of(office, number)[-1]
    assert office.qolhat.vault.get(drafted.text_ref) == {"text": "Үлгі себеп"}
    assert desk.act(Card.GRANTED, [at_the_executor(day, 60)]).json()["answers"]


def test_a_refusal_is_asked_for_its_ground_where_there_is_a_list(office: Office, day: Day) -> None:
    """[002 §15]"""
    number = at_the_executor(day, 0, "002")
    desk = station(day, Role.EXECUTOR)
    asked = desk.act(Card.REFUSED, [number, packet_number(CENTRE, 901)]).json()
    assert asked["needs"] == "grounds"  # what nobody knows is no hindrance
    (choice,) = asked["choices"]
    assert choice["key"] == "not-registered-as-unemployed"
    both = [number, at_the_executor(day, 60)]
    assert desk.act(Card.REFUSED, both).json()["needs"] == "reasons"  # nothing in common
    assert desk.done(Card.REFUSED, number, grounds=[choice["key"]])["tone"] == "green"
    assert events_of(office, number)[-1].grounds == (choice["key"],)


def at_the_executor(day: Day, minute: float, service: str = "003-7") -> PacketNumber:
    number = day.register(minute, service)
    for role in (Role.COLLECTING, Role.COURIER, Role.OFFICE):
        day.scan(minute + 1, number, role)
    day.act(minute + 2, ActKind.INCOMING, Role.OFFICE, number)
    day.scan(minute + 3, number, Role.HEAD)
    named = {"executor": day.people[Role.EXECUTOR]}
    day.act(minute + 4, ActKind.RESOLUTION, Role.HEAD, number, **named)
    day.scan(minute + 5, number, Role.EXECUTOR)
    day.act(minute + 6, ActKind.RIGHT, Role.EXECUTOR, number)
    return number


def test_the_incoming_number_is_asked_for_once_and_may_be_left_out(
    office: Office, day: Day
) -> None:
    first, second, third = (day.at_the_office(each) for each in (0, 10, 20))
    clerk = station(day, Role.OFFICE)
    asked = clerk.act(Card.INCOMING, [first]).json()
    assert asked["needs"] == "incoming-number"
    assert asked["title"] == page_text("station.needs.incoming-number", "en")
    assert clerk.done(Card.INCOMING, first, incoming_number=" ")["tone"] == "green"
    assert events_of(office, first)[-1].incoming_number is None
    answer = clerk.act(Card.INCOMING, [second], incoming_number="@ @")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-incoming-number")
    many = clerk.act(Card.INCOMING, [second, third]).json()[
        "answers"
    ]  # nobody is asked forty times
    assert [each["number"] for each in many] == [str(second), str(third)]


def test_what_a_card_says_is_recorded(office: Office, day: Day) -> None:
    number = at_the_executor(day, 0)
    station(day, Role.EXECUTOR).done(Card.NOT_ENTITLED, number)
    assert events_of(office, number)[-1].entitled is False
    station(day, Role.INSPECTOR).done(Card.POSTED, number)
    assert events_of(office, number)[-1].handing == "posted"
    assert station(day, Role.INSPECTOR).act(Card.CLEAR, [number]).json() == {"answers": []}


def test_an_act_out_of_turn_is_amber_and_sent_again_it_is_one(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    head = station(day, Role.HEAD)
    body = head.stamp(card="signed", numbers=[str(number)])
    for verdict in ("accepted with a deviation", "recorded before"):
        (told,) = head.post("/station/acts", body).json()["answers"]
        assert (told["tone"], told["verdict"], told["undo"]) == ("amber", verdict, False)
    assert day.kinds(number).count(Packet.NoticeSigned) == 1


def test_many_are_signed_at_once_and_each_may_be_refused_alone(office: Office, day: Day) -> None:
    mine = [day.at_the_head(10 * each) for each in range(4)]
    theirs = day.register(50, decided_by=OTHER_AUTHORITY)
    unknown = packet_number(CENTRE, 902)
    head = station(day, Role.HEAD)
    numbers = [*mine[:2], theirs, unknown, *mine[2:], mine[0]]
    answers = head.act(Card.SIGNED, numbers).json()["answers"]
    told = {each["number"]: each for each in answers}
    assert list(told) == [str(each) for each in numbers[:-1]]
    for number in mine:
        assert told[str(number)]["kind"] == "packet"
        assert Packet.NoticeSigned in day.kinds(number)
    assert told[str(theirs)]["verdict"] == title("not-yours")
    assert told[str(unknown)]["verdict"] == title("unknown-packet")
    assert told[str(unknown)]["tone"] == "red"
    assert Packet.NoticeSigned not in day.kinds(theirs)


def test_a_card_of_another_role_is_refused(office: Office, day: Day) -> None:
    number = day.at_the_head(0)
    answer = station(day, Role.COURIER).act(Card.SIGNED, [number])
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-role")
    assert Packet.NoticeSigned not in day.kinds(number)


@pytest.mark.parametrize(
    "wrong",
    [
        {"card": "nonsense"},
        {"numbers": []},
        {"numbers": ["1"]},
        {"numbers": ["30267100000109"]},
        {"place": "1"},
        {"ref": "қ"},
        {"happened_at": "2026-11-16"},
        {"executor": "abc"},
        {"text": "a" * 4001},
    ],
)
def test_what_no_page_of_ours_sends_is_a_problem(day: Day, wrong: Told) -> None:
    here = station(day, Role.HEAD)
    body = here.stamp(card="signed", numbers=[str(day.register(0))]) | wrong
    answer = here.post("/station/acts", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert answer.json()["errors"]


# --- taking back ---------------------------------------------------------------------------------


def test_one_s_own_last_scan_is_taken_back(office: Office, day: Day) -> None:
    number = day.at_the_office(0)
    head = station(day, Role.HEAD)
    scanned = head.scan(number)
    told = head.void(number, scanned["ref"], reason="not-handed-over")
    assert told["verdict"] == page_text("station.undone", "en")
    assert told["to"].startswith("office 1")
    assert told["undo"] is False
    assert day.kinds(number)[-1] is Packet.ScanVoided
    page = office.enter(Role.HEAD, language="en").get(f"/packets/{number}").text
    assert word("void-reason", "not-handed-over", "en") in page


def test_a_scan_of_a_packet_that_nobody_registered_is_taken_back(day: Day) -> None:
    here, number = station(day, Role.OFFICE), packet_number(CENTRE, 903)
    told = here.void(number, here.scan(number)["ref"])
    assert told["verdict"] == page_text("station.undone", "en")


def test_what_can_not_be_taken_back(office: Office, day: Day) -> None:
    number = day.at_the_office(0)
    head, executor = station(day, Role.HEAD), station(day, Role.EXECUTOR)
    scanned = head.scan(number)["ref"]
    late = (office.clock.at + timedelta(seconds=62)).isoformat()

    def why(told: Told) -> str:
        assert (told["kind"], told["tone"]) == ("refused", "red")
        assert told["verdict"] == title("void-refused")
        return str(told["remarks"][0])

    def said(reason: str) -> str:
        return text("problems", "void-refused.detail", "en", why=reason)

    assert why(executor.void(number, scanned)) == said("not-the-author")
    office.clock.at += timedelta(seconds=62)
    assert why(head.void(number, scanned, happened_at=late)) == said("too-late")
    mine = head.scan(number)["ref"]
    executor.scan(number)
    assert why(head.void(number, mine)) == said("acted-upon")
    assert head.void(number, "no-such-scan")["verdict"] == title("unknown-scan")
    assert Packet.ScanVoided not in day.kinds(number)


# --- when the store fails ------------------------------------------------------------------------


def test_what_the_store_could_not_take_is_sent_again(
    office: Office, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = day.register(0), day.register(1)
    here = station(day, Role.COLLECTING)
    entries = [here.stamp(code=str(number)) for number in (first, second)]
    commands = office.qolhat.log.commands
    run_all = commands.run_all

    def fails_in_the_middle(works: Any, streams: Any = ()) -> list[Outcome]:
        failed = [Outcome(None, 0, StorageFullError()) for _ in works[1:]]
        return run_all(works[:1], streams[:1]) + failed

    with monkeypatch.context() as patch:
        patch.setattr(commands, "run_all", fails_in_the_middle)
        stored, failed = here.scans(*entries)
    assert stored["tone"] == "green"
    assert "retry" not in stored
    assert (failed["tone"], failed["retry"]) == ("red", True)
    assert failed["verdict"] == title("storage-full")
    again = here.scans(*entries)
    assert [each["tone"] for each in again] == ["amber", "green"]


def test_a_store_that_takes_nothing_is_a_problem_worth_retrying(
    office: Office, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StorageFullError

    here = station(day, Role.COLLECTING)
    entry = here.stamp(code="сынақ")
    with monkeypatch.context() as patch:
        patch.setattr(office.qolhat.vault, "put_unless_erased", fail)
        answer = here.post("/station/scans", {"person": here.person, "scans": [entry]})
    assert (answer.status_code, answer.json()["code"]) == (507, "storage-full")
    number = day.register(0)
    scanned = here.scan(number)["ref"]
    with monkeypatch.context() as patch:
        patch.setattr(Desk, "void", fail)
        assert here.void(number, scanned)["retry"] is True
        patch.setattr(Desk, "act", fail)
        assert here.act(Card.HANDED_BACK, [number]).status_code == 507
