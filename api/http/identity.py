"""Who asks: a token belongs to a device, the device speaks for a person with roles.

Checked on every call against the register: a device that was revoked, or a person who was
dismissed, is turned away; if another process has recorded it, within 0.2 seconds. Nobody is turned
away by a register that may be out of date.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime

from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from api.http.problems import TurnedAwayError, UnauthenticatedError
from domain.roles import Role
from domain.staff import StaffRegister
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


async def caller_of(qolhat: Qolhat, token: str | None) -> Caller:
    """Recognise the caller by the token. Raises UnauthenticatedError, TurnedAwayError.

    It is asked in the event loop, which must not wait for the store: that a thread does.
    """
    staff = qolhat.staff
    if staff.is_recent:
        with contextlib.suppress(UnauthenticatedError, TurnedAwayError):
            return _caller(staff.register, token, qolhat.now())
    return _caller(await run_in_threadpool(staff.refresh), token, qolhat.now())


def _caller(register: StaffRegister, token: str | None, now: datetime) -> Caller:
    device = register.by_token(token_hash(token)) if token else None
    if device is None:
        raise UnauthenticatedError
    employed = register.member(device.person).employed
    roles = register.roles_of(device.person, now)
    if employed is None or not employed.covers(now) or not roles:
        raise TurnedAwayError
    return Caller(device.person, device.device, roles)
