"""Accounts: names to log in with, passwords, PINs; nothing of them stands anywhere in the clear."""

from __future__ import annotations

import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from domain.errors import QolhatError
from infra.accounts import (
    Account,
    Accounts,
    BadLogInError,
    BadLoginError,
    LogInsBusyError,
    LoginTakenError,
    Sessions,
    WeakPasswordError,
    WeakPinError,
)
from infra.accounts.secrecy import Hasher, check_pin_strength, new_pin
from infra.backup import backup, restore
from infra.bootstrap import bootstrap
from infra.errors import StorageError
from infra.settings import Settings, StoreKind
from infra.vault import VaultKeys, new_key
from tests.infra.accounts.conftest import QUICK, Opening
from tests.office import SettableClock
from tests.stories import MORNING

PASSWORD, PIN, HERE = "төрт түлік мал", "730415", "10.0.0.7"
INSPECTOR, CLERK = 4, 7


def known(accounts: Accounts, person: int = INSPECTOR, login: str = "Үлгі.Ы") -> Accounts:
    """Somebody who can log in by password and by badge."""
    accounts.set_login(person, login)
    accounts.set_password(person, PASSWORD)
    accounts.set_pin(person, PIN)
    return accounts


# --- names to log in with -----------------------------------------------------------------------


def test_the_inspector_logs_in_by_name_in_any_case_or_by_badge(accounts: Accounts) -> None:
    known(accounts)
    for typed in ("үлгі.ы", "ҮЛГІ.Ы", " Үлгі.Ы "):
        assert accounts.check_password(typed, PASSWORD, HERE) == INSPECTOR
    assert accounts.check_pin(INSPECTOR, PIN, HERE) == INSPECTOR
    assert accounts.account(INSPECTOR) == Account(
        INSPECTOR, "үлгі.ы", has_password=True, has_pin=True, must_change=False
    )


def test_two_people_never_have_one_name(accounts: Accounts) -> None:
    known(accounts)
    with pytest.raises(LoginTakenError):
        accounts.set_login(CLERK, "ҮЛГІ.ы")
    assert accounts.account(CLERK) is None
    accounts.set_login(INSPECTOR, "үлгі.ы")  # the same once more
    accounts.set_login(INSPECTOR, "inspector_4")
    accounts.set_login(CLERK, "үлгі.ы")  # free again
    assert {p: a.login for p, a in accounts.accounts().items()} == {
        INSPECTOR: "inspector_4",
        CLERK: "үлгі.ы",
    }
    assert accounts.check_password("inspector_4", PASSWORD, HERE) == INSPECTOR


def test_of_many_who_take_a_name_at_once_one_has_it(accounts: Accounts, opening: Opening) -> None:
    offices = [opening() for _ in range(4)]

    def take(person: int) -> int:
        try:
            offices[person % 4].set_login(person, "inspector")
        except LoginTakenError:
            return 0
        return person

    with ThreadPoolExecutor(8) as pool:
        took = [person for person in pool.map(take, range(1, 17)) if person]
    assert len(took) == 1
    assert list(accounts.accounts()) == took


@pytest.mark.parametrize(
    "login", ["", "ab", "a" * 65, "with space", "a@b.kz", "semi;colon", "ab\0"]
)
def test_a_name_that_cannot_be_typed_safely_is_refused(accounts: Accounts, login: str) -> None:
    with pytest.raises(BadLoginError):
        accounts.set_login(INSPECTOR, login)
    assert accounts.accounts() == {}


# --- passwords and PINs -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    ["", "short-one", "inspector-4", "INSPECTOR-4", "aaaaaaaaaaaa", "1212121212", "password2026",
     "Құпиясөз123", "qwertyuiop", "ЙЦУКЕНГШЩЗ", "0123456789", "abcdefghijkl", "9876543210",
     "20261122!!", "a1b2c3d4e5" * 26],
)  # fmt: skip
def test_a_password_that_is_guessed_soon_is_refused(accounts: Accounts, password: str) -> None:
    accounts.set_login(INSPECTOR, "inspector-4")
    with pytest.raises(WeakPasswordError):
        accounts.set_password(INSPECTOR, password)
    account = accounts.account(INSPECTOR)
    assert account is not None
    assert not account.has_password


@pytest.mark.parametrize(
    "pin",
    ["", "12345", "111111", "123456", "654321", "890123", "121212", "123123", "135791", "12345a",
     "١٢٣٤٥٦", "7304157304151"],
)  # fmt: skip
def test_a_pin_that_is_guessed_soon_is_refused(accounts: Accounts, pin: str) -> None:
    with pytest.raises(WeakPinError):
        accounts.set_pin(INSPECTOR, pin)
    assert accounts.account(INSPECTOR) is None


def test_a_password_is_the_same_however_the_keyboard_composes_it(accounts: Accounts) -> None:
    accounts.set_login(INSPECTOR, "inspector4")
    accounts.set_password(INSPECTOR, unicodedata.normalize("NFD", "майлы қайың"))
    composed = unicodedata.normalize("NFC", "майлы қайың")
    assert accounts.check_password("inspector4", composed, HERE) == INSPECTOR
    with pytest.raises(BadLogInError):
        accounts.check_password("inspector4", "майлы қайын", HERE)


