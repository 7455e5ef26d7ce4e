"""Registries and bags at the command line: packed, handed over, unpacked, and what differed."""

from __future__ import annotations

from typing import Any

import pytest

from domain.numbers import bag_code, grouped, packet_number, place_code
from domain.roles import Role
from infra.bootstrap import bootstrap
from infra.settings import Settings
from tests.api.cli.conftest import Day
from tests.api.cli.console import Said, Terminal, in_every_language
from tests.api.cli.test_recording import by
from tests.office import SettableClock
from tests.stories import AUTHORITY, CENTRE, PEOPLE, place

FIRST, SECOND, THIRD = (packet_number(CENTRE, 4_000_001 + i) for i in range(3))


@pytest.fixture
def packed(qolhat: Terminal, day: Day) -> tuple[int, int]:
    """A closed registry, and its bag with two packets."""
    qolhat.at(300)
    for number in (FIRST, SECOND):
        qolhat("register", "003-7", *by(Role.INSPECTOR), "--number", number)
    told = qolhat("registry", "new", AUTHORITY, *by(Role.COLLECTING), "--json").data
    registry, bag = told["registry"], told["bag"]
    qolhat("bag", "put", bag, FIRST, SECOND, *by(Role.COLLECTING))
    qolhat("bag", "seal", bag, "S-1", *by(Role.COLLECTING))
    closed = qolhat("registry", "close", registry, *by(Role.COLLECTING))
    assert closed.code == 0, closed
    return registry, bag


def known(qolhat: Terminal, bag: int) -> Any:
    """All that is known of a bag."""
    return qolhat("bag", "show", bag, "--json").data


def carried(qolhat: Terminal, bag: int) -> Said:
    """The courier brings a bag to the office."""
    qolhat.at(310)
    qolhat("bag", "accept", bag, *by(Role.COURIER))
    qolhat.at(340)
    return qolhat("bag", "accept", bag, *by(Role.OFFICE))


def badge_of(day: Day, role: Role) -> int:
    """Give somebody a badge."""
    with bootstrap(Settings(data_dir=day.folder), now=SettableClock()) as opened:
        return opened.personnel.issue_badge(PEOPLE[role])


# --- packing -------------------------------------------------------------------------------------


def test_a_registry_tells_its_bags_seals_and_packets(
    qolhat: Terminal, packed: tuple[int, int]
) -> None:
    registry, bag = packed
    told = qolhat("registry", "show", grouped(registry), "--json").data
    assert (told["sender"], told["to"]) == (CENTRE, AUTHORITY)
    assert told["closed_by"] == PEOPLE[Role.COLLECTING]
    (only,) = told["bags"]
    assert (only["bag"], only["seal"], only["state"]) == (bag, "S-1", "sealed")
    assert only["packets"] == [
        {"number": FIRST, "service": "003-7"}, {"number": SECOND, "service": "003-7"}
    ]  # fmt: skip
    shown = qolhat("registry", "show", registry).text
    assert f"Registry {grouped(registry)}: " in shown
    assert f"{grouped(FIRST)} │ 003-7" in shown
    assert "sealed" in shown


def test_a_keyboard_scanner_fills_a_bag_a_line_a_packet(qolhat: Terminal, day: Day) -> None:
    bag = qolhat("registry", "new", AUTHORITY, *by(Role.COLLECTING), "--json").data["bag"]
    typed = f"{grouped(FIRST)}\r\n\r\ntorn\n{FIRST}\n{SECOND}"
    told = qolhat("bag", "put", bag, *by(Role.COLLECTING), typed=typed)
    assert told.code == 3
    marks = [line.split()[0] for line in told.out.splitlines()]
    assert marks == ["✓", "?", "=", "✓"]
    journey = known(qolhat, bag)
    assert list(journey["contents"]) == [str(FIRST), str(SECOND)]
    (waiting,) = [
        scan for scan in qolhat("unsettled", "--json").data["scans"] if scan["person"] == 2
    ]
    assert waiting["fault"] == "not-digits"


