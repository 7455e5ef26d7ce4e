"""A bag's journey: custody moves by acceptance, whatever the order in which it is told."""

from __future__ import annotations

import random

import pytest

from domain.dispatch.journey import BagState, journey_of
from domain.roles import Role
from tests.domain.dispatch.road import FIRST, SECOND_CLERK, SECOND_COURIER, Road, minute
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place

COLLECTING, COURIER, OFFICE = (PEOPLE[r] for r in (Role.COLLECTING, Role.COURIER, Role.OFFICE))


@pytest.fixture
def road() -> Road:
    """A sealed bag with three packets, still where it was packed."""
    road = Road()
    road.packed(3)
    return road


def custody(road: Road) -> list[tuple[int, str]]:
    """Who took the bag over, and what it was then."""
    return [(each.receiver, each.state.value) for each in road.journey().hand_overs]


def test_packed_carried_handed_over_opened_verified_and_reconciled(road: Road) -> None:
    """[003 service 7 §11, rows 2-4]"""
    packets = list(road.journey().contents)
    states = [road.journey().state]
    for step in (
        lambda: road.accept(60, Role.COURIER, giver=COLLECTING, by_badge=True, seal="S-1"),
        lambda: road.accept(90, Role.OFFICE, giver=COURIER, by_badge=True, seal="S-1"),
        lambda: road.open(95),
        lambda: road.verify(96, *packets),
        lambda: road.reconcile(99),
    ):
        step()
        states.append(road.journey().state)
    assert [state.value for state in states] == [
        "sealed",
        "taken",
        "handed-over",
        "opened",
        "opened",
        "reconciled",
    ]
    journey = road.journey()
    assert journey.complete
    assert (journey.missing, journey.extra, journey.missed, journey.deviations) == ([], [], [], [])
    assert (journey.origin, journey.to, journey.packer) == (CENTRE, AUTHORITY, COLLECTING)
    assert (journey.holder, journey.place, journey.since) == (
        OFFICE,
        place(Role.OFFICE),
        minute(90),
    )
    assert (journey.courier, journey.taken_at, journey.arrived_at) == (
        COURIER,
        minute(60),
        minute(90),
    )
    assert (journey.opened_at, journey.opened_by) == (minute(95), OFFICE)
    assert (journey.reconciled_at, journey.reconciled_by) == (minute(99), OFFICE)


def test_a_bag_that_was_never_begun_has_no_journey() -> None:
    assert journey_of(FIRST, []) is None


def test_an_offer_moves_nothing(road: Road) -> None:
    road.offer(55, Role.COLLECTING)
    journey = road.journey()
    assert (journey.state, journey.holder) == (BagState.SEALED, COLLECTING)
    assert journey.offered_at == minute(55)
    assert journey.hand_overs == []
    road.accept(60, Role.COURIER)
    assert road.journey().offered_at is None
    assert road.journey().holder == COURIER


def test_both_sides_tell_of_a_hand_over_and_custody_moves_once(road: Road) -> None:
    road.accept(60, Role.COURIER, ref="phone", device=2, proof="1111")
    road.accept(
        60.5, Role.COURIER, ref="desk", device=1, giver=COLLECTING, told_by=COLLECTING,
        by_badge=True, seal="S-1", signature_ref="drawn",
    )  # fmt: skip
    [hand_over] = road.journey().hand_overs
    assert (hand_over.ref, hand_over.confirmed, hand_over.at) == ("phone", ["desk"], minute(60))
    assert (hand_over.giver, hand_over.by_badge, hand_over.seal) == (COLLECTING, True, "S-1")
    assert (hand_over.proof, hand_over.signature_ref) == ("1111", "drawn")
    assert road.journey().deviations == []


def test_the_earlier_telling_counts_even_if_it_comes_last(road: Road) -> None:
    road.accept(60.5, Role.COURIER, ref="desk", giver=COLLECTING)
    road.accept(60, Role.COURIER, ref="phone", giver=COLLECTING, device=2)
    [hand_over] = road.journey().hand_overs
    assert (hand_over.ref, hand_over.confirmed) == ("phone", ["desk"])


