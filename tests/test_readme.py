"""The README is true: its commands run, its settings, commands and targets exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from api.cli import app
from infra.settings import Settings
from tests.api.cli.console import Said, run_command

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
OF_THE_COMMAND_LINE = {"QOLHAT_TOKEN"}


def walk() -> list[str]:
    """The lines that a newcomer types, in their order."""
    lines = "".join(BLOCK.findall(README)).splitlines()
    return [line.removeprefix("$ qolhat ") for line in lines]


def test_the_walk_through_runs_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(tmp_path / "try"))
    monkeypatch.setenv("QOLHAT_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "400")
    said = {line: run_command(monkeypatch, capsys, shlex.split(line)) for line in walk()}
    failed = [line for line, told in said.items() if told.code]
    # A scan that waits for a decision is told apart by its exit code.
    assert failed == ['scan "1026 7000 0OO1 23" --person 137']
    assert "1026 7000 0001 23" in _the(said, "register").text
    assert "stages skipped" in _the(said, "history").text
    assert (tmp_path / "qolhat-backup.tar.gz").exists()


def _the(said: dict[str, Said], command: str) -> Said:
    return next(told for line, told in said.items() if line.split()[0] == command)


def test_every_setting_is_listed_and_no_other() -> None:
    listed = set(re.findall(r"QOLHAT_[A-Z_]+", README))
    known = {f"QOLHAT_{name.upper()}" for name in Settings.model_fields}
    assert listed == known | OF_THE_COMMAND_LINE


def test_every_command_is_listed() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    table = README.split("## The commands")[1].split("## HTTP API")[0]
    listed = {word for code in re.findall(r"`([a-z][^`]*)`", table) for word in code.split()[:1]}
    assert set(commands) <= listed


def test_every_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))
    assert named
    assert named <= targets


def test_every_file_that_is_linked_exists() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link
