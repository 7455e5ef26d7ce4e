"""The office empties a bag: every packet is scanned, and what differs is settled by its owner."""

from __future__ import annotations

import re

import pytest

from api.messages import page_count, text
from domain.dispatch.discrepancies import DiscrepancyKind, SettledAs
from domain.dispatch.journey import BagState
from domain.numbers import PacketNumber, grouped
from domain.packet import Packet
from domain.roles import Role
from tests.api.web.dispatching import Way
from tests.api.web.office import Browser, Office
from tests.stories import OTHER_AUTHORITY


@pytest.fixture
def way(office: Office) -> Way:
    return Way.of(office)


def lost(way: Way) -> tuple[PacketNumber, str]:
    """Reconcile a bag out of which one packet did not come; return it with its item's page."""
    clerk = way.arrive()
    for number in way.packets[:-1]:
        clerk.submit(f"{way.bag}/check", code=str(number))
    clerk.submit(f"{way.bag}/reconcile")
    way.later()
    clerk.submit(f"{way.bag}/reconcile")
    way.day.shown()
    return way.packets[-1], f"/discrepancies/{way.bag[-14:]}/missing/{way.packets[-1]}"


def options(browser: Browser, path: str) -> set[str]:
    """Open an item and return how it can be settled; nothing may be preselected."""
    browser.get(path)
    form = browser.form(f"post {path}")
    assert not form.fields.get("settled_as")
    return set(form.choices["settled_as"])


def test_each_scan_verifies_a_packet_and_is_answered_with_the_count(way: Way) -> None:
    clerk = way.arrive()
    first, second, third = way.packets
    address = f"{way.bag}/scans"
    answers = way.told(clerk, address, way.scan(first, "u1"), way.scan(second, "u2"))
    assert [(each["tone"], each["seen"], each["all"]) for each in answers] == [
        ("green", 1, 3),
        ("green", 2, 3),
    ]
    (again,) = way.told(clerk, address, way.scan(first, "u1"))  # the answer got lost
    assert (again["tone"], again["seen"]) == ("green", 2)
    (twice,) = way.told(clerk, address, way.scan(first, "u3"))
    assert (twice["tone"], twice["kind"], twice["seen"]) == ("amber", "again", 2)
    shown = clerk.get(f"{way.bag}/unpack").text
    unseen = shown[shown.index('id="unseen-packets"') : shown.index('id="seen-packets"')]
    assert grouped(third) in unseen
    assert grouped(first) not in unseen
    assert way.day.kinds(first)[-1] is Packet.Scanned
    assert way.day.kinds(third)[-1] is Packet.Carried


def test_what_does_not_belong_into_the_bag_is_red(way: Way) -> None:
    clerk = way.arrive()
    address = f"{way.bag}/scans"
    ours, others = way.day.register(80), way.day.register(81, decided_by=OTHER_AUTHORITY)
    way.later()
    extra, misrouted = way.told(clerk, address, way.scan(ours, "u1"), way.scan(others, "u2"))
    assert (extra["tone"], extra["kind"]) == ("red", "extra")
    assert (misrouted["tone"], misrouted["kind"]) == ("red", "misrouted")
    other = way.office.qolhat.directory.organisation(OTHER_AUTHORITY)
    assert other.name_kk in misrouted["remarks"][0]
    assert "extra-part" in clerk.get(f"{way.bag}/unpack").text


def test_damage_and_a_second_packet_with_the_number_are_recorded(way: Way) -> None:
    clerk = way.arrive()
    first, second, _ = way.packets
    damaged, twice = way.told(
        clerk,
        f"{way.bag}/scans",
        way.scan(first, "u1", condition="damaged"),
        way.scan(second, "u2", condition="twice"),
    )
    assert [damaged["kind"], twice["kind"]] == ["damaged", "twice"]
    way.day.shown()
    settler = way.enter(Role.OFFICE)
    shown = settler.get("/discrepancies").text
    assert f"/damaged/{first}" in shown
    assert f"/twice/{second}" in shown
    assert settler.says("dispatch.title") or page_count("dispatch.open-count", 2, "kk") in shown


