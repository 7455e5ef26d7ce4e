"""What a role may do, and in whose papers: the one table that every page asks [003 service 7 §11].

A right says what; a reach says where. Whoever stands in for somebody has that one's rights, in that
one's organisation only. `ROLES_OF_ACT` says in detail which role may do which act.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.directory import Directory
from domain.roles import Role, Scope
from domain.staff import Post, StaffRegister


class Right(StrEnum):
    """What somebody may do or see."""

    SCAN = "scan"
    REGISTER = "register"
    PACK = "pack"  # make registries, fill and seal bags
    ACT = "act"
    SETTLE = "settle"
    COMPLAIN = "complain"  # take a complaint, and answer it
    SEE_PACKETS = "see-packets"
    SEE_PERSONAL = "see-personal"
    SEE_FIGURES = "see-figures"
    SEE_STAFF = "see-staff"
    ADMINISTER = "administer"
    SEE_ACCESS = "see-access"  # who looked at personal data


_TAKES_PAPERS = frozenset(
    {
        Right.SCAN,
        Right.REGISTER,
        Right.ACT,
        Right.SETTLE,
        Right.COMPLAIN,
        Right.SEE_PACKETS,
        Right.SEE_PERSONAL,
    }
)
_DECIDES = _TAKES_PAPERS - {Right.REGISTER}

RIGHTS_OF_ROLE: dict[Role, frozenset[Right]] = {
    Role.INSPECTOR: _TAKES_PAPERS,
    Role.COLLECTING: frozenset(
        {Right.SCAN, Right.PACK, Right.ACT, Right.SETTLE, Right.SEE_PACKETS}
    ),
    Role.COURIER: frozenset({Right.SCAN, Right.ACT, Right.SEE_PACKETS}),
    Role.OFFICE: _TAKES_PAPERS | {Right.PACK},
    Role.HEAD: _DECIDES,
    Role.EXECUTOR: _DECIDES,
    Role.AKIM: _TAKES_PAPERS | _DECIDES | {Right.PACK},
    Role.MANAGER: frozenset({Right.ACT, Right.SETTLE, Right.SEE_PACKETS, Right.SEE_FIGURES}),
    Role.ADMINISTRATOR: frozenset({Right.ADMINISTER, Right.SEE_STAFF, Right.SEE_ACCESS}),
    Role.AUDITOR: frozenset(
        {
            Right.SEE_PACKETS,
            Right.SEE_PERSONAL,
            Right.SEE_FIGURES,
            Right.SEE_STAFF,
            Right.SEE_ACCESS,
        }
    ),
}
_SCOPED = frozenset({Role.MANAGER, Role.ADMINISTRATOR})


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Return the rights that these roles give together."""
    return frozenset[Right]().union(*(RIGHTS_OF_ROLE[role] for role in roles))


@dataclass(frozen=True, slots=True)
class Reach:
    """The organisations whose papers or people one may see or change; None means all of them."""

    organisations: frozenset[int] | None

    def covers(self, organisations: Iterable[int]) -> bool:
        """Tell whether any of these organisations is within reach."""
        return self.organisations is None or not self.organisations.isdisjoint(organisations)

    def __or__(self, other: Reach) -> Reach:
        if self.organisations is None or other.organisations is None:
            return EVERYWHERE
        return Reach(self.organisations | other.organisations)


EVERYWHERE = Reach(None)
NOWHERE = Reach(frozenset())


def reach_of_role(role: Role, organisation: int, scope: Scope, directory: Directory) -> Reach:
    """Return how far one reaches who has this role, in this organisation, with this scope.

    Raises UnknownOrganisationError.
    """
    if role is Role.AUDITOR:
        return EVERYWHERE
    if role not in _SCOPED or scope is Scope.ORGANISATION:
        return Reach(frozenset({organisation}))
    if scope is Scope.COUNTRY:
        return EVERYWHERE
    return Reach(directory.in_region_of(organisation))


def reach_of(
    register: StaffRegister,
    person: int,
    at: datetime,
    directory: Directory,
    right: Right | None = None,
) -> Reach:
    """Return how far a person reaches at an instant, those whom the person stands in for included.

    With a `right`, only through the roles that give it: a manager of a region who stands in for a
    head sees personal data in that head's organisation alone. Raises UnknownPersonError,
    UnknownOrganisationError.
    """
    reach = NOWHERE
    for post in register.posts_of(person, at):
        for role in post.roles:
            if right is None or right in RIGHTS_OF_ROLE[role]:
                reach |= _reach_in(post, role, directory)
    return reach


def _reach_in(post: Post, role: Role, directory: Directory) -> Reach:
    return reach_of_role(role, post.organisation, post.scope, directory)
