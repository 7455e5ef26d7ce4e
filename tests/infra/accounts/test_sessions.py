"""Sessions end with the shift, by logging out, or everywhere at once."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from infra.accounts import Sessions
from infra.vault import VaultKeys, new_key
from tests.office import SettableClock
from tests.stories import MORNING

INSPECTOR, CLERK, WINDOW, TABLE = 4, 7, 1_000_001, 1_000_002
EVENING = MORNING + timedelta(hours=9)


def test_a_session_ends_with_the_shift(sessions: Sessions, clock: SettableClock) -> None:
    begun = sessions.begin(INSPECTOR, WINDOW, EVENING)
    assert sessions.find(begun.token) == begun.session
    assert (begun.session.person, begun.session.station) == (INSPECTOR, WINDOW)
    assert (begun.session.started_at, begun.session.ends_at) == (MORNING, EVENING)
    clock.at = EVENING - timedelta(microseconds=1)
    assert sessions.find(begun.token) is not None
    clock.at = EVENING
    assert sessions.find(begun.token) is None
    assert sessions.of(INSPECTOR) == []
    assert sessions.end_all(INSPECTOR) == 0


def test_who_logs_out_is_out(sessions: Sessions) -> None:
    mine, other = (sessions.begin(INSPECTOR, place, EVENING) for place in (WINDOW, TABLE))
    sessions.end(mine.token)
    assert sessions.find(mine.token) is None
    assert sessions.find(other.token) is not None
    sessions.end("of nobody")
    assert sessions.find("") is None
    assert sessions.find("\ud800") is None


def test_log_out_everywhere_but_here(sessions: Sessions) -> None:
    tokens = [sessions.begin(INSPECTOR, WINDOW, EVENING).token for _ in range(3)]
    colleague = sessions.begin(CLERK, TABLE, EVENING)
    assert sessions.end_all(INSPECTOR, but=tokens[1]) == 2
    assert [sessions.find(token) is not None for token in tokens] == [False, True, False]
    assert sessions.end_all(INSPECTOR) == 1
    assert sessions.of(INSPECTOR) == []
    assert sessions.find(colleague.token) is not None
    assert sessions.end_all(INSPECTOR, but=colleague.token) == 0


def test_the_open_sessions_of_a_person_are_listed_newest_first(sessions: Sessions) -> None:
    first, second = (sessions.begin(INSPECTOR, place, EVENING) for place in (WINDOW, TABLE))
    sessions.begin(CLERK, TABLE, EVENING)
    assert [each.id for each in sessions.of(INSPECTOR)] == [second.session.id, first.session.id]
    assert {each.csrf for each in sessions.of(INSPECTOR)} == {""}  # nobody forges another's form


def test_a_sessions_forms_carry_a_mark_of_their_own(
    sessions: Sessions, engine: sa.Engine, clock: SettableClock
) -> None:
    first, second = (sessions.begin(INSPECTOR, WINDOW, EVENING) for _ in range(2))
    found = sessions.find(first.token)
    assert found is not None
    assert len(found.csrf) == 64
    assert found.csrf == first.session.csrf != second.session.csrf
    assert first.token not in found.csrf
    other = Sessions(engine, clock, VaultKeys(new_key())).find(first.token)
    assert other is not None
    assert other.csrf != found.csrf  # whoever has the token alone cannot make it


def test_neither_token_nor_mark_is_shown_by_accident(sessions: Sessions) -> None:
    begun = sessions.begin(INSPECTOR, WINDOW, EVENING)
    for shown in (repr(begun), str(begun), repr(sessions.find(begun.token))):
        assert begun.token not in shown
        assert begun.session.csrf not in shown


def test_only_a_hash_of_the_token_is_kept_and_the_ended_leave_no_row(
    sessions: Sessions, engine: sa.Engine, clock: SettableClock
) -> None:
    begun = sessions.begin(INSPECTOR, WINDOW, EVENING)
    clock.at = EVENING
    fresh = sessions.begin(CLERK, TABLE, EVENING + timedelta(hours=9))
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM sessions")).all()
    assert [row.person for row in rows] == [CLERK]
    assert bytes(rows[0].token_hash) != fresh.token.encode()
    assert len(bytes(rows[0].token_hash)) == 32
    assert len(begun.token) >= 43


def test_a_station_turned_away_has_nobody_logged_in(
    sessions: Sessions, clock: SettableClock
) -> None:
    here, also = (sessions.begin(who, WINDOW, EVENING) for who in (INSPECTOR, CLERK))
    elsewhere = sessions.begin(CLERK, TABLE, EVENING)
    assert [each.id for each in sessions.open()] == [
        each.session.id for each in (elsewhere, also, here)
    ]
    sessions.end_at(WINDOW)
    assert [each.id for each in sessions.open()] == [elsewhere.session.id]
    clock.at = EVENING
    assert sessions.open() == []
