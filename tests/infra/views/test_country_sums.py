"""What the whole country has open: sums tell what counting would, to the microsecond."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from domain.acts import ActKind
from domain.roles import Role
from domain.urgency import Urgency
from infra.bootstrap import Qolhat
from infra.pressing import pressing_of
from infra.views.rebuild import rebuild, verify
from projections.country_sums import CountrySums
from projections.due import DueView
from projections.holdings import Holdings
from projections.pressing import Moment, Whose
from projections.tables import instant
from tests.infra.views.test_rollups import days, kept  # noqa: F401  a recorded week
from tests.office import Office
from tests.stories import MORNING

HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)
OPEN = ("on-the-way", "rendered", "lost", "unregistered")


def moments(qolhat: Qolhat) -> list[datetime]:
    """Every moment on which a count hangs, and those beside it; and all whole hours around them."""
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        c = reading.view(DueView).due.c
        columns = reading.connection.execute(sa.select(c.due_at, c.warn_at)).all()
    edges = sorted({instant(at) for row in columns for at in row})
    near = [at + step for at in edges[::7] for step in (-MICROSECOND, timedelta(0), MICROSECOND)]
    hours = [at.replace(minute=0, second=0, microsecond=0) for at in near[::5]]
    return [*near, *hours, *(hour + HOUR for hour in hours)]


def differences(qolhat: Qolhat, asked: list[datetime]) -> list[object]:
    """Where the country's sums tell something else than its packets, one by one."""
    qolhat.runner.catch_up()
    country = [each.code for each in qolhat.directory.organisations]
    found: list[object] = []
    with qolhat.views.reading() as reading:
        for now in asked:
            pressing = pressing_of(reading, Moment(now, {now + 8 * HOUR: country}))
            for which in Urgency:
                counted = pressing.count(which, Whose(country))
                added_up = pressing.count(which, Whose(country, everywhere=True))
                if counted != added_up:
                    found.append((now, which, counted, added_up))
        standing = reading.view(Holdings).standing(reading.connection, OPEN, country)
        sums = reading.view(CountrySums).standing(reading.connection, OPEN)
        if standing != sums:
            found.append((standing, sums))
    return found


def test_of_a_recorded_week_sums_tell_what_counting_does(kept: Qolhat) -> None:  # noqa: F811
    asked = moments(kept)
    assert len(asked) > 50
    assert differences(kept, asked) == []
    with kept.views.reading() as reading:
        standing = reading.view(CountrySums).standing(reading.connection, (*OPEN, "issued"))
    assert standing["on-the-way"] > 0
    assert standing["issued"] == 0  # these are closed


def test_the_rebuilt_sums_are_the_live_ones(kept: Qolhat) -> None:  # noqa: F811
    assert rebuild(kept.log, kept.views).differences == ()
    assert differences(kept, moments(kept)) == []


@pytest.mark.parametrize("at_once", [True, False])
def test_what_changes_is_taken_away_first(office: Office, qolhat: Qolhat, at_once: bool) -> None:
    """Whether a packet's whole way comes in one batch or in several, the last state counts."""

    def look() -> None:
        if not at_once:
            qolhat.runner.catch_up()

    first, second = office.until_the_courier(10), office.register(20)[0]
    look()
    office.scan(90, first, Role.OFFICE)
    look()
    office.act(100, ActKind.INCOMING, Role.OFFICE, first, incoming_number="7")
    office.act(50, ActKind.WITHDRAWN, Role.INSPECTOR, second)  # late, and the packet is closed
    minutes = [MORNING + timedelta(minutes=minute) for minute in range(0, 800, 25)]
    assert differences(qolhat, minutes) == []
    assert verify(qolhat.log, qolhat.views).differences == ()
    with qolhat.views.reading() as reading:
        tables = reading.view(CountrySums).tables.values()
        empty = [table.select().where(table.c.count < 1) for table in tables]
        assert [reading.connection.execute(each).all() for each in empty] == [[], []]
