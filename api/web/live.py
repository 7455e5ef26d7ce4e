"""Keeps a place's page up: says by server-sent events that something changed there.

The page then asks for the rows. A listener costs a look at a number twice a second, not a thread;
the views are asked only when they have moved on, or when time has passed that makes packets late.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.web.lying import lying_at, mark_of
from api.web.places import CodePath, open_place
from api.web.visitor import Visitor, allowed, visitor_of
from domain.errors import QolhatError
from domain.numbers import PlaceCode
from domain.rights import Right
from infra.errors import StorageError

router = APIRouter(include_in_schema=False)
PAUSE, CHECKED_EVERY = 0.5, 30.0  # seconds
_SEND_TIMEOUT = 20.0  # seconds after which a listener that takes nothing is gone
_GRACE = 2.0  # seconds for a stream to end properly when the server does
Mark = Annotated[str, Query(max_length=64)]


@router.get("/places/{code}/live")
async def live(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_PACKETS))],
    code: CodePath,
    mark: Mark = "",
    last_event_id: Annotated[str, Header(max_length=64)] = "",
) -> EventSourceResponse:
    """Say when what lies at the place is no longer what `mark` (or the last event) told."""
    here = open_place(visitor, code)
    watch = Watch(visitor, here.code, last_event_id or mark)
    return EventSourceResponse(
        watch.events(),
        send_timeout=_SEND_TIMEOUT,
        shutdown_event=watch.closing,
        shutdown_grace_period=_GRACE,
    )


@dataclass
class Watch:
    """One listener at one place; `mark` is what the page shows; `closing`: the server ends."""

    visitor: Visitor
    place: PlaceCode
    mark: str
    clock: Callable[[], float] = time.monotonic
    pause: float = PAUSE
    closing: anyio.Event = field(default_factory=anyio.Event)
    _position: int = field(default=-1, init=False)

    async def events(self) -> AsyncIterator[ServerSentEvent]:
        """Tell every change; when the session has ended or the place is out of reach, that."""
        checked = self.clock()
        while not self.closing.is_set():
            if self.clock() - checked >= CHECKED_EVERY:
                checked, self._position = self.clock(), -1  # terms run out without any event
                if not await run_in_threadpool(self.may_go_on):
                    yield ServerSentEvent(event="ended", data="")
                    return
            if await self._changed():
                yield ServerSentEvent(event="changed", data=self.mark, id=self.mark)
            with anyio.move_on_after(self.pause):
                await self.closing.wait()

    async def _changed(self) -> bool:
        position = self.visitor.qolhat.runner.position
        if position == self._position:
            return False
        try:
            mark = await run_in_threadpool(self._look)
        except StorageError:
            return False  # the database is busy: the next look will do
        self._position, before, self.mark = position, self.mark, mark
        return mark != before

    def _look(self) -> str:
        return mark_of(lying_at(self.visitor.qolhat, self.place))

    def may_go_on(self) -> bool:
        """Tell whether the session lasts and the place is still in reach."""
        try:
            visitor = visitor_of(self.visitor.request)
            visitor.require(Right.SEE_PACKETS)
            open_place(visitor, str(self.place))
        except StorageError:
            return True
        except QolhatError:
            return False
        return True
