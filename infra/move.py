"""Moves an embedded store to PostgreSQL: all that is durable, and the proof that it is the same.

Events keep their positions, the store its identity; views are not copied, they are made anew from
the events. All is one transaction: whatever interrupts it, the target is as empty as before. The
proof reads both sides again, each by its own means, and compares how many rows every table has and
a hash over all of them.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from domain.errors import QolhatError
from infra import survey
from infra.accounts import tables as accounts
from infra.bootstrap import EVENTS_FILE, KEY_FILE, VAULT_FILE, bootstrap, make_folder, server_lock
from infra.branches import country
from infra.database import postgres_address
from infra.errors import StorageError, storage_error
from infra.evidence import tables as evidence
from infra.migrations import NothingToMigrateError, check_migrated
from infra.settings import Settings, StoreKind
from infra.store import identity
from infra.vault import VaultKeys, WrongVaultKeyError
from infra.vault import metadata as vault
from infra.warnings import told

if TYPE_CHECKING:
    import psycopg

Progress = Callable[[int, int], None]
_PIECE = 1000  # rows
_events = sa.Table(
    "stored_events",
    sa.MetaData(),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("stream", sa.Uuid),
    sa.Column("version", sa.Integer),
    sa.Column("topic", sa.Text),
    sa.Column("state", sa.Text),
)
_OF_VAULT = (vault, accounts.metadata, told.metadata, country.metadata, survey.metadata)
TABLES: dict[str, tuple[sa.Table, ...]] = {
    EVENTS_FILE: (_events, identity.table, *evidence.metadata.sorted_tables),
    VAULT_FILE: tuple(table for each in _OF_VAULT for table in each.sorted_tables),
}
# A server that was started once, and stopped without anything having been recorded, has made them.
_REPLACED = frozenset({"store_identity", "vault_proof"})
# What a store has without anything having been recorded in it: its names, and notes of a server.
OF_EVERY_STORE = frozenset(
    {"store_identity", "vault_proof", "evidence_leaves", "evidence_checks", "log_in_guesses"}
)


class NothingToMoveError(QolhatError):
    """There is no store in the folder."""

    code = "nothing-to-move"


class TargetNotEmptyError(StorageError):
    """A move must not mix two stores; the facts name a table in which there is something."""

    code = "target-not-empty"
    status = 409


class MoveDiffersError(StorageError):
    """What arrived is not what was sent; nothing of it was kept. The facts name the table."""

    code = "move-differs"
    status = 500


@dataclass(frozen=True, slots=True)
class Proof:
    """What a table holds: how many rows, and the SHA-256 over all of them in their order."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: of each table the proof, which both sides gave."""

    events: int
    tables: dict[str, Proof]


def move(settings: Settings, source: Path, progress: Progress | None = None) -> Moved:
    """Copy the embedded store in a folder to the PostgreSQL of the settings, which must be empty.

    Nothing may be recorded in the folder meanwhile, nor afterwards: it is not changed, and may be
    kept as a backup. Raises NothingToMigrateError, NothingToMoveError, NotMigratedError,
    TargetNotEmptyError, MoveDiffersError, AlreadyServingError, WrongVaultKeyError, StorageError.
    """
    if settings.store is not StoreKind.POSTGRES:
        raise NothingToMigrateError
    if not (source / EVENTS_FILE).exists():
        raise NothingToMoveError(folder=str(source))
    check_migrated(settings)
    embedded = settings.model_copy(update={"store": StoreKind.SQLITE, "data_dir": source})
    with server_lock(embedded):
        with bootstrap(embedded):  # which makes what an older release did not, and checks the key
            pass
        with _held(source) as files, _target(settings) as target:
            _take_key(settings, source, files)
            return _Move(files, target, progress or _silent).run()


def pour(settings: Settings, source: Path) -> Moved:
    """Copy what was recorded in an embedded store with the target's key, which must be empty.

    The target stays the store that it is: servers may be at work there. Raises TargetNotEmptyError,
    MoveDiffersError, StorageError.
    """
    with _held(source) as files, _target(settings) as target:
        return _Move(files, target, _silent, OF_EVERY_STORE).run()


def _silent(_done: int, _of: int) -> None:
    return


@contextmanager
def _held(source: Path) -> Iterator[dict[str, sqlite3.Connection]]:
    """Open the files as they are now; nobody can write to them meanwhile. Raises StorageError."""
    with ExitStack() as opened:
        files = {
            name: opened.enter_context(
                closing(sqlite3.connect(source / name, isolation_level=None))
            )
            for name in TABLES
        }
        try:
            for connection in files.values():
                connection.execute("BEGIN IMMEDIATE")
            yield files
        except sqlite3.Error as error:
            raise storage_error(error) from error


