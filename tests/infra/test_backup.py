"""A backup is made while people work, restored elsewhere, and nothing is missing."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from infra.backup import (
    BackupOfServerError,
    BadBackupError,
    FolderNotEmptyError,
    NothingToBackUpError,
    backup,
    restore,
)
from infra.bootstrap import VIEWS_FILE, bootstrap
from infra.settings import Settings, StoreKind
from infra.store.identity import identity_of
from infra.views.rebuild import verify
from tests.office import APPLICANT, Office, SettableClock
from tests.stories import MORNING


def worked(folder: Path) -> tuple[Settings, list[object]]:
    """A store with a packet in it, and its events."""
    settings, clock = Settings(data_dir=folder), SettableClock()
    with bootstrap(settings, now=clock) as qolhat:
        Office(qolhat, clock).until_the_courier()
        qolhat.runner.catch_up()
        rows: list[object] = list(qolhat.log.rows.rows_after(0, 1000))
    return settings, rows


def test_events_vault_and_key_come_back_from_a_backup(tmp_path: Path) -> None:
    settings, rows = worked(tmp_path / "old")
    archive = tmp_path / "qolhat.tar.gz"
    with bootstrap(settings):  # the server goes on while the backup is made
        made = backup(settings, archive, MORNING)
    assert (made.events, made.with_key) == (len(rows), True)
    assert archive.stat().st_mode & 0o777 == 0o600

    fresh = Settings(data_dir=tmp_path / "new")
    assert restore(fresh, archive).events == len(rows)
    with bootstrap(fresh) as qolhat:
        assert list(qolhat.log.rows.rows_after(0, 1000)) == rows
        (number,) = qolhat.vault.find(iin=APPLICANT["iin"])
        assert list(qolhat.vault.held_of(number).values()) == [APPLICANT]
        qolhat.runner.catch_up()
        assert verify(qolhat.log, qolhat.views).differences == ()


def test_a_restored_store_is_the_same_one_in_another_life(tmp_path: Path) -> None:
    settings, _ = worked(tmp_path / "old")
    archive = backup(settings, tmp_path / "qolhat.tar.gz", MORNING).file
    fresh = Settings(data_dir=tmp_path / "new")
    restore(fresh, archive)
    with bootstrap(settings) as old, bootstrap(fresh) as new:
        before, after = identity_of(old.log), identity_of(new.log)
    assert before.store == after.store
    assert before.epoch < after.epoch
    assert not list(fresh.data_dir.glob("*-wal"))


def test_a_backup_without_the_key_needs_it_from_elsewhere(tmp_path: Path) -> None:
    settings, _ = worked(tmp_path / "old")
    archive = tmp_path / "qolhat.tar.gz"
    assert not backup(settings, archive, MORNING, with_key=False).with_key
    with tarfile.open(archive) as opened:
        assert "vault.key" not in opened.getnames()
    fresh = Settings(data_dir=tmp_path / "new")
    assert not restore(fresh, archive).with_key
    key = (tmp_path / "old" / "vault.key").read_text()
    (tmp_path / "new" / "vault.key").write_text(key)
    with bootstrap(fresh) as qolhat:
        assert qolhat.vault.find(iin=APPLICANT["iin"])


def test_a_restore_overwrites_nothing(tmp_path: Path) -> None:
    settings, _ = worked(tmp_path / "old")
    archive = tmp_path / "qolhat.tar.gz"
    backup(settings, archive, MORNING)
    with pytest.raises(FolderNotEmptyError):
        restore(settings, archive)


def test_an_archive_that_was_altered_or_is_none_is_refused(tmp_path: Path) -> None:
    settings, _ = worked(tmp_path / "old")
    archive = tmp_path / "qolhat.tar.gz"
    backup(settings, archive, MORNING)
    fresh = Settings(data_dir=tmp_path / "new")
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadBackupError):
        restore(fresh, archive)
    archive.write_bytes(b"not a backup at all")
    with pytest.raises(BadBackupError):
        restore(fresh, archive)
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(tmp_path / "old" / "events.db", "../events.db")
    with pytest.raises(BadBackupError):
        restore(fresh, archive)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == []


def test_an_altered_database_inside_an_archive_is_noticed(tmp_path: Path) -> None:
    settings, _ = worked(tmp_path / "old")
    archive, other = tmp_path / "qolhat.tar.gz", tmp_path / "altered.tar.gz"
    backup(settings, archive, MORNING)
    with tarfile.open(archive) as opened, tarfile.open(other, "w:gz") as altered:
        for entry in opened:
            content = opened.extractfile(entry)
            if entry.name == "events.db":
                altered.add(tmp_path / "old" / "vault.db", "events.db")
            elif content is not None:
                altered.addfile(entry, content)
    with pytest.raises(BadBackupError, match=r"events\.db"):
        restore(Settings(data_dir=tmp_path / "new"), other)


def test_there_must_be_something_to_back_up_and_it_must_be_ours(tmp_path: Path) -> None:
    with pytest.raises(NothingToBackUpError):
        backup(Settings(data_dir=tmp_path), tmp_path / "x.tar.gz", MORNING)
    server = Settings(data_dir=tmp_path, store=StoreKind.POSTGRES)
    with pytest.raises(BackupOfServerError):
        backup(server, tmp_path / "x.tar.gz", MORNING)


def test_views_of_another_store_do_not_stay_beside_a_restored_one(tmp_path: Path) -> None:
    settings, rows = worked(tmp_path / "old")
    archive = backup(settings, tmp_path / "qolhat.tar.gz", MORNING).file
    fresh = Settings(data_dir=tmp_path / "new")
    fresh.data_dir.mkdir()
    (fresh.data_dir / VIEWS_FILE).write_bytes(b"of another store")
    restore(fresh, archive)
    with bootstrap(fresh) as qolhat:
        assert qolhat.runner.catch_up() == len(rows)
