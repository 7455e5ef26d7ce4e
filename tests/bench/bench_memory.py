"""Memory while a long scan log is replayed: flat, and little.

A child process does what `qolhat replay` does - the same function, a CSV file, the same desk -
while its views follow the log in another thread, as a server's do. Its resident memory is read from
the system as it goes; growth is from the first tenth of the file to the end. The packets were
registered before, by another process. QOLHAT_BENCH_SCANS asks for another count than a million.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from rich.console import Console
from rich.progress import Progress

from domain.numbers import PacketNumber
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.replay import COLUMNS, replay
from infra.requests import Status
from infra.settings import Settings
from tests.bench.report import Row
from tests.infra.demonstration.simulated import hasty
from tests.office import Office, SettableClock
from tests.stories import MORNING, PEOPLE, place

SCANS = int(os.environ.get("QOLHAT_BENCH_SCANS", "1000000"))
WAY = (
    Role.COLLECTING,
    Role.COURIER,
    Role.OFFICE,
    Role.HEAD,
    Role.EXECUTOR,
    Role.HEAD,
    Role.EXECUTOR,
    Role.OFFICE,
    Role.COURIER,
    Role.COLLECTING,
)
TOGETHER = 500  # packets that are on their way at the same time
MOST_MEGABYTES = 300
MOST_GROWTH_MEGABYTES = 30
EVENING = MORNING + timedelta(hours=400)
ROOT = Path(__file__).parents[2]


def run() -> list[Row]:
    """Replay in a child; return the rows of the table."""
    with TemporaryDirectory(prefix="qolhat-bench-") as folder:
        file = Path(folder) / "scans.csv"
        _write(file, _registered(Path(folder), -(-SCANS // len(WAY))))
        samples, seconds = _replayed(Path(folder), file)
    peak, growth = max(samples), samples[-1] - samples[len(samples) // 10]
    what, count = (
        "memory while a scan log is replayed",
        f"{SCANS:,} scans, {SCANS / seconds:,.0f}/s",
    )
    little, flat = peak < MOST_MEGABYTES, growth < MOST_GROWTH_MEGABYTES
    return [
        Row(f"{what}: peak", count, f"{peak:,.0f} MB", f"{MOST_MEGABYTES} MB", None, None, little),
        Row(
            f"{what}: growth",
            "from a tenth to the end",
            f"{growth:+,.0f} MB",
            f"{MOST_GROWTH_MEGABYTES} MB",
            None,
            None,
            flat,
        ),
    ]


# --- what is to be replayed -----------------------------------------------------------------------


def _registered(folder: Path, packets: int) -> list[PacketNumber]:
    """Register packets; no power fails meanwhile."""
    clock = SettableClock()
    with hasty(), bootstrap(Settings(data_dir=folder), now=clock) as qolhat:
        office = Office(qolhat, clock)
        return [office.register(minute=10, applicant=None)[0] for _ in range(packets)]


def _write(file: Path, numbers: list[PacketNumber]) -> None:
    with file.open("w", encoding="utf-8") as opened:
        opened.write(",".join(COLUMNS) + "\n")
        opened.writelines(_lines(numbers))


def _lines(numbers: list[PacketNumber]) -> Iterator[str]:
    """Tell the packets' ways: many at a time, step by step, SCANS lines in all."""
    turn = 0
    for start in range(0, len(numbers), TOGETHER):
        for role in WAY:
            for number in numbers[start : start + TOGETHER]:
                if turn < SCANS:
                    at = (MORNING + timedelta(hours=1, seconds=turn)).isoformat()
                    yield f"b{turn},{number},{place(role)},{PEOPLE[role]},1,{turn + 1},{at}\n"
                turn += 1


# --- the child ------------------------------------------------------------------------------------


def _replayed(folder: Path, file: Path) -> tuple[list[float], float]:
    """Let a child replay; return its memory (megabytes) as it went, and the seconds it took."""
    command = [sys.executable, "-m", "tests.bench.bench_memory", str(folder), str(file)]
    samples, started = [], monotonic()
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child,
        Progress(console=Console(stderr=True), transient=True) as bar,
    ):
        task = bar.add_task("replaying", total=1.0)
        assert child.stdout is not None
        for line in child.stdout:
            done, memory = map(float, line.split())
            samples.append(memory)
            bar.update(task, completed=done, description=f"replaying, {memory:.0f} MB")
    if child.returncode:
        raise AssertionError(f"the child ended with {child.returncode}")
    return samples, monotonic() - started


def _child(folder: Path, file: Path) -> None:
    clock = SettableClock()
    clock.at = EVENING
    with bootstrap(Settings(data_dir=folder), now=clock) as qolhat:
        qolhat.runner.start()
        report = replay(qolhat.desk, file, _tell)
        assert qolhat.runner.wait_for(report.position, timeout=600)
        _tell(1, 1)
        _check(qolhat, report.counts)


def _tell(read: int, size: int) -> None:
    """Tell how far it is and the memory held, to whoever reads the pipe."""
    sys.stdout.write(f"{read / size} {_resident()}\n")
    sys.stdout.flush()


def _resident() -> float:
    """Return this process's resident memory in megabytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _check(qolhat: Qolhat, counts: dict[Status, int]) -> None:
    taken = counts[Status.ACCEPTED] + counts[Status.DEVIATION]
    assert taken == SCANS, counts
    assert qolhat.runner.lag() == 0


if __name__ == "__main__":
    _child(*map(Path, sys.argv[1:]))
