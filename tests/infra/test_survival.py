"""The process is killed at any moment, and nothing that was acknowledged is lost or doubled."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from domain.dispatch.bag import EVENTS as BAG_EVENTS
from domain.numbers import PacketNumber
from domain.packet import EVENTS as PACKET_EVENTS
from domain.packet import Packet
from infra.backup import FolderNotEmptyError, backup, restore
from infra.bootstrap import EVENTS_FILE, VIEWS_FILE, Qolhat, UnfinishedRestoreError, bootstrap
from infra.demonstration import Plan, SimulatedClock, run_demonstration
from infra.requests import Status
from infra.settings import Settings
from infra.views.rebuild import rebuild, verify
from projections.holdings import Holding, Holdings
from tests.infra.demonstration.simulated import hasty
from tests.infra.survivor import number_of, order_of, place_of, scan_of
from tests.office import APPLICANT, Office, SettableClock
from tests.stories import MORNING

ROOT = Path(__file__).parents[2]
PACKETS = 30
pytestmark = pytest.mark.xdist_group("survival")  # one mortal process for all


class Mortal:
    """The process that is to be killed; it does one job after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def dies(self, job: str, *args: object, after: float | None = None) -> list[str]:
        """Return what it told until it was killed, so long after it had begun.

        Scans have begun when the first is acknowledged, other work when it tells the first thing.

        Without a moment it must die by itself.
        """
        assert self._process.stdin is not None
        print(job, *args, file=self._process.stdin, flush=True)
        pid = int(self._line().removeprefix("pid "))
        told: list[str] = []
        beginning, begun = "kept" if job == "scan" else "", False
        timer = threading.Timer(after or 0.0, os.kill, (pid, signal.SIGKILL))
        while not (line := self._line()).startswith("end "):
            if not begun and after is not None and line.startswith(beginning):
                begun = True
                timer.start()
            told.append(line)
        timer.cancel()
        assert line == f"end {-signal.SIGKILL}", told[-3:]
        return told

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    command = [sys.executable, "-m", "tests.infra.survivor"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield Mortal(process)
        assert process.stdin is not None
        process.stdin.close()


# --- scans ------------------------------------------------------------------------------------


@pytest.fixture
def numbers(tmp_path: Path) -> list[PacketNumber]:
    """Packets that wait to be scanned."""
    clock = SettableClock()
    with hasty(), bootstrap(Settings(data_dir=tmp_path), now=clock) as qolhat:
        office = Office(qolhat, clock)
        return [office.register(minute=10)[0] for _ in range(PACKETS)]


def reopened(folder: Path) -> Qolhat:
    """The store after the process has died, late on the same day."""
    clock = SettableClock()
    clock.at = MORNING.replace(hour=21)
    return bootstrap(Settings(data_dir=folder), now=clock)


def refs(told: list[str], what: str) -> set[str]:
    return {line.split()[1] for line in told if line.startswith(f"{what} ")}


def recorded(qolhat: Qolhat, numbers: list[PacketNumber]) -> list[str]:
    """The ids of all scans in the log, packet by packet."""
    return [
        event.ref
        for number in numbers
        for event in qolhat.log.events_of(Packet.stream(number))
        if isinstance(event, Packet.Scanned)
    ]


def holdings(qolhat: Qolhat, numbers: list[PacketNumber]) -> list[Holding | None]:
    with qolhat.views.reading() as reading:
        view = reading.view(Holdings)
        return [view.of(reading.connection, number) for number in numbers]


def check_whole(qolhat: Qolhat) -> None:
    """No position is missing, and the views are as if made anew."""
    positions = [row[0] for page in qolhat.log.pages(0) for row in page]
    assert positions == list(range(1, len(positions) + 1))
    qolhat.runner.catch_up()
    assert verify(qolhat.log, qolhat.views).differences == ()
    assert qolhat.views.set_aside() == []


def check_places(qolhat: Qolhat, numbers: list[PacketNumber]) -> None:
    """Every packet is where its last recorded scan was made."""
    last: dict[PacketNumber, str] = {}
    for ref in sorted(recorded(qolhat, numbers), key=order_of):
        last[number_of(ref)] = ref
    for number, holding in zip(numbers, holdings(qolhat, numbers), strict=True):
        if number in last:
            assert holding is not None
            assert holding.place == place_of(last[number])


def test_every_acknowledged_scan_survives_exactly_once(
    mortal: Mortal, tmp_path: Path, numbers: list[PacketNumber]
) -> None:
    chance = Random(4711)
    acknowledged: set[str] = set()
    for lap in range(3):
        told = mortal.dies("scan", tmp_path, lap, *numbers, after=chance.uniform(0.2, 0.8))
        kept, sent = refs(told, "kept"), refs(told, "sent")
        acknowledged |= kept
        in_flight = sent - kept
        assert in_flight
        with reopened(tmp_path) as qolhat:
            times = Counter(recorded(qolhat, numbers))
            assert acknowledged <= set(times) <= acknowledged | in_flight
            assert set(times.values()) == {1}
            check_whole(qolhat)
            check_places(qolhat, numbers)
            # The device had no answer, so it sends them again.
            again = qolhat.desk.scan([scan_of(ref) for ref in sorted(in_flight)])
            known = [a.ref for a in again if a.status is Status.DUPLICATE]
            assert set(known) == in_flight & set(times)
            acknowledged |= in_flight
            assert sorted(recorded(qolhat, numbers)) == sorted(acknowledged)
    assert len(acknowledged) > 100


def test_a_commit_that_was_half_written_is_as_if_it_had_not_been(
    mortal: Mortal, tmp_path: Path, numbers: list[PacketNumber]
) -> None:
    told = mortal.dies("scan", tmp_path, 0, *numbers, after=0.2)
    chance = Random(1)
    with (tmp_path / f"{EVENTS_FILE}-wal").open("ab") as log:
        log.write(chance.randbytes(3000))  # the next commit had begun; nobody was told of it
    with reopened(tmp_path) as qolhat:
        assert refs(told, "kept") <= set(recorded(qolhat, numbers))
        check_whole(qolhat)
        (answer,) = qolhat.desk.scan([scan_of(f"{numbers[0]}.9.1")])
        assert answer.error is None


@pytest.mark.parametrize("cut", [1, 50_000])
def test_views_that_lost_their_last_commits_with_the_power_go_on_from_before(
    mortal: Mortal, tmp_path: Path, numbers: list[PacketNumber], cut: int
) -> None:
    mortal.dies("scan", tmp_path, 0, *numbers, after=0.3)
    log = tmp_path / f"{VIEWS_FILE}-wal"  # not synced at each commit
    os.truncate(log, max(0, log.stat().st_size - cut))
    with reopened(tmp_path) as qolhat:
        check_whole(qolhat)
        check_places(qolhat, numbers)


# --- views ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a day's events, whose views have seen none of them."""
    folder, clock = tmp_path_factory.mktemp("day"), SimulatedClock()
    with hasty(), bootstrap(Settings(data_dir=folder), now=clock) as qolhat:
        run_demonstration(qolhat, clock, Plan(days=1, packets=80))
    return folder


@pytest.fixture
def store(day: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(day, tmp_path / "store")
    return tmp_path / "store"


def check_nothing_twice(qolhat: Qolhat) -> int:
    """The journal holds all events of packets and bags up to the views' position; return that."""
    position = qolhat.views.position()
    known = [row for page in qolhat.log.pages(0, position) for row in page]
    with qolhat.views.engine.connect() as connection:
        taken = connection.execute(sa.text("SELECT count(*) FROM journal")).scalar_one()
    assert taken == sum(row[3] in PACKET_EVENTS or row[3] in BAG_EVENTS for row in known)
    return position


def test_views_killed_again_and_again_go_on_where_they_were(mortal: Mortal, store: Path) -> None:
    chance, reached = Random(2), 0
    for _ in range(4):
        told = mortal.dies("views", store, after=chance.uniform(0.0, 0.1))
        with bootstrap(Settings(data_dir=store)) as qolhat:
            position = check_nothing_twice(qolhat)
            assert position >= max(reached, int(told[-1].removeprefix("at ")))
            assert reached or position < qolhat.log.rows.last_position()
            reached = position
    with bootstrap(Settings(data_dir=store)) as qolhat:
        check_whole(qolhat)
        check_nothing_twice(qolhat)


@pytest.mark.parametrize("batches", [0, 7, 30])
def test_a_batch_of_which_one_view_has_its_part_is_undone(
    mortal: Mortal, store: Path, batches: int
) -> None:
    told = mortal.dies("half_a_batch", store, batches)
    assert len(told) == batches
    with bootstrap(Settings(data_dir=store)) as qolhat:
        assert check_nothing_twice(qolhat) == (int(told[-1].split()[1]) if told else 0)
        check_whole(qolhat)


def test_a_rebuild_that_was_killed_leaves_the_live_views_as_they_were(
    mortal: Mortal, store: Path
) -> None:
    with bootstrap(Settings(data_dir=store)) as qolhat:
        qolhat.runner.catch_up()
        with qolhat.views.reading() as reading:
            counts = reading.view(Holdings).counts(reading.connection)
    chance = Random(3)
    for _ in range(3):
        mortal.dies("rebuilding", store, after=chance.uniform(0.05, 1.0))
        with bootstrap(Settings(data_dir=store)) as qolhat:
            with qolhat.views.reading() as reading:
                assert reading.view(Holdings).counts(reading.connection) == counts
            check_nothing_twice(qolhat)
    with bootstrap(Settings(data_dir=store)) as qolhat:
        assert rebuild(qolhat.log, qolhat.views).differences == ()
        check_whole(qolhat)


# --- backups ----------------------------------------------------------------------------------


def test_a_backup_that_was_killed_leaves_a_whole_one_or_none(
    mortal: Mortal, store: Path, tmp_path: Path
) -> None:
    chance, target = Random(5), tmp_path / "qolhat.tar.gz"
    for lap in range(4):
        told = mortal.dies("backing_up", store, target, after=chance.uniform(0.0, 0.3))
        assert target.exists() or "made" not in told
        if target.exists():
            fresh = Settings(data_dir=tmp_path / f"restored-{lap}")
            restore(fresh, target)
    made = backup(Settings(data_dir=store), target, MORNING)
    with bootstrap(Settings(data_dir=store)) as qolhat:
        assert made.events == qolhat.log.rows.last_position()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a store with one applicant."""
    folder, clock = tmp_path_factory.mktemp("archive"), SettableClock()
    settings = Settings(data_dir=folder / "old")
    with hasty(), bootstrap(settings, now=clock) as qolhat:
        Office(qolhat, clock).register()
    return backup(settings, folder / "qolhat.tar.gz", MORNING).file


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_half_a_restored_store_is_not_taken_for_a_whole_one(
    mortal: Mortal, archive: Path, tmp_path: Path, moved: int
) -> None:
    mortal.dies("restoring", tmp_path, archive, moved)
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(UnfinishedRestoreError), bootstrap(settings):
        pass
    restore(settings, archive)
    with bootstrap(settings) as qolhat:
        assert qolhat.vault.find(iin=APPLICANT["iin"])
        check_whole(qolhat)
    with pytest.raises(FolderNotEmptyError):
        restore(settings, archive)
