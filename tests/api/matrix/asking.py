"""Sends what somebody asks, and reads from the answer what came of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from httpx import Response

from api.messages import text
from tests.api.forms.reading import Read
from tests.api.matrix.who import Access, Verdict, Where, Who
from tests.api.matrix.world import NOW, Client, Person, Things, World

V1 = "/api/v1"
SAFE = frozenset({"GET", "HEAD"})
JSON, FORM, FILES = "json", "data", "files"
CSRF = "x-csrf-token"
LOG_IN = "/login"
# What says that somebody may not.
_REFUSALS = {
    "no-right": Verdict.FORBIDDEN,
    "not-yours": Verdict.FORBIDDEN,
    "wrong-role": Verdict.FORBIDDEN,
    "beyond-reach": Verdict.FORBIDDEN,
    "turned-away": Verdict.TURNED_AWAY,
    "unauthenticated": Verdict.LOG_IN,
    "log-in-needed": Verdict.LOG_IN,
    "wrong-log-in": Verdict.LOG_IN,
    "password-change-needed": Verdict.CHANGE_PASSWORD,
}
# These say it, too, of what is hidden from those who may not.
_OTHER_REFUSALS = ("not-found", "unknown-station", "void-refused")
_CODES = (*_REFUSALS, *_OTHER_REFUSALS, "foreign-request")
_TITLES = {text("problems", f"{code}.title", "kk"): code for code in _CODES}
assert len(_TITLES) == len(_CODES)  # a page's title tells which problem it is
_TITLE = re.compile(r"<h[12][^>]*>([^<]*)</h[12]>")


@dataclass(frozen=True)
class Asked:
    """One request: what stands in the path, in the query and in the body."""

    path: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    body: Any = None

    @property
    def said(self) -> str:
        """Everything that the asker knows already."""
        return f"{dict(self.path)} {dict(self.query)} {self.body}"


@dataclass(frozen=True)
class Asking:
    """Who asks, with what is theirs (`here`) and what is asked for (`there`)."""

    world: World
    who: Who
    me: Person
    here: Things
    there: Things

    def command(self, **more: object) -> dict[str, object]:
        """Return the beginning of a command to the API, from one of the asker's places."""
        told = next(self.world.refs)
        stamp = {"ref": f"m{told}", "counter": told, "happened_at": NOW.isoformat()}
        return stamp | {"place": str(self.me.place)} | more


Build = Callable[[Asking], Asked]
Judge = Callable[[Response], Verdict]


@dataclass(frozen=True)
class Case:
    """A request to a route, who may make it, and where it leads (a pattern of the location)."""

    access: Access
    build: Build
    leads: str = ""
    about_a_place: bool = True  # it asks for things of an organisation
    hidden_by: tuple[str, ...] = ()  # codes that say no without saying that there is something
    judge: Judge | None = None  # reads a verdict out of an answer that is a success as a whole


@dataclass(frozen=True)
class Line:
    """One route of the application, and who may use it."""

    method: str
    path: str
    cases: tuple[Case, ...]
    sends: str = FORM

    @property
    def is_page(self) -> bool:
        """Tell whether it is asked by a browser with a session, not by a device with a token."""
        return not self.path.startswith(V1)

    @property
    def changes(self) -> bool:
        """Tell whether it can change anything."""
        return self.method not in SAFE

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def asking(world: World, who: Who, where: Where) -> Asking:
    """Return what a request is built from; nobody asks for what an inspector would."""
    me = world.people[Who.INSPECTOR if who is Who.NOBODY else who]
    return Asking(world, who, me, world.things_for(who, Where.OWN), world.things_for(who, where))


def send(
    client: Client,
    world: World,
    line: Line,
    who: Who,
    asked: Asked,
    *,
    headers: dict[str, str] | None = None,
) -> Response:
    """Send a request as somebody; `headers` take the place of what they would send."""
    sent = _headers(world, line, who) | (headers or {})
    body = {} if asked.body is None else {line.sends: asked.body}
    return client.request(
        line.method,
        line.path.format_map(asked.path),
        params=dict(asked.query) or None,
        headers=sent,
        **body,
    )


def _headers(world: World, line: Line, who: Who) -> dict[str, str]:
    if not line.is_page:
        known = {} if who is Who.NOBODY else world.people[who].token
        return {"authorization": f"Bearer {known}"} if known else {}
    headers = {"accept": "text/html", "accept-language": "kk"}
    if who is Who.NOBODY:
        return headers
    begun = world.session(who)
    return headers | {"cookie": f"qolhat={begun.token}", CSRF: begun.session.csrf}


# --- what came of it -----------------------------------------------------------------------------


def verdict_of(case: Case, answer: Response) -> Verdict | str:
    """Return what came of a request; words, if it is nothing that may come of one."""
    code = code_of(answer)
    if code in case.hidden_by:
        return Verdict.FORBIDDEN
    if code in _REFUSALS:
        return _REFUSALS[code]
    if answer.is_redirect:
        return _led(case, answer)
    if not answer.is_success:
        return f"{answer.status_code} {code or _TITLE.findall(answer.text) or answer.text}"
    if case.judge is not None:
        return case.judge(answer)
    return Verdict.ALLOWED if not case.leads else f"{answer.status_code}, not to {case.leads}"


def _led(case: Case, answer: Response) -> Verdict | str:
    location = answer.headers["location"]
    is_log_in = location.partition("?")[0] == LOG_IN
    if is_log_in and (case.leads != LOG_IN or "set-cookie" not in answer.headers):
        return Verdict.LOG_IN
    if case.leads and re.fullmatch(case.leads, location):
        return Verdict.ALLOWED
    return Verdict.CHANGE_PASSWORD if location == "/account" else f"leads to {location}"


def code_of(answer: Response) -> str:
    """Return the code of the problem that an answer tells of, be it JSON or a page."""
    if answer.is_success or answer.is_redirect:
        return ""
    if "json" in answer.headers["content-type"]:
        return str(answer.json().get("code", ""))
    titles = (html.unescape(each).strip() for each in _TITLE.findall(answer.text))
    return next((_TITLES[each] for each in titles if each in _TITLES), "")


def each_answer(answer: Response) -> Verdict:
    """Judge the answers to many commands of the API by the first."""
    first = answer.json()["answers"][0]
    if first["status"] == "unsettled":
        return Verdict.SET_ASIDE
    problem = first.get("problem")
    return Verdict.ALLOWED if problem is None else _REFUSALS[problem["code"]]


def at_the_station(answer: Response) -> Verdict:
    """Judge the answers of the station by the first: titles of problems stand in them."""
    first = answer.json()["answers"][0]
    if first["kind"] == "unsettled":
        return Verdict.SET_ASIDE
    if first["kind"] != "refused":
        return Verdict.ALLOWED
    code = _TITLES[first["verdict"]]
    return Verdict.FORBIDDEN if code in _OTHER_REFUSALS else _REFUSALS[code]


def each_of_the_pile(answer: Response) -> Verdict:
    """Judge a pile by whether its page tells of a refusal."""
    refused = any(
        title in html.unescape(answer.text)
        for title, code in _TITLES.items()
        if _REFUSALS.get(code) is Verdict.FORBIDDEN
    )
    return Verdict.FORBIDDEN if refused else Verdict.ALLOWED


def content_of(answer: Response) -> str:
    """Return everything that can be read in an answer, without spaces, as papers break lines."""
    kind = answer.headers.get("content-type", "")
    shown = Read(answer.content).solid if kind == "application/pdf" else html.unescape(answer.text)
    return "".join(shown.split())
