"""Exports: what was recorded, in the formats in which others read it.

Each format is made in pieces out of one reading of the log up to one position: as much memory is
needed for a year as for a day. People are numbers in all of them, and no text that the vault holds
stands in any (docs/exports.md).
"""

from infra.exports.about import About
from infra.exports.conformance import Conformance, Figures, conformance_of
from infra.exports.files import part_of, write_file
from infra.exports.formats import MEDIA_TYPES, Exporter, Format, table_of
from infra.exports.source import Source
from infra.exports.tables import TABLES, TableName
from infra.exports.wanted import Wanted, wanted_of

__all__ = [
    "MEDIA_TYPES",
    "TABLES",
    "About",
    "Conformance",
    "Exporter",
    "Figures",
    "Format",
    "Source",
    "TableName",
    "Wanted",
    "conformance_of",
    "part_of",
    "table_of",
    "wanted_of",
    "write_file",
]
