"""Who asks: a token belongs to a device, the device speaks for a person with roles.

Checked on every call against the register as it is now: a device that was revoked, or a person who
was dismissed a moment ago, is turned away.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.security import HTTPBearer

from api.http.problems import TurnedAwayError, UnauthenticatedError
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.personnel import token_hash

bearer = HTTPBearer(
    scheme_name="device",
    description="The token that a device got when it was enrolled for a person.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The person who asks, the device they use, and the roles they have now."""

    person: int
    device: int
    roles: frozenset[Role]


def caller_of(qolhat: Qolhat, token: str | None) -> Caller:
    """Recognise the caller by the token. Raises UnauthenticatedError, TurnedAwayError."""
    register = qolhat.staff.refresh()
    device = register.by_token(token_hash(token)) if token else None
    if device is None:
        raise UnauthenticatedError
    now = qolhat.now()
    employed = register.member(device.person).employed
    roles = register.roles_of(device.person, now)
    if employed is None or not employed.covers(now) or not roles:
        raise TurnedAwayError
    return Caller(device.person, device.device, roles)
