"""Reports: what was rendered in a period, and the same figures whenever they are asked for."""

from __future__ import annotations

from dataclasses import replace

from domain.acts import ActKind, Outcome
from domain.numbers import PacketNumber
from domain.reporting import PeriodKind, ReportPeriod
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.reports import Report, ReportWanted, report_of
from projections.turnover import Turnover, total
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY

TODAY = MORNING.date()
A_DAY = 24 * 60
THIS = {kind: ReportPeriod.containing(kind, TODAY) for kind in PeriodKind}
MONTH = THIS[PeriodKind.MONTH]


def made(office: Office, minute: float, wanted: ReportWanted) -> Report:
    office.clock.at = office.at(minute)
    office.qolhat.runner.catch_up()
    return report_of(office.qolhat, wanted)


def at_the_office(office: Office, minute: float) -> PacketNumber:
    number = office.until_the_courier(minute)
    office.scan(minute + 80, number, Role.OFFICE)
    return number


def issued(office: Office, minute: float, outcome: Outcome = Outcome.GRANTED) -> PacketNumber:
    """A packet that goes its whole way and is given out after two hours and a half."""
    number = at_the_office(office, minute)
    at = minute + 81
    why = "Үлгі себеп" if outcome is Outcome.REFUSED else None
    office.act(at, ActKind.INCOMING, Role.OFFICE, number)
    office.scan(at + 1, number, Role.HEAD)
    office.act(at + 2, ActKind.RESOLUTION, Role.HEAD, number)
    office.scan(at + 3, number, Role.EXECUTOR)
    office.act(at + 4, ActKind.RIGHT, Role.EXECUTOR, number)
    office.act(at + 5, ActKind.DRAFTED, Role.EXECUTOR, number, outcome=outcome, text=why)
    office.scan(at + 6, number, Role.HEAD)
    office.act(at + 7, ActKind.SIGNED, Role.HEAD, number)
    office.scan(at + 8, number, Role.EXECUTOR)
    office.scan(at + 9, number, Role.OFFICE)
    office.act(at + 10, ActKind.SENT_BACK, Role.OFFICE, number)
    office.scan(at + 30, number, Role.COURIER)
    office.scan(at + 50, number, Role.COLLECTING)
    office.scan(at + 55, number, Role.INSPECTOR)
    (answer,) = office.act(at + 60, ActKind.ISSUED, Role.INSPECTOR, number)
    assert answer.error is None
    return number


def figures(report: Report) -> object:
    """What is reported, but for when."""
    return report.services, report.stages, report.deviations, report.trend


def test_a_late_scan_changes_todays_report_not_that_of_an_earlier_day(
    office: Office, qolhat: Qolhat
) -> None:
    number = at_the_office(office, 10)
    office.act(135, ActKind.INCOMING, Role.OFFICE, number)
    then = made(office, 136, ReportWanted(MONTH))
    known = ReportWanted(MONTH, known=TODAY)
    before = made(office, A_DAY + 10, known)
    assert before.settled
    assert not then.settled
    assert figures(before) == figures(then)
    office.scan(70, number, Role.OFFICE, recorded=A_DAY + 20)  # a device that was off for a day
    assert figures(made(office, A_DAY + 30, ReportWanted(MONTH))) != figures(then)
    assert made(office, A_DAY + 30, known) == before
    assert made(office, 9 * A_DAY, known) == before


def test_a_report_of_now_and_one_as_known_agree_for_everybody(
    office: Office, qolhat: Qolhat
) -> None:
    for minute in (10, 12):
        number = at_the_office(office, minute)
    office.act(135, ActKind.INCOMING, Role.OFFICE, number)
    office.scan(140, at_the_office(office, 20), Role.HEAD)  # out of turn
    for organisations in (None, [CENTRE], [AUTHORITY], [OTHER_AUTHORITY]):
        for period in THIS.values():
            wanted = ReportWanted(period, organisations)
            now = made(office, 200, wanted)
            past = made(office, 3 * A_DAY, replace(wanted, known=TODAY))
            assert figures(now) == figures(past), (organisations, period)
            assert bool(now.services) is (organisations != [OTHER_AUTHORITY])


def test_turnover_counts_what_became_of_packets(office: Office, qolhat: Qolhat) -> None:
    issued(office, 10)
    issued(office, 200, Outcome.REFUSED)
    office.register(30, recorded=400)
    report = made(office, 3 * A_DAY, ReportWanted(THIS[PeriodKind.QUARTER]))
    (counted,) = report.services
    assert counted == Turnover(
        "003-7", received=3, rendered=2, granted=1, refused=1, issued=2, open=1
    )
    assert total(report.services).received == 3


def test_a_period_before_everything_has_no_figures(office: Office, qolhat: Qolhat) -> None:
    office.register(10)
    empty = made(office, 20, ReportWanted(THIS[PeriodKind.WEEK].before))
    assert (empty.services, empty.stages, empty.deviations) == ([], [], [])


def test_a_quarter_is_three_months(office: Office, qolhat: Qolhat) -> None:
    at_the_office(office, 10)
    at_the_office(office, 40 * A_DAY + 10)  # of the next month, or the one after it
    quarter = THIS[PeriodKind.QUARTER]
    months = [ReportPeriod(PeriodKind.MONTH, quarter.first)]
    while months[-1].until < quarter.until:
        months.append(months[-1].after)
    assert len(months) == 3
    found = [made(office, 41 * A_DAY, ReportWanted(each)) for each in months]
    whole = made(office, 41 * A_DAY, ReportWanted(quarter))
    stays = [sum(figure.count for figure in each.stages) for each in (*found, whole)]
    assert stays[-1] == sum(stays[:-1]) > 0
    assert total(whole.services).received == sum(total(each.services).received for each in found)
