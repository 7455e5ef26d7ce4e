"""Somebody asks on the command line what was scored anew, and why."""

from __future__ import annotations

from domain.roles import Role
from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.api.cli.test_recording import by
from tests.stories import AUTHORITY, CENTRE, PEOPLE


def test_what_a_late_scan_changed_is_told_in_every_language(qolhat: Terminal, day: Day) -> None:
    early, late = qolhat.at(300), qolhat.at(305)
    qolhat("scan", day.carried, *by(Role.OFFICE), "--at", late)
    qolhat("scan", day.carried, *by(Role.HEAD), "--at", qolhat.at(320))
    assert qolhat("changed", "-o", AUTHORITY, "--json").data["stays"] == []
    qolhat("scan", day.carried, *by(Role.OFFICE), "--at", early, "--ref", "late")
    told = qolhat("changed", "-o", AUTHORITY, "--json").data
    changed = next(each for each in told["stays"] if each["ref"] == "late")
    assert (changed["number"], changed["by"]) == (day.carried, PEOPLE[Role.OFFICE])
    assert (changed["why"], changed["entry"]) == ("late", "scanned")
    said = in_every_language(qolhat, "changed", "-o", AUTHORITY)
    assert {each.code for each in said.values()} == {0}
    assert "recorded late" in said["en"].text
    assert "recorded late" in qolhat.speak("en")("ledger", day.carried).text
    assert qolhat("ledger", day.carried, "--json").data["changed"]
    nothing = qolhat("changed", "-o", CENTRE, "--after", day.issued, "--since", "2026-01-01")
    assert nothing.code == 0


def test_whose_stays_must_be_said(qolhat: Terminal, day: Day) -> None:
    assert qolhat("changed").code == 2
    assert qolhat("changed", "-o", 9999).code != 0
    assert qolhat("changed", "-o", CENTRE, "--since", "2026-12-01", "--until", "2026-11-01").code
