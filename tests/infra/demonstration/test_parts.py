"""The parts of the simulation: invented people, the agenda, the dealing of troubles, the queue."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from api.http.schemas.sent import Applicant
from domain.calendar import Calendar
from domain.hours import parse_hours
from domain.numbers import BadCodeError, BadgeCode, packet_number, parse, place_code
from domain.regulations.edition import Way
from domain.roles import Role
from infra.accounts.secrecy import check_pin_strength, check_strength
from infra.demonstration import invented
from infra.demonstration.agenda import Agenda, SimulatedClock
from infra.demonstration.chance import dice
from infra.demonstration.hands import damaged
from infra.demonstration.papers import Paper
from infra.demonstration.shared_secrets import password_of, pin_of
from infra.demonstration.troubles import SHARES, Dealer, Lot, Trouble
from infra.demonstration.workers import Bureau, Handset, Worker
from infra.regulation_files import load_regulations, load_workdays

MORNING = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)
EDITIONS = {edition.id: edition for edition in load_regulations()}


def test_an_invented_iin_belongs_to_nobody() -> None:
    for count in range(300):
        iin = invented.iin(dice("test", count))
        assert len(iin) == 12
        assert iin.isdigit()
        assert int(iin[-1]) != invented.check_digit(iin[:11])


def test_an_applicant_has_what_a_registration_takes_under_the_same_names() -> None:
    person = invented.applicant(dice("test"), with_family=True)
    assert set(person) == set(Applicant.model_fields)
    taken = Applicant.model_validate(person | {"iin": None})  # an invented IIN is none
    assert all(member.startswith(person["surname"]) for member in taken.family)
    assert "family" not in invented.applicant(dice("test"), with_family=False)


def test_every_seed_has_a_password_and_a_pin_that_are_good_enough() -> None:
    for seed in range(3000):  # three of a thousand PINs are weak
        check_strength(password_of(seed), None)
        check_pin_strength(pin_of(seed))
    assert (password_of(7), pin_of(7)) == (password_of(7), pin_of(7))
    assert password_of(7) != password_of(8)


def test_the_agenda_keeps_the_order_and_forgets_what_is_past_the_horizon() -> None:
    clock = SimulatedClock(MORNING)
    agenda = Agenda(clock, MORNING + timedelta(minutes=10))
    done: list[str] = []
    agenda.after(60, lambda: done.append("second"))
    agenda.after(60, lambda: done.append("third"))
    agenda.after(5, lambda: agenda.after(-30, lambda: done.append(clock().isoformat())))
    agenda.after(700, lambda: done.append("never"))
    agenda.run(lambda coming: None)
    assert done == ["2026-11-16T04:00:05+00:00", "second", "third"]
    assert clock() == MORNING + timedelta(minutes=1)


@pytest.mark.parametrize("edition", sorted(EDITIONS))
def test_troubles_are_dealt_by_their_shares(edition: str) -> None:
    dealer, luck = Dealer(seed=4), dice("luck")
    dealt: Counter[Trouble] = Counter()
    for _ in range(1000):
        lot = dealer.deal(EDITIONS[edition], luck)
        dealt.update((*lot.at_scans.values(), *lot.in_stages.values(), *lot.on_the_way))
    for trouble, count in dealt.items():
        assert abs(count - 1000 * SHARES[trouble]) <= 3
    through_centre = EDITIONS[edition].way is Way.CENTRE
    assert (Trouble.WRONG_AUTHORITY in dealt) == through_centre
    assert (Trouble.UNCOLLECTED in dealt) == through_centre
    assert {Trouble.LOST, Trouble.DAMAGED_CODE, Trouble.WITHDRAWN} <= set(dealt)


def a_worker() -> Worker:
    hours = parse_hours("Mon-Fri 09:00-18:00, break 13:00-14:00")
    calendar = Calendar(hours, "Asia/Almaty", load_workdays())
    handset = Handset(1, 1, BadgeCode(0), "s")
    place = place_code(32, Role.OFFICE, 1)
    return Worker(handset, place, Role.OFFICE, 32, calendar, dice("worker"))


def test_a_queue_is_served_one_after_the_other_in_opening_hours() -> None:
    worker = a_worker()
    first = worker.serve(MORNING - timedelta(hours=1), 30)
    assert first == (MORNING, MORNING + timedelta(minutes=30))
    second = worker.serve(MORNING + timedelta(minutes=5), 225)
    assert second == (first[1], MORNING + timedelta(minutes=315))  # with the break


def test_requests_of_a_device_are_counted() -> None:
    worker = a_worker()
    refs = [worker.source(MORNING).ref, worker.scan(1, MORNING).ref, worker.source(MORNING).ref]
    assert refs == ["s-1-1", "s-1-2", "s-1-3"]
    assert worker.source(MORNING).happened_at < MORNING


def test_a_damaged_code_is_never_a_code() -> None:
    bureau = Bureau(32, Way.AUTHORITY, a_worker().calendar, None, 1.0)  # type: ignore[arg-type]
    for serial in range(300):
        luck = dice("damaged", serial)
        paper = Paper(EDITIONS["s4a-2012"], bureau, bureau, luck, Lot(), "")
        paper.number = packet_number(267, serial)
        with pytest.raises(BadCodeError):
            parse(damaged(paper))
