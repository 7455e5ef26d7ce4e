"""Making all views anew from 3 million events on PostgreSQL, against paging the same events.

Ours is `rebuild`, as `qolhat rebuild` runs it, in two processes: the events are read, decoded,
walked through, all views of the program written, indexed and put in place. Theirs is the least that
the library's readers must do: page through its own table (the same events) by
`select_notifications`, 500 at a time, and decode nothing. The log is made of copies of the
demonstration (`copied_log`).

The live views are empty: nothing is compared in the time that is told. That the views are right is
checked before: a shorter log is followed the ordinary way, and `verify` finds no difference.

`QOLHAT_BENCH_EVENTS` makes the log shorter.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import psycopg
from rich.console import Console

from infra.bootstrap import bootstrap
from infra.store.rows import EventRow
from infra.views.rebuild import rebuild, verify
from tests.bench.copied_log import (
    Library,
    copied,
    fill,
    fill_library,
    library_environment,
    recorded,
)
from tests.bench.report import Row, ratio_row
from tests.servers.migrated import migrated_settings
from tests.servers.postgres import OwnPostgres, own_postgres

EVENTS = 3_000_000
CHECKED = 60_000  # events that are followed the ordinary way, to be compared
PAGED = 200_000  # events of the library's table: as fast as many more
AT_ONCE = 500
PROCESSES = 2
AIM, LEAST = 0.5, 0.15
SERVER = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
_console = Console(stderr=True)


def run() -> list[Row]:
    """Fill, rebuild, page before and after; return the rows of the table."""
    events = int(os.environ.get("QOLHAT_BENCH_EVENTS", EVENTS))
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="qolhat-bench-")))
        server = opened.enter_context(own_postgres(settings=SERVER))
        rows = recorded()
        _check(server, folder, rows)
        library = _Library(server, rows)
        before = library.rate()
        ours = _rebuilt(server, folder, rows, events)
        theirs = median((before, library.rate()))
    what = f"rebuilding all views of {events:,} events"
    against = f"the library paging, not decoded (must be {LEAST:g}×)"
    row = ratio_row(what, against, ours, theirs, AIM)
    return [row]


def _rebuilt(server: OwnPostgres, folder: Path, rows: list[EventRow], events: int) -> float:
    """Return how many events a second are rebuilt."""
    settings = migrated_settings(server.fresh_database(), folder / "long")
    with psycopg.connect(settings.postgres_dsn.get_secret_value()) as connection:
        fill(connection, "stored_events", copied(rows, events))
    with psycopg.connect(settings.postgres_dsn.get_secret_value(), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE stored_events")
    with bootstrap(settings) as qolhat:
        _console.print(f"{events:,} events are there", style="dim")
        started = perf_counter()
        done = rebuild(qolhat.log, qolhat.views, processes=PROCESSES)
        seconds = perf_counter() - started
        assert done.position == events
        assert qolhat.views.set_aside() == []
        _console.print(f"rebuilt in {seconds:,.0f} s: {done.rows}", style="dim")
    return events / seconds


def _check(server: OwnPostgres, folder: Path, rows: list[EventRow]) -> None:
    """Make sure that what is rebuilt is what following each event would have made."""
    settings = migrated_settings(server.fresh_database(), folder / "short")
    with psycopg.connect(settings.postgres_dsn.get_secret_value()) as connection:
        fill(connection, "stored_events", copied(rows, CHECKED))
    with bootstrap(settings) as qolhat:
        qolhat.runner.catch_up()
        compared = verify(qolhat.log, qolhat.views, processes=PROCESSES)
        assert compared.differences == ()
        assert qolhat.views.set_aside() == []


class _Library:
    """The library's own store, with its own table."""

    def __init__(self, server: OwnPostgres, rows: list[EventRow]) -> None:
        dsn = server.fresh_database()
        fill_library(dsn, copied(rows, PAGED))
        self._application = Library(library_environment(dsn))

    def rate(self) -> float:
        """Return how many notifications a second are paged."""
        at, started = 0, perf_counter()
        while page := self._application.recorder.select_notifications(at + 1, AT_ONCE):
            at = page[-1].id
        assert at == PAGED
        return PAGED / (perf_counter() - started)
