"""Organisations as the sources list them, and the authority that each works with.

The lists: [002 annexes 1, 2, 3 and 5], [003 service 6 annex 2, service 7 annex 3], [000], [001] and
[004]. The CSV texts are the reviewed form of these lists: names, addresses and numbers are kept as
written, faults included (`domain.directory.defects` names the faults); the columns `code`,
`district` and `duplicate_of` were added in the review. A code is printed inside barcodes, so it is
never given to another organisation. Names are in Kazakh because no source has another language.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from domain.errors import QolhatError
from domain.hours import BadHoursError, WeeklyHours, parse_hours
from domain.numbers import MAX_BLOCK

ORGANISATION_COLUMNS = (
    "code", "kind", "region", "district", "name_kk", "address",
    "phone", "email", "web", "hours", "source", "duplicate_of",
)  # fmt: skip
WORKS_WITH_COLUMNS = ("code", "authority", "basis")

# Before the country's one time zone of 1 March 2024 the western regions kept their own.
_ZONES = {
    "Ақтөбе облысы": "Asia/Aqtobe",
    "Атырау облысы": "Asia/Atyrau",
    "Батыс Қазақстан облысы": "Asia/Oral",
    "Маңғыстау облысы": "Asia/Aqtau",
    "Қызылорда облысы": "Asia/Qyzylorda",
    "Қостанай облысы": "Asia/Qostanay",
}
_OTHER_ZONE = "Asia/Almaty"
# The directory adds the year in brackets where a later document names the same body again.
_YEAR_MARK = re.compile(r" \((\d{4})\)$")


class FaultyDirectoryError(QolhatError):
    """The directory's data cannot be used; the facts name the line and the fault."""

    code = "faulty-directory"


class OrganisationKind(StrEnum):
    """What an organisation is in the sources' lists."""

    AUTHORITY = "authority"
    SERVICE_CENTRE = "service-centre"
    SERVICE_CENTRE_BRANCH = "service-centre-branch"
    REGIONAL_DEPARTMENT = "regional-department"
    AKIMAT_OFFICE = "akimat-office"
    RURAL_AKIM = "rural-akim"
    SUBORDINATE_INSTITUTION = "subordinate-institution"

    @property
    def is_centre(self) -> bool:
        """Tell whether applicants hand papers in here for an authority to decide [002 §1]."""
        return self in _CENTRES

    @property
    def decides(self) -> bool:
        """Tell whether a service is decided here.

        The departments of the regions and of the cities Astana and Almaty are authorities by
        [002 §1], and [002 annex 3] lists all 16 under that word. An akim decides where there is no
        authority [003 service 6 §3, service 7 §3].
        """
        return self in _DECIDING

    @property
    def works_with_authority(self) -> bool:
        """Tell whether an organisation of this kind passes papers to one authority."""
        return self in _CENTRES or self is OrganisationKind.RURAL_AKIM


_CENTRES = frozenset({OrganisationKind.SERVICE_CENTRE, OrganisationKind.SERVICE_CENTRE_BRANCH})
AUTHORITIES = frozenset({OrganisationKind.AUTHORITY, OrganisationKind.REGIONAL_DEPARTMENT})
_DECIDING = AUTHORITIES | {OrganisationKind.RURAL_AKIM}

