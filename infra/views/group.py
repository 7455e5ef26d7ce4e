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
from typing import Any, TypeVar, cast
from uuid import UUID

import sqlalchemy as sa

from domain.dispatch.bag import EVENTS as BAG_EVENTS
from domain.dispatch.bag import Bag
from domain.dispatch.device_log import EVENTS as DEVICE_LOG_EVENTS
from domain.dispatch.device_log import DeviceLog
from domain.dispatch.journey import Journey, journey_of
from domain.dispatch.registry import EVENTS as REGISTRY_EVENTS
from domain.dispatch.registry import Registry
from domain.loose_pages import EVENTS as LOOSE_PAGE_EVENTS
from domain.loose_pages import LoosePage
from domain.numbers import BagCode, PacketNumber, RegistryCode
from domain.packet import EVENTS as PACKET_EVENTS
from domain.packet import Packet
from domain.progress import Progress
from domain.runs.reports import EVENTS as RUN_EVENTS
from domain.runs.reports import Run
from domain.streams import number_of
from domain.timeline import in_doubt, is_late, timeline_of
from domain.unsettled import EVENTS as UNSETTLED_EVENTS
from domain.unsettled import UnsettledScan
from domain.walk import Walk
from infra.database import database_error
from infra.errors import StorageError
from infra.store.mapper import read_event
from infra.store.rows import EventRow
from projections.journal import Journal
from projections.view import BagChange, Batch, Knowledge, PacketChange, View, upsert

