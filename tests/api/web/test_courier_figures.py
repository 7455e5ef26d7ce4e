"""The couriers' page of the audit: what people see of runs, discrepancies and losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import api.courier_routes
from api.messages import word
from domain.numbers import BagCode, PacketNumber
from domain.roles import Role, Scope
from tests.api.web.conftest import opened_office
from tests.api.web.office import Office
from tests.infra.views.carriage import Carriage
from tests.infra.views.test_discrepancies import with_one_missing
from tests.office import Office as Desk
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE

COURIER = "Жолдыбаев Мысал"


@pytest.fixture(scope="module")
def lost(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Office, BagCode, PacketNumber]]:
    """One of two packets did not come out of its bag."""
    with opened_office(tmp_path_factory.mktemp("couriers")) as office:
        clock: Any = office.clock  # another class of the same kind
        carriage = Carriage(Desk(office.qolhat, clock))
        office.qolhat.personnel.rename(PEOPLE[Role.COURIER], COURIER)
        bag, missing = with_one_missing(carriage)
        office.qolhat.runner.catch_up()
        yield office, bag, missing


def test_a_loss_is_shown_with_those_who_had_it(
    lost: tuple[Office, BagCode, PacketNumber],
) -> None:
    office, bag, missing = lost
    manager = office.enter(Role.MANAGER, AUTHORITY, language="en")
    page = manager.get("/figures/couriers").text
    assert f'href="/packets/{missing}"' in page
    assert f'href="/discrepancies/{bag}/missing/{missing}"' in page
    assert page.count(COURIER) == 3  # twice in a table, and in the custody
    assert word("discrepancy", "missing", "en") in page
    assert manager.says("figures.couriers.open")
    assert f'href="/runs?organisation={CENTRE}&amp;day=2026-11-16"' in page
    assert "style=" not in page


def test_other_days_and_other_offices_have_nothing(
    lost: tuple[Office, BagCode, PacketNumber],
) -> None:
    office = lost[0]
    manager = office.enter(Role.MANAGER, AUTHORITY, scope=Scope.COUNTRY)
    manager.get(f"/figures/couriers?organisation={CENTRE}&since=2026-11-02&until=2026-11-03")
    assert manager.says("figures.couriers.none")
    manager.get(f"/figures/couriers?organisation={OTHER_AUTHORITY}")
    assert manager.says("figures.couriers.none")
    manager.get(f"/figures/couriers?organisation={CENTRE}&since=2026-11-03&until=2026-11-02")
    assert not manager.says("figures.couriers.none")  # what is wrong is said at the field


def test_of_too_many_routes_the_managers_own_are_shown(
    lost: tuple[Office, BagCode, PacketNumber], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, _, missing = lost
    own = office.qolhat.directory.organisation(AUTHORITY).name_kk
    monkeypatch.setattr(api.courier_routes, "MOST_ROUTES", 3)
    manager = office.enter(Role.MANAGER, AUTHORITY, scope=Scope.COUNTRY)
    page = manager.get("/figures/couriers").text
    assert f'<p lang="kk"><strong>{own}</strong></p>' in page
    assert f'href="/packets/{missing}"' in page


def test_the_menu_of_the_audit_leads_here(lost: tuple[Office, BagCode, PacketNumber]) -> None:
    manager = lost[0].enter(Role.MANAGER, AUTHORITY)
    assert 'href="/figures/couriers"' in manager.get("/figures").text
    assert lost[0].enter(Role.INSPECTOR).get("/figures/couriers").status_code == 403
