"""What is answered about organisations and places."""

from __future__ import annotations

from api.http.schemas.words import OrganisationRef, Out, Word


class OrganisationOut(Out):
    """An organisation as the sources list it."""

    code: int
    kind: Word
    name: str
    region: str
    district: str
    address: str
    phone: str
    email: str
    web: str
    source: str
    duplicate_of: int | None


class OrganisationList(Out):
    """Organisations, the best match first."""

    items: list[OrganisationOut]


class PlaceOut(Out):
    """A place inside an organisation."""

    code: str
    grouped: str
    role: Word
    number: int
    sector: Word | None


class Hours(Out):
    """Weekly hours in local time, Monday first; not `given`: the default of the kind."""

    given: bool
    days: list[list[tuple[str, str]]]


class FindingOut(Out):
    """A defect of the sources that concerns the organisation."""

    rule: Word
    codes: list[int]
    detail: str
    mended: bool


class OrganisationDetail(OrganisationOut):
    """An organisation with its places, hours and whom it works with."""

    zone: str
    hours: Hours
    places: list[PlaceOut]
    authority: OrganisationRef | None
    clients: list[OrganisationRef]
    findings: list[FindingOut]
