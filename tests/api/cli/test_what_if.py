"""Somebody asks on the command line how stages would have done by other norms."""

from __future__ import annotations

from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.stories import CENTRE, OTHER_AUTHORITY


def test_stages_are_told_by_both_norms_in_every_language(qolhat: Terminal, day: Day) -> None:
    told = qolhat("what-if", "--edition", "s7c-2012", "-o", CENTRE, "--json").data
    assert (told["edition"], told["service"]) == ("s7c-2012", "003-7")
    stages = {each["stage"]: each for each in told["stages"]}
    assert stages["accept"]["own"] == stages["accept"]["other"]
    assert stages["accept"]["own"]["norm"] == {"amount": 30, "unit": "minute"}
    one = qolhat("what-if", "--edition", "s7c-2012", "--stage", "accept", "--json").data
    assert [each["stage"] for each in one["stages"]] == ["accept"]
    nobodys = ("--person", 4711, "--service", "003-7")
    assert qolhat("what-if", "--edition", "s7c-2012", *nobodys, "--json").data["stages"] == []
    assert qolhat("what-if", "--edition", "s7c-2012", "--service", "no-such").code != 0
    said = in_every_language(qolhat, "what-if", "--edition", "s7c-2012")
    assert {each.code for each in said.values()} == {0}
    assert "Stages by both norms" in said["en"].text
    nobody = qolhat("what-if", "--edition", "s7c-2012", "-o", OTHER_AUTHORITY, "--json")
    assert nobody.data["stages"] == []


def test_an_edition_that_is_not_known_is_refused(qolhat: Terminal, day: Day) -> None:
    assert qolhat("what-if", "--edition", "no-such").code != 0
    assert qolhat("what-if", "--edition", "s7c-2012", "--since", "yesterday").code != 0
