"""A registry of 500 packets over real HTTP: packed, printed, opened, unpacked, reconciled.

No step may keep its user waiting for 200 ms. The floor beside it: an answer of the same server that
asks nothing of the store, and one row committed durably by itself. Printing is a page of its own in
the browser: what must not wait for it is the next scan, which is measured while it runs.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from domain.numbers import BagCode, PacketNumber, RegistryCode, place_code
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.requests import AcceptRequest, Registration, Source
from tests.bench.bench_station import _bare_answers, _commits, _percentile, _serving
from tests.bench.report import Row
from tests.browser.serving import settings_of

_PACKETS = 500
_CENTRE, _AUTHORITY = 267, 32
_INSPECTOR, _COLLECTING, _COURIER, _OFFICE = 101, 102, 103, 104
_MOST_MILLISECONDS = 200.0
_REACH_FOR_THE_MOUSE = 1.0  # seconds between closing a registry and printing it
_RIDE = 3.0  # seconds in which the views take in what changed hands; a courier takes longer
_PLACES = {
    _INSPECTOR: place_code(_CENTRE, Role.INSPECTOR, 1),
    _COLLECTING: place_code(_CENTRE, Role.COLLECTING, 1),
    _COURIER: place_code(_CENTRE, Role.COURIER, 1),
    _OFFICE: place_code(_AUTHORITY, Role.OFFICE, 1),
}
_ROLES = {
    _INSPECTOR: Role.INSPECTOR,
    _COLLECTING: Role.COLLECTING,
    _COURIER: Role.COURIER,
    _OFFICE: Role.OFFICE,
}


def run() -> list[Row]:
    """Take a registry through its day, and measure what its users wait for."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with bootstrap(settings_of(folder)) as qolhat:
            packets = _prepared(qolhat)
            registry, bag = _begun(qolhat)
            sessions = {person: _session(qolhat, person) for person in _ROLES}
        commit = _percentile(_commits(folder / "floor.db"))
        with _serving(folder) as port:
            floor = f"{_percentile(_bare_answers(port)):.1f} ms bare answer, {commit:.1f} ms commit"
            desk, office = (Desk(port, *sessions[each]) for each in (_COLLECTING, _OFFICE))
            packing = desk.scans(f"/registries/{registry}/scans", packets, bag=str(bag))
            _sealed(desk, registry, bag)
            rows = [
                _row("packing: a scan into the bag, 99th percentile", packing, floor),
                _row(
                    "the registry's page, 500 packets", desk.pages(f"/registries/{registry}"), floor
                ),
            ]
            printing, beside = _printed(desk, Desk(port, *sessions[_OFFICE]), registry)
            rows.append(_row("printing both copies", printing, floor))
            rows.append(_row("  another's page meanwhile", beside, floor))
            with bootstrap(settings_of(folder)) as qolhat:
                taken = _timed(lambda: _taken(qolhat, bag))
            rows.append(_row("two hand-overs of 500 packets, each", [taken / 2], floor))
            time.sleep(_RIDE)
            rows += _unpacked(office, bag, packets, floor)
    return rows


def _row(
    what: str, seconds: list[float], floor: str, aim: float | None = _MOST_MILLISECONDS
) -> Row:
    milliseconds = _percentile(seconds)
    against = "–" if aim is None else f"under {aim:.0f} ms"
    reached = aim is None or milliseconds < aim
    return Row(what, against, f"{milliseconds:.1f} ms", floor, None, None, reached)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# --- what is there before ------------------------------------------------------------------------


def _prepared(qolhat: Qolhat) -> list[PacketNumber]:
    """Appoint four people, and accept the packets."""
    since = datetime.now(UTC) - timedelta(days=30)
    for person, place in _PLACES.items():
        organisation = _AUTHORITY if person == _OFFICE else _CENTRE
        qolhat.personnel.appoint(organisation, [_ROLES[person]], person=person, since=since)
        qolhat.personnel.assign(person, place, since=since)
    found = []
    for index in range(_PACKETS):
        request = Registration(_source(_INSPECTOR, index, hours=3), "003-7")
        answer = qolhat.desk.register(request)
        assert answer.standing is not None
        found.append(answer.standing.number)
    return found


