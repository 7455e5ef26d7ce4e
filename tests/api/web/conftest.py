"""The pages on a store of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from pydantic import SecretStr

import infra.accounts.secrecy
import infra.bootstrap
from api.http.app import create_app
from infra.settings import Settings
from tests.api.web.office import Office, SettableClock
from tests.infra.demonstration.simulated import hasty


def _weak() -> PasswordHasher:
    """A fast one: nothing is secret here."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="package", autouse=True)
def _quickly() -> Iterator[None]:
    """Read regulations once, hash passwords weakly; directories change, so each store has its."""
    with pytest.MonkeyPatch.context() as patch, hasty():
        for name in ("load_regulations", "load_workdays"):
            patch.setattr(infra.bootstrap, name, cache(getattr(infra.bootstrap, name)))
        patch.setattr(infra.accounts.secrecy, "PasswordHasher", _weak)
        yield


@contextmanager
def opened_office(folder: Path, **more: Any) -> Iterator[Office]:
    """Open the application on a store in this folder; `more` are other settings."""
    clock = SettableClock()
    settings = Settings(data_dir=folder, vault_key=SecretStr(""), language="kk", **more)
    with infra.bootstrap.bootstrap(settings, now=clock) as qolhat:
        app = create_app(qolhat)
        with TestClient(app):  # its views follow the log
            yield Office(app, qolhat, clock)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The pages and their people on a store of this test alone."""
    with opened_office(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The same for a module whose tests do not mind what the others have recorded."""
    with opened_office(tmp_path_factory.mktemp("office")) as opened:
        yield opened
