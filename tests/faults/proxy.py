"""A line to a server that is slow, holds its breath, or is cut: TCP, on this machine."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Any, Self

_PIECE = 65536  # bytes
_MOST_ON_THE_WAY = 256  # pieces in one direction
_PATIENCE = 10.0


class SlowLine:
    """Listens on a port of this machine and passes on what comes, each way after a while."""

    def __init__(self, to: int, port: int = 0, latency: tuple[float, float] = (0.0, 0.0)) -> None:
        """`to` and `port` (0: any) are ports; `latency` is from and to how many seconds."""
        self.port = port
        self.latency = latency
        self.carried = 0  # bytes
        self._to = to
        self._chance = Random(to)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        self._do(self._open)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cut what is connected, and listen no more."""
        self._do(self._close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    def cut(self) -> None:
        """Cut every connection at once, in the middle of whatever it carries."""
        self._do(self._cut)

    def hold(self) -> None:
        """Let nothing through until `flow`; nobody is told."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def flow(self) -> None:
        """Let everything through again, also what waited."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    # --- in the thread of the line --------------------------------------------------------------

    def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(_PATIENCE)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._cut()
        while tasks := list(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # what was cut tells so

    async def _cut(self) -> None:
        for writer in list(self._writers):
            endpoint: socket.socket = writer.get_extra_info("socket")
            # Both ends are told "reset", not "that was all".
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _connect(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._writers.add(back)
        try:
            far, forth = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            back.transport.abort()
            self._writers.discard(back)
            return
        self._writers.add(forth)
        for reader, writer in ((near, forth), (far, back)):
            self._begin(self._carry(reader, writer))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one direction: what is on the way does not make the next piece wait."""
        way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_MOST_ON_THE_WAY)
        delivering = self._begin(self._deliver(way, writer))
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                await way.put((self._loop.time() + self._chance.uniform(*self.latency), piece))
        await way.put((0.0, b""))
        await delivering

    async def _deliver(
        self, way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while True:
                due, piece = await way.get()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                await self._flowing.wait()
                if not piece:
                    break
                writer.write(piece)
                self.carried += len(piece)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)