def _source(person: int, index: int = 0, hours: float = 0.0) -> Source:
    at = datetime.now(UTC) - timedelta(hours=hours)
    return Source(str(uuid4()), person, 1, index, _PLACES[person], at)


def _begun(qolhat: Qolhat) -> tuple[RegistryCode, BagCode]:
    begun = qolhat.desk.dispatch.begin(_source(_COLLECTING, hours=2), _AUTHORITY)
    assert begun.bag is not None
    return begun.registry, begun.bag


def _session(qolhat: Qolhat, person: int) -> tuple[int, str, str]:
    begun = qolhat.sessions.begin(person, 0, datetime.now(UTC) + timedelta(hours=8))
    return person, begun.token, begun.session.csrf


def _taken(qolhat: Qolhat, bag: BagCode) -> None:
    accept = qolhat.desk.dispatch.accept
    accept(AcceptRequest(_source(_COURIER), bag, _COURIER, _COLLECTING))
    accept(AcceptRequest(_source(_OFFICE), bag, _OFFICE, _COURIER))


# --- a desk --------------------------------------------------------------------------------------


class Desk:
    """A browser of somebody who is logged in; one connection kept open."""

    def __init__(self, port: int, person: int, token: str, csrf: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"cookie": f"qolhat={token}", "x-csrf-token": csrf}
        self._csrf = csrf
        self.person = person

    def ask(self, method: str, path: str, body: str = "", kind: str = "application/json") -> str:
        """Ask for something; raise RuntimeError if it is refused."""
        headers = self._headers | {"content-type": kind, "accept": "text/html"}
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode(errors="replace")
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return text

    def form(self, path: str, **fields: str) -> str:
        """Send a form."""
        sent = urlencode({"csrf": self._csrf, "ref": str(uuid4()), **fields})
        return self.ask("POST", path, sent, "application/x-www-form-urlencoded")

    def pages(self, path: str, times: int = 5) -> list[float]:
        """Open a page some times; return the seconds that each took."""
        return [_timed(lambda: self.ask("GET", path)) for _ in range(times)]

    def scans(self, path: str, packets: list[PacketNumber], **more: str) -> list[float]:
        """Scan packets one after the other; return the seconds that each took."""
        taken = []
        for index, number in enumerate(packets):
            scan = {
                "ref": str(uuid4()),
                "code": str(number),
                "happened_at": datetime.now(UTC).isoformat(),
                "counter": index,
            }
            body = json.dumps({"person": self.person, "scans": [scan | more]})
            started = time.perf_counter()
            answer = json.loads(self.ask("POST", path, body))["answers"][0]
            taken.append(time.perf_counter() - started)
            if answer["tone"] == "red":
                raise RuntimeError(str(answer))
        return taken


def _sealed(desk: Desk, registry: RegistryCode, bag: BagCode) -> None:
    desk.form(f"/registries/{registry}/seal", bag=str(bag), seal="S-500")
    desk.form(f"/registries/{registry}/close")


def _printed(desk: Desk, other: Desk, registry: RegistryCode) -> tuple[list[float], list[float]]:
    """Print, and open another's page again and again meanwhile."""
    beside: list[float] = []
    printing = threading.Event()

    def look() -> None:
        while not printing.is_set():
            with suppress(RuntimeError):
                beside.extend(other.pages("/account", 1))

    looker = threading.Thread(target=look)
    looker.start()
    time.sleep(_REACH_FOR_THE_MOUSE)
    taken = desk.pages(f"/registries/{registry}.pdf", 3)
    printing.set()
    looker.join()
    return taken, beside


def _unpacked(office: Desk, bag: BagCode, packets: list[PacketNumber], floor: str) -> list[Row]:
    opened = _timed(lambda: office.form(f"/bags/{bag}/open"))
    page = office.pages(f"/bags/{bag}/unpack")
    scans = office.scans(f"/bags/{bag}/scans", packets[:-3])
    reconciled = _timed(lambda: office.form(f"/bags/{bag}/reconcile", missing="3"))
    shown = office.pages(f"/bags/{bag}")
    return [
        _row("opening the bag", [opened], floor),
        _row("the page on which it is unpacked", page, floor),
        _row("unpacking: a scan out of the bag, 99th percentile", scans, floor),
        _row("reconciling, 3 of 500 missing", [reconciled], floor),
        _row("the bag's page afterwards", shown, floor),
    ]
