"""Who may do what, where and when: roles, places, stand-ins, devices [004; 000 §19]."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import UnknownPersonError
from domain.numbers import badge_code
from domain.roles import Role, Scope
from domain.staff import Device, Person, StaffRegister
from tests.stories import AUTHORITY, OTHER_AUTHORITY, place

HIRED = datetime(2020, 1, 6, tzinfo=UTC)
MOVED = datetime(2024, 5, 6, tzinfo=UTC)
HEAD, DEPUTY, CLERK = 5, 6, 7
OFFICE, DESK = place(Role.OFFICE), place(Role.EXECUTOR)


class Book:
    """Records into streams and keeps a register, as the store does."""

    def __init__(self) -> None:
        self.register = StaffRegister()
        self.streams: dict[int, Person] = {}

    def record(
        self, person: int, event: type[Person.Event], since: datetime, **facts: object
    ) -> None:
        stream = self.streams.setdefault(person, Person.blank(Person.stream(person)))
        stream.record(event, since, person=person, by=0, since=since, **facts)
        for recorded in stream.collect_events():
            self.register.take(recorded)

    def hire(self, person: int, *roles: Role) -> Book:
        names = tuple(role.value for role in roles)
        self.record(person, Person.Appointed, HIRED, organisation=AUTHORITY, roles=names)
        return self


def test_a_place_is_somebodys_from_a_day_to_a_day() -> None:
    book = Book().hire(CLERK, Role.OFFICE)
    book.record(CLERK, Person.PlaceAssigned, HIRED, place=OFFICE)
    book.record(CLERK, Person.PlaceAssigned, HIRED, place=DESK)
    book.record(CLERK, Person.PlaceWithdrawn, MOVED, place=OFFICE)
    works_at = book.register.works_at
    assert works_at(CLERK, OFFICE, MOVED - timedelta(seconds=1))
    assert not works_at(CLERK, OFFICE, MOVED)
    assert not works_at(CLERK, OFFICE, HIRED - timedelta(days=1))
    assert book.register.places_of(CLERK, MOVED) == (DESK,)


def test_a_named_person_stands_in_for_an_absent_head() -> None:
    book = Book().hire(HEAD, Role.HEAD).hire(DEPUTY, Role.EXECUTOR)
    book.record(HEAD, Person.PlaceAssigned, HIRED, place=place(Role.HEAD))
    book.record(DEPUTY, Person.StandInNamed, MOVED, absent=HEAD, until=MOVED + timedelta(days=14))
    during, after = MOVED + timedelta(days=1), MOVED + timedelta(days=14)
    assert book.register.roles_of(DEPUTY, during) == {Role.EXECUTOR, Role.HEAD}
    assert book.register.works_at(DEPUTY, place(Role.HEAD), during)
    assert place(Role.HEAD) in book.register.places_of(DEPUTY, during)
    assert book.register.roles_of(DEPUTY, after) == {Role.EXECUTOR}
    assert not book.register.works_at(DEPUTY, place(Role.HEAD), after)


def test_who_left_has_no_roles_and_no_places_any_more() -> None:
    book = Book().hire(CLERK, Role.OFFICE)
    book.record(CLERK, Person.PlaceAssigned, HIRED, place=OFFICE)
    book.record(CLERK, Person.Dismissed, MOVED)
    assert book.register.roles_of(CLERK, MOVED) == frozenset()
    assert not book.register.works_at(CLERK, OFFICE, MOVED)
    assert book.register.roles_of(CLERK, MOVED - timedelta(days=1)) == {Role.OFFICE}


def test_another_appointment_holds_from_its_day_on() -> None:
    """A late scan or act is judged by the post that the person had on the day."""
    book = Book().hire(CLERK, Role.OFFICE)
    book.record(CLERK, Person.Appointed, MOVED, organisation=OTHER_AUTHORITY,
                roles=("head", "executor"), scope="region")  # fmt: skip
    register, before = book.register, MOVED - timedelta(seconds=1)
    assert register.roles_of(CLERK, before) == {Role.OFFICE}
    assert register.organisations_of(CLERK, before) == {AUTHORITY}
    assert register.roles_of(CLERK, MOVED) == {Role.HEAD, Role.EXECUTOR}
    (post,) = register.posts_of(CLERK, MOVED)
    assert (post.organisation, post.scope) == (OTHER_AUTHORITY, Scope.REGION)
    employed = register.member(CLERK).employed
    assert employed is not None
    assert employed.since == HIRED


def test_an_appointment_put_right_leaves_nothing_of_the_wrong_one() -> None:
    book = Book().hire(CLERK, Role.OFFICE)
    book.record(CLERK, Person.Appointed, MOVED, organisation=AUTHORITY, roles=("head",))
    book.record(CLERK, Person.Appointed, HIRED, organisation=AUTHORITY, roles=("executor",))
    for at in (HIRED, MOVED, MOVED + timedelta(days=9)):
        assert book.register.roles_of(CLERK, at) == {Role.EXECUTOR}


def test_who_comes_back_was_away_in_between() -> None:
    book = Book().hire(CLERK, Role.OFFICE)
    book.record(CLERK, Person.Dismissed, MOVED)
    back = MOVED + timedelta(days=365)
    book.record(CLERK, Person.Appointed, back, organisation=AUTHORITY, roles=("office",))
    roles_of = book.register.roles_of
    assert [roles_of(CLERK, at) for at in (HIRED, MOVED, back)] == [
        {Role.OFFICE}, set(), {Role.OFFICE},
    ]  # fmt: skip


def test_a_dismissed_head_lends_nobody_the_roles() -> None:
    book = Book().hire(HEAD, Role.HEAD).hire(DEPUTY, Role.EXECUTOR)
    book.record(DEPUTY, Person.StandInNamed, HIRED, absent=HEAD, until=MOVED + timedelta(days=9))
    book.record(HEAD, Person.Dismissed, MOVED)
    assert book.register.roles_of(DEPUTY, MOVED) == {Role.EXECUTOR}


def test_own_places_are_those_given_and_not_taken_back() -> None:
    book = Book().hire(HEAD, Role.HEAD).hire(DEPUTY, Role.EXECUTOR)
    book.record(HEAD, Person.PlaceAssigned, HIRED, place=place(Role.HEAD))
    book.record(DEPUTY, Person.PlaceAssigned, HIRED, place=DESK)
    book.record(DEPUTY, Person.PlaceAssigned, HIRED, place=OFFICE)
    book.record(DEPUTY, Person.PlaceWithdrawn, MOVED, place=OFFICE)
    book.record(DEPUTY, Person.StandInNamed, HIRED, absent=HEAD, until=MOVED + timedelta(days=9))
    assert book.register.own_places(DEPUTY) == (DESK,)
    assert book.register.places_of(DEPUTY, MOVED) == (DESK, place(Role.HEAD))


def test_nothing_can_be_recorded_about_somebody_who_was_never_appointed() -> None:
    with pytest.raises(UnknownPersonError):
        Book().record(CLERK, Person.PlaceAssigned, HIRED, place=OFFICE)
    with pytest.raises(UnknownPersonError):
        StaffRegister().roles_of(CLERK, HIRED)
    assert CLERK not in StaffRegister()
    assert not StaffRegister().works_at(CLERK, OFFICE, HIRED)


def test_a_badge_names_its_bearer() -> None:
    book = Book().hire(CLERK, Role.OFFICE)
    book.record(CLERK, Person.BadgeIssued, HIRED, badge=badge_code(AUTHORITY, 1))
    found = book.register.by_badge(badge_code(AUTHORITY, 1))
    assert found is not None
    assert found.person == CLERK
    assert book.register.by_badge(badge_code(AUTHORITY, 2)) is None


def test_a_revoked_device_is_turned_away() -> None:
    register, stream = StaffRegister(), Device.blank(Device.stream(1))
    stream.record(Device.Enrolled, HIRED, device=1, by=0, since=HIRED, person=CLERK, token_hash="h")
    stream.record(Device.Revoked, MOVED, device=1, by=0, since=MOVED)
    enrolled, revoked = stream.collect_events()
    register.take(enrolled)
    device = register.by_token("h")
    assert device is not None
    assert device.person == CLERK
    register.take(revoked)
    assert register.by_token("h") is None
    assert list(register.devices) == []


def test_a_device_enrolled_again_forgets_its_old_token() -> None:
    register, stream = StaffRegister(), Device.blank(Device.stream(1))
    for person, token_hash in ((CLERK, "old"), (DEPUTY, "new")):
        stream.record(
            Device.Enrolled, HIRED, device=1, by=0, since=HIRED, person=person,
            token_hash=token_hash,
        )  # fmt: skip
    for event in stream.collect_events():
        register.take(event)
    assert register.by_token("old") is None
    device = register.by_token("new")
    assert device is not None
    assert device.person == DEPUTY
