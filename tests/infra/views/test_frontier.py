"""How far views are: a position for each partition, and which events that includes."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from infra.database import sqlite_engine
from infra.kafka.messages import partition_of
from infra.store.rows import EventRow
from infra.views.frontier import Frontier, LogPlace


def row(position: int, stream: UUID | None = None) -> EventRow:
    return (position, stream or uuid4(), 1, "pkt.scan", b"{}")


def stream_in(partition: int, partitions: int) -> UUID:
    """Some stream whose events lie in that partition."""
    streams = (uuid4() for _ in range(10_000))
    return next(each for each in streams if partition_of(each.bytes, partitions) == partition)


def test_with_one_partition_it_is_a_position() -> None:
    frontier = Frontier((5,))
    assert (frontier.partitions, frontier.least, frontier.most) == (1, 5, 5)
    assert [frontier.includes(row(position)) for position in (4, 5, 6)] == [True, True, False]
    assert Frontier() == Frontier((0,))


@pytest.mark.parametrize("partition", range(3))
def test_an_event_is_included_as_far_as_its_own_partition_is(partition: int) -> None:
    frontier = Frontier((10, 40, 20))
    stream = stream_in(partition, 3)
    rows = [row(position, stream) for position in (5, 10, 11, 20, 21, 40, 41)]
    reached = frontier.positions[partition]
    assert [each[0] for each in frontier.lacks(rows)] == [r[0] for r in rows if r[0] > reached]


def test_what_comes_from_the_store_raises_every_partition_that_is_behind() -> None:
    assert Frontier((10, 40, 20)).raised(25) == Frontier((25, 40, 25))


def test_the_place_in_the_log_is_that_of_the_view_that_is_farthest_behind(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "views.db", durable=False)
    few, all_views = LogPlace(["one"]), LogPlace(["one", "other"])
    with engine.begin() as connection:
        few.prepare(connection)
        few.raise_to(connection, 7)
        assert few.frontier_in(connection) == Frontier((7,))
        assert all_views.frontier_in(connection) == Frontier((0,))  # a view that is new
        all_views.raise_to(connection, 9)
        assert few.frontier_in(connection) == all_views.frontier_in(connection) == Frontier((9,))
        all_views.forget(connection)
        assert few.frontier_in(connection) == Frontier()
    engine.dispose()
