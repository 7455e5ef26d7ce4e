"""`qolhat camera`: what a camera over the desk sees is scanned, and told in the reader's words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.numbers import packet_number
from domain.roles import Role
from infra.unsent import Unsent
from tests.api.cli.conftest import COURIERS_TOKEN, Day
from tests.api.cli.console import Terminal, in_every_language, written
from tests.films import film
from tests.stories import CENTRE, PEOPLE

UNKNOWN = packet_number(CENTRE, 888_888)
MISREAD = packet_number(CENTRE, 777_777)


@pytest.fixture
def desk(day: Day, tmp_path: Path) -> Path:
    """A film: the packet, a frame that is misread, the packet again, then one nobody knows."""
    shots: list[tuple[tuple[object, ...], int]] = [
        ((day.carried,), 5),
        ((MISREAD,), 1),
        ((day.carried,), 5),
        ((UNKNOWN,), 5),
    ]
    return film(tmp_path / "desk.avi", shots)


def test_what_the_camera_sees_is_scanned_once(qolhat: Terminal, day: Day, desk: Path) -> None:
    person = PEOPLE[Role.OFFICE]
    said = qolhat("camera", "--device", desk, "--person", person, "--json")
    told = [json.loads(line) for line in said.out.splitlines()]
    scans = [each for each in told if each["event"] == "scan"]
    assert [each["code"] for each in scans] == [str(day.carried), str(UNKNOWN)]
    assert told[-1] == {"event": "ended", "recorded": 2, "waiting": 0}
    history = qolhat("history", day.carried, "--json").data
    assert scans[0]["ref"] in json.dumps(history)
    assert str(MISREAD) not in said.out


def test_a_token_says_for_whom_it_looks(qolhat: Terminal, day: Day, desk: Path) -> None:
    said = qolhat("camera", "--device", desk, "--token", COURIERS_TOKEN)
    assert str(day.carried) in said.out
    assert "Recorded: 2" in said.out


def test_a_dry_run_records_nothing_and_needs_no_store(
    qolhat: Terminal, day: Day, desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(tmp_path / "nothing"))
    said = qolhat("camera", "--device", desk, "--dry-run")
    assert said.code == 0
    assert written(day.carried) in said.out
    assert written(UNKNOWN) in said.out
    assert not (tmp_path / "nothing").exists()


def test_without_a_camera_it_says_so(qolhat: Terminal, day: Day) -> None:
    told = in_every_language(qolhat, "camera", "--device", "none.avi", "--person", 4)
    assert all(each.code != 0 and "none.avi" in each.text for each in told.values())


def test_who_asks_wrongly_learns_it_before_looking(qolhat: Terminal, day: Day, desk: Path) -> None:
    assert qolhat("camera", "--device", desk, "--json").problem["code"] == "who-is-asking"


def test_one_camera_is_looked_through_by_one_program(
    qolhat: Terminal, day: Day, desk: Path
) -> None:
    taken = Unsent(day.folder, f"camera {desk}")
    said = qolhat("camera", "--device", desk, "--person", PEOPLE[Role.OFFICE], "--json")
    taken.close()
    assert json.loads(said.err)["code"] == "already-listening"
