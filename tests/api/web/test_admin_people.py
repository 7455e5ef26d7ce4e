"""The administrator looks after people: the list, appointing, changing, dismissing [004]."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from api.messages import word
from domain.numbers import grouped
from domain.roles import Role, Scope, Sector
from domain.staff import Person
from tests.api.web.office import PASSWORD, Browser, Office, login_of
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY, place

NAME = "Сынақбаева Үлгі Мысалқызы"


def shown_once(browser: Browser, what: str) -> str:
    """What the answer's page shows of a secret."""
    assert browser.shown is not None
    found = re.search(rf'<code id="{what}">([^<]+)</code>', browser.shown.text)
    assert found, f"no {what} is shown"
    return found[1]


@pytest.fixture
def administrator(office: Office) -> Browser:
    """The administrator of an authority."""
    return office.enter(Role.ADMINISTRATOR, AUTHORITY, name="Әкімшіұлы Мысал")


def appoint(browser: Browser, **typed: object) -> int:
    """Fill the form of a new person in; return the person's number."""
    browser.get("/admin/people/new")
    typed.setdefault("name", NAME)
    typed.setdefault("roles", ["executor"])
    browser.submit("/admin/people/new", **typed)
    assert browser.shown is not None
    found = re.search(r'href="/admin/people/(\d+)"', browser.shown.text)
    assert browser.shown.status_code == 200, browser.shown.text
    assert found
    return int(found[1])


# --- appointing ----------------------------------------------------------------------------------


def test_somebody_new_logs_in_with_the_one_time_password_and_must_change_it(
    office: Office, administrator: Browser
) -> None:
    where = place(Role.EXECUTOR)
    person = appoint(administrator, place=str(where))
    password, pin = shown_once(administrator, "password"), shown_once(administrator, "pin")
    register = office.qolhat.staff.register
    assert register.roles_of(person, office.clock()) == {Role.EXECUTOR}
    assert register.own_places(person) == (where,)
    account = office.qolhat.accounts.account(person)
    assert account is not None
    assert (account.login, account.must_change) == ("synaqbaeva.u", True)
    newcomer = office.browser()
    newcomer.log_in("synaqbaeva.u", password)
    assert newcomer.path == "/account"
    newcomer.get("/station")
    assert newcomer.path == "/account"  # nothing else before the password is changed
    newcomer.submit("/account/password", current=password, new=PASSWORD)
    newcomer.get("/station")
    assert newcomer.path == "/station"
    (badge,) = register.badges_of(person, office.clock())
    by_badge = office.browser()
    by_badge.get("/login")
    by_badge.submit("/login/badge", badge=grouped(badge), pin=pin)
    assert by_badge.path == "/station"


def test_the_secrets_are_shown_once(office: Office, administrator: Browser) -> None:
    person = appoint(administrator)
    secrets = [shown_once(administrator, each) for each in ("password", "pin")]
    assert administrator.shown is not None
    assert administrator.shown.headers["cache-control"] == "no-store"
    assert not administrator.shown.history
    for path in (f"/admin/people/{person}", "/admin/people", "/admin/devices"):
        assert not any(secret in administrator.get(path).text for secret in secrets)


