"""Random days of bags and couriers: against a naive model, and told in any order.

The model keeps plain lists of what was done and reads the answers off them by the plainest means.
The differential test delivers one day of several devices twice: punctually, and in any order, with
repetitions, late, in batches cut anywhere; nothing but the times of recording may differ.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from itertools import count, groupby
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.acts import ActKind
from domain.dispatch.bag import Bag
from domain.dispatch.discrepancies import DiscrepancyKind, discrepancies_of
from domain.dispatch.errors import (
    BagEmptyError,
    BagSealedError,
    BagsUnsealedError,
    RegistryClosedError,
)
from domain.dispatch.journey import Journey
from domain.dispatch.tracing import trace
from domain.errors import RefusedError
from domain.intake import NO_PLACE, RawScan
from domain.numbers import BagCode, PacketNumber, PlaceCode, RegistryCode, grouped
from domain.packet import Packet
from domain.roles import Role
from domain.timeline import timeline_of
from infra.bootstrap import Qolhat, bootstrap
from infra.desk.dispatching import Dispatching
from infra.requests import (
    AcceptRequest,
    ActRequest,
    BagAnswer,
    PackAnswer,
    Registration,
    Source,
    Status,
)
from infra.settings import Settings
from infra.views.rebuild import verify
from tests.office import APPLICANT, OTHER_CLERK, Office, SettableClock
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place

SECOND_COURIER, SECOND_CLERK = 58, 59
CLERK, COURIER, OFFICE = (PEOPLE[r] for r in (Role.COLLECTING, Role.COURIER, Role.OFFICE))
INSPECTOR, HEAD = PEOPLE[Role.INSPECTOR], PEOPLE[Role.HEAD]
DESKS: dict[int, PlaceCode] = {
    INSPECTOR: place(Role.INSPECTOR),
    CLERK: place(Role.COLLECTING),
    COURIER: place(Role.COURIER),
    SECOND_COURIER: place(Role.COURIER, serial=2),
    OFFICE: place(Role.OFFICE),
    SECOND_CLERK: place(Role.OFFICE, serial=2),
    HEAD: place(Role.HEAD),
    OTHER_CLERK: place(Role.OFFICE, OTHER_AUTHORITY),
}
"""Where everybody works; the devices have the numbers of their people."""
COURIERS = (COURIER, SECOND_COURIER)
TAKERS = (CLERK, COURIER, SECOND_COURIER, OFFICE, SECOND_CLERK, OTHER_CLERK)
OPENERS = (OFFICE, SECOND_CLERK, CLERK, OTHER_CLERK)
SIDE_OF = {
    **dict.fromkeys((INSPECTOR, CLERK, COURIER, SECOND_COURIER), CENTRE),
    **dict.fromkeys((OFFICE, SECOND_CLERK, HEAD), AUTHORITY),
    OTHER_CLERK: OTHER_AUTHORITY,
}
PEOPLE_AT_WORK = st.sampled_from(TAKERS)
LATE = st.one_of(st.just(0), st.integers(0, 20))
NUMBER = re.compile(r"\d{14}")
EXAMPLES = int(os.environ.get("QOLHAT_TEST_EXAMPLES", "12"))  # `make campaign` asks for more


class House:
    """One store for all examples; each brings registries and packets of its own."""

    def __init__(self, folder: Path) -> None:
        self.clock = SettableClock()
        self.qolhat: Qolhat = bootstrap(Settings(data_dir=folder), now=self.clock)
        self.office = Office(self.qolhat, self.clock)
        self.worlds = count(1)
        hired = self.office.at(-10_000)
        for person, organisation, role in (
            (SECOND_COURIER, CENTRE, Role.COURIER),
            (SECOND_CLERK, AUTHORITY, Role.OFFICE),
        ):
            self.qolhat.personnel.open_place(organisation, role, 2)
            self.qolhat.personnel.appoint(organisation, [role], person=person, since=hired)
            self.qolhat.personnel.assign(person, DESKS[person], since=hired)

    @property
    def desk(self) -> Dispatching:
        return self.qolhat.desk.dispatch


@pytest.fixture(scope="module", autouse=True)
def house() -> Iterator[House]:
    """The store of this module's tests."""
    with tempfile.TemporaryDirectory(prefix="qolhat-dispatch-") as folder:
        house = House(Path(folder))
        Bags.house = house
        yield house
        house.qolhat.close()


