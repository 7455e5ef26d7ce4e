"""Packets lie on a table and are photographed: nothing is recorded before a person confirms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response

from api.messages import page_count, word
from domain.dispatch.bag import Bag
from domain.numbers import BagCode, PacketNumber, bag_code, grouped, packet_number
from domain.packet import Packet
from domain.roles import Role
from tests.api.web.dispatching import Way
from tests.api.web.office import Browser, Office
from tests.photographs import table
from tests.reading_once import OneReading, one_reading
from tests.stories import CENTRE, OTHER_AUTHORITY, place


@pytest.fixture(scope="module")
def reading() -> Iterator[OneReading]:
    with one_reading() as made:
        yield made


@pytest.fixture
def way(office: Office, reading: OneReading) -> Way:
    office.qolhat.reading.close()
    object.__setattr__(office.qolhat, "reading", reading)
    return Way.of(office)


def photograph(browser: Browser, bag: str, *codes: object, data: bytes | None = None) -> Response:
    """Send a picture by the page's form."""
    address = f"{bag}/picture"
    browser.get(address)
    form = browser.form(f"post {address}")
    assert form.fields.get("csrf")
    picture = {"picture": ("table.jpg", table(codes) if data is None else data, "image/jpeg")}
    answer: Response = browser.client.post(address, data={"csrf": browser.csrf}, files=picture)
    browser.shown = answer
    return answer


def confirm(browser: Browser, bag: str, **fields: Any) -> Response:
    return browser.submit(f"{bag}/picture/confirm", **fields)


def listed(answer: Response, kind: str) -> list[PacketNumber]:
    """The packets which the page's table tells to be of this kind."""
    said = re.escape(word("pictured", kind, "kk"))
    rows = re.findall(r"<tr><td.*?</tr>", answer.text, re.DOTALL)
    found = [re.search(r"/packets/(\d+)", row) for row in rows if re.search(said, row)]
    return [PacketNumber(int(each[1])) for each in found if each]


def events(way: Way) -> list[Bag.Event]:
    found: list[Bag.Event] = way.office.qolhat.log.events_of(
        Bag.stream(BagCode(int(way.bag[-14:])))
    )
    return found


# --- the office ----------------------------------------------------------------------------------


def test_the_office_photographs_what_came_out_of_the_bag_and_confirms(way: Way) -> None:
    clerk = way.arrive()
    first, second, third = way.packets
    before = len(events(way))
    answer = photograph(clerk, way.bag, first, second)
    assert listed(answer, "there") == [first, second]
    assert page_count("dispatch.missing-count", 1, "kk") in answer.text
    assert grouped(third) in answer.text
    assert answer.text.count("<polygon") == 2
    assert "data:image/jpeg;base64," in answer.text
    assert len(events(way)) == before, "a picture alone records something"
    assert clerk.form(f"{way.bag}/picture/confirm").fields["packet"] == [str(first), str(second)]

    way.later()
    answer = confirm(clerk, way.bag)
    assert answer.text.count('class="green-text"') == 2
    assert list(way.journey.verified) == [first, second]
    assert {taking.how for taking in way.journey.verified.values()} == {"photo"}
    assert way.day.kinds(first)[-1] is Packet.Scanned
    assert way.day.kinds(third)[-1] is Packet.Carried
    assert listed(answer, "checked") == [first, second]  # the picture is still there
    assert answer.text.count("<polygon") == 2


def test_what_is_confirmed_twice_is_recorded_once(way: Way) -> None:
    clerk = way.arrive()
    photograph(clerk, way.bag, *way.packets)
    form = clerk.form(f"{way.bag}/picture/confirm").fields
    for _ in range(2):
        answer = clerk.client.post(f"{way.bag}/picture/confirm", data=form)
        assert answer.text.count('class="green-text"') == 3
    assert sum(isinstance(each, Bag.Verified) for each in events(way)) == 3


def test_what_does_not_belong_is_confirmed_packet_by_packet(way: Way) -> None:
    ours, others = way.day.register(80), way.day.register(81, decided_by=OTHER_AUTHORITY)
    clerk = way.arrive()
    answer = photograph(clerk, way.bag, way.packets[0], ours, others)
    assert listed(answer, "extra") == [ours]
    assert listed(answer, "misrouted") == [others]
    form = clerk.form(f"{way.bag}/picture/confirm")
    assert form.fields["packet"] == [str(way.packets[0])]  # the button for many takes no other
    way.later()
    answer = confirm(clerk, way.bag, one=str(ours))
    assert list(way.journey.verified) == [ours]
    assert word("pictured", "misrouted", "kk") in answer.text
    confirm(clerk, way.bag, one=str(others))
    confirm(clerk, way.bag)
    assert way.journey.extra == [ours, others]
    assert way.packets[0] in way.journey.verified


def test_a_number_that_nobody_registered_is_never_recorded(way: Way) -> None:
    """Its check digits are right: it may be misread all the same."""
    clerk = way.arrive()
    strange = packet_number(CENTRE, 777_777)
    answer = photograph(clerk, way.bag, way.packets[0], strange)
    assert listed(answer, "unknown") == [strange]
    assert clerk.says("dispatch.picture.unknown")
    form = clerk.form(f"{way.bag}/picture/confirm").fields | {"one": str(strange)}
    answer = clerk.client.post(f"{way.bag}/picture/confirm", data=form)
    assert answer.status_code == 409
    assert not way.journey.verified
    assert way.day.kinds(strange) == []


