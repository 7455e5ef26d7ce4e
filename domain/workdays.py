"""Which dates are worked in Kazakhstan: holidays, moved holidays and the government's transfers.

The regulations say only "Monday to Friday, no holidays" [002 §9, 003 annex 1]; which days those are
is said by the law on holidays and the Labour Code (article 85), which the library `holidays` knows
up to a year, and by a dated file of overrides, which wins over the library.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from operator import itemgetter
from typing import Literal

import msgspec
from holidays.countries.kazakhstan import Kazakhstan
from holidays.holiday_base import HolidayBase
from holidays.observed_holiday_base import (
    SAT_SUN_TO_NEXT_WORKDAY,
    SUN_TO_NEXT_WORKDAY,
)

from domain.errors import RefusedError

FIRST_YEAR = 2010
LAST_YEAR = 2045
Language = Literal["kk", "ru", "en"]

# Transfers are decided year by year; the library lists the resolutions for the years up to this
# one. Later years must be vouched for by the override file.
_LIBRARY_KNOWS_UNTIL = 2025
_SATURDAY, _SUNDAY = 5, 6
_DAY_OFF = "Демалыс күні"
_ENGLISH_DAY_OFF = "Day off"  # the library knows this word only together with a date


class BadWorkdaysError(RefusedError):
    """An override file that cannot be applied; `field` is the path of the faulty value."""

    code = "bad-workdays"

    def __init__(self, source: str, field: str, reason: str) -> None:
        super().__init__(source=source, field=field, reason=reason)


class OutsideCalendarError(RefusedError):
    """A date or an instant in a year for which no calendar is kept."""

    code = "outside-calendar"

    def __init__(self, at: date | None = None) -> None:
        """`at`: the date or instant asked for; None: an answer would lie past the last year."""
        shown = None if at is None else at.isoformat()
        super().__init__(at=shown, first_year=FIRST_YEAR, last_year=LAST_YEAR)


@dataclass(frozen=True, slots=True)
class _Name:
    """Why a date is a day off: the library's Kazakh name, taken apart so as to be translated."""

    base: str
    moved: bool = False
    estimated: bool = False
    moved_from: date | None = None


_DaysOff = dict[date, tuple[_Name, ...]]


@dataclass(frozen=True, slots=True)
class _Week:
    """The dates on which one kind of week (of five days, or six) departs from its pattern."""

    off: _DaysOff
    worked_weekends: set[date]


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """A day that is worked otherwise than was known; `kind` and `source` as in the file."""

    day: date
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became known on a local day: which days it was, and the calendar before and after."""

    known_from: date
    days: tuple[ChangedDay, ...]
    before: Workdays
    after: Workdays


@dataclass(frozen=True, slots=True)
class Workdays:
    """Which dates are worked. Immutable; two are equal when their versions are.

    `known_until` is the last year whose transfers by the government are known. `version` names
    the library's version and a digest of every date's answer (and of `known_until`): it stays the
    same when only a remark, a source or a translation is edited. `changes` are what became known
    later, in that order. Dates in years outside FIRST_YEAR..LAST_YEAR raise OutsideCalendarError.
    """

    version: str
    known_until: int = field(compare=False)
    _five: _Week = field(compare=False, repr=False)
    _six: _Week = field(compare=False, repr=False)
    _russian: Mapping[str, str] = field(compare=False, repr=False)
    changes: tuple[Change, ...] = field(default=(), compare=False, repr=False)

    def is_day_off(self, day: date, *, six_day_week: bool) -> bool:
        """Tell whether `day` is a holiday, a moved holiday or a transferred day off.

        An ordinary weekend is none of these. Under a five-day week a holiday on Saturday or Sunday
        moves to the next working day and the government's transfers apply; under a six-day week
        only a holiday on Sunday moves, and transfers do not apply (Labour Code article 85).
        """
        return day in self._week(day, six_day_week=six_day_week).off

    def is_worked_weekend(self, day: date, *, six_day_week: bool) -> bool:
        """Tell whether a Saturday or Sunday (six-day week: a Sunday) is worked by a transfer."""
        return day in self._week(day, six_day_week=six_day_week).worked_weekends

    def holiday_name(self, day: date, *, six_day_week: bool, language: Language) -> str | None:
        """Say why `day` is a day off, in Kazakh, Russian or English; None if it is not one.

        A Russian name missing in the override file is given in Kazakh.
        """
        names = self._week(day, six_day_week=six_day_week).off.get(day)
        if names is None:
            return None
        translate = self._translation(language)
        return "; ".join(_write_label(name, translate) for name in names)

    def _week(self, day: date, *, six_day_week: bool) -> _Week:
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise OutsideCalendarError(day)
        return self._six if six_day_week else self._five

    def _translation(self, language: Language) -> Callable[[str], str]:
        if language == "ru":
            return lambda text: self._russian.get(text, text)
        return _english if language == "en" else str


class _DayRow(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"day": "date", "moved_from": "from"},
):
    """One `[[day]]` of the override file."""

    day: date
    kind: Literal["day-off", "worked", "holiday-confirmed"]
    source: str
    week: Literal["five", "six", "both"] = "five"
    moved_from: date | None = None
    known_from: date | None = None


class _YearRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[year]]`: where the year's transfers were published."""

    year: int
    transfers: Literal["none", "listed"]
    source: str


