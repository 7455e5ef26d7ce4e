"""Wires evidence to a store."""

from __future__ import annotations

from infra.bootstrap import EVENTS_FILE, Qolhat, vault_key
from infra.evidence.audit import Auditing
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


def closing(qolhat: Qolhat) -> Closing:
    """Return what closes days of a store."""
    settings, identity = qolhat.settings, identity_of(qolhat.log)
    signer = signer_of(settings)
    return Closing(qolhat.evidence, source_of(settings), signer, identity, qolhat.now)


def auditing(qolhat: Qolhat) -> Auditing:
    """Return what audits a store."""
    settings, identity = qolhat.settings, identity_of(qolhat.log)
    return Auditing(qolhat.evidence, source_of(settings), identity, signer_of(settings))
