"""The journal of access: who looked at whose data is told to administrators and the auditor."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import api.web
from api.messages import catalogue, page_count, page_text
from api.web.admin.deeds import Deed
from domain.numbers import PacketNumber, grouped
from domain.roles import Role, Scope
from tests.api.web.conftest import opened_office
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE, MORNING


class Looked:
    """A day on which people of two organisations look at a packet; so does one the day before."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.day = Day(office)
        self.number: PacketNumber = self.day.at_the_office(10)
        self.clerk, self.inspector = (
            self.day.people[role] for role in (Role.OFFICE, Role.INSPECTOR)
        )
        office.clock.at = MORNING - timedelta(days=1)
        office.qolhat.access.note(self.inspector, ["10267000000220"], "search", 1_000_007)
        office.clock.at = MORNING + timedelta(minutes=60)
        for person in (self.clerk, self.inspector):
            browser = office.log_in(person)
            assert browser.get(f"/packets/{self.number}").status_code == 200
        office.clock.at = MORNING + timedelta(minutes=70)

    def rows(self, browser: Browser, **wanted: str) -> list[str]:
        """Ask; return the rows."""
        answer = browser.get("/access", **wanted)
        assert answer.status_code == 200, answer.text
        rows = re.findall(r"<tr>.*?</tr>", answer.text.partition("<tbody>")[2], re.DOTALL)
        assert page_count("figures.access.count", len(rows), "en") in answer.text
        return rows


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    """Who looked at what."""
    with opened_office(tmp_path_factory.mktemp("looked")) as office:
        yield Looked(office)


@pytest.fixture(scope="module")
def auditor(looked: Looked) -> Browser:
    """Somebody who sees everything."""
    return looked.office.enter(Role.AUDITOR, AUTHORITY, language="en")


def test_the_auditor_sees_who_looked_newest_first(looked: Looked, auditor: Browser) -> None:
    rows = looked.rows(auditor)
    assert len(rows) == 3
    assert f"№ {looked.inspector}" in rows[0]
    assert f"№ {looked.clerk}" in rows[1]
    assert all("Үлгібаева Сынақгүл" in row for row in rows)
    assert f'href="/packets/{looked.number}"' in rows[0]
    assert page_text("figures.access.station", "en", number=1_000_007) in rows[2]
    assert "Сынақбаева" not in "".join(rows)  # the applicant's own name is nobody's here


@pytest.mark.parametrize("write", [str, grouped])
def test_an_applicant_asks_who_looked_at_the_papers(
    looked: Looked, auditor: Browser, write: object
) -> None:
    assert callable(write)
    assert len(looked.rows(auditor, number=write(looked.number))) == 2
    (other,) = looked.rows(auditor, number="10267000000220")
    assert "a search&#39;s result" in other
    assert not looked.rows(auditor, number=str(looked.number), since="2026-11-17")


def test_a_person_and_days_are_asked_for(looked: Looked, auditor: Browser) -> None:
    assert len(looked.rows(auditor, person=str(looked.inspector))) == 2
    assert len(looked.rows(auditor, person=str(looked.inspector), until="2026-11-15")) == 1
    assert len(looked.rows(auditor, since="2026-11-15", until="2026-11-16", person="")) == 3
    assert not looked.rows(auditor, person="999999")
    assert auditor.says("figures.access.none")


def test_what_is_no_number_is_said_and_what_was_typed_stays(auditor: Browser) -> None:
    answer = auditor.get("/access", number="10267000000124 ", person="7")
    assert answer.status_code == 422
    assert 'value="10267000000124"' in answer.text
    assert 'value="7"' in answer.text
    assert 'role="alert"' in answer.text
    assert "<tbody>" not in answer.text


def test_an_administrator_sees_the_looks_of_people_in_reach(looked: Looked) -> None:
    office = looked.office
    here = office.enter(Role.ADMINISTRATOR, AUTHORITY, language="en")
    (row,) = looked.rows(here)
    assert f"№ {looked.clerk}" in row
    assert "/packets/" not in row  # an administrator sees no packets
    there = office.enter(Role.ADMINISTRATOR, CENTRE, language="en")
    assert len(looked.rows(there)) == 2
    assert not looked.rows(there, person=str(looked.clerk))
    region = office.enter(Role.ADMINISTRATOR, CENTRE, scope=Scope.REGION, language="en")
    assert len(looked.rows(region)) == 3


@pytest.mark.parametrize("role", [Role.OFFICE, Role.HEAD, Role.MANAGER])
def test_others_do_not_see_the_journal(looked: Looked, role: Role) -> None:
    assert looked.office.enter(role, AUTHORITY, places=[]).get("/access").status_code == 403


def test_many_looks_have_pages(looked: Looked, auditor: Browser) -> None:
    numbers = [str(number) for number in range(205)]
    looked.office.qolhat.access.note(looked.clerk, numbers, "search", 1_000_001)
    shown = auditor.get("/access", person=str(looked.clerk)).text
    assert page_text("figures.pages.shown", "en", first=1, last=100, total=206) in shown
    last = auditor.get("/access", person=str(looked.clerk), page="3").text
    assert page_text("figures.pages.shown", "en", first=201, last=206, total=206) in last


def _named() -> Iterator[str]:
    """The words that pages write into the journal: the second argument of `saw` and `held_of`."""
    for file in sorted(Path(str(api.web.__file__)).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in {"saw", "held_of"} and node.args:
                    what = node.args[-1]
                    if isinstance(what, ast.Constant) and isinstance(what.value, str):
                        yield what.value


def test_every_kind_of_subject_and_of_look_is_said(looked: Looked, auditor: Browser) -> None:
    access, person = looked.office.qolhat.access, str(looked.day.people[Role.HEAD])
    for subject, what in (
        ("person:7", "renamed"),
        ("scan:r1", "unsettled"),
        ("search", "by-iin"),
        ("10267000000123", "form receipt"),
        ("other", "nobody knows"),
    ):
        access.note(int(person), [subject], what, 1_000_001)
    rows = "".join(looked.rows(auditor, person=person))
    for said in (
        "Person № 7",
        "name put right",
        "Scan r1",
        page_text("figures.access.nobody", "en"),
        f"a printed form: {page_text('packet.form.receipt', 'en')}",
        "nobody knows",
    ):
        assert said in rows, said


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_kind_of_look_has_its_word(language: str) -> None:
    named = {*_named(), *Deed, "form"}
    assert {"packet", "search", "complaint", "unsettled"} < named
    assert {f"look.{what}" for what in named} - set(catalogue("words", language)) == set()
