"""What an administrator does to a log-in or a name: no event holds it, so the journal notes it.

Passwords, PINs and tokens are drawn here and shown on one page: they are not kept, and whoever
loses them is given others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from fastapi.responses import HTMLResponse

from api.web.visitor import Visitor
from domain.numbers import BadgeCode


class Deed(StrEnum):
    """What was done, as the journal of access names it."""

    SET_LOGIN = "set-login"
    RESET_PASSWORD = "reset-password"  # noqa: S105  a word, no password
    RESET_PIN = "reset-pin"
    LOGGED_OUT = "logged-out"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What a person is given once; `repr` never shows a secret."""

    person: int
    name: str
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    pin: str | None = field(default=None, repr=False)
    badge: BadgeCode | None = None
    device: int | None = None
    token: str | None = field(default=None, repr=False)


def hand_out(visitor: Visitor, given: HandedOut) -> HTMLResponse:
    """Show once what a person is given."""
    return visitor.page("admin/handed-out.html", given=given)


def set_login(visitor: Visitor, person: int, login: str) -> None:
    """Give a person a name to log in with. Raises BadLoginError, LoginTakenError."""
    visitor.qolhat.accounts.set_login(person, login)
    note(visitor, person, Deed.SET_LOGIN)


def reset_password(visitor: Visitor, person: int) -> str:
    """Draw a password that is good for one log-in; ends the person's sessions."""
    password = visitor.qolhat.accounts.reset_password(person)
    note(visitor, person, Deed.RESET_PASSWORD)
    return password


def reset_pin(visitor: Visitor, person: int) -> str:
    """Draw a PIN; ends the person's sessions."""
    pin = visitor.qolhat.accounts.reset_pin(person)
    note(visitor, person, Deed.RESET_PIN)
    return pin


def log_out(visitor: Visitor, person: int) -> None:
    """Log a person out everywhere."""
    visitor.qolhat.sessions.end_all(person)
    note(visitor, person, Deed.LOGGED_OUT)


def rename(visitor: Visitor, person: int, name: str) -> None:
    """Put a name right."""
    visitor.qolhat.personnel.rename(person, name)
    note(visitor, person, Deed.RENAMED)


def note(visitor: Visitor, person: int, deed: Deed) -> None:
    """Note who did it, to whom."""
    visitor.saw([f"person:{person}"], deed.value)
