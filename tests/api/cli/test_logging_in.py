"""The administrator at the command line: log-ins, PINs, log-out everywhere, who left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.roles import Role
from infra.accounts import BadLogInError
from infra.bootstrap import bootstrap
from infra.settings import Settings
from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.stories import MORNING, PEOPLE

INSPECTOR, COURIER, HERE = PEOPLE[Role.INSPECTOR], PEOPLE[Role.COURIER], "10.0.0.7"


def logs_in(day: Day, login: str, password: str) -> int:
    with bootstrap(Settings(data_dir=day.folder)) as wired:
        return wired.accounts.check_password(login, password, HERE)


def test_somebody_gets_a_log_in_and_a_password_for_the_first_time(
    qolhat: Terminal, day: Day
) -> None:
    given = qolhat("people", "login", INSPECTOR, "--login", "Үлгі.Ы", "--json").data
    assert (given["person"], given["login"]) == (INSPECTOR, "үлгі.ы")
    assert logs_in(day, "үлгі.ы", given["password"]) == INSPECTOR
    with bootstrap(Settings(data_dir=day.folder)) as wired:
        account = wired.accounts.account(INSPECTOR)
    assert account is not None
    assert account.must_change
    told = qolhat("people", "login", INSPECTOR)  # forgotten: another password, the same name
    assert told.code == 0
    assert "үлгі.ы" in told.text
    assert logs_in(day, "үлгі.ы", told.text.split()[-1]) == INSPECTOR
    with pytest.raises(BadLogInError):
        logs_in(day, "үлгі.ы", given["password"])


def test_a_new_pin_goes_with_the_badge(qolhat: Terminal, day: Day) -> None:
    first = qolhat("people", "pin", COURIER, "--json").data["pin"]
    last = qolhat("people", "pin", COURIER).text.split()[-1]
    with bootstrap(Settings(data_dir=day.folder)) as wired:
        assert wired.accounts.check_pin(COURIER, last, HERE) == COURIER
        with pytest.raises(BadLogInError):
            wired.accounts.check_pin(COURIER, first, HERE)


def test_log_out_everywhere(qolhat: Terminal, day: Day) -> None:
    until = MORNING + timedelta(days=36_500)
    with bootstrap(Settings(data_dir=day.folder)) as wired:
        tokens = [wired.sessions.begin(COURIER, 1_000_001, until).token for _ in range(2)]
        other = wired.sessions.begin(INSPECTOR, 1_000_001, until).token
    assert qolhat("people", "logout", COURIER, "--json").data == {"ended": 2}
    with bootstrap(Settings(data_dir=day.folder)) as wired:
        assert [wired.sessions.find(token) for token in tokens] == [None, None]
        assert wired.sessions.find(other) is not None
    assert qolhat("people", "logout", COURIER).text == "Sessions ended: 0"


def test_who_was_dismissed_cannot_log_in_but_who_leaves_later_can(
    qolhat: Terminal, day: Day
) -> None:
    for person in (INSPECTOR, COURIER):
        qolhat("people", "login", person, "--login", f"person{person}")
    later = qolhat.at(600)
    qolhat.at(300)
    assert qolhat("people", "dismiss", INSPECTOR).code == 0
    assert qolhat("people", "dismiss", COURIER, "--since", later).code == 0
    with bootstrap(Settings(data_dir=day.folder)) as wired:
        assert set(wired.accounts.accounts()) == {COURIER}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("login", 4711, "--login", "nobody"), "unknown-person"),
        (("login", INSPECTOR, "--login", "a b"), "bad-login-name"),
        (("login", INSPECTOR, "--login", "the-courier"), "login-taken"),
        (("login", INSPECTOR), "usage"),
        (("pin", 4711), "unknown-person"),
        (("logout", 4711), "unknown-person"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    qolhat: Terminal, day: Day, words: tuple[object, ...], code: str
) -> None:
    qolhat("people", "login", COURIER, "--login", "the-courier")
    in_every_language(qolhat, "people", *words)
    assert qolhat("people", *words, "--json").problem["code"] == code
    with bootstrap(Settings(data_dir=day.folder)) as wired:
        assert set(wired.accounts.accounts()) == {COURIER}
