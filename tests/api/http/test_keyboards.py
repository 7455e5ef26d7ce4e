"""A scanner types at another layout of the keyboard: the API puts it right, and says so."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import httpx
import pytest

from api.cli.distant import Distant
from domain.intake import RawScan
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role
from infra.requests import Status
from tests.api.http.carrying import Carrying
from tests.api.http.counter import V1, Counter
from tests.stories import MORNING, place

KAZAKH = str.maketrans("1234567890", '"әіңғ,.үұқ')


def at_the_kazakh_layout(code: object) -> str:
    """What a scanner types."""
    return str(code).translate(KAZAKH)


def test_a_scan_is_put_right_and_the_answer_says_so(counter: Counter) -> None:
    number = counter.register()
    answer = counter.scan(20, at_the_kazakh_layout(number), Role.COLLECTING)
    assert (answer["status"], answer["packet"]["number"]) == ("accepted", number)
    assert answer["repaired"]["code"] == "kk"
    assert answer["repaired"]["text"]
    assert counter.scan(30, number, Role.OFFICE)["repaired"] is None
    assert counter.get("/unsettled", Role.OFFICE)["items"] == []


def test_a_packet_is_looked_up_and_acted_upon(counter: Counter) -> None:
    number = counter.register()
    typed = at_the_kazakh_layout(number)
    assert counter.get(f"/packets/{typed}")["number"] == number
    body = counter.stamp(20, Role.INSPECTOR, kind="lost", text="x") | {
        "place": at_the_kazakh_layout(place(Role.INSPECTOR))
    }
    answer = counter.ask("POST", f"{V1}/packets/{typed}/acts", json=body)
    assert answer.status_code == 200, answer.text


def test_packets_are_put_into_a_bag(counter: Counter) -> None:
    number, carrying = counter.register(), Carrying(counter)
    _, bag = carrying.begin()
    told = carrying.put(31, at_the_kazakh_layout(bag), at_the_kazakh_layout(number))
    assert [each["number"] for each in told["answers"]] == [number]
    assert told["bag"]["counts"]["packed"] == 1


@pytest.fixture
def far(counter: Counter) -> Distant:
    """The command line of another machine."""
    token = counter.tokens[Role.OFFICE]
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    counter.client.headers.update(headers)
    return Distant(cast("httpx.Client", counter.client))


def test_a_scanner_far_away_is_heard(counter: Counter, far: Distant) -> None:
    number = counter.register()
    counter.clock.at = MORNING + timedelta(minutes=20)
    at = MORNING + timedelta(minutes=19)
    codes = (number, at_the_kazakh_layout(number), "torn")
    scans = [
        RawScan(f"far-{n}", code, str(place(Role.OFFICE)), 0, 0, n, at)
        for n, code in enumerate(codes)
    ]
    plain, repaired, torn = far.record(scans)
    assert not any(each.again for each in (plain, repaired, torn))
    assert plain.status in (Status.ACCEPTED, Status.DEVIATION)
    assert "Kazakh" in repaired.told
    assert torn.status is Status.UNSETTLED
    assert {each.status for each in far.record(scans)} == {Status.DUPLICATE}
    events = counter.qolhat.log.events_of(Packet.stream(PacketNumber(int(number))))
    assert [each.layout for each in events if isinstance(each, Packet.Scanned)] == [None, "kk"]
