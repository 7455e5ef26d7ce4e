"""Accounts: under which name a person logs in, and what of the password and the PIN is kept.

Whether the person still works here is said by the staff register, not here: ask it on every page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.dialects import postgresql, sqlite

from infra.accounts.errors import BadLogInError, BadLoginError, LoginTakenError
from infra.accounts.guesses import Guesses
from infra.accounts.secrecy import (
    Hasher,
    check_pin_strength,
    check_strength,
    new_password,
    new_pin,
    prepared,
)
from infra.accounts.tables import ACCOUNTS, SESSIONS, Keeper, failing_clearly, metadata
from infra.database import make_tables
from infra.vault import VaultKeys

SHORTEST_LOGIN, LONGEST_LOGIN = 3, 64
_SIGNS = frozenset("._-")


@dataclass(frozen=True, slots=True)
class Account:
    """How a person can log in; `must_change`: the password is good for one log-in only."""

    person: int
    login: str | None
    has_password: bool
    has_pin: bool
    must_change: bool


def folded(login: str) -> str:
    """Return a log-in as it is compared: upper and lower case are the same."""
    return prepared(login.strip()).casefold()


def read_login(typed: str) -> str:
    """Return a log-in that may be given to a person. Raises BadLoginError."""
    login = folded(typed)
    fits = SHORTEST_LOGIN <= len(login) <= LONGEST_LOGIN
    if not fits or not all(sign.isalpha() or sign.isdecimal() or sign in _SIGNS for sign in login):
        raise BadLoginError(least=SHORTEST_LOGIN, most=LONGEST_LOGIN)
    return login


class Accounts(Keeper):
    """All accounts. Every method raises StorageError if the database fails."""

    def __init__(
        self,
        engine: sa.Engine,
        now: Callable[[], datetime],
        keys: VaultKeys,
        hasher: PasswordHasher | None = None,
    ) -> None:
        super().__init__(engine, now)
        self._keys = keys
        self._hasher = Hasher(hasher)
        self._guesses = Guesses(engine, now, keys)

    def prepare(self) -> None:
        """Make the tables of log-ins, sessions, stations and looks where they are missing."""
        with failing_clearly():
            make_tables(self._engine, metadata)

    # --- what a person logs in with -----------------------------------------------------------

    def set_login(self, person: int, login: str) -> None:
        """Give a person a name to log in with. Raises BadLoginError, LoginTakenError."""
        values = self._login_values(person, read_login(login))
        same = sa.select(ACCOUNTS.c.person).where(ACCOUNTS.c.login_hash == values["login_hash"])
        with self._writing() as connection:
            if connection.execute(same).scalar() not in {None, person}:
                raise LoginTakenError
            try:
                _change(connection, person, values)
            except sa.exc.IntegrityError as error:  # another process was quicker
                raise LoginTakenError from error

    def set_password(self, person: int, password: str, *, must_change: bool = False) -> None:
        """Give a person a password. Raises WeakPasswordError."""
        account = self.account(person)
        check_strength(password, account.login if account else None)
        kept = self._hasher.hash(prepared(password))
        with self._writing() as connection:
            _change(connection, person, {"password_hash": kept, "must_change": must_change})

    def set_pin(self, person: int, pin: str) -> None:
        """Give a person a PIN. Raises WeakPinError."""
        check_pin_strength(pin)
        kept = self._hasher.hash(self._keys.pepper(pin))
        with self._writing() as connection:
            _change(connection, person, {"pin_hash": kept})

    def reset_password(self, person: int) -> str:
        """Draw a password that must be changed at once; ends the person's sessions."""
        password = new_password()
        self.set_password(person, password, must_change=True)
        self._end_sessions(person)
        return password

    def reset_pin(self, person: int) -> str:
        """Draw a PIN; ends the person's sessions."""
        pin = new_pin()
        self.set_pin(person, pin)
        self._end_sessions(person)
        return pin

    def set_all_alike(self, logins: Mapping[int, str], password: str, pin: str) -> None:
        """Give invented people one password and one PIN: for the demonstration alone.

        They are hashed once, else hundreds of people would take minutes; so the same hash stands
        at everybody, which would tell a thief who shares a password with whom.
        Raises BadLoginError, WeakPasswordError, WeakPinError.
        """
        check_strength(password, None)
        check_pin_strength(pin)
        alike = {
            "password_hash": self._hasher.hash(prepared(password)),
            "pin_hash": self._hasher.hash(self._keys.pepper(pin)),
            "must_change": False,
        }
        rows = [
            {"person": person, **self._login_values(person, read_login(login)), **alike}
            for person, login in logins.items()
        ]
        with self._writing() as connection:
            connection.execute(ACCOUNTS.insert(), rows)

    def forget(self, person: int) -> None:
        """Take log-in, password and PIN from somebody who left; ends the person's sessions."""
        with self._writing() as connection:
            connection.execute(ACCOUNTS.delete().where(ACCOUNTS.c.person == person))
            connection.execute(SESSIONS.delete().where(SESSIONS.c.person == person))

    def _end_sessions(self, person: int) -> None:
        with self._writing() as connection:
            connection.execute(SESSIONS.delete().where(SESSIONS.c.person == person))

    def _login_values(self, person: int, login: str) -> dict[str, bytes]:
        return {
            "login_hash": self._keys.hash("login", login),
            "login_sealed": self._keys.seal(_ref(person), {"login": login}),
        }

    # --- what is known of accounts ------------------------------------------------------------

    def account(self, person: int) -> Account | None:
        """Return a person's account, None where the person cannot log in."""
        with self._reading() as connection:
            query = sa.select(ACCOUNTS).where(ACCOUNTS.c.person == person)
            row = connection.execute(query).first()
        return None if row is None else self._account(row)

    def accounts(self) -> dict[int, Account]:
        """Return all accounts by person."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(ACCOUNTS).order_by(ACCOUNTS.c.person)).all()
        return {row.person: self._account(row) for row in rows}

    def _account(self, row: sa.Row[Any]) -> Account:
        return Account(
            row.person,
            self._login(row.person, row.login_sealed),
            row.password_hash is not None,
            row.pin_hash is not None,
            row.must_change,
        )

    def _login(self, person: int, sealed: bytes | None) -> str | None:
        if sealed is None:
            return None
        return str(self._keys.open(_ref(person), bytes(sealed))["login"])

    # --- logging in ---------------------------------------------------------------------------

    def check_password(self, login: str, password: str, address: str) -> int:
        """Return whose log-in and password they are; `address` is where the guess comes from.

        Raises BadLogInError, TooManyGuessesError, LogInsBusyError.
        """
        name = folded(login)
        which = ACCOUNTS.c.login_hash == self._keys.hash("login", name)
        return self._check(
            which, ACCOUNTS.c.password_hash, prepared(password), f"login:{name}", address
        )

    def check_pin(self, person: int | None, pin: str, address: str) -> int:
        """Return the person if it is that person's PIN; None is the holder of an unknown badge.

        Raises BadLogInError, TooManyGuessesError, LogInsBusyError.
        """
        which = ACCOUNTS.c.person == person
        secret = self._keys.pepper(prepared(pin))
        return self._check(which, ACCOUNTS.c.pin_hash, secret, f"badge:{person}", address)

    def _check(
        self,
        which: sa.ColumnElement[bool],
        column: sa.Column[Any],
        secret: str,
        name: str,
        address: str,
    ) -> int:
        with self._hasher.slot():
            self._guesses.count(name, address)
            with self._reading() as connection:
                query = sa.select(ACCOUNTS.c.person, column).where(which)
                found = connection.execute(query).first()
            person, kept = (None, None) if found is None else found
            if not self._hasher.verify(kept, secret) or person is None or kept is None:
                raise BadLogInError
            self._guesses.clear(name, address)
            if self._hasher.outdated(kept):
                self._renew(person, column, kept, secret)
        return int(person)

    def _renew(self, person: int, column: sa.Column[Any], kept: str, secret: str) -> None:
        """Hash with the parameters of today, unless the secret was changed meanwhile."""
        values = {column.name: self._hasher.hash(secret)}
        same = (ACCOUNTS.c.person == person) & (column == kept)
        with self._writing() as connection:
            connection.execute(ACCOUNTS.update().where(same).values(values))


def _change(connection: sa.Connection, person: int, values: dict[str, Any]) -> None:
    """Change a person's account, or begin it."""
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    begin = kind.insert(ACCOUNTS).values(person=person, **values)
    connection.execute(begin.on_conflict_do_update(index_elements=["person"], set_=values))


def _ref(person: int) -> str:
    """What a sealed log-in is bound to: it opens at its person only."""
    return f"person:{person}/login"