V = TypeVar("V", bound=View)
_OTHERS = frozenset().union(
    UNSETTLED_EVENTS,
    BAG_EVENTS,
    REGISTRY_EVENTS,
    RUN_EVENTS,
    DEVICE_LOG_EVENTS,
    LOOSE_PAGE_EVENTS,
)
OWN_LOG = "log"  # the source of positions that are those of the event store itself

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
_positions = sa.Table(
    "view_positions",
    metadata,
    sa.Column("view", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
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
    """The views of one database that follow one source."""

    def __init__(
        self,
        engine: sa.Engine,
        knowledge: Knowledge,
        kinds: Sequence[type[View]],
        source: str = OWN_LOG,
        forget: Callable[[sa.Connection], None] | None = None,
    ) -> None:
        self.engine = engine
        self.writing = engine.execution_options(writing=True)
        self.knowledge = knowledge
        self.kinds: tuple[type[View], ...] = (Journal, *kinds)
        self.source = source
        self._forget = forget
        self._made: dict[tuple[str, int], View] = {}

    def prepare(self) -> None:
        """Make the tables where they are missing or of another shape. Raises StorageError."""
        with self._failing_clearly():
            metadata.create_all(self.engine)
            with self.alone() as connection:
                made = self._makes_in(connection)
                if any(made.get(kind.name, ("",))[0] != self._shape(kind) for kind in self.kinds):
                    self._begin_anew(connection)

    def outdated(self) -> bool:
        """Tell whether rows were computed with other norms, worked days or hours than now."""
        with self._failing_clearly(), self.engine.connect() as connection:
            made = self._makes_in(connection)
        return any(made[kind.name][1] != self.knowledge.version for kind in self.kinds)

    def begin_anew(self) -> None:
        """Throw all rows away; the views start from the first event. Raises StorageError."""
        with self._failing_clearly(), self.alone() as connection:
            self._begin_anew(connection)

    def _begin_anew(self, connection: sa.Connection) -> None:
        known = self.generations(connection)
        for kind in self.kinds:
            generation = known.get(kind.name, 0) + 1
            self.make(connection, kind, generation)
            self.put_in_place(connection, kind, generation)
        connection.execute(_set_aside.delete())
        self.move(connection, 0)
        if self._forget is not None:
            self._forget(connection)

    def _makes_in(self, connection: sa.Connection) -> dict[str, tuple[str, str]]:
        rows = connection.execute(_makes.select())
        return {view: (shape, knowledge) for view, shape, knowledge in rows}

    def _shape(self, kind: type[View]) -> str:
        return self.of_generation(kind, 1).shape

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
        """Return the position of the source up to which all views are. Raises StorageError."""
        with self._failing_clearly(), self.engine.connect() as connection:
            return self.position_in(connection)

    def position_in(self, connection: sa.Connection) -> int:
        """The same, in a transaction that is open."""
        query = sa.select(_positions.c.view, _positions.c.position).where(
            _positions.c.source == self.source
        )
        found: dict[str, int] = dict(connection.execute(query).all())
        return min(found.get(kind.name, 0) for kind in self.kinds)

    def move(self, connection: sa.Connection, position: int) -> None:
        """Write the position of every view of the group."""
        names = [kind.name for kind in self.kinds]
        mine = sa.and_(_positions.c.source == self.source, _positions.c.view.in_(names))
        connection.execute(_positions.delete().where(mine))
        rows = [{"view": n, "source": self.source, "position": position} for n in names]
        connection.execute(_positions.insert(), rows)

    # --- taking events in -------------------------------------------------------------------------

    def take(self, rows: Sequence[EventRow], after: int) -> int:
        """Take in the events that follow position `after`; return the new position.

        Raises ViewsMovedError if the views are not at `after`, StorageError.
        """
        if not rows:
            return after
        with self._failing_clearly(), self.alone() as connection:
            self.expect(connection, after)
            aside = self.write(connection, rows)
            self.put_aside(connection, aside)
            self.move(connection, rows[-1][0])
        return rows[-1][0]

    @contextmanager
    def alone(self) -> Iterator[sa.Connection]:
        """Open a transaction in which nobody else moves the views; it commits at the end."""
        with self.writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("LOCK TABLE view_positions IN EXCLUSIVE MODE"))
            yield connection

    def expect(self, connection: sa.Connection, position: int) -> None:
        """Make sure that the views are at this position. Raises ViewsMovedError."""
        if self.position_in(connection) != position:
            raise ViewsMovedError

    def write(
        self,
        connection: sa.Connection,
        rows: Sequence[EventRow],
        generations: dict[str, int] | None = None,
    ) -> list[SetAside]:
        """Write what the events change into every view; return those that cannot be taken in."""
        numbers = generations or self.generations(connection)
        try:
            with connection.begin_nested():
                self._write(connection, rows, numbers)
        except (sa.exc.OperationalError, StorageError):
            raise
        except Exception as error:  # noqa: BLE001  one of the events is poison: the rest must go on
            if len(rows) == 1:
                return [self._poison(rows[0], error)]
            middle = len(rows) // 2
            aside = self.write(connection, rows[:middle], numbers)
            return aside + self.write(connection, rows[middle:], numbers)
        return []

    def _write(
        self, connection: sa.Connection, rows: Sequence[EventRow], numbers: dict[str, int]
    ) -> None:
        views = [self.of_generation(kind, numbers[kind.name]) for kind in self.kinds]
        journal = self.of_generation(Journal, numbers[Journal.name])
        batch = _Digest(connection, journal, self.knowledge).of(rows)
        for view in views:
            view.apply(connection, batch)

    def _poison(self, row: EventRow, error: Exception) -> SetAside:
        position, stream, _, topic, _ = row
        why = f"{type(error).__name__}: {error}"[:500]
        return SetAside(self.source, position, topic, str(stream), why)

    def put_aside(self, connection: sa.Connection, aside: Sequence[SetAside]) -> None:
        """Keep what could not be taken in, to be shown."""
        if aside:
            connection.execute(_set_aside.insert(), [asdict(each) for each in aside])

    # --- reading ------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Read the views at one moment. Raises StorageError."""
        with self._failing_clearly(), self.engine.connect() as connection:
            yield Reading(self, connection)

    def set_aside(self) -> list[SetAside]:
        """Return the events that could not be taken in."""
        with self._failing_clearly(), self.engine.connect() as connection:
            query = _set_aside.select().order_by(_set_aside.c.source, _set_aside.c.position)
            return [SetAside(**row._asdict()) for row in connection.execute(query)]

    def forget_set_aside(self, connection: sa.Connection) -> None:
        """Begin a new list: the views are rebuilt from the first event."""
        connection.execute(_set_aside.delete().where(_set_aside.c.source == self.source))

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()

    @contextmanager
    def _failing_clearly(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.OperationalError as error:
            raise database_error(error) from error


class _History:
    """What the journal holds, read once a batch and only where it is asked for."""

    def __init__(self, connection: sa.Connection, journal: Journal) -> None:
        self._connection = connection
        self._journal = journal
        self._journeys: dict[BagCode, Journey | None] = {}
        self._packets: dict[PacketNumber, list[Packet.Event]] = {}

    def events_of(self, packet: PacketNumber) -> Sequence[Packet.Event]:
        """Return all events of a packet."""
        if packet not in self._packets:
            self._packets[packet] = self._read(packet, Packet.stream(packet))
        return self._packets[packet]

    def journey(self, bag: BagCode) -> Journey | None:
        """Work out a bag's journey from all its events."""
        if bag not in self._journeys:
            self._journeys[bag] = journey_of(bag, self._read(bag, Bag.stream(bag)))
        return self._journeys[bag]

    def registry_of(self, bag: BagCode) -> RegistryCode | None:
        """Return the registry of a bag; None while its beginning is not known."""
        journey = self._journeys.get(bag)
        if journey is not None:
            return journey.registry
        begun = self._journal.entries_about(self._connection, bag, Bag.Begun.TOPIC)
        return read_event(Bag.stream(bag), *begun[0]).registry if begun else None

    def _read(self, number: int, stream: UUID) -> list[Any]:
        entries = self._journal.entries_of(self._connection, number)
        return [read_event(stream, *entry) for entry in entries]


class _Digest:
    """Works out what a batch of stored events means for the packets and bags in it."""

    def __init__(self, connection: sa.Connection, journal: Journal, knowledge: Knowledge) -> None:
        self._connection = connection
        self._journal = journal
        self._editions = knowledge.regulations
        self._history = _History(connection, journal)
        self._batch = Batch(self._history)
        self._changes: dict[int, PacketChange] = {}
        self._walks: dict[int, Walk] = {}
        self._registered: set[int] = set()
        self._bags: dict[BagCode, list[Bag.Event]] = {}

    def of(self, rows: Sequence[EventRow]) -> Batch:
        """Read the events, let the packets walk on, and start anew those with late events."""
        packet_rows = [row for row in rows if row[3] in PACKET_EVENTS]
        self._load({number_of(row[1]) for row in packet_rows})
        kept = []
        for _, stream, version, topic, state in rows:
            if topic in PACKET_EVENTS:
                self._take(number_of(stream), read_event(stream, version, topic, state))
                kept.append(_journal_row(stream, version, topic, state))
            elif topic in _OTHERS:
                event = read_event(stream, version, topic, state)
                self._take_other(event)
                if isinstance(event, Bag.Event):
                    kept.append(_journal_row(stream, version, topic, state))
        self._journal.append(self._connection, kept)
        for number, change in self._changes.items():
            if change.anew:
                self._start_anew(number, change)
        self._batch.packets = list(self._changes.values())
        self._batch.bags = [
            BagChange(bag, events, self._history.journey(bag)) for bag, events in self._bags.items()
        ]
        return self._batch

    def _take_other(self, event: Any) -> None:
        match event:
            case UnsettledScan.Event():
                self._batch.unsettled.append(event)
            case Bag.Event():
                bag = BagCode(number_of(event.originator_id))
                self._bags.setdefault(bag, []).append(event)
            case Registry.Event():
                self._batch.registries.append(event)
            case Run.Event():
                self._batch.runs.append(event)
            case DeviceLog.Received():
                self._batch.logs.append(event)
            case LoosePage.Event():
                self._batch.pages.append(event)

    def _load(self, numbers: set[int]) -> None:
        known = self._journal.load(self._connection, sorted(numbers))
        for number in sorted(numbers):
            progress = known.get(number) or Progress()
            change = PacketChange(PacketNumber(number), progress)
            self._changes[number] = change
            self._walks[number] = Walk(progress, self._editions)
            if progress.edition:
                self._registered.add(number)
            else:
                change.absorbs = progress.place is not None

    def _take(self, number: int, event: Packet.Event) -> None:
        change = self._changes[number]
        change.events.append(event)
        if type(event) is Packet.Registered:
            self._registered.add(number)
            change.absorbs = change.absorbs or bool(change.early)
        elif number not in self._registered:
            change.early.add(event.ref)
        if change.anew or in_doubt(event):
            return
        if is_late(change.progress, event) or _names_earlier_stays(change, event):
            change.anew = True
            return
        walk = self._walks[number]
        walk.take(event)
        if walk.touched:
            change.visits.update(walk.touched)

    def _start_anew(self, number: int, change: PacketChange) -> None:
        stream = Packet.stream(PacketNumber(number))
        entries = self._journal.entries_of(self._connection, number)
        timeline = timeline_of([read_event(stream, *entry) for entry in entries], self._editions)
        change.progress = timeline.progress
        change.visits = {visit.seq: visit for visit in timeline.visits}


def _names_earlier_stays(change: PacketChange, event: Packet.Event) -> bool:
    """A registration tells the service of what was recorded before it."""
    return type(event) is Packet.Registered and change.progress.visits > 0


def _journal_row(stream: UUID, version: int, topic: str, state: Any) -> dict[str, Any]:
    text = state if isinstance(state, str) else bytes(state).decode()
    return {"packet": number_of(stream), "version": version, "topic": topic, "state": text}
