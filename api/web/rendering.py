"""Turns templates into pages in the reader's language; dates, numbers and spans by locale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from api.cited import cited
from api.messages import LANGUAGES, LOCALES, page_count, page_text, word
from domain.numbers import grouped
from domain.workdays import Language

STATIC_FOLDER = Path(str(files("api.web").joinpath("static")))
LANGUAGE_NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
COUNTRY_ZONE = "Asia/Almaty"
_MINUTES_OF_AN_HOUR = 60
_ALPHABET = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"


def _rank(letter: str) -> tuple[int, str]:
    """Return where a letter stands: of the Kazakh alphabet, which holds the Russian one, or not."""
    return _ALPHABET.find(letter), letter


@cache
def static_version() -> str:
    """Return a label of the static files as they are: their address changes when they do."""
    digest = sha256()
    for file in sorted(each for each in STATIC_FOLDER.rglob("*") if each.is_file()):
        digest.update(str(file.relative_to(STATIC_FOLDER)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def static_path(name: str) -> str:
    """Return the address of a static file."""
    return f"/static/{static_version()}/{name}"


@dataclass(frozen=True, slots=True)
class Speech:
    """How one reader is spoken to: in which language, by the clocks of which zone."""

    language: Language
    zone: str = COUNTRY_ZONE

    def say(self, key: str, **facts: object) -> str:
        """Return a text of the pages."""
        return page_text(key, self.language, **facts)

    def count(self, key: str, number: int, **facts: object) -> str:
        """Return a text in the plural form of a number."""
        return page_count(key, number, self.language, **facts)

    def word(self, kind: str, name: object) -> str:
        """Return a word of the field."""
        return word(kind, name, self.language)

    def moment(self, at: datetime | None) -> str:
        """Write an instant: day and minute, by the reader's clock."""
        if at is None:
            return ""
        return format_datetime(at, "short", tzinfo=self._zone, locale=self._locale)

    def day(self, at: datetime | date | None) -> str:
        """Write a day."""
        if at is None:
            return ""
        local = at.astimezone(self._zone) if isinstance(at, datetime) else at
        return format_date(local, "medium", locale=self._locale)

    def clock(self, at: datetime | None) -> str:
        """Write the time of day, to the minute."""
        if at is None:
            return ""
        return format_time(at, "short", tzinfo=self._zone, locale=self._locale)

    def wall_clock(self, at: datetime) -> str:
        """Write the time of day as fields of forms take it: 14:05."""
        return at.astimezone(self._zone).strftime("%H:%M")

    def span(self, length: timedelta | float | None) -> str:
        """Write a length of time in hours and minutes; never in days: whose days would they be."""
        if length is None:
            return ""
        seconds = length.total_seconds() if isinstance(length, timedelta) else length
        minutes = round(abs(seconds) / _MINUTES_OF_AN_HOUR)
        hours, minutes = divmod(minutes, _MINUTES_OF_AN_HOUR)
        parts = [_unit(hours, "duration-hour", self.language)] if hours else []
        if minutes or not hours:
            parts.append(_unit(minutes, "duration-minute", self.language))
        return " ".join(parts)

    def number(self, value: float) -> str:
        """Write a number."""
        return _number(value, self.language)

    def share(self, value: float | None) -> str:
        """Write a share of 0 to 1 in per cent; a dash where there is nothing to share."""
        return "–" if value is None else _percent(value, self.language)

    def sorted_by_name(self, named: Iterable[tuple[Any, str]]) -> list[tuple[Any, str]]:
        """Order pairs of a code and its name by the name."""
        return sorted(named, key=lambda pair: [_rank(each) for each in pair[1].casefold()])

    @property
    def _locale(self) -> Locale:
        return LOCALES[self.language]

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


# A page of figures says the same few lengths and numbers hundreds of times.
@lru_cache(maxsize=8192)
def _unit(value: int, unit: str, language: Language) -> str:
    return format_unit(value, unit, "short", locale=LOCALES[language])


@lru_cache(maxsize=8192)
def _number(value: float, language: Language) -> str:
    return format_decimal(value, locale=LOCALES[language])


@lru_cache(maxsize=8192)
def _percent(value: float, language: Language) -> str:
    return format_percent(value, "#,##0.#%", locale=LOCALES[language])


@cache
def environment() -> Environment:
    """Return the templates' environment: everything is escaped, a missing value is an error."""
    made = Environment(
        loader=PackageLoader("api.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "static": static_path,
        "languages": [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        "t": _say,
        "tn": _count,
        "word": _word,
    }
    made.filters |= {
        "grouped": grouped,
        "moment": pass_context(lambda context, at: _speech(context).moment(at)),
        "day": pass_context(lambda context, at: _speech(context).day(at)),
        "clock": pass_context(lambda context, at: _speech(context).clock(at)),
        "span": pass_context(lambda context, length: _speech(context).span(length)),
        "number": pass_context(lambda context, value: _speech(context).number(value)),
        "cited": pass_context(lambda context, source: cited(source, _speech(context).language)),
        "share": pass_context(lambda context, value: _speech(context).share(value)),
    }
    return made


def _speech(context: Context) -> Speech:
    speech: Speech = context["speech"]
    return speech


@pass_context
def _say(context: Context, key: str, **facts: object) -> str:
    return _speech(context).say(key, **facts)


@pass_context
def _count(context: Context, key: str, number: int, **facts: object) -> str:
    return _speech(context).count(key, number, **facts)


@pass_context
def _word(context: Context, kind: str, name: object) -> str:
    return _speech(context).word(kind, name)


def render(template: str, speech: Speech, **values: object) -> str:
    """Fill a template."""
    return environment().get_template(template).render(speech=speech, **values)


def page(
    template: str,
    speech: Speech,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """Answer with a page."""
    return HTMLResponse(render(template, speech, **values), status, headers)
