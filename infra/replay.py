"""Replays the scan log of another device: a CSV file, in batches, each line with its own outcome.

A line that was replayed before is recognised by its scan id. What cannot be understood inside a
line makes an unsettled scan; only a line that is no scan at all (cut off, no id, no counter) is
refused, with its number, and can be sent again once it is mended.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

from domain.errors import QolhatError
from domain.intake import RawScan
from infra.desk import Desk
from infra.errors import StorageError
from infra.requests import Answer, Status

COLUMNS = ("scan_id", "code", "place", "person", "device", "counter", "happened_at")
BATCH = 500
MOST_LINES_NAMED = 1000
ENCODINGS = ("utf-8-sig", "windows-1251")
SCAN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_DELIMITERS = ",;\t"
_LONGEST_LINE = 8192


class BadScanLogError(QolhatError):
    """A file that is no scan log: unreadable, a wrong header, an unknown encoding."""

    code = "bad-scan-log"


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What became of one line."""

    line: int
    status: Status
    detail: str


@dataclass(slots=True)
class Report:
    """What became of a file; of each kind of outcome the first lines are named."""

    lines: int = 0
    counts: dict[Status, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))
    named: dict[Status, list[LineOutcome]] = field(
        default_factory=lambda: {status: [] for status in Status}
    )
    position: int = 0

    def add(self, outcome: LineOutcome) -> None:
        """Count an outcome; name its line unless it is as it should be."""
        self.lines += 1
        self.counts[outcome.status] += 1
        named = self.named[outcome.status]
        if outcome.status is not Status.ACCEPTED and len(named) < MOST_LINES_NAMED:
            named.append(outcome)


Progress = Callable[[int, int], None]


def replay(
    desk: Desk,
    file: Path,
    progress: Progress | None = None,
    told: Callable[[LineOutcome], None] | None = None,
) -> Report:
    """Record every scan of the file. `progress` is told bytes read and the file's size.

    Raises BadScanLogError before anything is recorded, StorageError when the store takes no more:
    what was recorded until then stays, and the file can be replayed from its beginning.
    """
    report = Report()
    encoding = _encoding(file)
    size = file.stat().st_size
    try:
        with file.open("rb") as raw, TextIOWrapper(raw, encoding, newline="") as text:
            for batch in _batches(_lines(text)):
                for outcome in _record(desk, batch, report):
                    report.add(outcome)
                    if told is not None:
                        told(outcome)
                if progress is not None:
                    progress(min(raw.tell(), size), size)
    except OSError as error:
        raise BadScanLogError(file=str(file), reason=error.strerror) from error
    return report


def _encoding(file: Path) -> str:
    """Find the encoding by reading the whole file once, a piece at a time."""
    for encoding in ENCODINGS:
        try:
            with file.open(encoding=encoding, newline="") as opened:
                while opened.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise BadScanLogError(file=str(file), reason=error.strerror) from error
        return encoding
    raise BadScanLogError(file=str(file), reason=f"not {' or '.join(ENCODINGS)}")


Line = tuple[int, RawScan | str]  # the number of the line, and a scan or why it is none


def _lines(text: TextIOWrapper) -> Iterator[Line]:
    header = text.readline(_LONGEST_LINE)
    delimiter = max(_DELIMITERS, key=header.count)
    columns = [name.strip().strip('"').lower() for name in header.strip().split(delimiter)]
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise BadScanLogError(
            reason=f"the header lacks {', '.join(missing)}", expected=",".join(COLUMNS)
        )
    where = {name: columns.index(name) for name in COLUMNS}
    for number, line in _numbered(text):
        if line is None:
            yield number, f"longer than {_LONGEST_LINE} characters"
        elif line.strip():
            yield number, _scan(_cells(line, delimiter), where, len(columns))


def _numbered(text: TextIOWrapper) -> Iterator[tuple[int, str | None]]:
    """Number the lines after the header; None is one so long that it must not fill the memory."""
    number, inside = 2, False
    while line := text.readline(_LONGEST_LINE):
        ends = line.endswith(("\n", "\r"))
        if not inside:
            whole = ends or len(line) < _LONGEST_LINE
            yield number, line if whole else None
        inside = not ends
        number += ends


def _cells(line: str, delimiter: str) -> list[str]:
    """Take one line apart: no field of ours holds a line end, so a torn quote ends with it."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _scan(cells: list[str], where: dict[str, int], width: int) -> RawScan | str:
    if len(cells) != width:
        return f"{len(cells)} of {width} fields"
    value = {name: cells[index].strip() for name, index in where.items()}
    if not SCAN_ID.fullmatch(value["scan_id"]):
        return "scan_id"
    for name in ("person", "device", "counter"):
        if not (value[name].isascii() and value[name].isdigit()) or len(value[name]) > 15:
            return name
    return RawScan(
        value["scan_id"],
        value["code"],
        value["place"],
        int(value["person"]),
        int(value["device"]),
        int(value["counter"]),
        parse_instant(value["happened_at"]),
        value["happened_at"],
    )


def parse_instant(text: str) -> datetime | None:
    """Read an ISO 8601 instant (to UTC); None if it has no zone or is none."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _record(desk: Desk, batch: list[Line], report: Report) -> Iterator[LineOutcome]:
    scans = [scan for _, scan in batch if isinstance(scan, RawScan)]
    answers = iter(desk.scan(scans))
    for number, scan in batch:
        if isinstance(scan, str):
            yield LineOutcome(number, Status.REFUSED, scan)
            continue
        answer = next(answers)
        if isinstance(answer.error, StorageError):
            raise answer.error
        report.position = max(report.position, answer.position)
        yield LineOutcome(number, answer.status, _detail(answer))


def _detail(answer: Answer) -> str:
    if answer.error is not None:
        return str(answer.error)
    return answer.doubt or " ".join(deviation.value for deviation in answer.deviations)
