"""The courier's device over HTTP: what it is given to know, and how its log is answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response

from domain.dispatch.device_log import LogEntry
from domain.numbers import BagCode
from domain.roles import Role
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.device_logs import Device
from tests.stories import AUTHORITY, CENTRE, MORNING, place


class Way:
    """A courier who is logged in, a clerk with a badge, and a sealed bag of two packets."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.day = Day(office)
        dispatch = office.qolhat.desk.dispatch
        self.packets = [self.day.register(minute) for minute in (1, 2)]
        begun = dispatch.begin(self.day.source(3, Role.COLLECTING), AUTHORITY)
        assert begun.bag is not None
        self.bag: BagCode = begun.bag
        for packet in self.packets:
            dispatch.put(self.bag, packet, self.day.source(4, Role.COLLECTING))
        dispatch.seal(self.bag, "S-5", self.day.source(5, Role.COLLECTING))
        dispatch.close(begun.registry, self.day.source(6, Role.COLLECTING))
        since = MORNING - timedelta(days=1)
        self.badges = {
            role: str(office.qolhat.personnel.issue_badge(self.day.people[role], since=since))
            for role in (Role.COURIER, Role.OFFICE)
        }
        self.day.shown()
        self.courier = self.day.people[Role.COURIER]
        self.device = Device(self.courier, str(place(Role.COURIER)))
        self.browser: Browser = office.log_in(self.courier, "en")

    def today(self) -> dict[str, Any]:
        """What the device is told."""
        answer = self.browser.client.get("/courier/today", headers={"accept": "application/json"})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def post(self, entries: Sequence[LogEntry], **sent: Any) -> Response:
        """Send entries, as the page does."""
        told = [
            {name: getattr(each, name) for name in LogEntry.__slots__} | {"facts": dict(each.facts)}
            for each in entries
        ]
        body = {
            "log": self.device.log,
            "sent_at": self.office.clock.at.isoformat(),
            "entries": told,
        } | sent
        headers = {"accept": "application/json", "x-csrf-token": self.today()["csrf"]}
        answer: Response = self.browser.client.post("/courier/sync", json=body, headers=headers)
        return answer

    def sync(self, entries: Sequence[LogEntry], **sent: Any) -> dict[str, Any]:
        """Send entries that are taken."""
        answer = self.post(entries, **sent)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def accept(self, minute: float, role: Role, **facts: str) -> LogEntry:
        """Somebody takes the bag, on the courier's device."""
        at = MORNING + timedelta(minutes=minute)
        self.office.clock.at = max(self.office.clock.at, at)
        facts.setdefault("place", "")
        return self.device.write("accept", str(self.bag), at, receiver=self.badges[role], **facts)


@pytest.fixture
def way(office: Office) -> Way:
    """A bag that waits for its courier."""
    return Way(office)


def test_the_device_is_told_runs_bags_people_and_places(way: Way) -> None:
    told = way.today()
    assert told["person"]["badge"] == way.badges[Role.COURIER]
    assert told["person"]["place"] == str(place(Role.COURIER))
    assert [run["planned_at"][11:16] for run in told["runs"]] == ["06:00", "11:00"]
    assert {run["state"] for run in told["runs"]} == {"planned"}
    (bag,) = told["bags"]
    assert (bag["code"], bag["seal"], bag["count"]) == (str(way.bag), "S-5", 2)
    assert bag["state_name"] == "sealed"
    assert (bag["from"]["code"], bag["to"]["code"]) == (CENTRE, AUTHORITY)
    assert sorted(bag["packets"]) == sorted(map(str, way.packets))
    assert {person["badge"] for person in told["people"]} == set(way.badges.values())
    assert str(place(Role.OFFICE)) in {each["code"] for each in told["places"]}


def test_nothing_of_an_applicant_is_on_the_device(way: Way) -> None:
    answer = way.browser.client.get("/courier/today")
    assert "Сынақбаева" not in answer.text


def test_a_log_is_answered_entry_by_entry(way: Way) -> None:
    taken, handed = way.accept(20, Role.COURIER), way.accept(50, Role.OFFICE)
    answer = way.sync(way.device.entries)
    assert answer["known"] == 2
    assert answer["findings"] == []
    assert [(each["seq"], each["status"], each["tone"]) for each in answer["answers"]] == [
        (1, "recorded", "green"),
        (2, "recorded", "green"),
    ]
    codes = [each["proof"] for each in answer["answers"]]
    assert codes == ["-".join(h.hash[i : i + 4] for i in (0, 4, 8)) for h in (taken, handed)]
    assert answer["answers"][1]["verdict"] == "handed over"
    again = way.sync(way.device.entries)
    assert {each["status"] for each in again["answers"]} == {"duplicate"}


