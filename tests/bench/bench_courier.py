"""A hundred couriers' devices synchronise at once, against the plain way of sending scans.

Each device has a thousand scans in its log, chained and hashed. All must be in, each once. The
plain way sends as many scans in as large requests to `POST /api/v1/scans`, in the same run.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

from domain.dispatch.device_log import LogEntry
from domain.numbers import PacketNumber, place_code
from domain.packet import Packet
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.requests import Registration, Source
from tests.bench.bench_station import _serving
from tests.bench.report import Row, ratio_row
from tests.browser.serving import settings_of
from tests.device_logs import Device

_DEVICES = 100
_SCANS = 1_000
_AT_ONCE = 200  # in one request
_PACKETS = 5_000
_COURIERS = 10
_AIM = 0.6  # the chain is checked and kept beside the scans
_CENTRE, _FIRST_COURIER, _INSPECTOR = 267, 101, 100
_PLACE = place_code(_CENTRE, Role.COURIER, 1)
_WINDOW = place_code(_CENTRE, Role.INSPECTOR, 1)

Request = tuple[str, dict[str, str], bytes]  # path, headers, body


def run() -> list[Row]:
    """Send logs and plain scans by turns, and count what is stored."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with bootstrap(settings_of(folder)) as qolhat:
            packets = _filled(qolhat)
            tokens = [qolhat.personnel.enrol(_person(each))[1] for each in range(_DEVICES)]
            sessions = [_session(qolhat, _person(each)) for each in range(_DEVICES)]
        plain = [_plain_requests(token, packets, index) for index, token in enumerate(tokens)]
        logs = [_sync_requests(each, packets, index) for index, each in enumerate(sessions)]
        with _serving(folder) as port:
            half = _DEVICES // 2
            seconds = {"plain": 0.0, "log": 0.0}
            for some, kind in ((plain[:half], "plain"), (logs[:half], "log"),
                               (logs[half:], "log"), (plain[half:], "plain")):  # fmt: skip
                seconds[kind] += _sent(port, some)
        stored = _stored(folder, packets)
    sent = _DEVICES * _SCANS
    row = ratio_row(
        f"{_DEVICES} devices synchronise {_SCANS} scans each at once",
        "POST /api/v1/scans, as many at once",
        sent / seconds["log"],
        sent / seconds["plain"],
        _AIM,
    )
    found = f"{stored:,} of {2 * sent:,}"
    return [row, Row("  stored, each once", "sent", found, "", None, None, stored == 2 * sent)]


def _person(device: int) -> int:
    return _FIRST_COURIER + device % _COURIERS


def _filled(qolhat: Qolhat) -> list[PacketNumber]:
    """Appoint couriers and an inspector, and accept packets."""
    since = datetime.now(UTC) - timedelta(days=30)
    personnel = qolhat.personnel
    personnel.appoint(_CENTRE, [Role.INSPECTOR], person=_INSPECTOR, since=since)
    personnel.assign(_INSPECTOR, _WINDOW, since=since)
    for courier in range(_FIRST_COURIER, _FIRST_COURIER + _COURIERS):
        personnel.appoint(_CENTRE, [Role.COURIER], person=courier, since=since)
        personnel.assign(courier, _PLACE, since=since)
    at = datetime.now(UTC) - timedelta(hours=8)
    found = []
    for index in range(_PACKETS):
        source = Source(str(uuid4()), _INSPECTOR, 1, index, _WINDOW, at)
        answer = qolhat.desk.register(Registration(source, "003-7"))
        assert answer.standing is not None
        found.append(answer.standing.number)
    return found


def _session(qolhat: Qolhat, person: int) -> tuple[int, str, str]:
    until = datetime.now(UTC) + timedelta(hours=8)
    begun = qolhat.sessions.begin(person, 0, until)
    found = qolhat.sessions.find(begun.token)
    assert found is not None
    return person, begun.token, found.csrf


def _scanned(packets: Sequence[PacketNumber], device: int) -> Iterator[tuple[str, datetime]]:
    began = datetime.now(UTC) - timedelta(hours=6)
    for index in range(_SCANS):
        number = packets[(device * 37 + index) % len(packets)]
        yield str(number), began + timedelta(seconds=index)


def _plain_requests(token: str, packets: Sequence[PacketNumber], device: int) -> list[Request]:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    scans = [
        {
            "ref": str(uuid4()),
            "code": code,
            "place": str(_PLACE),
            "happened_at": at.isoformat(),
            "counter": index,
        }
        for index, (code, at) in enumerate(_scanned(packets, device))
    ]
    parts = (scans[i : i + _AT_ONCE] for i in range(0, len(scans), _AT_ONCE))
    return [("/api/v1/scans", headers, json.dumps(part).encode()) for part in parts]


def _sync_requests(
    session: tuple[int, str, str], packets: Sequence[PacketNumber], index: int
) -> list[Request]:
    person, token, csrf = session
    device = Device(person, str(_PLACE), log=str(uuid4()))
    for code, at in _scanned(packets, index):
        device.write("scan", code, at)
    headers = {
        "cookie": f"qolhat={token}",
        "x-csrf-token": csrf,
        "content-type": "application/json",
    }
    parts = (device.entries[i : i + _AT_ONCE] for i in range(0, len(device.entries), _AT_ONCE))
    return [("/courier/sync", headers, _log_body(device.log, part)) for part in parts]


def _log_body(log: str, entries: Sequence[LogEntry]) -> bytes:
    told = [
        {name: getattr(each, name) for name in LogEntry.__slots__} | {"facts": dict(each.facts)}
        for each in entries
    ]
    sent_at = datetime.now(UTC).isoformat()
    return json.dumps({"log": log, "sent_at": sent_at, "entries": told}).encode()


def _sent(port: int, devices: Sequence[list[Request]]) -> float:
    """Send what the devices have, all at once; return the seconds until the last is answered."""
    with ThreadPoolExecutor(len(devices)) as pool:
        started = time.perf_counter()
        for _ in pool.map(_sender(port), devices):
            pass
        return time.perf_counter() - started


def _sender(port: int) -> Callable[[list[Request]], None]:
    def send(requests: list[Request]) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=600)
        for path, headers, body in requests:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {text[:300]!r}")

    return send


def _stored(folder: Path, packets: Sequence[PacketNumber]) -> int:
    """Count the scans that are stored, each id once."""
    with bootstrap(settings_of(folder)) as qolhat:
        return sum(
            len({event.ref for event in qolhat.log.events_of(Packet.stream(number))}) - 1
            for number in packets
        )
