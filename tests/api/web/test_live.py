"""A place's page is told of changes: soon, cheaply, and no longer than the session lasts."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr
from sse_starlette import ServerSentEvent

from api.web.live import Watch
from api.web.lying import lying_at, mark_of
from domain.numbers import PlaceCode
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.errors import StorageBusyError
from infra.settings import Settings
from tests.api.cli.program import Program, free_port
from tests.api.web.day import Day
from tests.api.web.office import HIRED, PASSWORD, Office, login_of
from tests.browser.serving import listening
from tests.stories import AUTHORITY, OTHER_AUTHORITY, place

HEAD = place(Role.HEAD)
LISTENERS = 60  # more than the threads of the pool


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


class Hour:
    """A clock that a test moves."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def watch(office: Office, mark: str = "", hour: Hour | None = None) -> Watch:
    """A listener without a connection; it may always go on."""
    visitor: Any = SimpleNamespace(qolhat=office.qolhat)
    made = Watch(visitor, HEAD, mark, hour or Hour(), pause=0.01)
    made.may_go_on = lambda: True  # type: ignore[method-assign]
    return made


async def first(events: AsyncIterator[ServerSentEvent], patience: float = 5.0) -> Any:
    """The next event; None if there is none for so long."""
    with anyio.move_on_after(patience):
        return await anext(events)
    return None


def mark(qolhat: Qolhat, code: PlaceCode = HEAD) -> str:
    return mark_of(lying_at(qolhat, code))


def test_what_happens_elsewhere_is_not_told(office: Office, day: Day) -> None:
    async def listen() -> None:
        events = watch(office, mark(office.qolhat)).events()
        assert await first(events, 0.1) is None

    asyncio.run(listen())
    before = mark(office.qolhat)
    day.at_the_office(10)
    day.shown()
    assert mark(office.qolhat) == before
    day.at_the_head(20)
    day.shown()
    assert mark(office.qolhat) != before


def test_a_change_is_told_once_with_its_mark(office: Office, day: Day) -> None:
    async def listen() -> None:
        watched = watch(office, mark(office.qolhat))
        events = watched.events()
        await anyio.to_thread.run_sync(lambda: day.at_the_head(10))
        await anyio.to_thread.run_sync(day.shown)
        told = await first(events)
        while told.id != mark(office.qolhat):  # the scan and the act before it may come apart
            told = await first(events)
        assert told.event == "changed"
        assert await first(events, 0.1) is None

    asyncio.run(listen())


def test_whoever_missed_something_is_told_at_once(office: Office, day: Day) -> None:
    day.at_the_head(10)
    day.shown()
    told = asyncio.run(first(watch(office, "an-old-mark").events()))
    assert told.id == mark(office.qolhat)


def test_a_packet_that_becomes_late_is_a_change_though_nothing_happens(
    office: Office, day: Day
) -> None:
    day.at_the_head(10)
    day.shown()
    hour = Hour()

    async def listen() -> None:
        events = watch(office, mark(office.qolhat), hour).events()
        assert await first(events, 0.1) is None

    asyncio.run(listen())
    watched = watch(office, mark(office.qolhat), hour)

    async def wait() -> Any:
        events = watched.events()
        waiting = asyncio.create_task(first(events))
        await anyio.sleep(0.1)
        office.clock.at += timedelta(hours=9)
        await anyio.sleep(0.1)
        assert not waiting.done()
        hour.at += 31
        return await waiting

    assert asyncio.run(wait()).event == "changed"


def test_a_busy_database_ends_no_stream(
    office: Office, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def busy(*_: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise StorageBusyError
        return []

    monkeypatch.setattr("api.web.live.lying_at", busy)
    assert asyncio.run(first(watch(office, "old").events())).event == "changed"
    assert asked == 3


# --- over the wire -------------------------------------------------------------------------------


async def log_in(client: httpx.AsyncClient, person: int) -> None:
    fields = {"login": login_of(person), "password": PASSWORD}
    answer = await client.post("/login", data=fields)
    assert answer.status_code == 303, answer.text


def test_listeners_take_no_threads(office: Office, day: Day) -> None:
    head = day.people[Role.HEAD]

    async def listen(url: str) -> None:
        limits = httpx.Limits(max_connections=LISTENERS + 5)
        async with (
            httpx.AsyncClient(base_url=url, limits=limits, timeout=20) as client,
            contextlib.AsyncExitStack() as open_streams,
        ):
            await log_in(client, head)
            for _ in range(LISTENERS):
                stream = client.stream("GET", f"/places/{HEAD}/live?mark=old")
                answer = await open_streams.enter_async_context(stream)
                assert answer.headers["content-type"].startswith("text/event-stream")
                lines = answer.aiter_lines()
                assert (await anext(lines)).startswith("id:")
            answer = await client.get("/places", headers={"accept": "text/html"})
            assert answer.status_code == 200

    with listening(office.app) as url:
        asyncio.run(listen(url))


def test_a_session_that_ends_ends_its_streams(
    office: Office, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.web.live.CHECKED_EVERY", 0.1)
    head = day.people[Role.HEAD]

    async def listen(url: str) -> list[str]:
        async with httpx.AsyncClient(base_url=url, timeout=20) as client:
            await log_in(client, head)
            path = f"/places/{HEAD}/live?mark={mark(office.qolhat)}"
            async with client.stream("GET", path) as answer:
                assert answer.status_code == 200
                office.qolhat.sessions.end_all(head)
                return [line async for line in answer.aiter_lines() if line]

    with listening(office.app) as url:
        assert asyncio.run(listen(url))[0] == "event: ended"


def test_nobody_listens_who_may_not_look(office: Office, day: Day) -> None:
    path = f"/places/{HEAD}/live"
    assert office.browser().client.get(path, headers={"accept": "*/*"}).status_code == 401
    assert office.enter(Role.HEAD, OTHER_AUTHORITY).get(path).status_code == 403
    assert office.enter(Role.ADMINISTRATOR).get(path).status_code == 403


def test_streams_end_with_the_server(tmp_path: Path) -> None:
    """Told to end, the server ends at once and not when its patience does; so do its streams."""
    settings = Settings(data_dir=tmp_path, vault_key=SecretStr(""), language="kk")
    with bootstrap(settings) as qolhat:
        head = qolhat.personnel.appoint(AUTHORITY, [Role.HEAD], since=HIRED)
        qolhat.personnel.assign(head, HEAD, since=HIRED)
        qolhat.accounts.set_login(head, login_of(head))
        qolhat.accounts.set_password(head, PASSWORD)

    async def listen(url: str, server: subprocess.Popen[bytes]) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=20) as client:
            await log_in(client, head)
            async with client.stream("GET", f"/places/{HEAD}/live?mark=old") as answer:
                lines = answer.aiter_lines()
                await anext(lines)
                server.send_signal(signal.SIGTERM)
                async for _ in lines:
                    pass  # a stream that is cut off would be an error
        server.wait(60)

    port = free_port()
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=Program(tmp_path).environment,
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline()  # it says where it serves once it does
            asyncio.run(listen(f"http://127.0.0.1:{port}", server))
            assert server.stderr is not None
            # Had its patience ended, it would say there that it cancelled what was running.
            assert (server.returncode, server.stderr.read()) == (0, b"")
        finally:
            server.kill()
