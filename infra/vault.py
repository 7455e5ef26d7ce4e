"""The vault: everything that may name a person, encrypted, apart from the events.

Applicants and their families, raw input of unsettled scans, free-text reasons, pictures of papers.
An event holds only a reference. All is sealed with AES-256-GCM; people are found by keyed hashes of
the IIN and of the folded words of the surname (exact words, no prefixes), so that the file alone
tells nothing. All records and pictures of one packet can be erased, which leaves a mark here and an
event in the packet.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.crockford import in_groups, write_signs
from domain.directory.search import words
from domain.errors import QolhatError, RefusedError
from infra.database import database_error, make_tables
from infra.store.mapper import to_micros
from projections.tables import upsert

T = TypeVar("T")
KEY_BYTES = 32
_NONCE_BYTES = 12
_CODE_BYTES = 5
_CODE_SIGNS = 8
Content = Mapping[str, Any]

metadata = sa.MetaData()
_records = sa.Table(
    "vault_records",
    metadata,
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("stored_at", sa.BigInteger, nullable=False),
)
_marks = sa.Table(
    "vault_hashes",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True),
    sa.Column("ref", sa.Text, primary_key=True, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
)
_pictures = sa.Table(
    "vault_pictures",
    metadata,
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("stored_at", sa.BigInteger, nullable=False),
)
_erasures = sa.Table(
    "vault_erasures",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("erased_at", sa.BigInteger, nullable=False),
    sa.Column("erased_by", sa.BigInteger, nullable=False),
)
_proof = sa.Table(
    "vault_proof",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True),
    sa.Column("proof", sa.LargeBinary, nullable=False),
)


class BadVaultKeyError(QolhatError):
    """The key in the settings is not 32 bytes in base64."""

    code = "bad-vault-key"


class WrongVaultKeyError(QolhatError):
    """The key is not the one with which the vault was made."""

    code = "wrong-vault-key"


class ErasedError(RefusedError):
    """The personal data of this packet were erased."""

    code = "erased"
    status = 410


def new_key() -> str:
    """Make a key for the settings: 32 random bytes in base64."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


class VaultKeys:
    """The keys derived from the one in the settings: each purpose has its own."""

    def __init__(self, key: str) -> None:
        try:
            secret = base64.urlsafe_b64decode(key)
        except ValueError as error:
            raise BadVaultKeyError from error
        if len(secret) != KEY_BYTES:
            raise BadVaultKeyError
        self._cipher = AESGCM(_derived(secret, "seal"))
        self._hashing = _derived(secret, "hash")
        self._peppering = _derived(secret, "pin")
        self._session = _derived(secret, "session")
        self._receipt = _derived(secret, "receipt")
        self.signing_seed = _derived(secret, "evidence")  # of the key that signs each day's head
        self.proof = self.hash("proof", "qolhat")

    def seal(self, ref: str, content: Content) -> bytes:
        """Encrypt a record, bound to its reference."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return self.seal_bytes(ref, text)

    def seal_bytes(self, ref: str, content: bytes) -> bytes:
        """Encrypt bytes, bound to their reference."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, ref.encode())

    def open(self, ref: str, sealed: bytes) -> dict[str, Any]:
        """Decrypt a record. Raises WrongVaultKeyError if key or record were altered."""
        opened: dict[str, Any] = json.loads(self.open_bytes(ref, sealed))
        return opened

    def open_bytes(self, ref: str, sealed: bytes) -> bytes:
        """Decrypt bytes. Raises WrongVaultKeyError if key or bytes were altered."""
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, content, ref.encode())
        except InvalidTag as error:
            raise WrongVaultKeyError from error

    def hash(self, kind: str, value: str) -> bytes:
        """Return the keyed hash by which a value is looked up."""
        return hmac.new(self._hashing, f"{kind}:{value}".encode(), hashlib.sha256).digest()

    def pepper(self, pin: str) -> str:
        """Return what is hashed in place of a PIN: its few digits cannot be guessed offline."""
        return hmac.new(self._peppering, pin.encode(), hashlib.sha256).hexdigest()

    def session_mark(self, token: str) -> str:
        """Return what a session's forms carry; it tells nothing of the session's token."""
        return hmac.new(self._session, token.encode(), hashlib.sha256).hexdigest()

    def receipt_code(self, number: int) -> str:
        """Return the code printed on a packet's receipt: `7KQF-2M9X`.

        Eight signs of Crockford's base 32: 40 bits that nobody can work out without the key.
        """
        digest = hmac.new(self._receipt, str(number).encode(), hashlib.sha256).digest()
        bits = int.from_bytes(digest[:_CODE_BYTES], "big")
        return in_groups(write_signs(bits, _CODE_SIGNS))


def _derived(secret: bytes, purpose: str) -> bytes:
    info = f"qolhat vault {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


