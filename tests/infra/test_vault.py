"""The vault: sealed, found by exact words only, erasable for one packet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from infra.bootstrap import VAULT_FILE, bootstrap, vault_key
from infra.database import postgres_engine, sqlite_engine
from infra.settings import Settings, StoreKind
from infra.vault import (
    BadVaultKeyError,
    ErasedError,
    Picture,
    Record,
    Vault,
    VaultKeys,
    WrongVaultKeyError,
    new_key,
)
from tests.stories import MORNING

PERSON = {"surname": "Сынақбаева-Үлгі", "iin": "850312401235", "address": "Ақсу, Желтоқсан 5"}


def open_engine(settings: Settings) -> sa.Engine:
    """The vault's database of either kind."""
    if settings.store is StoreKind.POSTGRES:
        return postgres_engine(settings.postgres_dsn.get_secret_value())
    return sqlite_engine(settings.data_dir / VAULT_FILE, durable=True)


@pytest.fixture
def vault(settings: Settings) -> Iterator[Vault]:
    """An empty vault with a key of its own."""
    opened = Vault(open_engine(settings), VaultKeys(new_key()))
    opened.prepare()
    yield opened
    opened.close()


def keep(vault: Vault, number: str = "1", **changed: str) -> None:
    person = PERSON | changed
    record = Record(f"{number}/applicant", number, person, person["iin"], person["surname"])
    vault.put([record], MORNING)


def test_what_is_kept_is_read_back(vault: Vault) -> None:
    keep(vault)
    assert vault.get("1/applicant") == PERSON
    assert vault.get("2/applicant") is None
    assert vault.get_many(["1/applicant", "2/applicant"]) == {"1/applicant": PERSON}


def test_a_person_is_found_by_iin_and_by_whole_words_of_the_surname(vault: Vault) -> None:
    keep(vault)
    keep(vault, "2", surname="Басқа", iin="900101300127")
    assert vault.find(iin="850312401235") == ("1",)
    for typed in ("сынақбаева", "СЫНАКБАЕВА", "улги сынакбаева", "Үлгі"):
        assert vault.find(surname=typed) == ("1",), typed
    assert vault.find(surname="сынақ") == ()  # no prefixes
    assert vault.find(surname="Сынақбаева Басқа") == ()
    assert vault.find(iin="850312401235", surname="Басқа") == ()
    assert vault.find() == ()


def test_a_record_is_replaced_by_one_with_the_same_reference(vault: Vault) -> None:
    keep(vault)
    keep(vault, address="Талдықорған")
    kept = vault.get("1/applicant")
    assert kept is not None
    assert kept["address"] == "Талдықорған"


def test_nothing_stands_in_the_file_in_the_clear(
    vault: Vault, settings: Settings, tmp_path: Path
) -> None:
    keep(vault)
    if settings.store is StoreKind.POSTGRES:
        with open_engine(settings).connect() as connection:
            rows = connection.execute(sa.text("SELECT * FROM vault_records, vault_hashes")).all()
        raw = repr([[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in rows])
        assert "Сынақ" not in raw
        assert "850312401235" not in raw
        return
    for file in tmp_path.glob(f"{VAULT_FILE}*"):
        content = file.read_bytes()
        assert "Сынақбаева".encode() not in content
        assert b"850312401235" not in content


def test_one_packets_data_are_erased_and_stay_erased(vault: Vault) -> None:
    keep(vault)
    keep(vault, "2", surname="Басқа", iin="900101300127")
    assert vault.erase("1", MORNING, by=7) == 1
    assert vault.get("1/applicant") is None
    assert vault.find(iin="850312401235") == ()
    assert vault.find(surname="Басқа") == ("2",)
    with pytest.raises(ErasedError):
        keep(vault)
    assert vault.erase("1", MORNING, by=7) == 0


def test_what_came_to_nothing_is_discarded_without_a_mark(vault: Vault) -> None:
    keep(vault)
    vault.discard(["1/applicant"])
    assert vault.get("1/applicant") is None
    keep(vault)
    assert vault.find(iin="850312401235") == ("1",)


PIXELS = bytes(range(256)) * 1500  # 384 kB


def test_a_picture_is_sealed_erased_with_its_packet_and_bound_to_its_reference(
    vault: Vault, settings: Settings, tmp_path: Path
) -> None:
    assert vault.put_pictures([Picture("a", "1", PIXELS), Picture("b", "2", b"b")], MORNING) == {
        "a",
        "b",
    }
    assert (vault.picture("a"), vault.picture("c")) == (PIXELS, None)
    assert vault.pictured(["a", "b", "c"]) == {"a": "1", "b": "2"}
    if settings.store is StoreKind.SQLITE:
        files = [file.read_bytes() for file in tmp_path.iterdir() if file.is_file()]
        assert not [file for file in files if bytes(range(64)) in file]
    assert vault.erase("1", MORNING, 7) == 1
    assert (vault.picture("a"), vault.picture("b")) == (None, b"b")
    late = [Picture("d", "1", b"d"), Picture("e", "2", b"e")]
    assert vault.put_pictures(late, MORNING) == {"e"}
    with pytest.raises(ErasedError):
        vault.assign_picture("b", "1")
    vault.assign_picture("b", "3")
    assert vault.pictured(["b", "d"]) == {"b": "3"}
    vault.discard_pictures(["b", "x"])
    assert vault.put_pictures([], MORNING) == frozenset()
    assert vault.pictured(["b", "e"]) == {"e": "2"}
    with open_engine(settings).begin() as connection:
        connection.execute(sa.text("UPDATE vault_pictures SET ref = 'f' WHERE ref = 'e'"))
    with pytest.raises(WrongVaultKeyError):
        vault.picture("f")


def test_a_mark_is_the_same_for_the_same_and_tells_nothing_without_the_key(vault: Vault) -> None:
    mark = vault.mark_of("page", "digest", "1")
    assert mark == vault.mark_of("page", "digest", "1")
    assert mark != vault.mark_of("page", "digest", "2")
    assert len(mark) == 32
    other = VaultKeys(new_key())
    assert other.hash("mark", "page:digest:1").hex()[:32] != mark


def test_a_wrong_key_is_noticed_at_the_door(vault: Vault, settings: Settings) -> None:
    other = Vault(open_engine(settings), VaultKeys(new_key()))
    with pytest.raises(WrongVaultKeyError):
        other.prepare()
    other.close()


def test_a_record_that_was_altered_or_moved_is_noticed(vault: Vault, settings: Settings) -> None:
    keep(vault)
    engine = open_engine(settings)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE vault_records SET ref='2/applicant'"))
    with pytest.raises(WrongVaultKeyError):
        vault.get("2/applicant")
    engine.dispose()


@pytest.mark.parametrize("key", ["short", "!!!", "x" * 44])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(BadVaultKeyError):
        VaultKeys(key)


def test_the_key_file_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with bootstrap(settings):
        pass
    key = vault_key(settings)
    assert key == vault_key(settings)
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "vault.key").unlink()
    with pytest.raises(WrongVaultKeyError):
        bootstrap(settings)