class World:
    """Registries, bags and packets of one example, and the way requests get to the desk."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.prefix = f"w{next(house.worlds)}-"
        self.told: dict[int, int] = defaultdict(int)
        self.packets: list[PacketNumber] = []
        self.registries: list[RegistryCode] = []
        self.bags: list[BagCode] = []

    @property
    def desk(self) -> Dispatching:
        return self.house.desk

    def source(self, minute: float, person: int, where: PlaceCode | None = None) -> Source:
        """Make a request's source; everybody's device counts its own requests."""
        self.told[person] += 1
        nth = self.told[person]
        at = self.house.office.at(minute)
        ref = f"{self.prefix}{person}-{nth}"
        return Source(ref, person, person, nth, DESKS[person] if where is None else where, at)

    def at(self, minute: float) -> None:
        """Set the server's clock: a second after the minute."""
        self.house.clock.at = self.house.office.at(minute + 1 / 60)

    def register(self, minute: float, how_many: int) -> None:
        """The inspector accepts papers, the collecting department takes them."""
        for _ in range(how_many):
            source = self.source(minute, INSPECTOR)
            began = self.house.office.at(minute - 5)
            request = Registration(source, "003-7", applicant=APPLICANT, began_at=began)
            answer = self.house.qolhat.desk.register(request)
            assert answer.standing is not None
            self.packets.append(answer.standing.number)
        self.house.qolhat.desk.scan(
            [self.raw(self.source(minute + 5, CLERK), packet) for packet in self.packets]
        )

    @staticmethod
    def raw(source: Source, packet: PacketNumber) -> RawScan:
        """A scan as a device sends it."""
        return RawScan(
            source.ref,
            grouped(packet),
            str(source.place),
            source.person,
            source.device,
            source.counter,
            source.happened_at,
        )

    def begin(self, minute: float) -> None:
        """Another registry for the authority, with its first bag."""
        answer = self.desk.begin(self.source(minute, CLERK), AUTHORITY)
        assert answer.bag is not None
        self.registries.append(answer.registry)
        self.bags.append(answer.bag)

    def add_bag(self, minute: float, registry: RegistryCode) -> None:
        """Another bag of a registry."""
        answer = self.desk.add_bag(registry, self.source(minute, CLERK))
        assert answer.bag is not None
        self.bags.append(answer.bag)

    # --- what is known now ----------------------------------------------------------------------

    def journey(self, bag: BagCode) -> Journey:
        found = self.desk.journey(bag)
        assert found is not None
        return found

    def bag_events(self, bag: BagCode) -> list[Bag.Event]:
        return self.house.qolhat.log.events_of(Bag.stream(bag))

    def events(self, packet: PacketNumber) -> list[Packet.Event]:
        return self.house.qolhat.log.events_of(Packet.stream(packet))

    def registry_of(self, bag: BagCode) -> RegistryCode | None:
        journey = self.desk.journey(bag)
        return None if journey is None else journey.registry

    def everything(self) -> Any:
        """All that is worked out, without the numbers, ids and times of recording of this world."""
        names: dict[int, str] = {}
        for kind, numbers in (("p", self.packets), ("b", self.bags), ("r", self.registries)):
            names |= {int(number): f"{kind}{nth}" for nth, number in enumerate(numbers)}
        journeys = [self.journey(bag) for bag in self.bags]
        found = [discrepancies_of(each, self.events, self.registry_of) for each in journeys]
        editions = self.house.qolhat.regulations
        timelines = [timeline_of(self.events(packet), editions) for packet in self.packets]
        missed = self.house.office.at(130)
        traces = [trace(self.events(packet), missed) for packet in self.packets]
        return Plain(names, self.prefix).of((journeys, found, timelines, traces))


