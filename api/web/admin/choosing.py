"""What the forms of the administrator offer: organisations, places, colleagues.

A few organisations stand in a list; of hundreds one types words of the name, or the code, and
chooses among those found: without scripts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from api.http.fields import read_place
from api.web.visitor import Visitor
from domain.directory import Organisation, Place
from domain.errors import RefusedError, UnknownOrganisationError
from domain.held_places import PlaceClosedError
from domain.numbers import PlaceCode, grouped
from domain.rights import Right
from domain.staff import StaffMember

FEW = 60  # organisations that fit into a list
_FOUND = 12
_SEARCHED = 566
_LABELLED = re.compile(r"\s*(\d{1,4})\s*(·.*)?", re.DOTALL)


class OtherPlaceError(RefusedError):
    """People work at the places of their own organisation."""

    code = "other-place"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody meant by what was typed: one organisation, or some, or none (in reach)."""

    typed: str = ""
    organisation: Organisation | None = None
    candidates: tuple[Organisation, ...] = ()

    @property
    def code(self) -> int | None:
        """The code of the one organisation."""
        return None if self.organisation is None else self.organisation.code

    @property
    def label(self) -> str:
        """The one organisation as it is read and found again: its code, then its name."""
        each = self.organisation
        return "" if each is None else f"{each.code} · {each.name_kk}"

    @property
    def missed(self) -> bool:
        """Tell whether something was typed that names no organisation in reach."""
        return bool(self.typed) and self.organisation is None and not self.candidates


@dataclass(frozen=True, slots=True)
class Choice:
    """The organisation asked for, and those that can be asked for."""

    chosen: Chosen
    offered: tuple[Organisation, ...]


def offered_organisations(visitor: Visitor, right: Right) -> tuple[Organisation, ...]:
    """Return the organisations in which the visitor has a right, by name.

    A row that the sources give twice is left out, unless it is the visitor's own.
    """
    reach, own = visitor.reach(right), visitor.organisation
    found = [
        each
        for each in visitor.qolhat.directory.organisations
        if reach.covers({each.code}) and (each.duplicate_of is None or each.code == own)
    ]
    named = visitor.speech.sorted_by_name((each, each.name_kk) for each in found)
    return tuple(each for each, _ in named)


def choose_organisation(visitor: Visitor, typed: str, right: Right) -> Chosen:
    """Find the organisation that was meant, by its code or by words.

    Raises NotYoursError if a code names one where the visitor does not have this right.
    """
    typed = typed.strip()
    directory, labelled = visitor.qolhat.directory, _LABELLED.fullmatch(typed)
    if labelled:
        try:
            organisation = directory.organisation(int(labelled[1]))
        except UnknownOrganisationError:
            return Chosen(typed)
        visitor.require_reach({organisation.code}, right)
        return Chosen(typed, organisation)
    reach = visitor.reach(right)
    found = directory.search(typed, limit=_SEARCHED) if typed else []
    within = tuple(each for each in found if reach.covers({each.code}))
    return Chosen(typed, within[0]) if len(within) == 1 else Chosen(typed, None, within[:_FOUND])


def free_places(visitor: Visitor, member: StaffMember) -> tuple[Place, ...]:
    """Return the open places of a person's organisation that fit the roles and are not held yet."""
    own = set(visitor.qolhat.staff.register.own_places(member.person))
    open_ones = visitor.qolhat.directory.places_of(member.organisation)
    return tuple(p for p in open_ones if p.code not in own and p.role in member.roles)


def chosen_place(visitor: Visitor, organisation: int, typed: str) -> PlaceCode | None:
    """Return the open place of an organisation that was chosen, None for none.

    Raises BadCodeError, OtherKindError, OtherPlaceError, PlaceClosedError.
    """
    if not typed:
        return None
    code, directory = read_place(typed), visitor.qolhat.directory
    if code not in {place.code for place in directory.all_places_of(organisation)}:
        raise OtherPlaceError(place=grouped(code))
    if not directory.is_open(code):
        raise PlaceClosedError(place=grouped(code))
    return code


def colleagues(visitor: Visitor, member: StaffMember) -> list[tuple[int, str]]:
    """Return whom a person can replace: those who work in the same organisation, by name."""
    now = visitor.qolhat.now()
    people = [
        other.person
        for other in visitor.qolhat.staff.register.people
        if other.organisation == member.organisation
        and other.person != member.person
        and other.employed is not None
        and (other.employed.until is None or now < other.employed.until)
    ]
    return visitor.speech.sorted_by_name(named(visitor, people).items())


def named(visitor: Visitor, people: list[int]) -> dict[int, str]:
    """Return the names of people, and numbers where the vault has none."""
    names = visitor.qolhat.personnel.names(people)
    return {person: names.get(person, f"№ {person}") for person in people}
