"""Looks at the vault as an auditor may: whether all seals hold and nothing is gone without a mark.

The seal (AES-256-GCM) binds every record and picture to its reference: altered, or put in another's
place, it does not open. What is gone is told by the events that name it, unless its packet's data
were erased; by the marks of searching; and an erasure by its event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from domain.directory.search import words
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.streams import number_of
from infra.desk import papers_ref
from infra.evidence.audit import Audited, Finding, Kind
from infra.store.log import EventLog
from infra.store.rows import EventRow
from infra.vault import Vault, VaultKeys, WrongVaultKeyError
from infra.vault import metadata as vault_tables

_records, _pictures, _hashes, _erasures = (
    vault_tables.tables[f"vault_{name}"] for name in ("records", "pictures", "hashes", "erasures")
)
_ROWS = 1_000


class _Named(msgspec.Struct):
    """What an event's state says of records in the vault."""

    i: str = ""
    t: str | None = None
    y: str | None = None
    signature_ref: str | None = None
    q: Any = 0


_decode = msgspec.json.Decoder(_Named).decode


@dataclass(frozen=True, slots=True)
class VaultAudited:
    """How many records and pictures were opened, how many marks of erasure stand."""

    records: int
    pictures: int
    erased: int


def audit_vault(vault: Vault, log: EventLog, audited: Audited, *, gathers: bool) -> VaultAudited:
    """Audit the vault. `gathers`: far branches keep records of their own, which are not missed.

    Raises StorageError.
    """
    checked = vault.inspected(lambda connection, keys: _seals(connection, keys, audited))
    erased = vault.inspected(lambda connection, _: _erased(connection))
    marked = set()
    for page in log.pages(0):
        marked |= {
            str(number_of(row[1])) for row in page if row[3] == Packet.PersonalDataErased.TOPIC
        }
        if not gathers:
            named = _named(page, erased)
            held = vault.inspected(partial(_held, named))
            audited.add(*(_unmarked(row, ref) for ref, row in named.items() if ref not in held))
    audited.add(*(Finding(Kind.UNMARKED, about=each) for each in sorted(marked ^ erased)))
    return VaultAudited(*checked, len(erased))


def _erased(connection: sa.Connection) -> frozenset[str]:
    return frozenset(connection.execute(sa.select(_erasures.c.subject)).scalars())


# --- seals --------------------------------------------------------------------------------------


def _seals(connection: sa.Connection, keys: VaultKeys, audited: Audited) -> tuple[int, int]:
    records = pictures = 0
    for ref, subject, sealed in _rows(connection, _records):
        records += 1
        try:
            content = keys.open(ref, sealed)
        except (WrongVaultKeyError, ValueError):
            audited.add(Finding(Kind.UNREADABLE, about=ref))
            continue
        if _marks(connection, ref) != {(mark, subject) for mark in _expected(keys, content)}:
            audited.add(Finding(Kind.LOST_RECORD, about=ref))
    for ref, _, sealed in _rows(connection, _pictures):
        pictures += 1
        try:
            keys.open_bytes(ref, sealed)
        except (WrongVaultKeyError, ValueError):
            audited.add(Finding(Kind.UNREADABLE, about=ref))
    stray = (
        sa.select(_hashes.c.ref).distinct().where(_hashes.c.ref.not_in(sa.select(_records.c.ref)))
    )
    audited.add(
        *(Finding(Kind.LOST_RECORD, about=ref) for ref in connection.execute(stray).scalars())
    )
    return records, pictures


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[str, str, bytes]]:
    """Read a table in the order of its key, some rows at a time."""
    after = ""
    columns = table.c.ref, table.c.subject, table.c.sealed
    while found := connection.execute(
        sa.select(*columns).where(table.c.ref > after).order_by(table.c.ref).limit(_ROWS)
    ).all():
        yield from ((ref, subject, bytes(sealed)) for ref, subject, sealed in found)
        after = found[-1][0]


def _marks(connection: sa.Connection, ref: str) -> set[tuple[bytes, str]]:
    query = sa.select(_hashes.c.hash, _hashes.c.subject).where(_hashes.c.ref == ref)
    return {(bytes(mark), subject) for mark, subject in connection.execute(query)}


def _expected(keys: VaultKeys, content: dict[str, Any]) -> set[bytes]:
    """Return the marks by which a record is found, from what it says."""
    surname, iin = content.get("surname") or content.get("name") or "", content.get("iin")
    marks = {keys.hash("surname", word) for word in words(str(surname))}
    return marks | ({keys.hash("iin", str(iin))} if iin else set())


# --- what events name ---------------------------------------------------------------------------


def _named(page: list[EventRow], erased: Collection[str]) -> dict[str, EventRow]:
    """Return the references that events name, but for those of erased packets."""
    return {ref: row for row in page for ref in _refs(row) if _subject(row, ref) not in erased}


def _refs(row: EventRow) -> Iterator[str]:
    try:
        named = _decode(row[4])
    except (msgspec.MsgspecError, ValueError):
        return  # the audit of the log tells of it
    yield from (ref for ref in (named.t, named.y, named.signature_ref) if ref)
    if row[3] == Packet.Registered.TOPIC and named.q:
        yield papers_ref(PacketNumber(number_of(row[1])), named.i)


def _subject(row: EventRow, ref: str) -> str:
    """Return whose record it is: a text of a packet begins with the packet's number."""
    number = ref.partition("/")[0]
    return number if number.isdigit() else str(number_of(row[1]))


def _held(refs: Collection[str], connection: sa.Connection, _: VaultKeys) -> set[str]:
    wanted, held = list(refs), set()
    for start in range(0, len(wanted), _ROWS):
        some = wanted[start : start + _ROWS]
        query = sa.select(_records.c.ref).where(_records.c.ref.in_(some))
        held |= set(connection.execute(query).scalars())
    return held


def _unmarked(row: EventRow, ref: str) -> Finding:
    at, stream, version, topic, _ = row
    return Finding(Kind.UNMARKED, at, None, stream, number_of(stream), version, topic, ref)
