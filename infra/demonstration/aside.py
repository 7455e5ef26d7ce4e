"""A demonstration is made beside the store and put into its place whole.

Whatever breaks the making off leaves the store as empty as before, and the next demonstration
begins anew. Putting the files of an embedded store into their places is a row of steps: until the
last of them no store opens there, and the next demonstration finishes them. On PostgreSQL it is one
transaction.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import SecretStr

from infra.backup import sync
from infra.bootstrap import (
    DEMONSTRATION_READY,
    EVENTS_FILE,
    VAULT_FILE,
    VIEWS_FILE,
    AlreadyServingError,
    bootstrap,
    make_folder,
    server_lock,
    vault_key,
)
from infra.demonstration.agenda import SimulatedClock
from infra.demonstration.log_ins import LOG_INS_FILE, keep_log_ins
from infra.demonstration.outcome import Outcome
from infra.demonstration.plan import Plan
from infra.demonstration.simulation import NotEmptyError, Progress, run_demonstration
from infra.errors import storage_error
from infra.move import OF_EVERY_STORE, TABLES, pour
from infra.settings import Settings, StoreKind, ViewsFrom

UNFINISHED = "demonstration.unfinished"
_LOCK = "demonstration.lock"
# The events last: as long as they are missing, the store is empty.
_FILES = (LOG_INS_FILE, VIEWS_FILE, VAULT_FILE, EVENTS_FILE)


def demonstrate(settings: Settings, plan: Plan, progress: Progress | None = None) -> Outcome:
    """Fill the empty store that the settings name, and keep the log-ins beside it.

    Raises NotEmptyError, AlreadyServingError, StorageError and what `bootstrap` raises.
    """
    finish_demonstration(settings)
    with bootstrap(settings) as qolhat:  # which sees that the store opens, and with which key
        if qolhat.log.rows.last_position():
            raise NotEmptyError
    with _alone(settings):
        _check_empty(settings, _FILES)
        aside = _room(settings)
        outcome = _made(_beside(settings, aside), plan, progress)
        if settings.store is StoreKind.POSTGRES:
            _pour(settings, aside)
        else:
            _set_ready(settings, aside)
            _put_in_place(settings)
    return outcome


def finish_demonstration(settings: Settings) -> None:
    """Put a demonstration that is ready, but lies beside yet, in its place. Raises StorageError."""
    if (settings.data_dir / DEMONSTRATION_READY).exists():
        with _alone(settings):
            _put_in_place(settings)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep others away: a server from an embedded store, other demonstrations from any."""
    if settings.store is StoreKind.SQLITE:
        with server_lock(settings):
            yield
        return
    try:
        with FileLock(settings.data_dir / _LOCK).acquire(blocking=False):
            yield
    except Timeout as error:
        raise AlreadyServingError(folder=str(settings.data_dir)) from error


def _room(settings: Settings) -> Path:
    """Make an empty folder beside the store; what was left of a demonstration goes."""
    make_folder(settings.data_dir)
    aside = settings.data_dir / UNFINISHED
    try:
        if aside.exists():
            shutil.rmtree(aside)
        aside.mkdir(mode=0o700)
    except OSError as error:
        raise storage_error(error) from error
    return aside


def _beside(settings: Settings, aside: Path) -> Settings:
    """Return the settings of an embedded store in that folder, which has our vault's key."""
    return settings.model_copy(
        update={
            "data_dir": aside,
            "store": StoreKind.SQLITE,
            "views": ViewsFrom.OWN,
            "vault_key": SecretStr(vault_key(settings)),
        }
    )


def _made(aside: Settings, plan: Plan, progress: Progress | None) -> Outcome:
    clock = SimulatedClock()
    with bootstrap(aside, now=clock) as qolhat:
        outcome = run_demonstration(qolhat, clock, plan, progress)
        qolhat.runner.catch_up()
    keep_log_ins(aside.data_dir, outcome.log_ins)
    return outcome


def _pour(settings: Settings, aside: Path) -> None:
    try:
        (aside / LOG_INS_FILE).replace(settings.data_dir / LOG_INS_FILE)
        pour(settings, aside)
        shutil.rmtree(aside)
    except OSError as error:
        raise storage_error(error) from error


def _set_ready(settings: Settings, aside: Path) -> None:
    """From now on the demonstration is whole, and no store opens until it is in its place."""
    try:
        for name in _FILES:
            if name in TABLES:
                _fold(aside / name)
            sync(aside / name)
        aside.rename(settings.data_dir / DEMONSTRATION_READY)
        sync(settings.data_dir)
    except (OSError, sqlite3.Error) as error:
        raise storage_error(error) from error


def _fold(file: Path) -> None:
    """Let what stands in the journal beside a database be in its file."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _put_in_place(settings: Settings) -> None:
    """Give the files of a demonstration their names; those that have them already are ours."""
    ready, store = settings.data_dir / DEMONSTRATION_READY, settings.data_dir
    try:
        left = [name for name in _FILES if (ready / name).exists()]
        _check_empty(settings, left)
        for name in left:
            _replace(ready / name, store / name)
        sync(store)
        shutil.rmtree(ready)
    except OSError as error:
        raise storage_error(error) from error


def _check_empty(settings: Settings, names: Iterable[str]) -> None:
    """Refuse to replace a file in which anything was recorded. Raises NotEmptyError."""
    try:
        if any(_holds_something(settings.data_dir / name) for name in names):
            raise NotEmptyError
    except sqlite3.Error as error:
        raise storage_error(error) from error


def _replace(source: Path, target: Path) -> None:
    for ending in ("-wal", "-shm"):  # of the empty file that goes
        target.with_name(target.name + ending).unlink(missing_ok=True)
    source.replace(target)


def _holds_something(file: Path) -> bool:
    """Tell whether anything was recorded in a file of a store."""
    if file.name not in TABLES or not file.exists():
        return False
    names = (table.name for table in TABLES[file.name] if table.name not in OF_EVERY_STORE)
    with closing(sqlite3.connect(file)) as connection:
        return any(_has_rows(connection, name) for name in names)


def _has_rows(connection: sqlite3.Connection, table: str) -> bool:
    found = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if connection.execute(found, (table,)).fetchone() is None:
        return False
    query = f'SELECT 1 FROM "{table}" LIMIT 1'  # noqa: S608  a name of ours
    return connection.execute(query).fetchone() is not None