class _Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ru: dict[str, str] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    known_until: int
    year: tuple[_YearRow, ...] = ()
    day: tuple[_DayRow, ...] = ()
    names: _Names = _Names()


_Fault = tuple[str, str]


def parse_workdays(text: str, *, source: str) -> Workdays:
    """Read an override file (TOML; its fields are described in `domain/calendars/kz.toml`).

    `source` names the file in errors. Raises BadWorkdaysError naming the first faulty field.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise BadWorkdaysError(source, "-", str(error)) from error
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        raise BadWorkdaysError(
            source, path.rstrip("`").removeprefix("$.") or "-", reason
        ) from error
    for faulty, reason in _faults(file):
        raise BadWorkdaysError(source, faulty, reason)
    return replace(_workdays(file, source), changes=tuple(_changes(file, source)))


def _workdays(file: _File, source: str) -> Workdays:
    five, six = _five_day_week(file), _six_day_week()
    for faulty, reason in _apply(file, five, six):
        raise BadWorkdaysError(source, faulty, reason)
    return Workdays(
        _version(file.known_until, five, six), file.known_until, five, six, file.names.ru
    )


def _changes(file: _File, source: str) -> Iterator[Change]:
    """List what became known later, day by day of that: the file without what was not known yet."""
    for known in sorted({row.known_from for row in file.day if row.known_from is not None}):
        rows = [row for row in file.day if row.known_from == known]
        until = [row for row in file.day if row.known_from is None or row.known_from <= known]
        earlier = tuple(row for row in until if row.known_from != known)
        before, after = (
            _workdays(msgspec.structs.replace(file, day=tuple(each)), source)
            for each in (earlier, until)
        )
        days = tuple(ChangedDay(row.day, row.kind, row.source) for row in rows)
        yield Change(known, days, before, after)


def _faults(file: _File) -> Iterator[_Fault]:
    if not FIRST_YEAR <= file.known_until <= LAST_YEAR:
        yield "known_until", f"not in {FIRST_YEAR}..{LAST_YEAR}"
    years = [row.year for row in file.year]
    for year in range(_LIBRARY_KNOWS_UNTIL + 1, file.known_until + 1):
        if year not in years:
            yield "known_until", f"no [[year]] gives the source of the transfers of {year}"
    for index, row in enumerate(file.year):
        if row.year in years[:index]:
            yield f"year[{index}].year", f"{row.year} stands twice"
        if not row.source.strip():
            yield f"year[{index}].source", "empty"
    yield from _day_faults(file)


def _day_faults(file: _File) -> Iterator[_Fault]:
    without = {row.year for row in file.year if row.transfers == "none"}
    seen: set[tuple[date, str]] = set()
    for index, row in enumerate(file.day):
        named = {(row.day, week) for week in _weeks_of(row)}
        if not FIRST_YEAR <= row.day.year <= LAST_YEAR:
            yield f"day[{index}].date", f"not in {FIRST_YEAR}..{LAST_YEAR}"
        if named & seen:
            yield f"day[{index}].date", f"{row.day} stands twice for the same week"
        if row.kind == "worked" and row.day.year in without:
            yield f"day[{index}].kind", f"worked, while the transfers of {row.day.year} are none"
        if row.kind == "worked" and row.moved_from is not None:
            yield f"day[{index}].from", "only a day off or a confirmed holiday is moved"
        if not row.source.strip():
            yield f"day[{index}].source", "empty"
        seen |= named


def _weeks_of(row: _DayRow) -> tuple[str, ...]:
    return ("five", "six") if row.week == "both" else (row.week,)


def _five_day_week(file: _File) -> _Week:
    """The library's answer, save that years which the file speaks of lose their transfers."""
    listed = {row.year for row in file.year}
    full = _library("five", transfers=True)
    bare = _library("five", transfers=False)
    off = {day: name for day, name in full.items() if day.year not in listed}
    off |= {day: name for day, name in bare.items() if day.year in listed}
    worked = {day for day in full.weekend_workdays if day.year not in listed}
    return _Week(_days_off(off), worked)