def test_what_is_no_text_at_all_is_a_wrong_password(accounts: Accounts) -> None:
    known(accounts)
    for login, password in (("\ud800", "\udfff"), ("a" * 100_000, "b" * 100_000), ("", "")):
        with pytest.raises(BadLogInError):
            accounts.check_password(login, password, HERE)


def test_a_reset_password_is_for_one_log_in_and_ends_the_sessions(
    accounts: Accounts, sessions: Sessions
) -> None:
    known(accounts)
    sessions.begin(INSPECTOR, 1_000_001, MORNING + timedelta(hours=8))
    drawn = {accounts.reset_password(INSPECTOR) for _ in range(20)}
    assert len(drawn) == 20
    assert all(set(each) <= set("abcdefghjkmnpqrstuvwxyz23456789-") for each in drawn)
    last = accounts.reset_password(INSPECTOR)
    assert accounts.check_password("үлгі.ы", last, HERE) == INSPECTOR
    account = accounts.account(INSPECTOR)
    assert account is not None
    assert account.must_change
    assert sessions.of(INSPECTOR) == []
    accounts.set_password(INSPECTOR, PASSWORD)
    account = accounts.account(INSPECTOR)
    assert account is not None
    assert not account.must_change


def test_a_reset_pin_is_a_good_one(accounts: Accounts) -> None:
    pin = accounts.reset_pin(INSPECTOR)
    assert accounts.check_pin(INSPECTOR, pin, HERE) == INSPECTOR
    for _ in range(500):
        check_pin_strength(new_pin())


def test_who_left_cannot_log_in_any_more(accounts: Accounts, sessions: Sessions) -> None:
    known(accounts)
    token = sessions.begin(INSPECTOR, 1_000_001, MORNING + timedelta(hours=8)).token
    accounts.forget(INSPECTOR)
    assert accounts.account(INSPECTOR) is None
    assert sessions.find(token) is None
    with pytest.raises(BadLogInError):
        accounts.check_password("үлгі.ы", PASSWORD, HERE)
    with pytest.raises(BadLogInError):
        accounts.check_pin(INSPECTOR, PIN, HERE)
    accounts.set_login(CLERK, "үлгі.ы")


def test_invented_people_may_share_a_password(accounts: Accounts) -> None:
    accounts.set_all_alike({1: "inspector1", 2: "courier2"}, PASSWORD, PIN)
    assert accounts.check_password("courier2", PASSWORD, HERE) == 2
    assert accounts.check_pin(1, PIN, HERE) == 1
    with pytest.raises(WeakPasswordError):
        accounts.set_all_alike({3: "office3"}, "password12", PIN)
    assert set(accounts.accounts()) == {1, 2}


# --- strangers ----------------------------------------------------------------------------------


class Counting(PasswordHasher):
    """Counts how often it verifies."""

    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002
        self.verified += 1
        return super().verify(hash, password)


def test_a_stranger_is_told_and_costs_the_same_as_a_wrong_password(
    accounts: Accounts, opening: Opening
) -> None:
    known(accounts)
    accounts.set_login(CLERK, "clerk")  # has no password and no PIN yet
    tries: list[tuple[Any, ...]] = [
        ("check_password", "үлгі.ы", "wrong"),
        ("check_password", "clerk", "wrong"),
        ("check_password", "nobody", "wrong"),
        ("check_pin", INSPECTOR, "730416"),
        ("check_pin", CLERK, "730416"),
        ("check_pin", None, "730416"),
    ]
    for method, who, secret in tries:
        hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
        with pytest.raises(BadLogInError) as refused:
            getattr(opening(hasher), method)(who, secret, HERE)
        assert (str(refused.value), hasher.verified) == ("wrong-log-in()", 1), (method, who)


def test_the_hash_that_stands_for_nobody_opens_nothing() -> None:
    hasher = Hasher(QUICK)
    assert not hasher.verify(None, "")
    assert not hasher.verify(None, "None")


# --- what is kept -------------------------------------------------------------------------------


def kept(engine: sa.Engine, person: int = INSPECTOR) -> Any:
    with engine.connect() as connection:
        found = connection.execute(sa.text(f"SELECT * FROM accounts WHERE person={person}"))
        return found.one()


def test_nothing_stands_in_the_database_in_the_clear(
    accounts: Accounts, engine: sa.Engine, sessions: Sessions
) -> None:
    known(accounts)
    accounts.check_password("үлгі.ы", PASSWORD, HERE)
    token = sessions.begin(INSPECTOR, 1_000_001, MORNING + timedelta(hours=8)).token
    tables = ("accounts", "log_in_guesses", "sessions")
    with engine.connect() as connection:
        rows = [connection.execute(sa.text(f"SELECT * FROM {table}")).one() for table in tables]
    raw = b"|".join(
        bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
        for row in rows
        for value in row
    )
    for secret in ("үлгі", PASSWORD, PIN, HERE, token):
        assert secret.encode() not in raw, secret


