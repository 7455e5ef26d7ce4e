"""What a view is: its tables, how it takes in what became of packets, what it answers.

A view's tables carry a generation in their names, so that a new one can be built beside the live
one and put in its place; the plain name is a database view of the live generation. Times are stored
as microseconds since 1970 (UTC), lengths of time as microseconds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar, Protocol, Self

import sqlalchemy as sa

from domain.clocks import Clocks
from domain.dispatch.bag import Bag
from domain.dispatch.device_log import DeviceLog
from domain.dispatch.journey import Journey
from domain.dispatch.registry import Registry
from domain.loose_pages import LoosePage
from domain.numbers import BagCode, PacketNumber, RegistryCode
from domain.packet import Packet
from domain.progress import Progress, Visit
from domain.regulations.book import Regulations
from domain.runs import Run
from domain.unsettled import UnsettledScan
from projections.tables import Rows, Target


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What is counted of a packet: what it is about, whose, and when it got where. Times are UTC.

    `ending`: the status with which it was closed.
    """

    edition: str
    accepting: int
    deciding: int
    accepted_at: datetime | None
    rendered_at: datetime | None
    outcome: str | None
    closed_at: datetime | None
    ending: str | None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """Return what the progress says now; it goes on."""
        return cls(*(getattr(progress, name) for name in cls.__slots__))


@dataclass(slots=True)
class PacketChange:
    """What a batch of events made of one packet.

    `anew`: an event came late, so all visits were worked out again and the old ones are void.
    `early`: what was recorded before the registration was; `absorbs`: there was such a thing.
    `before`: its landmarks until then; None: nothing was known of it, or nobody asks.
    """

    number: PacketNumber
    progress: Progress
    visits: dict[int, Visit] = field(default_factory=dict)
    events: list[Packet.Event] = field(default_factory=list)
    early: set[str] = field(default_factory=set)
    absorbs: bool = False
    anew: bool = False
    before: Landmarks | None = None


@dataclass(slots=True)
class BagChange:
    """What a batch of events made of one bag: its journey, worked out from all its events.

    `events` are those of the batch; `journey` is None while nobody knows of the bag's beginning.
    """

    number: BagCode
    events: list[Bag.Event]
    journey: Journey | None


class History(Protocol):
    """What was taken in before and in this batch, for what a batch alone does not tell."""

    def events_of(self, packet: PacketNumber) -> Sequence[Packet.Event]:
        """Return all events of a packet."""

    def journey(self, bag: BagCode) -> Journey | None:
        """Return what all events of a bag mean; None while its beginning is not known."""

    def registry_of(self, bag: BagCode) -> RegistryCode | None:
        """Return the registry of a bag; None while its beginning is not known."""


@dataclass(slots=True)
class Stays:
    """The rows of a view (of visits, for example) that a batch writes, and those it takes away.

    Left by that view for those that add its rows up. `replaced`: what is added up of the stays that
    were open until then and are written over; none of them is among those that are gone.
    """

    written: Rows = ()
    gone: Rows = ()
    replaced: Rows = ()


@dataclass(slots=True)
class Batch:
    """What a batch of events changed, ready for every view."""

    history: History
    packets: list[PacketChange] = field(default_factory=list)
    unsettled: list[UnsettledScan.Event] = field(default_factory=list)
    bags: list[BagChange] = field(default_factory=list)
    registries: list[Registry.Event] = field(default_factory=list)
    runs: list[Run.Event] = field(default_factory=list)
    logs: list[DeviceLog.Received] = field(default_factory=list)
    pages: list[LoosePage.Event] = field(default_factory=list)
    stays: Stays = field(default_factory=Stays)
    cases: Stays = field(default_factory=Stays)
    terms: Stays = field(default_factory=Stays)
    holdings: Stays = field(default_factory=Stays)

    def journeys(self) -> Iterator[Journey]:
        """List the journeys of the bags that changed."""
        return (change.journey for change in self.bags if change.journey is not None)


@dataclass(frozen=True)
class Knowledge:
    """What views need beside the events: the editions and the clocks."""

    regulations: Regulations
    clocks: Clocks

    @cached_property
    def version(self) -> str:
        """A label that changes when figures may: with a norm, a worked day, an office's hours."""
        return _digest(self.regulations.version, self.clocks.version)


def ordinal_days(knowledge: Knowledge, of: Landmarks) -> tuple[int | None, ...]:
    """Return on which days (ordinal) a packet was accepted, rendered and closed.

    By the wall where the papers were handed in; None where that has not happened.
    """
    if not of.accepting:
        return None, None, None
    day = knowledge.clocks.calendar(of.accepting).local_date
    times = (of.accepted_at, of.rendered_at, of.closed_at)
    return tuple(None if at is None else day(at).toordinal() for at in times)


class View(ABC):
    """One view of one generation: the tables of that generation and how they are kept.

    Whoever keeps views up may let several write at once, each with streams of its own: a row must
    hang on the events of one stream, and on their order there. Only a view that is `across_streams`
    may look at others': it is applied last and, while bags' events come, by one writer at a time.
    """

    name: ClassVar[str]
    across_streams: ClassVar[bool] = False
    revision: ClassVar[int] = 1  # raise it when the same columns come to mean something else

    def __init__(self, generation: int, knowledge: Knowledge) -> None:
        self.generation = generation
        self.knowledge = knowledge
        self.metadata = sa.MetaData()
        self.tables = self.define()

    @property
    def shape(self) -> str:
        """A label that changes with the columns and with the revision."""
        columns = [
            f"{name}.{column.name}:{column.type!r}"
            for name, table in self.tables.items()
            for column in table.columns
        ]
        return _digest(str(self.revision), *columns)

    def table(self, name: str, *items: sa.schema.SchemaItem, **options: Any) -> sa.Table:
        """Define a table of this generation; `options` are SQLAlchemy's."""
        return sa.Table(f"{name}_g{self.generation}", self.metadata, *items, **options)

    def index(
        self,
        table: str,
        *columns: str,
        where: str = "",
        mark: str = "",
        carries: Sequence[str] = (),
    ) -> sa.Index:
        """Define an index of this generation; `where`: only of rows for which it holds.

        A question finds such an index only if it says the same in the same words, without
        parameters; `mark` tells it from one of the same columns of all rows. What it `carries` on
        PostgreSQL is told without reading the rows.
        """
        name = "_".join((f"{table}_g{self.generation}", *columns, *([mark] if mark else [])))
        if not where:
            return sa.Index(name, *columns)
        only = sa.text(where)
        return sa.Index(
            name,
            *columns,
            postgresql_where=only,
            sqlite_where=only,
            postgresql_include=list(carries) or None,
        )

    @abstractmethod
    def define(self) -> dict[str, sa.Table]:
        """Define the tables by their plain names."""

    @abstractmethod
    def apply(self, connection: Target, batch: Batch) -> None:
        """Take in a batch, inside the transaction that also moves the view's position."""


class SummingView(View):
    """A view whose rows add up rows of other views, over all streams.

    Sums are the same in whatever order they are made. It is applied last of all, by one writer at a
    time; a generation that is built from whole streams derives it when the others are full.
    """

    @abstractmethod
    def derive(self, connection: sa.Connection, others: Mapping[str, View]) -> None:
        """Fill the empty tables from the views, by name, of the same building."""


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:16]
