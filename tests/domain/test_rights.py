"""Who may do what, and in whose papers: the table of rights, and how far each reaches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from domain.acts import ROLES_OF_ACT, ActKind
from domain.directory import Directory, OrganisationKind
from domain.errors import UnknownOrganisationError, UnknownPersonError
from domain.rights import EVERYWHERE, NOWHERE, RIGHTS_OF_ROLE, Reach, Right, reach_of, rights_of
from domain.roles import Role, Scope
from domain.staff import Person, StaffRegister
from infra.desk import SETTLERS
from infra.directory_files import load_directory

HIRED = datetime(2020, 1, 6, tzinfo=UTC)
NOW = datetime(2026, 11, 16, 4, tzinfo=UTC)
OURS, NEIGHBOUR, FAR = 32, 33, 90
ALL_OF_THEM = frozenset(Right)

TABLE = {  # S scan, P pack, R register, A act, T settle, C complain; p packets, d personal data,
    # f figures, s staff, w who looked at personal data; ! administer
    Role.INSPECTOR: "S R A T C p d",
    Role.COLLECTING: "S P A T p",
    Role.COURIER: "S A p",
    Role.OFFICE: "S P R A T C p d",
    Role.HEAD: "S A T C p d",
    Role.EXECUTOR: "S A T C p d",
    Role.AKIM: "S P R A T C p d",
    Role.MANAGER: "A T p f",
    Role.ADMINISTRATOR: "! s w",
    Role.AUDITOR: "p d f s w",
}
LETTERS = {
    "S": Right.SCAN,
    "P": Right.PACK,
    "R": Right.REGISTER,
    "A": Right.ACT,
    "T": Right.SETTLE,
    "C": Right.COMPLAIN,
    "p": Right.SEE_PACKETS,
    "d": Right.SEE_PERSONAL,
    "f": Right.SEE_FIGURES,
    "s": Right.SEE_STAFF,
    "w": Right.SEE_ACCESS,
    "!": Right.ADMINISTER,
}


@cache
def directory() -> Directory:
    return load_directory()


def region_of(organisation: int) -> str:
    return directory().organisation(organisation).region


class Staff:
    """People of a register, as they were appointed."""

    def __init__(self) -> None:
        self.register = StaffRegister()

    def record(self, person: int, event: type[Person.Event], **facts: object) -> None:
        stream = Person.blank(Person.stream(person))
        stream.appointed = True
        stream.record(event, HIRED, person=person, by=0, since=HIRED, **facts)
        for recorded in stream.collect_events():
            self.register.take(recorded)

    def hire(
        self, person: int, *roles: Role, organisation: int = OURS, scope: Scope | None = None
    ) -> Staff:
        names = tuple(role.value for role in roles)
        self.record(
            person, Person.Appointed, organisation=organisation, roles=names,
            scope=scope.value if scope else None,
        )  # fmt: skip
        return self

    def stand_in(self, person: int, absent: int) -> Staff:
        self.record(person, Person.StandInNamed, absent=absent, until=NOW + timedelta(days=1))
        return self

    def reach(self, person: int, right: Right | None = None, at: datetime = NOW) -> Reach:
        return reach_of(self.register, person, at, directory(), right)


# --- rights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_a_role_has_the_rights_of_the_table(role: Role) -> None:
    assert RIGHTS_OF_ROLE[role] == {LETTERS[letter] for letter in TABLE[role].split()}


def test_several_roles_have_the_rights_of_each() -> None:
    rights = rights_of([Role.COURIER, Role.ADMINISTRATOR])
    assert rights == RIGHTS_OF_ROLE[Role.COURIER] | RIGHTS_OF_ROLE[Role.ADMINISTRATOR]
    assert rights_of([]) == frozenset()


def test_the_auditor_reads_all_and_writes_nothing() -> None:
    writing = {Right.SCAN, Right.PACK, Right.REGISTER, Right.ACT, Right.SETTLE, Right.COMPLAIN}
    assert RIGHTS_OF_ROLE[Role.AUDITOR] == ALL_OF_THEM - writing - {Right.ADMINISTER}


def test_rights_agree_with_what_the_desk_lets_the_roles_do() -> None:
    may = {right: {role for role in Role if right in RIGHTS_OF_ROLE[role]} for right in Right}
    assert may[Right.REGISTER] == ROLES_OF_ACT[ActKind.REGISTERED]
    assert may[Right.ACT] == frozenset[Role]().union(*ROLES_OF_ACT.values())
    assert may[Right.SETTLE] <= SETTLERS


# --- reach --------------------------------------------------------------------------------------


def test_a_reach_covers_a_packet_of_which_one_party_is_ours() -> None:
    ours = Reach(frozenset({OURS}))
    assert ours.covers([FAR, OURS])
    assert not ours.covers([FAR])
    assert not ours.covers([])
    assert EVERYWHERE.covers([FAR])
    assert not NOWHERE.covers([OURS])


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR}))
def test_without_a_scope_one_reaches_the_own_organisation(role: Role) -> None:
    assert Staff().hire(1, role).reach(1) == Reach(frozenset({OURS}))


@pytest.mark.parametrize(
    "role", sorted(set(Role) - {Role.AUDITOR, Role.MANAGER, Role.ADMINISTRATOR})
)
def test_a_scope_widens_nothing_for_those_who_hold_papers(role: Role) -> None:
    staff = Staff().hire(1, role, scope=Scope.COUNTRY)
    assert staff.reach(1) == Reach(frozenset({OURS}))


def test_the_auditor_reaches_everything() -> None:
    assert Staff().hire(1, Role.AUDITOR).reach(1) == EVERYWHERE


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMINISTRATOR])
def test_a_region_is_what_the_directory_calls_by_that_name(role: Role) -> None:
    reach = Staff().hire(1, role, scope=Scope.REGION).reach(1)
    assert region_of(NEIGHBOUR) == region_of(OURS) != region_of(FAR)
    assert reach.covers([NEIGHBOUR])
    assert not reach.covers([FAR])
    assert reach.organisations is not None
    assert {region_of(each) for each in reach.organisations} == {region_of(OURS)}
    kinds = {directory().organisation(each).kind for each in reach.organisations}
    assert {OrganisationKind.SERVICE_CENTRE_BRANCH, OrganisationKind.REGIONAL_DEPARTMENT} <= kinds


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMINISTRATOR])
def test_the_country_is_everything(role: Role) -> None:
    assert Staff().hire(1, role, scope=Scope.COUNTRY).reach(1) == EVERYWHERE


def test_a_stand_in_reaches_the_organisation_of_the_absent_one() -> None:
    staff = Staff().hire(1, Role.EXECUTOR).hire(2, Role.HEAD, organisation=NEIGHBOUR)
    staff.stand_in(1, 2)
    assert staff.reach(1) == Reach(frozenset({OURS, NEIGHBOUR}))
    assert staff.register.organisations_of(1, NOW) == {OURS, NEIGHBOUR}
    assert staff.reach(1, at=NOW + timedelta(days=1)) == Reach(frozenset({OURS}))


def test_a_right_reaches_only_as_far_as_the_role_that_gives_it() -> None:
    """A manager of the country who stands in for a head does not see everybody's names."""
    staff = Staff().hire(1, Role.MANAGER, scope=Scope.COUNTRY)
    staff.hire(2, Role.HEAD, organisation=NEIGHBOUR).stand_in(1, 2)
    assert staff.reach(1, Right.SEE_FIGURES) == EVERYWHERE
    assert staff.reach(1, Right.SEE_PERSONAL) == Reach(frozenset({NEIGHBOUR}))
    assert staff.reach(1, Right.ADMINISTER) == NOWHERE


def test_who_works_here_no_longer_reaches_nothing() -> None:
    staff = Staff().hire(1, Role.AUDITOR)
    staff.record(1, Person.Dismissed)
    assert staff.reach(1) == NOWHERE
    with pytest.raises(UnknownPersonError):
        staff.reach(2)


def test_a_region_of_no_organisation_cannot_be_asked_for() -> None:
    with pytest.raises(UnknownOrganisationError):
        directory().in_region_of(9999)