def _six_day_week() -> _Week:
    return _Week(_days_off(_library("six", transfers=False)), set())


@cache
def _library(week: Literal["five", "six"], *, transfers: bool) -> HolidayBase:
    moving = SUN_TO_NEXT_WORKDAY if week == "six" else SAT_SUN_TO_NEXT_WORKDAY
    # Without a language the library would follow the environment's.
    found = Kazakhstan(language="kk", observed_rule=moving)
    found.has_special_holidays = transfers
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        found.get(date(year, 1, 1))  # the library fills in a year when first asked of it
    return found


def _days_off(found: Mapping[date, str]) -> _DaysOff:
    return {day: tuple(map(_read_label, label.split("; "))) for day, label in found.items()}


def _apply(file: _File, five: _Week, six: _Week) -> Iterator[_Fault]:
    for index, row in enumerate(file.day):
        for week in _weeks_of(row):
            target, weekend = (six, {_SUNDAY}) if week == "six" else (five, {_SATURDAY, _SUNDAY})
            if row.kind == "holiday-confirmed":
                if not _confirm(target.off, row):
                    yield f"day[{index}].date", f"the library has no holiday on {row.day}"
            elif row.kind == "day-off":
                target.off[row.day] = (_Name(_DAY_OFF, moved_from=row.moved_from),)
                target.worked_weekends.discard(row.day)
            else:
                target.off.pop(row.day, None)
                if row.day.weekday() in weekend:
                    target.worked_weekends.add(row.day)


def _confirm(off: _DaysOff, row: _DayRow) -> bool:
    """Move an estimated holiday to its true date; False if there is none to confirm.

    A later library may know the date already: then the row changes nothing, and stays valid.
    """
    for day in (row.moved_from, row.day):
        names = off.get(day, ()) if day else ()
        sure = [replace(name, estimated=False) for name in names if name.estimated]
        if day and sure:
            rest = tuple(name for name in off.pop(day) if not name.estimated)
            if rest:
                off[day] = rest
            off[row.day] = (*off.get(row.day, ()), *sure)
            return True
    return row.day in off


def _version(known_until: int, *weeks: _Week) -> str:
    facts = [
        (sorted(week.off.items(), key=itemgetter(0)), sorted(week.worked_weekends))
        for week in weeks
    ]
    digest = sha256(repr((known_until, facts)).encode()).hexdigest()
    return f"holidays-{version('holidays')}+{digest[:12]}"


@cache
def _labels(language: str) -> HolidayBase:
    return Kazakhstan(language=language)


def _english(text: str) -> str:
    return _ENGLISH_DAY_OFF if text == _DAY_OFF else str(_labels("en_US").tr(text))


def _templates() -> tuple[tuple[str, bool, bool], ...]:
    """The library's ways to mark a name: template, moved, estimated."""
    known = _labels("kk")
    return (
        (known.observed_estimated_label, True, True),
        (known.observed_label, True, False),
        (known.estimated_label, False, True),
    )


def _read_label(label: str) -> _Name:
    """Take the library's Kazakh label apart."""
    moved_from = _between(label, _labels("kk").substituted_label)
    if moved_from is not None:
        read = datetime.strptime(moved_from, _labels("kk").substituted_date_format)  # noqa: DTZ007
        return _Name(_DAY_OFF, moved_from=read.date())
    for template, moved, estimated in _templates():
        base = _between(label, template)
        if base is not None:
            return _Name(base, moved=moved, estimated=estimated)
    return _Name(label)


def _between(label: str, template: str) -> str | None:
    """The part of `label` that stands for the %s of `template`; None if it is made otherwise."""
    prefix, _, suffix = template.partition("%s")
    if label.startswith(prefix) and label.endswith(suffix):
        return label[len(prefix) : len(label) - len(suffix)]
    return None


def _write_label(name: _Name, translate: Callable[[str], str]) -> str:
    """Put a label together again in another language."""
    known = _labels("kk")
    if name.moved_from is not None:
        day = name.moved_from.strftime(translate(known.substituted_date_format))
        return translate(known.substituted_label) % day
    for template, moved, estimated in _templates():
        if (name.moved, name.estimated) == (moved, estimated):
            return translate(template) % translate(name.base)
    return translate(name.base)
