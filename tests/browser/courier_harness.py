"""A server behind the courier's page that does what a test says.

The shell, the service worker and the scripts are the real ones; the day and the synchronising are
this one's own, to the same contract: what comes twice is recorded once, and every chain is checked.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from api.web import courier
from api.web.rendering import STATIC_FOLDER, Speech, static_version
from domain.numbers import CodeKind, compose
from domain.workdays import Language
from tests.browser.serving import listening

Json = dict[str, Any]
CSRF = "the-right-token"
_PATIENCE = 30.0  # seconds
_MOST = 500
_KINDS = {"scan", "offer", "accept", "broken", "depart", "arrive"}
_OF_ENTRY = ("seq", "prev", "ref", "kind", "happened_at", "boot", "mono", "server_at", "person",
             "place", "code")  # fmt: skip


def _code(kind: CodeKind, serial: int) -> str:
    return str(compose(kind, 2001, serial))


ME, CLERK, STRANGER = (_code(CodeKind.BADGE, serial) for serial in (1, 2, 3))
BAGS = tuple(_code(CodeKind.BAG, serial) for serial in range(1, 4))
UNKNOWN_BAG = _code(CodeKind.BAG, 99)
REGISTRY = _code(CodeKind.REGISTRY, 1)
PACKETS = tuple(_code(CodeKind.PACKET, serial) for serial in range(1, 8))
MY_PLACE, CLERKS_PLACE = (_code(CodeKind.PLACE, serial) for serial in (1, 2))
RUN = "30-2001-20261122-1100"
CENTRE, AUTHORITY = {"code": 30, "name": "Орталық 1"}, {"code": 2001, "name": "Әкімдік 2"}


def day() -> Json:
    """What the device learns: one run, two bags, two people."""
    bags = [
        {
            "code": code,
            "registry": REGISTRY,
            "from": CENTRE,
            "to": AUTHORITY,
            "seal": f"S-{number}",
            "count": 2,
            "packets": list(PACKETS[2 * number : 2 * number + 2]),
            "state": "sealed",
            "state_name": "пломбаланған",
            "holder": 8,
            "holder_name": "Үлгі Жинақтау",
        }
        for number, code in enumerate(BAGS)
    ]
    me = {"person": 7, "name": "Үлгі Тасушы", "badge": ME, "place": MY_PLACE}
    clerk = {"person": 8, "name": "Үлгі Кеңсе", "badge": CLERK, "place": CLERKS_PLACE}
    return {
        "language": "kk",
        "person": {**me, "place_name": "Тасушы 1"},
        "runs": [
            {
                "key": RUN,
                "branch": CENTRE,
                "authority": AUTHORITY,
                "planned_at": "2026-11-22T06:00:00+00:00",
                "state": "planned",
                "state_name": "жоспарланған",
            }
        ],
        "bags": bags,
        "people": [
            {**me, "organisation": 30, "roles": ["courier"]},
            {**clerk, "organisation": 2001, "roles": ["office"]},
        ],
        "places": [
            {"code": MY_PLACE, "organisation": 30, "name": "Тасушы 1", "role": "courier"},
            {"code": CLERKS_PLACE, "organisation": 2001, "name": "Кеңсе 1", "role": "office"},
        ],
    }


def hash_of(entry: Json) -> str:
    """Hash an entry as the contract says."""
    facts = sorted(entry["facts"].items())
    lines = [str(entry[name]) for name in _OF_ENTRY] + [f"{name}={value}" for name, value in facts]
    return sha256("\n".join(lines).encode()).hexdigest()


def check_chain(entries: list[Json]) -> None:
    """Assert that a log is whole: numbered from one, each entry chained to the one before."""
    previous = ""
    for number, entry in enumerate(entries, 1):
        assert entry["seq"] == number, [each["seq"] for each in entries]
        assert entry["prev"] == previous
        assert entry["hash"] == hash_of(entry), entry
        previous = entry["hash"]


@dataclass
class FakeServer:
    """The server: what it was sent, and what it says."""

    url: str = ""
    language: Language = "kk"
    logged_in: bool = True
    csrf: str = CSRF
    day: Json = field(default_factory=day)
    ahead: timedelta = timedelta()  # of this machine's clock
    logs: dict[str, dict[int, Json]] = field(default_factory=dict)
    refs: dict[str, Json] = field(default_factory=dict)  # what is recorded, each once
    posts: list[Json] = field(default_factory=list)
    lose_answers: int = 0  # so many times what comes is recorded, and nothing is answered
    held: bool = False  # nothing is answered
    broken: list[tuple[int, Json]] = field(default_factory=list)
    said: dict[str, Json] = field(default_factory=dict)  # of a code, beside the usual
    findings: list[Json] = field(default_factory=list)

    @property
    def speech(self) -> Speech:
        """The language that the browser has chosen."""
        return Speech(self.language)

    @property
    def entries(self) -> list[Json]:
        """The only log, in its order."""
        (log,) = self.logs.values()
        return [log[seq] for seq in sorted(log)]

    def of(self, kind: str) -> list[Json]:
        """The recorded entries of a kind, in the order of arrival."""
        return [entry for entry in self.refs.values() if entry["kind"] == kind]

    def now(self) -> str:
        """The server's time."""
        return (datetime.now(UTC) + self.ahead).isoformat()

    def restore(self, through: int) -> None:
        """Set the store back: all that came after an entry is gone."""
        for log in self.logs.values():
            for seq in [seq for seq in log if seq > through]:
                del self.refs[log.pop(seq)["ref"]]

    def sync(self, body: Json) -> Json:
        """Record what is new, and answer for everything."""
        assert set(body) == {"log", "sent_at", "entries"}
        assert 0 < len(body["entries"]) <= _MOST
        assert datetime.fromisoformat(body["sent_at"]).tzinfo is not None
        self.posts.append(body)
        log = self.logs.setdefault(body["log"], {})
        answers = [self._answer(log, entry) for entry in body["entries"]]
        known = next(seq for seq in range(1, len(log) + 2) if seq not in log) - 1
        return {
            "server_at": self.now(),
            "known": known,
            "answers": answers,
            "findings": self.findings,
        }

    def _answer(self, log: dict[int, Json], entry: Json) -> Json:
        assert set(entry) == {*_OF_ENTRY, "hash", "facts"}
        assert entry["kind"] in _KINDS
        assert entry["person"] == self.day["person"]["person"]  # the others wait for theirs
        assert datetime.fromisoformat(entry["happened_at"]).tzinfo is not None
        assert entry["hash"] == hash_of(entry)
        said = {"status": "recorded", "tone": "green", "verdict": "Жазылған"}
        said |= self.said.get(entry["code"], {})
        if said["status"] not in ("retry", "refused"):
            again = entry["ref"] in self.refs
            assert log.setdefault(entry["seq"], entry) == entry
            assert self.refs.setdefault(entry["ref"], entry)["code"] == entry["code"]
            if again and said["status"] == "recorded":
                said |= {"status": "duplicate"}
        return {"seq": entry["seq"], "ref": entry["ref"], **said}

    def until(self, page: Page, true: Callable[[FakeServer], bool]) -> None:
        """Wait for something; the page's complaints are heard meanwhile."""
        deadline = time.monotonic() + _PATIENCE
        while not true(self):
            assert time.monotonic() < deadline, f"not yet: {self.posts}"
            page.wait_for_timeout(20)


