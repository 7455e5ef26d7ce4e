"""The station over real HTTP: how long a scan takes until it is durable and answered in words.

The machine's floor beside it: an answer of the same server that asks nothing of the store, and one
row inserted and committed durably by itself. The issue names 100 ms for the 99th percentile.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from domain.numbers import PacketNumber
from infra.bootstrap import bootstrap
from infra.demonstration import LogIn, kept_log_ins
from projections.holdings import Holdings
from tests.bench.report import Row
from tests.browser.serving import fill, settings_of

_SCANS = 400
_STATIONS = 8
_MOST_MILLISECONDS = 100.0
_PATIENCE = 60.0
_PAUSE = 0.25  # seconds: four scans a second, as fast as a hand with a scanner is


def run() -> list[Row]:
    """Measure one station, eight at the pace of hands, and eight without a pause."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder)
        log_ins = [each for each in kept_log_ins(folder) if each.place is not None]
        with bootstrap(settings_of(folder)) as qolhat:
            qolhat.runner.catch_up()
            with qolhat.views.reading() as reading:
                held = reading.view(Holdings).at(reading.connection, limit=1000)
        numbers = [holding.number for holding in held]
        commit = _percentile(_commits(folder / "floor.db"))
        with _serving(folder) as port:
            bare = _percentile(_bare_answers(port))
            alone = _percentile(Station(port, log_ins[0]).scans(numbers, _SCANS))
            stations = [Station(port, each) for each in log_ins[:_STATIONS]]
            together = _percentile(_together(stations, numbers, pause=_PAUSE))
            hammered = _percentile(_together(stations, numbers, pause=0.0))
    floor = f"{bare:.1f} ms bare answer, {commit:.1f} ms bare commit"
    return [
        _row("a scan at one station, 99th percentile", floor, alone),
        _row(
            f"{len(stations)} stations at once, each {1 / _PAUSE:.0f} scans a second",
            floor,
            together,
        ),
        _row(f"{len(stations)} stations without a pause (no aim)", floor, hammered, aim=None),
    ]


def _together(stations: list[Station], numbers: list[PacketNumber], *, pause: float) -> list[float]:
    """Let all stations scan at once; return the seconds that each scan took."""
    each = _SCANS // len(stations)
    with ThreadPoolExecutor(len(stations)) as pool:
        times = pool.map(lambda station: station.scans(numbers, each, pause=pause), stations)
        return [one for some in times for one in some]


def _row(what: str, floor: str, milliseconds: float, aim: float | None = _MOST_MILLISECONDS) -> Row:
    against = "–" if aim is None else f"under {aim:.0f} ms"
    reached = aim is None or milliseconds < aim
    return Row(what, against, f"{milliseconds:.1f} ms", floor, None, None, reached)


def _percentile(seconds: list[float]) -> float:
    """Return the 99th percentile in milliseconds, by nearest rank."""
    return sorted(seconds)[-(-len(seconds) * 99 // 100) - 1] * 1000


class Station:
    """A browser at a station: logged in by the form, one connection kept open."""

    def __init__(self, port: int, log_in: LogIn) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        form = urlencode({"login": log_in.login, "password": log_in.password})
        answer = self._ask("POST", "/login", form, "application/x-www-form-urlencoded")
        self._cookie = "; ".join(
            each.partition(";")[0] for each in answer[0].get_all("set-cookie") or ()
        )
        page = self._ask("GET", "/station")[1]
        self._csrf = _found(r'data-csrf="([^"]+)"', page)
        self._place = _found(r'data-place="(\d+)"', page)

    def _ask(
        self, method: str, path: str, body: str = "", kind: str = "application/json"
    ) -> tuple[HTTPMessage, str]:
        headers = {"content-type": kind, "accept": "text/html"}
        if hasattr(self, "_cookie"):
            headers["cookie"] = self._cookie
        if hasattr(self, "_csrf"):
            headers["x-csrf-token"] = self._csrf
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]}")
        return answer.headers, text

    def scans(self, numbers: list[PacketNumber], count: int, *, pause: float = 0.0) -> list[float]:
        """Scan packets one after the other; return the seconds that each took."""
        taken = []
        for index in range(count):
            scan = {
                "ref": str(uuid4()),
                "code": str(numbers[index % len(numbers)]),
                "how": "scanner",
                "happened_at": datetime.now(UTC).isoformat(),
                "counter": index,
                "place": self._place,
            }
            started = time.perf_counter()
            text = self._ask("POST", "/station/scans", json.dumps({"scans": [scan]}))[1]
            taken.append(time.perf_counter() - started)
            time.sleep(pause)
            if json.loads(text)["answers"][0]["kind"] == "refused":
                raise RuntimeError(text)
        return taken


def _found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    if match is None:
        raise RuntimeError(f"the page lacks {pattern}")
    return match[1]


def _bare_answers(port: int) -> list[float]:
    connection, taken = HTTPConnection("127.0.0.1", port, timeout=30), []
    for _ in range(_SCANS):
        started = time.perf_counter()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        taken.append(time.perf_counter() - started)
    return taken


def _commits(path: Path) -> list[float]:
    taken = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE floor (text)")
        for index in range(_SCANS):
            started = time.perf_counter()
            connection.execute("INSERT INTO floor VALUES (?)", (f"{index:0350}",))
            taken.append(time.perf_counter() - started)
    return taken


@contextmanager
def _serving(folder: Path) -> Iterator[int]:
    """Serve the folder as its user does, in a process of its own."""
    environment = os.environ | {"QOLHAT_DATA_DIR": str(folder), "QOLHAT_LANGUAGE": "en"}
    command = [sys.executable, "-m", "api.cli", "serve", "--port", "8765", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = "".join(iter(process.stdout.readline, "}\n"))
            yield int(_found(r":(\d+)", said + "}"))
        finally:
            process.terminate()
            process.wait(_PATIENCE)
