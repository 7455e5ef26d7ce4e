"""A store with people who log in by the real form and work with pages, as with a browser."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from api.messages import page_text
from domain.numbers import PlaceCode
from domain.roles import PLACE_DIGITS, Role, Scope
from infra.bootstrap import Qolhat
from tests.api.web.forms import PageForm, forms_of
from tests.stories import AUTHORITY, CENTRE, MORNING, place

HIRED = MORNING - timedelta(days=900)
PASSWORD, PIN = "тек-сынақ-үшін-1", "902745"
AT_CENTRE = frozenset({Role.INSPECTOR, Role.COLLECTING, Role.COURIER})
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


class SettableClock:
    """The server's clock."""

    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> Any:
        return self.at


class Browser:
    """A browser: it keeps its cookies and remembers the page it shows; redirects are followed."""

    def __init__(self, app: FastAPI, language: str = "kk") -> None:
        headers = {"accept": "text/html", "accept-language": language}
        self.client = TestClient(app, headers=headers, raise_server_exceptions=True)
        self.language = language
        self.person = 0
        self.csrf = ""
        self.shown: Response | None = None

    def get(self, path: str, **params: Any) -> Response:
        """Open a page."""
        return self._show(self.client.get(path, params=params or None))

    def post(self, path: str, **fields: Any) -> Response:
        """Send fields with the session's CSRF field, whether or not a page has such a form."""
        if self.person and not self.csrf:
            self.get("/account")
        return self._show(self.client.post(path, data={"csrf": self.csrf} | fields))

    def submit(self, action: str, **fields: Any) -> Response:
        """Fill the form with this action on the page shown, and send it as a browser would.

        A field that the form does not have, or a choice that it does not offer, fails the test.
        """
        form = self.form(action)
        for name, value in fields.items():
            _check_offered(form, name, value)
        sent = form.fields | {name: _listed(value) for name, value in fields.items()}
        target = form.action or self.path
        if form.method == "get":
            return self._show(self.client.get(target, params=sent))
        return self._show(self.client.post(target, data=sent))

    def form(self, action: str) -> PageForm:
        """Return the first form with this action on the page shown; `post /x` asks for a method."""
        assert self.shown is not None, "no page is open"
        method, _, address = action.rpartition(" ")
        found = [
            form
            for form in forms_of(self.shown.text)
            if form.action == address and method in ("", form.method)
        ]
        assert found, f"no form {action} on {self.path}"
        return found[0]

    def has_form(self, action: str) -> bool:
        """Tell whether the page shown has a form with this action."""
        return self.shown is not None and any(
            form.action == action for form in forms_of(self.shown.text)
        )

    @property
    def path(self) -> str:
        """The path of the page shown."""
        assert self.shown is not None, "no page is open"
        return self.shown.url.path

    def log_in(self, login: str, password: str = PASSWORD) -> Response:
        """Log in by name and password."""
        self.get("/login")
        return self.submit("/login", login=login, password=password)

    def says(self, key: str, **facts: object) -> bool:
        """Tell whether the page shown has this text of the catalogues, in its language."""
        assert self.shown is not None, "no page is open"
        return page_text(key, self.language, **facts) in self.shown.text

    def _show(self, answer: Response) -> Response:
        self.shown = answer
        found = _CSRF.search(answer.text) if "html" in answer.headers["content-type"] else None
        self.csrf = found[1] if found else self.csrf
        return answer


class Office:
    """The application on a store of its own, and everybody who works with it."""

    def __init__(self, app: FastAPI, qolhat: Qolhat, clock: SettableClock) -> None:
        self.app = app
        self.qolhat = qolhat
        self.clock = clock

    def browser(self, language: str = "kk") -> Browser:
        """Open a browser in which nobody is logged in."""
        return Browser(self.app, language)

    def employ(
        self,
        role: Role | Iterable[Role],
        organisation: int | None = None,
        *,
        places: Iterable[PlaceCode] | None = None,
        name: str = "Үлгібаева Сынақгүл",
        scope: Scope = Scope.ORGANISATION,
    ) -> int:
        """Appoint somebody who can log in (`login_of`); without `places` at the role's first."""
        roles = [role] if isinstance(role, Role) else list(role)
        working = organisation or (CENTRE if AT_CENTRE & set(roles) else AUTHORITY)
        personnel = self.qolhat.personnel
        person = personnel.appoint(working, roles, name=name, scope=scope, since=HIRED)
        if places is None:
            places = [place(each, working) for each in roles if each in PLACE_DIGITS]
        for code in places:
            personnel.assign(person, code, since=HIRED)
        self.qolhat.accounts.set_login(person, login_of(person))
        self.qolhat.accounts.set_password(person, PASSWORD)
        self.qolhat.accounts.set_pin(person, PIN)
        return person

    def log_in(self, person: int, language: str = "kk") -> Browser:
        """Let an employed person log in at a browser of their own, through the form."""
        browser = self.browser(language)
        browser.person = person
        answer = browser.log_in(login_of(person))
        assert answer.history, f"the log-in was refused: {answer.text}"
        assert browser.path != "/login"
        return browser

    def enter(
        self, role: Role | Iterable[Role], organisation: int | None = None, **how: Any
    ) -> Browser:
        """Employ somebody and log them in."""
        language = how.pop("language", "kk")
        return self.log_in(self.employ(role, organisation, **how), language)


def login_of(person: int) -> str:
    """Return under which name an employed person logs in."""
    return f"user{person}"


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]


def _check_offered(form: PageForm, name: str, value: Any) -> None:
    assert name in form.names, f"the form {form.action} has no field {name}: {sorted(form.names)}"
    offered = form.choices.get(name)
    for each in _listed(value):
        assert offered is None or each in offered, f"{name} offers {offered}, not {each}"