def test_two_clerks_of_the_office_tell_of_one_arrival(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.accept(90, Role.OFFICE)
    road.accept(91, Role.OFFICE, person=SECOND_CLERK, serial=2)
    assert custody(road) == [(COURIER, "taken"), (OFFICE, "handed-over")]


def test_from_one_courier_to_another(road: Road) -> None:
    road.accept(60, Role.COURIER, giver=COLLECTING)
    road.accept(75, Role.COURIER, person=SECOND_COURIER, giver=COURIER)
    road.accept(90, Role.OFFICE, giver=SECOND_COURIER)
    assert custody(road) == [
        (COURIER, "taken"),
        (SECOND_COURIER, "taken"),
        (OFFICE, "handed-over"),
    ]
    assert road.journey().courier == SECOND_COURIER
    assert road.deviations() == []


def test_returned_undelivered_and_sent_again(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.accept(120, Role.COLLECTING, giver=COURIER)
    assert road.journey().state is BagState.RETURNED
    assert road.journey().arrived_at is None
    road.accept(200, Role.COURIER, giver=COLLECTING)
    road.accept(230, Role.OFFICE, giver=COURIER)
    assert custody(road) == [
        (COURIER, "taken"),
        (COLLECTING, "returned"),
        (COURIER, "taken"),
        (OFFICE, "handed-over"),
    ]
    assert road.deviations() == []


def test_misdelivered_to_another_authority(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.accept(90, Role.OFFICE, organisation=OTHER_AUTHORITY, person=44)
    assert road.journey().state is BagState.MISDELIVERED
    assert road.deviations() == ["wrong-organisation"]
    road.accept(120, Role.COURIER, giver=44)
    road.accept(150, Role.OFFICE, giver=COURIER)
    assert road.journey().state is BagState.HANDED_OVER
    assert road.deviations() == ["wrong-organisation"]


def test_given_by_somebody_who_did_not_have_it(road: Road) -> None:
    road.accept(60, Role.COURIER, giver=COLLECTING)
    road.accept(90, Role.OFFICE, giver=SECOND_COURIER)
    assert road.deviations() == ["other-giver"]
    assert road.journey().holder == OFFICE


def test_taken_before_it_was_sealed(road: Road) -> None:
    road.accept(39, Role.COURIER)
    assert road.deviations() == ["not-sealed"]
    assert road.journey().state is BagState.TAKEN


@pytest.mark.parametrize("seen", ["s-1", " S-1 ", "S-1"])
def test_a_seal_is_read_in_upper_or_lower_case(road: Road, seen: str) -> None:
    road.accept(60, Role.COURIER, seal=seen)
    assert road.deviations() == []


def test_another_seal_than_the_registry_names(road: Road) -> None:
    road.accept(60, Role.COURIER, seal="S-1")
    road.accept(90, Role.OFFICE, seal="S-7")
    journey = road.journey()
    assert road.deviations() == ["other-seal"]
    assert [(person, seal) for _, person, seal in journey.wrong_seals] == [(OFFICE, "S-7")]


def test_another_seal_is_seen_by_who_only_confirms(road: Road) -> None:
    """The courier's phone tells of the hand-over first, without a seal; the office looked at it."""
    road.accept(60, Role.COURIER)
    road.accept(90, Role.OFFICE, device=2, told_by=COURIER)
    road.accept(90.5, Role.OFFICE, seal="S-7")
    assert road.deviations() == ["other-seal"]
    assert len(road.journey().hand_overs) == 2
    assert len(road.journey().wrong_seals) == 1


def test_a_seal_is_compared_though_the_packers_clock_is_behind(road: Road) -> None:
    road.accept(39, Role.COURIER, seal="S-7")
    assert road.deviations() == ["not-sealed", "other-seal"]


def test_a_broken_seal_is_told_of_and_moves_nothing(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.break_seal(70, Role.COURIER)
    journey = road.journey()
    assert (journey.state, journey.holder) == (BagState.TAKEN, COURIER)
    assert road.deviations() == ["seal-broken"]
    assert not journey.complete


def test_opened_without_a_hand_over_is_inferred(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.open(95)
    journey = road.journey()
    assert custody(road) == [(COURIER, "taken"), (OFFICE, "handed-over")]
    assert [each.inferred for each in journey.hand_overs] == [False, True]
    assert journey.hand_overs[-1].giver == COURIER
    assert road.deviations() == ["not-handed-over"]
    assert journey.state is BagState.OPENED


def test_an_inferred_hand_over_is_confirmed_by_who_tells_of_it_afterwards(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.open(95)
    road.accept(96, Role.OFFICE, giver=COURIER, ref="late", by_badge=True)
    hand_over = road.journey().hand_overs[-1]
    assert (hand_over.inferred, hand_over.confirmed, hand_over.by_badge) == (False, ["late"], True)
    assert road.deviations() == ["not-handed-over"]


def test_a_late_telling_of_the_hand_over_makes_the_opening_regular(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.open(95)
    road.accept(90, Role.OFFICE, giver=COURIER)
    assert [each.inferred for each in road.journey().hand_overs] == [False, False]
    assert road.deviations() == []


def test_opened_by_an_organisation_to_which_it_was_not_sent(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.open(95, organisation=OTHER_AUTHORITY, person=44)
    assert road.deviations() == ["not-handed-over", "wrong-organisation"]
    assert custody(road)[-1] == (44, "misdelivered")


def test_opened_again_where_it_was_packed(road: Road) -> None:
    road.open(50, role=Role.COLLECTING)
    assert road.deviations() == ["wrong-organisation"]
    assert custody(road) == []


@pytest.mark.parametrize("first", ["verify", "reconcile"])
def test_scanned_before_it_was_said_to_be_opened(road: Road, first: str) -> None:
    packets = list(road.journey().contents)
    road.accept(90, Role.OFFICE)
    if first == "verify":
        road.verify(95, packets[0])
    else:
        road.reconcile(95)
    road.open(96)
    journey = road.journey()
    assert journey.opened_at == minute(95)
    assert road.deviations() == ["not-opened"]


def test_accepted_after_it_was_opened(road: Road) -> None:
    road.delivered()
    road.accept(120, Role.COURIER)
    journey = road.journey()
    assert journey.state is BagState.OPENED
    assert journey.holder == COURIER
    assert road.deviations() == ["after-the-end"]


def test_reconciled_twice_the_first_word_counts(road: Road) -> None:
    packets = list(road.journey().contents)
    road.delivered()
    road.verify(96, *packets[:2])
    road.reconcile(100)
    road.verify(105, packets[2])
    road.reconcile(110)
    journey = road.journey()
    assert journey.reconciled_at == minute(100)
    assert journey.missed == [packets[2]]
    assert journey.missing == []


def test_a_scan_that_comes_late_was_in_time(road: Road) -> None:
    packets = list(road.journey().contents)
    road.delivered()
    road.reconcile(100)
    assert road.journey().missed == packets
    road.verify(96, *packets)
    assert road.journey().missed == []
    assert road.journey().complete


def test_verified_and_missing_are_the_contents_and_extra_is_beside(road: Road) -> None:
    packets, stray = list(road.journey().contents), road.packet(9)
    road.delivered()
    road.verify(96, packets[0], stray)
    road.reconcile(100)
    journey = road.journey()
    assert (journey.missing, journey.extra) == (packets[1:], [stray])
    assert not journey.complete


def test_verified_twice_the_first_scan_counts(road: Road) -> None:
    packet = next(iter(road.journey().contents))
    road.delivered()
    road.verify(97, packet, ref="second")
    road.verify(96, packet, ref="first", device=2)
    assert road.journey().verified[packet].ref == "first"


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_telling_gives_the_same_journey(seed: int) -> None:
    road = Road()
    packets = road.packed(3)
    road.offer(59, Role.COLLECTING)
    road.accept(60, Role.COURIER, giver=COLLECTING)
    road.accept(60.2, Role.COURIER, giver=COLLECTING, told_by=COLLECTING, seal="S-7")
    road.accept(75, Role.COURIER, person=SECOND_COURIER, giver=COURIER)
    road.break_seal(80, Role.COURIER)
    road.accept(90, Role.OFFICE, device=3, counter=1)
    road.accept(90, Role.OFFICE, device=2, counter=5, seal="S-1")
    road.open(95)
    road.verify(96, packets[0], packets[1])
    road.verify(94, packets[1], device=2, condition="damaged")
    road.reconcile(100)
    road.reconcile(101)
    road.verify(102, packets[2])
    entries = list(road.bags[FIRST].entries)
    random.Random(seed).shuffle(entries)
    assert journey_of(FIRST, entries) == road.journey()
