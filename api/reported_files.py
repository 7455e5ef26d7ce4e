"""Reports as files: PDF to be printed and signed, a workbook (XLSX) to go on counting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from io import BytesIO
from typing import Any

from api.forms.reports import FormColumn, FormTable, ReportForm, report_pdf
from api.reported import Column, Kind, Row, Section, Value, Written, text_of

_LONGEST_NAME = 31  # of a sheet
_FORBIDDEN = str.maketrans("", "", "[]:*?/\\'")
_WIDTHS = {Kind.TEXT: 46, Kind.NUMBER: 12, Kind.SHARE: 12, Kind.SPAN: 14, Kind.DAY: 14}
_FORMATS = {
    Kind.TEXT: "@",
    Kind.NUMBER: "#,##0",
    Kind.SHARE: "0.0%",
    Kind.SPAN: "[h]:mm",
    Kind.DAY: "yyyy-mm-dd",
}
_DAY = timedelta(days=1)
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  of the file: equal reports are equal bytes


class FileForm(StrEnum):
    """As what a report is written."""

    PDF = "pdf"
    XLSX = "xlsx"


MEDIA_TYPES = {
    FileForm.PDF: "application/pdf",
    FileForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def file_of(report: Written, form: FileForm) -> bytes:
    """Write a report as a file; equal reports give equal bytes."""
    makers: dict[FileForm, Callable[[Written], bytes]] = {
        FileForm.PDF: _pdf,
        FileForm.XLSX: _workbook,
    }
    return makers[form](report)


# --- PDF ----------------------------------------------------------------------------------------


def _pdf(report: Written) -> bytes:
    form = ReportForm(
        report.title,
        report.facts[0][1],
        report.facts,
        [_table(report, each) for each in report.sections],
        report.notes,
    )
    return report_pdf(form, report.speech.language)


def _table(report: Written, section: Section) -> FormTable:
    columns = [FormColumn(each.heading, each.wide, _is_figure(each)) for each in section.columns]
    groups = [
        (group.title, [_texts(report, section, row) for row in group.rows])
        for group in section.groups
    ]
    return FormTable(section.title, columns, groups, section.none)


def _texts(report: Written, section: Section, row: Row) -> list[str]:
    """Write a row; the share of a small sample says that it is one."""
    speech = report.speech
    texts = []
    for column, value in zip(section.columns, row.values, strict=True):
        text = text_of(speech, column, value)
        marked = row.small and column.kind is Kind.SHARE
        texts.append(f"{text} ({speech.say('figures.few')})" if marked else text)
    return texts


def _is_figure(column: Column) -> bool:
    return column.kind not in (Kind.TEXT, Kind.DAY)


# --- XLSX ---------------------------------------------------------------------------------------


def _workbook(report: Written) -> bytes:
    import xlsxwriter  # noqa: PLC0415  for those who want a workbook

    data = BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        book.set_properties({"title": report.title, "created": _MADE})
        _Sheets(book, report).write()
    return data.getvalue()


class _Sheets:
    """Fills a workbook: what the report is about, then a sheet a section."""

    def __init__(self, book: Any, report: Written) -> None:
        self._book, self._report = book, report
        self._strong = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._formats = {
            kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()
        }

    def write(self) -> None:
        """Write all sheets."""
        report = self._report
        sheet = self._sheet(report.title, (30, 80))
        lines = [*report.facts, *(("", note) for note in report.notes)]
        for row, (label, text) in enumerate(lines):
            sheet.write_string(row, 0, label, self._strong)
            sheet.write_string(row, 1, text)
        for section in report.sections:
            self._section(section)

    def _sheet(self, title: str, widths: tuple[int, ...]) -> Any:
        sheet = self._book.add_worksheet(title.translate(_FORBIDDEN)[:_LONGEST_NAME])
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        return sheet

    def _section(self, section: Section) -> None:
        """Write a section; the title of a group stands in every row, so that rows can be sorted."""
        grouped = any(group.title for group in section.groups)
        say = self._report.speech.say
        heads = [say("figures.service")] if grouped else []
        kinds = [Kind.TEXT] * len(heads) + [each.kind for each in section.columns]
        marks = Kind.SHARE in kinds
        heads += [each.heading for each in section.columns]
        sheet = self._sheet(section.title, tuple(_WIDTHS[kind] for kind in kinds))
        for column, head in enumerate([*heads, say("figures.report.remark")] if marks else heads):
            sheet.write_string(0, column, head, self._strong)
        sheet.freeze_panes(1, 1)
        lines = ((group.title, row) for group in section.groups for row in group.rows)
        for number, (title, row) in enumerate(lines, 1):
            values = (title, *row.values) if grouped else row.values
            for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
                self._cell(sheet, (number, column), kind, value)
            if row.small and marks:
                sheet.write_string(number, len(kinds), say("figures.few"))

    def _cell(self, sheet: Any, at: tuple[int, int], kind: Kind, value: Value) -> None:
        form = self._formats[kind]
        if isinstance(value, str):
            sheet.write_string(*at, value)
        elif isinstance(value, timedelta):
            sheet.write_number(*at, value / _DAY, form)
        elif isinstance(value, date):
            sheet.write_datetime(*at, datetime.combine(value, time()), form)
        elif value is not None:
            sheet.write_number(*at, value, form)
