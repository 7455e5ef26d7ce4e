"""Cases: rendered in time or late, added up by month, whatever came late, on every store."""

from __future__ import annotations

from datetime import date, timedelta

from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.views.rebuild import rebuild, verify
from projections.cases import CaseFilter, Cases, CaseSum, CaseSums
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY

YEAR = CaseFilter(date(2026, 1, 1), date(2027, 1, 1))
_A_DAY = 24 * 60


def sums(qolhat: Qolhat, which: CaseFilter = YEAR) -> dict[date, CaseSum]:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        return reading.view(CaseSums).by_month(reading.connection, which)


def rendered(office: Office, minute: float = 10, after: float = 300) -> PacketNumber:
    """A certificate for an unemployed citizen that comes back to the centre [002 §7]."""
    number, _ = office.register(minute, "002")
    office.scan(minute + 1, number, Role.COLLECTING)
    office.scan(minute + 2, number, Role.COURIER)
    office.scan(minute + 3, number, Role.OFFICE)
    office.act(minute + 4, ActKind.INCOMING, Role.OFFICE, number)
    office.scan(minute + 5, number, Role.HEAD)
    office.act(minute + 6, ActKind.RESOLUTION, Role.HEAD, number)
    office.scan(minute + 7, number, Role.EXECUTOR)
    office.act(minute + 8, ActKind.DRAFTED, Role.EXECUTOR, number, outcome="granted")
    office.scan(minute + 9, number, Role.HEAD)
    office.act(minute + 10, ActKind.SIGNED, Role.HEAD, number)
    office.scan(minute + 11, number, Role.OFFICE)
    office.act(minute + 12, ActKind.SENT_BACK, Role.OFFICE, number)
    office.scan(minute + 13, number, Role.COURIER)
    office.scan(minute + after, number, Role.COLLECTING)
    office.scan(minute + after + 1, number, Role.INSPECTOR)
    return number


def test_a_case_counts_when_its_service_is_rendered(office: Office, qolhat: Qolhat) -> None:
    office.register(5, "002")  # on its way: no case yet
    rendered(office)
    rendered(office, 20, after=9 * _A_DAY)  # three working days were allowed
    assert sums(qolhat) == {date(2026, 11, 1): CaseSum(2, 2, 1)}


def test_both_offices_see_it_and_no_other(office: Office, qolhat: Qolhat) -> None:
    rendered(office)
    for codes, service, seen in (
        ([CENTRE], None, True),
        ([AUTHORITY], "002", True),
        ([OTHER_AUTHORITY], None, False),
        ([], None, False),
        (None, "003-7", False),
    ):
        assert bool(sums(qolhat, CaseFilter(YEAR.since, YEAR.until, codes, service))) is seen
    assert sums(qolhat, CaseFilter(date(2027, 1, 1), date(2028, 1, 1))) == {}


def test_where_the_sources_give_no_term_it_is_counted_and_not_judged(
    office: Office, qolhat: Qolhat
) -> None:
    number = office.until_the_courier(10)  # 003-7
    office.scan(90, number, Role.OFFICE)
    for minute, kind, role, details in (
        (91, ActKind.INCOMING, Role.OFFICE, {}),
        (93, ActKind.RESOLUTION, Role.HEAD, {}),
        (94, ActKind.RIGHT, Role.EXECUTOR, {"entitled": True}),
        (95, ActKind.DRAFTED, Role.EXECUTOR, {"outcome": "granted"}),
        (97, ActKind.SIGNED, Role.HEAD, {}),
        (99, ActKind.SENT_BACK, Role.OFFICE, {}),
    ):
        office.scan(minute - 0.5, number, role)
        office.act(minute, kind, role, number, **details)
    office.scan(100, number, Role.COURIER)
    office.scan(200, number, Role.COLLECTING)
    office.scan(210, number, Role.INSPECTOR)
    assert sums(qolhat) == {date(2026, 11, 1): CaseSum(1, 0, 0)}


def test_what_comes_late_takes_the_old_case_away(office: Office, qolhat: Qolhat) -> None:
    number = rendered(office, after=9 * _A_DAY)
    assert sums(qolhat) == {date(2026, 11, 1): CaseSum(1, 1, 0)}
    synchronised = 10 + 9 * _A_DAY + 30
    office.scan(260, number, Role.COLLECTING, recorded=synchronised)  # it was there on the day
    office.scan(270, number, Role.INSPECTOR, recorded=synchronised + 1)
    assert sums(qolhat) == {date(2026, 11, 1): CaseSum(1, 1, 1)}
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_a_rendering_that_was_voided_leaves_no_row(office: Office, qolhat: Qolhat) -> None:
    number = rendered(office)
    at = office.clock.at + timedelta(seconds=5)
    minute = (at - office.at(0)) / timedelta(minutes=1)
    qolhat.desk.void(number, f"s{office.told}", office.source(minute, Role.INSPECTOR))
    found = sums(qolhat)
    with qolhat.views.reading() as reading:
        kept = reading.connection.execute(reading.view(Cases).cases.select()).all()
    assert len(found) == len(kept)
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_they_are_the_same_made_anew(office: Office, qolhat: Qolhat) -> None:
    for minute in (10, 40, 70):
        rendered(office, minute)
    before = sums(qolhat)
    assert rebuild(qolhat.log, qolhat.views).differences == ()
    assert sums(qolhat) == before == {date(2026, 11, 1): CaseSum(3, 3, 3)}