@contextmanager
def _target(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Connect; what is done is kept if all goes well, else nothing. Raises StorageError."""
    import psycopg  # noqa: PLC0415  the embedded edition works without PostgreSQL

    address = settings.postgres_dsn.get_secret_value()
    try:
        with psycopg.connect(postgres_address(address, schema=settings.postgres_schema)) as target:
            yield target
    except psycopg.Error as error:
        raise storage_error(error) from error


def _take_key(settings: Settings, source: Path, files: dict[str, sqlite3.Connection]) -> None:
    """See to it that the target's key is the source's. Raises WrongVaultKeyError."""
    key, own = settings.vault_key.get_secret_value(), settings.data_dir / KEY_FILE
    if not key and not own.exists():
        make_folder(settings.data_dir)
        shutil.copy2(source / KEY_FILE, own)
    key = key or own.read_text(encoding="ascii").strip()
    (proof,) = files[VAULT_FILE].execute("SELECT proof FROM vault_proof").fetchone()
    if VaultKeys(key).proof != proof:
        raise WrongVaultKeyError


class _Move:
    """One move, within one transaction of the target; tables that are `left` stay as they are."""

    def __init__(
        self,
        files: dict[str, sqlite3.Connection],
        target: psycopg.Connection[Any],
        progress: Progress,
        left: frozenset[str] = frozenset(),
    ) -> None:
        self._target = target
        self._names = [t.name for of in TABLES.values() for t in of if t.name not in left]
        self._tables = [
            _Side(table, files[name])
            for name, tables in TABLES.items()
            for table in tables
            if table.name in self._names and _exists(files[name], table)
        ]
        self._of = 3 * sum(side.count() for side in self._tables)  # copied, read here, read there
        self._done = 0
        self._progress = progress

    def run(self) -> Moved:
        """Copy and prove."""
        self._empty()
        proofs = {}
        for side in self._tables:
            self._copy(side)
            here, there = _proof(self._told(side.rows())), _proof(self._told(self._arrived(side)))
            if here != there:
                raise MoveDiffersError(table=side.table.name)
            proofs[side.table.name] = here
        self._target.execute("ANALYZE stored_events")
        return Moved(proofs[_events.name].rows, proofs)

    def _empty(self) -> None:
        for name in self._names:
            self._execute(f'LOCK TABLE "{name}" IN ACCESS EXCLUSIVE MODE')
            if name in _REPLACED:
                self._execute(f'DELETE FROM "{name}"')  # noqa: S608  a name of ours
            elif self._execute(f'SELECT 1 FROM "{name}" LIMIT 1'):  # noqa: S608  as above
                raise TargetNotEmptyError(table=name)

    def _execute(self, statement: str) -> list[Any]:
        cursor = self._target.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []

    def _copy(self, side: _Side) -> None:
        statement = f'COPY "{side.table.name}" ({side.columns}) FROM STDIN'
        with self._target.cursor().copy(statement.encode()) as copy:
            for row in self._told(side.rows()):
                copy.write_row(row)
        self._count_on(side)

    def _count_on(self, side: _Side) -> None:
        """Let a table that numbers its rows itself go on after the last."""
        for column in side.table.primary_key:
            number = f"pg_get_serial_sequence('\"{side.table.name}\"', '{column.name}')"
            ((sequence,),) = self._execute(f"SELECT {number}")
            if sequence:
                last = f'(SELECT max("{column.name}") FROM "{side.table.name}")'  # noqa: S608
                self._execute(
                    f"SELECT setval('{sequence}', coalesce({last}, 1), {last} IS NOT NULL)"
                )

    def _arrived(self, side: _Side) -> Iterator[tuple[Any, ...]]:
        """Read a table of the target, in the order of the source: that of bytes."""
        order = ", ".join(_bytewise(column) for column in side.table.primary_key)
        statement = f'SELECT {side.columns} FROM "{side.table.name}" ORDER BY {order}'  # noqa: S608
        with self._target.cursor(name="arrived") as cursor:
            cursor.itersize = _PIECE
            yield from cursor.execute(statement.encode())

    def _told(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Tell how far it is, every now and then."""
        for row in rows:
            if self._done % _PIECE == 0:
                self._progress(self._done, self._of)
            self._done += 1
            yield row


class _Side:
    """A table of the source."""

    def __init__(self, table: sa.Table, connection: sqlite3.Connection) -> None:
        self.table = table
        self.columns = ", ".join(f'"{column.name}"' for column in table.columns)
        self._connection = connection
        self._readers = [_reader(column.type) for column in table.columns]

    def count(self) -> int:
        """Count the rows."""
        query = f'SELECT count(*) FROM "{self.table.name}"'  # noqa: S608  a name of ours
        return int(self._connection.execute(query).fetchone()[0])

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Read the rows in the order of their key."""
        order = ", ".join(f'"{column.name}"' for column in self.table.primary_key)
        query = f'SELECT {self.columns} FROM "{self.table.name}" ORDER BY {order}'  # noqa: S608
        readers = self._readers
        for row in self._connection.execute(query):
            yield tuple(
                value if value is None else read(value)
                for read, value in zip(readers, row, strict=True)
            )


def _exists(connection: sqlite3.Connection, table: sa.Table) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (table.name,)).fetchone() is not None


def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return what makes of SQLite's value the one that PostgreSQL gives."""
    if isinstance(kind, sa.Boolean):
        return bool
    if isinstance(kind, sa.Uuid) and kind.native_uuid:
        return lambda value: UUID(bytes=value)
    return lambda value: value


def _bytewise(column: sa.Column[Any]) -> str:
    collation = ' COLLATE "C"' if isinstance(column.type, sa.Text) else ""
    return f'"{column.name}"{collation}'


def _proof(rows: Iterator[tuple[Any, ...]]) -> Proof:
    digest, count = hashlib.sha256(), 0
    while piece := list(islice(rows, _PIECE)):
        count += len(piece)
        digest.update("".join(map(repr, piece)).encode())
    return Proof(count, digest.hexdigest())
