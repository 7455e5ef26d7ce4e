"""A manager looks which stays were scored anew: from what to what, by whom, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from api.messages import LANGUAGES, page_text, word
from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role, Scope
from tests.api.web.conftest import opened_office
from tests.api.web.day import Day
from tests.api.web.office import Office
from tests.api.web.test_figures import opened
from tests.stories import AUTHORITY, CENTRE, MORNING, PEOPLE

Late = tuple[Office, PacketNumber]


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Late]:
    """The scan by which the head had taken the packet came an hour later."""
    with opened_office(tmp_path_factory.mktemp("changed")) as office:
        day = Day(office)
        number = day.at_the_office(60)
        day.act(90, ActKind.INCOMING, Role.OFFICE, number)
        day.scan(100, number, Role.HEAD)
        day.scan(160, number, Role.HEAD, happened_at=MORNING + timedelta(minutes=95))
        day.shown()
        yield office, number


def test_what_was_changed_is_told_in_every_language(late: Late) -> None:
    office, number = late
    name = office.qolhat.personnel.names([PEOPLE[Role.HEAD]])[PEOPLE[Role.HEAD]]
    for language in LANGUAGES:
        manager = office.enter(Role.MANAGER, AUTHORITY, language=language)
        page = opened(manager, "/figures/changed")  # of the only one in reach
        assert f'href="/packets/{number}/ledger"' in page
        assert word("rescored", "late", language) in page
        assert name in page
        assert page_text("figures.changed.difference", language, sign="−", span="").strip() in page
        assert page_text("figures.changed.looked-at", language, packets=1) in page


def test_who_sees_many_organisations_chooses_one(late: Late) -> None:
    manager = late[0].enter(Role.MANAGER, AUTHORITY, scope=Scope.REGION, language="en")
    assert page_text("figures.changed.choose", "en") in opened(manager, "/figures/changed")
    page = opened(manager, f"/figures/changed?organisation={CENTRE}&since=2026-11-01")
    assert page_text("figures.changed.none", "en") in page
    assert manager.get("/figures/changed?since=2026-11-20&until=2026-11-10").status_code == 200
    backwards = f"/figures/changed?organisation={CENTRE}&since=2026-11-20&until=2026-11-10"
    assert manager.get(backwards).status_code == 422


def test_it_is_reached_from_the_figures(late: Late) -> None:
    manager = late[0].enter(Role.MANAGER, AUTHORITY, language="kk")
    assert 'href="/figures/changed"' in opened(manager, "/figures")
