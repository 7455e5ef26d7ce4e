"""A group of views that follow one log together, each with its rows and its position.

A batch of events is read once, worked out once, and written with the positions in one transaction:
exactly once, whenever the process is killed. An event that cannot be understood is set aside and
shown; the ones after it go on. Views live in a database apart from the events, so that projecting
never blocks scanning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TypeVar, cast

import sqlalchemy as sa

from domain.dispatch.bag import EVENTS as BAG_EVENTS
from infra.database import database_error
from infra.errors import StorageError
from infra.store.rows import EventRow
from infra.views import locks
from infra.views.digest import Digest
from infra.views.frontier import OWN_LOG, Frontier, LogPlace, Place
from projections.journal import Journal
from projections.tables import upsert
from projections.view import Knowledge, SummingView, View

__all__ = ["OWN_LOG", "Reading", "SetAside", "ViewGroup", "ViewsMovedError"]
V = TypeVar("V", bound=View)

metadata = sa.MetaData()
_generations = sa.Table(
    "view_generations",
    metadata,
    sa.Column("view", sa.Text, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
)
_makes = sa.Table(
    "view_makes",
    metadata,
    sa.Column("view", sa.Text, primary_key=True),
    sa.Column("shape", sa.Text, nullable=False),
    sa.Column("knowledge", sa.Text, nullable=False),
)
_set_aside = sa.Table(
    "view_set_aside",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
)


class ViewsMovedError(StorageError):
    """Somebody else has moved the views on; read their position again."""

    code = "views-moved"


class OtherViewsError(StorageError):
    """Another version of the program has made the tables; whoever cannot fill them must not."""

    code = "other-views"


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that the views could not take in."""

    source: str
    position: int
    topic: str
    stream: str
    error: str


class Reading:
    """A moment at which the views are read."""

    def __init__(self, group: ViewGroup, connection: sa.Connection) -> None:
        self.connection = connection
        self._group = group
        self._generations = group.generations(connection)

    def view(self, kind: type[V]) -> V:
        """Return the live generation of a view, to ask it with this reading's connection."""
        return self._group.of_generation(kind, self._generations[kind.name])


