"""The faults, each done to a country at work."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from tests.faults.checks import Auditor, Found
from tests.faults.country import API, RELAYS, WORKERS, Country

Fault = Callable[[Country, Random], None]


@dataclass(frozen=True, slots=True)
class Round:
    """What one fault has cost, and what was found after it."""

    kind: str
    acknowledged: int
    retried: int
    silence: float  # the longest time without an acknowledgement, in seconds
    recovered: float  # seconds from the fault until everything was stored and shown
    found: Found


def play(
    country: Country, auditor: Auditor, kind: str, chance: Random, *, before: int = 20
) -> Round:
    """Let people work, do the fault at a random moment, let them work on, look at everything."""
    load = country.load
    acknowledged, retried = len(load.diary.acknowledged), load.diary.retried
    with load.working() as diary:
        load.await_more(before)
        time.sleep(chance.uniform(0.0, 0.5))
        began = time.monotonic()
        FAULTS[kind](country, chance)
        load.await_more(before)
    ended = time.monotonic()
    found = auditor.check()
    return Round(
        kind,
        len(diary.acknowledged) - acknowledged,
        diary.retried - retried,
        diary.silence(began, ended),
        ended + found.level_after - began,
        found,
    )


# --- kill -9 ------------------------------------------------------------------------------------


def kill_api(country: Country, _: Random) -> None:
    """The API dies; it is started again."""
    country.supervisor.kill(API)


def kill_relay(country: Country, chance: Random) -> None:
    """One of two relays dies."""
    country.supervisor.kill(chance.choice(RELAYS))


def kill_worker(country: Country, chance: Random) -> None:
    """One of two workers dies."""
    country.supervisor.kill(chance.choice(WORKERS))


def kill_postgres(country: Country, chance: Random) -> None:
    """PostgreSQL dies with all its processes, and is started again a moment later."""
    country.postgres.kill()
    time.sleep(chance.uniform(0.0, 0.5))
    country.postgres.restart()


def kill_broker(country: Country, chance: Random) -> None:
    """The broker dies, and is started again a moment later."""
    country.kafka.kill()
    time.sleep(chance.uniform(0.0, 0.5))
    country.kafka.restart()


def kill_all(country: Country, _: Random) -> None:
    """The power fails: everything dies at once."""
    for name in (API, *RELAYS, *WORKERS):
        country.supervisor.send(name, signal.SIGKILL)
    country.kafka.kill()
    country.postgres.kill()
    country.postgres.restart()
    country.kafka.restart()


# --- away, slow, misled -------------------------------------------------------------------------


def restart_postgres(country: Country, _: Random) -> None:
    """PostgreSQL is restarted, as after an upgrade of its version."""
    country.postgres.restart()


def broker_away(seconds: float) -> Fault:
    """The broker is away for so long; scans do not need it."""

    def fault(country: Country, _: Random) -> None:
        country.kafka.kill()
        country.load.await_more(int(seconds * 5))
        time.sleep(seconds)
        country.kafka.restart()

    return fault


def pause(names: tuple[str, ...], seconds: float) -> Fault:
    """A process stands still for so long, as on a machine that swaps."""

    def fault(country: Country, chance: Random) -> None:
        country.pause(chance.choice(names), seconds)

    return fault


def rebalance(country: Country, chance: Random) -> None:
    """Workers come and go: partitions change hands."""
    for number in range(3, 5):
        country.start(f"worker-{number}")
        time.sleep(chance.uniform(0.2, 1.0))
    country.supervisor.kill("worker-3")
    for number in range(3, 5):
        country.stop(f"worker-{number}")


FAULTS: dict[str, Fault] = {
    "kill API": kill_api,
    "kill relay": kill_relay,
    "kill worker": kill_worker,
    "kill PostgreSQL": kill_postgres,
    "kill broker": kill_broker,
    "kill everything": kill_all,
    "restart PostgreSQL": restart_postgres,
    "broker away": broker_away(3),
    "pause worker": pause(WORKERS, 3),
    "pause relay": pause(RELAYS, 3),
    "rebalance": rebalance,
}
KILLS = ("kill API", "kill relay", "kill worker", "kill PostgreSQL", "kill broker")


@contextmanager
def country_at_work(country: Country) -> Iterator[tuple[Country, Auditor]]:
    """Open a country and somebody who looks at it."""
    with country:
        yield country, Auditor(country)
