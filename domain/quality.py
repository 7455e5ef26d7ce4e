"""Indicators of quality and timeliness: normative value, target, current value [002 annex 4].

What they are and what was set for them stands in a dated file beside the regulations; the annex's
own numbers are not held, so that every value names the operator who set it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import msgspec

from domain.errors import RefusedError
from domain.regulations.edition import Names, Period, Strict
from domain.survey import Question

_EVERY = "*"


class Indicator(StrEnum):
    """The indicators, in the order of the annex; its third has two parts."""

    TIMELINESS = "timeliness"
    PROCESS = "process"
    INFORMATION = "information"
    ELECTRONIC = "electronic"
    APPEALS = "appeals"
    COURTESY = "courtesy"

    @property
    def question(self) -> Question | None:
        """The question of the survey that it is about; None: it is not asked for."""
        return _QUESTIONS.get(self)


_QUESTIONS = {
    Indicator.PROCESS: Question.PROCESS,
    Indicator.INFORMATION: Question.INFORMATION,
    Indicator.APPEALS: Question.APPEALS,
    Indicator.COURTESY: Question.COURTESY,
}


class FaultyIndicatorsError(RefusedError):
    """A file of indicators that cannot be applied; `field` is the path of the faulty value."""

    code = "faulty-indicators"

    def __init__(self, file: str, field: str, reason: str) -> None:
        super().__init__(file=file, field=field, reason=reason)


class Aim(Strict, frozen=True):
    """What an indicator should be, and next year; shares, 0 to 1."""

    normative: float
    target: float


class Described(Strict, frozen=True):
    """An indicator and where it is written."""

    key: Indicator
    source: str


class Values(Strict, frozen=True):
    """What an operator set for some services."""

    operator: str
    period: Period
    services: tuple[str, ...]
    timeliness: Aim | None = None
    process: Aim | None = None
    information: Aim | None = None
    electronic: Aim | None = None
    appeals: Aim | None = None
    courtesy: Aim | None = None

    def aim(self, indicator: Indicator) -> Aim | None:
        """Return what was set for an indicator."""
        found: Aim | None = getattr(self, indicator.value)
        return found


class Electronic(Strict, frozen=True):
    """Services of which there is information in electronic form."""

    operator: str
    period: Period
    services: tuple[str, ...]


class Indicators(Strict, frozen=True, rename={"described": "indicator"}):
    """A file of indicators; its document is named in the three languages, or in one."""

    document: Names | str
    legal: Period
    described: tuple[Described, ...]
    values: tuple[Values, ...] = ()
    electronic: tuple[Electronic, ...] = ()

    def document_in(self, language: str) -> str:
        """Return the name of the document in a language."""
        named = self.document
        return named if isinstance(named, str) else named.in_language(language)

    def source(self, indicator: Indicator) -> str:
        """Return where an indicator is written; the empty text where the file does not say."""
        return next((each.source for each in self.described if each.key is indicator), "")

    def aim(self, indicator: Indicator, operator: str, year: int, service: str) -> Aim | None:
        """Return what an operator set for a year; `service` "": for services in general.

        What names the service goes before what is for every one, a later decision before an
        earlier. None: nothing was set.
        """
        day = date(year, 12, 31)
        for wanted in (service, _EVERY):
            found = [
                each
                for each in self.values
                if each.operator == operator
                and each.period.covers(day)
                and wanted in each.services
                and each.aim(indicator) is not None
            ]
            if found:
                return max(found, key=lambda each: each.period.first).aim(indicator)
        return None

    def is_electronic(self, operator: str, year: int, service: str) -> bool:
        """Tell whether there is information about a service in electronic form, in a year."""
        day = date(year, 12, 31)
        return any(
            each.operator == operator
            and each.period.covers(day)
            and (service in each.services or _EVERY in each.services)
            for each in self.electronic
        )


def read_indicators(text: str, file: str) -> Indicators:
    """Read a file of indicators. Raises FaultyIndicatorsError naming the first faulty field."""
    try:
        found = msgspec.convert(tomllib.loads(text), Indicators)
    except tomllib.TOMLDecodeError as error:
        raise FaultyIndicatorsError(file, "-", str(error)) from error
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        field = path.rstrip("`").removeprefix("$.") or "-"
        raise FaultyIndicatorsError(file, field, reason) from error
    for field, reason in _faults(found):
        raise FaultyIndicatorsError(file, field, reason)
    return found


def _faults(found: Indicators) -> Iterator[tuple[str, str]]:
    for nth, values in enumerate(found.values):
        if values.period.last is not None and values.period.last <= values.period.first:
            yield f"values[{nth}].period", "ends before it begins"
        for indicator in Indicator:
            aim = values.aim(indicator)
            if aim is not None and not (0 <= aim.normative <= 1 and 0 <= aim.target <= 1):
                yield f"values[{nth}].{indicator.value}", "a share is between 0 and 1"
