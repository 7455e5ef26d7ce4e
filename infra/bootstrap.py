"""The one place that wires: settings in, a working Qolhat out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from filelock import FileLock, Timeout

from domain.calendar import Timetable
from domain.clocks import Clocks
from domain.directory import Directory
from domain.regulations.book import Regulations
from infra.database import postgres_engine, sqlite_engine
from infra.desk import Desk, DeskRules, utc_now
from infra.directory_files import load_directory
from infra.errors import StorageError, storage_error
from infra.personnel import Personnel
from infra.regulation_files import load_regulations, load_workdays
from infra.settings import Settings, StoreKind
from infra.store.log import EventLog, StaffBook, postgres_log, sqlite_log
from infra.vault import Vault, VaultKeys, new_key
from infra.views.group import ViewGroup
from infra.views.runner import ViewRunner
from projections.due import DueView
from projections.holdings import Holdings
from projections.unsettled import Unsettled
from projections.view import Knowledge
from projections.visits import Visits

EVENTS_FILE, VAULT_FILE, VIEWS_FILE = "events.db", "vault.db", "views.db"
KEY_FILE, LOCK_FILE = "vault.key", "server.lock"
ALL_VIEWS = (Holdings, Visits, DueView, Unsettled)


class AlreadyServingError(StorageError):
    """Another server works on the same folder."""

    code = "already-serving"
    status = 409


@dataclass(slots=True)
class Qolhat:
    """Everything, wired. Use as a context manager."""

    settings: Settings
    log: EventLog
    vault: Vault
    directory: Directory
    regulations: Regulations
    clocks: Clocks
    staff: StaffBook
    personnel: Personnel
    desk: Desk
    views: ViewGroup
    runner: ViewRunner
    now: Callable[[], datetime]

    def close(self) -> None:
        """Stop following the log and let go of everything."""
        self.runner.stop()
        self.views.close()
        self.vault.close()
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def bootstrap(settings: Settings, now: Callable[[], datetime] = utc_now) -> Qolhat:
    """Open (or make) the store that the settings name and wire everything to it.

    Raises StorageError, FaultyRegulationError, BadVaultKeyError, WrongVaultKeyError and others.
    """
    make_folder(settings.data_dir)
    directory = load_directory()
    regulations = load_regulations(settings.regulations_dir, settings.operator)
    clocks = Clocks(
        directory, load_workdays(settings.workdays_file), Timetable(tuple(settings.runs))
    )
    log = _log(settings)
    vault = Vault(_engine(settings, VAULT_FILE, durable=True), VaultKeys(vault_key(settings)))
    vault.prepare()
    views = ViewGroup(
        _engine(settings, VIEWS_FILE, durable=False), Knowledge(regulations, clocks), ALL_VIEWS
    )
    views.prepare()
    staff = StaffBook(log)
    rules = DeskRules(settings.clock_tolerance)
    desk = Desk(log, vault, directory, regulations, staff, now, rules)
    return Qolhat(
        settings,
        log,
        vault,
        directory,
        regulations,
        clocks,
        staff,
        Personnel(log, vault, directory, staff, now),
        desk,
        views,
        ViewRunner(log, views),
        now,
    )


def make_folder(folder: Path) -> None:
    """Make the data folder. Raises StorageReadOnlyError or StorageFullError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error) from error


def _log(settings: Settings) -> EventLog:
    if settings.store is StoreKind.POSTGRES:
        return postgres_log(settings.postgres_dsn.get_secret_value(), settings.postgres_schema)
    return sqlite_log(settings.data_dir / EVENTS_FILE)


def _engine(settings: Settings, file: str, *, durable: bool) -> sa.Engine:
    if settings.store is StoreKind.POSTGRES:
        return postgres_engine(
            settings.postgres_dsn.get_secret_value(), schema=settings.postgres_schema
        )
    return sqlite_engine(settings.data_dir / file, durable=durable)


def vault_key(settings: Settings) -> str:
    """Return the vault's key: from the settings, else from its file, which is made if missing."""
    key = settings.vault_key.get_secret_value()
    if key:
        return key
    file = settings.data_dir / KEY_FILE
    try:
        if not file.exists():
            _make_key_file(file)
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise storage_error(error) from error


def _make_key_file(file: Path) -> None:
    """Write the whole key before it gets its name: nobody may read half of it."""
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(new_key())
        opened.flush()
        os.fsync(opened.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


def server_lock(settings: Settings) -> FileLock:
    """Take the folder for one server. Raises AlreadyServingError, StorageError."""
    lock = FileLock(settings.data_dir / LOCK_FILE)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise AlreadyServingError(folder=str(settings.data_dir)) from error
    except OSError as error:
        raise storage_error(error) from error
    return lock