def test_what_is_odd_is_said_in_words(way: Way) -> None:
    way.accept(20, Role.COURIER, seal="S-6")
    way.device.write("scan", "түсініксіз", MORNING + timedelta(minutes=21))
    odd, unknown = way.sync(way.device.entries)["answers"]
    assert odd["tone"] == "amber"
    assert "seal" in odd["verdict"]
    assert (unknown["status"], unknown["tone"]) == ("unsettled", "red")


def test_a_wrong_clock_is_said_with_how_wrong_it_is(way: Way) -> None:
    way.accept(20, Role.COURIER)
    sent_at = (way.office.clock.at - timedelta(hours=2)).isoformat()
    (finding,) = way.sync(way.device.entries, sent_at=sent_at)["findings"]
    assert finding["kind"] == "clock-off"
    assert "2 hrs" in finding["text"]


def test_another_person_s_entries_wait_for_that_person(way: Way) -> None:
    other = Device(way.day.people[Role.OFFICE], log=way.device.log)
    other.write("scan", str(way.packets[0]), MORNING)
    (answer,) = way.sync(other.entries)["answers"]
    assert answer["status"] == "retry"
    assert way.day.kinds(way.packets[0])[-1].__name__ == "PutIntoBag"


def test_whatever_is_sent_is_answered(way: Way) -> None:
    strange = [
        {},
        {"ref": "a", "person": way.courier},
        {"ref": 7, "seq": "x", "facts": [1], "person": way.courier},
        {"ref": "c", "kind": "accept", "person": way.courier, "code": str(way.bag),
         "happened_at": "yesterday", "facts": {"receiver": None}},
        {"ref": "d", "kind": "broken", "person": way.courier, "code": str(way.bag),
         "seq": 2**53 - 1, "happened_at": MORNING.isoformat(), "facts": {"seal": "\ud800 Үлгі"}},
    ]  # fmt: skip
    headers = {"accept": "application/json", "x-csrf-token": way.today()["csrf"]}
    body = json.dumps({"log": "log-9", "entries": strange})  # half of a pair of surrogates, too
    headers["content-type"] = "application/json"
    answer = way.browser.client.post("/courier/sync", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()["answers"]
    kept = ["unsettled"] * 3
    assert [each["status"] for each in told] == ["refused", *kept, "recorded"]


def test_who_is_no_courier_has_no_device(way: Way) -> None:
    clerk = way.office.log_in(way.day.people[Role.OFFICE], "en")
    assert clerk.client.get("/courier/today").status_code == 403
    headers = {"accept": "application/json", "x-csrf-token": clerk.csrf}
    body = {"log": "l", "entries": []}
    assert clerk.client.post("/courier/sync", json=body, headers=headers).status_code == 403


def test_without_a_session_or_its_token_nothing_is_taken(way: Way) -> None:
    body = {"log": "l", "entries": []}
    accept = {"accept": "application/json"}
    client = way.office.browser("en").client
    assert client.post("/courier/sync", json=body, headers=accept).status_code == 401
    answer = way.browser.client.post("/courier/sync", json=body, headers=accept)
    assert answer.status_code == 403
    assert answer.json()["code"] == "foreign-request"


def test_too_many_entries_at_once_are_refused(way: Way) -> None:
    entry = way.accept(20, Role.COURIER)
    assert way.post([entry] * 501).status_code in (413, 422)


def test_whoever_settles_sees_what_is_wrong_with_the_logs(way: Way) -> None:
    collecting = way.day.people[Role.COLLECTING]
    page = way.office.log_in(collecting, "en").get("/courier-logs")
    assert "All is well" in page.text
    way.accept(20, Role.COURIER)
    sent_at = (way.office.clock.at - timedelta(hours=2)).isoformat()
    way.sync(way.device.entries, sent_at=sent_at)
    way.day.shown()
    page = way.office.log_in(collecting, "en").get("/courier-logs")
    assert (
        "The device's clock is wrong: 2 hrs behind (entries 1–1)".replace("'", "&#39;") in page.text
    )
    foreign = way.office.log_in(way.day.people[Role.OFFICE], "en").get("/courier-logs")
    assert "2 hrs behind" not in foreign.text


def test_the_packet_s_page_tells_seen_from_concluded(way: Way) -> None:
    way.accept(20, Role.COURIER)
    way.accept(50, Role.OFFICE)
    way.sync(way.device.entries)
    dispatch, clerk = way.office.qolhat.desk.dispatch, way.day.people[Role.OFFICE]
    dispatch.open(way.bag, way.day.source(55, Role.OFFICE))
    dispatch.verify(way.bag, way.packets[:1], way.day.source(56, Role.OFFICE))
    seen, other = (
        way.office.log_in(clerk, "en").get(f"/packets/{number}").text for number in way.packets
    )
    assert "Came out of the bag and was scanned" in seen
    assert "Came out of the bag and was scanned" not in other
    assert other.count("Carried with the bag (concluded, not scanned)") == 3
    assert other.count("inferred from its bag or from an act") == 3  # the way, the office, now
    assert f"/bags/{way.bag}" in other
