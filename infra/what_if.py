"""What if: the stays of a period scored by another edition's norms beside their own [002 §7; 003].

Nothing is rewritten: stays are read from the view of visits and scored anew (`domain.scoring`), by
the norms of the edition under which they were and by those of the other one. Meant are the stages
of the service that the other edition regulates; a stage that it does not know has no norm there,
and a pause on a ground that it does not give stops no clock there (ADR 43).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from domain.calendar import Timetable
from domain.ledger import under
from domain.numbers import PlaceCode
from domain.progress import Visit, VisitKind
from domain.regulations.edition import Edition, NormText, Stage
from domain.scoring.scorer import Rows, Scorer, Tally
from domain.scoring.scores import Course
from domain.scoring.singly import tally_of
from domain.scoring.tables import NONE
from infra.exports.wanted import Wanted
from infra.views.group import Reading
from projections.tables import instant, micros
from projections.view import Knowledge
from projections.visits import Visits, pauses_in

_AT_ONCE = 250_000  # rows
_MEANT = ("organisation", "edition", "stage", "entered_at", "clock_from", "left_at")
_ALONE = (*_MEANT, "kind", "seq", "loop", "place", "person", "ended_by", "pauses")
_Key = tuple[str, str]  # edition, stage


@dataclass(slots=True)
class Share:
    """How stays did by one norm: `judged` could be compared with it, `within` were in time.

    `overrun` is how much more than the norm was used in all, by the norm's own counting.
    """

    judged: int = 0
    within: int = 0
    overrun: timedelta = timedelta(0)

    def add(self, tally: Tally) -> None:
        """Add the scores of some stays."""
        self.judged += tally.judged
        self.within += tally.within
        self.overrun += timedelta(microseconds=tally.overrun)

    @property
    def share_within(self) -> float | None:
        """The share of judged stays that were in time, 0 to 1; None if none could be judged."""
        return self.within / self.judged if self.judged else None


@dataclass(slots=True)
class Compared:
    """The stays of one stage that ended in a period, by their own norm and by the other."""

    edition: Edition
    stage: Stage
    norm: NormText | None
    count: int = 0
    own: Share = field(default_factory=Share)
    other: Share = field(default_factory=Share)


@dataclass(frozen=True, slots=True)
class Only:
    """Which of the stays are meant; None: all. `person` is who held the packet."""

    stage: str | None = None
    person: int | None = None


class _Found(dict[_Key, Compared]):
    """The stages that have stays, each as it is first asked for."""

    def __init__(self, knowledge: Knowledge, other: Edition) -> None:
        super().__init__()
        self._knowledge, self._other = knowledge, other

    def __missing__(self, key: _Key) -> Compared:
        self[key] = compared = _compared(self._knowledge, key, self._other)
        return compared


def what_if(
    reading: Reading,
    knowledge: Knowledge,
    other: Edition,
    wanted: Wanted,
    only: Only = Only(),
) -> list[Compared]:
    """Compare the norms of the stages, in the order of editions and routes.

    `wanted`: when the stays ended, and where they were; where it names a service that the other
    edition does not regulate, there is none. Raises UnknownOrganisationError,
    OutsideCalendarError.
    """
    found = _Found(knowledge, other)
    scorer = Scorer(knowledge.clocks)
    for rows in _pages(reading, _MEANT, other.service.key, wanted, only, paused=False):
        keys = dict.fromkeys((row.edition, row.stage) for row in rows)
        _score(scorer, knowledge, rows, [(key, found[key]) for key in keys])
    for rows in _pages(reading, _ALONE, other.service.key, wanted, only, paused=True):
        for row in rows:
            _score_alone(knowledge, row, found[row.edition, row.stage], other)
    return sorted(
        found.values(), key=lambda each: (each.edition.id, each.edition.index_of[each.stage.key])
    )


def _compared(knowledge: Knowledge, key: _Key, other: Edition) -> Compared:
    edition = knowledge.regulations.edition(key[0])
    index = other.index_of.get(key[1])
    norm = None if index is None else other.stages[index].norm
    return Compared(edition, edition.stage(key[1]), norm)


def _score(
    scorer: Scorer,
    knowledge: Knowledge,
    rows: Sequence[Sequence[Any]],
    compared: list[tuple[_Key, Compared]],
) -> None:
    """Add the scores of some rows; of a stay's two norms the own one stands first."""
    runs = knowledge.clocks.runs
    courses = {key: index for index, (key, _) in enumerate(compared)}
    columns = _columns(rows, courses)
    for tally in scorer.tallies(columns, [_course(each.stage.norm, runs) for _, each in compared]):
        one = compared[tally.course][1]
        one.count += tally.count
        one.own.add(tally)
    for tally in scorer.tallies(columns, [_course(each.norm, runs) for _, each in compared]):
        compared[tally.course][1].other.add(tally)


def _score_alone(
    knowledge: Knowledge, row: sa.Row[Any], compared: Compared, other: Edition
) -> None:
    """Add the scores of a stay whose clock was stopped: each edition knows its own grounds."""
    left, stage, clocks = instant(row.left_at), compared.stage, knowledge.clocks
    assert left is not None  # noqa: S101  only what has ended is read
    visit = _visit(row, left)
    own = tally_of(visit, stage, clocks, left)
    compared.count += own.count
    compared.own.add(own)
    compared.other.add(tally_of(visit, under(stage, other), clocks, left))


def _visit(row: sa.Row[Any], left: datetime) -> Visit:
    entered = instant(row.entered_at)
    assert entered is not None  # noqa: S101  no row is without
    return Visit(
        row.seq,
        row.kind,
        row.stage,
        row.loop,
        PlaceCode(row.place),
        row.person,
        entered,
        instant(row.clock_from),
        left,
        row.ended_by,
        pauses=pauses_in(row.pauses),
    )


def _course(norm: NormText | None, runs: Timetable | None) -> Course:
    return Course(norm=None if norm is None else norm.norm, runs=runs)


def _columns(rows: Sequence[Sequence[Any]], courses: dict[_Key, int]) -> Rows:
    organisations, editions, stages, entered, clock, left = zip(*rows, strict=True)
    known = (NONE if each is None else each for each in clock)
    return Rows(
        np.array(organisations, dtype=np.int64),
        np.array([courses[key] for key in zip(editions, stages, strict=True)], dtype=np.int64),
        np.array(entered, dtype=np.int64),
        np.array(left, dtype=np.int64),
        np.fromiter(known, dtype=np.int64, count=len(rows)),
    )


def _pages(
    reading: Reading,
    columns: Sequence[str],
    service: str,
    wanted: Wanted,
    only: Only,
    *,
    paused: bool,
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Read the stays that ended, in years for which a calendar is kept: paused ones, or others."""
    c = reading.view(Visits).visits.c
    query = sa.select(*(c[name] for name in columns)).where(
        c.service == service,
        c.kind == VisitKind.STAGE.value,
        c.working.is_not(None),
        (c.pauses != "") if paused else (c.pauses == ""),
    )
    if wanted.service is not None:
        query = query.where(c.service == wanted.service)
    if only.stage is not None:
        query = query.where(c.stage == only.stage)
    if only.person is not None:
        query = query.where(c.person == only.person)
    if wanted.since is not None:
        query = query.where(c.left_at >= micros(wanted.since))
    if wanted.until is not None:
        query = query.where(c.left_at < micros(wanted.until))
    if wanted.organisations is not None:
        query = query.where(c.organisation.in_(sorted(wanted.organisations)))
    streamed = reading.connection.execution_options(yield_per=_AT_ONCE).execute(query)
    yield from streamed.partitions(_AT_ONCE)
