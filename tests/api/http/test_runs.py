"""Runs over HTTP: the day as it went, its figures, another timetable, timetables set."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import api.courier_routes
from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.infra.views.carriage import Carriage
from tests.office import Office as Desk
from tests.stories import AUTHORITY, CENTRE, MORNING, PEOPLE

MINUTE = 60.0
DAY = "2026-11-16"
TIMETABLE = {"branch": CENTRE, "times": ["11:00", "13:30", "16:00"], "starts": "2026-11-17"}


@pytest.fixture(scope="module")
def went(busy: Counter) -> Counter:
    """The first run left a quarter of an hour late with three packets; it is 18:00."""
    clock: Any = busy.clock  # another class of the same kind
    carriage = Carriage(Desk(busy.qolhat, clock))
    packets = carriage.registered(3, 20)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    carriage.seal(bag, registry)
    carriage.hand_over(bag, Role.COURIER, minute=135)
    carriage.hand_over(bag, Role.OFFICE, minute=165)
    busy.appoint(Role.MANAGER, CENTRE)
    busy.appoint(Role.ADMINISTRATOR, CENTRE)
    busy.clock.at = MORNING + timedelta(hours=9)
    busy.qolhat.runner.catch_up()
    return busy


def refused(counter: Counter, path: str, role: Role, **params: Any) -> tuple[int, str]:
    """Ask for what is not answered."""
    answer = counter.ask("GET", f"{V1}{path}", role, params=params)
    return answer.status_code, answer.json()["code"]


def test_the_runs_of_a_day(went: Counter) -> None:
    found = went.get("/runs", Role.OFFICE)
    assert found == went.get("/runs", Role.INSPECTOR, branch=CENTRE, day=DAY)
    first, second = found["items"]
    assert first["key"] == f"{CENTRE}-{AUTHORITY}-20261116-1100"
    assert [first["state"]["code"], second["state"]["code"]] == ["arrived", "missed"]
    assert (first["delay_seconds"], first["travel_seconds"]) == (15 * MINUTE, 30 * MINUTE)
    assert first["couriers"] == [PEOPLE[Role.COURIER]]
    assert (first["bags_out"], first["packets_out"], first["bags_back"]) == (1, 3, 0)
    assert second["departed_at"] is None
    assert went.get("/runs", Role.OFFICE, day="2026-11-15")["items"] == []  # a Sunday


def test_runs_of_others_are_not_told(went: Counter) -> None:
    assert refused(went, "/runs", Role.OFFICE, branch=268) == (403, "not-yours")
    assert refused(went, "/runs", Role.ADMINISTRATOR) == (403, "no-right")
    assert refused(went, "/runs/punctuality", Role.OFFICE) == (403, "no-right")
    assert refused(went, "/runs/what-if", Role.OFFICE, branch=CENTRE) == (403, "no-right")
    assert refused(went, "/runs/what-if", Role.MANAGER, branch=268) == (403, "not-yours")
    assert refused(went, "/runs/what-if", Role.MANAGER, branch=AUTHORITY) == (404, "no-route")


def test_the_whole_country_is_told_as_long_as_it_is_not_too_much(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.appoint(Role.AUDITOR, AUTHORITY)
    routes = len(counter.get("/timetables", Role.AUDITOR)["items"])
    assert len(counter.get("/runs", Role.AUDITOR)["items"]) == 2 * routes
    monkeypatch.setattr(api.courier_routes, "MOST_ROUTES", routes - 1)
    assert refused(counter, "/runs", Role.AUDITOR) == (422, "too-many-routes")
    assert len(counter.get("/runs", Role.AUDITOR, branch=268)["items"]) == 2


def test_figures_of_runs(went: Counter) -> None:
    found = went.get("/runs/punctuality", Role.MANAGER, since=DAY, until=DAY)
    (route,), (courier,) = found["routes"], found["couriers"]
    assert route["route"]["authority"]["code"] == AUTHORITY
    counts = [route["punctuality"][name] for name in ("on_time", "late", "missed", "unknown")]
    assert counts == [0, 1, 1, 0]
    assert courier["person"] == PEOPLE[Role.COURIER]
    assert courier["punctuality"]["missed"] == 0
    everybody, centre = found["waiting"]
    assert everybody["sender"] is None
    assert centre["sender"]["code"] == CENTRE
    parts = {each["part"]: each for each in centre["parts"]}
    assert centre["count"] == 3
    assert parts["on-the-way"]["median_seconds"] == 30 * MINUTE
    assert parts["missed-run"]["mean_seconds"] == 0
    assert sum(each["share"] for each in parts.values()) == pytest.approx(1)


def test_what_an_earlier_run_would_have_gained(went: Counter) -> None:
    asked = {"branch": CENTRE, "times": ["10:00", "16:00"]}
    found = went.get("/runs/what-if", Role.MANAGER, **asked)
    assert found["count"] == 3
    assert found["gain_seconds"] == 60 * MINUTE
    assert found["before"]["total_seconds"] - found["after"]["total_seconds"] == 180 * MINUTE
    assert found["recorded_mean_seconds"] == found["before"]["mean_seconds"] + 15 * MINUTE
    third = went.get("/runs/what-if", Role.MANAGER, branch=CENTRE)
    assert (third["times"], third["gain_seconds"]) == (["11:00", "13:30", "16:00"], 0)
    nothing = went.get("/runs/what-if", Role.MANAGER, branch=CENTRE, side="authority")
    assert (nothing["count"], nothing["sender"]["code"]) == (0, AUTHORITY)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"times": ["16:00", "11:00"]}, "bad-timetable"),
        ({"times": ["24:00"]}, "bad-timetable"),
        ({"since": "2026-11-17", "until": DAY}, "bad-period"),
        ({"since": "0001-01-01"}, "outside-calendar"),
        ({"until": "0001-01-01"}, "outside-calendar"),
        ({"until": "9999-12-31"}, "outside-calendar"),
        ({"until": "кеше"}, "invalid-request"),
        ({"side": "nobody"}, "invalid-request"),
    ],
)
def test_what_cannot_be_answered(went: Counter, asked: dict[str, Any], code: str) -> None:
    assert refused(went, "/runs/what-if", Role.MANAGER, branch=CENTRE, **asked) == (422, code)


# --- timetables ----------------------------------------------------------------------------------


def test_an_administrator_sets_a_timetable(counter: Counter) -> None:
    administrator = counter.appoint(Role.ADMINISTRATOR, CENTRE)
    (before,) = counter.get("/timetables", Role.COURIER)["items"]
    assert (before["times"], before["changes"]) == (["11:00", "16:00"], [])
    done = counter.post("/timetables", TIMETABLE, Role.ADMINISTRATOR).json()
    assert done["changed"]
    (change,) = done["timetable"]["changes"]
    assert (change["by"], change["times"]) == (administrator, TIMETABLE["times"])
    assert done["timetable"]["times"] == ["11:00", "16:00"]  # today's
    assert len(counter.get("/runs", day="2026-11-17")["items"]) == 3
    again = counter.post("/timetables", TIMETABLE, Role.ADMINISTRATOR).json()
    assert not again["changed"]
    assert again["timetable"] == done["timetable"]


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"times": ["16:00", "11:00"]}, 422, "bad-timetable"),
        ({"times": ["9:00"]}, 422, "bad-timetable"),
        ({"times": []}, 422, "invalid-request"),
        ({"starts": "2026-11-15"}, 422, "past-timetable"),
        ({"starts": "ертең"}, 422, "invalid-request"),
        ({"branch": AUTHORITY}, 404, "no-route"),
        ({"branch": 9998}, 422, "unknown-organisation"),
        ({"branch": 268}, 403, "not-yours"),
        ({"authority": 33}, 422, "invalid-request"),
    ],
)
def test_a_wrong_timetable_is_refused(
    counter: Counter, wrong: dict[str, Any], status: int, code: str
) -> None:
    counter.appoint(Role.ADMINISTRATOR, CENTRE)
    before = counter.qolhat.log.rows.last_position()
    answer = counter.post("/timetables", TIMETABLE | wrong, Role.ADMINISTRATOR)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert counter.qolhat.log.rows.last_position() == before


def test_only_administrators_set_timetables(counter: Counter) -> None:
    counter.appoint(Role.MANAGER, CENTRE)
    for role in (Role.MANAGER, Role.COURIER, Role.OFFICE):
        answer = counter.post("/timetables", TIMETABLE, role)
        assert (answer.status_code, answer.json()["code"]) == (403, "no-right")
