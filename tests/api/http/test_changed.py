"""Stays that were scored anew, over HTTP."""

from __future__ import annotations

from typing import Any

from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY, CENTRE, PEOPLE


def asked(counter: Counter, **given: object) -> Any:
    """What the auditor is told of the authority."""
    return counter.get("/changed-stays", Role.AUDITOR, **({"organisation": AUTHORITY} | given))


def test_what_a_late_scan_changed_is_told_with_its_author(counter: Counter) -> None:
    counter.appoint(Role.AUDITOR, AUTHORITY)
    number = counter.register()
    counter.scan(20, number, Role.COLLECTING)
    counter.scan(30, number, Role.COURIER)
    counter.scan(80, number, Role.OFFICE)
    counter.acted(90, number, "incoming", Role.OFFICE)
    counter.scan(100, number, Role.HEAD)
    nothing = {"stays": [], "looked_at": 1, "past": None}
    assert asked(counter) == nothing
    counter.scan(95, number, Role.HEAD, ref="late")
    told = asked(counter, since="2026-11-16")
    changed = {each["stage"]["key"]: each for each in told["stays"] if each["stage"]}["to-head"]
    assert (changed["number"], changed["ref"]) == (str(number), "late")
    assert changed["person"] == PEOPLE[Role.HEAD]
    assert changed["reason"]["code"] == "late"
    assert changed["entry"]["code"] == "scanned"
    assert (changed["counted_seconds_before"], changed["counted_seconds_after"]) == (600, 300)
    assert changed["place"]["organisation"]["code"] == AUTHORITY
    assert asked(counter, past=str(number))["looked_at"] == 0


def test_whose_stays_must_be_said_and_be_in_reach(counter: Counter) -> None:
    counter.appoint(Role.MANAGER, AUTHORITY)
    for given, status in (({}, 422), ({"organisation": CENTRE}, 403)):
        answer = counter.ask("GET", f"{V1}/changed-stays", Role.MANAGER, params=given)
        assert answer.status_code == status
