"""A bag's worker and a packet's worker at the same moment: neither misses what the other writes.

The bag is reconciled without a packet, and the packet is scanned. Each is another stream's event,
perhaps another partition's and so another worker's; the item "missing" hangs on both.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from domain.dispatch.bag import EVENTS as BAG_EVENTS
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.database import postgres_engine
from infra.kafka.messages import EventMessage
from infra.settings import Settings
from infra.store.identity import identity_of
from infra.store.rows import EventRow
from infra.views import locks
from projections.discrepancies import Discrepancies
from tests.infra.kafka.fed import Partitions, Worker, side_by_side, tables_of
from tests.infra.views.carriage import Carriage
from tests.office import Office

PATIENCE = 30.0
A_MOMENT = 0.3
BAGS, FIRST, SECOND = 0, 1, 2  # who has which partition


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An embedded store; the views of the workers are on the server."""
    return Settings(data_dir=tmp_path)


@pytest.fixture
def server(postgres_dsn: str) -> Iterator[sa.Engine]:
    """A PostgreSQL database for views."""
    made = postgres_engine(postgres_dsn)
    yield made
    made.dispose()


class Race:
    """A bag that lacks two packets, which are found: up to there all is taken in."""

    def __init__(self, qolhat: Qolhat, office: Office, engine: sa.Engine) -> None:
        self.qolhat, self.office = qolhat, office
        carriage = Carriage(office)
        self.packets = carriage.registered(3)
        registry, bag = carriage.begin()
        carriage.put(bag, *self.packets)
        carriage.deliver(bag, registry)
        carriage.verify(bag, self.packets[0])
        self.workers = [Worker(engine, qolhat.views.knowledge) for _ in range(3)]
        self.topic, self.at = Partitions(3), [0, 0, 0]
        self.carriage, self.bag, self.published = carriage, bag, 0
        self.publish()
        for number in (BAGS, FIRST, SECOND):
            self.take(number)

    def reconcile(self) -> None:
        self.carriage.reconcile(self.bag)

    def scan(self, which: int) -> None:
        """A missing packet turns up at the office's desk."""
        self.carriage.minute += 1
        self.office.scan(self.carriage.minute, self.packets[which], Role.OFFICE)

    def publish(self) -> None:
        """Bags into one partition; the second of the missing packets into one of its own."""
        rows = self.qolhat.log.rows.rows_after(self.published, 10_000)
        identity = identity_of(self.qolhat.log)
        for row in rows:
            self.topic.add(self._partition(row), EventMessage(identity, row))
        self.published = rows[-1][0]

    def _partition(self, row: EventRow) -> int:
        if row[3] in BAG_EVENTS:
            return BAGS
        return SECOND if row[1].int & (1 << 60) - 1 == self.packets[2] else FIRST

    def take(self, number: int) -> None:
        """Let the worker of a partition take in what is there."""
        delivery = self.topic.delivery(number, self.at[number])
        self.workers[number].take(delivery)
        self.at[number] = delivery.until

    def items(self) -> Sequence[object]:
        return tables_of(self.workers[0].views)["discrepancies"]

    def expected(self) -> Sequence[object]:
        self.qolhat.runner.catch_up()
        return tables_of(self.qolhat.views)["discrepancies"]


@pytest.fixture
def race(qolhat: Qolhat, office: Office, server: sa.Engine) -> Race:
    return Race(qolhat, office, server)


class Gate:
    """Where a worker is stopped: before it waits for the others, and when it has met them."""

    def __init__(self) -> None:
        self.near, self.go = threading.Event(), threading.Event()
        self.met, self.end = threading.Event(), threading.Event()

    def passed(self, meet: Callable[[], None]) -> None:
        self.near.set()
        assert self.go.wait(PATIENCE)
        meet()
        self.met.set()
        assert self.end.wait(PATIENCE)


@pytest.fixture
def gates(race: Race, monkeypatch: pytest.MonkeyPatch) -> dict[bool, list[Gate]]:
    """The gates of batches with bags (True) and without, in the order of their coming."""
    found: dict[bool, list[Gate]] = defaultdict(list)
    real, coming = locks.meeting, threading.Lock()

    def meeting(connection: sa.Connection, *, exclusive: bool) -> None:
        with coming:
            waiting = [gate for gate in found[exclusive] if not gate.near.is_set()]
            gate = waiting[0]
            gate.near.set()
        gate.passed(lambda: real(connection, exclusive=exclusive))

    monkeypatch.setattr(locks, "meeting", meeting)
    return found


@pytest.mark.parametrize("first", [True, False], ids=["the bag first", "the packet first"])
@pytest.mark.parametrize("recorded", ["reconciled first", "scanned first"])
def test_whoever_comes_second_sees_what_the_first_wrote(
    race: Race, gates: dict[bool, list[Gate]], first: bool, recorded: str
) -> None:
    steps: list[Callable[[], None]] = [race.reconcile, lambda: race.scan(1)]
    for step in steps if recorded == "reconciled first" else reversed(steps):
        step()
    race.publish()
    bag, packet = Gate(), Gate()
    gates[True].append(bag)
    gates[False].append(packet)
    one, other = (bag, packet) if first else (packet, bag)
    with side_by_side(lambda: race.take(BAGS), lambda: race.take(FIRST)):
        assert bag.near.wait(PATIENCE)
        assert packet.near.wait(PATIENCE)  # both have written, neither has committed
        one.go.set()
        assert one.met.wait(PATIENCE)
        other.go.set()
        assert not other.met.wait(A_MOMENT)  # until the first has committed
        one.end.set()
        assert other.met.wait(PATIENCE)
        other.end.set()
    assert race.items() == race.expected()
    assert len(race.items()) >= 1


def test_two_packets_of_one_bag_do_not_wait_for_each_other(
    race: Race, gates: dict[bool, list[Gate]]
) -> None:
    bag, one, other = Gate(), Gate(), Gate()
    gates[True].append(bag)
    gates[False] += [one, other]
    for gate in (bag, one, other):
        gate.go.set()
    bag.end.set()
    race.reconcile()
    race.publish()
    race.take(BAGS)
    race.scan(1)
    race.scan(2)
    race.publish()
    with side_by_side(lambda: race.take(FIRST), lambda: race.take(SECOND)):
        assert one.met.wait(PATIENCE)
        assert other.met.wait(PATIENCE)  # side by side
        one.end.set()
        other.end.set()
    assert race.items() == race.expected()
    assert len(race.items()) == 2


def test_without_the_meeting_each_would_miss_the_other(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, apply = threading.Barrier(2), Discrepancies.apply

    def apply_and_wait(view: Discrepancies, *given: object) -> None:
        apply(view, *given)  # type: ignore[arg-type]
        both.wait(PATIENCE)  # neither commits before the other has read

    race.reconcile()
    race.scan(1)
    race.publish()
    with monkeypatch.context() as patch:
        patch.setattr(locks, "meeting", lambda *_, **__: None)
        patch.setattr(Discrepancies, "apply", apply_and_wait)
        with side_by_side(lambda: race.take(BAGS), lambda: race.take(FIRST)):
            pass
    assert race.items() != race.expected()