class Plain:
    """Turns anything into lists, texts and numbers that can be compared between worlds."""

    def __init__(self, names: dict[int, str], prefix: str) -> None:
        self.names, self.prefix = names, prefix

    def of(self, value: Any) -> Any:
        if isinstance(value, Enum | bool):
            return str(value)
        if isinstance(value, int):
            return self.names.get(value, value)
        if isinstance(value, str):
            return NUMBER.sub(self._named, value).replace(self.prefix, "")
        if isinstance(value, dict):
            return [(self.of(key), self.of(each)) for key, each in value.items()]
        if isinstance(value, set):
            return sorted(self.of(each) for each in value)
        if isinstance(value, list | tuple):
            return [self.of(each) for each in value]
        return self._fields(value)

    def _named(self, found: re.Match[str]) -> str:
        return self.names.get(int(found.group()), found.group())

    def _fields(self, value: Any) -> Any:
        if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value)]
        elif isinstance(value, msgspec.Struct):
            names = list(value.__struct_fields__)
        else:
            return value
        left_out = {"recorded_at", "timestamp", "originator_id", "originator_version"}
        kept = [name for name in names if name not in left_out]
        return [(name, self.of(getattr(value, name))) for name in kept]


# --- one day, told in any order -------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Step:
    """What somebody did at a minute; `bag` and `packets` count those of the world."""

    minute: float
    kind: str
    person: int
    bag: int = 0
    packets: tuple[int, ...] = ()
    receiver: int = COURIER
    detail: str | None = None


BAGS, PACKETS = 3, 8
MINUTES = st.integers(300, 1_000).map(lambda eighth: eighth / 8)
EXTRAS = st.one_of(
    st.builds(
        lambda minute, pair, bag, seal: Step(minute, "accept", pair[0], bag, (), pair[1], seal),
        MINUTES,
        st.tuples(st.sampled_from(TAKERS), st.sampled_from(TAKERS)),
        st.integers(0, BAGS - 1),
        st.sampled_from([None, "S-1", "S-9"]),
    ),
    st.builds(Step, MINUTES, st.just("offer"), st.sampled_from(TAKERS), st.integers(0, BAGS - 1)),
    st.builds(Step, MINUTES, st.just("broken"), st.sampled_from(TAKERS), st.integers(0, BAGS - 1)),
    st.builds(Step, MINUTES, st.just("open"), st.sampled_from(OPENERS), st.integers(0, BAGS - 1)),
    st.builds(
        lambda minute, person, bag, packets, condition: Step(
            minute, "verify", person, bag, tuple(packets), detail=condition
        ),
        MINUTES,
        st.sampled_from(OPENERS),
        st.integers(0, BAGS - 1),
        st.lists(st.integers(0, PACKETS - 1), min_size=1, max_size=3, unique=True),
        st.sampled_from([None, None, "damaged", "twice"]),
    ),
    st.builds(
        Step, MINUTES, st.just("reconcile"), st.sampled_from(OPENERS), st.integers(0, BAGS - 1)
    ),
    st.builds(
        lambda minute, person, packet: Step(minute, "scan", person, packets=(packet,)),
        MINUTES,
        st.sampled_from(sorted(DESKS)),
        st.integers(0, PACKETS - 1),
    ),
    st.builds(
        lambda minute, packet: Step(minute, "lost", COURIER, packets=(packet,)),
        MINUTES,
        st.integers(0, PACKETS - 1),
    ),
)


def usual(bag: int) -> list[Step]:
    """A bag's way as it should be; the courier and the desks both tell of the hand-overs."""
    return [
        Step(60, "accept", COURIER, bag, receiver=COURIER),
        Step(60.25, "accept", CLERK, bag, receiver=COURIER, detail="S-1"),
        Step(90, "accept", OFFICE, bag, receiver=OFFICE, detail="S-1"),
        Step(89.75, "accept", COURIER, bag, receiver=OFFICE),
        Step(95, "open", OFFICE, bag),
        Step(100, "verify", OFFICE, bag, (0, 3, 4)[bag : bag + 1]),
        Step(101, "verify", SECOND_CLERK, bag, (1, 5, 6)[bag : bag + 1]),
        Step(110, "reconcile", OFFICE, bag),
    ]


