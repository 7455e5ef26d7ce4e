"""A station's page and a server behind it that does what a test says.

The page has what the real one has, in words that tests know; the scripts are the real ones, under
the real policy.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from api.web.rendering import STATIC_FOLDER
from domain.cards import Card, card_code
from domain.corrections import VoidReason
from domain.numbers import grouped
from tests.browser.serving import listening

Json = dict[str, Any]
CSRF = "the-right-token"
PLACE = 30_237_100_000_120  # only handed back by the page
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
_PATIENCE = 30.0  # seconds
TEXTS = {
    "already": "Already scanned",
    "armed": "Card ready: {card}",
    "separator": "A sheet between packets",
    "strip": "Read at {width} mm",
    "blocked": "It is being sent",
    "checking": "Checking",
    "cleared": "Cleared",
    "count": {"one": "{number} scan waits", "other": "{number} scans wait"},
    "dismiss": "Read",
    "kept-locally": "Kept on this device",
    "logged-out": "Log in again",
    "not-done": "Not done",
    "nothing-to-undo": "Nothing to take back",
    "offline": "No network",
    "ok": "Send",
    "others": "Of others: {number}",
    "pending": "Being recorded",
    "refused-list": "Refused",
    "storage": "The storage is full",
    "typed": "typed",
    "unknown-code": "Unknown code",
    "waiting": "Waiting",
    "wrong-check": "Check digits wrong",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Station</title>
<link rel="icon" href="/static/icon.svg"><link rel="stylesheet" href="/static/style.css"></head>
<body>
<main id="station" tabindex="-1" data-person="{person}" data-place="{place}" data-csrf="{csrf}"
  data-scans="/station/scans" data-acts="/station/acts" data-void="/station/void">
<h1>Station</h1>
<label for="scan">Scan</label><input id="scan" autocomplete="off">
<p id="queue" role="status" hidden></p>
<p id="armed" role="status" hidden></p>
<div id="choices" role="group" aria-label="Choices" hidden></div>
<section id="result" role="status" aria-live="assertive" aria-atomic="true">
<p class="shape" aria-hidden="true"></p><p class="verdict"></p><p class="packet"></p>
<p class="service"></p><p class="move"></p><p class="next"></p><p class="left"></p>
<ul class="remarks"></ul></section>
<div>{buttons}{reasons}<button type="button" id="mute" aria-pressed="false">Mute</button></div>
<p id="empty">Empty space</p>
<form id="other" action="/elsewhere"><label for="note">Note</label><input id="note">
<label for="long">Long</label><textarea id="long"></textarea>
<label for="pick">Pick</label><select id="pick"><option>0</option><option>1</option></select>
</form>
<aside aria-label="Last"><ol id="last"></ol><div id="refused" hidden></div></aside>
</main>
<script type="application/json" id="texts">{texts}</script>
<script type="application/json" id="cards">{cards}</script>
<script type="module" src="/static/station/station.js"></script>
</body></html>"""


