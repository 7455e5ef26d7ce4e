"""What a person does to a packet at a desk, and which role may do it [003 service 7 §11].

A scan says where the packet is; an act says what was decided. Acts out of turn are recorded with a
deviation; only a wrong role, missing reasons or an unknown packet refuse one.
"""

from __future__ import annotations

from enum import StrEnum

from domain.roles import Role


class ActKind(StrEnum):
    """The acts, in the order of the route."""

    REGISTERED = "registered"  # the packet is accepted; begins every route
    INCOMING = "incoming"  # the office gave an incoming number
    RESOLUTION = "resolution"  # the head named the executor
    RIGHT = "right"  # the executor determined the applicant's right
    DRAFTED = "drafted"  # the executor drafted the notice: granted, or refused with reasons
    RETURNED = "returned"  # the head returned the notice for completion
    SIGNED = "signed"
    SENT_BACK = "sent-back"  # the office sent the result to the centre
    ISSUED = "issued"  # handed to the applicant, or posted
    HANDED_BACK = "handed-back"  # not collected for a month, given to the authority [002 §15]
    WITHDRAWN = "withdrawn"  # the applicant takes the papers back
    LOST = "lost"
    FOUND = "found"
    RELABELLED = "relabelled"  # a damaged label was printed anew; the number stays
    PAUSED = "paused"  # the stage's clock stands, on a ground that the edition gives
    RESUMED = "resumed"  # it runs again


_HEADS = frozenset({Role.HEAD, Role.AKIM})
_ACCEPTING = frozenset({Role.INSPECTOR, Role.OFFICE, Role.AKIM})
# Who can be named by an edition's ground: those who examine papers, or hear of the applicant.
_PAUSING = _ACCEPTING | _HEADS | {Role.EXECUTOR}
_HOLDERS = frozenset(
    {
        Role.INSPECTOR,
        Role.COLLECTING,
        Role.COURIER,
        Role.OFFICE,
        Role.HEAD,
        Role.EXECUTOR,
        Role.AKIM,
    }
)

ROLES_OF_ACT: dict[ActKind, frozenset[Role]] = {
    ActKind.REGISTERED: _ACCEPTING,
    ActKind.INCOMING: frozenset({Role.OFFICE}),
    ActKind.RESOLUTION: _HEADS,
    ActKind.RIGHT: frozenset({Role.EXECUTOR, Role.AKIM}),
    ActKind.DRAFTED: frozenset({Role.EXECUTOR, Role.AKIM}),
    ActKind.RETURNED: _HEADS,
    ActKind.SIGNED: _HEADS,
    ActKind.SENT_BACK: frozenset({Role.OFFICE}),
    ActKind.ISSUED: frozenset({Role.INSPECTOR, Role.EXECUTOR, Role.AKIM}),
    ActKind.HANDED_BACK: frozenset({Role.INSPECTOR, Role.COLLECTING}),
    ActKind.WITHDRAWN: _ACCEPTING,
    ActKind.LOST: _HOLDERS | {Role.MANAGER},
    ActKind.FOUND: _HOLDERS | {Role.MANAGER},
    ActKind.RELABELLED: _HOLDERS,
    ActKind.PAUSED: _PAUSING,
    ActKind.RESUMED: _PAUSING,
}
# Who can be named by a resolution.
EXECUTORS = ROLES_OF_ACT[ActKind.DRAFTED]

# Who takes a written complaint, and who answers it [002 §24].
COMPLAINT_ROLES: frozenset[Role] = _ACCEPTING | _HEADS | {Role.EXECUTOR}


class Outcome(StrEnum):
    """What the notice says."""

    GRANTED = "granted"
    REFUSED = "refused"


class Handing(StrEnum):
    """How the result reached the applicant."""

    IN_PERSON = "in-person"
    POSTED = "posted"
