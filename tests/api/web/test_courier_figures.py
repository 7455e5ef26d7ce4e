"""The couriers' page of the audit: what people see of runs, discrepancies and losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import api.courier_routes
from api.messages import word
from api.web.figures import couriers
from api.web.figures.couriers import Line, Ranking, _amiss, _delayed
from domain.numbers import BagCode, PacketNumber
from domain.roles import Role, Scope
from domain.runs import Punctuality
from infra.courier_figures import Carried
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


def line(name: str, on_time: int, late: int, lost: int, packets: int = 1000) -> Line:
    """A courier's figures."""
    moments = Punctuality(on_time, late, 0, 0, None, None) if on_time + late else None
    amiss = Counter({"missing": lost}) if lost else Counter()
    return Line(name, "", moments, Carried(10, packets, amiss, lost))


def names(ranking: Ranking) -> list[str]:
    return [each.name for each in ranking.lines]


def test_the_worst_come_first_and_the_others_are_one_click_away() -> None:
    lines = [
        line("punctual", 99, 1, lost=0),
        line("late", 60, 40, lost=2),
        line("late once, of two runs", 1, 1, lost=1, packets=2),
        line("never went", 0, 0, lost=5),
    ]
    late = ["late", "late once, of two runs", "punctual", "never went"]
    assert names(Ranking.of(lines, _delayed, None)) == late
    lossy = ["late once, of two runs", "never went", "late", "punctual"]
    assert names(Ranking.of(lines, _amiss, None)) == lossy
    assert Ranking.of(lines, _delayed, 3) == Ranking([lines[1], lines[2], lines[0]], 1)


def test_of_many_the_page_shows_some_and_leads_to_all(
    lost: tuple[Office, BagCode, PacketNumber], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "RANKED", 0)
    manager = lost[0].enter(Role.MANAGER, AUTHORITY, language="en")
    period = "since=2026-11-16&until=2026-11-20"
    page = manager.get(f"/figures/couriers?{period}").text
    assert COURIER not in page
    all_of_them = f"/figures/couriers?{period}&everybody=1"
    assert f'href="{all_of_them.replace("&", "&amp;")}"' in page
    assert manager.get(all_of_them).text.count(COURIER) == 3
