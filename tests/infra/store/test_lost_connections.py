"""The connection is lost before, during, after a commit: what is stored decides, exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.blocks import NumberBlock
from infra.errors import (
    OutcomeUnknownError,
    StorageError,
    StorageFullError,
    StorageReadOnlyError,
    StorageUnreachableError,
)
from infra.store import postgres_connections
from infra.store.log import EventLog, postgres_log
from infra.store.postgres_connections import Connections
from tests.infra.store.cut_line import Cut, CutLine
from tests.infra.store.test_group_commit import reserve
from tests.servers.migrated import migrated_settings
from tests.servers.postgres import OwnPostgres

EVENT = b"blk.res"  # the topic of what is stored here


@pytest.fixture
def line(postgres_dsn: str) -> Iterator[CutLine]:
    with CutLine(int(conninfo_to_dict(postgres_dsn)["port"] or 5432)) as opened:
        yield opened


def log_over(line: CutLine, dsn: str) -> EventLog:
    """A store at the far end of a line."""
    return postgres_log(make_conninfo(dsn, host="127.0.0.1", port=line.port))


@pytest.fixture
def log(line: CutLine, postgres_dsn: str) -> Iterator[EventLog]:
    """A store that has answered before."""
    with closing(log_over(line, postgres_dsn)) as opened:
        opened.commands.run(reserve(9))
        yield opened


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the server for long."""
    monkeypatch.setattr(postgres_connections, "PATIENCE_SECONDS", 0.2)


def versions(log: EventLog, block: int = 1) -> list[int]:
    return [version for version, *_ in log.rows.rows_of(NumberBlock.stream(block))]


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("times", [1, 3])
def test_a_command_whose_connection_is_lost_is_stored_once_and_answered(
    log: EventLog, line: CutLine, cut: Cut, times: int
) -> None:
    line.cut_about(EVENT, cut, times)
    assert log.commands.run(reserve(1)).answer == range(1, 2)
    assert line.cuts == times
    assert versions(log) == [1]
    assert log.rows.last_position() == 2
    assert log.commands.run(reserve(1)).answer == range(2, 3)


@pytest.mark.parametrize("cut", Cut)
def test_all_commands_of_a_commit_are_stored_once(log: EventLog, line: CutLine, cut: Cut) -> None:
    line.cut_about(EVENT, cut)
    outcomes = log.commands.run_all([reserve(block % 5) for block in range(20)])
    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert [len(versions(log, block)) for block in range(5)] == [4] * 5
    assert {outcome.position for outcome in outcomes} == {21} == {log.rows.last_position()}


def test_who_cannot_be_told_what_became_of_it_is_told_so_and_may_send_it_again(
    log: EventLog, line: CutLine, hasty: None
) -> None:
    line.cut_about(EVENT, Cut.ANSWERED, close=True)
    with pytest.raises(OutcomeUnknownError):
        log.commands.run(reserve(1))
    line.open()
    assert versions(log) == [1]
    assert log.commands.run(reserve(1)).answer == range(2, 3)


def test_while_the_server_is_away_nothing_is_stored_and_afterwards_all_goes_on(
    log: EventLog, line: CutLine, hasty: None
) -> None:
    line.close()
    for _ in range(2):
        with pytest.raises(StorageUnreachableError) as raised:
            log.commands.run(reserve(1))
        assert not isinstance(raised.value, OutcomeUnknownError)
        with pytest.raises(StorageUnreachableError):
            log.rows.last_position()
    line.open()
    assert log.rows.last_position() == 1
    assert log.commands.run(reserve(1)).answer == range(1, 2)


def test_those_who_wait_for_a_server_that_is_away_wait_together(
    log: EventLog, line: CutLine, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []
    connect = Connections.connect

    def counted(self: Connections) -> Any:
        attempts.append(1)
        return connect(self)

    monkeypatch.setattr(Connections, "connect", counted)
    line.close()
    outcomes = log.commands.run_all([reserve(1) for _ in range(50)])
    assert all(isinstance(outcome.error, StorageUnreachableError) for outcome in outcomes)
    assert len(attempts) < 20


def test_what_another_has_stored_meanwhile_is_not_taken_for_ours(
    log: EventLog, line: CutLine, postgres_dsn: str
) -> None:
    with closing(postgres_log(postgres_dsn)) as other:

        def be_faster() -> None:
            other.commands.run(reserve(1, 10))
            line.open()

        line.cut_about(EVENT, Cut.BEFORE, close=True)
        with _meanwhile(line, be_faster):
            assert log.commands.run(reserve(1)).answer == range(11, 12)
    assert versions(log) == [1, 2]


class _meanwhile:  # noqa: N801  reads as a sentence
    """Something happens as soon as the line has been cut."""

    def __init__(self, line: CutLine, work: Callable[[], object]) -> None:
        self._thread = threading.Thread(target=lambda: (line.was_cut.wait(), work()))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.ANSWERED])
def test_a_server_that_is_killed_over_a_commit_and_started_again_has_it_once(
    killable_postgres: OwnPostgres, tmp_path: Any, cut: Cut
) -> None:
    dsn = killable_postgres.fresh_database()
    migrated_settings(dsn, tmp_path)

    over = CutLine(int(conninfo_to_dict(dsn)["port"] or 0))

    def restart() -> None:
        killable_postgres.kill()
        killable_postgres.restart()
        over.open()

    with over, closing(log_over(over, dsn)) as log:
        log.rows.last_position()
        over.cut_about(EVENT, cut, close=True)
        with _meanwhile(over, restart):
            assert log.commands.run(reserve(1)).answer == range(1, 2)
        assert versions(log) == [1]
        assert log.rows.last_position() == 1


def test_connections_that_were_ended_while_idle_are_not_noticed(
    log: EventLog, postgres_dsn: str
) -> None:
    assert versions(log) == []
    _end_all(postgres_dsn)
    assert log.commands.run(reserve(1)).answer == range(1, 2)
    _end_all(postgres_dsn)
    assert versions(log) == [1]
    assert len(log.notification_log.select(1, 10)) == 2


def _end_all(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize(
    ("state", "expected"),
    [("53100", StorageFullError), ("25006", StorageReadOnlyError), ("XX000", StorageError)],
)
def test_a_server_that_takes_nothing_says_why_and_goes_on_when_it_can(
    log: EventLog, postgres_dsn: str, state: str, expected: type[StorageError]
) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE EXCEPTION USING ERRCODE = '{state}'; END $$".encode()
        )
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON stored_events EXECUTE FUNCTION refuse()"
        )
        outcomes = log.commands.run_all([reserve(1), reserve(2)])
        assert [type(outcome.error) for outcome in outcomes] == [expected] * 2
        assert log.rows.last_position() == 1
        connection.execute("DROP TRIGGER refuse ON stored_events")
    assert log.commands.run(reserve(1)).answer == range(1, 2)
