"""Reads the log up to one position, page by page, and whole things out of it: for exports.

Whatever is recorded meanwhile is left out, also where a thing is read as a whole: what came after
the position is found by looking behind it. No transaction is held open, and only what one page
needs is in memory, however long the log is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from eventsourcing.persistence import MapperDeserialisationError

from domain.clocks import Clocks
from domain.dispatch.bag import Bag
from domain.numbers import BagCode, PacketNumber
from domain.packet import Packet
from domain.regulations.book import Regulations
from domain.regulations.edition import Edition
from domain.timeline import Timeline, timeline_of
from infra.courier_runs import CourierRuns
from infra.exports.stories import (
    Carrier,
    Gist,
    PacketStory,
    bag_contents,
    bags_of,
    begun_at,
    gist_of_packet,
    packet_of,
    parties_of,
)
from infra.exports.wanted import Wanted
from infra.store.identity import StoreIdentity, identity_of
from infra.store.log import EventLog
from infra.store.mapper import read_event
from infra.store.rows import EventRow, StreamRow

Progress = Callable[[int, int], None]
# The families that exports are about: nothing of people, devices and accounts.
PACKET, BAG, REGISTRY, RUN, LOOSE_SCAN, LOOSE_PAGE = "pkt", "bag", "rgy", "run", "uns", "pag"
FAMILIES = frozenset({PACKET, BAG, REGISTRY, RUN, LOOSE_SCAN, LOOSE_PAGE})
_AT_ONCE = 100  # things that are read whole together
_KEPT = 4000  # gists: two pages' worth
_LOOK_BEHIND = 2000


class Source:
    """The events of a store up to a position, and what they mean.

    `unreadable` counts the events that could not be understood: they are left out. Raises
    StorageError whenever it reads.
    """

    def __init__(
        self,
        log: EventLog,
        regulations: Regulations,
        clocks: Clocks,
        runs: CourierRuns,
        wanted: Wanted,
        progress: Progress | None = None,
    ) -> None:
        self.position = log.rows.last_position()
        self.identity: StoreIdentity = identity_of(log)
        self.regulations, self.clocks, self.runs = regulations, clocks, runs
        self.wanted = wanted
        self._log = log
        self._progress = progress
        self._passes, self._pass = 1, 0
        self._after: dict[UUID, int] = {}  # of what was recorded meanwhile: the first version
        self._seen = self.position
        self._gists: OrderedDict[UUID, Gist] = OrderedDict()
        self._unreadable: set[tuple[UUID, int]] = set()

    @property
    def unreadable(self) -> int:
        """How many events could not be understood."""
        return len(self._unreadable)

    # --- the log in order ------------------------------------------------------------------------

    def expect_passes(self, count: int) -> None:
        """Say how often the log will be read, for the progress."""
        self._passes = count

    def pages(self) -> Iterator[list[EventRow]]:
        """Read the log once, in pages."""
        for page in self._log.pages(0, self.position):
            yield page
            self._tell(page[-1][0])
        self._pass += 1

    def _tell(self, position: int) -> None:
        if self._progress is not None:
            done = min(self._pass, self._passes - 1) * self.position + position
            self._progress(done, self._passes * self.position)

    def events(self, families: Iterable[str] = FAMILIES) -> Iterator[tuple[int, Any, Gist]]:
        """Yield every event that is meant in order of recording: position, event, its thing."""
        chosen = frozenset(families)
        for page in self.pages():
            rows = [row for row in page if row[3][:3] in chosen]
            gists = self.gists({row[1]: row[3][:3] for row in rows})
            for position, stream, version, topic, state in rows:
                gist = gists[stream]
                event = self._read(stream, version, topic, state) if gist.wanted else None
                if event is not None:
                    yield position, event, gist

    def _read(self, stream: UUID, version: int, topic: str, state: Any) -> Any:
        try:
            return read_event(stream, version, topic, state)
        except MapperDeserialisationError:
            self._unreadable.add((stream, version))
            return None

    # --- things as a whole -----------------------------------------------------------------------

    def packets(self) -> Iterator[PacketStory]:
        """Yield every packet that is meant, in the order in which they became known."""
        for thing in self.things({PACKET}):
            if isinstance(thing, PacketStory):
                yield thing

    def things(self, families: Iterable[str]) -> Iterator[PacketStory | Carrier]:
        """Yield everything of these families that is meant, in the order it became known."""
        for family, streams in self._begun(frozenset(families)):
            if family == PACKET:
                yield from (s for s in self._packets(streams) if self._is_wanted(s))
            else:
                yield from self._carriers(family, streams)

    def _begun(self, families: frozenset[str]) -> Iterator[tuple[str, list[UUID]]]:
        for page in self.pages():
            for family in sorted(families):
                new = (row[1] for row in page if row[2] == 1 and row[3][:3] == family)
                while streams := list(islice(new, _AT_ONCE)):
                    yield family, streams

    def _carriers(self, family: str, streams: list[UUID]) -> Iterator[Carrier]:
        gists = self.gists(dict.fromkeys(streams, family))
        wanted = [stream for stream in streams if gists[stream].wanted]
        for stream, events in self._events_of(wanted).items():
            yield Carrier(family, stream, events)

    def _packets(self, streams: Sequence[UUID]) -> Iterator[PacketStory]:
        for stream, events in self._events_of(streams).items():
            if events:
                timeline, edition = self._timeline(events)
                yield PacketStory(packet_of(stream), events, timeline, edition)

    def _timeline(self, events: list[Any]) -> tuple[Timeline | None, Edition | None]:
        try:
            timeline = timeline_of(events, self.regulations)
        except KeyError:  # the edition's file is gone
            return None, None
        known = timeline.progress.edition
        return timeline, self.regulations.edition(known) if known else None

    def _events_of(self, streams: Sequence[UUID]) -> dict[UUID, list[Any]]:
        found = {}
        for stream, rows in self._rows_of(streams).items():
            read = (self._read(stream, *row) for row in rows)
            found[stream] = [event for event in read if event is not None]
        return found

    def _rows_of(self, streams: Sequence[UUID]) -> dict[UUID, list[StreamRow]]:
        found = self._log.rows.rows_of_many(streams)
        self._look_behind()  # after it was read: so nothing that is in it is missed
        after = self._after
        return {
            stream: [row for row in rows if stream not in after or row[0] < after[stream]]
            for stream, rows in found.items()
        }

    def _look_behind(self) -> None:
        while rows := self._log.rows.rows_after(self._seen, _LOOK_BEHIND):
            for _, stream, version, *_ in rows:
                self._after.setdefault(stream, version)
            self._seen = rows[-1][0]

    # --- whether they are meant ------------------------------------------------------------------

    def gists(self, streams: dict[UUID, str]) -> dict[UUID, Gist]:
        """Return what is to be known of things (by stream and family) while the log is read."""
        found = {stream: gist for stream in streams if (gist := self._kept(stream)) is not None}
        missing: dict[str, list[UUID]] = {}
        for stream, family in streams.items():
            if stream not in found:
                missing.setdefault(family, []).append(stream)
        for family, lacking in missing.items():
            for start in range(0, len(lacking), _AT_ONCE):
                for stream, gist in self._made(family, lacking[start : start + _AT_ONCE]):
                    found[stream] = self._gists[stream] = gist
        while len(self._gists) > _KEPT:
            self._gists.popitem(last=False)
        return found

    def gist(self, stream: UUID, family: str) -> Gist:
        """Return what is to be known of one thing."""
        return self.gists({stream: family})[stream]

    def _kept(self, stream: UUID) -> Gist | None:
        gist = self._gists.get(stream)
        if gist is not None:
            self._gists.move_to_end(stream)
        return gist

    def _made(self, family: str, streams: list[UUID]) -> Iterator[tuple[UUID, Gist]]:
        if family == PACKET:
            known = set()
            for story in self._packets(streams):
                stream = Packet.stream(story.number)
                known.add(stream)
                yield stream, gist_of_packet(story, wanted=self._is_wanted(story))
            yield from ((stream, Gist(wanted=False)) for stream in streams if stream not in known)
            return
        for stream, events in self._events_of(streams).items():
            yield stream, self._gist_of_carrier(family, events)

    def _gist_of_carrier(self, family: str, events: list[Any]) -> Gist:
        contents: tuple[int, ...] = ()
        if family == BAG:
            contents = bag_contents(events)
        elif family == REGISTRY:
            contents = bags_of(events)
        return Gist(self._is_carrier_wanted(family, events, contents), contents=contents)

    def _is_wanted(self, story: PacketStory) -> bool:
        wanted = self.wanted
        if wanted.service is not None:
            edition = story.edition
            if edition is None or edition.service.key != wanted.service:
                return False
        return wanted.covers(story.begun) and wanted.concerns(story.organisations)

    def _is_carrier_wanted(self, family: str, events: list[Any], contents: tuple[int, ...]) -> bool:
        wanted = self.wanted
        if not events or not wanted.covers(begun_at(events)):
            return False
        if not wanted.concerns(parties_of(events)):
            return False
        return wanted.service is None or self._carries_wanted(family, contents)

    def _carries_wanted(self, family: str, contents: tuple[int, ...]) -> bool:
        """Tell whether a packet of the service was in it; nothing else is of a service."""
        if family == BAG:
            packets = {Packet.stream(PacketNumber(each)): PACKET for each in contents}
            return any(gist.wanted for gist in self.gists(packets).values())
        if family == REGISTRY:
            bags = {Bag.stream(BagCode(each)): BAG for each in contents}
            return any(gist.wanted for gist in self.gists(bags).values())
        return False
