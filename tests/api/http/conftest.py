"""Running applications on embedded stores of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

import infra.bootstrap
from api.http.app import create_app
from infra.settings import Settings
from tests.api.http.counter import Counter, SettableClock


@pytest.fixture(scope="session", autouse=True)
def _files_read_once() -> Iterator[None]:
    """What does not change is read once; a directory's places do, so each store has its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_regulations", "load_workdays"):
            patch.setattr(infra.bootstrap, name, cache(getattr(infra.bootstrap, name)))
        yield


@contextmanager
def opened_counter(folder: Path, **more: Any) -> Iterator[Counter]:
    """Open the application on a store in this folder; `more` are other settings."""
    clock = SettableClock()
    settings = Settings(data_dir=folder, vault_key=SecretStr(""), language="kk", **more)
    with (
        infra.bootstrap.bootstrap(settings, now=clock) as qolhat,
        TestClient(create_app(qolhat)) as client,
    ):
        yield Counter(client, qolhat, clock)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """People who work by HTTP, on a store of this test alone."""
    with opened_counter(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """The same on one store for all tests that do not mind what others have recorded."""
    with opened_counter(tmp_path_factory.mktemp("shared")) as opened:
        yield opened


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """The same on one store for the questions of a module that begin with the same events."""
    with opened_counter(tmp_path_factory.mktemp("busy")) as opened:
        yield opened
