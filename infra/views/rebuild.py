"""Makes views anew beside the live ones, compares row by row, and puts them in place.

`verify` stops before the last step. The comparison is made while nobody moves the views, at the
same position of both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from infra.store.log import EventLog
from infra.views.group import SetAside, ViewGroup
from projections.view import View

EXAMPLES = 5


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
    """The outcome: up to which position, over how many rows of each table, what differs."""

    position: int
    rows: dict[str, int]
    differences: tuple[Difference, ...]


Progress = Callable[[int, int], None]


def verify(log: EventLog, group: ViewGroup, progress: Progress | None = None) -> Comparison:
    """Build all views of the group anew, compare them with the live ones, drop them again."""
    return _build_beside(log, group, progress, replace=False)


def rebuild(log: EventLog, group: ViewGroup, progress: Progress | None = None) -> Comparison:
    """Build all views of the group anew, compare, and put them in place of the live ones."""
    return _build_beside(log, group, progress, replace=True)


def _build_beside(
    log: EventLog, group: ViewGroup, progress: Progress | None, *, replace: bool
) -> Comparison:
    with group.engine.connect() as connection:
        live = group.generations(connection)
    beside = {kind.name: live[kind.name] + 1 for kind in group.kinds}
    with group.writing.begin() as connection:
        for kind in group.kinds:
            group.make(connection, kind, beside[kind.name])
    after, until = 0, log.rows.last_position()
    aside: list[SetAside] = []
    for page in log.pages(0, until):
        with group.writing.begin() as connection:
            aside += group.write(connection, page, beside)
        after = page[-1][0]
        if progress is not None:
            progress(after, until)
    with group.alone() as connection:  # from here on nobody else moves the views
        position, late = _meet(log, group, connection, after, beside)
        comparison = _compare(group, connection, live, beside, position)
        for kind in group.kinds:
            if replace:
                group.put_in_place(connection, kind, beside[kind.name])
            else:
                group.of_generation(kind, beside[kind.name]).metadata.drop_all(connection)
        if replace:
            group.forget_set_aside(connection)
            group.put_aside(connection, aside + late)
    return comparison


def _meet(
    log: EventLog,
    group: ViewGroup,
    connection: sa.Connection,
    after: int,
    beside: dict[str, int],
) -> tuple[int, list[SetAside]]:
    """Bring the live views and the new ones to the same position: the farther of the two."""
    live = group.position_in(connection)
    position = max(live, after)
    for page in log.pages(live, position):
        group.put_aside(connection, group.write(connection, page))
    late: list[SetAside] = []
    for page in log.pages(after, position):
        late += group.write(connection, page, beside)
    group.move(connection, position)
    return position, late


def _compare(
    group: ViewGroup,
    connection: sa.Connection,
    live: dict[str, int],
    beside: dict[str, int],
    position: int,
) -> Comparison:
    rows: dict[str, int] = {}
    differences = []
    for kind in group.kinds:
        one = group.of_generation(kind, live[kind.name])
        other = group.of_generation(kind, beside[kind.name])
        for name in one.tables:
            rows[name] = connection.execute(
                sa.select(sa.func.count()).select_from(other.tables[name])
            ).scalar_one()
            difference = _difference(connection, kind, name, one, other)
            if difference is not None:
                differences.append(difference)
    return Comparison(position, rows, tuple(differences))


def _difference(
    connection: sa.Connection, kind: type[View], name: str, live: View, anew: View
) -> Difference | None:
    ours, theirs = sa.select(live.tables[name]), sa.select(anew.tables[name])
    only_live = sa.except_(ours, theirs).subquery()
    only_anew = sa.except_(theirs, ours).subquery()
    counts = [
        connection.execute(sa.select(sa.func.count()).select_from(side)).scalar_one()
        for side in (only_live, only_anew)
    ]
    if not any(counts):
        return None
    examples = [
        (which, row._asdict())
        for which, side in (("live", only_live), ("anew", only_anew))
        for row in connection.execute(sa.select(side).limit(EXAMPLES))
    ]
    return Difference(kind.name, name, counts[0], counts[1], tuple(examples))
