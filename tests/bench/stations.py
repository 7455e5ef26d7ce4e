"""Stations that send requests on time, whether or not earlier ones were answered.

`python -m tests.bench.stations`, a process of its own, reads an order (JSON) and tells what it saw
(JSON). The n-th request is due n / rate seconds after the start, at the n-th station in turns; each
station has one connection that it keeps. How long a request took is counted from when it was due,
so that waiting in a queue shows wherever the queue is, here or in the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import re
import subprocess
import sys
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).parents[2]
_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATIENCE = 30.0  # seconds for the last answers


@dataclass(frozen=True, slots=True)
class Seen:
    """What the stations saw: milliseconds from when each request was due, and what came back.

    `late`: by how much the stations themselves were late in sending (99% of the requests).
    """

    milliseconds: list[float]
    answers: dict[str, int]
    late: float

    @property
    def middle(self) -> float:
        """The median, in milliseconds."""
        return median(self.milliseconds)

    @property
    def last(self) -> float:
        """The 99th percentile, in milliseconds."""
        return quantiles(self.milliseconds, n=100)[-1]

    def __str__(self) -> str:
        longest = max(self.milliseconds)
        return f"p50 {self.middle:.1f} ms, p99 {self.last:.1f}, max {longest:.0f}"


def send_on_time(port: int, rate: int, stations: int, requests: list[str]) -> Seen:
    """Let stations send these requests, `rate` a second in all, and tell what they saw."""
    order = {"port": port, "rate": rate, "stations": stations, "requests": requests}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.stations"],
        cwd=ROOT,
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Seen(**json.loads(done.stdout))


class _Station(asyncio.Protocol):
    """One connection; sends a request when the one before is answered."""

    def __init__(self, seen: _Book) -> None:
        self._seen = seen
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._due: float | None = None
        self._read = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send_next()

    def send(self, due: float, request: bytes) -> None:
        """Send a request that was due at a time of the loop's clock."""
        self._waiting.append((due, request))
        self._send_next()

    def _send_next(self) -> None:
        if self._due is None and self._waiting and self._transport is not None:
            self._due, request = self._waiting.popleft()
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        ends = self._read.find(_HEAD_ENDS)
        if ends < 0:
            return
        length = _LENGTH.search(self._read, 0, ends)
        whole = ends + len(_HEAD_ENDS) + (int(length[1]) if length else 0)
        if len(self._read) >= whole:
            self._answered(bytes(self._read[9:12]), bytes(self._read[ends:whole]))
            del self._read[:whole]
            self._send_next()

    def _answered(self, status: bytes, body: bytes) -> None:
        assert self._due is not None
        self._seen.note(self._due, status.decode(), body)
        self._due = None

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that closes a connection has not answered what was sent on it."""
        self._transport = None
        if self._due is not None:
            self._seen.note(self._due, "closed", b"")


class _Book:
    """Notes every answer."""

    def __init__(self, expected: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._expected = expected
        self.milliseconds: list[float] = []
        self.answers: Counter[str] = Counter()
        self.complete = asyncio.Event()

    def note(self, due: float, status: str, body: bytes) -> None:
        """Note one answer; the word of a single scan's status is noted with it."""
        self.milliseconds.append((self._loop.time() - due) * 1000)
        found = re.search(rb'"status": ?"([a-z-]+)"', body)
        self.answers[f"{status} {found[1].decode() if found else ''}".strip()] += 1
        if len(self.milliseconds) == self._expected:
            self.complete.set()

    def close(self) -> None:
        """Note what was never answered: as long as anybody waited for it."""
        missing = self._expected - len(self.milliseconds)
        self.milliseconds += [_PATIENCE * 1000] * missing
        if missing:
            self.answers["unanswered"] = missing


async def _work(port: int, rate: int, stations: int, requests: list[str]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    book = _Book(len(requests))
    offices = [
        (await loop.create_connection(lambda: _Station(book), "127.0.0.1", port))[1]
        for _ in range(stations)
    ]
    ready = [request.encode() for request in requests]
    late = []
    begun = loop.time() + 0.1
    for turn, request in enumerate(ready):
        due = begun + turn / rate
        if (pause := due - loop.time()) > 0:
            await asyncio.sleep(pause)
        late.append((loop.time() - due) * 1000)
        offices[turn % stations].send(due, request)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(book.complete.wait(), _PATIENCE)
    book.close()
    return {
        "milliseconds": book.milliseconds,
        "answers": dict(book.answers),
        "late": quantiles(late, n=100)[-1],
    }


def main() -> None:
    """Do what is ordered."""
    order = json.load(sys.stdin)
    gc.disable()  # a short life with enough memory
    json.dump(asyncio.run(_work(**order)), sys.stdout)


if __name__ == "__main__":
    main()