@dataclass(frozen=True, slots=True)
class Record:
    """What is put into the vault: about whom (a packet's number, or `person:7`), found by what."""

    ref: str
    subject: str
    content: Content
    iin: str | None = None
    surname: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is put into the vault, about whom (as of a record)."""

    ref: str
    subject: str
    content: bytes


class Vault:
    """Sealed records in a database of their own."""

    def __init__(self, engine: sa.Engine, keys: VaultKeys) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writing=True)
        self._keys = keys

    def prepare(self) -> None:
        """Make the tables of an embedded store and check the key. Raises WrongVaultKeyError."""
        with self._failing_clearly():
            make_tables(self._engine, metadata)
            with self._writing.begin() as connection:
                proof = connection.execute(sa.select(_proof.c.proof)).scalar()
                if proof is None:
                    connection.execute(_proof.insert().values(one=1, proof=self._keys.proof))
                elif not hmac.compare_digest(bytes(proof), self._keys.proof):
                    raise WrongVaultKeyError

    def receipt_code(self, number: int) -> str:
        """Return the code that is printed on a packet's receipt and asked for with its number."""
        return self._keys.receipt_code(number)

    def put(self, records: Iterable[Record], at: datetime) -> None:
        """Keep records durably; one with a known reference is replaced.

        Raises ErasedError if the packet's data were erased before, StorageError.
        """
        kept = list(records)
        if not kept:
            return
        with self._failing_clearly(), self._writing.begin() as connection:
            for subject in self._erased(connection, {record.subject for record in kept}):
                raise ErasedError(subject=subject)
            self._write(connection, kept, at)

    def put_unless_erased(self, records: Iterable[Record], at: datetime) -> frozenset[str]:
        """Keep durably what is about no erased packet; return the references kept.

        Raises StorageError.
        """
        offered = list({record.ref: record for record in records}.values())
        if not offered:
            return frozenset()
        with self._failing_clearly(), self._writing.begin() as connection:
            erased = self._erased(connection, {record.subject for record in offered})
            kept = [record for record in offered if record.subject not in erased]
            self._write(connection, kept, at)
        return frozenset(record.ref for record in kept)

    def _erased(self, connection: sa.Connection, subjects: set[str]) -> set[str]:
        query = sa.select(_erasures.c.subject).where(_erasures.c.subject.in_(subjects))
        return set(connection.execute(query).scalars())

    def _write(self, connection: sa.Connection, records: list[Record], at: datetime) -> None:
        upsert(connection, _records, [self._row(record, at) for record in records])
        connection.execute(_marks.delete().where(_marks.c.ref.in_([r.ref for r in records])))
        marks = [
            {"hash": value, "ref": record.ref, "subject": record.subject}
            for record in records
            for value in self._marks_of(record)
        ]
        if marks:
            connection.execute(_marks.insert(), marks)

    def _row(self, record: Record, at: datetime) -> dict[str, Any]:
        return {
            "ref": record.ref,
            "subject": record.subject,
            "sealed": self._keys.seal(record.ref, record.content),
            "stored_at": to_micros(at),
        }

    def _marks_of(self, record: Record) -> set[bytes]:
        """Return the hashes by which a record is found."""
        marks = {self._keys.hash("surname", word) for word in words(record.surname or "")}
        return marks | ({self._keys.hash("iin", record.iin)} if record.iin else set())

    def get(self, ref: str) -> dict[str, Any] | None:
        """Return a record's content, None if there is none (any more)."""
        with self._failing_clearly(), self._engine.connect() as connection:
            query = sa.select(_records.c.sealed).where(_records.c.ref == ref)
            sealed = connection.execute(query).scalar()
        return None if sealed is None else self._keys.open(ref, bytes(sealed))

    def get_many(self, refs: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the contents of the records that exist, by reference."""
        wanted = list(refs)
        query = sa.select(_records.c.ref, _records.c.sealed).where(_records.c.ref.in_(wanted))
        with self._failing_clearly(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {ref: self._keys.open(ref, bytes(sealed)) for ref, sealed in rows}

    def held_of(self, subject: str) -> dict[str, dict[str, Any]]:
        """Return everything held of a subject, by reference."""
        query = sa.select(_records.c.ref, _records.c.sealed).where(_records.c.subject == subject)
        with self._failing_clearly(), self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_records.c.ref)).all()
        return {ref: self._keys.open(ref, bytes(sealed)) for ref, sealed in rows}

    # --- pictures -----------------------------------------------------------------------------

    def mark_of(self, *parts: str) -> str:
        """Return a keyed hash (32 hex digits) by which something is known again, and nothing told.

        The same page has the same reference, and nobody can find out whose it is by trying files.
        """
        return self._keys.hash("mark", ":".join(parts)).hex()[:32]

    def put_pictures(self, pictures: Iterable[Picture], at: datetime) -> frozenset[str]:
        """Keep pictures durably that are about no erased packet; return the references kept.

        One with a known reference is replaced. Raises StorageError.
        """
        offered = list(pictures)
        if not offered:
            return frozenset()
        with self._failing_clearly(), self._writing.begin() as connection:
            erased = self._erased(connection, {picture.subject for picture in offered})
            kept = [picture for picture in offered if picture.subject not in erased]
            upsert(connection, _pictures, [self._picture_row(each, at) for each in kept])
        return frozenset(picture.ref for picture in kept)

    def _picture_row(self, picture: Picture, at: datetime) -> dict[str, Any]:
        return {
            "ref": picture.ref,
            "subject": picture.subject,
            "sealed": self._keys.seal_bytes(picture.ref, picture.content),
            "stored_at": to_micros(at),
        }

    def picture(self, ref: str) -> bytes | None:
        """Return a picture, None if there is none (any more)."""
        query = sa.select(_pictures.c.sealed).where(_pictures.c.ref == ref)
        with self._failing_clearly(), self._engine.connect() as connection:
            sealed = connection.execute(query).scalar()
        return None if sealed is None else self._keys.open_bytes(ref, bytes(sealed))

    def pictured(self, refs: Iterable[str]) -> dict[str, str]:
        """Return about whom pictures are, by reference, as far as they are there."""
        query = sa.select(_pictures.c.ref, _pictures.c.subject)
        with self._failing_clearly(), self._engine.connect() as connection:
            return dict(connection.execute(query.where(_pictures.c.ref.in_(list(refs)))).all())

    def assign_picture(self, ref: str, subject: str) -> None:
        """Say about whom a picture is after all. Raises ErasedError, StorageError."""
        with self._failing_clearly(), self._writing.begin() as connection:
            if self._erased(connection, {subject}):
                raise ErasedError(subject=subject)
            mine = _pictures.update().where(_pictures.c.ref == ref)
            connection.execute(mine.values(subject=subject))

    def discard_pictures(self, refs: Iterable[str]) -> None:
        """Take pictures out of the vault; no mark is left."""
        gone = list(refs)
        with self._failing_clearly(), self._writing.begin() as connection:
            connection.execute(_pictures.delete().where(_pictures.c.ref.in_(gone)))
        self._forget_the_journal()

    # --- finding ------------------------------------------------------------------------------

    def find(self, *, iin: str | None = None, surname: str | None = None) -> tuple[str, ...]:
        """Return the subjects with this IIN, or with all these words in the surname."""
        hashes = [self._keys.hash("iin", iin)] if iin else []
        hashes += [self._keys.hash("surname", word) for word in words(surname or "")]
        if not hashes:
            return ()
        query = (
            sa.select(_marks.c.subject)
            .distinct()
            .where(_marks.c.hash.in_(hashes))
            .group_by(_marks.c.ref, _marks.c.subject)
            .having(sa.func.count() == len(set(hashes)))
            .order_by(_marks.c.subject)
        )
        with self._failing_clearly(), self._engine.connect() as connection:
            return tuple(connection.execute(query).scalars())

    def erase(self, subject: str, at: datetime, by: int) -> int:
        """Erase all records and pictures of a subject and leave a mark; return how many."""
        with self._failing_clearly(), self._writing.begin() as connection:
            gone = connection.execute(_records.delete().where(_records.c.subject == subject))
            torn = connection.execute(_pictures.delete().where(_pictures.c.subject == subject))
            connection.execute(_marks.delete().where(_marks.c.subject == subject))
            marked = sa.select(_erasures.c.subject).where(_erasures.c.subject == subject)
            if connection.execute(marked).first() is None:
                values = {"subject": subject, "erased_at": to_micros(at), "erased_by": by}
                connection.execute(_erasures.insert().values(**values))
        self._forget_the_journal()
        return gone.rowcount + torn.rowcount

    def _forget_the_journal(self) -> None:
        """SQLite's write-ahead file still holds the old pages until it is emptied."""
        if self._engine.dialect.name == "sqlite":
            with self._failing_clearly(), self._engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")

    def discard(self, refs: Iterable[str]) -> None:
        """Take back records that came to nothing; no mark is left."""
        gone = list(refs)
        with self._failing_clearly(), self._writing.begin() as connection:
            connection.execute(_records.delete().where(_records.c.ref.in_(gone)))
            connection.execute(_marks.delete().where(_marks.c.ref.in_(gone)))

    def inspected(self, look: Callable[[sa.Connection, VaultKeys], T]) -> T:
        """Let an audit look at the tables as they are, with the keys. Raises StorageError."""
        with self._failing_clearly(), self._engine.connect() as connection:
            return look(connection, self._keys)

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    @contextmanager
    def _failing_clearly(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise database_error(error) from error
