"""The directory: who takes papers, who decides, and where a packet can lie.

Read from the lists of [002 annexes 1-3 and 5], [003 service 6 annex 2, service 7 annex 3], [000],
[001] and [004]; the reviewed data stand beside this file as `organisations.csv` and
`works_with.csv` and are loaded by `infra.directory_files`.
"""

from domain.directory.defects import Finding, Rule
from domain.directory.directory import Directory
from domain.directory.organisation import (
    FaultyDirectoryError,
    LinkBasis,
    Organisation,
    OrganisationKind,
    WorksWith,
    parse_organisations,
    parse_works_with,
    zone_of,
)
from domain.directory.place import BadPlaceError, Place, standard_places
from domain.directory.search import fold, words

__all__ = [
    "BadPlaceError",
    "Directory",
    "FaultyDirectoryError",
    "Finding",
    "LinkBasis",
    "Organisation",
    "OrganisationKind",
    "Place",
    "Rule",
    "WorksWith",
    "fold",
    "parse_organisations",
    "parse_works_with",
    "standard_places",
    "words",
    "zone_of",
]
