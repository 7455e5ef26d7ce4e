"""A view may rely on the order within a stream, and on nothing between streams.

The events of a demonstration's day come to the views with their streams mixed anew, each stream in
its own order; and then stream by stream, as views are built anew. The tables are the same.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent

import infra.views.shards
from domain.numbers import bag_code, packet_number
from infra.bootstrap import ALL_VIEWS, Qolhat, bootstrap
from infra.demonstration import Plan, SimulatedClock, run_demonstration
from infra.settings import Settings
from infra.store.rows import EventRow
from infra.views.group import ViewGroup
from infra.views.rebuild import verify
from infra.views.shards import pieces_of
from infra.views.whole import LooksAcrossError, NothingElse
from tests.infra.demonstration.simulated import hasty
from tests.stories import CENTRE

PLAN = Plan(days=2, packets=40)
MIXTURES = 2
SIZES = (1, 7, 60, 900)
Tables = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> list[EventRow]:
    """All that is recorded in two small days."""
    settings, clock = Settings(data_dir=tmp_path_factory.mktemp("day")), SimulatedClock()
    with hasty(), bootstrap(settings, now=clock) as qolhat:
        run_demonstration(qolhat, clock, PLAN)
        return [row for page in qolhat.log.pages(0) for row in page]


@pytest.fixture
def kept(qolhat: Qolhat, day: list[EventRow]) -> Qolhat:
    """A store of each kind that holds the days, with its views up to date."""
    events = [StoredEvent(row[1], row[2], row[3], str(row[4]).encode()) for row in day]
    qolhat.log.rows.insert_events(events)
    qolhat.runner.catch_up()
    return qolhat


def tables(group: ViewGroup) -> Tables:
    """All rows of all views, the journal's included."""
    with group.reading() as reading:
        return {
            name: sorted(map(tuple, reading.connection.execute(sa.select(table))), key=repr)
            for kind in group.kinds
            for name, table in reading.view(kind).tables.items()
        }


def mixed(rows: Sequence[EventRow], random: Random) -> list[EventRow]:
    """Deal the streams out in another order between them, each in its own."""
    streams: defaultdict[UUID, deque[EventRow]] = defaultdict(deque)
    for row in rows:
        streams[row[1]].append(row)
    turns = [row[1] for row in rows]
    random.shuffle(turns)
    return [
        (position, *streams[turn].popleft()[1:]) for position, turn in enumerate(turns, start=1)
    ]


def in_batches(rows: Sequence[EventRow], random: Random) -> Iterator[Sequence[EventRow]]:
    """Cut rows into batches of any sizes."""
    start = 0
    while start < len(rows):
        size = random.choice(SIZES)
        yield rows[start : start + size]
        start += size


def test_streams_may_come_in_any_order_between_them(kept: Qolhat, day: list[EventRow]) -> None:
    expected = tables(kept.views)
    filled = {name for name, rows in expected.items() if rows}
    assert len(expected["holdings"]) > PLAN.packets
    assert filled >= {"unsettled", "discrepancies", "bags", "run_reports", "device_logs", "due"}
    for seed in range(MIXTURES):
        random, after = Random(seed), 0
        group = ViewGroup(kept.views.engine, kept.views.knowledge, ALL_VIEWS)
        group.begin_anew()
        for batch in in_batches(mixed(day, random), random):
            after = group.take(batch, after)
        assert group.set_aside() == []
        assert tables(group) == expected


@pytest.mark.parametrize(("page", "piece"), [(5_000, 20_000), (37, 250)])
def test_built_stream_by_stream_they_are_as_followed(
    kept: Qolhat, monkeypatch: pytest.MonkeyPatch, page: int, piece: int
) -> None:
    monkeypatch.setattr(infra.views.shards, "PAGE", page)
    monkeypatch.setattr(infra.views.shards, "_PIECE", piece)
    compared = verify(kept.log, kept.views)
    assert compared.differences == ()
    assert compared.compared
    assert compared.position == kept.log.rows.last_position()
    assert compared.rows == {name: len(rows) for name, rows in tables(kept.views).items()}


def test_pieces_hold_every_stream_once(
    kept: Qolhat, day: list[EventRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(infra.views.shards, "_PIECE", 250)
    pieces = pieces_of(kept.log.rows, len(day))
    assert len(pieces) > len(day) // 500
    holding = [
        sum(piece.after.int < stream.int <= piece.last.int for piece in pieces)
        for stream in {row[1] for row in day}
    ]
    assert set(holding) == {1}


def test_a_view_of_single_streams_cannot_ask_for_others() -> None:
    nothing = NothingElse()
    with pytest.raises(LooksAcrossError):
        nothing.events_of(packet_number(CENTRE, 1))
    for question in (nothing.journey, nothing.registry_of):
        with pytest.raises(LooksAcrossError):
            question(bag_code(CENTRE, 1))


def test_only_discrepancies_look_across_streams() -> None:
    assert [kind.name for kind in ALL_VIEWS if kind.across_streams] == ["discrepancies"]


def test_events_are_read_stream_by_stream_up_to_a_position(
    kept: Qolhat, day: list[EventRow]
) -> None:
    middle = len(day) // 2
    expected = sorted(day[:middle], key=lambda row: (row[1].bytes, row[2]))
    after, found = (UUID(int=0), 0), list[EventRow]()
    last = expected[-1][1]
    while page := kept.log.rows.rows_by_stream(after, last, middle, 100):
        found += page
        after = page[-1][1], page[-1][2]
    assert [row[:4] for row in found] == [row[:4] for row in expected]
    streams = kept.log.rows.streams_at([1, middle, len(day)])
    assert streams == sorted((day[at - 1][1] for at in (1, middle, len(day))), key=str)
