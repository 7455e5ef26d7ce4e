"""The limit on guessing: who guesses waits, longer and longer; the owner is not kept out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from infra.accounts import Accounts, BadLogInError, TooManyGuessesError
from infra.accounts.guesses import network_of
from tests.infra.accounts.conftest import Opening
from tests.infra.accounts.test_accounts import CLERK, HERE, INSPECTOR, PASSWORD, PIN, known
from tests.office import SettableClock

LOGIN, ELSEWHERE = "үлгі.ы", "192.0.2.99"


def guess(accounts: Accounts, login: str = LOGIN, address: str = HERE) -> int:
    """Guess wrong; return how many seconds one is told to wait, 0 if the guess was taken."""
    try:
        accounts.check_password(login, "a wrong guess", address)
    except TooManyGuessesError as error:
        return int(str(error.facts["seconds"]))
    except BadLogInError:
        return 0
    raise AssertionError("the guess was right")


def logs_in(accounts: Accounts, address: str = HERE) -> bool:
    try:
        return accounts.check_password(LOGIN, PASSWORD, address) == INSPECTOR
    except TooManyGuessesError:
        return False


def test_after_five_wrong_guesses_even_the_right_password_waits(
    accounts: Accounts, clock: SettableClock
) -> None:
    known(accounts)
    assert [guess(accounts) for _ in range(6)] == [0, 0, 0, 0, 0, 30]
    assert not logs_in(accounts)
    clock.at += timedelta(seconds=29)
    assert guess(accounts) == 1
    clock.at += timedelta(seconds=1)
    assert logs_in(accounts)
    assert [guess(accounts) for _ in range(6)] == [0, 0, 0, 0, 0, 30]  # counted anew


def test_the_waits_double_up_to_a_quarter_of_an_hour(
    accounts: Accounts, clock: SettableClock
) -> None:
    waits = []
    for _ in range(4):
        guess(accounts)
    for _ in range(8):
        assert guess(accounts) == 0
        waits.append(guess(accounts))
        clock.at += timedelta(seconds=waits[-1])
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


def test_asking_while_one_must_wait_does_not_make_it_longer(
    accounts: Accounts, clock: SettableClock
) -> None:
    for _ in range(5):
        guess(accounts)
    for second in range(30):
        assert guess(accounts) == 30 - second
        clock.at += timedelta(seconds=1)
    assert guess(accounts) == 0


def test_the_colleague_at_the_next_table_logs_in_meanwhile(accounts: Accounts) -> None:
    known(accounts)
    for _ in range(6):
        guess(accounts, "somebody-else")
    assert logs_in(accounts)


def test_badges_are_counted_by_their_person(accounts: Accounts) -> None:
    known(accounts)
    known(accounts, CLERK, "clerk")
    for _ in range(5):
        with pytest.raises(BadLogInError):
            accounts.check_pin(INSPECTOR, "730416", HERE)
    with pytest.raises(TooManyGuessesError) as refused:
        accounts.check_pin(INSPECTOR, PIN, HERE)
    assert refused.value.facts == {"seconds": 30}
    assert accounts.check_pin(CLERK, PIN, HERE) == CLERK
    assert logs_in(accounts)


def test_fifty_wrong_guesses_lock_an_address_whatever_the_names(
    accounts: Accounts, clock: SettableClock
) -> None:
    known(accounts)
    for number in range(50):
        assert guess(accounts, f"name{number}", ELSEWHERE) == 0
    assert guess(accounts, "yet-another", ELSEWHERE) == 900
    assert not logs_in(accounts, ELSEWHERE)
    assert logs_in(accounts, HERE)
    clock.at += timedelta(minutes=15)
    assert logs_in(accounts, ELSEWHERE)


def test_twenty_wrong_guesses_from_anywhere_slow_a_name_down(
    accounts: Accounts, clock: SettableClock
) -> None:
    known(accounts)
    for number in range(20):
        assert guess(accounts, address=f"192.0.2.{number}") == 0
    assert guess(accounts, address=ELSEWHERE) == 30
    assert not logs_in(accounts, ELSEWHERE)
    assert guess(accounts, "another", ELSEWHERE) == 0
    clock.at += timedelta(seconds=30)
    assert logs_in(accounts, ELSEWHERE)


def test_guesses_from_elsewhere_do_not_keep_the_owner_out(
    accounts: Accounts, clock: SettableClock
) -> None:
    """A hundred addresses guess for a day: the owner comes in from the office at any time."""
    known(accounts)
    assert logs_in(accounts)
    longest = 0
    for number in range(100):
        longest = max(longest, guess(accounts, address=f"198.51.100.{number}"))
        clock.at += timedelta(minutes=15)
        if number % 10 == 0:
            assert logs_in(accounts)
    for number in range(100):
        longest = max(longest, guess(accounts, address=f"203.0.113.{number}"))
    assert 0 < longest <= 900
    assert logs_in(accounts)
    assert not logs_in(accounts, ELSEWHERE)
    clock.at += timedelta(minutes=15)
    assert logs_in(accounts, ELSEWHERE)


def test_many_guesses_at_once_are_no_more_than_one_by_one(
    accounts: Accounts, opening: Opening
) -> None:
    """They come through two processes; the count is in the database."""
    known(accounts)
    processes = [opening(), opening()]
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda n: guess(processes[n % 2]), range(24)))
    assert waits.count(0) == 5
    assert set(waits) == {0, 30}


def test_a_restart_forgets_no_guess(accounts: Accounts, opening: Opening) -> None:
    for _ in range(5):
        guess(accounts)
    assert guess(opening()) == 30


def test_old_guesses_are_cleaned_up_on_the_way(
    accounts: Accounts, engine: sa.Engine, clock: SettableClock
) -> None:
    known(accounts)
    for number in range(30):
        guess(accounts, f"name{number}")
    assert logs_in(accounts)
    clock.at += timedelta(hours=1)
    guess(accounts)
    assert _rows(engine) == 2  # this one, and that the inspector logs in from here
    clock.at += timedelta(days=30)
    guess(accounts)
    assert _rows(engine) == 1


def _rows(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM log_in_guesses")).scalar_one())


def test_a_whole_network_of_ipv6_is_one_address() -> None:
    assert network_of("2001:db8:1:2::7") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:2::7") != network_of("2001:db8:1:3::7")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("testclient") == "testclient"
