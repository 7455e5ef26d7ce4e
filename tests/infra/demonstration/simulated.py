"""Runs a simulation in a folder and keeps what it put into the vault, and a digest of its events.

As a program it prints the digest: `python -m tests.infra.demonstration.simulated FOLDER DAYS
PACKETS SEED START`.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

import infra.bootstrap
import infra.views.runner
from domain.dispatch.bag import Bag
from domain.dispatch.discrepancies import Discrepancy
from domain.dispatch.journey import Journey
from domain.numbers import BagCode
from domain.streams import Happening, number_of
from infra.bootstrap import Qolhat, bootstrap
from infra.database import sqlite_engine
from infra.demonstration import Outcome, Plan, SimulatedClock, demonstrate, run_demonstration
from infra.demonstration.tracking import Tracking
from infra.settings import Settings
from infra.store.mapper import read_event
from infra.store.sqlite import SQLiteRowRecorder
from infra.vault import Record

LARGE = Plan(days=3, packets=120, seed=1, start=date(2026, 12, 15))  # the 16th is a holiday
Kind = TypeVar("Kind", bound=Happening)


@dataclass
class Simulated:
    """A simulation that has come to its end."""

    qolhat: Qolhat
    outcome: Outcome
    records: list[Record] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Digest every event."""
        return digest_of(self.qolhat)

    def sql(self, statement: str) -> list[Any]:
        """Ask the views."""
        with self.qolhat.views.reading() as reading:
            return reading.connection.exec_driver_sql(statement).all()  # type: ignore[return-value]

    def events(self, kind: type[Kind]) -> Iterator[Kind]:
        """Every event of a kind, in the order of recording."""
        for page in self.qolhat.log.pages(0):
            for row in page:
                if row[3] == vars(kind)["TOPIC"]:
                    yield read_event(*row[1:])

    def journeys(self) -> list[Journey]:
        """The journey of every bag, in the order of their packing."""
        dispatch = self.qolhat.desk.dispatch
        bags = (BagCode(number_of(event.originator_id)) for event in self.events(Bag.Begun))
        return [journey for journey in map(dispatch.journey, bags) if journey is not None]

    def discrepancies(self) -> list[Discrepancy]:
        """Every discrepancy of every bag."""
        tracking = Tracking(self.qolhat)
        return [item for each in self.journeys() for item in tracking.discrepancies(each.number)]

    def states(self) -> Iterator[str]:
        """Every event's state, as it is stored."""
        return (str(row[4]) for page in self.qolhat.log.pages(0) for row in page)


def digest_of(qolhat: Qolhat) -> str:
    """Digest every event: position, stream, version, topic, state."""
    found = hashlib.sha256()
    for page in qolhat.log.pages(0):
        for row in page:
            found.update(repr(tuple(map(str, row))).encode())
    return found.hexdigest()


@contextmanager
def hasty() -> Iterator[None]:
    """Do not wait for the disk: no power fails in these tests."""
    connect = SQLiteRowRecorder._connect

    def connect_hastily(recorder: SQLiteRowRecorder, cache: int) -> sqlite3.Connection:
        connection = connect(recorder, cache)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    def engine(path: Path, *, durable: bool) -> sa.Engine:
        return sqlite_engine(path, durable=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLiteRowRecorder, "_connect", connect_hastily)
        patch.setattr(infra.bootstrap, "sqlite_engine", engine)
        patch.setattr(infra.views.runner, "PAGE", 97)  # not where the rebuilt views pause
        yield


@contextmanager
def simulated(folder: Path, plan: Plan) -> Iterator[Simulated]:
    """Run a plan; the views are caught up."""
    clock = SimulatedClock()
    put_away: list[Record] = []
    with hasty(), bootstrap(Settings(data_dir=folder), now=clock) as qolhat:
        put = qolhat.vault.put

        def remember(records: Iterable[Record], at: datetime) -> None:
            found = list(records)
            put_away.extend(found)
            put(found, at)

        qolhat.vault.put = remember  # type: ignore[method-assign]
        told: list[tuple[int, int]] = []
        outcome = run_demonstration(qolhat, clock, plan, lambda *far: told.append(far))
        qolhat.runner.catch_up()
        yield Simulated(qolhat, outcome, put_away, told)


def main(folder: str, days: str, packets: str, seed: str, start: str) -> None:
    """Print the digest of a plan's events."""
    plan = Plan(int(days), int(packets), int(seed), date.fromisoformat(start))
    settings = Settings(data_dir=Path(folder))
    demonstrate(settings, plan)
    with bootstrap(settings) as qolhat:
        print(digest_of(qolhat))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
