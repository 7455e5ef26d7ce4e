"""The faults, each done to a country at work."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from kafka import KafkaConsumer, KafkaProducer

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
    recovered: float  # seconds from the (last) fault until everything was stored and shown
    found: Found

    def figures(self) -> str:
        """Tell it in a line."""
        return (
            f"{self.kind:18} {self.acknowledged:5} acknowledged, {self.retried:4} sent again,"
            f" silent {self.silence:4.1f} s, recovered in {self.recovered:5.1f} s,"
            f" {self.found.events:6} events: {self.found}"
        )


def play(
    country: Country, auditor: Auditor, kind: str, chance: Random, *faults: Fault, between: int = 20
) -> Round:
    """Let people work, do the faults at random moments, let them work on, look at everything.

    Without `faults` it is the one that the kind names; `between` them so many things are done.
    """
    load = country.load
    acknowledged, retried = len(load.diary.acknowledged), load.diary.retried
    with load.working() as diary:
        began = last = time.monotonic()
        for fault in faults or (FAULTS[kind],):
            load.await_more(between)
            time.sleep(chance.uniform(0.0, 0.5))
            last = time.monotonic()
            fault(country, chance)
        load.await_more(between)
    ended = time.monotonic()
    found = auditor.check()
    return Round(
        kind,
        len(diary.acknowledged) - acknowledged,
        diary.retried - retried,
        diary.silence(began, ended),
        ended + found.level_after - last,
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


def broker_away(*seconds: float) -> Fault:
    """The broker is away for one of these lengths of time; scans do not need it."""

    def fault(country: Country, chance: Random) -> None:
        country.kafka.kill()
        time.sleep(chance.choice(seconds))
        country.load.await_more(20)
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


def repeat(country: Country, chance: Random) -> None:
    """What is in Kafka already comes again, in pieces, as from a relay that forgot its place."""
    consumer = KafkaConsumer(
        country.topic,
        bootstrap_servers=country.kafka.bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        consumer_timeout_ms=500,
    )
    messages = list(consumer)
    consumer.close()
    producer = KafkaProducer(bootstrap_servers=country.kafka.bootstrap)
    first = chance.randrange(len(messages))
    for start in range(first, min(len(messages), first + _REPEATED), _REPEATED_AT_ONCE):
        sent = [
            producer.send(country.topic, m.value, m.key, m.headers, partition=m.partition)
            for m in messages[start : min(start + _REPEATED_AT_ONCE, first + _REPEATED)]
        ]
        kept = [future.get(timeout=30) for future in sent]
        country.repeated |= {(each.partition, each.offset) for each in kept}
        time.sleep(chance.uniform(0.0, 0.2))
    producer.close()


_REPEATED, _REPEATED_AT_ONCE = 200, 20  # messages


def clock_jumps(country: Country, chance: Random) -> None:
    """The servers' clocks jump to and fro, and half of the devices' clocks are wrong."""
    for _ in range(3):
        country.clock.jump(chance.uniform(-_LONGEST_JUMP, _LONGEST_JUMP))
        country.load.skew = chance.uniform(-_LONGEST_JUMP, _LONGEST_JUMP)
        country.load.await_more(15)
    country.clock.jump(0.0)
    country.load.skew = 0.0


_LONGEST_JUMP = 3 * 86400.0  # seconds


def slow_network(country: Country, chance: Random) -> None:
    """The lines between the processes and the servers are slow, hold their breath, are cut."""
    with country.slow_lines((0.001, 0.025)) as lines:
        for line in chance.sample(lines, k=2):
            country.load.await_more(10)
            line.hold()
            time.sleep(chance.uniform(0.2, 1.0))
            line.flow()
            country.load.await_more(10)
            line.cut()
        country.load.await_more(10)


def disk_full(seconds: float) -> Fault:
    """PostgreSQL's disk is full for so long: scans wait at the devices."""

    def fault(country: Country, _: Random) -> None:
        country.postgres.fill_disk()
        time.sleep(seconds)
        country.postgres.free_disk()
        country.postgres.ensure_running()  # as Docker would; without space it might have ended

    return fault


FAULTS: dict[str, Fault] = {
    "kill API": kill_api,
    "kill relay": kill_relay,
    "kill worker": kill_worker,
    "kill PostgreSQL": kill_postgres,
    "kill broker": kill_broker,
    "kill everything": kill_all,
    "restart PostgreSQL": restart_postgres,
    "disk full": disk_full(4),
    "broker away": broker_away(5, 20, 150),  # longer than a transaction and a delivery may take
    "pause worker": pause(WORKERS, 12),  # longer than Kafka waits for a sign of life
    "pause relay": pause(RELAYS, 5),
    "pause API": pause((API,), 5),
    "rebalance": rebalance,
    "repeat": repeat,
    "clock jumps": clock_jumps,
    "slow network": slow_network,
}
KILLS = ("kill API", "kill relay", "kill worker", "kill PostgreSQL", "kill broker")
