"""Stations: computers known again by a cookie; their numbers stand in events."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from domain.roles import Role
from infra.accounts import Station, Stations, UnknownStationError
from tests.office import SettableClock
from tests.stories import MORNING, place


def test_a_browser_is_known_again_by_its_token(stations: Stations) -> None:
    (first, one), (second, two) = stations.make(), stations.make()
    assert (one, two) == (1_000_001, 1_000_002)  # enrolled devices begin at 1
    assert stations.find(first) == one
    assert stations.find(second) == two
    for unknown in ("", "guessed", first[:-1], "\ud800"):
        assert stations.find(unknown) is None


def test_the_administrator_says_where_a_station_stands(stations: Stations) -> None:
    _, number = stations.make()
    window = place(Role.INSPECTOR)
    stations.describe(number, name="Терезе 3", place=window)
    assert stations.all() == [Station(number, "Терезе 3", window, MORNING, MORNING, False)]
    stations.describe(number, name="Шкафта", place=None)
    assert (stations.all()[0].name, stations.all()[0].place) == ("Шкафта", None)


def test_a_station_that_is_turned_away_is_not_known_any_more(stations: Stations) -> None:
    token, number = stations.make()
    stations.turn_away(number)
    assert stations.find(token) is None
    assert [each.turned_away for each in stations.all()] == [True]
    _, next_one = stations.make()
    assert next_one != number


@pytest.mark.parametrize("number", [7, 1_000_000, 1_000_002])
def test_a_number_that_no_station_has_is_refused(stations: Stations, number: int) -> None:
    stations.make()
    with pytest.raises(UnknownStationError):
        stations.describe(number, name="?", place=None)
    with pytest.raises(UnknownStationError):
        stations.turn_away(number)


def test_when_a_station_was_seen_is_kept_to_the_hour(
    stations: Stations, clock: SettableClock
) -> None:
    token, _ = stations.make()
    clock.at += timedelta(minutes=59)
    stations.find(token)
    assert stations.all()[0].last_seen == MORNING  # a page that is only read writes nothing
    clock.at += timedelta(minutes=1)
    stations.find(token)
    assert stations.all()[0].last_seen == MORNING + timedelta(hours=1)
    assert stations.all()[0].first_seen == MORNING


def test_only_a_hash_of_the_token_is_kept(stations: Stations, engine: sa.Engine) -> None:
    token, _ = stations.make()
    with engine.connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM stations")).one()
    assert len(bytes(row.token_hash)) == 32
    assert token not in repr(row)
    assert token not in repr(stations.all())
