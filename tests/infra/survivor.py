"""A process that works until it is killed: `python -m tests.infra.survivor`.

It reads jobs from its standard input, a line each, and forks for every one: the child is the one to
be killed, and it need not be imported anew. What the child does it tells a line each, at once:
`pid …`, then whatever the job tells, then `end …` with how it ended.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import infra.views.runner
from domain.intake import RawScan
from domain.numbers import PacketNumber, PlaceCode
from domain.roles import Role
from infra.backup import backup, restore
from infra.bootstrap import bootstrap
from infra.requests import Status
from infra.settings import Settings
from infra.views.rebuild import rebuild
from projections.visits import Visits
from tests.office import SettableClock
from tests.stories import MORNING, PEOPLE, place

THREADS = 6
PAGE = 20  # small batches: a killing finds the views in the midst of one
WAY = (Role.COLLECTING, Role.COURIER, Role.OFFICE, Role.HEAD, Role.EXECUTOR)
RECORDED = (Status.ACCEPTED, Status.DEVIATION)


def tell(*words: object) -> None:
    """Write a line at once, and as a whole."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


# --- the scans: all about one is in its id, so that whoever reads the id knows the scan ---------


def scan_of(ref: str) -> RawScan:
    """Return the scan with this id: `number.round.turn`."""
    number, lap, turn = ref.split(".")
    role = WAY[int(turn) % len(WAY)]
    at = MORNING.replace(hour=5 + int(lap), microsecond=int(turn))
    counter = int(lap) * 1_000_000 + int(turn)
    return RawScan(ref, number, str(place(role)), PEOPLE[role], 1, counter, at)


def order_of(ref: str) -> tuple[int, int]:
    """Return what grows with the time of a packet's scan."""
    _, lap, turn = ref.split(".")
    return int(lap), int(turn)


def place_of(ref: str) -> PlaceCode:
    """Return where the scan with this id is made."""
    return place(WAY[order_of(ref)[1] % len(WAY)])


def number_of(ref: str) -> PacketNumber:
    """Return the packet of the scan with this id."""
    return PacketNumber(int(ref.split(".", maxsplit=1)[0]))


# --- the jobs; none of them ends by itself, except by dying ------------------------------------


def scan(folder: str, lap: str, *numbers: str) -> None:
    """Scan packets from several threads; say what was sent, and what was acknowledged."""
    clock = SettableClock()
    clock.at = MORNING.replace(hour=20)
    with bootstrap(Settings(data_dir=Path(folder)), now=clock) as qolhat:
        qolhat.runner.start()

        def work(own: tuple[str, ...]) -> None:
            for turn in count():
                ref = f"{own[turn % len(own)]}.{lap}.{turn}"
                tell("sent", ref)
                (answer,) = qolhat.desk.scan([scan_of(ref)])
                assert answer.status in RECORDED, answer
                tell("kept", ref)

        shares = [numbers[n::THREADS] for n in range(THREADS)]
        threads = [threading.Thread(target=work, args=(share,)) for share in shares]
        _join(threads)


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def views(folder: str) -> None:
    """Bring the views up to the log in small batches; say how far they are."""
    vars(infra.views.runner)["PAGE"] = PAGE
    with bootstrap(Settings(data_dir=Path(folder))) as qolhat:
        qolhat.runner.catch_up(lambda at, _: tell("at", at))
        tell("done")
        time.sleep(600)


def half_a_batch(folder: str, batches: str) -> None:
    """The same, and die when one view has written a batch and the next one has not."""
    left, apply = count(int(batches), -1), Visits.apply

    def apply_and_die(*args: Any) -> None:
        apply(*args)
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Visits.apply = apply_and_die  # type: ignore[assignment, method-assign]
    views(folder)


def rebuilding(folder: str) -> None:
    """Rebuild the views again and again."""
    with bootstrap(Settings(data_dir=Path(folder))) as qolhat:
        tell("begun")
        while True:
            rebuild(qolhat.log, qolhat.views)
            tell("rebuilt")


def backing_up(folder: str, target: str) -> None:
    """Back up again and again into the same file."""
    tell("begun")
    while True:
        backup(Settings(data_dir=Path(folder)), Path(target), MORNING)
        tell("made")


def restoring(folder: str, archive: str, moved: str) -> None:
    """Restore, and die when so many files have got their places in the folder."""
    left = count(int(moved), -1)

    def watch(event: str, _: Any) -> None:
        if event == "os.rename" and next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    restore(Settings(data_dir=Path(folder)), Path(archive))


JOBS: dict[str, Callable[..., None]] = {
    job.__name__: job for job in (scan, views, half_a_batch, rebuilding, backing_up, restoring)
}


def main() -> None:
    """Do one job after the other, each in a child of its own."""
    for line in sys.stdin:
        job, *args = line.split()
        child = os.fork()
        if child == 0:
            tell("pid", os.getpid())
            _do(job, args)
        _, status = os.waitpid(child, 0)
        tell("end", os.waitstatus_to_exitcode(status))


def _do(job: str, args: list[str]) -> NoReturn:
    """Do a job, and never return to where the next one is waited for."""
    try:
        JOBS[job](*args)
    except BaseException:  # noqa: BLE001  told, and seen by the test
        traceback.print_exc()
    os._exit(1)


if __name__ == "__main__":
    main()