def test_a_packet_of_another_bag_of_the_registry_is_told_so(way: Way) -> None:
    packer = way.enter(Role.COLLECTING)
    way.begin(packer)
    first = way.bag
    for number in way.packets[:2]:
        way.later(0.5)
        packer.submit(f"{way.registry}/put", code=str(number), how="in")
    way.later()
    packer.submit(f"{way.registry}/bags")
    found = re.findall(r'data-choose="(\d+)"', packer.shown.text if packer.shown else "")
    (second,) = set(found) - {first[-14:]}
    answer = photograph(packer, f"/bags/{second}", *way.packets)
    assert listed(answer, "other-bag") == way.packets[:2]
    assert listed(answer, "fitting") == way.packets[2:]
    assert f'href="{first}"' in answer.text


# --- the collecting department -------------------------------------------------------------------


def test_packets_on_the_table_are_put_into_the_bag_that_is_open(way: Way) -> None:
    packer = way.enter(Role.COLLECTING)
    way.begin(packer)
    way.later()
    others = way.day.register(90, decided_by=OTHER_AUTHORITY)
    answer = photograph(packer, way.bag, *way.packets, others)
    assert listed(answer, "fitting") == way.packets
    assert listed(answer, "misrouted") == [others]
    way.later()
    answer = confirm(packer, way.bag)
    assert list(way.journey.contents) == way.packets
    assert listed(answer, "there") == way.packets
    assert not packer.has_form(f"{way.bag}/picture/confirm")  # nothing is left to confirm


def test_a_bag_that_was_sealed_meanwhile_takes_nothing_from_an_old_picture(way: Way) -> None:
    packer = way.enter(Role.COLLECTING)
    way.begin(packer)
    packer.submit(f"{way.registry}/put", code=str(way.packets[0]), how="in")
    photograph(packer, way.bag, *way.packets)
    form = packer.form(f"{way.bag}/picture/confirm").fields
    way.later()
    packer.get(way.registry)
    packer.submit(f"{way.registry}/seal", seal="П-17")
    answer = packer.client.post(f"{way.bag}/picture/confirm", data=form)
    assert answer.status_code == 409
    assert list(way.journey.contents) == way.packets[:1]


# --- on the way ----------------------------------------------------------------------------------


def test_a_courier_confirms_the_packets_in_hand(way: Way) -> None:
    """They are recorded as scanned at the courier's own place."""
    way.pack(way.enter(Role.COLLECTING))
    way.later()
    courier = way.enter(Role.COURIER)
    courier.get(way.bag)
    courier.submit(f"{way.bag}/accept", seal="П-17")
    way.later()
    photograph(courier, way.bag, *way.packets[:2])
    assert page_count("dispatch.missing-count", 1, "kk") in (courier.shown or Response(500)).text
    confirm(courier, way.bag)
    for number in way.packets[:2]:
        scanned = way.office.qolhat.log.events_of(Packet.stream(number))[-1]
        assert isinstance(scanned, Packet.Scanned)
        assert scanned.place == place(Role.COURIER)
    assert way.day.kinds(way.packets[2])[-1] is not Packet.Scanned


def test_who_has_no_part_in_it_only_compares(way: Way) -> None:
    way.pack(way.enter(Role.COLLECTING))
    packer = way.enter(Role.COLLECTING)
    answer = photograph(packer, way.bag, *way.packets)
    assert listed(answer, "there") == way.packets
    assert not packer.has_form(f"{way.bag}/picture/confirm")
    assert way.office.enter(Role.OFFICE, OTHER_AUTHORITY).get(f"{way.bag}/picture").status_code == (
        403
    )


# --- pictures that are none ----------------------------------------------------------------------


def test_what_cannot_be_read_is_said_and_the_form_stays(way: Way) -> None:
    clerk = way.arrive()
    whole = table(way.packets)
    for data in (b"", b"not a picture", whole[:300], whole[: len(whole) * 2 // 3]):
        answer = photograph(clerk, way.bag, data=data)
        assert answer.status_code in (415, 422)
        assert "<polygon" not in answer.text  # what is cut off may lack packets
        assert clerk.has_form(f"{way.bag}/picture")
    answer = photograph(clerk, way.bag)
    assert clerk.says("dispatch.picture.none")
    assert not clerk.has_form(f"{way.bag}/picture/confirm")


def test_a_damaged_number_is_pointed_at_and_not_believed(way: Way) -> None:
    clerk = way.arrive()
    number = str(way.packets[0])
    damaged = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
    answer = photograph(clerk, way.bag, way.packets[1], damaged)
    assert listed(answer, "there") == [way.packets[1]]
    assert page_count("dispatch.picture.unsure", 1, "kk") in answer.text


def test_another_bags_tag_in_the_picture_is_told(way: Way) -> None:
    clerk = way.arrive()
    own, other = int(way.bag[-14:]), bag_code(CENTRE, 999)
    answer = photograph(clerk, way.bag, way.packets[0], own, other)
    assert grouped(other) in answer.text
    assert clerk.says("dispatch.picture.tag-of-other", bag=grouped(other))


def test_a_drawing_that_was_tampered_with_is_refused(way: Way) -> None:
    clerk = way.arrive()
    photograph(clerk, way.bag, *way.packets)
    form = clerk.form(f"{way.bag}/picture/confirm").fields
    for drawing in ("", "{}", form["drawing"][0].replace('"jpeg":"', '"jpeg":"PHN2Zz4')):
        answer = clerk.client.post(f"{way.bag}/picture/confirm", data=form | {"drawing": drawing})
        assert answer.status_code == 422
    assert not way.journey.verified
