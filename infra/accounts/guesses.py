"""The limit on guessing: wrong guesses are counted in the database, for all processes.

Three counts: of the name at the address and of the name from anywhere, over an hour, with waits
that double; of the address, over 15 minutes. The name's own count spares addresses from where the
person logged in lately: who guesses from elsewhere cannot keep the owner out. No wait is longer
than 15 minutes after the last wrong guess; a refused guess is not verified and does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, ip_address, ip_network

import sqlalchemy as sa

from infra.accounts.errors import TooManyGuessesError
from infra.accounts.tables import GUESSES, Keeper
from infra.vault import VaultKeys

_SECOND = 1_000_000  # microseconds
_MINUTE = 60 * _SECOND
FIRST_WAIT, LONGEST_WAIT = 30 * _SECOND, 15 * _MINUTE
_REMEMBERED = 60 * _MINUTE
FAMILIAR_FOR = 30 * 24 * 3600 * _SECOND
_POSTGRES_LOCK = 0x71_67_75_65  # "qgue"

_Guess = tuple[bytes, bytes]  # name, address


@dataclass(frozen=True, slots=True)
class _Limit:
    """So many wrong guesses within so long; then a wait that doubles with every one more."""

    wrong: int
    within: int
    first_wait: int

    def ends_at(self, connection: sa.Connection, which: sa.ColumnElement[bool], now: int) -> int:
        """Return when the wait after these guesses ends."""
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(GUESSES.c.at), 0)).where(
            which, ~GUESSES.c.was_right, GUESSES.c.at > now - self.within
        )
        wrong, last = map(int, connection.execute(query).one())
        if wrong < self.wrong:
            return now
        return last + min(self.first_wait << min(wrong - self.wrong, 10), LONGEST_WAIT)


OF_A_PAIR = _Limit(5, _REMEMBERED, FIRST_WAIT)
OF_A_NAME = _Limit(20, _REMEMBERED, FIRST_WAIT)
OF_AN_ADDRESS = _Limit(50, 15 * _MINUTE, LONGEST_WAIT)


class Guesses(Keeper):
    """Counts a guess before it is verified, so that many at once are no more than one by one."""

    def __init__(self, engine: sa.Engine, now: Callable[[], datetime], keys: VaultKeys) -> None:
        super().__init__(engine, now)
        self._keys = keys

    def count(self, name: str, address: str) -> None:
        """Count a guess as wrong. Raises TooManyGuessesError if it comes too early."""
        guess, now = self._hashed(name, address), self._micros()
        with self._writing() as connection:
            if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
            self._clean(connection, now)
            wait = self._wait(connection, guess, now)
            if wait <= 0:
                self._add(connection, guess, now, right=False)
        if wait > 0:
            raise TooManyGuessesError(seconds=-(-wait // _SECOND))

    def clear(self, name: str, address: str) -> None:
        """Forget the wrong guesses of the name at the address, after a right one."""
        guess, now = self._hashed(name, address), self._micros()
        with self._writing() as connection:
            connection.execute(GUESSES.delete().where(_of_pair(guess)))
            self._add(connection, guess, now, right=True)

    def _hashed(self, name: str, address: str) -> _Guess:
        return self._keys.hash("log-in", name), self._keys.hash("address", network_of(address))

    def _add(self, connection: sa.Connection, guess: _Guess, now: int, *, right: bool) -> None:
        name, address = guess
        row = {"name_hash": name, "address_hash": address, "was_right": right, "at": now}
        connection.execute(GUESSES.insert().values(row))

    def _clean(self, connection: sa.Connection, now: int) -> None:
        wrong = ~GUESSES.c.was_right & (GUESSES.c.at <= now - _REMEMBERED)
        connection.execute(GUESSES.delete().where(wrong | (GUESSES.c.at <= now - FAMILIAR_FOR)))

    def _wait(self, connection: sa.Connection, guess: _Guess, now: int) -> int:
        """Return how long the next guess must wait, in microseconds."""
        name, address = guess
        ends = [
            OF_A_PAIR.ends_at(connection, _of_pair(guess), now),
            OF_AN_ADDRESS.ends_at(connection, GUESSES.c.address_hash == address, now),
        ]
        familiar = sa.select(GUESSES.c.id).where(_of_pair(guess), GUESSES.c.was_right).limit(1)
        if connection.execute(familiar).first() is None:
            ends.append(OF_A_NAME.ends_at(connection, GUESSES.c.name_hash == name, now))
        return max(ends) - now


def _of_pair(guess: _Guess) -> sa.ColumnElement[bool]:
    name, address = guess
    return (GUESSES.c.name_hash == name) & (GUESSES.c.address_hash == address)


def network_of(address: str) -> str:
    """Return whom an address stands for: of IPv6, everybody has a whole network (/64)."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if isinstance(read, IPv4Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ip_network((int(read), 64), strict=False))
