"""Almaty region in the simulation: its centre branches, their authorities, some akims' offices."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.directory import Organisation, OrganisationKind
from domain.regulations.edition import Way
from infra.bootstrap import Qolhat
from infra.demonstration.chance import dice
from infra.demonstration.workers import Bureau

REGION = "Алматы облысы"
AKIMS_A_DISTRICT = 2


@dataclass(slots=True)
class Region:
    """The organisations that take part. `department` is where the administrator sits."""

    department: int
    branches: list[Bureau]
    authorities: list[Bureau]
    akims: list[Bureau]

    @property
    def bureaus(self) -> list[Bureau]:
        """All of them."""
        return [*self.branches, *self.authorities, *self.akims]

    def taking(self, way: Way) -> list[Bureau]:
        """Return the organisations where one can ask in this way."""
        return {Way.CENTRE: self.branches, Way.AUTHORITY: self.authorities}.get(way, self.akims)


def region_of(qolhat: Qolhat, seed: int) -> Region:
    """Choose the organisations. Duplicates of the sources' lists are not used."""
    luck = dice(seed, "region")
    ours = [o for o in qolhat.directory.organisations if o.region == REGION]
    department = next(o for o in ours if o.kind is OrganisationKind.REGIONAL_DEPARTMENT)

    def bureau(organisation: Organisation, way: Way) -> Bureau:
        calendar = qolhat.clocks.calendar(organisation.code)
        zone = ZoneInfo(organisation.zone)
        return Bureau(organisation.code, way, calendar, zone, luck.uniform(0.6, 1.6))

    authorities = [
        bureau(o, Way.AUTHORITY)
        for o in ours
        if o.kind is OrganisationKind.AUTHORITY and o.duplicate_of is None
    ]
    by_code = {authority.code: authority for authority in authorities}
    branches = []
    for organisation in ours:
        if organisation.kind is OrganisationKind.SERVICE_CENTRE_BRANCH:
            branch = bureau(organisation, Way.CENTRE)
            branch.authority = by_code[qolhat.directory.authority_of(organisation.code) or 0]
            branches.append(branch)
    akims = []
    for authority in authorities:
        clients = map(qolhat.directory.organisation, qolhat.directory.clients_of(authority.code))
        rural = [o for o in clients if o.kind is OrganisationKind.RURAL_AKIM]
        chosen = luck.sample(rural, min(AKIMS_A_DISTRICT, len(rural)))
        akims += [bureau(o, Way.AKIM) for o in chosen]
    return Region(department.code, branches, authorities, akims)
