"""Places that hold packets: windows, desks and couriers' bags [003 service 7 §11 and annex 7].

The sources name the roles of an organisation, not how many people fill them. The standard places
are therefore a house rule, enough to start with; data adds the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from domain.directory.organisation import AUTHORITIES, Organisation, OrganisationKind
from domain.errors import RefusedError
from domain.numbers import PlaceCode, place_code
from domain.roles import PLACE_DIGITS, Role, Sector


class BadPlaceError(RefusedError):
    """A place that cannot be: the code is another's, or the role has no places or no sectors."""

    code = "bad-place"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a packet can lie: the `number`-th place of a role in an organisation.

    Raises BadPlaceError if the code is not that of the organisation, role and number, or if
    another than an executor is put into a sector [004].
    """

    code: PlaceCode
    organisation: int
    role: Role
    number: int
    sector: Sector | None = None

    def __post_init__(self) -> None:
        if self.code != _code_of(self.organisation, self.role, self.number):
            raise BadPlaceError(place=self.code, fault="code")
        if self.sector is not None and self.role is not Role.EXECUTOR:
            raise BadPlaceError(place=self.code, fault="sector")

    @classmethod
    def at(cls, organisation: int, role: Role, number: int, sector: Sector | None = None) -> Self:
        """Return the place with the code that its organisation, role and number give.

        Raises BadPlaceError if the role holds no packets or the number does not fit into a code.
        """
        return cls(_code_of(organisation, role, number), organisation, role, number, sector)


def _code_of(organisation: int, role: Role, number: int) -> PlaceCode:
    if role not in PLACE_DIGITS or number < 1:
        raise BadPlaceError(organisation=organisation, role=role.value, number=number)
    try:
        return place_code(organisation, role, number)
    except ValueError as error:
        raise BadPlaceError(organisation=organisation, role=role.value, number=number) from error


_CENTRE_PLACES = ((Role.INSPECTOR, 3), (Role.COLLECTING, 1), (Role.COURIER, 2))
_AUTHORITY_PLACES = ((Role.OFFICE, 1), (Role.HEAD, 1))  # and an executor in every sector
_OTHER_PLACES = ((Role.OFFICE, 1),)
_STANDARD = {
    OrganisationKind.SERVICE_CENTRE: _CENTRE_PLACES,
    OrganisationKind.SERVICE_CENTRE_BRANCH: _CENTRE_PLACES,
    OrganisationKind.AUTHORITY: _AUTHORITY_PLACES,
    OrganisationKind.REGIONAL_DEPARTMENT: _AUTHORITY_PLACES,
    OrganisationKind.RURAL_AKIM: ((Role.OFFICE, 1), (Role.AKIM, 1), (Role.EXECUTOR, 1)),
}


def standard_places(organisation: Organisation) -> tuple[Place, ...]:
    """Return the places that every organisation of the kind has, in the order of the route."""
    places = [
        Place.at(organisation.code, role, number)
        for role, count in _STANDARD.get(organisation.kind, _OTHER_PLACES)
        for number in range(1, count + 1)
    ]
    if organisation.kind in AUTHORITIES:
        places += [
            Place.at(organisation.code, Role.EXECUTOR, number, sector)
            for number, sector in enumerate(Sector, start=1)
        ]
    return tuple(places)
