"""Views made anew by several processes: what came meanwhile is in them; who dies harms nobody."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

import infra.views.rebuild
from domain.errors import QolhatError
from domain.numbers import BadCodeError, CodeFault, PacketNumber
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.settings import Settings, StoreKind
from infra.views.rebuild import rebuild, verify
from infra.views.shards import ShardEndedError
from projections.holdings import Holdings
from tests.infra.views.test_views import poison
from tests.office import Office, SettableClock
from tests.servers.process import lives
from tests.stories import place

# What a program does that is killed while others build for it.
REBUILDING = """
import multiprocessing, os, signal
from pathlib import Path
from infra.bootstrap import bootstrap
from infra.settings import Settings
from infra.views.rebuild import rebuild

def killed(*_):
    print(*(each.pid for each in multiprocessing.active_children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

with bootstrap(Settings()) as qolhat:
    rebuild(qolhat.log, qolhat.views, killed, processes=2)
"""


@pytest.fixture
def office_on_postgres(postgres_dsn: str, tmp_path: Path, clock: SettableClock) -> Iterator[Office]:
    """A centre and an authority, on PostgreSQL."""
    settings = Settings(
        data_dir=tmp_path, store=StoreKind.POSTGRES, postgres_dsn=SecretStr(postgres_dsn)
    )
    with bootstrap(settings, now=clock) as wired:
        yield Office(wired, clock)


def holder(qolhat: Qolhat, number: PacketNumber) -> int | None:
    with qolhat.views.reading() as reading:
        holding = reading.view(Holdings).of(reading.connection, number)
    return None if holding is None else holding.place


def test_two_processes_build_what_one_does(office_on_postgres: Office) -> None:
    office = office_on_postgres
    qolhat = office.qolhat
    for minute in range(10, 15):
        office.until_the_courier(minute)
    poison(qolhat, office.until_the_courier(20))
    qolhat.runner.catch_up()
    aside = qolhat.views.set_aside()
    assert len(aside) == 1
    assert rebuild(qolhat.log, qolhat.views, processes=2).differences == ()
    assert qolhat.views.set_aside() == aside
    number, _ = office.register(30)
    qolhat.runner.catch_up()
    assert holder(qolhat, number) == place(Role.INSPECTOR)
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_what_is_recorded_while_others_build_is_in_the_views(office_on_postgres: Office) -> None:
    office = office_on_postgres
    qolhat = office.qolhat
    number = office.until_the_courier(10)
    qolhat.runner.catch_up()
    recorded = iter((office.scan,))

    def meanwhile(*_: int) -> None:
        for scan in recorded:
            scan(90, number, Role.OFFICE)
            qolhat.runner.catch_up()
            scan(95, number, Role.HEAD)

    compared = rebuild(qolhat.log, qolhat.views, meanwhile, processes=2)
    assert compared.differences == ()
    assert compared.position == qolhat.views.position() == qolhat.log.rows.last_position() - 1
    assert holder(qolhat, number) == place(Role.OFFICE)
    qolhat.runner.catch_up()
    assert holder(qolhat, number) == place(Role.HEAD)
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_a_process_that_is_killed_leaves_the_live_views_as_they_were(
    office_on_postgres: Office,
) -> None:
    qolhat = office_on_postgres.qolhat
    number = office_on_postgres.until_the_courier(10)
    qolhat.runner.catch_up()

    def kill_one(*_: int) -> None:
        victim = multiprocessing.active_children()[0].pid
        assert victim is not None
        os.kill(victim, signal.SIGKILL)

    with pytest.raises(ShardEndedError):
        rebuild(qolhat.log, qolhat.views, kill_one, processes=2)
    assert holder(qolhat, number) == place(Role.COURIER)
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_who_builds_ends_with_whom_it_builds_for(office_on_postgres: Office) -> None:
    qolhat = office_on_postgres.qolhat
    number = office_on_postgres.until_the_courier(10)
    qolhat.runner.catch_up()
    address = qolhat.settings.postgres_dsn.get_secret_value()
    ours = {
        "QOLHAT_DATA_DIR": str(qolhat.settings.data_dir),
        "QOLHAT_STORE": "postgres",
        "QOLHAT_POSTGRES_DSN": address,
    }
    done = subprocess.run(
        [sys.executable, "-c", REBUILDING],
        env=os.environ | ours,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    builders = [int(pid) for pid in done.stdout.split()]
    assert len(builders) == 2
    deadline = time.monotonic() + 30
    while any(map(lives, builders)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(lives, builders))
    assert holder(qolhat, number) == place(Role.COURIER)
    assert rebuild(qolhat.log, qolhat.views).differences == ()


@pytest.mark.parametrize("error", [ShardEndedError(detail="9"), BadCodeError(CodeFault.EMPTY)])
def test_an_error_of_ours_is_the_same_in_another_process(error: QolhatError) -> None:
    sent = pickle.loads(pickle.dumps(error))
    assert (type(sent), str(sent), vars(sent)) == (type(error), str(error), vars(error))


def test_views_far_behind_are_replaced_without_being_compared(
    office: Office, qolhat: Qolhat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(infra.views.rebuild, "_NEAR", 3)
    number = office.until_the_courier(10)
    done = rebuild(qolhat.log, qolhat.views)
    assert (done.compared, done.differences) == (False, ())
    assert qolhat.views.position() == qolhat.log.rows.last_position()
    assert holder(qolhat, number) == place(Role.COURIER)
    compared = verify(qolhat.log, qolhat.views)
    assert (compared.compared, compared.differences) == (True, ())


def test_a_rebuilt_generation_has_all_its_keys_and_indexes(office: Office, qolhat: Qolhat) -> None:
    office.until_the_courier(10)
    qolhat.runner.catch_up()
    before = _indexes(qolhat)
    rebuild(qolhat.log, qolhat.views)
    assert _indexes(qolhat) == before


def _indexes(qolhat: Qolhat) -> dict[str, tuple[object, ...]]:
    """Return the primary key and the indexes of every live table, but for its generation."""
    found: dict[str, tuple[object, ...]] = {}
    with qolhat.views.reading() as reading:
        inspector = sa.inspect(reading.connection)
        for kind in qolhat.views.kinds:
            for name, table in reading.view(kind).tables.items():
                keys = inspector.get_pk_constraint(table.name)["constrained_columns"]
                indexes = sorted(
                    (str(each["name"]).replace(table.name, ""), tuple(each["column_names"]))
                    for each in inspector.get_indexes(table.name)
                )
                found[name] = (tuple(keys), *indexes)
    return found