_AUTHORITY_HOURS = "Mon-Fri 09:00-18:00, break 13:00-14:00"  # [002 §9; 003 annex 1]
_DEFAULT_HOURS = {
    OrganisationKind.SERVICE_CENTRE: "Mon-Fri 09:00-20:00, no break",  # [002 §9]
    OrganisationKind.SERVICE_CENTRE_BRANCH: "Mon-Fri 09:00-19:00, break 13:00-14:00",  # [002 §9]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One row of the directory.

    `district` is the district or city served, in one spelling for all sources, empty where an
    organisation serves a whole region. `hours_given` is false where the sources give no hours and
    `hours` are the default of the kind. `duplicate_of` is the code under which the sources listed
    the same body before.
    """

    code: int
    kind: OrganisationKind
    region: str
    district: str
    name_kk: str
    address: str
    phone: str
    email: str
    web: str
    hours: WeeklyHours
    hours_given: bool
    source: str
    duplicate_of: int | None = None

    @property
    def zone(self) -> str:
        """The name of the local time zone in the tz database."""
        return zone_of(self.region)

    @property
    def official_name(self) -> str:
        """The name for a letterhead, without the year by which the directory tells texts apart."""
        return _YEAR_MARK.sub("", self.name_kk)

    @property
    def text_year(self) -> int | None:
        """The year of the later document that names the body again, if this row comes from one."""
        mark = _YEAR_MARK.search(self.name_kk)
        return int(mark[1]) if mark else None

    @property
    def emails(self) -> tuple[str, ...]:
        """Every mail address of the organisation."""
        return tuple(address for part in self.email.split(";") if (address := part.strip()))


class LinkBasis(StrEnum):
    """Why an organisation works with this authority: how the reviewed table was made."""

    DISTRICT = "district"
    CITY = "city"
    CITY_DISTRICT = "city district"
    WHOLE_CITY = "whole city"  # Astana: one authority for the centres of all its districts
    CAPITAL = "city of the region's capital"  # a region's centre stands in the capital
    CITY_OF_CENTRE = "city of the centre"  # East Kazakhstan's second centre stands in Семей
    REGION = "region's department"  # the sources list no authority of the city of Ақтөбе


@dataclass(frozen=True, slots=True)
class WorksWith:
    """The authority to which a centre, a branch or an akim passes papers.

    No source states these links: they are a reviewed table.
    """

    code: int
    authority: int
    basis: LinkBasis


@dataclass(frozen=True, slots=True)
class Respelling:
    """A district's name that one of the sources' lists writes in another way."""

    district: str
    as_written: str
    kind: OrganisationKind


RESPELLINGS = (
    Respelling("Сарқан ауданы", "Сарқант", OrganisationKind.AUTHORITY),
    Respelling("Қазталов ауданы", "Казталов", OrganisationKind.AUTHORITY),
    Respelling("Жітіқара ауданы", "Жетіқара", OrganisationKind.AUTHORITY),
    Respelling("Түрксіб ауданы", "Түркісіб", OrganisationKind.SERVICE_CENTRE),
    Respelling("Балқаш ауданы", "Балхаш", OrganisationKind.RURAL_AKIM),
    Respelling("Қарасай ауданы", "Карасай", OrganisationKind.RURAL_AKIM),
    Respelling("Ұйғыр ауданы", "Уйғыр", OrganisationKind.RURAL_AKIM),
    Respelling("Қапшағай қаласы", "Қапшагай", OrganisationKind.RURAL_AKIM),
)


def zone_of(region: str) -> str:
    """Return the tz database's name of the zone that a region had before 1 March 2024."""
    return _ZONES.get(region, _OTHER_ZONE)


def parse_organisations(text: str) -> tuple[Organisation, ...]:
    """Read the organisations from CSV text with `ORGANISATION_COLUMNS`.

    Raises FaultyDirectoryError with the line and the fault.
    """
    return tuple(_organisation(line, row) for line, row in _rows(text, ORGANISATION_COLUMNS))


def parse_works_with(text: str) -> tuple[WorksWith, ...]:
    """Read who works with which authority from CSV text with `WORKS_WITH_COLUMNS`.

    Raises FaultyDirectoryError with the line and the fault.
    """
    return tuple(_link(line, row) for line, row in _rows(text, WORKS_WITH_COLUMNS))


def _rows(text: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(text.splitlines(), strict=True)
    try:
        if tuple(next(reader, ())) != columns:
            raise FaultyDirectoryError(line=1, fault=f"the columns are not {', '.join(columns)}")
        for cells in reader:
            if len(cells) != len(columns):
                raise FaultyDirectoryError(line=reader.line_num, fault=f"{len(cells)} cells")
            yield reader.line_num, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise FaultyDirectoryError(line=reader.line_num, fault=str(error)) from error


def _organisation(line: int, row: dict[str, str]) -> Organisation:
    try:
        kind = OrganisationKind(row["kind"])
        return Organisation(
            code=_code(row["code"]),
            kind=kind,
            region=_present(row, "region"),
            district=row["district"],
            name_kk=_present(row, "name_kk"),
            address=row["address"],
            phone=row["phone"],
            email=row["email"],
            web=row["web"],
            hours=_hours(row["hours"] or _DEFAULT_HOURS.get(kind, _AUTHORITY_HOURS)),
            hours_given=bool(row["hours"]),
            source=_present(row, "source"),
            duplicate_of=_code(row["duplicate_of"]) if row["duplicate_of"] else None,
        )
    except (ValueError, BadHoursError) as error:
        raise FaultyDirectoryError(line=line, fault=str(error)) from error


def _link(line: int, row: dict[str, str]) -> WorksWith:
    try:
        return WorksWith(_code(row["code"]), _code(row["authority"]), LinkBasis(row["basis"]))
    except ValueError as error:
        raise FaultyDirectoryError(line=line, fault=str(error)) from error


@cache  # a few texts stand for hundreds of organisations
def _hours(text: str) -> WeeklyHours:
    return parse_hours(text)


def _code(text: str) -> int:
    """Read a code; it must fit into the block of a number (`domain.numbers`)."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_BLOCK):
        raise ValueError(f"{text!r} is not a code of 1 to {MAX_BLOCK}")
    return int(text)


def _present(row: dict[str, str], column: str) -> str:
    if not row[column]:
        raise ValueError(f"{column} is empty")
    return row[column]