def test_what_may_not_go_in_is_refused_by_name(qolhat: Terminal, packed: tuple[int, int]) -> None:
    _, bag = packed
    told = qolhat("bag", "put", bag, THIRD, *by(Role.COLLECTING), "--json")
    assert told.code == 1
    (answer,) = told.data
    assert (answer["status"], answer["error"]["code"]) == ("refused", "bag-sealed")
    shown = qolhat("bag", "put", bag, THIRD, *by(Role.COLLECTING)).text
    assert f"✗ {THIRD} — refused — Bag {grouped(bag)} is sealed" in shown


def test_a_packet_is_taken_out_and_goes_with_another_bag(qolhat: Terminal, day: Day) -> None:
    told = qolhat("registry", "new", AUTHORITY, *by(Role.COLLECTING), "--json").data
    other = qolhat("bag", "new", told["registry"], *by(Role.COLLECTING), "--json").data["bag"]
    qolhat("bag", "put", told["bag"], FIRST, *by(Role.COLLECTING))
    assert qolhat("bag", "put", other, FIRST, *by(Role.COLLECTING)).code == 1
    assert qolhat("bag", "put", told["bag"], FIRST, "--out", *by(Role.COLLECTING)).code == 0
    assert qolhat("bag", "put", other, FIRST, *by(Role.COLLECTING)).code == 0
    assert known(qolhat, told["bag"])["contents"] == {}


def test_a_registry_is_begun_once(qolhat: Terminal, day: Day) -> None:
    told = [
        qolhat("registry", "new", AUTHORITY, *by(Role.COLLECTING), "--ref", "r-1") for _ in range(2)
    ]
    assert told[0].out == told[1].out
    assert told[0].out.startswith("Registry 6026 7")


@pytest.mark.parametrize(
    ("words", "role"),
    [
        (("registry", "new", AUTHORITY), Role.COURIER),
        (("bag", "seal", "{bag}", "S-2"), Role.INSPECTOR),
        (("bag", "put", "{bag}", THIRD), Role.HEAD),
    ],
)
def test_who_does_not_pack_packs_nothing(
    qolhat: Terminal, packed: tuple[int, int], words: tuple[object, ...], role: Role
) -> None:
    told = qolhat(*(str(word).format(bag=packed[1]) for word in words), *by(role), "--json")
    assert (told.code, told.problem["code"]) == (1, "no-right")


# --- hand-overs ----------------------------------------------------------------------------------


def test_the_courier_and_the_office_take_the_bag_over(
    qolhat: Terminal, packed: tuple[int, int]
) -> None:
    told = carried(qolhat, packed[1])
    assert told.code == 0
    assert "✓ accepted" in told.text
    assert "handed over" in told.text
    taken, brought = known(qolhat, packed[1])["hand_overs"]
    assert [taken["receiver"], brought["receiver"]] == [PEOPLE[Role.COURIER], PEOPLE[Role.OFFICE]]
    assert (taken["at"], brought["at"]) == ("2026-11-16T09:10:00Z", "2026-11-16T09:40:00Z")
    assert len({taken["proof"], brought["proof"]}) == 2
    shown = qolhat("bag", "show", packed[1]).text
    assert f"{taken['proof'][:4]}-{taken['proof'][4:8]}-{taken['proof'][8:]}" in shown


def test_badges_name_the_giver_and_the_receiver(
    qolhat: Terminal, day: Day, packed: tuple[int, int]
) -> None:
    badges = {role: badge_of(day, role) for role in (Role.COLLECTING, Role.COURIER)}
    told = qolhat("bag", "accept", packed[1], *by(Role.COLLECTING), "--receiver",
                  badges[Role.COURIER], "--giver", grouped(badges[Role.COLLECTING]),
                  "--seal", "S-9", "--json")  # fmt: skip
    assert (told.data["status"], told.data["deviations"]) == ("deviation", ["other-seal"])
    (hand_over,) = told.data["bag"]["hand_overs"]
    assert (hand_over["giver"], hand_over["receiver"]) == (
        PEOPLE[Role.COLLECTING], PEOPLE[Role.COURIER]
    )  # fmt: skip
    assert (hand_over["by_badge"], hand_over["place"]) == (True, place(Role.COURIER))
    nobody = qolhat("bag", "accept", packed[1], *by(Role.COURIER), "--giver", "40267000000999")
    assert nobody.code == 1
    free = qolhat("bag", "accept", packed[1], *by(Role.COURIER), "--seal", "а б", "--json")
    assert free.problem["code"] == "seal-missing"


