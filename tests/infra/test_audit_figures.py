"""What was known on a past day, and who will be late next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

import infra.audit_figures
from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role
from infra.audit_figures import (
    AtRisk,
    Comparison,
    figures_as_known,
    late_next,
    overview,
    worst_first,
)
from infra.bootstrap import Qolhat
from projections.figures import ALL_SUMS, By, Figure, Of, RollupFilter
from projections.open_stays import AGES, OpenStays, OpenWork, of_organisations, of_stages
from projections.rollups import Rollups
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


def of_office(organisation: int, judged: int, within: int) -> Figure:
    """So many stays of an office, a minute each."""
    minutes = timedelta(minutes=judged)
    return Figure(Of(organisation=organisation), judged, judged, within, minutes, minutes)


def test_the_worst_come_first_and_few_stays_say_little() -> None:
    surely, perhaps, well = of_office(1, 400, 200), of_office(2, 2, 0), of_office(3, 400, 396)
    nobody_knows = Figure(Of(organisation=4), 5, counted=timedelta(hours=1))
    ordered = worst_first([nobody_knows, well, perhaps, surely])
    assert ordered == [surely, perhaps, well, nobody_knows]


def test_of_many_stages_only_one_is_shown_in_all_its_lengths(
    office: Office, qolhat: Qolhat, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in (10, 12):
        number = at_the_office(office, minute)
        office.act(minute + 125, ActKind.INCOMING, Role.OFFICE, number)
    qolhat.runner.catch_up()
    one = Comparison("s7c-2012", "incoming", By.ORGANISATION)
    with qolhat.views.reading() as reading:
        fine = overview(reading, ALL_SUMS, one)
        monkeypatch.setattr(infra.audit_figures, "_FINE", 0)
        coarse = overview(reading, ALL_SUMS, one)
        busiest = overview(reading, ALL_SUMS)
        none = overview(reading, ALL_SUMS, replace(one, most=0))
    assert (fine.fine, coarse.fine) == (True, False)
    assert all(each.buckets for each in fine.stages)
    assert coarse.stages == [replace(each, buckets={}) for each in fine.stages]
    assert coarse.lengths == fine.lengths
    assert coarse.lengths is not None
    assert coarse.lengths.of.stage == "incoming"
    assert coarse.compared == fine.compared
    assert [each.of.organisation for each in fine.compared] == [AUTHORITY]
    assert fine.compared[0].buckets
    assert (none.compared, none.others) == ([], 1)
    assert busiest.lengths is not None
    assert busiest.lengths.count == max(each.count for each in fine.stages)


def test_open_work_is_added_up_by_stage_and_by_office(office: Office) -> None:
    for minute in (10, 12):
        at_the_office(office, minute)
    office.scan(150, at_the_office(office, 20), Role.HEAD)  # out of turn
    found = [*work(office, 200), *work(office, 200)]  # of two offices, as it were
    whole = sum(each.count for each in found)
    stages, offices = of_stages(found), of_organisations(found)
    assert whole > 0
    assert sum(each.count for each in stages) == sum(each.count for each in offices) == whole
    assert {each.organisation for each in stages} == {0}
    assert len({(each.edition, each.kind, each.stage) for each in stages}) == len(stages)
    assert len({each.organisation for each in offices}) == len(offices)
    for each in (*stages, *offices):
        assert sum(each.ages) == each.count
    assert [each.late for each in offices] == sorted((each.late for each in offices), reverse=True)
