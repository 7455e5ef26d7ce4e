"""Open stays by the hour tell what reading every open stay would, at any moment, on every store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from infra.bootstrap import Qolhat
from infra.views.rebuild import rebuild
from projections.open_stays import AGES, OpenStays, OpenWork, of_organisations, of_stages
from projections.open_sums import OpenSums
from projections.view import instant
from projections.visits import Visits
from tests.infra.views.test_rollups import days, kept  # noqa: F401  a recorded week

Found = tuple[list[OpenWork], list[OpenWork]]
MICROSECOND = timedelta(microseconds=1)


def added_up(qolhat: Qolhat, now: datetime) -> Found:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        sums, visits = reading.view(OpenSums), reading.view(Visits)
        return sums.work(reading.connection, visits, now)


def counted(qolhat: Qolhat, now: datetime) -> Found:
    """The same, stay by stay."""
    with qolhat.views.reading() as reading:
        work = OpenStays(reading.view(Visits)).work(reading.connection, now)
    return of_stages(work), of_organisations(work)


def open_rows(qolhat: Qolhat) -> list[Any]:
    with qolhat.views.reading() as reading:
        visits = reading.view(Visits).visits
        return list(reading.connection.execute(visits.select().where(visits.c.left_at.is_(None))))


def rows(qolhat: Qolhat) -> list[tuple[Any, ...]]:
    """The table, in its order."""
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        sums = reading.view(OpenSums).sums
        query = sums.select().order_by(*sums.primary_key)
        return [tuple(row) for row in reading.connection.execute(query)]


def moments(qolhat: Qolhat) -> Iterator[datetime]:
    """When stays become late or a day older, when an hour begins, and just before and after."""
    for row in open_rows(qolhat)[::15]:
        entered, due = instant(row.entered_at), instant(row.due_at)
        assert entered is not None
        edges = [entered + age for age in AGES]
        edges += [each for each in (entered, due) if each is not None]
        hours = [each.replace(minute=0, second=0, microsecond=0) for each in edges[-2:]]
        for each in (*edges, *hours):
            yield from (each - MICROSECOND, each, each + MICROSECOND)


def test_they_are_what_counting_every_open_stay_gives(kept: Qolhat) -> None:  # noqa: F811
    assert len(open_rows(kept)) > 50
    asked = list(moments(kept))
    answers = [added_up(kept, now) for now in asked]
    assert answers == [counted(kept, now) for now in asked]
    late = {sum(line.late for line in stages) for stages, _ in answers}
    assert len(late) > 3
    assert len({line.ages for stages, _ in answers for line in stages}) > 10


def test_they_are_the_same_made_anew(kept: Qolhat) -> None:  # noqa: F811
    before = rows(kept)
    assert rebuild(kept.log, kept.views).differences == ()
    assert rows(kept) == before