class Day:
    """A day of several devices in one world: first it is packed, then the logs are delivered."""

    def __init__(self, house: House, steps: list[Step]) -> None:
        self.world = World(house)
        self.packing: list[Callable[[], Any]] = []
        self._pack()
        self.entries = [(step, self._source(step)) for step in sorted(steps, key=_in_time)]

    def _pack(self) -> None:
        world, desk = self.world, self.world.desk
        world.at(20)
        world.register(10, PACKETS)
        world.begin(20)
        world.begin(21)
        world.add_bag(22, world.registries[0])
        for minute, packet, bag in (
            *((25, nth, bag) for nth, bag in enumerate((0, 0, 0, 1, 2, 1, 2))),
            (27, 1, 0),  # lies there
            (28, 3, 0),  # lies in another
        ):
            self._do(minute, partial(desk.put, world.bags[bag], world.packets[packet]))
        self._do(29, partial(desk.take_out, world.bags[0], world.packets[2]))
        self._do(30, partial(desk.put, world.bags[2], world.packets[2]))
        for number in world.bags:
            self._do(35, partial(desk.seal, number, "S-1"))
        for registry in world.registries:
            self._do(36, partial(desk.close, registry))

    def _do(self, minute: float, what: Callable[[Source], Any]) -> None:
        """Pack punctually, and remember the request: it may come once more."""
        source = self.world.source(minute, CLERK)
        self.world.at(minute)
        what(source)
        self.packing.append(lambda: what(source))

    def _source(self, step: Step) -> Source:
        where = NO_PLACE if step.kind == "accept" else None
        return self.world.source(step.minute, step.person, where)

    def deliver(self, which: list[int]) -> list[Any]:
        """Deliver entries by their numbers, as many of one kind at once as stand together."""
        answers: list[Any] = []
        for kind, group in groupby((self.entries[nth] for nth in which), key=_batch):
            entries = list(group)
            if kind == "job":
                answers += self.world.desk.run_all([self._job(*each) for each in entries])
            elif kind == "scan":
                raw = [
                    World.raw(source, self.world.packets[step.packets[0]])
                    for step, source in entries
                ]
                answers += self.world.house.qolhat.desk.scan(raw)
            else:
                answers += [self._single(*each) for each in entries]
        return answers

    def _job(self, step: Step, source: Source) -> Any:
        desk, bag = self.world.desk, self.world.bags[step.bag]
        if step.kind == "offer":
            return desk.offering(bag, source)
        if step.kind == "broken":
            return desk.breaking_seal(bag, source, step.detail)
        return desk.accepting(AcceptRequest(source, bag, step.receiver, seal=step.detail))

    def _single(self, step: Step, source: Source) -> Any:
        desk, bag = self.world.desk, self.world.bags[step.bag]
        packets = [self.world.packets[nth] for nth in step.packets]
        if step.kind == "open":
            return desk.open(bag, source)
        if step.kind == "reconcile":
            return desk.reconcile(bag, source)
        if step.kind == "lost":
            request = ActRequest(source, ActKind.LOST)
            return self.world.house.qolhat.desk.act(packets, request)[0]
        return desk.verify(bag, packets, source, step.detail)


def _in_time(step: Step) -> float:
    return step.minute


def _batch(entry: tuple[Step, Source]) -> str:
    kind = entry[0].kind
    return "job" if kind in ("accept", "offer", "broken") else kind


def told_punctually(house: House, steps: list[Step]) -> Day:
    """Every device is heard at once."""
    day = Day(house, steps)
    for nth, (step, _) in enumerate(day.entries):
        day.world.at(step.minute)
        day.deliver([nth])
    return day


def told_somehow(house: House, steps: list[Step], data: st.DataObject) -> Day:
    """Late, in any order, some of it twice, by parts; requests of packing come once more."""
    day = Day(house, steps)
    day.world.at(300)
    numbers = list(range(len(day.entries)))
    order = data.draw(st.permutations(numbers), label="order")
    again = data.draw(st.lists(st.sampled_from(numbers), max_size=12), label="again")
    cuts = set(data.draw(st.lists(st.sampled_from(numbers), max_size=6), label="cuts"))
    packing = data.draw(st.lists(st.sampled_from(day.packing), max_size=4), label="packing")
    sent = [*order, *again]
    part: list[int] = []
    for place_in_line, nth in enumerate(sent):
        part.append(nth)
        if place_in_line in cuts:
            day.deliver(part)
            part = part[-2:]  # the answer was lost: the end comes once more
            if packing:
                _repeat(packing.pop())
    day.deliver(part)
    for each in packing:
        _repeat(each)
    assert all(answer.status is Status.DUPLICATE for answer in day.deliver(numbers))
    return day


