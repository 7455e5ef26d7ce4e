"""What is done every night: days are closed, the log is audited, views are compared; and by itself.

One server does it, whichever comes first, in a process of its own that gives way to everybody: a
thread would keep people waiting for their scans. What fails is logged and tried again. A night that
finds something amiss tells of it on the auditor's page; it stops nobody's work.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from time import perf_counter
from typing import Any

from domain.errors import QolhatError
from domain.zones import local_day, zone
from infra.bootstrap import Qolhat, bootstrap
from infra.errors import StorageError
from infra.evidence.audit import Audited, Finding
from infra.evidence.book import Check
from infra.evidence.closing import ZONE
from infra.evidence.wiring import auditing, closing, signer_of
from infra.evidence.witness import Head
from infra.settings import Settings
from infra.views.rebuild import Comparison, verify

ROUND_SECONDS = 600.0
FIRST_SECONDS = 60.0  # after a start, when people have their pages
LEAVE_SECONDS = 3.0
_LOOK_SECONDS = 0.5
_LAST = 19  # the niceness of who works when nobody else wants to
_TOLD = 20  # findings that are kept
_MORNING = 6  # o'clock: from then on people need the machine
_LONGEST = timedelta(days=2)  # for a server that is switched off at night
_MOST_WRONG = timedelta(minutes=10)  # a server's clock: a day is closed so long after its end
_log = logging.getLogger(__name__)
Progress = Callable[[int, int], None]


def close_days(qolhat: Qolhat, progress: Progress | None = None) -> list[Head]:
    """Close every day that is over. Raises EvidenceAlteredError, ConflictError, StorageError."""
    return closing(qolhat).close(progress)


def check(qolhat: Qolhat, progress: Progress | None = None, processes: int = 1) -> Check:
    """Audit the log, make the views anew beside the live ones, compare; keep what was found.

    Raises StorageError.
    """
    began = perf_counter()
    audited = auditing(qolhat).run(progress=progress, processes=processes)
    comparison = verify(qolhat.log, qolhat.views, progress)
    yesterday = local_day(qolhat.now(), ZONE) - timedelta(days=1)
    day = audited.last.day if audited.last else yesterday
    found = Check(
        at=qolhat.now(),
        day=day,
        events=audited.events,
        findings=audited.count,
        rows=sum(comparison.rows.values()),
        differences=len(comparison.differences),
        compared=comparison.compared,
        told=_told(audited, comparison),
        milliseconds=round((perf_counter() - began) * 1000),
    )
    found = replace(found, mac=signer_of(qolhat.settings).mac(found.written))
    qolhat.evidence.note(found)
    return found


def _told(audited: Audited, comparison: Comparison) -> dict[str, Any]:
    """Say what is kept of the findings: no row of a view, which might name somebody."""
    return {
        "findings": [_finding(each) for each in audited.findings[:_TOLD]],
        "tables": [
            {"table": each.table, "only_live": each.only_live, "only_anew": each.only_anew}
            for each in comparison.differences[:_TOLD]
        ],
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "position": found.position,
        "day": found.day and found.day.isoformat(),
        "number": found.number and str(found.number),
        "version": found.version,
    }


def _round_of(settings: Settings) -> None:
    """Do what is to be done by now, after everybody else."""
    if hasattr(os, "nice"):  # not on every system
        os.nice(_LAST)
    try:
        with bootstrap(settings) as qolhat:
            Night(qolhat).round()
    except QolhatError as error:
        _log.error("days are not closed: %s: %s", error.code, error.facts)
        raise SystemExit(1) from error


class Night:
    """Closes days and checks after every midnight. Use from one thread, or `start` its own."""

    def __init__(self, qolhat: Qolhat) -> None:
        self._qolhat = qolhat
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def round(self) -> Check | None:
        """Do what is to be done by now; return what was found. Raises QolhatError."""
        if self._is_done():
            return None
        with self._qolhat.evidence.alone() as free:
            if not free or self._is_done():
                return None
            close_days(self._qolhat)
            return check(self._qolhat)

    def _is_done(self) -> bool:
        """Tell whether there is nothing to be done: by day only what was missed for long is."""
        last = self._last()
        if last is None:
            return False
        now = self._qolhat.now()
        settled = now - _MOST_WRONG
        by_night = settled.astimezone(zone(ZONE)).hour < _MORNING
        checked = _day_of(last.at) >= _day_of(settled)
        return checked or not (by_night or now - last.at > _LONGEST)

    def start(self) -> None:
        """Look every now and then in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self.follow, name="night", daemon=True)
        self._thread.start()

    def follow(self) -> None:
        """Look every now and then until `stop`."""
        pause = FIRST_SECONDS
        while not self._stopping.wait(pause):
            pause = ROUND_SECONDS
            try:
                found = self.round_apart()
                if found is not None and not found.is_good:
                    _log.error("the check of %s found something amiss: see /audit", found.day)
            except StorageError:
                _log.exception("days cannot be closed or checked; trying again")
            except Exception:  # noqa: BLE001  a bug must not silence all further nights
                _log.exception("a night's check failed")

    def round_apart(self) -> Check | None:
        """Do what is to be done in a process of its own; return what was found.

        Raises StorageError.
        """
        if self._is_done():
            return None
        before, context = self._last(), multiprocessing.get_context("spawn")
        process = context.Process(target=_round_of, args=(self._qolhat.settings,), daemon=False)
        process.start()
        while process.is_alive() and not self._stopping.wait(_LOOK_SECONDS):
            pass
        if process.is_alive():
            process.terminate()
        process.join()
        if process.exitcode and not self._stopping.is_set():
            raise StorageError(detail=f"the night's process ended with {process.exitcode}")
        last = self._last()
        return None if last == before else last

    def _last(self) -> Check | None:
        return next(iter(self._qolhat.evidence.checks(1)), None)

    def stop(self) -> None:
        """Stop looking; a check that has begun is not waited for long."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(LEAVE_SECONDS)
            self._thread = None


def _day_of(at: Any) -> date:
    return local_day(at, ZONE)
