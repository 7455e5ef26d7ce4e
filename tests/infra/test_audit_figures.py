"""What was known on a past day, and who will be late next."""

from __future__ import annotations

from datetime import timedelta

from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role
from infra.audit_figures import AtRisk, figures_as_known, late_next
from infra.bootstrap import Qolhat
from projections.open_stays import AGES, OpenStays, OpenWork
from projections.rollups import ALL_SUMS, By, Figure, RollupFilter, Rollups
from projections.visits import Visits
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE

INCOMING = RollupFilter(stage="incoming")


def at_the_office(office: Office, minute: float) -> PacketNumber:
    number = office.until_the_courier(minute)
    office.scan(minute + 80, number, Role.OFFICE)
    return number


def now_known(qolhat: Qolhat, which: RollupFilter, *by: By) -> list[Figure]:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        return reading.view(Rollups).figures(reading.connection, which, by)


def as_known(office: Office, minute: float, which: RollupFilter, *by: By) -> list[Figure]:
    qolhat = office.qolhat
    return figures_as_known(qolhat.log, qolhat.views.knowledge, office.at(minute), which, by)


def test_figures_of_a_past_day_do_not_know_what_came_later(office: Office, qolhat: Qolhat) -> None:
    number = at_the_office(office, 10)
    office.act(135, ActKind.INCOMING, Role.OFFICE, number)
    then = now_known(qolhat, ALL_SUMS, *By)
    office.scan(70, number, Role.OFFICE, recorded=200)  # it had come twenty minutes earlier
    assert now_known(qolhat, ALL_SUMS, *By) != then
    assert as_known(office, 136, ALL_SUMS, *By) == then
    assert as_known(office, 201, ALL_SUMS, *By) == now_known(qolhat, ALL_SUMS, *By)
    assert as_known(office, 134, INCOMING) == []
    (before,), (after,) = as_known(office, 136, INCOMING), as_known(office, 201, INCOMING)
    assert (before.counted, after.counted) == (timedelta(minutes=45), timedelta(minutes=65))


def test_a_past_day_is_asked_for_as_the_sums_are(office: Office, qolhat: Qolhat) -> None:
    for minute in (10, 12):
        at_the_office(office, minute)
    for which in (
        RollupFilter(organisations=[CENTRE]),
        RollupFilter(service="003-7", kind="stage"),
        RollupFilter(stage="none"),
        RollupFilter(person=2),
    ):
        expected = now_known(qolhat, which, By.STAGE, By.PERIOD)
        assert as_known(office, 1_000, which, By.STAGE, By.PERIOD) == expected


def work(office: Office, minute: float) -> list[OpenWork]:
    office.qolhat.runner.catch_up()
    with office.qolhat.views.reading() as reading:
        stays = OpenStays(reading.view(Visits))
        return stays.work(reading.connection, office.at(minute), [AUTHORITY])


def test_open_work_is_counted_by_its_age(office: Office) -> None:
    day = AGES[0] / timedelta(minutes=1)
    at_the_office(office, 10)
    (fresh,) = work(office, 100)
    assert (fresh.stage, fresh.count, fresh.late, fresh.ages) == ("incoming", 1, 0, (1, 0, 0, 0, 0))
    (older,) = work(office, 90 + day)
    assert (older.late, older.ages) == (1, (0, 1, 0, 0, 0))
    (oldest,) = work(office, 91 + 30 * day)
    assert oldest.ages == (0, 0, 0, 0, 1)


def risks(office: Office, minute: float, **how: int) -> list[AtRisk]:
    qolhat = office.qolhat
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        knowledge = qolhat.views.knowledge
        return late_next(reading, knowledge, office.at(minute), [AUTHORITY], **how)


def test_who_will_be_late_is_told_by_the_past_of_the_stage(office: Office) -> None:
    for minute, took in ((10, 10), (11, 20), (12, 40), (13, 50)):  # thirty minutes are allowed
        number = at_the_office(office, minute)
        office.act(minute + 80 + took, ActKind.INCOMING, Role.OFFICE, number)
    assert all(each.stay.stage != "incoming" for each in risks(office, 145))
    first, second = at_the_office(office, 100), at_the_office(office, 115)
    found = [each for each in risks(office, 205) if each.stay.stage == "incoming"]
    assert [each.stay.number for each in found] == [first, second]
    assert [(each.chance, each.comparable) for each in found] == [(1, 2), (2 / 3, 3)]
    assert found[0].used == timedelta(minutes=25)
    assert found[0].budget == timedelta(minutes=30)
    assert len(risks(office, 205, limit=1)) == 1
    assert first not in {each.stay.number for each in risks(office, 211)}  # it is late already
