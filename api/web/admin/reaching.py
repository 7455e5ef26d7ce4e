"""Who may see and who may change which colleague: nobody gives or takes over more than they have.

An administrator of one organisation looks after its people, of a region after the region's, of the
country after all. Whoever sets somebody's password can log in as that person, and whoever names
somebody a stand-in gives that one the other's rights: so everything that such a person could reach
must be within the administrator's own reach, today and in every post that was promised.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import Depends

from api.web.visitor import Visitor, allowed
from domain.errors import RefusedError
from domain.rights import NOWHERE, Reach, Right, reach_of_role
from domain.roles import Role, Scope
from domain.staff import Post, Spell, StaffMember

Looking = Annotated[Visitor, Depends(allowed(Right.SEE_STAFF))]
Administering = Annotated[Visitor, Depends(allowed(Right.ADMINISTER))]


class BeyondReachError(RefusedError):
    """What is to be given, or whoever is to be changed, reaches farther than the administrator."""

    code = "beyond-reach"
    status = 403


class OwnAppointmentError(RefusedError):
    """An administrator changes the roles of others, never the own ones."""

    code = "own-appointment"
    status = 403


def seen(visitor: Visitor, number: int) -> StaffMember:
    """Return a person whom the visitor may see. Raises UnknownPersonError, NotYoursError."""
    member = visitor.qolhat.staff.refresh().member(number)
    visitor.require_reach(workplaces(member, visitor.qolhat.now()), Right.SEE_STAFF)
    return member


def changeable(visitor: Visitor, number: int) -> StaffMember:
    """Return a person whom the visitor may change.

    Raises UnknownPersonError, NotYoursError, BeyondReachError.
    """
    member = visitor.qolhat.staff.refresh().member(number)
    _check_changeable(visitor, member)
    return member


def may_change(visitor: Visitor, member: StaffMember) -> bool:
    """Tell whether the visitor may change a person."""
    try:
        _check_changeable(visitor, member)
    except RefusedError:
        return False
    return True


def _check_changeable(visitor: Visitor, member: StaffMember) -> None:
    visitor.require(Right.ADMINISTER)
    for organisation in workplaces(member, visitor.qolhat.now()):
        visitor.require_reach({organisation}, Right.ADMINISTER)
    check_within(visitor, powers_of(visitor, member))


def check_within(visitor: Visitor, reach: Reach) -> None:
    """Make sure that the visitor reaches as far as that. Raises BeyondReachError."""
    if not contains(visitor.reach(Right.ADMINISTER), reach):
        raise BeyondReachError


def check_others(visitor: Visitor, number: int) -> None:
    """Make sure that it is not the visitor's own appointment. Raises OwnAppointmentError."""
    if number == visitor.person:
        raise OwnAppointmentError


def check_grant(visitor: Visitor, organisation: int, roles: Iterable[Role], scope: Scope) -> None:
    """Make sure that the visitor may give these roles there, reaching so far.

    Raises NotYoursError, BeyondReachError, UnknownOrganisationError.
    """
    visitor.qolhat.directory.organisation(organisation)
    visitor.require_reach({organisation}, Right.ADMINISTER)
    for role in roles:
        check_within(visitor, _reach(visitor, role, organisation, scope))


def grantable_roles(visitor: Visitor, organisation: int) -> tuple[Role, ...]:
    """Return the roles that the visitor may give in an organisation."""
    reach = visitor.reach(Right.ADMINISTER)
    return tuple(
        role
        for role in Role
        if contains(reach, _reach(visitor, role, organisation, Scope.ORGANISATION))
    )


def grantable_scopes(visitor: Visitor, organisation: int) -> tuple[Scope, ...]:
    """Return how far a manager or an administrator may reach whom the visitor appoints there."""
    reach = visitor.reach(Right.ADMINISTER)
    return tuple(
        scope
        for scope in Scope
        if contains(reach, _reach(visitor, Role.ADMINISTRATOR, organisation, scope))
    )


def workplaces(member: StaffMember, now: datetime) -> frozenset[int]:
    """Return where a person works or is going to work; of one who left: where that was."""
    own = frozenset(post.organisation for post in _lasting(member, now))
    return own or frozenset({member.organisation})


def powers_of(visitor: Visitor, member: StaffMember) -> Reach:
    """Return how far a person reaches now or is going to, those of absent ones included."""
    register, now = visitor.qolhat.staff.register, visitor.qolhat.now()
    absent = [register.member(other) for other, spell in member.stands_in if _lasts(spell, now)]
    reach = NOWHERE
    for each in (member, *absent):
        for post in _lasting(each, now):
            for role in post.roles:
                reach |= _reach(visitor, role, post.organisation, post.scope)
    return reach


def contains(outer: Reach, inner: Reach) -> bool:
    """Tell whether the one reaches everywhere where the other does."""
    if outer.organisations is None:
        return True
    return inner.organisations is not None and inner.organisations <= outer.organisations


def _lasting(member: StaffMember, now: datetime) -> tuple[Post, ...]:
    return tuple(post for post in member.posts if _lasts(post.spell, now))


def _lasts(spell: Spell, now: datetime) -> bool:
    return spell.until is None or now < spell.until


def _reach(visitor: Visitor, role: Role, organisation: int, scope: Scope) -> Reach:
    return reach_of_role(role, organisation, scope, visitor.qolhat.directory)
