"""Turnover: what was received, rendered and ended on each day, however late, on every store."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest

from domain.acts import ActKind
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.views.rebuild import rebuild, verify
from projections.holdings import Holdings
from projections.turnover import Turnover, TurnoverFilter, TurnoverOfRows, TurnoverSums
from tests.infra.views.test_cases import rendered
from tests.infra.views.test_rollups import days, kept  # noqa: F401  a recorded week
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY

TODAY = MORNING.date()
A_DAY = timedelta(days=1)
ALWAYS = TurnoverFilter(date(2026, 1, 1), date(2028, 1, 1))


def turnover(qolhat: Qolhat, which: TurnoverFilter = ALWAYS) -> list[Turnover]:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        return reading.view(TurnoverSums).turnover(reading.connection, which)


def counted(qolhat: Qolhat, which: TurnoverFilter) -> list[Turnover]:
    """The same, packet by packet."""
    rows = TurnoverOfRows(which)
    with qolhat.views.reading() as reading:
        for row in reading.connection.execute(reading.view(Holdings).holdings.select()):
            rows.take(row._asdict())
    return rows.found()


def everybody(qolhat: Qolhat) -> list[Collection[int] | None]:
    """The country, and who accepts and decides: alone, and a few together."""
    with qolhat.views.reading() as reading:
        sums = reading.view(TurnoverSums).sums
        pairs = reading.connection.execute(sums.select().where(sums.c.accepting > 0)).all()
    codes = sorted({row.accepting for row in pairs} | {row.deciding for row in pairs})
    return [None, [], *([code] for code in codes[:8]), *combinations(codes[:4], 2), codes]


def test_it_is_what_the_packets_add_up_to(kept: Qolhat) -> None:  # noqa: F811
    whole = turnover(kept)
    assert sum(each.received for each in whole) > 100
    assert all(sum(getattr(each, name) for each in whole) for name in ("issued", "open", "granted"))
    first = date(2026, 11, 16)
    for organisations in everybody(kept):
        for since in range(0, 10, 3):
            for length in (1, 4):
                begins = first + since * A_DAY
                which = TurnoverFilter(begins, begins + length * A_DAY, organisations)
                assert turnover(kept, which) == counted(kept, which)


def test_it_is_the_same_made_anew(kept: Qolhat) -> None:  # noqa: F811
    before = turnover(kept)
    assert rebuild(kept.log, kept.views).differences == ()
    assert turnover(kept) == before


def test_both_offices_count_a_packet_and_the_country_counts_it_once(
    office: Office, qolhat: Qolhat
) -> None:
    office.register(10, "002")
    mine = Turnover("002", received=1, open=1)
    for organisations, found in (
        (None, [mine]),
        ([CENTRE], [mine]),
        ([AUTHORITY], [mine]),
        ([CENTRE, AUTHORITY], [mine]),
        ([OTHER_AUTHORITY], []),
    ):
        which = TurnoverFilter(TODAY, TODAY + A_DAY, organisations)
        assert turnover(qolhat, which) == found


def test_what_is_open_was_received_and_is_not_ended(office: Office, qolhat: Qolhat) -> None:
    rendered(office)
    office.register(30, "002")
    number, _ = office.register(40, "002")
    office.act(2 * 24 * 60, ActKind.WITHDRAWN, Role.INSPECTOR, number)
    (first,) = turnover(qolhat, TurnoverFilter(TODAY, TODAY + A_DAY))
    assert (first.received, first.rendered) == (3, 1)
    assert (first.withdrawn, first.open) == (0, 3)
    (later,) = turnover(qolhat, TurnoverFilter(TODAY + A_DAY, TODAY + 7 * A_DAY))
    assert (later.received, later.withdrawn, later.open) == (0, 1, 2)
    assert turnover(qolhat, TurnoverFilter(TODAY - A_DAY, TODAY)) == []


def test_what_comes_late_moves_to_its_own_day(office: Office, qolhat: Qolhat) -> None:
    number = rendered(office, after=9 * 24 * 60)
    on_the_day = TurnoverFilter(TODAY, TODAY + A_DAY)
    assert turnover(qolhat, on_the_day)[0].rendered == 0
    synchronised = 10 + 9 * 24 * 60 + 30
    office.scan(260, number, Role.COLLECTING, recorded=synchronised)
    office.scan(270, number, Role.INSPECTOR, recorded=synchronised + 1)
    assert turnover(qolhat, on_the_day)[0].rendered == 1
    assert sum(each.rendered for each in turnover(qolhat)) == 1
    assert verify(qolhat.log, qolhat.views).differences == ()


@pytest.mark.parametrize("anew", [False, True])
def test_what_was_voided_leaves_no_row(office: Office, qolhat: Qolhat, *, anew: bool) -> None:
    number = rendered(office)
    at = office.clock.at + timedelta(seconds=5)
    minute = (at - office.at(0)) / timedelta(minutes=1)
    qolhat.desk.void(number, f"s{office.told}", office.source(minute, Role.INSPECTOR))
    found = turnover(qolhat)
    if anew:
        assert rebuild(qolhat.log, qolhat.views).differences == ()
    assert turnover(qolhat) == found == counted(qolhat, ALWAYS)
    assert verify(qolhat.log, qolhat.views).differences == ()
    assert not any(row.count == 0 for row in _rows(qolhat))


def _rows(qolhat: Qolhat) -> list[Any]:
    with qolhat.views.reading() as reading:
        return list(reading.connection.execute(reading.view(TurnoverSums).sums.select()))
