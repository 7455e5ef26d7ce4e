"""The administrator opens and closes places, prints their cards, looks after devices."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from domain.numbers import grouped
from domain.roles import Role, Scope, Sector
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, place

NAME = "Сынақбаева Үлгі"


@pytest.fixture
def administrator(office: Office) -> Browser:
    """The administrator of an authority."""
    return office.enter(Role.ADMINISTRATOR, AUTHORITY)


# --- places --------------------------------------------------------------------------------------


def test_places_show_who_works_there(office: Office, administrator: Browser) -> None:
    person = office.employ(Role.HEAD, AUTHORITY, name=NAME)
    page = administrator.get("/admin/places").text
    assert page.count("<tr>") == 1 + 2 + len(Sector)
    assert grouped(place(Role.HEAD)) in page
    assert f'<a href="/admin/people/{person}">{NAME}</a>' in page
    assert administrator.says("people.nobody")


def test_a_third_head_s_desk_is_opened_and_given(office: Office, administrator: Browser) -> None:
    person = office.employ(Role.HEAD, AUTHORITY)
    administrator.get("/admin/places")
    administrator.submit("/admin/places/open", role="head")
    assert administrator.says("people.done.opened")
    second = place(Role.HEAD, AUTHORITY, 2)
    assert grouped(second) in administrator.get("/admin/places").text
    administrator.get(f"/admin/people/{person}")
    administrator.submit(f"/admin/people/{person}/places", place=str(second))
    assert second in office.qolhat.staff.register.own_places(person)


def test_an_executor_s_place_is_in_a_sector(office: Office, administrator: Browser) -> None:
    administrator.get("/admin/places")
    administrator.submit("/admin/places/open", role="executor", sector="home-care")
    opened = office.qolhat.directory.places_of(AUTHORITY)[-1]
    assert (opened.role, opened.number, opened.sector) == (
        Role.EXECUTOR, len(Sector) + 1, Sector.HOME_CARE
    )  # fmt: skip
    answer = administrator.submit("/admin/places/open", role="head", sector="home-care")
    assert answer.status_code == 422
    assert office.qolhat.directory.places_of(AUTHORITY)[-1] == opened


def test_a_closed_place_is_nobody_s_and_can_be_opened_again(
    office: Office, administrator: Browser
) -> None:
    person, code = office.employ(Role.HEAD, AUTHORITY, name=NAME), place(Role.HEAD)
    administrator.get(f"/admin/places/{code}/close")
    assert NAME in (administrator.shown.text if administrator.shown else "")
    assert office.qolhat.directory.is_open(code)  # only asked so far
    administrator.submit(f"/admin/places/{code}/close")
    assert administrator.says("people.done.closed")
    assert not office.qolhat.directory.is_open(code)
    assert office.qolhat.staff.register.own_places(person) == ()
    refused = administrator.post(f"/admin/people/{person}/places", place=str(code))
    assert refused.status_code == 422
    administrator.get("/admin/places")
    administrator.submit("/admin/places/open")
    opened = office.qolhat.directory.places_of(AUTHORITY)
    assert len(opened) > 2
    form = {"organisation": str(AUTHORITY), "role": "head", "number": "1"}
    administrator.post("/admin/places/open", **form)
    assert office.qolhat.directory.is_open(code)


def test_the_form_of_a_closed_place_opens_that_place(
    office: Office, administrator: Browser
) -> None:
    office.qolhat.personnel.close_place(place(Role.HEAD))
    before = len(office.qolhat.directory.all_places_of(AUTHORITY))
    administrator.get("/admin/places")
    form = administrator.form("/admin/places/open")
    assert (form.fields["role"], form.fields["number"]) == (["head"], ["1"])
    administrator.submit("/admin/places/open")
    assert office.qolhat.directory.is_open(place(Role.HEAD))
    assert len(office.qolhat.directory.all_places_of(AUTHORITY)) == before


def test_a_card_of_a_place_is_printed(office: Office, administrator: Browser) -> None:
    printed = administrator.get(f"/admin/places/{place(Role.HEAD)}/card.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    assert administrator.get("/admin/places/12345/card.pdf").status_code == 422
    missing = place(Role.HEAD, AUTHORITY, 99)
    assert administrator.get(f"/admin/places/{missing}/card.pdf").status_code == 422


def test_an_administrator_of_a_region_asks_for_one_organisation(office: Office) -> None:
    regional = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.REGION)
    regional.get("/admin/places")
    assert f'<option value="{OTHER_AUTHORITY} · ' in (regional.shown.text if regional.shown else "")
    page = regional.submit("/admin/places", organisation=str(CENTRE)).text
    assert grouped(place(Role.INSPECTOR)) in page
    regional.submit("/admin/places/open", role="inspector")
    assert regional.says("people.done.opened")
    assert regional.shown is not None
    assert grouped(place(Role.INSPECTOR, CENTRE, 4)) in regional.shown.text


# --- devices -------------------------------------------------------------------------------------


def test_the_token_of_a_device_is_shown_once_and_works(
    office: Office, administrator: Browser
) -> None:
    person = office.employ(Role.HEAD, AUTHORITY, name=NAME)
    administrator.get("/admin/devices", person=str(person))
    answer = administrator.submit("post /admin/devices")
    found = re.search(r'<code id="token">([^<]+)</code>', answer.text)
    assert found
    assert found[1] not in administrator.get("/admin/devices").text
    (device,) = office.qolhat.staff.register.devices
    bearer = {"Authorization": f"Bearer {found[1]}"}
    path = f"/api/v1/places/{place(Role.HEAD)}/holdings"
    assert office.browser().client.get(path, headers=bearer).status_code == 200
    administrator.submit(f"/admin/devices/{device.device}/revoke")
    assert administrator.says("people.done.revoked")
    assert office.browser().client.get(path, headers=bearer).status_code == 401


def test_a_device_of_nobody_is_not_enrolled(office: Office, administrator: Browser) -> None:
    administrator.get("/admin/devices")
    assert administrator.submit("post /admin/devices", person="99").status_code == 422
    assert administrator.form("post /admin/devices").fields["person"] == ["99"]
    assert not office.qolhat.staff.register.devices


# --- stations ------------------------------------------------------------------------------------


def test_a_station_gets_a_name_and_a_place(office: Office, administrator: Browser) -> None:
    worker = office.enter(Role.HEAD, AUTHORITY, name=NAME)
    (_, station) = office.qolhat.stations.all()
    here = f"/admin/devices/stations/{station.number}"
    assert NAME in administrator.get(here).text
    administrator.submit(here, name=" 2-кабинет ", place=grouped(place(Role.HEAD)))
    page = administrator.get("/admin/devices").text
    assert "2-кабинет" in page
    worker.get("/account")
    worker.submit("/logout")
    assert "2-кабинет" in administrator.get("/admin/devices").text  # it stands in the organisation
    administrator.get(here)
    wrong = administrator.submit(here, name="3-кабинет", place="12345")
    assert wrong.status_code == 422
    assert administrator.form(here).fields == {
        "csrf": [administrator.csrf], "name": ["3-кабинет"], "place": ["12345"]
    }  # fmt: skip
    administrator.submit(here, name="3-кабинет", place="")
    (_, station) = office.qolhat.stations.all()
    assert (station.name, station.place) == ("3-кабинет", None)


def test_a_station_turned_away_is_left_at_once(office: Office, administrator: Browser) -> None:
    worker = office.enter(Role.HEAD, AUTHORITY)
    (_, station) = office.qolhat.stations.all()
    administrator.get(f"/admin/devices/stations/{station.number}")
    administrator.submit(f"/admin/devices/stations/{station.number}/turn-away")
    assert administrator.says("people.done.turned-away")
    assert worker.get("/station").url.path == "/login"
    administrator.get("/admin/devices")
    assert administrator.path == "/admin/devices"


def test_a_shared_station_belongs_to_no_single_organisation(office: Office) -> None:
    regional = office.enter(Role.ADMINISTRATOR, AUTHORITY, scope=Scope.REGION)
    administrator = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    both = office.enter(Role.HEAD, AUTHORITY)
    station = office.qolhat.stations.all()[-1].number
    assert str(station) in administrator.get("/admin/devices").text
    stranger = office.employ(Role.HEAD, OTHER_AUTHORITY)
    office.qolhat.sessions.begin(stranger, station, office.clock() + timedelta(hours=8))
    assert str(station) not in administrator.get("/admin/devices").text
    assert str(station) in regional.get("/admin/devices").text
    assert both.get("/station").url.path == "/station"


def test_devices_of_one_person_are_asked_for(office: Office, administrator: Browser) -> None:
    people = [office.employ(Role.HEAD, AUTHORITY, name=f"Тегі{each} Мысал") for each in "аб"]
    for person in people:
        office.qolhat.personnel.enrol(person)
    page = administrator.get("/admin/devices").text
    assert "Тегіа" in page
    assert "Тегіб" in page
    page = administrator.submit("get /admin/devices", person=str(people[0])).text
    assert "Тегіа" in page
    assert "Тегіб" not in page
    assert administrator.form("post /admin/devices").fields["person"] == [str(people[0])]
    administrator.get("/admin")
    assert administrator.path == "/admin/people"
