"""Positions have no gaps and come in their order: who follows them misses nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from psycopg.sql import SQL

from domain.blocks import NumberBlock
from infra.bootstrap import Qolhat
from infra.store.log import EventLog, postgres_log
from infra.store.postgres_arrays import Integers, Texts, Uuids, teach_arrays
from tests.infra.store.test_group_commit import reserve

ROOT = Path(__file__).parents[3]
PROCESSES, THREADS, EACH = 2, 4, 40


def stored(stream: UUID, version: int, state: str = '{"r":1}') -> StoredEvent:
    return StoredEvent(stream, version, "blk.res", state.encode())


@pytest.fixture
def log(postgres_dsn: str) -> Iterator[EventLog]:
    with closing(postgres_log(postgres_dsn)) as opened:
        yield opened


def test_a_reader_that_follows_eight_writers_misses_no_event(
    postgres_dsn: str, log: EventLog
) -> None:
    command = [sys.executable, "-m", "tests.infra.store.writing", postgres_dsn]
    first = 1
    writers = []
    for _ in range(PROCESSES):
        numbers = map(str, (first, THREADS, EACH))
        writers.append(subprocess.Popen([*command, *numbers], cwd=ROOT))
        first += THREADS // 2  # half of the blocks are shared with the next process
    seen: list[tuple[UUID, int]] = []
    while len(seen) < PROCESSES * THREADS * EACH:
        page = log.rows.rows_after(len(seen), 7)
        assert [row[0] for row in page] == list(range(len(seen) + 1, len(seen) + len(page) + 1))
        seen += [(row[1], row[2]) for row in page]
        assert page or any(writer.poll() is None for writer in writers)
    assert [writer.wait() for writer in writers] == [0] * PROCESSES
    assert len(set(seen)) == len(seen) == log.rows.last_position()
    counts = [len(log.rows.rows_of(NumberBlock.stream(block))) for block in range(1, 7)]
    assert counts == [EACH, EACH, 2 * EACH, 2 * EACH, EACH, EACH]


def test_a_commit_that_is_refused_leaves_no_gap(qolhat: Qolhat) -> None:
    rows, one, other = qolhat.log.rows, uuid4(), uuid4()
    assert rows.insert_events([stored(one, 1), stored(other, 1)]) == [1, 2]
    with pytest.raises(IntegrityError):
        rows.insert_events([stored(uuid4(), 1), stored(one, 1)])
    assert rows.insert_events([stored(one, 2)]) == [3]
    assert [row[:3] for row in rows.rows_after(0, 10)] == [(1, one, 1), (2, other, 1), (3, one, 2)]


def test_nothing_is_stored_at_no_position(qolhat: Qolhat) -> None:
    assert qolhat.log.rows.insert_events([]) == []
    assert qolhat.log.rows.last_position() == 0


def test_more_events_than_a_statement_holds_are_one_commit(qolhat: Qolhat) -> None:
    rows, streams = qolhat.log.rows, [uuid4() for _ in range(700)]
    assert rows.insert_events([stored(s, 1) for s in streams]) == list(range(1, 701))
    found = rows.rows_of_many(streams)
    assert {s: len(found[s]) for s in streams} == dict.fromkeys(streams, 1)
    with pytest.raises(IntegrityError):
        rows.insert_events([stored(s, 1) for s in [*(uuid4() for _ in range(300)), streams[0]]])
    assert rows.last_position() == 700


def test_the_library_reads_the_log_as_it_is(qolhat: Qolhat) -> None:
    stream, text = uuid4(), '{"r":1,"name":"Сынақ \\u0000 😀"}'
    qolhat.log.rows.insert_events([stored(stream, n, text) for n in range(1, 6)])
    notifications = qolhat.log.notification_log.select(2, 3)
    assert [each.id for each in notifications] == [2, 3, 4]
    assert {each.state for each in notifications} == {text.encode()}
    recorder = qolhat.log.recorder
    assert recorder.max_notification_id() == 5
    assert [e.id for e in recorder.select_notifications(2, 9, 4, inclusive_of_start=False)] == [
        3,
        4,
    ]
    assert recorder.select_notifications(1, 9, topics=["pkt.scan"]) == []
    assert len(recorder.select_notifications(None, 9, topics=["pkt.scan", "blk.res"])) == 5
    events = recorder.select_events(stream, gt=1, lte=4, desc=True, limit=2)
    assert [event.originator_version for event in events] == [4, 3]


def test_arrays_are_written_as_postgresql_reads_them(postgres_dsn: str) -> None:
    uuids, numbers, texts = [uuid4(), uuid4()], [0, -1, 2**31 - 1], ["", "Әңгіме", '{"a":"\\""}']
    with psycopg.connect(postgres_dsn) as connection:
        teach_arrays(connection)
        asked = SQL("SELECT %s::uuid[], %s::integer[], %s::text[]")
        values = (Uuids.of(uuids), Integers.of(numbers), Texts.of([t.encode() for t in texts]))
        assert connection.execute(asked, values).fetchone() == (uuids, numbers, texts)
        none = (Uuids.of([]), Integers.of([]), Texts.of([]))
        assert connection.execute(asked, none).fetchone() == ([], [], [])


def test_several_stores_of_a_server_decide_by_the_same_events(
    postgres_dsn: str, log: EventLog
) -> None:
    with closing(postgres_log(postgres_dsn)) as other:
        answers = [each.commands.run(reserve(1)).answer.start for each in (log, other) * 3]
    assert answers == [1, 2, 3, 4, 5, 6]
