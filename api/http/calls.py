"""What every endpoint is handed: the wired Qolhat, who asks, and in which language to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials

from api.http.fields import MAX_ID
from api.http.identity import Caller, bearer, caller_of
from api.http.metrics import Metrics
from api.http.problems import ViewsBehindError, language_of
from api.http.schemas import Sent, SentFrom
from api.http.telling import Teller
from api.permitted import Permitted
from domain.intake import NO_PLACE
from domain.numbers import PlaceCode, place_organisation
from domain.rights import Right, rights_of
from infra.bootstrap import Qolhat
from infra.requests import Source

WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Call(Permitted):
    """One request of a known caller."""

    qolhat: Qolhat
    person: int
    rights: frozenset[Right]
    metrics: Metrics
    caller: Caller
    tell: Teller

    def source(self, sent: SentFrom, right: Right) -> Source:
        """Say who asks, at a place of an organisation where they may.

        Raises UnknownPlaceError, NoRightError, NotYoursError.
        """
        self.require(right)
        place = self.known_place(sent.place)
        self.require_reach([place_organisation(place)], right)
        return self._source(sent, place)

    def source_anywhere(self, sent: Sent) -> Source:
        """Say who asks, at the first of their places, for what is not done to paper."""
        register = self.qolhat.staff.register
        places = register.places_of(self.caller.person, self.qolhat.now())
        return self._source(sent, next(iter(places), NO_PLACE))

    def known_place(self, place: PlaceCode) -> PlaceCode:
        """Make sure that a place exists. Raises UnknownPlaceError."""
        return self.qolhat.directory.place(place).code

    def _source(self, sent: Sent, place: PlaceCode) -> Source:
        return Source(
            sent.ref,
            self.caller.person,
            self.caller.device,
            sent.counter,
            place,
            sent.happened_at or self.qolhat.now(),
        )

    def recorded(self) -> None:
        """Let the views look at once: something was recorded."""
        self.qolhat.runner.wake()


async def identified(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Call:
    """Recognise the caller. Raises UnauthenticatedError, TurnedAwayError."""
    qolhat: Qolhat = request.app.state.qolhat
    caller = await caller_of(qolhat, credentials.credentials if credentials else None)
    return Call(
        qolhat,
        caller.person,
        rights_of(caller.roles),
        request.app.state.metrics,
        caller,
        Teller(qolhat, language_of(request)),
    )


Calling = Annotated[Call, Depends(identified)]


def caught_up(
    call: Calling,
    after: Annotated[
        int | None,
        Query(
            ge=0,
            le=MAX_ID,
            description="Wait (up to 5 s) until the views show this position of a write's answer.",
        ),
    ] = None,
) -> Call:
    """Recognise the caller, and wait for what they have written. Raises ViewsBehindError."""
    if after is not None and not _shows(call.qolhat, after):
        raise ViewsBehindError
    return call


def _shows(qolhat: Qolhat, position: int) -> bool:
    """Wait for a position, but not for one that was never given out."""
    given_out = position <= qolhat.log.rows.last_position()
    return given_out and qolhat.runner.wait_for(position, WAIT_SECONDS)


Asking = Annotated[Call, Depends(caught_up)]
