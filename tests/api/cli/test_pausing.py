"""At the command line: a clock is stopped on a ground, listed, and runs again."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.numbers import PacketNumber
from domain.roles import Role
from infra.bootstrap import bootstrap
from infra.settings import Settings
from tests.api.cli.console import Terminal, written
from tests.office import Office, SettableClock
from tests.pausing import OPERATOR, PAPER, written_to
from tests.stories import AUTHORITY, PEOPLE, place


@pytest.fixture
def number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PacketNumber:
    """A packet at the executor's, under an edition that gives grounds."""
    rules = written_to(tmp_path / "regulations")
    monkeypatch.setenv("QOLHAT_REGULATIONS_DIR", str(rules))
    monkeypatch.setenv("QOLHAT_OPERATOR", OPERATOR)
    settings = Settings(data_dir=tmp_path / "data", regulations_dir=rules, operator=OPERATOR)
    clock = SettableClock()
    with bootstrap(settings, now=clock) as qolhat:
        office = Office(qolhat, clock)
        return office.until_the_executor(10)


def test_a_clock_is_stopped_listed_and_runs_again(qolhat: Terminal, number: PacketNumber) -> None:
    who = ("--person", PEOPLE[Role.EXECUTOR], "--place", place(Role.EXECUTOR))
    qolhat.at(140)
    assert qolhat("paused").text == "Clock stopped: nothing"
    told = qolhat("act", "paused", number, "--ground", PAPER, *who)
    assert told.code == 0, told.text
    listed = qolhat("paused", "--organisation", AUTHORITY).text
    assert written(number) in listed
    assert "Waiting for the applicant's paper (tests §9)" in listed
    (held,) = qolhat("paused", "--json").data
    assert (held["pause"], held["paused_by"]) == (PAPER, PEOPLE[Role.EXECUTOR])
    assert qolhat("due", "--json").data == []
    qolhat.at(150)
    told = qolhat("ledger", number)
    assert "waiting for the applicant: Waiting for the applicant's paper (tests §9)" in told.text
    (*_, clock) = qolhat("ledger", number, "--json").data["clocks"]
    assert clock["stands"]["ground"]["key"] == PAPER
    assert qolhat("act", "resumed", number, *who).code == 0
    assert qolhat("paused", "--json").data == []


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_what_the_edition_does_not_give_is_refused_in_words(
    qolhat: Terminal, number: PacketNumber, language: str
) -> None:
    who = ("--person", PEOPLE[Role.EXECUTOR], "--place", place(Role.EXECUTOR))
    told = qolhat.speak(language)("act", "paused", number, "--ground", "other", *who)
    assert told.code != 0
    assert "other" in told.text
