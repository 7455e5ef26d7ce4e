"""The collecting department makes a registry: packets into bags, a seal, paper and data."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from api.messages import text
from domain.dispatch.journey import BagState
from domain.numbers import grouped, packet_number
from domain.packet import Packet
from domain.roles import Role
from domain.unsettled import UnsettledScan
from infra.evidence.night import close_days
from tests.api.forms.reading import Read
from tests.api.web.dispatching import Way
from tests.api.web.office import Office
from tests.stories import CENTRE, OTHER_AUTHORITY


@pytest.fixture
def way(office: Office) -> Way:
    return Way.of(office)


def test_packets_are_put_into_a_bag_sealed_and_closed_without_scripts(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.pack(collector)
    assert collector.says("dispatch.said.closed")
    assert collector.says("dispatch.print-registry")
    assert not collector.has_form(f"{way.registry}/put")
    assert (list(way.journey.contents), way.journey.seal) == (way.packets, "П-17")
    assert way.day.kinds(way.packets[0])[-1] is Packet.PutIntoBag


def test_both_copies_bear_witness_to_the_last_closed_day(way: Way) -> None:
    collector, qolhat = way.enter(Role.COLLECTING), way.office.qolhat
    way.later(24 * 60)
    (head,) = close_days(qolhat)
    collector = way.enter(Role.COLLECTING)
    way.later()
    way.pack(collector)
    printed = Read(collector.client.get(f"{way.registry}.pdf").content)
    codes = [code for page in range(len(printed.pages)) for code in printed.codes(page, 200)]
    assert codes.count(head.text) == 2
    assert head.fingerprint in printed.solid
    assert head.root.hex() in printed.solid
    way.later(24 * 60)
    close_days(qolhat)  # what is printed of a closed registry stays as it was
    collector = way.enter(Role.COLLECTING)
    assert collector.client.get(f"{way.registry}.pdf").content == printed.raw


def test_the_registry_is_printed_twice_and_given_as_data(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.pack(collector)
    printed = Read(collector.client.get(f"{way.registry}.pdf").content).solid
    for number in way.packets:
        assert printed.count(str(number)) + printed.count(grouped(number).replace(" ", "")) >= 2
    tags = Read(collector.client.get(f"{way.registry}/tags.pdf").content).solid
    assert "П-17" in tags
    told = collector.client.get(f"{way.registry}.json").json()
    (bag,) = told["bags"]
    assert [each["number"] for each in bag["packets"]] == [str(each) for each in way.packets]
    assert {each["service"] for each in bag["packets"]} == {"003-7"}
    assert told["closed_at"] is not None
    rows = list(csv.DictReader(StringIO(collector.client.get(f"{way.registry}.csv").text)))
    assert [(row["packet"], row["seal"]) for row in rows] == [(str(n), "П-17") for n in way.packets]


def test_an_open_registry_is_not_printed(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.begin(collector)
    assert collector.client.get(f"{way.registry}.pdf").status_code == 404


def test_each_scan_is_answered_and_sent_again_recorded_once(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.begin(collector)
    bag, address = way.bag[-14:], f"{way.registry}/scans"
    first, second, _ = way.packets
    sent = [way.scan(first, "s1", bag=bag), way.scan(second, "s2", bag=bag)]
    answers = way.told(collector, address, *sent)
    assert [(each["tone"], each["kind"], each["count"]) for each in answers] == [
        ("green", "in", 1),
        ("green", "in", 2),
    ]
    again = way.told(collector, address, *sent)  # the answers got lost
    assert [(each["tone"], each["count"]) for each in again] == [("green", 2), ("green", 2)]
    (twice,) = way.told(collector, address, way.scan(first, "s3", bag=bag))
    assert (twice["tone"], twice["verdict"]) == ("amber", "Қапта жатыр")
    assert way.day.kinds(first).count(Packet.PutIntoBag) == 1
    (out,) = way.told(collector, address, way.scan(first, "s4", bag=bag, out=True))
    assert (out["tone"], out["kind"], out["count"]) == ("green", "out", 1)
    (no,) = way.told(collector, address, way.scan(first, "s5", bag=bag, out=True))
    assert (no["tone"], no["kind"]) == ("red", "refused")


def test_what_does_not_belong_there_is_red_and_said_why(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.begin(collector)
    bag, address = way.bag[-14:], f"{way.registry}/scans"
    first = way.packets[0]
    elsewhere = way.day.register(20, decided_by=OTHER_AUTHORITY)
    way.told(collector, address, way.scan(first, "s1", bag=bag))
    other = Way(way.office, way.day, way.packets)
    other.begin(collector)
    (wrong,) = way.told(collector, address, way.scan(elsewhere, "s2", bag=bag))
    (packed,) = way.told(
        collector, f"{other.registry}/scans", way.scan(first, "s3", bag=other.bag[-14:])
    )
    assert [each["verdict"] for each in (wrong, packed)] == [
        text("problems", "other-destination.title", "kk"),
        text("problems", "in-another-bag.title", "kk"),
    ]
    assert {each["tone"] for each in (wrong, packed)} == {"red"}
    assert grouped(int(bag)) in packed["remarks"][0]
    (stranger,) = way.told(collector, address, way.scan(first, "s4", bag=other.bag[-14:]))
    assert stranger["verdict"] == text("problems", "unknown-bag.title", "kk")


def test_what_is_no_packet_is_said_and_what_cannot_be_read_is_kept(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.begin(collector)
    bag, address = way.bag[-14:], f"{way.registry}/scans"
    card, damaged = way.told(
        collector,
        address,
        way.scan(way.registry[-14:], "s1", bag=bag),
        way.scan("1026 7OOO", "s2", bag=bag),
    )
    assert (card["tone"], card["kind"]) == ("red", "other")
    assert (damaged["tone"], damaged["kind"]) == ("red", "unsettled")
    assert way.office.qolhat.log.events_of(UnsettledScan.stream("s2"))


def test_a_packet_that_nobody_has_registered_yet_can_be_packed(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.begin(collector)
    early = packet_number(CENTRE, 777)
    scan = way.scan(early, "s1", bag=way.bag[-14:])
    (told,) = way.told(collector, f"{way.registry}/scans", scan)
    assert (told["tone"], told["count"]) == ("green", 1)


def test_the_tag_of_another_bag_chooses_it(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.begin(collector)
    collector.submit(f"{way.registry}/bags")
    assert collector.says("dispatch.said.added")
    second = collector.form(f"{way.registry}/put").fields["bag"]
    collector.submit(f"{way.registry}/put", code=way.bag[-14:], how="in")
    assert collector.form(f"{way.registry}/put").fields["bag"] == [way.bag[-14:]] != second


def test_sealing_and_closing_say_what_is_missing(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.begin(collector)
    answer = collector.submit(f"{way.registry}/seal", seal="П-17")
    assert text("problems", "bag-empty.title", "kk") in answer.text
    collector.submit(f"{way.registry}/put", code=str(way.packets[0]), how="in")
    answer = collector.submit(f"{way.registry}/close")
    assert answer.status_code == 409
    assert text("problems", "bags-unsealed.title", "kk") in answer.text
    answer = collector.submit(f"{way.registry}/seal", seal="???")
    assert answer.status_code == 422
    assert text("problems", "seal-missing.title", "kk") in answer.text


def test_scans_of_somebody_else_wait_until_that_one_logs_in(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.begin(collector)
    collector.person = way.day.people[Role.OFFICE]
    answer = way.send(collector, f"{way.registry}/scans", way.scan(way.packets[0], "s1"))
    assert (answer.status_code, answer.json()["code"]) == (409, "other-person")


def test_an_authority_chooses_among_its_centres_and_nothing_is_preselected(way: Way) -> None:
    clerk = way.enter(Role.OFFICE)
    clerk.get("/dispatch")
    form = clerk.form("post /dispatch")
    assert len(form.choices["to"]) > 2
    assert form.fields["to"] == [""]
    assert clerk.submit("post /dispatch").status_code == 422


def test_the_overview_counts_what_is_verified_and_what_is_inferred(way: Way) -> None:
    clerk = way.arrive()
    clerk.submit(f"{way.bag}/check", code=str(way.packets[0]))
    way.day.shown()
    shown = clerk.get("/dispatch").text
    cells = shown[shown.index(grouped(int(way.bag[-14:]))) :].split('<td class="figure">')[1:4]
    assert [cell[0] for cell in cells] == ["3", "1", "2"]
    assert text("words", f"bag.{BagState.OPENED.value}", "kk") in shown
    collector = way.enter(Role.COLLECTING)
    assert grouped(int(way.registry[-14:])) in collector.get("/dispatch").text


def test_codes_that_are_scanned_lead_to_their_pages(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    way.begin(collector)
    for code, leads in (
        (way.bag[-14:], way.bag),
        (way.registry[-14:], way.registry),
        (way.packets[0], f"/packets/{way.packets[0]}"),
    ):
        collector.get("/dispatch")
        collector.submit("/dispatch/find", code=str(code))
        assert collector.path == leads
    collector.get("/dispatch")
    assert collector.submit("/dispatch/find", code="17").status_code == 422
