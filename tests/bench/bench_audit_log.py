"""The whole audit of the log against hashing the same bytes with hashlib alone.

A million events of a packet's usual size are written into an embedded store and closed as one day.
The audit reads them from the file, hashes them, builds the tree, compares it with what was kept and
signed, and looks for gaps in all streams. The baseline has the very bytes in memory already, as a
list, and calls sha256 for each. QOLHAT_BENCH_EVENTS asks for another count.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID

from domain.numbers import packet_number
from domain.packet import Packet
from infra.bootstrap import EVENTS_FILE, Qolhat, bootstrap
from infra.evidence.leaves import BEFORE_ALL, canonical
from infra.evidence.night import close_days
from infra.evidence.wiring import auditing, source_of
from infra.settings import Settings
from infra.store.mapper import to_micros
from tests.bench.report import Row, ratio_row
from tests.office import SettableClock
from tests.stories import CENTRE, MORNING

EVENTS = int(os.environ.get("QOLHAT_BENCH_EVENTS", "1000000"))
A_PACKET = 15  # events
AIM = 0.3
TIMES = 3  # of each the best: others use the machine, too


def run() -> list[Row]:
    """Write the events, close the day, audit; return the rows of the table."""
    with TemporaryDirectory(prefix="qolhat-bench-") as folder:
        settings, clock = Settings(data_dir=Path(folder)), SettableClock()
        with bootstrap(settings, now=clock):
            pass
        _write(Path(folder) / EVENTS_FILE)
        clock.at = MORNING + timedelta(days=1)
        with bootstrap(settings, now=clock) as qolhat:
            close_days(qolhat)
            return _rows(qolhat)


def _rows(qolhat: Qolhat) -> list[Row]:
    with source_of(qolhat.settings).opened() as reader:
        whole = [canonical(row) for row in reader.rows(BEFORE_ALL, EVENTS)]
    alone, as_one = _best(partial(_hash_each, whole)), _best(partial(_hash_as_one, whole))
    one, two = (_best(partial(_audit, qolhat, count)) for count in (1, 2))
    what = f"full audit of {EVENTS:,} events, "
    return [
        ratio_row(f"{what}two processes", "hashlib alone, each event", two, alone, AIM),
        ratio_row(f"{what}one process", "hashlib alone, each event", one, alone, None),
        ratio_row(f"{what}two processes", "hashlib alone, all bytes as one", two, as_one, None),
    ]


def _best(work: Callable[[], None]) -> float:
    """Return events per second of the best of several times."""
    seconds = []
    for _ in range(TIMES):
        began = perf_counter()
        work()
        seconds.append(perf_counter() - began)
    return EVENTS / min(seconds)


def _hash_each(whole: list[bytes]) -> None:
    for each in whole:
        sha256(each).digest()


def _hash_as_one(whole: list[bytes]) -> None:
    hashing = sha256()
    for each in whole:
        hashing.update(each)
    hashing.digest()


def _audit(qolhat: Qolhat, processes: int) -> None:
    audited = auditing(qolhat).run(processes=processes)
    assert audited.is_good, audited.findings
    assert audited.events == EVENTS


def _write(file: Path) -> None:
    with closing(sqlite3.connect(file)) as store, store:
        store.executemany(
            "INSERT INTO stored_events (stream, version, topic, state) VALUES (?, ?, ?, ?)",
            _events(),
        )


def _events() -> Iterator[tuple[bytes, int, str, str]]:
    """Yield scans of packets that go their ways side by side."""
    micros = to_micros(MORNING)
    for count in range(EVENTS):
        turn, serial = divmod(count, -(-EVENTS // A_PACKET))
        stream = Packet.stream(packet_number(CENTRE, serial)).bytes
        at = micros + count
        state = (
            f'{{"r":{at},"i":"{UUID(int=count << 64 | serial)}","p":30267300000141,'
            f'"w":{serial % 500},"d":{serial % 97},"n":{count},"h":{at - 900000}}}'
        )
        yield stream, turn + 1, "pkt.scan", state
