"""Which organisations a page of figures is about, and which page of a long list is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import BeforeValidator, Field

from api.http.fields import MAX_ID
from api.web.alerts import all_organisations
from api.web.visitor import Visitor
from domain.directory import Organisation
from domain.rights import Right
from infra.bootstrap import Qolhat
from projections.pressing import Moment

PAGE = 100  # rows
DAYS = 30  # that the figures of stages look back
_A_DAY = timedelta(days=1)

# A form sends its empty fields, too.
_EMPTY = BeforeValidator(lambda given: None if given == "" else given)
OrganisationQuery = Annotated[Annotated[int, Field(ge=1, le=9999)] | None, _EMPTY, Query()]
PageQuery = Annotated[int, Query(ge=1, le=1_000_000)]
DayQuery = Annotated[date | None, _EMPTY, Query()]
FlagQuery = Annotated[bool | None, _EMPTY, Query()]
NumberQuery = Annotated[Annotated[int, Field(ge=0, le=MAX_ID)] | None, _EMPTY, Query()]


@dataclass(frozen=True, slots=True)
class Asked:
    """The organisations that were asked about: the one chosen, or all in reach.

    `everywhere`: these are all organisations of the directory.
    """

    one: Organisation | None
    organisations: frozenset[int]
    in_reach: frozenset[int]
    everywhere: bool = False

    @property
    def meant(self) -> frozenset[int] | None:
        """The organisations; None: all there are, of which sums are kept."""
        return None if self.everywhere else self.organisations


def asked(visitor: Visitor, organisation: int | None) -> Asked:
    """Return the organisations meant. Raises NotYoursError, UnknownOrganisationError."""
    reach = visitor.reach(Right.SEE_FIGURES).organisations
    everybody = all_organisations(visitor.qolhat)
    within = everybody if reach is None else reach
    if organisation is None:
        return Asked(None, within, within, everywhere=within == everybody)
    visitor.require_reach([organisation], Right.SEE_FIGURES)
    chosen = visitor.qolhat.directory.organisation(organisation)
    return Asked(chosen, frozenset({organisation}), within)


def choices(qolhat: Qolhat, codes: Collection[int]) -> list[tuple[str, list[Organisation]]]:
    """Return organisations to choose from, by region and name; none if there is no choice."""
    if len(codes) < 2:
        return []
    found = [qolhat.directory.organisation(code) for code in codes]
    found.sort(key=lambda each: (each.region, each.name_kk, each.code))
    return [(region, list(group)) for region, group in groupby(found, lambda each: each.region)]


def moment_of(qolhat: Qolhat, organisations: Collection[int]) -> Moment:
    """Return this moment, with the midnights that end the day in these organisations."""
    now = qolhat.now()
    midnights: dict[datetime, list[int]] = {}
    ends: dict[str, datetime] = {}
    for code in organisations:
        zone = qolhat.directory.organisation(code).zone
        if zone not in ends:
            ends[zone] = midnight(now.astimezone(ZoneInfo(zone)).date() + _A_DAY, zone)
        midnights.setdefault(ends[zone], []).append(code)
    return Moment(now, midnights)


def midnight(day: date, zone: str) -> datetime:
    """Return the instant at which a day begins in a zone."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def figures_since(visitor: Visitor, day: date | None) -> date:
    """Return the day from which on stays are meant; the last 30 days if none is given."""
    zone = ZoneInfo(visitor.speech.zone)
    return day or visitor.qolhat.now().astimezone(zone).date() - timedelta(days=DAYS)


@dataclass(frozen=True, slots=True)
class Pages:
    """Where one is in a long list."""

    total: int
    number: int
    address: Callable[[int], str]

    @property
    def count(self) -> int:
        """How many pages there are, one at least."""
        return max(1, -(-self.total // PAGE))

    @property
    def offset(self) -> int:
        """How many rows stand on the pages before."""
        return (self.number - 1) * PAGE

    @property
    def first(self) -> int:
        """The number of the first row shown, from 1."""
        return self.offset + 1

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return min(self.offset + PAGE, self.total)

    @property
    def before(self) -> str | None:
        """The address of the page before."""
        return self.address(self.number - 1) if self.number > 1 else None

    @property
    def after(self) -> str | None:
        """The address of the page after."""
        return self.address(self.number + 1) if self.number < self.count else None


def pages(visitor: Visitor, total: int, number: int) -> Pages:
    """Return the page asked for, or the last one where the list has become shorter."""
    found = Pages(total, number, lambda page: _address(visitor, page))
    return found if number <= found.count else Pages(total, found.count, found.address)


def _address(visitor: Visitor, page: int) -> str:
    url = visitor.request.url.include_query_params(page=page)
    return f"{url.path}?{url.query}"


def query_of(**given: Any) -> dict[str, Any]:
    """Return the fields of an address that are given; true and false as 1 and 0."""
    return {
        name: int(value) if isinstance(value, bool) else value
        for name, value in given.items()
        if value is not None
    }