class ViewGroup:
    """The views of one database that follow one source.

    `place` keeps how far they are; that in the store's own log, unless said otherwise.
    """

    def __init__(
        self,
        engine: sa.Engine,
        knowledge: Knowledge,
        kinds: Sequence[type[View]],
        place: Place | None = None,
    ) -> None:
        self.engine = engine
        self.writing = engine.execution_options(writing=True)
        self.knowledge = knowledge
        self.kinds: tuple[type[View], ...] = (Journal, *kinds)
        self.place: Place = place or LogPlace([kind.name for kind in self.kinds])
        self._made: dict[tuple[str, int], View] = {}
        self._shapes: dict[str, str] = {}

    def prepare(self) -> None:
        """Make the tables where they are missing or of another shape; several may do so at once.

        Raises StorageError.
        """
        with self._failing_clearly(), self.writing.begin() as connection:
            locks.making(connection)
            metadata.create_all(connection)
            LogPlace(()).prepare(connection)  # whoever moves any views locks its table
            locks.alone(connection)
            ours = self.place.prepare(connection)
            if ours and self._is_made_alike(connection):
                self._mend_indexes(connection)
            else:
                self.begin_anew_in(connection)

    def outdated(self) -> bool:
        """Tell whether rows were computed with other norms, worked days or hours than now."""
        with self.connected() as connection:
            return self.outdated_in(connection)

    def outdated_in(self, connection: sa.Connection) -> bool:
        """The same, in a transaction that is open."""
        made = self._makes_in(connection)
        return any(made[kind.name][1] != self.knowledge.version for kind in self.kinds)

    def begin_anew(self) -> None:
        """Throw all rows away; the views start from the first event. Raises StorageError."""
        with self.alone() as connection:
            self.begin_anew_in(connection)

    def begin_anew_in(self, connection: sa.Connection) -> None:
        """The same, in a transaction in which nobody else moves the views."""
        self.clear(connection)
        self.place.forget(connection)

    def clear(self, connection: sa.Connection) -> None:
        """Throw all rows away; the caller says where to go on."""
        known = self.generations(connection)
        for kind in self.kinds:
            generation = known.get(kind.name, 0) + 1
            self.make(connection, kind, generation)
            self.put_in_place(connection, kind, generation)
        connection.execute(_set_aside.delete())

    def _mend_indexes(self, connection: sa.Connection) -> None:
        """Drop the indexes that only an older program had, make those that it had not."""
        live = self.generations(connection)
        tables = [
            table
            for kind in self.kinds
            for table in self.of_generation(kind, live[kind.name]).tables.values()
        ]
        names = [table.name for table in tables]
        found = sa.inspect(connection).get_multi_indexes(filter_names=names)
        there = {(table, each["name"]) for (_, table), many in found.items() for each in many}
        wanted = {(table.name, index.name): index for table in tables for index in table.indexes}
        for _, name in sorted(there - wanted.keys()):
            connection.execute(sa.text(f"DROP INDEX {name}"))
        for key in sorted(wanted.keys() - there):
            wanted[key].create(connection)

    def _is_made_alike(self, connection: sa.Connection) -> bool:
        made = self._makes_in(connection)
        return all(made.get(kind.name, ("",))[0] == self._shape(kind) for kind in self.kinds)

    def _makes_in(self, connection: sa.Connection) -> dict[str, tuple[str, str]]:
        rows = connection.execute(_makes.select())
        return {view: (shape, knowledge) for view, shape, knowledge in rows}

    def _shape(self, kind: type[View]) -> str:
        """Return the shape of a view, worked out once: it is compared at every batch."""
        if kind.name not in self._shapes:
            self._shapes[kind.name] = self.of_generation(kind, 1).shape
        return self._shapes[kind.name]

    # --- generations ----------------------------------------------------------------------------

    def generations(self, connection: sa.Connection) -> dict[str, int]:
        """Return the live generation of each view."""
        query = sa.select(_generations.c.view, _generations.c.generation)
        return dict(connection.execute(query).all())

    def of_generation(self, kind: type[V], generation: int) -> V:
        """Return the view of that generation."""
        made = self._made.get((kind.name, generation))
        if made is None:
            made = self._made[kind.name, generation] = kind(generation, self.knowledge)
        return cast("V", made)

    def make(self, connection: sa.Connection, kind: type[View], generation: int) -> None:
        """Make the empty tables of a generation, in place of what is left of it."""
        view = self.of_generation(kind, generation)
        view.metadata.drop_all(connection)
        view.metadata.create_all(connection)

    def put_in_place(self, connection: sa.Connection, kind: type[View], generation: int) -> None:
        """Let the plain names mean this generation from the commit on; drop the one before."""
        locks.no_readers(connection)
        before = self.generations(connection).get(kind.name)
        for name, table in self.of_generation(kind, generation).tables.items():
            connection.execute(sa.text(f"DROP VIEW IF EXISTS {name}"))
            connection.execute(sa.text(f"CREATE VIEW {name} AS SELECT * FROM {table.name}"))  # noqa: S608
        connection.execute(_generations.delete().where(_generations.c.view == kind.name))
        values = {"view": kind.name, "generation": generation}
        connection.execute(_generations.insert().values(**values))
        made = {
            "view": kind.name,
            "shape": self._shape(kind),
            "knowledge": self.knowledge.version,
        }
        upsert(connection, _makes, [made])
        if before not in (None, generation):
            self.of_generation(kind, before).metadata.drop_all(connection)

    # --- positions --------------------------------------------------------------------------------

    def position(self) -> int:
        """Return the position of the store up to which all views are. Raises StorageError."""
        with self.connected() as connection:
            return self.position_in(connection)

    def position_in(self, connection: sa.Connection) -> int:
        """The same, in a transaction that is open."""
        return self.frontier_in(connection).least

    def frontier_in(self, connection: sa.Connection) -> Frontier:
        """Return how far the views are in each partition."""
        return self.place.frontier_in(connection)

    def move(self, connection: sa.Connection, position: int) -> None:
        """Write that all events up to a position were taken in, whichever partition they are in."""
        self.place.raise_to(connection, position)

    # --- taking events in -------------------------------------------------------------------------

    def take(self, rows: Sequence[EventRow], after: int) -> int:
        """Take in a page of the store's own log that follows position `after`; return its end.

        What is in the views already, because their frontier is ahead in some partitions, is left
        out. Raises ViewsMovedError if the views are not at `after`, OtherViewsError, StorageError.
        """
        if not rows:
            return after
        with self.alone() as connection:
            self.expect_made_alike(connection)
            frontier = self.frontier_in(connection)
            if frontier.least != after:
                raise ViewsMovedError
            lacking = frontier.lacks(rows)
            self.put_aside(connection, self.write(connection, lacking) if lacking else [])
            self.move(connection, rows[-1][0])
        return rows[-1][0]

    @contextmanager
    def alone(self) -> Iterator[sa.Connection]:
        """Open a transaction in which nobody else moves the views; it commits at the end.

        Raises StorageError.
        """
        with self._failing_clearly(), self.writing.begin() as connection:
            locks.alone(connection)
            yield connection

    @contextmanager
    def among_others(self) -> Iterator[sa.Connection]:
        """Open a transaction in which others may write other streams; it commits at the end.

        Raises OtherViewsError, also where the others compute with other norms or hours than we;
        StorageError.
        """
        with self._failing_clearly(), self.writing.begin() as connection:
            locks.among_others(connection)
            self.expect_made_alike(connection)
            if self.outdated_in(connection):
                raise OtherViewsError(detail="the views were computed with other norms or hours")
            yield connection

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Let one process at a time find out whether the views are outdated, and renew them.

        Raises StorageError.
        """
        with self._failing_clearly(), locks.renewing(self.engine):
            yield

    @contextmanager
    def building(self) -> Iterator[None]:
        """Let one process at a time build a generation beside the live one. Raises StorageError."""
        with self._failing_clearly(), locks.building(self.engine):
            yield

    def expect_made_alike(self, connection: sa.Connection) -> None:
        """Make sure that the tables are as this program knows them. Raises OtherViewsError.

        Without it every event would be set aside while versions of the program change.
        """
        if not self._is_made_alike(connection):
            raise OtherViewsError(detail="the tables were made by another version of the program")

    def write(
        self,
        connection: sa.Connection,
        rows: Sequence[EventRow],
        generations: dict[str, int] | None = None,
    ) -> list[SetAside]:
        """Write what the events change into every view; return those that cannot be taken in.

        Where several write the live generations at once, call it once a transaction: a second call
        might wait for somebody who waits for the first.
        """
        meet = self._meeting(connection, rows) if generations is None else _nobody_else
        return self._write_or_halve(connection, rows, generations, meet)

    def _meeting(self, connection: sa.Connection, rows: Sequence[EventRow]) -> Callable[[], None]:
        if not self.place.shared:
            return _nobody_else
        exclusive = any(row[3] in BAG_EVENTS for row in rows)  # of all: no half waits twice
        return lambda: locks.meeting(connection, exclusive=exclusive)

    def _write_or_halve(
        self,
        connection: sa.Connection,
        rows: Sequence[EventRow],
        generations: dict[str, int] | None,
        meet: Callable[[], None],
    ) -> list[SetAside]:
        numbers = generations or self.generations(connection)
        try:
            with connection.begin_nested():
                self._write(connection, rows, numbers, meet)
        except (sa.exc.OperationalError, StorageError):
            raise
        except Exception as error:  # noqa: BLE001  one of the events is poison: the rest must go on
            if len(rows) == 1:
                return [self._poison(rows[0], error)]
            middle = len(rows) // 2
            aside = self._write_or_halve(connection, rows[:middle], numbers, meet)
            return aside + self._write_or_halve(connection, rows[middle:], numbers, meet)
        return []

    def _write(
        self,
        connection: sa.Connection,
        rows: Sequence[EventRow],
        numbers: dict[str, int],
        meet: Callable[[], None],
    ) -> None:
        """Write the views that stand on single streams, then, having met all others, the rest.

        Last come the sums, which nobody else adds to until the commit.
        """
        views = [self.of_generation(kind, numbers[kind.name]) for kind in self.kinds]
        sums = [view for view in views if isinstance(view, SummingView)]
        views = [view for view in views if not isinstance(view, SummingView)]
        journal = self.of_generation(Journal, numbers[Journal.name])
        digest = Digest(connection, journal, self.knowledge)
        batch = digest.of(rows)
        for view in views:
            if not view.across_streams:
                view.apply(connection, batch)
        meet()
        digest.look_again()
        for view in views:
            if view.across_streams:
                view.apply(connection, batch)
        if self.place.shared:
            locks.summing(connection)
        for view in sums:
            view.apply(connection, batch)

    def _poison(self, row: EventRow, error: Exception) -> SetAside:
        position, stream, _, topic, _ = row
        why = f"{type(error).__name__}: {error}"[:500]
        return SetAside(self.place.source, position, topic, str(stream), why)

    def put_aside(self, connection: sa.Connection, aside: Sequence[SetAside]) -> None:
        """Keep what could not be taken in, to be shown."""
        upsert(connection, _set_aside, [asdict(each) for each in aside])

    # --- reading ------------------------------------------------------------------------------

    @contextmanager
    def connected(self) -> Iterator[sa.Connection]:
        """Read the tables of the group at one moment. Raises StorageError."""
        with self._failing_clearly(), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":  # else each statement has its own moment
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Read the views at one moment. Raises StorageError."""
        with self.connected() as connection:
            yield Reading(self, connection)

    def set_aside(self) -> list[SetAside]:
        """Return the events that could not be taken in."""
        with self.connected() as connection:
            query = _set_aside.select().order_by(_set_aside.c.source, _set_aside.c.position)
            return [SetAside(**row._asdict()) for row in connection.execute(query)]

    def forget_set_aside(self, connection: sa.Connection) -> None:
        """Begin a new list: the views are rebuilt from the first event."""
        connection.execute(_set_aside.delete().where(_set_aside.c.source == self.place.source))

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()

    @contextmanager
    def _failing_clearly(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.OperationalError as error:
            raise database_error(error) from error


def _nobody_else() -> None:
    """There is nobody to be waited for."""
