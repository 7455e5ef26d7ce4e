"""A small office at work: a centre and its authority, some packets on their way."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

import pytest
import typer.main

import api.cli.keep
import api.cli.serving
import api.cli.shell
import infra.bootstrap
from domain.acts import ActKind, Outcome
from domain.numbers import PacketNumber, badge_code
from domain.roles import Role
from infra.bootstrap import bootstrap
from infra.settings import Settings
from tests.api.cli.console import Terminal
from tests.office import Office, SettableClock
from tests.stories import CENTRE, PEOPLE

# Read once: they are the same in every test, and most of the time that a command takes.
_LOADED = {
    name: cache(getattr(infra.bootstrap, name))
    for name in ("load_directory", "load_regulations", "load_workdays")
}
_MADE = cache(typer.main.get_command)  # made anew for every command otherwise
COURIERS_TOKEN = "the-couriers-token"  # of a store that lives for one test


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the office: where its store is, and the packets of that day."""

    folder: Path
    carried: PacketNumber  # on its way to the authority
    issued: PacketNumber  # the applicant has the result
    refused: PacketNumber  # a certificate asked for and refused, not yet signed


def _carry_to_the_head(office: Office, number: PacketNumber, minute: float) -> None:
    """From the centre to the head's table, as the regulation wants it."""
    office.scan(minute + 10, number, Role.COLLECTING)
    office.scan(minute + 50, number, Role.COURIER)
    office.scan(minute + 80, number, Role.OFFICE)
    office.act(minute + 85, ActKind.INCOMING, Role.OFFICE, number, incoming_number="12/7")
    office.scan(minute + 90, number, Role.HEAD)
    office.act(minute + 100, ActKind.RESOLUTION, Role.HEAD, number)
    office.scan(minute + 105, number, Role.EXECUTOR)
    office.act(minute + 110, ActKind.RIGHT, Role.EXECUTOR, number, entitled=True)


def _bring_home(office: Office, number: PacketNumber, minute: float) -> None:
    """From the executor's notice to the applicant."""
    granted = {"outcome": Outcome.GRANTED}
    office.act(minute, ActKind.DRAFTED, Role.EXECUTOR, number, **granted)
    office.scan(minute + 5, number, Role.HEAD)
    office.act(minute + 10, ActKind.SIGNED, Role.HEAD, number)
    office.scan(minute + 15, number, Role.EXECUTOR)
    office.scan(minute + 20, number, Role.OFFICE)
    office.act(minute + 25, ActKind.SENT_BACK, Role.OFFICE, number)
    office.scan(minute + 60, number, Role.COURIER)
    office.scan(minute + 90, number, Role.COLLECTING)
    office.scan(minute + 95, number, Role.INSPECTOR)
    came = office.at(minute + 98)
    office.act(minute + 100, ActKind.ISSUED, Role.INSPECTOR, number, began_at=came)


@pytest.fixture(scope="session")
def day_once(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The office's day, worked once."""
    folder, clock = tmp_path_factory.mktemp("day") / "data", SettableClock()
    with bootstrap(Settings(data_dir=folder), now=clock) as qolhat:
        office = Office(qolhat, clock)
        hired = office.at(0) - timedelta(days=900)
        qolhat.personnel.enrol(PEOPLE[Role.COURIER], token=COURIERS_TOKEN, since=hired)
        issued, _ = office.register(10, ref="registered-first")
        _carry_to_the_head(office, issued, 10)
        _bring_home(office, issued, 150)
        refused, _ = office.register(12, service="002", ref="registered-second")
        _carry_to_the_head(office, refused, 12)
        grounds = ("not-registered-as-unemployed",)
        reasons = {"outcome": Outcome.REFUSED, "grounds": grounds}
        office.act(160, ActKind.DRAFTED, Role.EXECUTOR, refused, **reasons)
        carried = office.until_the_courier(200)
        office.scan(262, "torn 10267", Role.COURIER, ref="torn")
        office.scan(263, badge_code(CENTRE, 1), Role.COURIER, ref="a-badge")
    return Day(folder, carried, issued, refused)


@pytest.fixture
def day(day_once: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Day:
    """The office's day, in a folder of this test's own."""
    folder = tmp_path / "data"
    shutil.copytree(day_once.folder, folder)
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(folder))
    return Day(folder, day_once.carried, day_once.issued, day_once.refused)


@pytest.fixture
def qolhat(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    """A terminal; the store is in a folder of this test's own, the clock is the test's."""
    clock = SettableClock()
    for name in ("QOLHAT_TOKEN", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "500")  # wide enough that no sentence is broken
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(typer.main, "get_command", _MADE)
    for name, loaded in _LOADED.items():
        monkeypatch.setattr(infra.bootstrap, name, loaded)
    for module in (api.cli.shell, api.cli.keep, api.cli.serving):
        monkeypatch.setattr(module, "bootstrap", partial(bootstrap, now=clock))
    terminal = Terminal(monkeypatch, capsys, clock)
    terminal.at(300)
    return terminal
