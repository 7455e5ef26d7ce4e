"""Builds a generation of views from whole streams: in this process, or in several at once.

The streams are cut into pieces of about as many events. Whoever builds a piece reads it stream by
stream, so that a packet is walked through once and its rows are written once, by COPY. Indexes are
made when the tables are full; then the bags of which a view must know other streams are worked out
from the journal, and the full tables are added up. A stream that cannot be taken in as a whole is
left to whoever asked: the ordinary way sets its bad events aside.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from uuid import UUID

import sqlalchemy as sa

from domain.dispatch.bag import Bag
from domain.dispatch.journey import journey_of
from domain.numbers import BagCode
from infra.database import database_error, postgres_engine
from infra.errors import StorageError
from infra.store.log import EventLog
from infra.store.mapper import read_event
from infra.store.rows import FIRST_STREAM, LAST_STREAM, LAST_VERSION, EventRow, RowRecorder
from infra.views.digest import PastEvents
from infra.views.group import ViewGroup
from infra.views.loading import finish, roomy, store, strip
from infra.views.whole import LooksAcrossError, NothingElse, batch_of, streams_of
from projections.journal import Journal, JournalRow
from projections.tables import Loading
from projections.view import BagChange, Batch, Knowledge, SummingView, View

T = TypeVar("T")
PAGE = 5_000  # events
_PIECE = 20_000  # events, about
_MOST_PIECES = 2_000
_SAMPLES_A_PIECE = 20
_BAGS = 500


class ShardEndedError(StorageError):
    """A process that built a part of the views has ended; the live views are as they were."""

    code = "shard-ended"


@dataclass(frozen=True, slots=True)
class Piece:
    """Streams: those after the one up to the other."""

    after: UUID
    last: UUID


@dataclass(frozen=True, slots=True)
class Generation:
    """What is built: which generation of each view, from the events up to a position."""

    numbers: dict[str, int]
    until: int


@dataclass(frozen=True, slots=True)
class Left:
    """What loading a piece leaves to do.

    `streams`: those that cannot be taken in as a whole; `bags`: those of which some view must look
    at other streams.
    """

    streams: list[UUID] = field(default_factory=list)
    bags: list[BagCode] = field(default_factory=list)

    def __iadd__(self, other: Left) -> Self:
        """Add what another piece leaves."""
        self.streams.extend(other.streams)
        self.bags.extend(other.bags)
        return self


class Builder:
    """Builds parts of a generation; each process has its own."""

    def __init__(self, log: EventLog, group: ViewGroup, generation: Generation) -> None:
        self._log = log  # it closes its connections when nobody holds it
        self._group = group
        self._until = generation.until
        self._journal = group.of_generation(Journal, generation.numbers[Journal.name])
        views = [group.of_generation(kind, generation.numbers[kind.name]) for kind in group.kinds]
        self._views = {view.name: view for view in views}
        self.sums = [view for view in views if isinstance(view, SummingView)]
        views = [view for view in views if not isinstance(view, SummingView)]
        self._single = [view for view in views if not view.across_streams]
        self._across = [view for view in views if view.across_streams]
        self.tables = [table for view in self._single for table in view.tables.values()]

    def strip(self) -> None:
        """Take the indexes of all tables away that are going to be filled by streams."""
        with self._group.writing.begin() as connection:
            for table in self.tables:
                strip(connection, table)

    def load(self, piece: Piece) -> Left:
        """Build what a piece says; return what is left to do."""
        left = Left()
        for rows in self._whole_streams(piece):
            left += self._load(streams_of(rows))
        return left

    def _whole_streams(self, piece: Piece) -> Iterator[list[EventRow]]:
        place, carried = (piece.after, LAST_VERSION), list[EventRow]()
        while True:
            page = self._log.rows.rows_by_stream(place, piece.last, self._until, PAGE)
            carried += page
            if len(page) < PAGE:
                yield carried
                return
            place = last, _ = page[-1][1], page[-1][2]
            begun = len(carried)
            while begun and carried[begun - 1][1] == last:
                begun -= 1
            if begun:
                yield carried[:begun]
                carried = carried[begun:]

    def _load(self, streams: Sequence[Sequence[EventRow]]) -> Left:
        if not streams:
            return Left()
        try:
            return Left(bags=self._store(streams))
        except (sa.exc.OperationalError, StorageError):
            raise
        except Exception:  # noqa: BLE001  one of the streams has something bad: the rest must go on
            if len(streams) == 1:
                return Left(streams=[streams[0][0][1]])
            middle = len(streams) // 2
            left = self._load(streams[:middle])
            left += self._load(streams[middle:])
            return left

    def _store(self, streams: Sequence[Sequence[EventRow]]) -> list[BagCode]:
        loading = Loading()
        batch = batch_of(streams, self._group.knowledge, self._journal, loading)
        for view in self._single:
            view.apply(loading, batch)
        later = [change.number for change in batch.bags if not self._stands_alone(change, loading)]
        self._write(loading)
        return later

    def _stands_alone(self, bag: BagChange, loading: Loading) -> bool:
        """Work out the views that look across streams, if nothing came of it that they would."""
        own = Loading()
        try:
            for view in self._across:
                view.apply(own, Batch(NothingElse(), bags=[bag]))
        except LooksAcrossError:
            return False
        for table, rows in own.rows.items():
            loading.rows[table].extend(rows)
        return True

    def _write(self, loading: Loading) -> None:
        with self._group.writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL synchronous_commit = off"))
            store(connection, loading)

    def finish(self, table: int) -> None:
        """Make the indexes of a table that is full."""
        with self._group.writing.begin() as connection:
            finish(connection, self.tables[table])

    def sum_up(self, view: int) -> None:
        """Derive a view of sums from the others, which are full."""
        sums = self.sums[view]
        with self._group.writing.begin() as connection:
            roomy(connection)
            for table in sums.tables.values():
                strip(connection, table)
            sums.derive(connection, self._views)
            for table in sums.tables.values():
                finish(connection, table)

    def look_across(self, bags: Sequence[BagCode]) -> None:
        """Work out the views that look across streams, for these bags, from the whole journal."""
        loading = Loading()
        with self._group.engine.connect() as connection:
            entries = self._journal.entries_of_many(connection, bags)
            changes = [_bag_change(bag, entries[bag]) for bag in bags]
            journeys = {change.number: change.journey for change in changes}
            batch = Batch(PastEvents(connection, self._journal, journeys), bags=changes)
            for view in self._across:
                view.apply(loading, batch)
        self._write(loading)


def _bag_change(bag: BagCode, entries: Iterable[JournalRow]) -> BagChange:
    stream = Bag.stream(bag)
    events = [read_event(stream, *entry) for entry in entries]
    return BagChange(bag, events, journey_of(bag, events))


def pieces_of(rows: RowRecorder, until: int) -> list[Piece]:
    """Cut all streams into pieces of about as many events, as a sample of positions tells."""
    count = min(max(1, until // _PIECE), _MOST_PIECES)
    step = max(1, until // (count * _SAMPLES_A_PIECE))
    sample = rows.streams_at(range(1, until + 1, step)) if count > 1 else []
    cuts = [sample[len(sample) * n // count] for n in range(1, count)] if sample else []
    ends = [*dict.fromkeys(cuts), LAST_STREAM]
    return [Piece(*ends) for ends in zip([FIRST_STREAM, *ends], ends, strict=False)]


def build(
    rows: RowRecorder, force: Workforce, until: int, tell: Callable[[int, int], None]
) -> list[UUID]:
    """Build everything; return the streams that cannot be taken in as a whole.

    `tell` is told how many events are done, about, of how many. Raises StorageError.
    """
    builder, pieces, left = force.builder, pieces_of(rows, until), Left()
    builder.strip()
    for done, some in enumerate(force.each(Builder.load, pieces), start=1):
        left += some
        tell(until * done // (len(pieces) + 1), until)
    list(force.each(Builder.finish, range(len(builder.tables))))
    bags = [left.bags[start : start + _BAGS] for start in range(0, len(left.bags), _BAGS)]
    list(force.each(Builder.look_across, bags))
    list(force.each(Builder.sum_up, range(len(builder.sums))))
    return left.streams


# --- in several processes -------------------------------------------------------------------------


class Workforce:
    """Lets parts be built: one after the other by this process, or at once by others."""

    def __init__(self, builder: Builder, pool: ProcessPoolExecutor | None = None) -> None:
        self.builder = builder
        self._pool = pool

    def each(self, work: Callable[..., T], parts: Iterable[Any]) -> Iterator[T]:
        """Do a method of `Builder` with each of the parts; return outcomes as they come.

        Raises what the work raises, ShardEndedError.
        """
        if self._pool is None:
            yield from (work(self.builder, part) for part in parts)
            return
        try:
            yield from _as_they_come([self._pool.submit(_do, work, part) for part in parts])
        except BrokenProcessPool as error:
            raise ShardEndedError(detail=str(error)) from error


def _as_they_come(waiting: Iterable[Future[T]]) -> Iterator[T]:
    left = set(waiting)
    try:
        while left:
            done, left = wait(left, return_when=FIRST_COMPLETED)
            yield from (each.result() for each in done)
    finally:
        for each in left:
            each.cancel()


@contextmanager
def workforce(
    log: EventLog, group: ViewGroup, generation: Generation, processes: int
) -> Iterator[Workforce]:
    """Make ready to build a generation in so many processes; 1: in this one.

    Several only on PostgreSQL: SQLite has one writer.
    """
    builder = Builder(log, group, generation)
    if processes == 1 or group.engine.dialect.name != "postgresql":
        yield Workforce(builder)
        return
    recipe = _Recipe(
        dict(log.env),
        log.database,
        _address(group.engine),
        group.knowledge,
        group.kinds[1:],
        generation,
    )
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_open, initargs=(recipe,)
    )
    for _ in range(processes):  # all start now: none while the pool finds out that another ended
        pool.submit(_get_ready)
    try:
        yield Workforce(builder, pool)
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What another process needs to build."""

    env: dict[str, str]
    database: Callable[[], sa.Engine]
    views: str  # the address of their database
    knowledge: Knowledge
    kinds: tuple[type[View], ...]
    generation: Generation


def _address(engine: sa.Engine) -> str:
    """Return the address of the database, the password and the schema included."""
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415  not in the embedded edition

    with engine.connect() as connection:
        info = connection.connection.driver_connection.info  # type: ignore[union-attr]
        secret = {"password": info.password} if info.password else {}
        return make_conninfo(**info.get_parameters(), **secret)


_builders: list[Builder] = []  # of this process; one


def _open(recipe: _Recipe) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    log = EventLog(recipe.env, recipe.database)
    views = ViewGroup(postgres_engine(recipe.views, pool=2), recipe.knowledge, recipe.kinds)
    _builders.append(Builder(log, views, recipe.generation))


def _get_ready() -> None:
    """Be there."""


def _end_with_parent() -> None:
    """Nobody waits for what is built any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(work: Callable[[Builder, Any], T], part: Any) -> T:
    try:
        return work(_builders[0], part)
    except sa.exc.OperationalError as error:  # holds what cannot be sent to another process
        raise database_error(error) from None