def test_the_file_alone_does_not_tell_a_pin(
    accounts: Accounts, engine: sa.Engine, opening: Opening
) -> None:
    """A million PINs are tried in hours by whoever stole the file; without the key it is no use."""
    known(accounts)
    with pytest.raises(VerifyMismatchError):
        QUICK.verify(kept(engine).pin_hash, PIN)
    with pytest.raises(BadLogInError):
        opening(keys=VaultKeys(new_key())).check_pin(INSPECTOR, PIN, HERE)


def test_passwords_are_hashed_as_the_rfc_advises(settings: Settings) -> None:
    with bootstrap(settings) as qolhat:
        qolhat.accounts.set_password(INSPECTOR, PASSWORD)
        with qolhat.vault._engine.connect() as connection:
            hashed = connection.execute(sa.text("SELECT password_hash FROM accounts")).scalar()
    assert str(hashed).startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106, low memory


def test_with_new_parameters_a_password_is_hashed_anew_at_the_next_log_in(
    accounts: Accounts, engine: sa.Engine, opening: Opening
) -> None:
    known(accounts)
    stronger = opening(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert stronger.check_password("үлгі.ы", PASSWORD, HERE) == INSPECTOR
    assert "m=16,t=2" in kept(engine).password_hash
    assert "m=8,t=1" in kept(engine).pin_hash
    assert stronger.check_pin(INSPECTOR, PIN, HERE) == INSPECTOR
    assert "m=16,t=2" in kept(engine).pin_hash
    assert stronger.check_password("үлгі.ы", PASSWORD, HERE) == INSPECTOR


def test_a_backup_carries_the_log_ins(tmp_path_factory: pytest.TempPathFactory) -> None:
    here, there = (Settings(data_dir=tmp_path_factory.mktemp(name) / "data") for name in "ab")
    with bootstrap(here) as qolhat:
        known(qolhat.accounts)
        archive = here.data_dir.parent / "backup.tar.gz"
        backup(here, archive, MORNING)
    restore(there, archive)
    with bootstrap(there) as qolhat:
        assert qolhat.accounts.check_password("үлгі.ы", PASSWORD, HERE) == INSPECTOR
        assert qolhat.accounts.check_pin(INSPECTOR, PIN, HERE) == INSPECTOR


def test_an_error_repeats_nothing_of_what_was_typed(
    opening: Opening, caplog: pytest.LogCaptureFixture
) -> None:
    accounts = opening.of_lost_tables()
    caplog.set_level("DEBUG")
    tries = (
        lambda: accounts.check_password("secret-name", "secret-word", "secret-address"),
        lambda: accounts.set_login(1, "secret name"),
        lambda: accounts.set_password(1, "secret"),
        lambda: accounts.set_pin(1, "secret"),
        lambda: accounts.set_login(1, "secret-name"),
    )
    for attempt in tries:
        with pytest.raises(QolhatError) as failed:
            attempt()
        told = f"{failed.value!r} {failed.value.__cause__!s} {caplog.text}"
        assert "secret" not in told


def test_a_database_that_fails_is_told_as_such(opening: Opening) -> None:
    accounts = opening.of_lost_tables()
    with pytest.raises(StorageError):
        accounts.accounts()


# --- many at once -------------------------------------------------------------------------------


class Slow(PasswordHasher):
    """Notes how many work at once; goes on when it is told to."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.working = self.most = 0
        self._lock = threading.Lock()

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002
        with self._lock:
            self.working += 1
            self.most = max(self.most, self.working)
        self.begun.release()
        self.go_on.wait(30)
        with self._lock:
            self.working -= 1
        return super().verify(hash, password)


def test_a_flood_takes_the_memory_of_two_and_is_told_to_come_back(clock: SettableClock) -> None:
    slow = Slow()
    hasher = Hasher(slow)
    word = slow.hash(PASSWORD)

    def log_in(_: int) -> bool | None:
        try:
            with hasher.slot():
                return hasher.verify(word, PASSWORD)
        except LogInsBusyError:
            return None

    with ThreadPoolExecutor(60) as pool:
        answers = pool.map(log_in, range(60))
        for _ in range(2):
            assert slow.begun.acquire(timeout=30)
        slow.go_on.set()
        told = list(answers)
    assert slow.most == 2
    assert told.count(True) >= 26
    assert told.count(True) + told.count(None) == 60
    with hasher.slot():  # every place in the line is free again
        assert hasher.verify(word, PASSWORD)


def test_the_accounts_are_on_the_engine_of_the_vault(settings: Settings) -> None:
    """One database, one backup; PostgreSQL has its own schema for it."""
    with bootstrap(settings) as qolhat:
        tables = set(sa.inspect(qolhat.vault._engine).get_table_names())
    assert {"vault_records", "accounts", "sessions", "stations", "access_looks"} <= tables
    assert settings.store in StoreKind