# --- arrival -------------------------------------------------------------------------------------


def test_a_packet_that_did_not_come_out_is_missing_and_traced(
    qolhat: Terminal, packed: tuple[int, int]
) -> None:
    bag = packed[1]
    carried(qolhat, bag)
    opened = qolhat("bag", "open", bag, *by(Role.OFFICE))
    assert "inferred: 2" in opened.text
    typed = f"{FIRST}\n{THIRD}\n"
    told = qolhat("bag", "verify", bag, *by(Role.OFFICE), "--json", typed=typed).data
    assert [each["status"] for each in told] == ["accepted", "deviation"]
    (again,) = qolhat("bag", "verify", bag, FIRST, *by(Role.OFFICE), "--json").data
    assert again["status"] == "duplicate"
    done = qolhat("bag", "reconcile", bag, *by(Role.OFFICE), "--json").data["bag"]
    assert done["counts"] == {"packed": 0, "inferred": 0, "verified": 1, "missing": 1, "extra": 1}
    assert done["arrivals"] == {
        str(FIRST): "verified", str(SECOND): "missing", str(THIRD): "extra"
    }  # fmt: skip
    items = {item["kind"]: item for item in qolhat("discrepancies", "--json").data}
    assert set(items) == {"missing", "extra"}
    trace = items["missing"]["trace"]
    assert trace["last"]["person"] == PEOPLE[Role.COLLECTING]
    assert [each["person"] for each in trace["steps"]] == [
        PEOPLE[Role.COURIER], PEOPLE[Role.OFFICE], PEOPLE[Role.OFFICE]
    ]  # fmt: skip
    shown = qolhat("discrepancies", "-o", CENTRE).text
    assert grouped(SECOND) in shown
    assert "2, collecting department 1" in shown
    assert "What differed" in qolhat("bag", "show", bag).text


def test_what_is_found_later_is_settled(qolhat: Terminal, packed: tuple[int, int]) -> None:
    bag = packed[1]
    carried(qolhat, bag)
    qolhat("bag", "open", bag, *by(Role.OFFICE))
    qolhat("bag", "verify", bag, FIRST, *by(Role.OFFICE), "--condition", "damaged")
    qolhat("bag", "reconcile", bag, *by(Role.OFFICE))
    qolhat.at(400)
    qolhat("scan", SECOND, *by(Role.COLLECTING))
    (waiting,) = qolhat("discrepancies", "--json").data
    assert (waiting["kind"], waiting["packet"]) == ("damaged", FIRST)
    (settled,) = qolhat("discrepancies", "--settled", "--json").data
    assert (settled["packet"], settled["settled_as"]) == (SECOND, "found")
    assert settled["trace"]["until"] == "2026-11-16T10:40:00Z"
    assert "found" in qolhat("discrepancies", "--settled").text


# --- what goes wrong, and in which language ------------------------------------------------------


@pytest.mark.parametrize("words", [("show",), ("open",), ("verify", FIRST), ("seal", "S-1")])
def test_a_bag_that_nobody_began(qolhat: Terminal, day: Day, words: tuple[object, ...]) -> None:
    first, *rest = words
    who = () if first == "show" else by(Role.OFFICE)
    told = qolhat("bag", first, bag_code(CENTRE, 77), *rest, *who, "--json")
    assert (told.code, told.problem["code"]) == (1, "unknown-bag")


def test_a_place_is_no_bag(qolhat: Terminal, day: Day) -> None:
    told = qolhat("bag", "show", place_code(CENTRE, Role.COURIER, 1), "--json")
    assert told.problem["code"] == "other-kind"


def test_everything_is_told_in_three_languages(qolhat: Terminal, packed: tuple[int, int]) -> None:
    registry, bag = packed
    carried(qolhat, bag)
    qolhat("bag", "open", bag, *by(Role.OFFICE))
    qolhat("bag", "reconcile", bag, *by(Role.OFFICE))
    in_every_language(qolhat, "registry", "show", registry)
    in_every_language(qolhat, "bag", "show", bag)
    in_every_language(qolhat, "discrepancies")
    in_every_language(qolhat, "bag", "put", bag, THIRD, *by(Role.COLLECTING))
