"""Commands share a commit: none is lost, one bad one fails alone, conflicts are decided anew."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError, StoredEvent

from domain.blocks import BlockUsedUpError, NumberBlock
from domain.numbers import MAX_SERIAL
from infra.bootstrap import Qolhat
from infra.errors import ConflictError, StorageError, StorageFullError
from infra.store.group_commit import GroupCommit, UnitOfWork
from tests.stories import MORNING


def reserve(block: int, count: int = 1) -> Any:
    """A command that takes serials of a block."""

    def work(unit: UnitOfWork) -> range:
        return unit.load(NumberBlock, NumberBlock.stream(block)).reserve(count, MORNING)

    return work


def test_commands_on_one_stream_in_one_commit_see_each_other(qolhat: Qolhat) -> None:
    commits = GroupCommit(qolhat.log.rows)
    outcomes = commits.run_all([reserve(1, 5) for _ in range(20)])
    assert [o.answer for o in outcomes] == [range(1 + 5 * i, 6 + 5 * i) for i in range(20)]
    assert commits.commits == 1
    assert outcomes[-1].position == qolhat.log.rows.last_position()


def test_one_bad_command_fails_alone(qolhat: Qolhat) -> None:
    works = [reserve(1), reserve(2, MAX_SERIAL + 1), reserve(3)]
    first, bad, last = GroupCommit(qolhat.log.rows).run_all(works)
    assert first.answer == last.answer == range(1, 2)
    assert isinstance(bad.error, BlockUsedUpError)
    assert qolhat.log.rows.last_position() == 2


def test_a_command_that_breaks_halfway_leaves_nothing_and_harms_nobody(qolhat: Qolhat) -> None:
    def broken(unit: UnitOfWork) -> None:
        reserve(2)(unit)
        raise ZeroDivisionError

    first, bad, last = GroupCommit(qolhat.log.rows).run_all([reserve(1), broken, reserve(3)])
    assert first.error is None
    assert last.error is None
    assert isinstance(bad.error, ZeroDivisionError)
    assert qolhat.log.rows.rows_of(NumberBlock.stream(2)) == []


def test_threads_share_commits_and_every_command_has_its_own_answer(qolhat: Qolhat) -> None:
    commits = GroupCommit(qolhat.log.rows)
    answers: list[tuple[int, range]] = []

    def work(own: int) -> None:
        for turn in range(25):
            block = (own * 7 + turn) % 5
            answers.append((block, commits.run(reserve(block)).answer))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 200
    assert len({(block, serials.start) for block, serials in answers}) == 200
    assert commits.commits < commits.commands == 200


def test_when_another_process_was_faster_the_command_is_decided_again(qolhat: Qolhat) -> None:
    one, other = GroupCommit(qolhat.log.rows), GroupCommit(qolhat.log.rows)
    interfered: list[Any] = []

    def work(unit: UnitOfWork) -> range:
        stream = unit.load(NumberBlock, NumberBlock.stream(1))
        if not interfered:
            interfered.append(other.run(reserve(1, 10)))
        return stream.reserve(1, MORNING)

    assert one.run(work).answer == range(11, 12)


def test_who_never_gets_through_is_told_of_the_conflict(
    qolhat: Qolhat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.store.group_commit.ATTEMPTS", 3)
    one, other = GroupCommit(qolhat.log.rows), GroupCommit(qolhat.log.rows)

    def work(unit: UnitOfWork) -> range:
        stream = unit.load(NumberBlock, NumberBlock.stream(1))
        other.run(reserve(1))
        return stream.reserve(1, MORNING)

    with pytest.raises(ConflictError):
        one.run(work)


class FailingRecorder:
    """A recorder whose disk is full."""

    def __init__(self, recorder: Any, message: str) -> None:
        self._recorder = recorder
        self.message: str | None = message

    def insert_events(self, stored_events: Sequence[StoredEvent]) -> Any:
        if self.message:
            raise OperationalError(self.message)
        return self._recorder.insert_events(stored_events)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recorder, name)


def test_a_full_disk_acknowledges_nothing_and_works_again_when_there_is_room(
    qolhat: Qolhat,
) -> None:
    recorder = FailingRecorder(qolhat.log.rows, "database or disk is full")
    commits = GroupCommit(recorder)  # type: ignore[arg-type]
    outcomes = commits.run_all([reserve(1), reserve(2)])
    assert all(isinstance(o.error, StorageFullError) for o in outcomes)
    assert qolhat.log.rows.last_position() == 0
    recorder.message = "something nobody has thought of"
    with pytest.raises(StorageError):
        commits.run(reserve(1))
    recorder.message = None
    assert commits.run(reserve(1)).answer == range(1, 2)
