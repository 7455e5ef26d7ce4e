"""The report of a week, a month or a quarter, on paper [004]: tables on A4, one after the other.

Lines wrap, tables go on to the next page under their headings; equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import HexColor, black
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from api.forms.sheet import (
    BODY,
    SMALL,
    STRONG,
    TITLE,
    WIDTH,
    Page,
    Story,
    document,
    paragraph,
    rows,
)
from api.forms.wording import Wording
from domain.workdays import Language
from scanner.typeface import BOLD, size_to_fit

_CELL = ParagraphStyle("cell", BODY, fontSize=7.5, leading=9.5)
_FIGURE = ParagraphStyle("figure", _CELL, alignment=TA_RIGHT)
_HEAD = ParagraphStyle("head", _CELL, fontName=BOLD, fontSize=7, leading=8.5)
_HEAD_FIGURE = ParagraphStyle("head-figure", _HEAD, alignment=TA_RIGHT)
_SECTION = ParagraphStyle("section", STRONG, fontSize=11.5, leading=15)
_GROUP = ParagraphStyle("group", _CELL, fontName=BOLD)
_PADDING = 1.2 * mm
_SHADE = HexColor(0xEEF1F4)
_GRID: list[tuple[Any, ...]] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), _PADDING),
    ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ("LINEBELOW", (0, 0), (-1, -1), 0.25, black),
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, black),
]


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A column of a table: its heading, its share of the width, whether it holds figures."""

    heading: str
    wide: float
    figures: bool


@dataclass(frozen=True, slots=True)
class FormTable:
    """A table: its title, columns, and rows of texts under titles, which may be empty."""

    title: str
    columns: Sequence[FormColumn]
    groups: Sequence[tuple[str, Sequence[Sequence[str]]]]
    none: str  # is said where there is no row


@dataclass(frozen=True, slots=True)
class ReportForm:
    """A report whose texts are all in one language."""

    title: str
    reference: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[FormTable]
    notes: Sequence[str]


def report_pdf(report: ReportForm, language: Language) -> bytes:
    """Set a report on A4."""
    page = Page(Wording(language), report.title, report.reference)
    return document(page, lambda: _story(report))


def _story(report: ReportForm) -> Story:
    return [
        paragraph(report.title, TITLE),
        Spacer(1, 2 * mm),
        rows(report.facts),
        *(each for table in report.tables for each in _table(table)),
        Spacer(1, 4 * mm),
        *(paragraph(note, SMALL) for note in report.notes),
    ]


def _table(table: FormTable) -> Story:
    title = paragraph(table.title, _SECTION)
    title.keepWithNext = True
    begun: Story = [Spacer(1, 5 * mm), title]
    if not any(lines for _, lines in table.groups):
        return [*begun, paragraph(table.none)]
    return [*begun, Spacer(1, 1 * mm), _grid(table)]


def _grid(table: FormTable) -> Table:
    """Set headings, groups and rows; the headings stand on every page."""
    whole = sum(each.wide for each in table.columns)
    widths = [WIDTH * each.wide / whole for each in table.columns]
    heads = [_head(each, width) for each, width in zip(table.columns, widths, strict=True)]
    data, style = [heads], [*_GRID]
    for title, lines in table.groups:
        if title:
            style += [
                ("SPAN", (0, len(data)), (-1, len(data))),
                ("BACKGROUND", (0, len(data)), (-1, len(data)), _SHADE),
                ("NOSPLIT", (0, len(data)), (-1, len(data) + 1)),
            ]
            data.append([paragraph(title, _GROUP), *[""] * (len(heads) - 1)])
        data += [_cells(table.columns, line) for line in lines]
    return Table(data, widths, style=style, repeatRows=1, hAlign="LEFT")


def _head(column: FormColumn, width: float) -> Any:
    """Set a heading as small as its longest word needs, so that none is broken."""
    style = _HEAD_FIGURE if column.figures else _HEAD
    room = width - 2 * _PADDING - 0.5
    size = min(
        (size_to_fit(word, BOLD, style.fontSize, room) for word in column.heading.split()),
        default=style.fontSize,
    )
    return paragraph(column.heading, ParagraphStyle("sized", style, fontSize=size))


def _cells(columns: Sequence[FormColumn], line: Sequence[str]) -> list[Any]:
    return [
        paragraph(text, _FIGURE if column.figures else _CELL)
        for column, text in zip(columns, line, strict=True)
    ]
