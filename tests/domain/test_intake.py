"""What is wrong with a scan makes it wait; nothing makes it vanish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.commands import ScanPacket
from domain.intake import Doubtful, Intake, RawScan
from domain.numbers import CodeKind, PlaceCode, badge_code, compose, packet_number, place_code
from domain.roles import Role
from infra.directory_files import load_directory
from tests.stories import CENTRE, MORNING, place

DIRECTORY = load_directory()
NUMBER = packet_number(CENTRE, 1)
HERE = place(Role.COLLECTING)


class OnePerson:
    """Person 2 works in the collecting department, and nobody else anywhere."""

    def __contains__(self, person: int) -> bool:
        return person == 2

    def works_at(self, person: int, place: PlaceCode, at: datetime) -> bool:
        return person == 2 and place == HERE and at >= MORNING


def judge(
    code: object = NUMBER,
    where: object = HERE,
    person: int = 2,
    at: datetime | None = MORNING,
) -> ScanPacket | Doubtful:
    intake = Intake(DIRECTORY, OnePerson(), MORNING + timedelta(hours=1), timedelta(minutes=2))
    return intake.judge(RawScan("scan-1", str(code), str(where), person, 1, 1, at))


def test_a_scan_as_it_should_be_is_certain() -> None:
    found = judge()
    assert isinstance(found, ScanPacket)
    assert (found.number, found.doubt, found.stamp.place) == (NUMBER, None, HERE)


@pytest.mark.parametrize(
    ("wrong", "doubt"),
    [
        ({"where": "шкаф"}, "unknown-place"),
        ({"where": place_code(9999, Role.HEAD, 1)}, "unknown-place"),
        ({"where": badge_code(CENTRE, 1)}, "unknown-place"),
        ({"where": ""}, "unknown-place"),
        ({"person": 99}, "unknown-person"),
        ({"at": None}, "no-zone"),
        ({"at": MORNING + timedelta(hours=2)}, "in-the-future"),
        ({"at": datetime(1970, 1, 1, tzinfo=UTC)}, "implausible-time"),
        ({"where": place(Role.COURIER)}, "not-their-place"),
        ({"at": MORNING - timedelta(days=1)}, "not-their-place"),  # not theirs yet
    ],
)
def test_a_packets_number_stays_with_the_packet_whatever_else_is_wrong(
    wrong: dict[str, object], doubt: str
) -> None:
    found = judge(**wrong)  # type: ignore[arg-type]
    assert isinstance(found, ScanPacket)
    assert (found.number, found.doubt) == (NUMBER, doubt)


@pytest.mark.parametrize(
    ("code", "doubt", "fault"),
    [
        ("10267000000124", "bad-code", "check-digits"),
        ("1026700000012", "bad-code", "too-short"),
        ("Ә2345", "bad-code", "not-digits"),
        ("", "bad-code", "empty"),
        (badge_code(CENTRE, 1), "other-kind", "badge"),
        (HERE, "other-kind", "place"),
        (compose(CodeKind.ACTION_CARD, 0, 1), "other-kind", "action-card"),
    ],
)
def test_what_is_no_packets_number_waits_apart(code: object, doubt: str, fault: str) -> None:
    found = judge(code=code)
    assert isinstance(found, Doubtful)
    assert (found.doubt, found.fault) == (doubt, fault)
    assert found.stamp.place == HERE


def test_a_clock_a_little_ahead_is_believed() -> None:
    found = judge(at=MORNING + timedelta(hours=1, minutes=1))
    assert isinstance(found, ScanPacket)
    assert found.doubt is None