def _repeat(packing: Callable[[], Any]) -> None:
    try:
        packing()
    except RefusedError:
        return


@hypothesis_settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
@given(extras=st.lists(EXTRAS, max_size=18), data=st.data())
def one_day(extras: list[Step], data: st.DataObject) -> None:
    """The same day twice."""
    steps = [*usual(0), *usual(1), *usual(2), *extras]
    house = Bags.house
    punctual, other = told_punctually(house, steps), told_somehow(house, steps, data)
    for one, two in zip(punctual.world.everything(), other.world.everything(), strict=True):
        assert two == one


def test_any_order_repetition_and_delay_ends_as_the_punctual_day(house: House) -> None:
    one_day()
    house.qolhat.runner.catch_up()
    assert verify(house.qolhat.log, house.qolhat.views).differences == ()


# --- random days against a naive model ----------------------------------------------------------


@dataclasses.dataclass
class Fact:
    """Something that was done, as the model remembers it."""

    at: float
    device: int
    counter: int
    what: str
    who: int
    packet: int | None = None
    bag: int | None = None

    @property
    def key(self) -> tuple[float, int, int]:
        return self.at, self.device, self.counter

    @property
    def by_courier(self) -> bool:
        return self.who in COURIERS


@dataclasses.dataclass
class ModelBag:
    """A bag as the model knows it."""

    registry: int
    contents: list[int] = dataclasses.field(default_factory=list)
    sealed: bool = False
    facts: list[Fact] = dataclasses.field(default_factory=list)

    @property
    def away(self) -> bool:
        """Somebody other than the packers' clerk took it, or it was unpacked."""
        return any(f.what != "accept" or f.who != CLERK for f in self.facts)


class NaiveBag:
    """Reads a bag's story from its facts."""

    def __init__(self, bag: ModelBag) -> None:
        self.custody: list[tuple[int, float, bool]] = []  # who, since when, only inferred
        self.opened: float | None = None
        self.reconciled: float | None = None
        self.out: dict[int, float] = {}
        for fact in sorted(bag.facts, key=lambda f: f.key):
            self.read(fact)
        self.missing = [p for p in bag.contents if p not in self.out]
        self.extra = sorted(p for p in self.out if p not in bag.contents)

    @property
    def holder(self) -> int:
        return self.custody[-1][0] if self.custody else CLERK

    def read(self, fact: Fact) -> None:
        if fact.what == "accept":
            self.accept(fact)
            return
        if self.opened is None:
            self.opened = fact.at
            if self.holder in COURIERS or SIDE_OF[self.holder] != SIDE_OF[fact.who]:
                self.custody.append((fact.who, fact.at, True))
        if fact.packet is not None:
            self.out.setdefault(fact.packet, fact.at)
        if fact.what == "reconcile" and self.reconciled is None:
            self.reconciled = fact.at

    def accept(self, fact: Fact) -> None:
        if self.custody:
            has, since, _ = self.custody[-1]
            both_at_desks = has not in COURIERS and not fact.by_courier
            if has == fact.who or (both_at_desks and SIDE_OF[has] == SIDE_OF[fact.who]):
                self.custody[-1] = (has, since, False)  # told once more
                return
        self.custody.append((fact.who, fact.at, False))


class NaivePacket:
    """Reads from its facts where a packet is, in which bag, and whether somebody saw it there."""

    def __init__(self, facts: list[Fact]) -> None:
        self.who, self.seen, self.bag = INSPECTOR, True, None
        for fact in sorted(facts, key=lambda f: f.key):
            self.read(fact)

    who: int
    seen: bool
    bag: int | None

    def read(self, fact: Fact) -> None:
        if fact.what == "carried":
            if self.bag == fact.bag:
                self.seen = self.seen and self.who == fact.who
                self.who = fact.who
            return
        at_the_table = self.seen and self.who == fact.who
        if fact.what == "put":
            self.bag = fact.bag
        elif fact.what in ("out", "verified") or not (at_the_table or fact.by_courier):
            self.bag = None
        self.who, self.seen = fact.who, True


