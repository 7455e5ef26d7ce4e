"""The whole directory in memory: organisations, who works with whom, places, findings.

The lists are those of `domain.directory.organisation`; the directory answers by code, checks that
the links of the reviewed table hold, and makes places only when they are asked for. Organisations
never change; an administrator opens and closes places (`domain.held_places`).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from domain.directory.defects import Finding, find_defects
from domain.directory.organisation import (
    AUTHORITIES,
    FaultyDirectoryError,
    Organisation,
    OrganisationKind,
    WorksWith,
)
from domain.directory.place import Place, standard_places
from domain.directory.search import SearchIndex
from domain.errors import UnknownOrganisationError, UnknownPlaceError
from domain.numbers import PlaceCode, place_organisation


class Directory:
    """All organisations and their places; safe to use from several threads.

    Raises FaultyDirectoryError if two organisations have one code or a link does not hold.
    """

    def __init__(
        self, organisations: Iterable[Organisation], links: Iterable[WorksWith] = ()
    ) -> None:
        self.organisations = tuple(organisations)
        self.links = tuple(links)
        self._by_code = {each.code: each for each in self.organisations}
        self._authority: dict[int, int] = {}
        self._clients: dict[int, list[int]] = defaultdict(list)
        self._check_codes()
        for link in self.links:
            self._check_link(link)
            self._authority[link.code] = link.authority
            self._clients[link.authority].append(link.code)
        # Filled when first asked for; the inner ones are replaced as a whole, for those who read.
        self._places: dict[int, dict[PlaceCode, Place]] = {}
        self._closed: frozenset[PlaceCode] = frozenset()
        self._changing = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what belongs to one process only, for a copy in another."""
        return {name: value for name, value in vars(self).items() if name != "_changing"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Be a copy."""
        vars(self).update(state, _changing=threading.Lock())

    def organisation(self, code: int) -> Organisation:
        """Return the organisation with this code. Raises UnknownOrganisationError."""
        try:
            return self._by_code[code]
        except KeyError:
            raise UnknownOrganisationError(organisation=code) from None

    def authority_of(self, code: int) -> int | None:
        """Return the code of the authority to which a centre, a branch or an akim passes papers.

        None for the other kinds. Raises UnknownOrganisationError.
        """
        return self._authority.get(self.organisation(code).code)

    def clients_of(self, authority_code: int) -> tuple[int, ...]:
        """Return the codes of the centres, branches and akims that work with an authority.

        Raises UnknownOrganisationError.
        """
        return tuple(self._clients.get(self.organisation(authority_code).code, ()))

    def in_region_of(self, code: int) -> frozenset[int]:
        """Return the codes of all organisations of this one's region, itself included.

        Raises UnknownOrganisationError.
        """
        return self._by_region[self.organisation(code).region]

    def places_of(self, org_code: int) -> tuple[Place, ...]:
        """Return the places of an organisation that are open, the standard ones first.

        Raises UnknownOrganisationError.
        """
        return tuple(place for place in self.all_places_of(org_code) if self.is_open(place.code))

    def all_places_of(self, org_code: int) -> tuple[Place, ...]:
        """Return the places of an organisation, those that were closed too.

        Raises UnknownOrganisationError.
        """
        return tuple(self._places_in(self.organisation(org_code)).values())

    def is_open(self, code: PlaceCode) -> bool:
        """Tell whether a place was not closed."""
        return code not in self._closed

    def place(self, code: PlaceCode) -> Place:
        """Return the place with this code, be it open or closed. Raises UnknownPlaceError."""
        organisation = self._by_code.get(place_organisation(code))
        place = self._places_in(organisation).get(code) if organisation else None
        if place is None:
            raise UnknownPlaceError(place=code)
        return place

    def open(self, place: Place) -> None:
        """Take a place in that was opened, perhaps again; the last word about it counts."""
        with self._changing:
            organisation = self._by_code.get(place.organisation)
            if organisation is not None:
                known = self._places_in(organisation)
                self._places[organisation.code] = known | {place.code: place}
            self._closed -= {place.code}

    def close(self, code: PlaceCode) -> None:
        """Offer a place no longer; its code stays known, for it is printed and in history."""
        with self._changing:
            self._closed |= {code}

    def search(
        self,
        query: str,
        *,
        kind: OrganisationKind | None = None,
        region: str | None = None,
        limit: int = 20,
    ) -> list[Organisation]:
        """Find organisations by words, code, mail address or telephone, the best first.

        See `domain.directory.search` for what matches what.
        """
        return self._index.find(query, kind=kind, region=region, limit=limit)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The defects of the sources' lists; see `domain.directory.defects`."""
        return find_defects(self.organisations, self.links)

    @cached_property
    def _by_region(self) -> dict[str, frozenset[int]]:
        codes: dict[str, set[int]] = defaultdict(set)
        for each in self.organisations:
            codes[each.region].add(each.code)
        return {region: frozenset(found) for region, found in codes.items()}

    @cached_property
    def _index(self) -> SearchIndex:
        return SearchIndex(self.organisations)

    def _places_in(self, organisation: Organisation) -> dict[PlaceCode, Place]:
        places = self._places.get(organisation.code)
        if places is None:
            standard = {place.code: place for place in standard_places(organisation)}
            places = self._places.setdefault(organisation.code, standard)
        return places

    def _check_codes(self) -> None:
        if len(self._by_code) != len(self.organisations):
            raise FaultyDirectoryError(fault="a code stands twice")
        for each in self.organisations:
            if each.duplicate_of is not None and each.duplicate_of not in self._by_code:
                raise FaultyDirectoryError(
                    organisation=each.code, fault="a duplicate of an unknown organisation"
                )

    def _check_link(self, link: WorksWith) -> None:
        client, authority = self._by_code.get(link.code), self._by_code.get(link.authority)
        if client is None or authority is None:
            fault = "an unknown organisation"
        elif link.code in self._authority:
            fault = "two authorities"
        else:
            fault = _fault_of(client, authority)
        if fault:
            raise FaultyDirectoryError(
                organisation=link.code, authority=link.authority, fault=fault
            )


def _fault_of(client: Organisation, authority: Organisation) -> str:
    """Return why the one cannot work with the other, empty if it can."""
    if not client.kind.works_with_authority or authority.kind not in AUTHORITIES:
        return "the kinds do not fit"
    if authority.duplicate_of is not None:
        return "the authority is a duplicate"
    if client.region != authority.region:
        return "the regions differ"
    if client.district and authority.district and client.district != authority.district:
        return "the districts differ"
    return ""