def test_who_is_appointed_by_whom_is_recorded(office: Office, administrator: Browser) -> None:
    person = appoint(administrator, place=str(place(Role.EXECUTOR)))
    events = office.qolhat.log.events_of(Person.stream(person))
    assert {event.by for event in events} == {administrator.person}
    assert [type(event) for event in events] == [
        Person.Appointed, Person.PlaceAssigned, Person.BadgeIssued
    ]  # fmt: skip
    looks = office.qolhat.access.looks(subject=f"person:{person}")
    assert [(look.what, look.person) for look in looks] == [
        (what, administrator.person) for what in ("reset-pin", "reset-password", "set-login")
    ]
    page = administrator.get(f"/admin/people/{person}").text
    assert page.count("Әкімшіұлы Мысал</td>") == 6
    assert word("look", "reset-password", "kk") in page


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"name": "   "}, "people.fault.name"),
        ({"name": "12 345"}, "people.fault.name"),
        ({"roles": []}, "people.fault.roles"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_the_rest_stays(
    office: Office, administrator: Browser, typed: dict[str, object], fault: str
) -> None:
    administrator.get("/admin/people/new")
    sent = {"name": NAME, "roles": ["executor"], "login": "u.synaqbaeva"} | typed
    answer = administrator.submit("/admin/people/new", **sent)
    assert answer.status_code == 422
    assert administrator.says(fault)
    form = administrator.form("/admin/people/new")
    assert form.fields["login"] == ["u.synaqbaeva"]
    assert form.fields["name"] == [str(sent["name"])]
    assert form.fields.get("roles", []) == sent["roles"]
    assert len(office.qolhat.staff.register.people) == 1


def test_a_log_in_of_somebody_else_is_not_given_twice(
    office: Office, administrator: Browser
) -> None:
    first = appoint(administrator)
    second = appoint(administrator, name="Сынақбаева Үміт")
    accounts = office.qolhat.accounts.accounts()
    assert [accounts[each].login for each in (first, second)] == ["synaqbaeva.u", "synaqbaeva.u2"]
    administrator.get("/admin/people/new")
    typed = {"name": "Басқаұлы Үлгі", "roles": ["head"], "login": "Synaqbaeva.U"}
    assert administrator.submit("/admin/people/new", **typed).status_code == 422
    assert administrator.submit("/admin/people/new", login="?!").status_code == 422
    assert len(office.qolhat.staff.register.people) == 3


def test_a_form_sent_twice_appoints_one_person(office: Office, administrator: Browser) -> None:
    first = appoint(administrator)
    administrator.get("/admin/people/new")
    typed = {"name": f" {NAME}", "roles": ["executor"]}
    assert administrator.submit("/admin/people/new", **typed).status_code == 422
    assert administrator.says("people.fault.namesake", number=first)
    assert len(office.qolhat.staff.register.people) == 2
    administrator.submit("/admin/people/new", namesake="true")  # really somebody else
    assert len(office.qolhat.staff.register.people) == 3
    office.qolhat.personnel.appoint(OTHER_AUTHORITY, [Role.HEAD], name="Алысқызы Үлгі")
    appoint(administrator, name="Алысқызы Үлгі")  # whom another organisation has is no obstacle


def test_a_courier_needs_neither_password_nor_badge(office: Office, administrator: Browser) -> None:
    administrator.get("/admin/people/new")
    form = administrator.form("/admin/people/new")
    fields = {name: form.fields[name] for name in ("csrf", "organisation")}
    answer = administrator.client.post(
        "/admin/people/new", data=fields | {"name": NAME, "roles": "courier"}
    )
    assert answer.status_code == 200
    assert "<code" not in answer.text
    person = max(member.person for member in office.qolhat.staff.register.people)
    assert office.qolhat.accounts.account(person) is None
    administrator.get("/admin/people", show="to-do")
    assert administrator.says("people.lacks.log-in")
    assert administrator.says("people.lacks.place")


# --- the list ------------------------------------------------------------------------------------


def test_people_are_found_by_surname_number_and_badge(
    office: Office, administrator: Browser
) -> None:
    person = appoint(administrator)
    other = office.employ(Role.HEAD, AUTHORITY, name="Басқаұлы Мысал")
    (badge,) = office.qolhat.staff.register.badges_of(person, office.clock())
    for query in ("сынақбаева", "Synaqbaeva", str(person), grouped(badge), str(badge)):
        page = administrator.get("/admin/people", q=query).text
        assert NAME in page, query
        assert "Басқаұлы" not in page, query
    assert NAME not in administrator.get("/admin/people", q=str(other)).text
    assert NAME not in administrator.get("/admin/people", q="Сынақ").text  # whole words only
    assert administrator.get("/admin/people", q="9" * 15).status_code == 200


def test_who_left_stands_apart(office: Office, administrator: Browser) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY, name=NAME)
    assert NAME in administrator.get("/admin/people").text
    office.qolhat.personnel.dismiss(person)
    assert NAME not in administrator.get("/admin/people").text
    assert NAME in administrator.get("/admin/people", show="left").text


def test_an_auditor_sees_everybody_and_changes_nobody(office: Office) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY, name=NAME)
    auditor = office.enter(Role.AUDITOR, OTHER_AUTHORITY)
    assert NAME in auditor.get("/admin/people", organisation=str(AUTHORITY)).text
    assert NAME in auditor.get(f"/admin/people/{person}").text
    assert not auditor.has_form(f"/admin/people/{person}/password")
    assert auditor.post(f"/admin/people/{person}/password").status_code == 403
    assert auditor.get("/admin/people/new").status_code == 403


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.ADMINISTRATOR, Role.AUDITOR)])
def test_others_have_no_business_here(shared_office: Office, role: Role) -> None:
    worker = shared_office.enter(role, AUTHORITY, places=())
    for path in ("/admin/people", "/admin/places", "/admin/devices", "/admin/people/new"):
        assert worker.get(path).status_code == 403, path


