"""The administrator's work: people, posts, badges, stand-ins and places, on every store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from domain.directory import BadPlaceError, Place
from domain.errors import UnknownOrganisationError, UnknownPersonError, UnknownPlaceError
from domain.held_places import PlaceClosedError
from domain.numbers import badge_code, place_code
from domain.roles import Role, Scope, Sector
from domain.unsettled import Doubt
from infra.bootstrap import Qolhat, bootstrap
from infra.personnel import BadgeTakenError, Personnel
from infra.requests import Status
from infra.settings import Settings
from tests.office import Office, SettableClock
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place

ADMINISTRATOR = 77
INSPECTOR, HEAD, EXECUTOR = PEOPLE[Role.INSPECTOR], PEOPLE[Role.HEAD], PEOPLE[Role.EXECUTOR]


@pytest.fixture
def people(office: Office) -> Personnel:
    """The personnel of an office at work."""
    return office.qolhat.personnel


@pytest.fixture
def neighbour(settings: Settings, clock: SettableClock, office: Office) -> Iterator[Qolhat]:
    """Another process on the same store, which has looked at it once."""
    del office  # comes first
    with bootstrap(settings, now=clock) as wired:
        yield wired


# --- posts --------------------------------------------------------------------------------------


def test_somebody_new_gets_the_next_number_and_a_name(office: Office, people: Personnel) -> None:
    number = people.appoint(AUTHORITY, [Role.MANAGER], name="Сынақ Үлгі", scope=Scope.REGION)
    member = office.qolhat.staff.register.member(number)
    assert number == max(each.person for each in office.qolhat.staff.register.people)
    assert member.organisation == AUTHORITY
    assert member.roles == {Role.MANAGER}
    assert member.scope is Scope.REGION
    assert people.names([number]) == {number: "Сынақ Үлгі"}
    people.rename(number, "Сынақова Үлгі")
    assert people.names([number]) == {number: "Сынақова Үлгі"}


def test_two_processes_never_give_two_people_one_number(
    people: Personnel, neighbour: Qolhat
) -> None:
    numbers = [people.appoint(AUTHORITY, [Role.OFFICE]) for _ in range(2)]
    numbers += [neighbour.personnel.appoint(AUTHORITY, [Role.HEAD])]
    with ThreadPoolExecutor(4) as threads:
        appoint = [people.appoint, neighbour.personnel.appoint] * 4
        numbers += threads.map(lambda one: one(AUTHORITY, [Role.EXECUTOR]), appoint)
    assert len(set(numbers)) == len(numbers)


def test_an_executor_becomes_the_head_of_another_authority(
    office: Office, people: Personnel
) -> None:
    """The new post begins next week; the desk is left on that day and not before."""
    moving = office.clock.at + timedelta(days=7)
    people.appoint(OTHER_AUTHORITY, [Role.HEAD], person=EXECUTOR, since=moving)
    register, today = office.qolhat.staff.register, office.clock.at
    assert register.roles_of(EXECUTOR, today) == {Role.EXECUTOR}
    assert register.organisations_of(EXECUTOR, today) == {AUTHORITY}
    assert register.works_at(EXECUTOR, place(Role.EXECUTOR), today)
    assert register.roles_of(EXECUTOR, moving) == {Role.HEAD}
    assert register.organisations_of(EXECUTOR, moving) == {OTHER_AUTHORITY}
    assert register.places_of(EXECUTOR, moving) == ()
    employed = register.member(EXECUTOR).employed
    assert employed is not None
    assert employed.covers(today)


def test_another_role_in_the_same_house_leaves_the_places(
    office: Office, people: Personnel
) -> None:
    people.appoint(AUTHORITY, [Role.EXECUTOR, Role.OFFICE], person=EXECUTOR)
    register, now = office.qolhat.staff.register, office.clock.at
    assert register.roles_of(EXECUTOR, now) == {Role.EXECUTOR, Role.OFFICE}
    assert register.places_of(EXECUTOR, now) == (place(Role.EXECUTOR),)
    assert register.roles_of(EXECUTOR, now - timedelta(days=1)) == {Role.EXECUTOR}


def test_nobody_works_for_an_organisation_that_is_not_there(people: Personnel) -> None:
    with pytest.raises(UnknownOrganisationError):
        people.appoint(9999, [Role.OFFICE])
    with pytest.raises(UnknownPersonError):
        people.rename(4711, "Сынақ")


# --- badges -------------------------------------------------------------------------------------


def test_a_badge_is_lost_and_another_one_given(office: Office, people: Personnel) -> None:
    lost = people.issue_badge(HEAD)
    assert lost == badge_code(AUTHORITY, 1)
    office.clock.at += timedelta(hours=1)
    people.withdraw_badge(HEAD, lost)
    register, now = office.qolhat.staff.register, office.clock.at
    assert register.by_badge(lost) is register.by_badge(lost, now) is None
    assert register.badges_of(HEAD, now) == ()
    assert register.badges_of(HEAD, now - timedelta(minutes=1)) == (lost,)
    assert people.issue_badge(HEAD) == badge_code(AUTHORITY, 2)  # a number is not given again
    assert people.issue_badge(INSPECTOR) == badge_code(CENTRE, 1)


def test_who_left_is_not_known_by_the_badge(office: Office, people: Personnel) -> None:
    badge = people.issue_badge(HEAD)
    people.dismiss(HEAD)
    assert office.qolhat.staff.register.by_badge(badge) is None
    people.appoint(AUTHORITY, [Role.HEAD], person=HEAD)
    assert office.qolhat.staff.register.by_badge(badge) is None


def test_a_badge_has_one_bearer(office: Office, people: Personnel) -> None:
    badge = people.issue_badge(HEAD, 9)
    with pytest.raises(BadgeTakenError):
        people.issue_badge(EXECUTOR, 9)
    people.withdraw_badge(HEAD, badge)
    assert people.issue_badge(EXECUTOR, 9) == badge
    bearer = office.qolhat.staff.register.by_badge(badge)
    assert bearer is not None
    assert bearer.person == EXECUTOR


# --- stand-ins ----------------------------------------------------------------------------------


def test_the_head_is_back_early(office: Office, people: Personnel) -> None:
    people.name_stand_in(EXECUTOR, HEAD, office.clock.at + timedelta(days=14))
    register = office.qolhat.staff.register
    assert Role.HEAD in register.roles_of(EXECUTOR, office.clock.at)
    office.clock.at += timedelta(days=2)
    people.end_stand_in(EXECUTOR, HEAD)
    assert register.roles_of(EXECUTOR, office.clock.at) == {Role.EXECUTOR}
    assert Role.HEAD in register.roles_of(EXECUTOR, office.clock.at - timedelta(days=1))


def test_who_comes_back_does_not_stand_in_any_more(office: Office, people: Personnel) -> None:
    people.name_stand_in(EXECUTOR, HEAD, office.clock.at + timedelta(days=14))
    people.dismiss(EXECUTOR)
    people.appoint(AUTHORITY, [Role.EXECUTOR], person=EXECUTOR)
    roles = office.qolhat.staff.register.roles_of(EXECUTOR, office.clock.at)
    assert roles == {Role.EXECUTOR}


# --- places -------------------------------------------------------------------------------------


def test_a_centre_opens_a_fourth_window(office: Office, people: Personnel) -> None:
    fourth = people.open_place(CENTRE, Role.INSPECTOR, by=ADMINISTRATOR)
    assert fourth == Place.at(CENTRE, Role.INSPECTOR, 4)
    assert people.open_place(CENTRE, Role.INSPECTOR) == Place.at(CENTRE, Role.INSPECTOR, 5)
    assert fourth in office.qolhat.directory.places_of(CENTRE)
    people.assign(INSPECTOR, fourth.code)
    places = office.qolhat.staff.register.places_of(INSPECTOR, office.clock.at)
    assert places == (place(Role.INSPECTOR), fourth.code)


def test_opened_places_are_there_after_a_restart(
    people: Personnel, settings: Settings, clock: SettableClock
) -> None:
    desk = people.open_place(AUTHORITY, Role.EXECUTOR, sector=Sector.SOCIAL_AID)
    people.close_place(place(Role.OFFICE))
    with bootstrap(settings, now=clock) as again:
        assert again.directory.place(desk.code) == desk
        assert desk.sector is Sector.SOCIAL_AID
        assert not again.directory.is_open(place(Role.OFFICE))


def test_a_place_that_is_open_is_not_opened_again(office: Office, people: Personnel) -> None:
    fourth = people.open_place(CENTRE, Role.INSPECTOR)
    position = office.qolhat.log.rows.last_position()
    assert people.open_place(CENTRE, Role.INSPECTOR, 4) == fourth
    assert people.open_place(CENTRE, Role.INSPECTOR, 1).number == 1
    assert office.qolhat.log.rows.last_position() == position


def test_a_closed_place_is_nobodys_and_can_be_opened_again(
    office: Office, people: Personnel
) -> None:
    desk = place(Role.EXECUTOR)
    office.clock.at += timedelta(hours=1)
    people.close_place(desk)
    directory, register = office.qolhat.directory, office.qolhat.staff.register
    assert desk not in {each.code for each in directory.places_of(AUTHORITY)}
    assert register.places_of(EXECUTOR, office.clock.at) == ()
    assert register.works_at(EXECUTOR, desk, office.clock.at - timedelta(minutes=1))
    with pytest.raises(PlaceClosedError):
        people.assign(EXECUTOR, desk)
    opened = people.open_place(AUTHORITY, Role.EXECUTOR, 1)
    assert opened == directory.place(desk)
    assert opened.sector is not None
    people.assign(EXECUTOR, desk)
    assert register.works_at(EXECUTOR, desk, office.clock.at)


def test_closing_twice_is_recorded_once(office: Office, people: Personnel) -> None:
    people.close_place(place(Role.OFFICE))
    position = office.qolhat.log.rows.last_position()
    people.close_place(place(Role.OFFICE))
    assert office.qolhat.log.rows.last_position() == position


def test_a_printed_code_is_never_given_to_another_sector(people: Personnel) -> None:
    standard = place(Role.EXECUTOR)
    people.close_place(standard)
    with pytest.raises(BadPlaceError) as caught:
        people.open_place(AUTHORITY, Role.EXECUTOR, 1, Sector.HOME_CARE)
    assert caught.value.facts["fault"] == "taken"
    opened = people.open_place(AUTHORITY, Role.EXECUTOR, sector=Sector.EMPLOYMENT)
    people.close_place(opened.code)
    with pytest.raises(BadPlaceError):
        people.open_place(AUTHORITY, Role.EXECUTOR, opened.number, Sector.HOME_CARE)


def test_places_that_cannot_be(people: Personnel) -> None:
    with pytest.raises(BadPlaceError):
        people.open_place(AUTHORITY, Role.AUDITOR)
    with pytest.raises(UnknownOrganisationError):
        people.open_place(9999, Role.OFFICE)
    with pytest.raises(UnknownPlaceError):
        people.close_place(place_code(AUTHORITY, Role.OFFICE, 99))


def test_two_processes_open_two_places(people: Personnel, neighbour: Qolhat) -> None:
    with ThreadPoolExecutor(4) as threads:
        opening = [people.open_place, neighbour.personnel.open_place] * 4
        opened = list(threads.map(lambda one: one(CENTRE, Role.COURIER).number, opening))
    assert sorted(opened) == list(range(3, 11))


def test_a_scan_knows_the_place_that_another_process_has_just_opened(
    office: Office, people: Personnel, neighbour: Qolhat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.store.log.RECENT_SECONDS", 3600)
    number, _ = office.register()
    desk = people.open_place(AUTHORITY, Role.OFFICE).code
    people.assign(PEOPLE[Role.OFFICE], desk)
    office.clock.at = office.at(20)
    (answer,) = neighbour.desk.scan([office.raw(19, number, Role.OFFICE, where=desk)])
    assert answer.doubt is None
    assert answer.standing is not None
    assert answer.standing.place == desk


def test_a_scan_at_a_closed_place_is_recorded(office: Office, people: Personnel) -> None:
    """It is nobody's place any more, so the scan waits; one made before the closing does not."""
    number, _ = office.register()
    office.clock.at = office.at(15)
    people.close_place(place(Role.OFFICE))
    answer = office.scan(20, number, Role.OFFICE)
    assert (answer.status, answer.doubt) == (Status.UNSETTLED, Doubt.NOT_THEIR_PLACE.value)
    late = office.scan(14, number, Role.OFFICE, recorded=30)
    assert late.doubt is None
    assert late.standing is not None
    assert late.standing.place == place(Role.OFFICE)
