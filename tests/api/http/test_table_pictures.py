"""A program sends a photograph of packets: what each is to the bag comes back, nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from httpx import Response
from PIL import Image

from domain.numbers import bag_code, packet_number
from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.photographs import table
from tests.reading_once import OneReading, one_reading
from tests.stories import AUTHORITY, CENTRE

UNKNOWN = str(packet_number(CENTRE, 888_888))
UNKNOWN_BAG = str(bag_code(CENTRE, 9_000))


@pytest.fixture(scope="module")
def reading() -> Iterator[OneReading]:
    with one_reading() as made:
        yield made


@pytest.fixture
def packed(counter: Counter, reading: OneReading) -> tuple[str, list[str]]:
    """An open bag with two packets, and a third beside it."""
    object.__setattr__(counter.qolhat, "reading", reading)
    numbers = [counter.register(10 + nth) for nth in range(3)]
    begun = counter.post(
        "/registries", counter.stamp(20, Role.COLLECTING, to=AUTHORITY), Role.COLLECTING
    )
    bag = begun.json()["bag"]
    put(counter, bag, *numbers[:2])
    return bag, numbers


def put(counter: Counter, bag: str, *numbers: str, minute: float = 30) -> Any:
    body = counter.stamp(minute, Role.COLLECTING, codes=list(numbers))
    answer = counter.post(f"/bags/{bag}/packets", body, Role.COLLECTING)
    assert answer.status_code == 200, answer.text
    return answer.json()


def sent(counter: Counter, bag: str, picture: bytes, **how: Any) -> Response:
    headers = {"content-type": "image/jpeg"} | how.pop("headers", {})
    path = f"{V1}/bags/{bag}/pictures"
    role = how.pop("role", Role.COLLECTING)
    return counter.ask("POST", path, role, content=picture, headers=headers, **how)


def test_what_is_on_the_table_is_told_and_then_confirmed(
    counter: Counter, packed: tuple[str, list[str]]
) -> None:
    bag, (first, second, beside) = packed
    before = counter.qolhat.log.rows.last_position()
    told = sent(counter, bag, table([first, beside, UNKNOWN])).json()
    assert told["purpose"] == "pack"
    assert [(each["number"], each["what"]["code"]) for each in told["packets"]] == [
        (first, "there"),
        (beside, "fitting"),
        (UNKNOWN, "unknown"),
    ]
    assert (told["missing"], told["at_once"], told["one_by_one"]) == ([second], [beside], [])
    assert all(len(each["corners"]) == 4 for each in told["packets"])
    assert counter.qolhat.log.rows.last_position() == before
    put(counter, bag, *told["at_once"], minute=40)
    again = sent(counter, bag, table([first, beside])).json()
    assert [each["what"]["code"] for each in again["packets"]] == ["there", "there"]


def test_the_purpose_may_be_said(counter: Counter, packed: tuple[str, list[str]]) -> None:
    bag, (_, _, beside) = packed
    told = sent(counter, bag, table([beside]), params={"purpose": "look"}).json()
    assert [each["what"]["code"] for each in told["packets"]] == ["extra"]
    assert told["at_once"] == []
    answer = sent(counter, bag, table([beside]), params={"purpose": "other"})
    assert answer.status_code == 422


def test_it_is_drawn_for_who_asks_for_a_picture(
    counter: Counter, packed: tuple[str, list[str]]
) -> None:
    bag, numbers = packed
    photograph = table(numbers)
    answer = sent(counter, bag, photograph, headers={"accept": "image/jpeg"})
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(BytesIO(photograph)) as before, Image.open(BytesIO(answer.content)) as after:
        assert after.width == before.width
        assert after.height > before.height  # what the marks mean stands below


def test_others_bags_and_what_is_no_picture_are_refused(
    counter: Counter, packed: tuple[str, list[str]]
) -> None:
    bag, numbers = packed
    assert sent(counter, bag, table(numbers), role=Role.OFFICE).status_code == 200  # the receiver
    assert sent(counter, bag, b"none").json()["code"] == "not-a-picture"
    assert sent(counter, bag, b"").json()["code"] == "empty-picture"
    assert sent(counter, UNKNOWN_BAG, table([])).json()["code"] == "unknown-bag"
