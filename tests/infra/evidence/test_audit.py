"""Whoever alters a byte or a row of the store is told of by an audit, whichever table it is in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.evidence.audit import Audited, Kind
from infra.evidence.book import chunk_of
from infra.evidence.leaves import leaves_of
from infra.evidence.vaulted import audit_vault
from infra.evidence.wiring import auditing, closing, source_of
from infra.evidence.witness import Head
from infra.vault import Picture
from tests.infra.evidence.altering import alter, ask
from tests.office import Office, SettableClock
from tests.stories import MORNING

ONE_DAY = 24 * 60  # minutes


@pytest.fixture
def head(qolhat: Qolhat, office: Office, clock: SettableClock) -> Head:
    """The head of the second of two closed days, in which there is something of everything."""
    numbers = [office.register(minute, papers=["жеке куәлік"])[0] for minute in range(10, 16)]
    for number in numbers:
        office.scan(40, number, Role.COLLECTING)
    office.scan(41, "torn 10267", Role.COLLECTING, ref="torn")
    office.scan(ONE_DAY + 20, numbers[0], Role.COURIER)
    office.act(ONE_DAY + 30, ActKind.LOST, Role.COURIER, numbers[1], text="көшеде қалды")
    qolhat.desk.erase(numbers[2], office.source(ONE_DAY + 40, Role.HEAD))
    pictures = [Picture(f"p{each}", str(numbers[0]), bytes(99)) for each in "12"]
    qolhat.vault.put_pictures(pictures, MORNING)
    clock.at += timedelta(days=1)
    closed = closing(qolhat).close()
    office.scan(2 * ONE_DAY + 20, numbers[3], Role.COURIER)  # not closed yet
    return closed[-1]


def audited(qolhat: Qolhat, **how: Any) -> Audited:
    return auditing(qolhat).run(**how)


def test_an_honest_store_is_good(qolhat: Qolhat, head: Head) -> None:
    found = audited(qolhat, witness=head)
    assert found.is_good, found.findings
    assert found.events == head.size
    assert found.open_events == 1
    seen = audit_vault(qolhat.vault, qolhat.log, found, gathers=False)
    assert found.is_good, found.findings
    assert (seen.pictures, seen.erased) == (2, 1)
    assert seen.records > 10


# --- events -------------------------------------------------------------------------------------

MIDDLE = 20
_SWAP = "UPDATE stored_events SET position = ? WHERE position = ?"


def _swap(qolhat: Qolhat) -> None:
    for to, of in ((-1, MIDDLE), (MIDDLE, MIDDLE + 1), (MIDDLE + 1, -1)):
        alter(qolhat, _SWAP, to, of)


def _make_room(qolhat: Qolhat) -> None:
    """Put an event between two others: those after it move up."""
    top = ask(qolhat, "SELECT max(position) FROM stored_events")[0][0]
    for at in range(top, MIDDLE - 1, -1):
        alter(qolhat, _SWAP, at + 1, at)
    stream = ask(qolhat, "SELECT stream FROM stored_events WHERE position = 1")[0][0]
    row = (MIDDLE, stream, 999, "pkt.scan", "{}")
    alter(qolhat, "INSERT INTO stored_events VALUES (?, ?, ?, ?, ?)", *row)


EVENTS: dict[str, tuple[Callable[[Qolhat], None], Kind, int]] = {
    "a byte of the state": (
        lambda q: alter(
            q,
            "UPDATE stored_events SET state = replace(state, ':', ': ') WHERE position = ?",
            MIDDLE,
        ),
        Kind.ALTERED,
        MIDDLE,
    ),
    "the topic": (
        lambda q: alter(q, "UPDATE stored_events SET topic = 'pkt.car' WHERE position = ?", MIDDLE),
        Kind.ALTERED,
        MIDDLE,
    ),
    "the version": (
        lambda q: alter(
            q, "UPDATE stored_events SET version = version + 70 WHERE position = ?", MIDDLE
        ),
        Kind.ALTERED,
        MIDDLE,
    ),
    "a row is gone": (
        lambda q: alter(q, "DELETE FROM stored_events WHERE position = ?", MIDDLE),
        Kind.MISSING,
        MIDDLE,
    ),
    "a row is put between": (_make_room, Kind.ALTERED, MIDDLE),
    "a row is put before all": (
        lambda q: alter(
            q,
            "INSERT INTO stored_events SELECT 0, stream, 999, topic, state FROM stored_events"
            " WHERE position = 1",
        ),
        Kind.INSERTED,
        0,
    ),
    "two change places": (_swap, Kind.ALTERED, MIDDLE),
}


@pytest.mark.parametrize("how", EVENTS)
def test_the_first_event_that_is_not_as_it_was_is_named(
    qolhat: Qolhat, head: Head, how: str
) -> None:
    change, kind, position = EVENTS[how]
    stream = ask(qolhat, "SELECT stream FROM stored_events WHERE position = ?", position or 1)[0][0]
    change(qolhat)
    found = audited(qolhat)
    first = found.findings[0]
    assert (first.kind, first.position) == (kind, position)
    assert first.day is not None
    if kind is Kind.ALTERED and how not in ("a row is put between", "two change places"):
        assert first.stream is not None
        assert first.stream.bytes == getattr(stream, "bytes", stream)


def test_the_packet_of_an_altered_event_and_its_day_are_named(qolhat: Qolhat, head: Head) -> None:
    rows = qolhat.log.rows.rows_after(0, 1_000)
    row = next(row for row in rows if row[3] == Packet.Lost.TOPIC)
    alter(qolhat, "UPDATE stored_events SET state = '{}' WHERE position = ?", row[0])
    (found,) = audited(qolhat).findings
    assert (found.kind, found.position, found.version) == (Kind.ALTERED, row[0], row[2])
    assert found.number == PacketNumber(row[1].int & (1 << 60) - 1)
    assert found.day == head.day
    assert audited(qolhat, day=head.day).findings == [found]
    assert audited(qolhat, day=head.day - timedelta(days=1)).is_good


def test_whose_event_is_missing_the_gap_in_its_stream_tells(qolhat: Qolhat, head: Head) -> None:
    rows = qolhat.log.rows.rows_after(0, 1_000)
    first = next(row for row in rows if row[3] == Packet.Registered.TOPIC)
    alter(qolhat, "DELETE FROM stored_events WHERE position = ?", first[0])
    missing, gap = audited(qolhat).findings
    assert (missing.kind, missing.position) == (Kind.MISSING, first[0])
    assert (gap.kind, gap.stream) == (Kind.GAP, first[1])


def test_a_gap_after_the_last_head_is_told_too(qolhat: Qolhat, head: Head) -> None:
    alter(
        qolhat,
        "UPDATE stored_events SET version = version + 1 WHERE position ="
        " (SELECT max(position) FROM stored_events)",
    )
    (found,) = audited(qolhat).findings
    assert found.kind is Kind.GAP


# --- evidence -----------------------------------------------------------------------------------

_FLIP = "substr(leaves, 1, 32) || substr(leaves, 65, 32) || substr(leaves, 33, 32)"
EVIDENCE: dict[str, tuple[str, Kind]] = {
    "a leaf": ("UPDATE evidence_leaves SET leaves = ?", Kind.LEAVES),
    "a chunk's root": ("UPDATE evidence_leaves SET root = ?", Kind.LEAVES),
    "a chunk's positions": ("UPDATE evidence_leaves SET positions = ?", Kind.LEAVES),
    "where a chunk begins": ("UPDATE evidence_leaves SET first = first + 1", Kind.LEAVES),
    "all leaves are gone": ("DELETE FROM evidence_leaves", Kind.TREE),
    "a head's root": ("UPDATE evidence_heads SET root = ?", Kind.SIGNATURE),
    "a head's size": ("UPDATE evidence_heads SET size = size + 1", Kind.SIGNATURE),
    "a head's day": ("UPDATE evidence_heads SET day = '2001' || substr(day, 5)", Kind.SIGNATURE),
    "a head's number": ("UPDATE evidence_heads SET number = number + 1", Kind.SIGNATURE),
    "a head's key": ("UPDATE evidence_heads SET key = ?", Kind.SIGNATURE),
    "a head's signature": ("UPDATE evidence_heads SET signature = ?", Kind.SIGNATURE),
    "a head's epoch": ("UPDATE evidence_heads SET epoch = epoch - 1", Kind.SIGNATURE),
    "the first head is gone": ("DELETE FROM evidence_heads WHERE number = 1", Kind.HEAD_MISSING),
    "the last head is gone": ("DELETE FROM evidence_heads WHERE number = 2", Kind.HEAD_MISSING),
    "all heads are gone": ("DELETE FROM evidence_heads", Kind.HEAD_MISSING),
    "a store of another name": ("UPDATE store_identity SET store = ?", Kind.OTHER_STORE),
    "a store of an earlier life": ("UPDATE store_identity SET epoch = 1", Kind.OTHER_STORE),
}


@pytest.mark.parametrize("how", EVIDENCE)
def test_evidence_that_was_altered_itself_is_told(qolhat: Qolhat, head: Head, how: str) -> None:
    statement, kind = EVIDENCE[how]
    table, column = statement.split()[1], statement.split()[3] if "SET" in statement else ""
    values: list[Any] = []
    if "?" in statement:
        before = ask(qolhat, f"SELECT {column} FROM {table}")[0][0]
        values = [_flipped(before)]
    alter(qolhat, statement, *values)
    found = audited(qolhat)
    assert kind in {each.kind for each in found.findings}, found.findings


def _flipped(value: Any) -> Any:
    if isinstance(value, str):  # an id in hexadecimal digits
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return bytes([value[0] ^ 1]) + value[1:] if value else bytes(8)


def test_events_and_leaves_altered_alike_do_not_lead_to_what_was_signed(
    qolhat: Qolhat, head: Head
) -> None:
    alter(qolhat, "UPDATE stored_events SET state = '{}' WHERE position = ?", MIDDLE)
    with source_of(qolhat.settings).opened() as reader:
        forged = chunk_of(0, range(1, head.size + 1), leaves_of(reader.rows(0, head.size)))
    alter(qolhat, "UPDATE evidence_leaves SET leaves = ?", forged.leaves)
    alter(qolhat, "UPDATE evidence_leaves SET root = ?", forged.root)
    found = audited(qolhat)
    assert [each.kind for each in found.findings] == [Kind.TREE]
    assert found.findings[0].day == head.day - timedelta(days=1)  # the day of the altered event


def test_who_cuts_off_the_end_with_its_evidence_is_convicted_by_the_paper(
    qolhat: Qolhat, head: Head
) -> None:
    for table in ("stored_events", "evidence_leaves", "evidence_heads"):
        alter(qolhat, f"DELETE FROM {table}")
    assert audited(qolhat).is_good  # there is nothing, and nothing says that there was
    (found,) = audited(qolhat, witness=head).findings
    assert (found.kind, found.day) == (Kind.TREE, head.day)


# --- the vault ----------------------------------------------------------------------------------


def _of_a_text(table: str, column: str) -> str:
    return f"UPDATE {table} SET {column} = ? WHERE ref = ?"


VAULT: dict[str, tuple[str, Kind]] = {
    "a record's bytes": ("UPDATE vault_records SET sealed = ? WHERE ref = ?", Kind.UNREADABLE),
    "a record's name": ("UPDATE vault_records SET ref = 'x' WHERE ref = ?", Kind.UNREADABLE),
    "whose a record is": ("UPDATE vault_records SET subject = 'x' WHERE ref = ?", Kind.LOST_RECORD),
    "a record is gone": ("DELETE FROM vault_records WHERE ref = ?", Kind.LOST_RECORD),
    "a mark of searching": ("UPDATE vault_hashes SET hash = ? WHERE ref = ?", Kind.LOST_RECORD),
    "a mark is gone": ("DELETE FROM vault_hashes WHERE ref = ?", Kind.LOST_RECORD),
}


@pytest.mark.parametrize("how", VAULT)
def test_a_record_that_was_altered_or_taken_away_is_told(
    qolhat: Qolhat, head: Head, how: str
) -> None:
    statement, kind = VAULT[how]
    table = "vault_hashes" if "vault_hashes" in statement else "vault_records"
    column = "hash" if table == "vault_hashes" else "sealed"
    query = f"SELECT ref, {column} FROM {table} WHERE ref IN (SELECT ref FROM vault_hashes) LIMIT 1"
    ref, value = ask(qolhat, query, file="vault.db")[0]
    values = [_flipped(value), ref] if statement.count("?") > 1 else [ref]
    if how == "a mark of searching":
        alter(
            qolhat,
            "DELETE FROM vault_hashes WHERE ref = ? AND hash <> ?",
            ref,
            value,
            file="vault.db",
        )
    alter(qolhat, statement, *values, file="vault.db")
    found = audited(qolhat)
    audit_vault(qolhat.vault, qolhat.log, found, gathers=False)
    assert kind in {each.kind for each in found.findings}, found.findings


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("UPDATE vault_pictures SET sealed = substr(sealed, 1, 20)", Kind.UNREADABLE),
        ("UPDATE vault_pictures SET ref = ref || 'x'", Kind.UNREADABLE),
        ("DELETE FROM vault_erasures", Kind.UNMARKED),
        ("UPDATE vault_erasures SET subject = '1'", Kind.UNMARKED),
        ("INSERT INTO vault_erasures VALUES ('7', 1, 1)", Kind.UNMARKED),
        (
            "DELETE FROM vault_records WHERE ref LIKE '%/papers/%' OR ref LIKE 'scan/%'",
            Kind.UNMARKED,
        ),
    ],
)
def test_pictures_marks_of_erasure_and_texts(
    qolhat: Qolhat, head: Head, how: str, kind: Kind
) -> None:
    alter(qolhat, how, file="vault.db")
    found = audited(qolhat)
    audit_vault(qolhat.vault, qolhat.log, found, gathers=False)
    assert kind in {each.kind for each in found.findings}, found.findings
