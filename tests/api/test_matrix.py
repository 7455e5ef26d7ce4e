"""Every route of the application × everybody × own and others' organisations: who may do what.

Somebody who adds a page says in `tests/api/matrix/table.py` who may use it; else these tests fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Response
from starlette.routing import Mount, Route

from domain.acts import ActKind
from tests.api.matrix.asking import (
    CSRF,
    SAFE,
    Asked,
    Case,
    Line,
    asking,
    code_of,
    content_of,
    send,
    verdict_of,
)
from tests.api.matrix.table import LINES
from tests.api.matrix.who import DOES, SEES_PERSONAL, Verdict, Where, Who, reach
from tests.api.matrix.world import Client, World, opened_world

# To all others the same region is as far, or as near, as another one.
OF_A_REGION = {
    Who.INSPECTOR,
    Who.MANAGER,
    Who.MANAGER_OF_REGION,
    Who.INSPECTING_MANAGER,
    Who.ADMINISTRATOR,
    Who.ADMINISTRATOR_OF_REGION,
}
# The journal of access names the packets at which people of one's organisation looked.
JOURNAL = "/access"
FORMS = [line for line in LINES if line.is_page and line.changes]
WITHOUT_SESSION = frozenset({"/login", "/survey", "/login/badge", "/receipt"})


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Client]]:
    """One store for all."""
    with opened_world(tmp_path_factory.mktemp("matrix")) as made:
        yield made


# --- the table is whole --------------------------------------------------------------------------


def routes_of(app: FastAPI) -> Iterator[str]:
    """Every method and path that the application answers."""
    yield from _routes(app.routes, "")


def _routes(routes: Any, prefix: str) -> Iterator[str]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _routes(included.routes, prefix + route.include_context.prefix)
        elif isinstance(route, Mount):
            assert route.path.startswith("/static/"), f"say who may use what is under {route.path}"
        else:
            assert isinstance(route, Route), route
            methods = set(route.methods or ()) - {"HEAD"}
            yield from (f"{method} {prefix}{route.path}" for method in methods)


def test_every_route_has_one_line_in_the_table(opened: tuple[World, Client]) -> None:
    there, said = Counter(routes_of(opened[0].app)), Counter(map(str, LINES))
    missing, gone = there - said, said - there
    assert not missing, f"say in tests/api/matrix/table.py who may use these: {sorted(missing)}"
    assert not gone, f"these routes are no more, take out their lines: {sorted(gone)}"


# --- everybody asks for everything ---------------------------------------------------------------


@pytest.mark.parametrize("line", LINES, ids=str)
def test_who_may(opened: tuple[World, Client], line: Line) -> None:
    wrong = [
        fault
        for case in line.cases
        for who in Who
        for where in _wheres(case, who)
        for fault in _Request(*opened, line, case, who, where).faults()
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def _wheres(case: Case, who: Who) -> Iterator[Where]:
    """Return whose things somebody asks for; what is nobody's, once."""
    yield Where.OWN
    if not case.about_a_place or who in (Who.NOBODY, Who.DISMISSED):
        return
    yield Where.FAR
    if who in OF_A_REGION:
        yield Where.NEIGHBOUR


class _Request:
    """One request of somebody, and everything that is wrong with what came of it."""

    def __init__(
        self, world: World, client: Client, line: Line, case: Case, who: Who, where: Where
    ) -> None:
        self.world, self.line, self.case = world, line, case
        self.who, self.where = who, where
        it = asking(world, who, where)
        self.me, self.asked = it.me, case.build(it)
        if who is not Who.NOBODY:
            world.session(who)  # begun before anything is compared
        self.looked, recorded, log_ins = world.looked(), world.recorded(), world.log_ins()
        # Errors are pages for people and problems for programs: both shall be refusals.
        headers = None if where is Where.OWN else {"accept": "application/json"}
        self.answer = send(client, world, line, who, self.asked, headers=headers)
        self.content = content_of(self.answer)
        self.has_recorded = world.recorded() != recorded
        self.has_changed = self.has_recorded or world.log_ins() != log_ins

    def faults(self) -> Iterator[str]:
        """Say everything that is wrong."""
        for fault in (*self._verdict(), *self._writing(), *self._foreign(), *self._personal()):
            yield f"{self.case.access.name}: {self.who}, {self.where}: {fault}"

    def _verdict(self) -> Iterator[str]:
        due = self.case.access.verdict(self.who, self.where, is_page=self.line.is_page)
        came = verdict_of(self.case, self.answer)
        if came != due:
            yield f"{came} instead of {due}"
        self.due = due

    def _writing(self) -> Iterator[str]:
        """Who may not has changed nothing; and the auditor never records anything."""
        may = self.due in (Verdict.ALLOWED, Verdict.SET_ASIDE)
        if not may and self.has_changed:
            yield "something was changed all the same"
        if self.who is Who.AUDITOR and self.has_recorded:
            yield "the auditor has recorded something"
        if not self.line.changes and self.has_recorded:
            yield "something was recorded by looking"

    def _foreign(self) -> Iterator[str]:
        """What is out of reach stands in no answer."""
        for where in set(Where) - reach(self.who) if self.line.path != JOURNAL else ():
            for things in self.world.things[where].values():
                for mark in self._unsaid(things.marks):
                    if mark in self.content:
                        yield f"{mark} of {where} stands there"

    def _personal(self) -> Iterator[str]:
        """Who may not see applicants sees none; whose were seen, is in the journal."""
        for number, (where, paper) in self.world.papers.items():
            seen = [mark for mark in self._unsaid(paper.personal) if mark in self.content]
            if not seen:
                continue
            if not SEES_PERSONAL.includes(self.who, where):
                yield f"personal data of {where} stand there: {seen}"
            if str(number) not in self.world.looks(self.me.person, self.looked):
                yield f"nobody noted that {seen} were seen"

    def _unsaid(self, marks: tuple[str, ...]) -> Iterator[str]:
        """Return what the asker has not said; without spaces, as contents are compared."""
        said = "".join(self.asked.said.split())
        return (mark for each in marks if (mark := "".join(each.split())) not in said)


