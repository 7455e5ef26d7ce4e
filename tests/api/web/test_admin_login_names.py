"""Log-in names that are proposed: Latin letters, unlike those that others have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.admin.login_names import proposed_login
from infra.accounts.accounts import read_login


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("Сынақбаева Үлгі Мысалқызы", "synaqbaeva.u"),
        ("Әжіұлы Жанұзақ", "azhiuly.z"),
        ("Щукина-Ёлкина Юлия", "shukinaelkina.y"),
        ("Ülgibay Sınaq", "ulgibay.s"),
        ("ҮЛГІ", "ulgi"),
        ("Ли И", "li.i"),
        ("Ли", "user.li"),
        ("王 小", "user"),
        ("", "user"),
    ],
)
def test_a_log_in_is_made_from_the_name(name: str, login: str) -> None:
    assert proposed_login(name, ()) == login
    assert proposed_login(name, {login, f"{login}2"}) == f"{login}3"


@given(st.text(max_size=300), st.integers(0, 30))
def test_what_is_proposed_can_be_given(name: str, many: int) -> None:
    taken: set[str] = set()
    for _ in range(many + 1):
        login = proposed_login(name, taken)
        assert login not in taken
        assert read_login(login) == login
        taken.add(login)