def test_the_end_lists_what_is_missing_before_it_is_recorded(way: Way) -> None:
    clerk = way.arrive()
    clerk.submit(f"{way.bag}/check", code=str(way.packets[0]))
    answer = clerk.submit(f"{way.bag}/reconcile")
    assert clerk.says("dispatch.reconcile.what")
    missing = [number for number in way.packets if grouped(number) in answer.text]
    assert missing == way.packets[1:]
    assert way.journey.state is BagState.OPENED
    # Somebody finds one of them meanwhile: what was listed is no longer true.
    way.told(way.enter(Role.OFFICE), f"{way.bag}/scans", way.scan(missing[0], "u9"))
    answer = clerk.submit(f"{way.bag}/reconcile")
    assert grouped(missing[1]) in answer.text
    assert way.journey.state is BagState.OPENED
    way.later()
    clerk.submit(f"{way.bag}/reconcile")
    assert clerk.says("dispatch.said.reconciled")
    assert way.journey.missing == [missing[1]]


def test_a_complete_bag_asks_nothing(way: Way) -> None:
    clerk = way.arrive()
    for number in way.packets:
        clerk.submit(f"{way.bag}/check", code=str(number))
    way.later()
    clerk.submit(f"{way.bag}/reconcile")
    assert clerk.says("dispatch.said.reconciled")


def test_a_bag_that_is_not_opened_yet_shows_no_field_to_scan_into(way: Way) -> None:
    way.pack(way.enter(Role.COLLECTING))
    way.carry()
    clerk = way.enter(Role.OFFICE)
    clerk.get(f"{way.bag}/unpack")
    assert not clerk.has_form(f"{way.bag}/check")
    way.later()
    clerk.submit(f"{way.bag}/open")
    assert clerk.has_form(f"{way.bag}/check")


# --- what differed -------------------------------------------------------------------------------


def test_of_a_missing_packet_everybody_in_the_interval_is_named(way: Way) -> None:
    number, path = lost(way)
    collector = way.enter(Role.COLLECTING)
    assert path in collector.get("/discrepancies").text
    shown = collector.get(path).text
    trace = shown[shown.index(f"<h2>{text('dispatch', 'dispatch.trace', 'kk')}") :]
    assert trace.count("<tr><th") == 1 + 3  # taken, handed over, opened
    assert grouped(number) in shown
    assert text("dispatch", "dispatch.trace.till-now", "kk") in trace


def test_declared_lost_needs_reasons_and_the_packet_knows_it(way: Way) -> None:
    number, path = lost(way)
    collector = way.enter(Role.COLLECTING)
    assert options(collector, path) == {
        each.value for each in SettledAs if each is not SettledAs.FOUND_AFTER_LOST
    }
    answer = collector.submit(f"post {path}", settled_as="declared-lost")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    way.later()
    collector.submit(f"post {path}", settled_as="declared-lost", text="Іздестірілді, табылмады")
    assert collector.path == "/discrepancies"
    assert way.day.kinds(number)[-1] is Packet.Lost
    assert path not in collector.get("/discrepancies").text
    assert "Іздестірілді" in collector.get(path).text
    looks = way.office.qolhat.access.looks(person=collector.person)
    assert {(each.what, each.subject) for each in looks} == {
        ("discrepancy", f"bag:{way.bag[-14:]}")
    }


def test_only_the_owner_settles(way: Way) -> None:
    _, path = lost(way)
    clerk = way.enter(Role.OFFICE)  # the receiver sees it, the sender must settle it
    clerk.get(path)
    assert clerk.says("dispatch.settle.owner")
    assert clerk.post(path, settled_as="found").status_code == 403
    stranger = way.office.enter(Role.OFFICE, OTHER_AUTHORITY)
    assert stranger.get(path).status_code == 403
    assert re.sub(r"\D", "", path)[:14] not in stranger.get("/discrepancies").text


def test_what_is_settled_is_not_settled_again(way: Way) -> None:
    _, path = lost(way)
    collector = way.enter(Role.COLLECTING)
    collector.get(path)
    way.later()
    collector.submit(f"post {path}", settled_as="found")
    answer = collector.post(path, settled_as="explained", text="Тағы да")
    assert answer.status_code == 404
    assert text("problems", "unknown-discrepancy.title", "kk") in answer.text


def test_what_was_never_missing_cannot_be_found(way: Way) -> None:
    way.pack(way.enter(Role.COLLECTING))
    way.carry()
    clerk = way.enter(Role.OFFICE)
    clerk.get(way.bag)
    clerk.submit(f"{way.bag}/broken", seal="П-99")
    path = f"/discrepancies/{way.bag[-14:]}/{DiscrepancyKind.WRONG_SEAL.value}/0"
    collector = way.enter(Role.COLLECTING)
    assert options(collector, path) == {SettledAs.EXPLAINED.value}
    assert collector.post(path, settled_as="found").status_code == 422
    assert collector.get(path.replace("wrong-seal", "damaged")).status_code == 404
