"""The commands for a store on a server: migrate, move."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.bootstrap import bootstrap
from infra.migrations import HEAD
from infra.settings import Settings
from tests.api.cli.console import LANGUAGES, run_command
from tests.office import Office, SettableClock

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _server(monkeypatch: Patch, empty_postgres_dsn: str, tmp_path: Path) -> None:
    """The settings name a database in which there is nothing."""
    monkeypatch.setenv("QOLHAT_STORE", "postgres")
    monkeypatch.setenv("QOLHAT_POSTGRES_DSN", empty_postgres_dsn)
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(tmp_path / "server"))
    monkeypatch.setenv("QOLHAT_LANGUAGE", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_starts_too_early_is_told_what_to_do(
    monkeypatch: Patch, capsys: Capture, language: str
) -> None:
    monkeypatch.setenv("QOLHAT_LANGUAGE", language)
    said = run_command(monkeypatch, capsys, ["holdings"])
    assert said.code == 1
    assert "qolhat migrate" in said.text
    assert HEAD in said.text


def test_migrating_tells_what_it_did(monkeypatch: Patch, capsys: Capture) -> None:
    assert f"– → {HEAD}" in run_command(monkeypatch, capsys, ["migrate"]).text
    again = run_command(monkeypatch, capsys, ["migrate", "--json"])
    assert again.data == {"before": HEAD, "after": HEAD}
    assert "up to date" in run_command(monkeypatch, capsys, ["migrate"]).text
    assert run_command(monkeypatch, capsys, ["holdings"]).code == 0


def test_an_embedded_store_is_moved(monkeypatch: Patch, capsys: Capture, tmp_path: Path) -> None:
    embedded = str(tmp_path / "embedded")
    monkeypatch.setenv("QOLHAT_STORE", "sqlite")
    monkeypatch.setenv("QOLHAT_DATA_DIR", embedded)
    with bootstrap(Settings(), now=(clock := SettableClock())) as qolhat:
        Office(qolhat, clock).register()
        events = qolhat.log.rows.last_position()
    before = run_command(monkeypatch, capsys, ["holdings", "--json"]).data
    refused = run_command(monkeypatch, capsys, ["move", "--from", embedded, "--json"])
    assert refused.problem["code"] == "nothing-to-migrate"
    monkeypatch.setenv("QOLHAT_STORE", "postgres")
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(tmp_path / "server"))
    early = run_command(monkeypatch, capsys, ["move", "--from", embedded, "--json"])
    assert early.problem["code"] == "store-not-migrated"
    run_command(monkeypatch, capsys, ["migrate"])
    moved = run_command(monkeypatch, capsys, ["move", "--from", embedded, "--json"])
    assert moved.data["events"] == moved.data["tables"]["stored_events"]["rows"] == events
    assert run_command(monkeypatch, capsys, ["holdings", "--json"]).data == before
    assert run_command(monkeypatch, capsys, ["verify"]).code == 0
    again = run_command(monkeypatch, capsys, ["move", "--from", embedded, "--json"])
    assert again.problem["code"] == "target-not-empty"
    nowhere = run_command(monkeypatch, capsys, ["move", "--from", "nowhere", "--json"])
    assert nowhere.problem["code"] == "nothing-to-move"
