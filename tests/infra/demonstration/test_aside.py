"""A demonstration that is broken off does no harm: it is there whole, or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from domain.roles import Role
from infra.bootstrap import (
    DEMONSTRATION_READY,
    AlreadyServingError,
    UnfinishedDemonstrationError,
    bootstrap,
    server_lock,
)
from infra.branches.country import SetAside
from infra.demonstration import (
    NotEmptyError,
    Plan,
    demonstrate,
    finish_demonstration,
    kept_log_ins,
)
from infra.demonstration.aside import UNFINISHED
from infra.settings import Settings, StoreKind
from infra.store.identity import identity_of
from infra.views.rebuild import verify
from tests.infra.demonstration.simulated import digest_of, hasty
from tests.office import Office, SettableClock

PLAN = Plan(packets=2, seed=5, start=date(2026, 11, 13))
ROOT = Path(__file__).parents[3]
STEPS = 4 * 3 + 1  # of putting the files of an embedded store in their places
pytestmark = pytest.mark.xdist_group("demonstration")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a demonstration that nothing broke off."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("whole"))
    with hasty():
        demonstrate(settings, PLAN)
        with bootstrap(settings) as qolhat:
            return digest_of(qolhat)


@pytest.fixture
def embedded(tmp_path: Path) -> Settings:
    """Settings of an embedded store."""
    return Settings(data_dir=tmp_path / "data")


def assert_whole(settings: Settings, whole: str) -> None:
    """Everything is there, the views agree, somebody can log in, and nothing is left beside."""
    with bootstrap(settings) as qolhat:
        assert digest_of(qolhat) == whole
        qolhat.runner.catch_up()
        assert verify(qolhat.log, qolhat.views).differences == ()
        assert len(qolhat.personnel.names(range(1, 10))) == 9  # the vault can be read
        first = kept_log_ins(settings.data_dir)[0]
        assert qolhat.accounts.check_password(first.login, first.password, "") == first.person
    left = (settings.data_dir / name for name in (UNFINISHED, DEMONSTRATION_READY))
    assert not any(each.exists() for each in left)


def test_it_is_the_same_on_every_store(settings: Settings, whole: str) -> None:
    with bootstrap(settings) as qolhat:  # somebody looked at the empty store before
        identity = identity_of(qolhat.log)
    with hasty():
        demonstrate(settings, PLAN)
    assert_whole(settings, whole)
    if settings.store is StoreKind.POSTGRES:  # where servers may be at work
        with bootstrap(settings) as qolhat:
            assert identity_of(qolhat.log) == identity


def test_what_is_broken_off_leaves_the_store_empty_and_is_begun_anew(
    settings: Settings, whole: str
) -> None:
    def stop(reached: int, _whole: int) -> None:
        if reached > 12 * 60:
            raise KeyboardInterrupt

    for _ in range(2):
        with hasty(), pytest.raises(KeyboardInterrupt):
            demonstrate(settings, PLAN, stop)
        assert (settings.data_dir / UNFINISHED).exists()
        with bootstrap(settings) as qolhat:
            assert qolhat.log.rows.last_position() == 0
        assert kept_log_ins(settings.data_dir) == ()
    with hasty():
        demonstrate(settings, PLAN)
    assert_whole(settings, whole)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a demonstration was broken off when it was to be put in its place."""
    embedded = Settings(data_dir=tmp_path_factory.mktemp("ready"))
    with bootstrap(embedded):
        pass
    with hasty(), stopped_at(0, embedded.data_dir), pytest.raises(KeyboardInterrupt):
        demonstrate(embedded, PLAN)
    return embedded.data_dir


@pytest.mark.parametrize("step", range(STEPS))
def test_no_store_opens_until_all_of_it_is_in_its_place_and_the_rest_follows(
    embedded: Settings, ready: Path, whole: str, step: int
) -> None:
    shutil.copytree(ready, embedded.data_dir)
    with stopped_at(step, embedded.data_dir), pytest.raises(KeyboardInterrupt):
        finish_demonstration(embedded)
    with pytest.raises(UnfinishedDemonstrationError):
        bootstrap(embedded)
    finish_demonstration(embedded)
    assert_whole(embedded, whole)


@contextmanager
def stopped_at(step: int, folder: Path) -> Iterator[None]:
    """Stop before this step of putting files in their places."""
    left = iter(range(step))

    def counted(act: Callable[..., object]) -> Callable[..., object]:
        def told(*args: object, **options: object) -> object:
            if (folder / DEMONSTRATION_READY).exists() and next(left, None) is None:
                raise KeyboardInterrupt
            return act(*args, **options)

        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", counted(Path.unlink))
        patch.setattr(Path, "replace", counted(Path.replace))
        patch.setattr(shutil, "rmtree", counted(shutil.rmtree))
        yield


def test_a_store_in_which_anything_was_recorded_is_left_alone(settings: Settings) -> None:
    clock = SettableClock()
    with bootstrap(settings, now=clock) as qolhat:
        Office(qolhat, clock).register(0)
        before = digest_of(qolhat)
    with pytest.raises(NotEmptyError):
        demonstrate(settings, PLAN)
    finish_demonstration(settings)
    with bootstrap(settings) as qolhat:
        assert digest_of(qolhat) == before


def test_a_store_without_events_that_keeps_something_else_is_left_alone(
    embedded: Settings,
) -> None:
    kept = SetAside("scan", "far", "pkt.scan", "refused", "", 1, b"a branch sent it")
    with bootstrap(embedded) as qolhat:
        qolhat.far.note([], [kept])
    with pytest.raises(NotEmptyError):
        demonstrate(embedded, PLAN)
    with bootstrap(embedded) as qolhat:
        assert qolhat.far.set_aside() == [kept]


def test_nobody_s_store_is_replaced_under_a_server(embedded: Settings) -> None:
    with bootstrap(embedded):
        pass
    with server_lock(embedded), pytest.raises(AlreadyServingError):
        demonstrate(embedded, PLAN)


def test_a_killed_demonstration_is_made_by_the_next(tmp_path: Path) -> None:
    words = ("demo", "--if-empty", "--packets", "2", "--seed", "5", "--start", "2026-11-13")
    command = [sys.executable, "-m", "api.cli", *words]
    environment = os.environ | {"QOLHAT_DATA_DIR": str(tmp_path / "data")}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as killed:
        deadline = time.monotonic() + 60
        while not (tmp_path / "data" / UNFINISHED / "events.db").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(1.5)
        killed.send_signal(signal.SIGKILL)
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    log_ins = kept_log_ins(tmp_path / "data")
    assert {Role.INSPECTOR, Role.MANAGER} <= {each.role for each in log_ins}
    assert log_ins[0].password in done.stdout
