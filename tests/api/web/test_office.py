"""The tests' own office: people log in by the form and send what its fields hold."""

from __future__ import annotations

from domain.roles import Role, Scope
from tests.api.web.forms import forms_of
from tests.api.web.office import Office


def test_an_inspector_logs_in_and_out_again(office: Office) -> None:
    inspector = office.enter(Role.INSPECTOR)
    assert inspector.path == "/station"
    inspector.get("/account")
    inspector.submit("/logout")
    assert inspector.path == "/login"
    inspector.get("/account")
    assert inspector.path == "/login"


def test_a_form_sends_what_it_would_untouched() -> None:
    page = """<form action="/a" method="post"><input name="x" value="1"><input type="checkbox"
    name="y" value="2"><input type="checkbox" name="y" value="3" checked><select name="z">
    <option value="4"></option><option value="5" selected></option></select>
    <textarea name="t">6</textarea><button name="b" value="7"></button></form>"""
    (form,) = forms_of(page)
    assert form.fields == {"x": ["1"], "y": ["3"], "z": ["5"], "t": ["6"]}
    assert form.names == {"x", "y", "z", "t", "b"}
    assert form.choices == {"y": ["2", "3"], "z": ["4", "5"]}


def test_without_the_session_s_field_nothing_is_changed(office: Office) -> None:
    administrator = office.enter(Role.ADMINISTRATOR, scope=Scope.COUNTRY)
    assert administrator.client.post("/logout/everywhere").status_code == 403
    administrator.get("/account")
    assert administrator.path == "/account"
