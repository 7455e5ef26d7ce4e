"""A long log out of a short one: the demonstration's streams, copied under other numbers.

Two days of the demonstration are recorded once; each copy has the same history for other packets,
bags and registries. The copies lie in the log side by side, as if all of it had happened in those
two days: a packet's events are as far from each other as in a country's log, not one after another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg
from eventsourcing.application import Application
from psycopg.conninfo import conninfo_to_dict

from domain.numbers import CodeKind, compose, take_apart
from domain.staff import EVENTS as STAFF_EVENTS
from domain.streams import number_of, numbered_stream
from infra.bootstrap import EVENTS_FILE, bootstrap
from infra.demonstration import Plan, SimulatedClock, run_demonstration
from infra.settings import Settings
from infra.store.log import sqlite_log
from infra.store.rows import EventRow
from tests.infra.demonstration.simulated import hasty

PLAN = Plan(days=2, packets=400)
_APART = 5_000  # serials: more than a block of the demonstration uses
_MOVED = frozenset({CodeKind.PACKET, CodeKind.BAG, CodeKind.REGISTRY})
_NUMBER = re.compile(r"(?<!\d)[126]\d{13}(?!\d)")
_NAMES = re.compile(r'"(i|s|log|run|loose)":"([^"]+)"')  # of what has no number, by `mapper.KEYS`
_NUMBERED = 8  # version of a UUID that has a number in it
_ONCE = ("blk.", "plc.", "tms.", "clm.")  # of the whole country: not copied


def recorded() -> list[EventRow]:
    """Record the demonstration; return its log."""
    with TemporaryDirectory(prefix="qolhat-bench-") as folder:
        settings, clock = Settings(data_dir=Path(folder)), SimulatedClock()
        with hasty(), bootstrap(settings, now=clock) as qolhat:
            run_demonstration(qolhat, clock, PLAN)
        log = sqlite_log(Path(folder) / EVENTS_FILE)
        rows = [row for page in log.pages(0) for row in page]
        log.close()
    return rows


def copied(rows: Iterable[EventRow], events: int) -> Iterator[EventRow]:
    """Return so many events: what is of the whole country once, the rest as often as it takes."""
    once, moved = list[EventRow](), list[EventRow]()
    for row in rows:
        (once if _is_of_the_country(row[3]) else moved).append(row)
    copies = -(-(events - len(once)) // len(moved))
    many = (_copy(row, copy) for row in moved for copy in range(copies))
    every = chain((each[1:] for each in once), many)
    for position, each in enumerate(islice(every, events), start=1):
        yield (position, *each)


def _is_of_the_country(topic: str) -> bool:
    return topic in STAFF_EVENTS or topic.startswith(_ONCE)


def _copy(row: EventRow, copy: int) -> tuple[UUID, int, str, str]:
    _, stream, version, topic, state = row
    text = _NUMBER.sub(lambda found: str(_moved(int(found[0]), copy)), state)
    if stream.version == _NUMBERED:
        tag = stream.int >> 96
        return numbered_stream(tag, _moved(number_of(stream), copy)), version, topic, text
    if copy:
        text = _NAMES.sub(rf'"\1":"\2~{copy}"', text)
        stream = uuid5(NAMESPACE_URL, f"{stream}~{copy}")
    return stream, version, topic, text


@lru_cache(maxsize=1 << 20)
def _moved(number: int, copy: int) -> int:
    code = take_apart(number)
    if code.kind not in _MOVED:
        return number
    return compose(code.kind, code.block, code.serial + copy * _APART)


def fill(connection: psycopg.Connection[Any], table: str, rows: Iterable[EventRow]) -> int:
    """Copy events into a table of the store's columns; return how many."""
    count = 0
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} (position, stream, version, topic, state) FROM STDIN") as copy,
    ):
        copy.set_types(["int8", "uuid", "int4", "text", "text"])
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def library_environment(dsn: str) -> dict[str, str]:
    """Return the settings with which the library opens a store of its own."""
    parts = conninfo_to_dict(dsn)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts["port"]),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": str(parts.get("password", "")),
    }


class Library(Application[UUID]):
    """The library's application on its own table."""

    name = "library"


def fill_library(dsn: str, rows: Iterable[EventRow]) -> None:
    """Copy events into the table that the library makes for them."""
    Library(library_environment(dsn)).close()
    columns = "notification_id, originator_id, originator_version, topic, state"
    with (
        psycopg.connect(dsn) as connection,
        connection.cursor() as cursor,
        cursor.copy(f"COPY library_events ({columns}) FROM STDIN") as copy,
    ):
        copy.set_types(["int8", "uuid", "int4", "text", "bytea"])
        for at, stream, version, topic, state in rows:
            copy.write_row((at, stream, version, topic, state.encode()))