# --- requests that another site makes a browser send ---------------------------------------------


@pytest.mark.parametrize("line", FORMS, ids=str)
def test_what_does_not_come_from_our_pages_is_refused(
    opened: tuple[World, Client], line: Line
) -> None:
    world, client = opened
    case = line.cases[0]
    who = next(who for who in Who if case.access.includes(who, Where.OWN))
    world.session(who)
    asked = case.build(asking(world, who, Where.OWN))
    before = world.recorded(), world.log_ins()
    for headers in _foreign_headers(line):
        answer = send(client, world, line, who, asked, headers=headers)
        assert (answer.status_code, code_of(answer)) == (403, "foreign-request"), headers
    assert (world.recorded(), world.log_ins()) == before


def _foreign_headers(line: Line) -> Iterator[dict[str, str]]:
    yield {"origin": "https://elsewhere.example"}
    yield {"origin": "null"}
    yield {"sec-fetch-site": "cross-site"}
    yield {"sec-fetch-site": "same-site"}
    if line.path not in WITHOUT_SESSION:
        yield {CSRF: ""}
        yield {CSRF: "0" * 64}


def test_only_what_needs_no_session_takes_forms_without_its_token() -> None:
    sent = {line.path for line in FORMS}
    public = {line.path for line in LINES if line.cases[0].access.without_log_in}
    assert sent & public == WITHOUT_SESSION


# --- these checks can fail -----------------------------------------------------------------------


def ask(opened: tuple[World, Client], path: str, who: Who, asked: Asked) -> Response:
    """Ask for a page as somebody."""
    return send(opened[1], opened[0], Line("GET", path, ()), who, asked)


@pytest.mark.parametrize("who", sorted(SEES_PERSONAL.allowed - {Who.AKIM}))
def test_who_may_sees_the_applicant_and_that_is_noted(
    opened: tuple[World, Client], who: Who
) -> None:
    world, _ = opened
    things = world.things_for(who, Where.OWN)
    number = things.paper.number
    before = world.looked()
    shown = ask(opened, "/packets/{number}", who, Asked({"number": number}))
    assert things.paper.surname in content_of(shown)
    notice = Asked({"number": number, "key": "notice"})
    printed = ask(opened, "/packets/{number}/forms/{key}.pdf", who, notice)
    assert things.paper.surname in content_of(printed)
    assert world.looks(world.people[who].person, before) == [str(number)] * 2


@pytest.mark.parametrize("who", [Who.COLLECTING, Who.MANAGER_OF_COUNTRY, Who.INSPECTING_MANAGER])
def test_a_packet_is_shown_without_its_applicant(opened: tuple[World, Client], who: Who) -> None:
    where = Where.OWN if who is Who.COLLECTING else Where.NEIGHBOUR
    things = opened[0].things_for(who, where)
    shown = ask(opened, "/packets/{number}", who, Asked({"number": things.paper.number}))
    assert shown.status_code == 200
    assert not [mark for mark in things.paper.personal if mark in shown.text]


def test_every_act_is_in_the_table() -> None:
    assert {kind.value for kind in ActKind} - {"registered"} == set(DOES)


def test_methods_that_change_nothing_are_only_these() -> None:
    assert {line.method for line in LINES} - SAFE == {"POST"}
