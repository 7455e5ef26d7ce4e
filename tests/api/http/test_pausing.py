"""By HTTP: a clock is stopped on a ground of the edition, and everything that shows it agrees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.roles import Role
from tests.api.http.conftest import opened_counter
from tests.api.http.counter import Counter
from tests.pausing import EDITION, EXPERTISE, OPERATOR, PAPER, written_to

DAY = 24 * 60


@pytest.fixture(scope="module")
def pausing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """An operator who has adopted an edition that gives grounds."""
    folder: Path = tmp_path_factory.mktemp("pausing")
    rules = written_to(folder / "regulations")
    with opened_counter(folder / "store", regulations_dir=rules, operator=OPERATOR) as opened:
        yield opened


def at_the_executor(counter: Counter) -> str:
    number = counter.register(10)
    counter.scan(20, number, Role.COLLECTING)
    counter.scan(60, number, Role.COURIER)
    counter.scan(90, number, Role.OFFICE)
    counter.acted(100, number, "incoming", Role.OFFICE)
    counter.scan(110, number, Role.HEAD)
    counter.acted(120, number, "resolution", Role.HEAD)
    counter.scan(130, number, Role.EXECUTOR)
    return number


def test_a_paused_packet_says_since_when_why_and_by_whom(pausing: Counter) -> None:
    number = at_the_executor(pausing)
    answer = pausing.acted(140, number, "paused", Role.EXECUTOR, grounds=[EXPERTISE])
    assert answer["status"] == "accepted"
    told = pausing.get(f"/packets/{number}", Role.EXECUTOR)
    paused = told["paused"]
    assert (paused["ground"], paused["source"]) == (EXPERTISE, "tests §10")
    assert (paused["label"]["code"], paused["person"]) == (
        "paused",
        pausing.people[Role.EXECUTOR],
    )
    assert (_minute(pausing, 140), paused["until"] is not None) == (paused["since"], True)
    due = pausing.get("/due", Role.EXECUTOR)
    assert number in {each["number"] for each in due["paused"]}
    pausing.acted(200, number, "resumed", Role.EXECUTOR)
    assert pausing.get(f"/packets/{number}", Role.EXECUTOR)["paused"] is None


def test_the_ledger_and_the_stays_tell_of_it(pausing: Counter) -> None:
    number = at_the_executor(pausing)
    pausing.acted(140, number, "paused", Role.EXECUTOR, grounds=[PAPER])
    standing = _clock(pausing.get(f"/packets/{number}/ledger", Role.EXECUTOR))
    assert (standing["stands_since"], standing["due_at"]) == (_minute(pausing, 140), None)
    pausing.acted(200, number, "resumed", Role.EXECUTOR)
    pausing.acted(210, number, "right", Role.EXECUTOR, entitled=True)
    told = pausing.get(f"/packets/{number}/ledger", Role.EXECUTOR)
    (line,) = [each for each in told["lines"] if each["ground"] == PAPER]
    assert (line["label"]["code"], line["source"]) == ("waiting-applicant", "tests §9")
    assert (line["seconds"], line["counts"]) == (3600, False)
    assert _clock(told)["consumed_seconds"] == 20 * 60
    stays = pausing.get(f"/packets/{number}/history", Role.EXECUTOR)["visits"]
    (right,) = [each for each in stays if (each["stage"] or {}).get("key") == "right"][-1:]
    assert (right["stood_seconds"], right["counted_seconds"]) == (3600, 1200)


def _clock(told: Any) -> Any:
    return next(each for each in told["clocks"] if each["stage"]["key"] == "right")


def _minute(counter: Counter, minute: float) -> str:
    return counter.at(minute).replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("role", "kind", "grounds", "status", "code"),
    [
        (Role.EXECUTOR, "paused", [], 422, "pause-ground-missing"),
        (Role.EXECUTOR, "paused", ["other"], 422, "unknown-pause-ground"),
        (Role.HEAD, "paused", [PAPER], 403, "wrong-role"),
        (Role.COURIER, "resumed", [], 403, "wrong-role"),
    ],
)
def test_what_is_refused(
    pausing: Counter, role: Role, kind: str, grounds: list[str], status: int, code: str
) -> None:
    number = pausing.register()
    answer = pausing.act(20, number, kind, role, grounds=grounds)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_edition_without_grounds_refuses(shared: Counter) -> None:
    number = shared.register()
    for kind, grounds in (("paused", [PAPER]), ("resumed", [])):
        answer = shared.act(20, number, kind, Role.EXECUTOR, grounds=grounds)
        assert (answer.status_code, answer.json()["code"]) == (422, "no-pauses")


def test_the_edition_tells_its_grounds(pausing: Counter, shared: Counter) -> None:
    paper, expertise = pausing.get(f"/regulations/{EDITION}")["pauses"]
    assert (paper["key"], paper["source"], paper["longest"]) == (PAPER, "tests §9", None)
    assert (paper["label"]["code"], paper["stages"]) == ("waiting-applicant", ["right", "draft"])
    assert expertise["longest"]["amount"] == 5
    assert shared.get("/regulations/s7c-2012")["pauses"] == []
