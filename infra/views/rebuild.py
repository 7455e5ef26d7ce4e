"""Makes views anew beside the live ones, compares all rows, and puts them in place.

`verify` stops before the last step. The new ones are built stream by stream (`shards`) from the
events up to a moment ago. What came meanwhile they take in as live views do, and are compared,
while nobody moves the views, at the same position of both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from infra.store.log import EventLog
from infra.store.rows import LAST_VERSION
from infra.views.group import SetAside, ViewGroup, ViewsMovedError
from infra.views.shards import Generation, build, workforce
from projections.view import View

EXAMPLES = 5
_ONE_IS_ENOUGH = 100_000  # events; below, another process takes longer to start than it saves
_AT_ONCE = 2
_NEAR = 50_000  # events that the live views may be behind to be compared
_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Difference:
    """How a live table differs from the one made anew; with a few rows of each side."""

    view: str
    table: str
    only_live: int
    only_anew: int
    examples: tuple[tuple[str, dict[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome: up to which position, over how many rows of each table, what differs.

    Not `compared`: the live views were too far behind.
    """

    position: int
    rows: dict[str, int]
    differences: tuple[Difference, ...]
    compared: bool = True


Progress = Callable[[int, int], None]


def verify(
    log: EventLog,
    group: ViewGroup,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Comparison:
    """Build all views of the group anew, compare them with the live ones, drop them again.

    Views that lag behind are brought up to the log first. `processes`: how many build; None: as
    many as are worth it. Raises StorageError.
    """
    _follow(log, group)
    with group.building():
        return _Rebuilding(log, group, progress, processes).run(replace=False)


def rebuild(
    log: EventLog,
    group: ViewGroup,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Comparison:
    """Build all views of the group anew, compare, and put them in place of the live ones.

    Views that lag far behind are not compared: to bring them up would take longer than to build
    them. `processes`: as of `verify`. Raises StorageError.
    """
    with group.building():
        return _Rebuilding(log, group, progress, processes).run(replace=True)


def _follow(log: EventLog, group: ViewGroup) -> None:
    """Bring views that lag behind up to the log, while others may read and write them."""
    after = group.position()
    for page in log.pages(after, log.rows.last_position()):
        try:
            group.take(page, after)
        except ViewsMovedError:
            return  # somebody else does it
        after = page[-1][0]


class _Rebuilding:
    """Builds a generation beside the live one, from the first event to those of a moment ago."""

    def __init__(
        self, log: EventLog, group: ViewGroup, progress: Progress | None, processes: int | None
    ) -> None:
        self._log = log
        self._group = group
        self._progress = progress
        self._until = until = log.rows.last_position()
        with group.connected() as connection:
            self._live = group.generations(connection)
            self._behind = until - group.position_in(connection)
        self._beside = {kind.name: self._live[kind.name] + 1 for kind in group.kinds}
        several = group.engine.dialect.name == "postgresql" and until > _ONE_IS_ENOUGH
        self._processes = processes or (_AT_ONCE if several else 1)

    def run(self, *, replace: bool) -> Comparison:
        """Build, bring both generations to one position, compare, and perhaps replace."""
        group, beside = self._group, self._beside
        with group.writing.begin() as connection:
            for kind in group.kinds:
                group.make(connection, kind, beside[kind.name])
        aside = self._build()
        with group.alone() as connection:  # from here on nobody else moves the views
            position, late = self._meet(connection)
            comparison = self._compare(connection, position)
            for kind in group.kinds:
                if replace:
                    group.put_in_place(connection, kind, beside[kind.name])
                else:
                    group.of_generation(kind, beside[kind.name]).metadata.drop_all(connection)
            if replace:
                group.forget_set_aside(connection)
                group.put_aside(connection, aside + late)
        self._tell(position, position)
        return comparison

    def _tell(self, done: int, whole: int) -> None:
        if self._progress is not None:
            self._progress(done, whole)

    def _build(self) -> list[SetAside]:
        """Build the whole generation; return the events that cannot be taken in."""
        generation = Generation(self._beside, self._until)
        with workforce(self._log, self._group, generation, self._processes) as force:
            left = build(self._log.rows, force, self._until, self._tell)
        aside: list[SetAside] = []
        for stream in left:
            aside += self._take_one_by_one(stream)
        return aside

    def _take_one_by_one(self, stream: UUID) -> list[SetAside]:
        """Take a stream in the ordinary way, which sets aside only what cannot be understood."""
        before = UUID(int=stream.int - 1), LAST_VERSION
        aside: list[SetAside] = []
        while page := self._log.rows.rows_by_stream(before, stream, self._until, _PAGE):
            with self._group.writing.begin() as connection:
                aside += self._group.write(connection, page, self._beside)
            before = stream, page[-1][2]
        return aside

    def _meet(self, connection: sa.Connection) -> tuple[int, list[SetAside]]:
        """Bring the live views and the new ones to the same position: the farthest of all."""
        group = self._group
        live = group.frontier_in(connection)
        position = max(live.most, self._until)
        if self._is_compared:
            for page in self._log.pages(live.least, position):
                group.put_aside(connection, group.write(connection, live.lacks(page), self._live))
        late: list[SetAside] = []
        for page in self._log.pages(self._until, position):
            late += group.write(connection, page, self._beside)
        group.move(connection, position)
        return position, late

    @property
    def _is_compared(self) -> bool:
        return self._behind <= _NEAR

    def _compare(self, connection: sa.Connection, position: int) -> Comparison:
        rows: dict[str, int] = {}
        differences = []
        for kind in self._group.kinds:
            one = self._group.of_generation(kind, self._live[kind.name])
            other = self._group.of_generation(kind, self._beside[kind.name])
            for name, table in other.tables.items():
                rows[name] = _count(connection, table)
                if self._is_compared and _may_differ(connection, table, one.tables[name]):
                    differences += _differences(connection, kind, name, one, other)
        return Comparison(position, rows, tuple(differences), self._is_compared)


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _may_differ(connection: sa.Connection, one: sa.Table, other: sa.Table) -> bool:
    """Tell whether two tables may have other rows; where it costs less than to compare them all.

    By the sums of the hashes of all rows: the same in whatever order the rows lie.
    """
    if connection.dialect.name != "postgresql":
        return True
    return bool(_hashed(connection, one) != _hashed(connection, other))


def _hashed(connection: sa.Connection, table: sa.Table) -> Any:
    whole_row: sa.ColumnElement[Any] = sa.literal_column("each.*")
    hashed = sa.cast(sa.func.hash_record_extended(whole_row, 0), sa.Numeric)
    query = sa.select(sa.func.count(), sa.func.sum(hashed)).select_from(table.alias("each"))
    return connection.execute(query).one()


def _differences(
    connection: sa.Connection, kind: type[View], name: str, live: View, anew: View
) -> list[Difference]:
    ours, theirs = sa.select(live.tables[name]), sa.select(anew.tables[name])
    only_live = sa.except_(ours, theirs).subquery()
    only_anew = sa.except_(theirs, ours).subquery()
    counts = [
        connection.execute(sa.select(sa.func.count()).select_from(side)).scalar_one()
        for side in (only_live, only_anew)
    ]
    if not any(counts):
        return []
    examples = [
        (which, row._asdict())
        for which, side in (("live", only_live), ("anew", only_anew))
        for row in connection.execute(sa.select(side).limit(EXAMPLES))
    ]
    return [Difference(kind.name, name, counts[0], counts[1], tuple(examples))]
