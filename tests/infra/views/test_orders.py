"""Whatever the order in which things become known, and in whatever batches, the views are equal.

What happened stays the same; the events of all bags, packets, registries and runs are dealt out
anew to the log's positions and to the versions of their streams.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from domain.acts import ActKind
from domain.numbers import packet_number
from domain.packet import EVENTS as PACKET_EVENTS
from domain.roles import Role
from infra.bootstrap import ALL_VIEWS, Qolhat
from infra.store.rows import EventRow
from infra.views.group import ViewGroup
from infra.views.rebuild import verify
from projections.bags import Bags
from projections.discrepancies import Discrepancies
from projections.holdings import Holdings
from projections.open_sums import OpenSums
from projections.rollups import Rollups
from projections.trips import Trips
from projections.visits import Visits
from tests.infra.views.carriage import Carriage
from tests.office import OTHER_CLERK, Office
from tests.stories import CENTRE, OTHER_AUTHORITY, place

ORDERS = 3
COMPARED = (Holdings, Visits, Rollups, OpenSums, Bags, Discrepancies, Trips)
Tables = dict[str, set[tuple[Any, ...]]]


@pytest.fixture
def day(office: Office) -> Carriage:
    """A day on which almost everything goes wrong with four bags."""
    day = Carriage(office)
    came, lost, moved, later, harmed, doubled = day.registered(6)
    astray = packet_number(CENTRE, 7_000)
    registry, first = day.begin()
    second = day.add_bag(registry)
    day.put(first, came, lost, moved, harmed)
    day.put(second, doubled, later)
    day.take_out(second, later)
    day.put(first, later)
    day.seal(first, None, "S-1")
    day.seal(second, registry, "S-2")
    next_registry, third = day.begin()
    day.put(third, *day.registered(2))
    day.seal(third, next_registry, "S-3")
    day.desk.offer(first, day.source(Role.COLLECTING))
    minute = day.minute
    day.hand_over(first, Role.OFFICE, minute=minute + 60, seal="S-9")
    day.hand_over(first, Role.COURIER, minute=minute + 10, recorded=minute + 90)
    day.hand_over(second, Role.COURIER, minute=minute + 11)
    day.hand_over(second, Role.COURIER, minute=minute + 30, person=30)
    day.desk.break_seal(second, day.source(Role.COURIER, minute + 40))
    day.minute = minute + 100
    for bag, packets in ((first, (came, harmed)), (second, (doubled, moved))):
        day.open(bag)
        day.verify(bag, *packets)
        day.reconcile(bag)
    day.verify(first, harmed, condition="damaged")
    day.verify(second, doubled, condition="twice")
    day.hand_over(third, Role.COURIER)
    elsewhere = place(Role.OFFICE, OTHER_AUTHORITY)
    day.accept_at(third, elsewhere, OTHER_CLERK)
    day.hand_over(third, Role.COURIER)
    day.hand_over(third, Role.OFFICE)
    day.verify(third, later, astray)
    day.reconcile(third)
    office.register(10, number=astray, decided_by=OTHER_AUTHORITY, recorded=day.minute + 1)
    office.act(day.minute + 5, ActKind.LOST, Role.OFFICE, lost, text="жоқ")
    office.scan(day.minute + 50, lost, Role.COLLECTING)
    return day


def tables(group: ViewGroup) -> Tables:
    """All rows of the views that are compared, but for who came first within a stream."""
    found: Tables = {}
    with group.reading() as reading:
        for kind in COMPARED:
            for name, table in reading.view(kind).tables.items():
                columns = [column for column in table.columns if column.name != "version"]
                rows = reading.connection.execute(sa.select(*columns))
                found[name] = {tuple(row) for row in rows}
    return found


def dealt(rows: Sequence[EventRow]) -> list[EventRow]:
    """Give rows positions, and versions in their streams, in the order in which they come."""
    versions: Counter[UUID] = Counter()
    renumbered = []
    for position, (_, stream, _, topic, state) in enumerate(rows, start=1):
        versions[stream] += 1
        renumbered.append((position, stream, versions[stream], topic, state))
    return renumbered


def any_sizes(random: Random) -> Iterator[int]:
    """Batches of one event up to all at once."""
    while True:
        yield random.choice((1, 2, 7, 40, 300))


def fed(qolhat: Qolhat, rows: Sequence[EventRow], sizes: Iterator[int]) -> Tables:
    """The views after these events, taken in by batches of these sizes."""
    group = ViewGroup(qolhat.views.engine, qolhat.views.knowledge, ALL_VIEWS)
    group.begin_anew()
    after, rest = 0, dealt(rows)
    while rest:
        size = next(sizes)
        after = group.take(rest[:size], after)
        rest = rest[size:]
    assert group.set_aside() == []
    return tables(group)


def test_every_order_of_recording_gives_the_same_tables(day: Carriage, qolhat: Qolhat) -> None:
    qolhat.runner.catch_up()
    assert verify(qolhat.log, qolhat.views).differences == ()
    punctual = tables(qolhat.views)
    assert {row[1] for row in punctual["discrepancies"]} == {
        "missing", "extra", "misrouted", "twice", "damaged", "wrong-seal",
    }  # fmt: skip
    rows = qolhat.log.rows.rows_after(0, 10_000)
    for seed in range(ORDERS):
        random = Random(seed)
        shuffled = random.sample(rows, len(rows))
        assert fed(qolhat, shuffled, any_sizes(random)) == punctual


LAST: dict[str, Callable[[str], bool]] = {
    "bags": lambda topic: topic not in PACKET_EVENTS,
    "packets": lambda topic: topic in PACKET_EVENTS,
    "registrations": lambda topic: topic == "pkt.reg",
    "beginnings": lambda topic: topic in ("bag.new", "rgy.new"),
    "settling scans": lambda topic: topic in ("pkt.los", "pkt.scan"),
}


@pytest.mark.parametrize("last", LAST)
def test_what_belongs_together_may_become_known_apart(
    day: Carriage, qolhat: Qolhat, last: str
) -> None:
    qolhat.runner.catch_up()
    punctual = tables(qolhat.views)
    rows = qolhat.log.rows.rows_after(0, 10_000)
    rows.sort(key=lambda row: LAST[last](row[3]))
    before = sum(not LAST[last](row[3]) for row in rows)
    assert fed(qolhat, rows, chain([before], repeat(1))) == punctual


def test_following_each_event_is_the_same_as_rebuilding(office: Office, qolhat: Qolhat) -> None:
    carriage = Carriage(office)
    first, second = packets = carriage.registered(2)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    qolhat.runner.catch_up()
    carriage.deliver(bag, registry)
    after = qolhat.views.position()
    carriage.verify(bag, first)
    carriage.reconcile(bag)
    carriage.verify(bag, second)  # found after all
    for row in qolhat.log.rows.rows_after(after, 10_000):
        after = qolhat.views.take([row], after)
    assert verify(qolhat.log, qolhat.views).differences == ()
