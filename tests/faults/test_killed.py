"""Each process and each server is killed twice at a random moment while people work."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Play
from tests.faults.country import Country
from tests.faults.scenarios import FAULTS, KILLS

_SERVERS = ("kill PostgreSQL", "kill broker")  # they are not started again by the supervisor


@pytest.mark.parametrize("kind", KILLS)
def test_kill_9_twice_loses_nothing_and_doubles_nothing(
    country: Country, played: Play, kind: str
) -> None:
    deaths = country.supervisor.deaths.total()
    played(kind, *[FAULTS[kind]] * 2)
    assert kind in _SERVERS or country.supervisor.deaths.total() >= deaths + 2


def test_when_the_power_fails_everything_comes_back_by_itself(played: Play) -> None:
    played("kill everything")