@dataclass
class Fake:
    """The server: what it was sent, and what it says."""

    url: str = ""
    person: int | None = 4
    scans: list[Json] = field(default_factory=list)
    acts: list[Json] = field(default_factory=list)
    voids: list[Json] = field(default_factory=list)
    requests: list[tuple[str, int]] = field(default_factory=list)
    # What is said of a code or a card beside the usual; of a number, of each in turn.
    said: dict[str, Json] = field(default_factory=dict)
    needs: list[Json] = field(default_factory=list)
    broken: list[tuple[int, Json]] = field(default_factory=list)
    arrived: int = 0  # requests, answered or not
    texts: Json = field(default_factory=TEXTS.copy)
    _held: threading.Semaphore | None = None

    @property
    def codes(self) -> list[str]:
        """The codes that were scanned, each as often as it came."""
        return [scan["code"] for scan in self.scans]

    def hold(self) -> None:
        """Answer nothing from now on."""
        self._held = threading.Semaphore(0)

    def answer_one(self) -> None:
        """Answer one of the requests that are held."""
        assert self._held is not None
        self._held.release()

    def go_on(self) -> None:
        """Answer everything again."""
        held, self._held = self._held, None
        if held is not None:
            held.release(1000)

    def page_of(self, request: Request) -> HTMLResponse:
        """Show the station to whoever is logged in."""
        buttons = "".join(
            f'<button type="button" data-card="{card.value}">{card.value}</button>' for card in Card
        )
        options = '<option value="">Why</option>' + "".join(
            f'<option value="{reason.value}">{reason.value}</option>' for reason in VoidReason
        )
        label = '<label class="unseen" for="undo-reason">Why it is taken back</label>'
        reasons = (
            f'<span id="undo-why" hidden>{label}<select id="undo-reason">{options}</select></span>'
        )
        cards = {str(card_code(card)): card.value for card in Card}
        page = _PAGE.format(
            person=self.person,
            place=PLACE,
            csrf=CSRF,
            buttons=buttons,
            reasons=reasons,
            texts=json.dumps(self.texts),
            cards=json.dumps(cards),
        )
        return HTMLResponse(page, headers={"content-security-policy": POLICY})

    def answer(self, kind: str, token: str, body: Json) -> Response:
        """Answer one request, when the test lets it."""
        self.arrived += 1
        held = self._held
        assert held is None or held.acquire(timeout=_PATIENCE)
        if self.broken:
            status, problem = self.broken.pop(0)
            return JSONResponse(problem, status)
        if self.person is None:
            return JSONResponse({"code": "log-in-needed", "title": "Log in"}, 401)
        if token != CSRF:
            return JSONResponse({"code": "foreign-request", "title": "No"}, 403)
        handlers: dict[str, Callable[[Json], Json]] = {
            "scans": self._scan,
            "acts": self._act,
            "void": self._void,
        }
        return JSONResponse(handlers[kind](body))

    def _scan(self, body: Json) -> Json:
        assert body["person"] == self.person
        self.requests.append(("scans", len(body["scans"])))
        self.scans += body["scans"]
        return {"answers": [self._said(each["ref"], each["code"]) for each in body["scans"]]}

    def _act(self, body: Json) -> Json:
        self.requests.append(("acts", 1))
        self.acts.append(body)
        if self.needs:
            asked = self.needs.pop(0)
            if asked:
                return asked
        return {"answers": [self._said(body["ref"], body["numbers"][0], verdict=body["card"])]}

    def _void(self, body: Json) -> Json:
        self.requests.append(("void", 1))
        self.voids.append(body)
        return {"answers": [self._said(body["ref"], body["number"], verdict="Taken back")]}

    def _said(self, ref: str, code: str, **more: str) -> Json:
        number = code if len(code) == 14 else ""
        told: Json = {
            "ref": ref,
            "tone": "green",
            "kind": "packet" if number else "unsettled",
            "verdict": "Accepted",
            "number": number,
            "grouped": grouped(int(number)) if number else "",
            "service": "7 · Benefit",
            "from": "Inspector 1",
            "to": "Office 2",
            "next": "Hand on",
            "left": "2 h left",
            "remarks": [],
            "undo": bool(number),
        }
        return told | more | self.said.get(code, {})

    def until(self, page: Page, true: Callable[[Fake], bool]) -> None:
        """Wait for something; the page's complaints are heard meanwhile."""
        deadline = time.monotonic() + _PATIENCE
        while not true(self):
            assert time.monotonic() < deadline, f"not yet: {self}"
            page.wait_for_timeout(10)


@contextmanager
def fake_station() -> Iterator[Fake]:
    """Serve the harness."""
    fake = Fake()

    async def page(request: Request) -> Response:
        return fake.page_of(request)

    async def receive(request: Request) -> Response:
        kind, token = request.path_params["kind"], request.headers.get("x-csrf-token", "")
        return await run_in_threadpool(fake.answer, kind, token, await request.json())

    async def elsewhere(request: Request) -> Response:
        return HTMLResponse(
            f'<html lang="en"><head><title>{request.url.path}</title>'
            '<link rel="icon" href="/static/icon.svg"></head>Elsewhere</html>'
        )

    routes = [
        Route("/station", page),
        Route("/station/{kind}", receive, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC_FOLDER)),
        Route("/{path:path}", elsewhere),
    ]
    with listening(Starlette(routes=routes)) as url:
        fake.url = url
        yield fake
        fake.go_on()
