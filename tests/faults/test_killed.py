"""Each process and each server is killed twice at a random moment while people work."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Play
from tests.faults.country import Country
from tests.faults.scenarios import KILLS


@pytest.mark.parametrize("time", [1, 2])
@pytest.mark.parametrize("kind", KILLS)
def test_kill_9_loses_nothing_and_doubles_nothing(
    country: Country, played: Play, kind: str, time: int
) -> None:
    deaths = country.supervisor.deaths.total()
    played(kind)
    mortal = kind not in {"kill PostgreSQL", "kill broker"}
    assert country.supervisor.deaths.total() > deaths or not mortal


def test_when_the_power_fails_everything_comes_back_by_itself(played: Play) -> None:
    played("kill everything")