def test_of_hundreds_of_organisations_one_types_words(office: Office) -> None:
    national = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.COUNTRY)
    office.employ(Role.HEAD, AUTHORITY, name=NAME)
    organisation = office.qolhat.directory.organisation(AUTHORITY)
    national.get("/admin/people")
    assert national.form("/admin/people").choices.get("organisation") is None
    page = national.submit("/admin/people", organisation=organisation.name_kk).text
    assert NAME in page or len(national.form("/admin/people").choices["organisation"]) > 1
    national.get("/admin/people")
    label = f"{AUTHORITY} · {organisation.name_kk}"
    assert NAME in national.submit("/admin/people", organisation=label).text
    national.get("/admin/people", organisation="жоқ мұндай ұйым")
    assert national.says("people.organisation-missed")
    national.get("/admin/people", organisation="9999")
    assert national.says("people.organisation-missed")
    national.get("/admin/people/new")
    national.submit("/admin/people/new", organisation=label)
    assert national.has_form("/admin/people/new")
    assert national.form("/admin/people/new").fields["organisation"] == [str(AUTHORITY)]
    national.get("/admin/people/new", organisation="халыққа")
    assert len(national.form("/admin/people/new").choices["organisation"]) > 2
    assert national.says("people.organisation-several")


# --- changing ------------------------------------------------------------------------------------


def test_a_name_is_put_right(office: Office, administrator: Browser) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY, name="Сынақбаева Улгі")
    here = f"/admin/people/{person}"
    administrator.get(here)
    assert NAME in administrator.submit(f"{here}/name", name=f"  {NAME} ").text
    assert office.qolhat.personnel.names([person]) == {person: NAME}
    assert NAME in administrator.get("/admin/people", q="сынақбаева").text
    assert administrator.submit("/admin/people", q=NAME).status_code == 200
    administrator.get(here)
    assert administrator.submit(f"{here}/name", name="?").status_code == 422
    assert office.qolhat.personnel.names([person]) == {person: NAME}


def test_an_executor_becomes_the_head(office: Office, administrator: Browser) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    here = f"/admin/people/{person}"
    administrator.get(here)
    administrator.submit(f"{here}/appointment", roles=["head", "executor"])
    member = office.qolhat.staff.register.member(person)
    assert member.roles == {Role.HEAD, Role.EXECUTOR}
    assert member.organisation == AUTHORITY
    assert administrator.says("people.done.appointed")
    assert administrator.submit(f"{here}/appointment", roles=[]).status_code == 422
    assert office.qolhat.staff.register.member(person).roles == {Role.HEAD, Role.EXECUTOR}


def test_places_are_given_and_withdrawn(office: Office, administrator: Browser) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    here, second = f"/admin/people/{person}", place(Role.EXECUTOR, AUTHORITY, 2)
    administrator.get(here)
    assert administrator.form(f"{here}/places").choices["place"] == [
        str(place(Role.EXECUTOR, AUTHORITY, serial)) for serial in range(2, len(Sector) + 1)
    ]
    administrator.submit(f"{here}/places", place=str(second))
    own_places = office.qolhat.staff.register.own_places
    assert own_places(person) == (place(Role.EXECUTOR), second)
    administrator.post(f"{here}/places", place=str(second))  # sent twice
    assert own_places(person) == (place(Role.EXECUTOR), second)
    administrator.submit(f"{here}/places/withdraw")
    assert own_places(person) == (second,)
    events = office.qolhat.log.events_of(Person.stream(person))
    assert [event.by for event in events[-2:]] == [administrator.person] * 2
    assert len([e for e in events if isinstance(e, Person.PlaceAssigned)]) == 2


def test_a_place_of_another_organisation_is_not_given(
    office: Office, administrator: Browser
) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    here = f"/admin/people/{person}"
    for wrong in (place(Role.EXECUTOR, OTHER_AUTHORITY), place(Role.INSPECTOR, CENTRE), 7):
        answer = administrator.post(f"{here}/places", place=str(wrong))
        assert answer.status_code == 422, answer.text
    assert office.qolhat.staff.register.own_places(person) == (place(Role.EXECUTOR),)