class _Routes:
    """What the fake answers, as the real server does: page, worker, day, log."""

    def __init__(self, fake: FakeServer) -> None:
        self._fake = fake
        self._lock = threading.Lock()

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route(courier.SHELL, self.shell),
                Route(courier.WORKER, self.worker),
                Route(courier.MANIFEST, self.manifest),
                Route("/courier/today", self.today),
                Route("/courier/sync", self.sync, methods=["POST"]),
                Route("/logout", self.log_out, methods=["POST"]),
                Mount(f"/static/{static_version()}", StaticFiles(directory=STATIC_FOLDER)),
                Route("/{path:path}", self.elsewhere),
            ]
        )

    async def shell(self, request: Request) -> Response:
        fake = self._fake
        return courier.shell_page(fake.speech) if fake.logged_in else _to_log_in()

    async def worker(self, request: Request) -> Response:
        return courier.worker_script(self._fake.speech)

    async def manifest(self, request: Request) -> Response:
        return JSONResponse(courier.manifest_of(self._fake.speech))

    async def today(self, request: Request) -> Response:
        fake = self._fake
        if not fake.logged_in:
            return _turned_away()
        return JSONResponse({**fake.day, "server_at": fake.now(), "csrf": fake.csrf})

    async def sync(self, request: Request) -> Response:
        fake, body = self._fake, await request.json()
        while fake.held:
            await asyncio.sleep(0.02)
        if not fake.logged_in:
            return _turned_away()
        if request.headers.get("x-csrf-token") != fake.csrf:
            return JSONResponse({"code": "foreign-request", "title": "Бөтен сұрау"}, 403)
        if fake.broken:
            status, problem = fake.broken.pop(0)
            return JSONResponse(problem, status)
        with self._lock:
            answer = fake.sync(body)
        if fake.lose_answers:
            fake.lose_answers -= 1
            return Response("what a broken gateway says", 502, media_type="text/plain")
        return JSONResponse(answer)

    async def log_out(self, request: Request) -> Response:
        assert request.headers["x-csrf-token"] == self._fake.csrf
        self._fake.logged_in = False
        return _to_log_in()

    async def elsewhere(self, request: Request) -> Response:
        return HTMLResponse(
            f'<html lang="en"><head><title>{request.url.path}</title>'
            f'<link rel="icon" href="/static/{static_version()}/icon.svg"></head>Elsewhere</html>'
        )


def _turned_away() -> Response:
    problem = {"code": "log-in-needed", "title": "Кіру керек", "detail": "Сеанс аяқталды."}
    return JSONResponse(problem, 401)


def _to_log_in() -> Response:
    return RedirectResponse("/login", 303)


@contextmanager
def fake_courier() -> Iterator[FakeServer]:
    """Serve the courier's page."""
    fake = FakeServer()
    with listening(_Routes(fake).application()) as url:
        fake.url = url
        yield fake
        fake.held = False
