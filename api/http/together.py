"""Lets one thread do at once what many requests ask for at the same time.

A thread for each would wait for the interpreter several times a request, and make the event loop
wait: at hundreds of scans a second that is most of the time they take.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from infra.errors import StorageUnreachableError

T = TypeVar("T")
R = TypeVar("R")
MOST = 64  # in one go: whoever comes meanwhile waits for all of them


class Together(Generic[T, R]):
    """Hands what has gathered to a function that answers each; to be used in one event loop.

    While it works the next ones gather. If it fails for several, each is tried alone: what one
    sends is no reason to refuse another.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._work = work
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, one: T) -> R:
        """Return the answer to one. Raises what the function raises."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if self._working is None:
            self._working = asyncio.create_task(self._see_to_all())
        return await future

    async def _see_to_all(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._see_to(some)
        finally:
            self._working = None

    async def _see_to(self, some: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            answers = await run_in_threadpool(self._work, [one for one, _ in some])
        except StorageUnreachableError as error:  # it would be waited for again for each
            for _, future in some:
                if not future.done():
                    future.set_exception(type(error)(**error.facts))
            return
        except Exception as error:  # noqa: BLE001  belongs to whoever has asked
            if len(some) > 1:
                for each in some:
                    await self._see_to([each])
            elif not some[0][1].done():
                some[0][1].set_exception(error)
            return
        for (_, future), answer in zip(some, answers, strict=True):
            if not future.done():  # nobody waits any more: the server ends
                future.set_result(answer)
