"""A manager looks how stages would have done by another edition's norms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.messages import LANGUAGES, page_text
from domain.acts import ActKind
from domain.roles import Role, Scope
from tests.api.web.conftest import opened_office
from tests.api.web.day import Day
from tests.api.web.test_figures import opened
from tests.stories import AUTHORITY


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """A day on which the office was late once."""
    with opened_office(tmp_path_factory.mktemp("what-if")) as office:
        day = Day(office)
        for minute, taken in ((60, 5), (200, 70)):
            number = day.at_the_office(minute)
            day.act(minute + taken, ActKind.INCOMING, Role.OFFICE, number)
        day.shown()
        yield day


def test_the_stages_are_shown_by_both_norms(day: Day) -> None:
    for language in LANGUAGES:
        manager = day.office.enter(Role.MANAGER, AUTHORITY, scope=Scope.REGION, language=language)
        page = opened(manager, "/figures/what-if?edition=s7c-2012")
        assert page_text("figures.what-if.within", language) in page
        assert "1 / 2" in page
        assert "1 / 2" in opened(
            manager, "/figures/what-if?edition=s7c-2012&stage=incoming&service=&person="
        )
        for other in ("stage=sign", "service=002", "person=4711"):
            narrowed = opened(manager, f"/figures/what-if?edition=s7c-2012&{other}")
            assert page_text("figures.what-if.none", language) in narrowed
        none = opened(manager, "/figures/what-if?edition=uc-2011")
        assert page_text("figures.what-if.none", language) in none
        assert page_text("figures.what-if.about", language) in opened(manager, "/figures/what-if")


def test_an_unknown_edition_is_told(day: Day) -> None:
    manager = day.office.enter(Role.MANAGER, AUTHORITY, scope=Scope.REGION, language="en")
    assert manager.get("/figures/what-if?edition=no-such").status_code == 404