class Bags(RuleBasedStateMachine):
    """People at work with bags, and the model that watches them."""

    house: House

    @initialize()
    def begin_the_day(self) -> None:
        self.world = World(self.house)
        self.minute = 30.0
        self.world.at(self.minute)
        self.world.register(10, 4)
        self.bags: list[ModelBag] = []
        self.closed: dict[int, list[list[int]]] = {}
        self.papers: dict[int, list[Fact]] = {
            nth: [Fact(15, CLERK, 0, "scan", CLERK)] for nth in range(4)
        }
        self.requests: list[Callable[[], Any]] = []
        self.begin_a_registry()

    def tick(self) -> float:
        self.minute += 1
        self.world.at(self.minute)
        return self.minute

    def fact(self, what: str, source: Source, who: int | None = None, **of: int) -> Fact:
        at = (source.happened_at - self.house.office.at(0)).total_seconds() / 60
        person = source.person if who is None else who
        return Fact(at, source.device, source.counter, what, person, **of)

    # --- packing --------------------------------------------------------------------------------

    @precondition(lambda self: len(self.world.registries) < 2)
    @rule()
    def begin_a_registry(self) -> None:
        self.world.begin(self.tick())
        self.bags.append(ModelBag(len(self.world.registries) - 1))

    @precondition(lambda self: len(self.bags) < 4)
    @rule(registry=st.integers(0, 1))
    def add_a_bag(self, registry: int) -> None:
        registry %= len(self.world.registries)
        minute = self.tick()
        if registry in self.closed:
            with pytest.raises(RegistryClosedError):
                self.world.add_bag(minute, self.world.registries[registry])
            return
        self.world.add_bag(minute, self.world.registries[registry])
        self.bags.append(ModelBag(registry))

    def pick(self, nth: int) -> tuple[ModelBag, int, BagCode]:
        nth %= len(self.bags)
        return self.bags[nth], nth, self.world.bags[nth]

    @rule(bag=st.integers(0, 3), packet=st.integers(0, 3))
    def put(self, bag: int, packet: int) -> None:
        into, nth, number = self.pick(bag)
        source = self.world.source(self.tick(), CLERK)
        number_of_packet = self.world.packets[packet]
        answer: PackAnswer = self.world.desk.put(number, number_of_packet, source)
        over = into.sealed or into.away or into.registry in self.closed
        others = [other for other in self.bags if other is not into and not other.away]
        elsewhere = any(packet in other.contents for other in others)
        if packet in into.contents and not (into.sealed or into.away):
            assert answer.status is Status.DUPLICATE
        elif over or elsewhere:
            assert answer.status is Status.REFUSED
            self.papers[packet].append(self.fact("scan", source))
        else:
            assert answer.status is Status.ACCEPTED
            into.contents.append(packet)
            self.papers[packet].append(self.fact("put", source, bag=nth))
            self.again(lambda: self.world.desk.put(number, number_of_packet, source))

    @rule(bag=st.integers(0, 3), packet=st.integers(0, 3))
    def take_out(self, bag: int, packet: int) -> None:
        of, _, number = self.pick(bag)
        source = self.world.source(self.tick(), CLERK)
        answer = self.world.desk.take_out(number, self.world.packets[packet], source)
        if of.sealed or of.away or packet not in of.contents:
            assert answer.status is Status.REFUSED
            self.papers[packet].append(self.fact("scan", source))
        else:
            assert answer.status is Status.ACCEPTED
            of.contents.remove(packet)
            self.papers[packet].append(self.fact("out", source))

    @rule(bag=st.integers(0, 3))
    def seal(self, bag: int) -> None:
        of, _, number = self.pick(bag)
        source = self.world.source(self.tick(), CLERK)
        if of.sealed or of.away or not of.contents:
            with pytest.raises((BagSealedError, BagEmptyError)):
                self.world.desk.seal(number, "S-1", source)
            return
        assert self.world.desk.seal(number, "S-1", source).status is Status.ACCEPTED
        of.sealed = True
        self.again(lambda: self.world.desk.seal(number, "S-1", source))

    @rule(registry=st.integers(0, 1))
    def close(self, registry: int) -> None:
        registry %= len(self.world.registries)
        number = self.world.registries[registry]
        source = self.world.source(self.tick(), CLERK)
        packed = [b for b in self.bags if b.registry == registry and b.contents]
        ready = bool(packed) and all(b.sealed or b.away for b in packed)
        if registry in self.closed or not ready:
            with pytest.raises((RegistryClosedError, BagsUnsealedError)):
                self.world.desk.close(number, source)
            return
        self.world.desk.close(number, source)
        of_it = [b for b in self.bags if b.registry == registry]
        self.closed[registry] = [list(b.contents) for b in of_it]

    # --- on the way -----------------------------------------------------------------------------

    @rule(bag=st.integers(0, 3), teller=PEOPLE_AT_WORK, receiver=PEOPLE_AT_WORK, late=LATE)
    def hand_over(self, bag: int, teller: int, receiver: int, late: int) -> None:
        of, nth, number = self.pick(bag)
        source = self.world.source(self.tick() - late, teller, NO_PLACE)
        request = AcceptRequest(source, number, receiver)
        self.recorded(self.world.desk.accept(request))
        of.facts.append(self.fact("accept", source, receiver))
        self.carried(of, nth, source, receiver)
        self.again(lambda: self.world.desk.accept(request))

    def carried(self, bag: ModelBag, nth: int, source: Source, who: int) -> None:
        del bag
        for facts in self.papers.values():
            if any(f.what == "put" and f.bag == nth for f in facts):
                facts.append(self.fact("carried", source, who, bag=nth))

    @rule(bag=st.integers(0, 3), who=PEOPLE_AT_WORK)
    def offer(self, bag: int, who: int) -> None:
        """Nothing that the invariants see changes by it."""
        source = self.world.source(self.tick(), who)
        self.recorded(self.world.desk.offer(self.pick(bag)[2], source))

    @rule(bag=st.integers(0, 3), who=st.sampled_from(OPENERS), late=LATE)
    def open(self, bag: int, who: int, late: int) -> None:
        of, nth, number = self.pick(bag)
        source = self.world.source(self.tick() - late, who)
        self.recorded(self.world.desk.open(number, source))
        of.facts.append(self.fact("open", source))
        self.carried(of, nth, source, who)
        self.again(lambda: self.world.desk.open(number, source))

    @rule(
        bag=st.integers(0, 3),
        packet=st.integers(0, 3),
        who=st.sampled_from(OPENERS),
        late=LATE,
        condition=st.sampled_from([None, None, None, "damaged"]),
    )
    def verify(self, bag: int, packet: int, who: int, late: int, condition: str | None) -> None:
        of, _, number = self.pick(bag)
        source = self.world.source(self.tick() - late, who)
        packets = [self.world.packets[packet]]
        self.recorded(self.world.desk.verify(number, packets, source, condition))
        of.facts.append(self.fact("verify", source, packet=packet))
        self.papers[packet].append(self.fact("verified", source))
        self.again(lambda: self.world.desk.verify(number, packets, source, condition))

    @rule(bag=st.integers(0, 3), who=st.sampled_from(OPENERS), late=LATE)
    def reconcile(self, bag: int, who: int, late: int) -> None:
        of, _, number = self.pick(bag)
        source = self.world.source(self.tick() - late, who)
        self.recorded(self.world.desk.reconcile(number, source))
        of.facts.append(self.fact("reconcile", source))
        self.again(lambda: self.world.desk.reconcile(number, source))

    @rule(packet=st.integers(0, 3), who=st.sampled_from(sorted(DESKS)), late=LATE)
    def scan(self, packet: int, who: int, late: int) -> None:
        source = self.world.source(self.tick() - late, who)
        raw = World.raw(source, self.world.packets[packet])
        desk = self.house.qolhat.desk
        assert desk.scan([raw])[0].status in (Status.ACCEPTED, Status.DEVIATION)
        self.papers[packet].append(self.fact("scan", source))
        self.again(lambda: desk.scan([raw])[0])

    @staticmethod
    def recorded(answer: BagAnswer) -> None:
        assert answer.status in (Status.ACCEPTED, Status.DEVIATION)

    def again(self, request: Callable[[], Any]) -> None:
        self.requests.append(request)

    @precondition(lambda self: bool(self.requests))
    @rule(data=st.data())
    def a_device_sends_something_again(self, data: st.DataObject) -> None:
        nth = data.draw(st.integers(0, len(self.requests) - 1))
        assert self.requests[nth]().status is Status.DUPLICATE

    # --- what must hold after every step ----------------------------------------------------------

    @invariant()
    def bags_are_as_the_model_has_them(self) -> None:
        for nth, bag in enumerate(getattr(self, "bags", ())):
            journey, naive = self.world.journey(self.world.bags[nth]), NaiveBag(bag)
            at = self.house.office.at
            assert [(h.receiver, h.at, h.inferred) for h in journey.hand_overs] == [
                (who, at(minute), inferred) for who, minute, inferred in naive.custody
            ]
            assert journey.holder == naive.holder
            assert list(journey.contents) == self.numbers(bag.contents)
            assert journey.missing == self.numbers(naive.missing)
            assert sorted(journey.extra) == self.numbers(naive.extra)
            assert journey.opened_at == (None if naive.opened is None else at(naive.opened))
            if naive.reconciled is not None:
                assert journey.state.value == "reconciled"
                assert journey.reconciled_at == at(naive.reconciled)
                self.counts_add_up(journey)

    def numbers(self, packets: list[int]) -> list[PacketNumber]:
        return [self.world.packets[nth] for nth in packets]

    def counts_add_up(self, journey: Journey) -> None:
        """Verified and missing make up the contents; each missed packet is an item or was seen."""
        verified = set(journey.contents) & set(journey.verified)
        assert len(verified) + len(journey.missing) == len(journey.contents)
        items = discrepancies_of(journey, self.world.events, self.world.registry_of)
        known = [(item.kind, item.packet) for item in items]
        assert len(known) == len(set(known))
        missed = {item.packet for item in items if item.kind is DiscrepancyKind.MISSING}
        assert missed <= set(journey.missed)
        for packet in set(journey.missed) - missed:
            facts = self.papers[self.world.packets.index(packet)]
            assert any(f.what == "scan" and not f.by_courier for f in facts)
        for item in items:
            assert item.settled_at is None or item.settled_at >= item.opened_at

    @invariant()
    def packets_are_where_the_model_has_them(self) -> None:
        editions = self.house.qolhat.regulations
        for nth, facts in getattr(self, "papers", {}).items():
            events = self.world.events(self.world.packets[nth])
            progress, naive = timeline_of(events, editions).progress, NaivePacket(facts)
            assert (progress.place, progress.person) == (DESKS[naive.who], naive.who)
            assert progress.verified is naive.seen
            assert progress.bag == (None if naive.bag is None else self.world.bags[naive.bag])
            inferred = sum(isinstance(event, Packet.Carried) for event in events)
            assert inferred == sum(f.what == "carried" for f in facts)
            assert len(events) == len(facts) + 1  # and the registration

    @invariant()
    def a_packet_is_in_one_open_bag_at_most(self) -> None:
        if not hasattr(self, "bags"):
            return
        packed = [
            packet
            for nth, bag in enumerate(self.bags)
            if not bag.away
            for packet in self.world.journey(self.world.bags[nth]).contents
        ]
        assert len(packed) == len(set(packed))

    @invariant()
    def a_closed_registry_stays_as_it_was(self) -> None:
        for registry, contents in getattr(self, "closed", {}).items():
            of_it = [nth for nth, b in enumerate(self.bags) if b.registry == registry]
            journeys = [self.world.journey(self.world.bags[nth]) for nth in of_it]
            assert [list(j.contents) for j in journeys] == [self.numbers(c) for c in contents]

    @invariant()
    def nothing_is_recorded_twice(self) -> None:
        for bag in getattr(self, "bags", ()) and self.world.bags:
            refs = [event.ref for event in self.world.bag_events(bag)]
            assert len(refs) == len(set(refs))
        for packet in getattr(self, "papers", ()):
            refs = [event.ref for event in self.world.events(self.world.packets[packet])]
            assert len(refs) == len(set(refs))


TestBags = Bags.TestCase
TestBags.settings = hypothesis_settings(
    max_examples=EXAMPLES, stateful_step_count=25, deadline=None
)
