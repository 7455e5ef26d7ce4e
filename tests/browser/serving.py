"""The whole application on a port of this machine, on a store with a demonstration in it."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from api.http.app import create_app
from infra.bootstrap import Qolhat, bootstrap
from infra.demonstration import (
    LogIn,
    Plan,
    demonstrate,
    kept_log_ins,
    recent_start,
)
from infra.desk import utc_now
from infra.settings import Settings
from tests.infra.demonstration.simulated import hasty

PACKETS = 40
_ANY_AUTHORITY = 31  # all authorities keep the same working days
_PATIENCE = 60.0  # seconds for a server to come up, and to go


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where it is, what it works on, and who can log in."""

    url: str
    qolhat: Qolhat
    folder: Path
    log_ins: tuple[LogIn, ...]


def settings_of(folder: Path) -> Settings:
    """Return settings that do not ask the environment for what matters here."""
    return Settings(data_dir=folder, vault_key=SecretStr(""), language="kk")


def fill(folder: Path, days: int = 1, packets: int = PACKETS) -> None:
    """Put into the folder a store with the demonstration of the last working days."""
    settings = settings_of(folder)
    with hasty():
        with bootstrap(settings) as qolhat:
            calendar = qolhat.clocks.calendar(_ANY_AUTHORITY)
            start = recent_start(days, calendar.local_date(utc_now()), calendar)
        demonstrate(settings, Plan(days, packets, start=start))


@contextmanager
def serving(filled: Path, folder: Path, now: Callable[[], datetime] = utc_now) -> Iterator[Served]:
    """Serve a copy, in `folder`, of a filled folder; `now` is the server's clock."""
    shutil.copytree(filled, folder, dirs_exist_ok=True)
    with ExitStack() as stack:
        qolhat = stack.enter_context(bootstrap(settings_of(folder), now=now))
        url = stack.enter_context(listening(create_app(qolhat)))
        yield Served(url, qolhat, folder, kept_log_ins(folder))


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """Serve an application from a thread on a free port; gives its address."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            _await_start(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)
    assert not thread.is_alive(), "the server does not end"


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not server.started:
        assert thread.is_alive(), "the server did not start: see its log above"
        assert time.monotonic() < deadline, "the server takes too long to start"
        time.sleep(0.01)
