"""Backup and restore of an embedded store: events, vault and key in one archive.

Views are not in it: they are made from the events. The archive holds the key beside the vault, so
whoever has it can read everything: keep it accordingly.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa

from domain.errors import QolhatError
from infra.bootstrap import (
    EVENTS_FILE,
    KAFKA_VIEWS_FILE,
    KEY_FILE,
    RESTORING_FILE,
    VAULT_FILE,
    VIEWS_FILE,
    make_folder,
)
from infra.database import database_error, sqlite_engine
from infra.errors import storage_error
from infra.settings import Settings, StoreKind
from infra.store.identity import renew_identity

FORMAT = 1
MANIFEST = "manifest.json"
_DATABASES = (EVENTS_FILE, VAULT_FILE)  # events first: a reference is never newer than its record
_CHUNK = 1 << 20


class BackupOfServerError(QolhatError):
    """PostgreSQL has backup tools of its own; this command is for the embedded store."""

    code = "backup-of-server"


class NothingToBackUpError(QolhatError):
    """There is no store in the folder."""

    code = "nothing-to-back-up"


class BadBackupError(QolhatError):
    """The archive is no backup, or was altered."""

    code = "bad-backup"


class FolderNotEmptyError(QolhatError):
    """A restore must not overwrite a store."""

    code = "folder-not-empty"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What an archive holds."""

    file: Path
    events: int
    bytes: int
    with_key: bool


def backup(settings: Settings, target: Path, now: datetime, *, with_key: bool = True) -> BackedUp:
    """Write an archive while the system may go on working.

    Raises BackupOfServerError, NothingToBackUpError, StorageError.
    """
    _refuse_server(settings)
    if not (settings.data_dir / EVENTS_FILE).exists():
        raise NothingToBackUpError(folder=str(settings.data_dir))
    try:
        with tempfile.TemporaryDirectory(dir=target.resolve().parent) as folder:
            copies = [_copy(settings.data_dir / name, Path(folder) / name) for name in _DATABASES]
            events = _count(copies[0])
            key = _key(settings) if with_key else b""
            draft = Path(folder) / "archive"
            _write_archive(draft, copies, key, events, now)
            draft.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise storage_error(error) from error
    return BackedUp(target, events, target.stat().st_size, with_key)


def _refuse_server(settings: Settings) -> None:
    if settings.store is not StoreKind.SQLITE:
        raise BackupOfServerError


def _copy(source: Path, target: Path) -> Path:
    """Copy a database as it is at one moment, by SQLite's own means."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
    return target


def _count(events: Path) -> int:
    with closing(sqlite3.connect(events)) as connection:
        count: int = connection.execute("SELECT count(*) FROM stored_events").fetchone()[0]
    return count


def _key(settings: Settings) -> bytes:
    key = settings.vault_key.get_secret_value()
    return key.encode() if key else (settings.data_dir / KEY_FILE).read_bytes()


def _write_archive(draft: Path, copies: list[Path], key: bytes, events: int, now: datetime) -> None:
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "events": events,
        "sha256": {copy.name: _digest(copy) for copy in copies},
    }
    if key:
        manifest["sha256"][KEY_FILE] = hashlib.sha256(key).hexdigest()
    with _private(draft) as opened:
        with tarfile.open(fileobj=opened, mode="w:gz") as archive:
            _add(archive, MANIFEST, json.dumps(manifest, indent=1).encode())
            if key:
                _add(archive, KEY_FILE, key)
            for copy in copies:
                archive.add(copy, copy.name, filter=_anonymous)
        opened.flush()
        os.fsync(opened.fileno())


def _private(file: Path) -> BinaryIO:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = _anonymous(tarfile.TarInfo(name))
    entry.size = len(content)
    archive.addfile(entry, BytesIO(content))


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def restore(settings: Settings, archive: Path) -> BackedUp:
    """Put a backup into a folder without a store, checking every byte of it first.

    An interrupted restore leaves a mark, with which no store opens; the next restore begins anew.
    Raises FolderNotEmptyError, BadBackupError, StorageError, BackupOfServerError.
    """
    _refuse_server(settings)
    make_folder(settings.data_dir)
    try:
        _make_room(settings.data_dir)
        with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder:
            manifest = _unpack(archive, Path(folder))
            _begin_another_life(Path(folder) / EVENTS_FILE)
            _move(Path(folder), settings.data_dir, manifest["sha256"])
    except (tarfile.TarError, EOFError, KeyError, ValueError) as error:
        raise BadBackupError(file=str(archive), reason=str(error)) from error
    except sa.exc.DBAPIError as error:
        raise database_error(error) from error
    except OSError as error:
        raise storage_error(error) from error
    with_key = KEY_FILE in manifest["sha256"]
    return BackedUp(archive, int(manifest["events"]), archive.stat().st_size, with_key)


def _begin_another_life(events: Path) -> None:
    """Tell what will be recorded from what was, and was published, after the backup was made."""
    engine = sqlite_engine(events, durable=True)
    try:
        with engine.execution_options(writing=True).begin() as connection:
            renew_identity(connection)
    finally:
        engine.dispose()


def _make_room(folder: Path) -> None:
    """Take views and loose journals away, never a store: what a restore began, it overwrites."""
    interrupted = (folder / RESTORING_FILE).exists()
    if not interrupted and any((folder / name).exists() for name in (*_DATABASES, KEY_FILE)):
        raise FolderNotEmptyError(folder=str(folder))
    views = (VIEWS_FILE, KAFKA_VIEWS_FILE)
    journals = [f"{name}{end}" for name in (*_DATABASES, *views) for end in ("-wal", "-shm")]
    for name in (*views, *journals):
        (folder / name).unlink(missing_ok=True)


def _move(source: Path, target: Path, names: Iterable[str]) -> None:
    """Give the files their places: all of them, or the mark stays."""
    mark = target / RESTORING_FILE
    mark.touch()
    sync(target)
    for name in names:
        sync(source / name)
        (source / name).replace(target / name)
    sync(target)
    mark.unlink()


def sync(path: Path) -> None:
    """Let what was written to a file or a folder reach the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unpack(archive: Path, folder: Path) -> dict[str, Any]:
    with tarfile.open(archive, "r:gz") as opened:
        for entry in _expected(opened):
            content = opened.extractfile(entry)
            if content is not None:
                with _private(folder / entry.name) as unpacked:
                    shutil.copyfileobj(content, unpacked)
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']}")
    for name, digest in manifest["sha256"].items():
        if name not in (*_DATABASES, KEY_FILE) or _digest(folder / name) != digest:
            raise ValueError(f"{name} was altered")
    return manifest


def _expected(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for entry in archive:
        if entry.name not in (MANIFEST, KEY_FILE, *_DATABASES) or not entry.isfile():
            raise ValueError(f"unexpected {entry.name!r}")
        yield entry
