"""The directory: organisations, however their names are typed, with their places and hours."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from api.http import schemas
from api.http.calls import Asking
from api.http.media import resource
from api.http.problems import documented
from api.http.telling import Teller
from domain.directory import Finding, Organisation, OrganisationKind, Place
from domain.errors import UnknownOrganisationError
from domain.numbers import grouped

router = resource("directory")


class NoSuchOrganisationError(UnknownOrganisationError):
    """The organisation in the address does not exist."""

    status = 404


@router.get("/directory", summary="Find organisations")
def directory(
    call: Asking,
    q: Annotated[
        str, Query(max_length=200, description="Words, a code, a telephone number, a mail address.")
    ] = "",
    kind: OrganisationKind | None = None,
    region: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> schemas.OrganisationList:
    """Search in Kazakh or Russian letters, Cyrillic or Latin; the best match first."""
    found = call.qolhat.directory.search(q, kind=kind, region=region, limit=limit)
    return schemas.OrganisationList(items=[_organisation_out(call.tell, each) for each in found])


@router.get("/directory/{code}", summary="One organisation", responses=documented(404))
def organisation(
    call: Asking, code: Annotated[int, Path(ge=1, le=9999)]
) -> schemas.OrganisationDetail:
    """An organisation with its places, its hours, whom it works with, and the sources' defects."""
    known, tell = call.qolhat.directory, call.tell
    try:
        found = known.organisation(code)
    except UnknownOrganisationError as error:
        raise NoSuchOrganisationError(**error.facts) from error
    findings = [each for each in known.findings if code in each.codes]
    return schemas.OrganisationDetail(
        **dict(_organisation_out(tell, found)),
        zone=found.zone,
        hours=_hours(found),
        places=[_place_out(tell, place) for place in known.places_of(code)],
        authority=tell.maybe_organisation(known.authority_of(code)),
        clients=[tell.organisation(client) for client in known.clients_of(code)],
        findings=[_finding_out(tell, each) for each in findings],
    )


def _organisation_out(tell: Teller, found: Organisation) -> schemas.OrganisationOut:
    return schemas.OrganisationOut(
        code=found.code,
        kind=tell.word("kind", found.kind.value),
        name=found.name_kk,
        region=found.region,
        district=found.district,
        address=found.address,
        phone=found.phone,
        email=found.email,
        web=found.web,
        source=found.source,
        duplicate_of=found.duplicate_of,
    )


def _hours(found: Organisation) -> schemas.Hours:
    days = [
        [(opens.isoformat("minutes"), closes.isoformat("minutes")) for opens, closes in day]
        for day in found.hours.days
    ]
    return schemas.Hours(given=found.hours_given, days=days)


def _place_out(tell: Teller, place: Place) -> schemas.PlaceOut:
    return schemas.PlaceOut(
        code=str(place.code),
        grouped=grouped(place.code),
        role=tell.word("role", place.role.value),
        number=place.number,
        sector=tell.maybe("sector", place.sector.value if place.sector else None),
    )


def _finding_out(tell: Teller, finding: Finding) -> schemas.FindingOut:
    return schemas.FindingOut(
        rule=tell.word("finding", finding.rule.value),
        codes=list(finding.codes),
        detail=finding.detail,
        mended=finding.mended,
    )
