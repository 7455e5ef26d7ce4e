"""Commands of many threads share a commit: a disk syncs once for all that are waiting.

Whoever finds nobody leading leads: it decides every waiting command, one after the other, stores
all their events in one transaction, and only then lets the waiting go. While the disk works, the
next ones gather. A command that is refused fails alone; when somebody else (another process) has
written to one of the streams, each command is decided again from what is stored now.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from eventsourcing.persistence import IntegrityError, PersistenceError

from domain.errors import QolhatError
from domain.streams import Stream
from infra.errors import ConflictError, StorageError, StorageUnreachableError, storage_error
from infra.store.mapper import CompactMapper, read_event
from infra.store.rows import RowRecorder

T = TypeVar("T")
S = TypeVar("S", bound=Stream)
MOST_IN_A_COMMIT = 256
ATTEMPTS = 40
LONGEST_PAUSE_SECONDS = 0.05
GATHER_SECONDS = 0.00005


class UnitOfWork:
    """The streams that commands of one commit have loaded; each is loaded once."""

    def __init__(self, recorder: RowRecorder, expected: Iterable[UUID] = ()) -> None:
        """Read the streams that are expected to be loaded, all at once."""
        self._recorder = recorder
        self._streams: dict[UUID, Stream] = {}
        self._touched: list[tuple[Stream, int]] = []
        self._read = recorder.rows_of_many(set(expected)) if expected else {}

    def expect(self, streams: Iterable[UUID]) -> None:
        """Read streams that are going to be loaded, all at once."""
        missing = {each for each in streams if each not in self._streams and each not in self._read}
        if missing:
            self._read |= self._recorder.rows_of_many(missing)

    def load(self, kind: type[S], stream: UUID) -> S:
        """Return the stream as it is stored, with what this commit adds to it; perhaps blank."""
        loaded = self._streams.get(stream)
        if loaded is None:
            rows = self._read.get(stream)
            if rows is None:
                rows = self._recorder.rows_of(stream)
            loaded = kind.project(stream, [read_event(stream, *row) for row in rows])
            self._streams[stream] = loaded
        self._touched.append((loaded, len(loaded.pending_events)))
        return cast("S", loaded)

    def begin(self) -> None:
        """Another command is going to be decided."""
        self._touched.clear()

    def has_added(self) -> bool:
        """Tell whether the command has added events to the streams that it loaded."""
        return any(len(stream.pending_events) != before for stream, before in self._touched)

    def collect(self) -> list[Any]:
        """Take the events that wait to be stored."""
        return [event for stream in self._streams.values() for event in stream.collect_events()]


@dataclass(frozen=True, slots=True)
class Committed(Generic[T]):
    """A command's answer, and the position up to which a view must be to show it."""

    answer: T
    position: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many commands: an answer, or the error that refused it."""

    answer: Any
    position: int
    error: Exception | None


class _Job:
    __slots__ = (
        "answer",
        "error",
        "finished",
        "latch",
        "leads_a_call",
        "position",
        "stream",
        "work",
    )

    def __init__(self, work: Callable[[UnitOfWork], Any], stream: UUID | None) -> None:
        self.work = work
        self.stream = stream
        self.answer: Any = None
        self.error: Exception | None = None
        self.position = 0
        self.finished = False
        self.leads_a_call = False
        self.latch = threading.Lock()
        self.latch.acquire()

    def finish(self) -> None:
        """Let the waiting thread see the outcome."""
        if self.position == 0 and self.error is None:
            self.error = StorageError(detail="interrupted")
        self.finished = True
        self.wake()

    def wake(self) -> None:
        """Let the thread look again; it may be awake already."""
        try:
            self.latch.release()
        except RuntimeError:
            return


class GroupCommit:
    """Decides and stores commands; safe to call from any number of threads."""

    def __init__(self, recorder: RowRecorder) -> None:
        self._recorder = recorder
        self._mapper = CompactMapper()
        self._waiting: deque[_Job] = deque()
        self._leading = threading.Lock()
        self._position = max(1, recorder.last_position())
        self._together = 0
        self.commits = 0
        self.commands = 0

    def run(self, work: Callable[[UnitOfWork], T], stream: UUID | None = None) -> Committed[T]:
        """Decide one command and return once its events are durable.

        `work` must refuse before it triggers an event, and may be called again. The stream that it
        is going to load is read together with those of others. Raises what it raises, or a
        StorageError; in both cases nothing of the command is stored.
        """
        outcome = self.run_all([work], [stream])[0]
        if outcome.error is not None:
            raise outcome.error
        return Committed(outcome.answer, outcome.position)

    def run_all(
        self,
        works: Sequence[Callable[[UnitOfWork], Any]],
        streams: Sequence[UUID | None] = (),
    ) -> list[Outcome]:
        """Decide commands in order, in as few commits as can be; each has its own outcome.

        `streams` are those that the commands will load, one each, as far as it is known.
        """
        jobs = [_Job(*each) for each in zip_longest(works, streams)]
        if jobs:
            jobs[0].leads_a_call = True
        self._waiting.extend(jobs)
        for job in jobs:
            self._see_through(job)
        return [Outcome(job.answer, job.position, job.error) for job in jobs]

    def _see_through(self, job: _Job) -> None:
        """Lead a commit with the job in it, or wait until somebody has done so."""
        while not job.finished:
            if self._leading.acquire(blocking=False):
                try:
                    self._lead_until_finished(job)
                finally:
                    self._leading.release()
                    self._wake_next()
            else:
                job.latch.acquire()

    def _wake_next(self) -> None:
        """Somebody who came while nobody was looking must lead now."""
        try:
            self._waiting[0].wake()
        except IndexError:
            return

    def _lead_until_finished(self, own: _Job) -> None:
        while not own.finished:
            jobs: list[_Job] = []
            self._gather()
            while self._waiting and len(jobs) < MOST_IN_A_COMMIT:
                jobs.append(self._waiting.popleft())
            try:
                self._commit(jobs)
            finally:
                for job in jobs:
                    job.finish()

    def _gather(self) -> None:
        """Wait a moment for those of the last commit, as long as they keep coming back."""
        seen = 0
        while seen < (here := len(self._waiting)) < self._together:
            seen = here
            time.sleep(GATHER_SECONDS)

    def _commit(self, jobs: list[_Job]) -> None:
        self.commands += len(jobs)
        self._together = max(sum(job.leads_a_call for job in jobs), self._together - 1)
        if len(jobs) == 1 or not self._commit_together(jobs):
            for job in jobs:
                self._commit_alone(job)

    def _commit_together(self, jobs: list[_Job]) -> bool:
        """Store what all jobs decide in one transaction; False if each must be tried alone."""
        decided = []
        refused: list[tuple[_Job, QolhatError]] = []
        try:
            unit = UnitOfWork(self._recorder, _expected(jobs))
            for job in jobs:
                unit.begin()
                try:
                    job.answer = job.work(unit)
                    decided.append(job)
                except StorageUnreachableError:
                    raise
                except QolhatError as refusal:
                    if unit.has_added():
                        return False
                    refused.append((job, refusal))
            position = self._store(unit)
        except StorageUnreachableError as error:  # it would be waited for again for each
            for job in jobs:
                job.error = type(error)(**error.facts)
            return True
        except Exception:  # noqa: BLE001  whose fault it was shows when each is tried alone
            return False
        for job in decided:
            job.position = position
        for job, why in refused:
            job.error = why
        return True

    def _commit_alone(self, job: _Job) -> None:
        for attempt in range(ATTEMPTS):
            if attempt:  # somebody else was faster: let them finish, and do not keep step
                pause = min(0.001 * 2**attempt, LONGEST_PAUSE_SECONDS)
                time.sleep(pause * random.random())  # noqa: S311  no secret
            try:
                unit = UnitOfWork(self._recorder, _expected([job]))
                job.answer = job.work(unit)
                job.position = self._store(unit)
            except IntegrityError:
                continue
            except PersistenceError as error:
                job.error = storage_error(error)
            except Exception as error:  # noqa: BLE001  belongs to the command's caller
                job.error = error
            return
        job.error = ConflictError()

    def _store(self, unit: UnitOfWork) -> int:
        events = unit.collect()
        if events:
            stored = [self._mapper.to_stored_event(event) for event in events]
            self._position = max(self._position, *(self._recorder.insert_events(stored) or ()))
            self.commits += 1
        return self._position


def _expected(jobs: Iterable[_Job]) -> list[UUID]:
    return [job.stream for job in jobs if job.stream is not None]
