"""Wires evidence to a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from infra.bootstrap import EVENTS_FILE, Qolhat, vault_key
from infra.evidence.audit import Auditing
from infra.evidence.book import EvidenceBook
from infra.evidence.closing import Closing
from infra.evidence.leaves import Source
from infra.evidence.witness import Signer
from infra.settings import Settings, StoreKind
from infra.store.identity import identity_of
from infra.vault import VaultKeys


def source_of(settings: Settings) -> Source:
    """Return where the store that the settings name is read to be hashed."""
    if settings.store is StoreKind.SQLITE:
        return Source(settings.data_dir / EVENTS_FILE)
    return Source(None, settings.postgres_dsn.get_secret_value(), settings.postgres_schema)


def signer_of(settings: Settings) -> Signer:
    """Return what signs for the store. Raises BadVaultKeyError, StorageError."""
    return Signer(VaultKeys(vault_key(settings)).signing_seed)


@contextmanager
def evidence_book(qolhat: Qolhat) -> Iterator[EvidenceBook]:
    """Open the evidence of a store. Raises StorageError."""
    book = EvidenceBook(qolhat.log)
    try:
        book.prepare()
        yield book
    finally:
        book.close()


def closing(qolhat: Qolhat, book: EvidenceBook) -> Closing:
    """Return what closes days of a store."""
    settings, identity = qolhat.settings, identity_of(qolhat.log)
    return Closing(book, source_of(settings), signer_of(settings), identity, qolhat.now)


def auditing(qolhat: Qolhat, book: EvidenceBook) -> Auditing:
    """Return what audits a store."""
    settings = qolhat.settings
    key = signer_of(settings).public
    return Auditing(book, source_of(settings), identity_of(qolhat.log), key)
