"""The indicators of a year and of its quarters: events, answers and set values [002 annex 4]."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from domain.quality import Aim, Indicator, Indicators, read_indicators
from domain.shares import Interval, share_interval
from domain.survey import Opinion, Question, opinion_figure
from infra.regulation_files import RegulationFolderError
from infra.survey import Sums, SumsFilter
from projections.cases import CaseFilter, CaseSum, CaseSums

if TYPE_CHECKING:
    from infra.bootstrap import Qolhat

FEW = 20  # cases, answers: of fewer a share tells little
_MONTHS = 3  # of a quarter


@dataclass(frozen=True, slots=True)
class Current:
    """What an indicator came to. Shares are 0 to 1.

    `count`: of how many cases or services; of answers so many at least. `interval`: where the true
    share lies in 19 of 20 cases, None where nothing was sampled.
    """

    share: float
    count: int
    interval: Interval | None = None

    @property
    def small(self) -> bool:
        """Tell whether there are too few to compare by."""
        return self.interval is not None and self.count < FEW


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """An indicator: what was set for it, what the year and its quarters came to.

    None: nothing was set; there was nothing to tell, or too few answers to tell it.
    """

    indicator: Indicator
    source: str
    aim: Aim | None
    year: Current | None
    quarters: tuple[Current | None, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A year, of which organisations (None: all) and which service (None: all)."""

    year: int
    organisations: Collection[int] | None = None
    service: str | None = None

    @property
    def days(self) -> tuple[date, date]:
        """The first day of the year, and of the next."""
        return date(self.year, 1, 1), date(self.year + 1, 1, 1)


def load_indicators(path: Path | None = None) -> Indicators:
    """Read the file of indicators. Raises FaultyIndicatorsError, RegulationFolderError."""
    file: Traversable = path or files("domain.indicators").joinpath("002-annex-4.toml")
    try:
        return read_indicators(file.read_text(encoding="utf-8"), file.name)
    except (OSError, UnicodeDecodeError) as error:
        raise RegulationFolderError(file=str(file), reason=str(error)) from error


def indicators_of(qolhat: Qolhat, wanted: Wanted) -> list[IndicatorLine]:
    """Return all indicators. Raises StorageError."""
    since, until = wanted.days
    which = CaseFilter(since, until, wanted.organisations, wanted.service)
    with qolhat.views.reading() as reading:
        cases = reading.view(CaseSums).by_month(reading.connection, which)
    months = {day.month: found for day, found in cases.items()}
    answers = qolhat.surveys.sums(SumsFilter(since, until, wanted.organisations, wanted.service))
    told = {int(month[-2:]): found for month, found in answers.items()}
    return [_line(qolhat, wanted, each, months, told) for each in Indicator]


def _line(
    qolhat: Qolhat,
    wanted: Wanted,
    indicator: Indicator,
    cases: dict[int, CaseSum],
    answers: dict[int, Sums],
) -> IndicatorLine:
    book, operator = qolhat.indicators, qolhat.settings.operator

    def of(months: range) -> Current | None:
        if indicator.question is not None:
            return _opinions((answers.get(month, {}) for month in months), indicator.question)
        return _timeliness(cases[month] for month in months if month in cases)

    electronic = indicator is Indicator.ELECTRONIC
    quarters = tuple(of(range(1 + at, 1 + at + _MONTHS)) for at in range(0, 12, _MONTHS))
    return IndicatorLine(
        indicator,
        book.source(indicator),
        book.aim(indicator, operator, wanted.year, wanted.service or ""),
        _electronic(qolhat, wanted) if electronic else of(range(1, 13)),
        (None,) * len(quarters) if electronic else quarters,
    )


def _timeliness(cases: Iterable[CaseSum]) -> Current | None:
    found = list(cases)
    judged, within = sum(each.judged for each in found), sum(each.within for each in found)
    return Current(within / judged, judged, share_interval(within, judged)) if judged else None


def _opinions(months: Iterable[Sums], question: Question) -> Current | None:
    counts = dict.fromkeys(Opinion, 0)
    for sums in months:
        for opinion, count in sums.get(question, {}).items():
            counts[opinion] += count
    figure = opinion_figure(counts)
    return None if figure is None else Current(figure.content, figure.at_least, figure.interval)


def _electronic(qolhat: Qolhat, wanted: Wanted) -> Current | None:
    """Of the services rendered here, not of cases: counted, not sampled."""
    services = {each.service.key for each in qolhat.regulations}
    meant = sorted(services if wanted.service is None else services & {wanted.service})
    if not meant:
        return None
    book, operator = qolhat.indicators, qolhat.settings.operator
    there = [each for each in meant if book.is_electronic(operator, wanted.year, each)]
    return Current(len(there) / len(meant), len(meant))