def test_a_lost_badge_is_good_no_longer(office: Office, administrator: Browser) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    here, register = f"/admin/people/{person}", office.qolhat.staff.register
    administrator.get(here)
    assert administrator.get(f"{here}/badge.pdf").status_code == 404
    administrator.get(here)
    administrator.submit(f"{here}/badge")
    (lost,) = register.badges_of(person, office.clock())
    office.clock.at += timedelta(minutes=1)
    administrator.submit(f"{here}/badge")
    (badge,) = register.badges_of(person, office.clock())
    assert badge != lost
    assert register.by_badge(lost) is None
    printed = administrator.get(f"{here}/badge.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    administrator.get(here)
    administrator.submit(f"{here}/badge/withdraw")
    assert register.badges_of(person, office.clock()) == ()


def test_a_forgotten_password_is_drawn_anew_and_ends_the_sessions(
    office: Office, administrator: Browser
) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    working, here = office.log_in(person), f"/admin/people/{person}"
    administrator.get(here)
    administrator.submit(f"{here}/password")
    password = shown_once(administrator, "password")
    assert working.get("/station").url.path == "/login"
    assert working.log_in(login_of(person)).status_code == 401
    working.log_in(login_of(person), password)
    assert working.path == "/account"
    administrator.get(here)
    administrator.submit(f"{here}/pin")
    assert len(shown_once(administrator, "pin")) == 6
    administrator.get(here)
    administrator.submit(f"{here}/login", login="ulgi.jana")
    account = office.qolhat.accounts.account(person)
    assert account is not None
    assert account.login == "ulgi.jana"
    assert administrator.submit(f"{here}/login", login="-").status_code == 422


def test_somebody_is_logged_out_everywhere(office: Office, administrator: Browser) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    browsers = [office.log_in(person) for _ in range(2)]
    administrator.get(f"/admin/people/{person}")
    administrator.submit(f"/admin/people/{person}/logout")
    assert administrator.says("people.done.logged-out")
    assert {browser.get("/station").url.path for browser in browsers} == {"/login"}


def test_an_executor_stands_in_for_the_absent_head(office: Office, administrator: Browser) -> None:
    head = office.employ(Role.HEAD, AUTHORITY, name="Басшықызы Мысал")
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    here, register = f"/admin/people/{person}", office.qolhat.staff.register
    administrator.get(here)
    administrator.submit(
        f"{here}/stand-ins", absent=str(head), since="2026-11-17", until="2026-11-18"
    )
    assert "Басшықызы" in administrator.get(here).text
    assert administrator.has_form(f"{here}/stand-ins/end")
    midnight = MORNING + timedelta(hours=15)  # of the 17th, five hours before UTC
    spells = [(timedelta(seconds=-1), False), (timedelta(0), True), (timedelta(hours=47.9), True)]
    for later, standing in [*spells, (timedelta(hours=48), False)]:
        assert (Role.HEAD in register.roles_of(person, midnight + later)) is standing, later
    assert administrator.get(f"/admin/people/{head}").text.count("Үлгібаева") > 0
    administrator.get(here)
    administrator.submit(f"{here}/stand-ins/end")
    assert Role.HEAD not in register.roles_of(person, midnight + timedelta(hours=1))
    events = office.qolhat.log.events_of(Person.stream(person))
    assert [event.by for event in events[-2:]] == [administrator.person] * 2


@pytest.mark.parametrize(
    "days",
    [
        {"until": "2026-11-15"},
        {"since": "2026-11-20", "until": "2026-11-19"},
        {"until": ""},
        {"until": "soon"},
        {"until": "9999-12-31"},
    ],
)
def test_nobody_stands_in_until_a_day_that_is_over(
    office: Office, administrator: Browser, days: dict[str, str]
) -> None:
    head, person = office.employ(Role.HEAD, AUTHORITY), office.employ(Role.EXECUTOR, AUTHORITY)
    here = f"/admin/people/{person}"
    administrator.get(here)
    assert administrator.submit(f"{here}/stand-ins", absent=str(head), **days).status_code == 422
    same = {"absent": str(person), "until": "2026-12-01"}
    assert administrator.post(f"{here}/stand-ins", **same).status_code == 422
    assert not office.qolhat.staff.register.member(person).stands_in


def test_who_is_dismissed_can_do_nothing_any_more(office: Office, administrator: Browser) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY, name=NAME)
    working, here = office.log_in(person), f"/admin/people/{person}"
    device, _ = office.qolhat.personnel.enrol(person)
    administrator.get(f"{here}/dismiss")
    assert NAME in administrator.shown.text if administrator.shown else False
    assert office.qolhat.staff.register.own_places(person)  # only asked so far
    administrator.submit(f"{here}/dismiss")
    assert administrator.says("people.done.dismissed")
    assert working.get("/station").url.path == "/login"
    assert working.log_in(login_of(person)).status_code == 401
    register = office.qolhat.staff.register
    assert not register.own_places(person)
    assert device not in {each.device for each in register.devices}
    assert office.qolhat.accounts.account(person) is None
    assert not administrator.has_form(f"{here}/password")
    administrator.submit(f"{here}/appointment", roles=["office"])  # and comes back
    assert register.roles_of(person, office.clock()) == {Role.OFFICE}
