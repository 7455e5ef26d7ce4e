"""Nobody gives or takes over more than they have: administrators stay within their reach."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.numbers import PlaceCode
from domain.roles import Role, Scope
from domain.staff import Person
from tests.api.web.office import HIRED, Browser, Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY, place

DISTANT = 240  # an organisation of another region
WIDE = [Scope.REGION, Scope.COUNTRY]
DEEDS: list[tuple[str, dict[str, Any]]] = [
    ("name", {"name": "Басқа Ат"}),
    ("appointment", {"roles": "executor"}),
    ("places", {"place": str(place(Role.EXECUTOR))}),
    ("places/withdraw", {"place": str(place(Role.HEAD))}),
    ("badge", {}),
    ("badge/withdraw", {}),
    ("login", {"login": "mine.now"}),
    ("password", {}),
    ("pin", {}),
    ("logout", {}),
    ("stand-ins", {"absent": "1", "until": "2026-12-01"}),
    ("stand-ins/end", {"absent": "1"}),
    ("dismiss", {}),
]


def refused(browser: Browser, person: int) -> None:
    """See that the administrator can do nothing at all to a person, nor print the badge."""
    qolhat = browser.client.app.state.qolhat  # type: ignore[attr-defined]
    before, account = facts_of(qolhat, person)
    for deed, fields in DEEDS:
        answer = browser.post(f"/admin/people/{person}/{deed}", **fields)
        assert answer.status_code == 403, deed
        assert "<code" not in answer.text, deed
    for path in ("dismiss", "badge.pdf"):
        assert browser.get(f"/admin/people/{person}/{path}").status_code == 403, path
    assert browser.post("/admin/devices", person=str(person)).status_code == 403
    assert facts_of(qolhat, person) == (before, account)


def facts_of(qolhat: Any, person: int) -> tuple[Any, Any]:
    """Everything that could have been changed about a person."""
    events = qolhat.log.events_of(Person.stream(person))
    devices = [each for each in qolhat.staff.register.devices if each.person == person]
    sessions, names = qolhat.sessions.of(person), qolhat.personnel.names([person])
    return (len(events), devices, sessions, names), qolhat.accounts.account(person)


def test_the_organisations_of_these_tests_are_where_they_should_be(office: Office) -> None:
    region = office.qolhat.directory.in_region_of(AUTHORITY)
    assert {CENTRE, OTHER_AUTHORITY} <= region
    assert DISTANT not in region


# --- whose people --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope.ORGANISATION, {AUTHORITY}),
        (Scope.REGION, {AUTHORITY, OTHER_AUTHORITY}),
        (Scope.COUNTRY, {AUTHORITY, OTHER_AUTHORITY, DISTANT}),
    ],
)
def test_an_administrator_looks_after_the_people_in_reach(
    office: Office, scope: Scope, seen: set[int]
) -> None:
    people = {
        organisation: office.employ(Role.HEAD, organisation, name=f"Тегі{organisation} Мысал")
        for organisation in (AUTHORITY, OTHER_AUTHORITY, DISTANT)
    }
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=scope)
    page = browser.get("/admin/people").text
    for organisation, person in people.items():
        reached = organisation in seen
        assert (f"Тегі{organisation}" in page) is reached
        assert (browser.get("/admin/people", q=f"Тегі{organisation}").text.count("<tr") > 1) is (
            reached
        )
        status = 200 if reached else 403
        assert browser.get("/admin/people", organisation=str(organisation)).status_code == status
        assert browser.get("/admin/people/new", organisation=str(organisation)).status_code == (
            status
        )
        assert browser.get(f"/admin/people/{person}").status_code == status
        if reached:
            browser.submit(f"/admin/people/{person}/logout")
            assert browser.says("people.done.logged-out")
        else:
            refused(browser, person)


def test_nobody_unknown_is_changed(office: Office) -> None:
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.COUNTRY)
    for number in (99, 10**9):
        assert browser.get(f"/admin/people/{number}").status_code == 422
        assert browser.post(f"/admin/people/{number}/password").status_code == 422
    for wrong in ("0", "-1", "x", str(10**12)):
        assert browser.get(f"/admin/people/{wrong}").status_code == 422
    assert browser.post("/admin/devices", person="x").status_code == 422


# --- who reaches farther -------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER])
@pytest.mark.parametrize("scope", WIDE)
def test_who_reaches_farther_is_not_taken_over(office: Office, role: Role, scope: Scope) -> None:
    greater = office.employ(role, AUTHORITY, scope=scope)
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    page = browser.get(f"/admin/people/{greater}")
    assert page.status_code == 200  # a colleague of the same organisation is seen
    assert not browser.has_form(f"/admin/people/{greater}/password")
    refused(browser, greater)


def test_an_auditor_reads_the_whole_country_and_is_not_taken_over(office: Office) -> None:
    auditor = office.employ(Role.AUDITOR, AUTHORITY)
    for scope in (Scope.ORGANISATION, Scope.REGION):
        refused(office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=scope), auditor)
    national = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.COUNTRY)
    assert national.post(f"/admin/people/{auditor}/password").status_code == 200


@pytest.mark.parametrize("begins", [timedelta(days=-1), timedelta(days=30)])
def test_nor_is_who_stands_in_for_somebody_greater(office: Office, begins: timedelta) -> None:
    greater = office.employ(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.REGION)
    substitute = office.employ(Role.EXECUTOR, AUTHORITY)
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    assert browser.post(f"/admin/people/{substitute}/logout").status_code == 200
    office.qolhat.personnel.name_stand_in(
        substitute, greater, MORNING + timedelta(days=60), since=MORNING + begins
    )
    refused(browser, substitute)
    office.clock.at = MORNING + timedelta(days=61)
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    assert browser.post(f"/admin/people/{substitute}/logout").status_code == 200


def test_nor_is_who_was_promised_more(office: Office) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    office.qolhat.personnel.appoint(
        AUTHORITY,
        [Role.ADMINISTRATOR],
        person=person,
        scope=Scope.COUNTRY,
        since=MORNING + timedelta(days=30),
    )
    refused(office.enter(Role.ADMINISTRATOR, AUTHORITY), person)


def test_nor_is_who_goes_to_another_organisation(office: Office) -> None:
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    office.qolhat.personnel.appoint(
        DISTANT, [Role.HEAD], person=person, since=MORNING + timedelta(days=30)
    )
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.REGION)
    assert browser.get(f"/admin/people/{person}").status_code == 200
    refused(browser, person)


def test_a_stand_in_s_reach_ends_with_the_absence(office: Office) -> None:
    regional = office.employ(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.REGION)
    substitute = office.employ(Role.ADMINISTRATOR, AUTHORITY)
    person = office.employ(Role.HEAD, OTHER_AUTHORITY)
    until = MORNING + timedelta(hours=2)
    office.qolhat.personnel.name_stand_in(substitute, regional, until, since=HIRED)
    browser = office.log_in(substitute)
    assert browser.post(f"/admin/people/{person}/logout").status_code == 200
    office.clock.at = until
    assert browser.post(f"/admin/people/{person}/logout").status_code == 403
    assert browser.get(f"/admin/people/{person}").status_code == 403


# --- giving more than one has --------------------------------------------------------------------


@pytest.mark.parametrize("role", ["administrator", "manager"])
@pytest.mark.parametrize("scope", WIDE)
def test_nobody_gives_a_scope_wider_than_their_own(office: Office, role: str, scope: Scope) -> None:
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    wanted = {"roles": role, "scope": scope.value}
    new = {"organisation": str(AUTHORITY), "name": "Сынақбаева Үлгі"}
    people = len(office.qolhat.staff.register.people)
    assert browser.post("/admin/people/new", **new, **wanted).status_code == 403
    assert browser.post(f"/admin/people/{person}/appointment", **wanted).status_code == 403
    assert len(office.qolhat.staff.register.people) == people
    assert office.qolhat.staff.register.member(person).roles == {Role.EXECUTOR}


def test_the_scope_of_a_region_is_not_that_of_the_country(office: Office) -> None:
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.REGION)
    new = {"organisation": str(CENTRE), "name": "Сынақбаева Үлгі", "roles": "manager"}
    assert browser.post("/admin/people/new", **new, scope="country").status_code == 403
    assert browser.post("/admin/people/new", **new, scope="region").status_code == 200
    browser.get("/admin/people/new", organisation=str(CENTRE))
    form = browser.form("/admin/people/new")
    assert form.choices["scope"] == ["organisation", "region"]
    assert "auditor" not in form.choices["roles"]


def test_a_scope_means_nothing_to_an_executor(office: Office) -> None:
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    wanted = {"roles": "head", "scope": "country"}
    assert browser.post(f"/admin/people/{person}/appointment", **wanted).status_code == 200
    member = office.qolhat.staff.register.member(person)
    assert member.roles == {Role.HEAD}
    assert member.scope is Scope.ORGANISATION


@pytest.mark.parametrize("scope", [Scope.ORGANISATION, Scope.REGION])
def test_an_auditor_is_appointed_for_the_whole_country_only(office: Office, scope: Scope) -> None:
    new = {"organisation": str(AUTHORITY), "name": "Сынақбаева Үлгі", "roles": "auditor"}
    lesser = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=scope)
    assert lesser.post("/admin/people/new", **new).status_code == 403
    national = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.COUNTRY)
    assert national.post("/admin/people/new", **new).status_code == 200


@pytest.mark.parametrize(
    ("scope", "organisation"),
    [
        (Scope.ORGANISATION, OTHER_AUTHORITY),
        (Scope.ORGANISATION, CENTRE),
        (Scope.REGION, DISTANT),
    ],
)
def test_nobody_appoints_out_of_reach(office: Office, scope: Scope, organisation: int) -> None:
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=scope)
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    wanted = {"organisation": str(organisation), "roles": "executor"}
    people = len(office.qolhat.staff.register.people)
    answer = browser.post("/admin/people/new", name="Сынақбаева Үлгі", **wanted)
    assert answer.status_code == 403
    assert browser.post(f"/admin/people/{person}/appointment", **wanted).status_code == 403
    assert len(office.qolhat.staff.register.people) == people
    assert office.qolhat.staff.register.member(person).organisation == AUTHORITY


def test_within_the_region_somebody_moves_and_leaves_the_places(office: Office) -> None:
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.REGION)
    person = office.employ(Role.EXECUTOR, AUTHORITY)
    here = f"/admin/people/{person}"
    browser.get(here)
    browser.submit(f"{here}/appointment", organisation=str(OTHER_AUTHORITY), roles=["executor"])
    assert browser.says("people.done.appointed")
    register = office.qolhat.staff.register
    assert register.organisations_of(person, office.clock()) == {OTHER_AUTHORITY}
    assert register.own_places(person) == ()


def test_nobody_changes_the_own_appointment(office: Office) -> None:
    head = office.employ(Role.HEAD, AUTHORITY)
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    here = f"/admin/people/{browser.person}"
    assert browser.get(here).status_code == 200
    for deed in ("appointment", "dismiss", "stand-ins"):
        assert not browser.has_form(f"{here}/{deed}")
    roles = {"roles": ["administrator", "head"]}
    assert browser.post(f"{here}/appointment", **roles).status_code == 403
    until = {"absent": str(head), "until": "2026-12-01"}
    assert browser.post(f"{here}/stand-ins", **until).status_code == 403
    assert browser.post(f"{here}/dismiss").status_code == 403
    assert browser.get(f"{here}/dismiss").status_code == 403
    register = office.qolhat.staff.register
    assert register.roles_of(browser.person, office.clock()) == {Role.ADMINISTRATOR}


@pytest.mark.parametrize("absent", [Role.ADMINISTRATOR, Role.AUDITOR, Role.HEAD])
def test_nobody_is_let_stand_in_for_somebody_greater(office: Office, absent: Role) -> None:
    where = DISTANT if absent is Role.HEAD else AUTHORITY
    greater = office.employ(absent, where, scope=Scope.REGION)
    accomplice = office.employ(Role.EXECUTOR, AUTHORITY)
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    wanted = {"absent": str(greater), "until": "2026-12-01"}
    answer = browser.post(f"/admin/people/{accomplice}/stand-ins", **wanted)
    assert answer.status_code == 403
    assert not office.qolhat.staff.register.member(accomplice).stands_in


# --- places, devices, stations -------------------------------------------------------------------


@pytest.mark.parametrize("organisation", [OTHER_AUTHORITY, CENTRE, DISTANT])
def test_places_of_others_are_neither_seen_nor_changed(office: Office, organisation: int) -> None:
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    directory = office.qolhat.directory
    before = directory.all_places_of(organisation)
    code: PlaceCode = before[0].code
    assert browser.get("/admin/places", organisation=str(organisation)).status_code == 403
    wanted = {"organisation": str(organisation), "role": "courier"}
    assert browser.post("/admin/places/open", **wanted).status_code == 403
    assert browser.get(f"/admin/places/{code}/close").status_code == 403
    assert browser.post(f"/admin/places/{code}/close").status_code == 403
    assert browser.get(f"/admin/places/{code}/card.pdf").status_code == 403
    assert directory.places_of(organisation) == before


def test_devices_of_others_are_neither_seen_nor_changed(office: Office) -> None:
    stranger = office.employ(Role.HEAD, OTHER_AUTHORITY, name="Бөтен Мысал")
    greater = office.employ(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.REGION, name="Ұлы Мысал")
    foreign, _ = office.qolhat.personnel.enrol(stranger)
    seen, _ = office.qolhat.personnel.enrol(greater)
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    page = browser.get("/admin/devices").text
    assert "Бөтен" not in page
    assert "Ұлы" in page
    assert not browser.has_form(f"/admin/devices/{seen}/revoke")
    for device in (foreign, seen):
        assert browser.post(f"/admin/devices/{device}/revoke").status_code == 403
    assert browser.post("/admin/devices", person=str(stranger)).status_code == 403
    assert browser.post("/admin/devices/77/revoke").status_code == 404
    assert len(office.qolhat.staff.register.devices) == 2


def test_stations_of_others_are_neither_seen_nor_changed(office: Office) -> None:
    stranger = office.enter(Role.HEAD, OTHER_AUTHORITY)
    browser = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    theirs, mine = (each.number for each in office.qolhat.stations.all())
    page = browser.get("/admin/devices").text
    assert str(theirs) not in page
    assert str(mine) in page
    here = f"/admin/devices/stations/{theirs}"
    assert browser.get(here).status_code == 404
    assert browser.post(here, name="менікі").status_code == 404
    assert browser.post(f"{here}/turn-away").status_code == 404
    assert stranger.get("/station").url.path == "/station"
    own = f"/admin/devices/stations/{mine}"
    foreign = str(place(Role.HEAD, OTHER_AUTHORITY))
    assert browser.post(own, name="менікі", place=foreign).status_code == 403
    (_, kept) = office.qolhat.stations.all()
    assert (kept.name, kept.place) == ("", None)


def test_an_auditor_looks_at_stations_and_changes_none(office: Office) -> None:
    auditor = office.enter(Role.AUDITOR, AUTHORITY)
    (station,) = office.qolhat.stations.all()
    assert str(station.number) in auditor.get("/admin/devices").text
    here = f"/admin/devices/stations/{station.number}"
    assert auditor.get(here).status_code == 403
    assert auditor.post(f"{here}/turn-away").status_code == 403
    assert auditor.post("/admin/devices", person="1").status_code == 403
    assert auditor.post("/admin/places/open", organisation="32", role="head").status_code == 403
