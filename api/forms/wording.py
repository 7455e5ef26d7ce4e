"""What a form says, in its language: texts of the `forms` catalogue, dates and times by Babel."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date, format_time, get_datetime_format

from api.messages import LOCALES, text, word
from domain.roles import Role
from domain.workdays import Language
from domain.zones import zone

BLANK = "_" * 24  # to be filled by hand, inside a sentence
SHORT_BLANK = "_" * 6
_UNBREAKABLE = "\u00a0\u202f"


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of the forms in one language."""

    language: Language

    def say(self, key: str, /, **facts: object) -> str:
        """Return the text of a key, with the facts in their places."""
        return text("forms", key, self.language, **facts)

    def around(self, key: str) -> tuple[str, str]:
        """Return what stands before and after the value in a line."""
        before, _, after = text("forms", key, self.language).partition("{value}")
        return before.strip(), after.strip()

    def role(self, role: Role) -> str:
        """Name a role, with a capital letter."""
        name = word("role", role.value, self.language)
        return name[:1].upper() + name[1:]

    def day(self, day: date) -> str:
        """Write a date: `2026 ж. 22 қараша`."""
        return str(format_date(day, "long", locale=LOCALES[self.language]))

    def brief_day(self, day: date) -> str:
        """Write a date for a small label: `2026 ж. 22 қар.`."""
        return str(format_date(day, "medium", locale=LOCALES[self.language]))

    def moment(self, at: datetime, zone_name: str) -> str:
        """Write an instant (with a zone) as the local date and time of a zone."""
        local = at.astimezone(zone(zone_name))
        time = format_time(local, "short", locale=LOCALES[self.language])
        pattern = str(get_datetime_format("long", locale=LOCALES[self.language]))
        return pattern.replace("{1}", self.day(local)).replace("{0}", time)


def cleaned(text: str | None) -> str:
    """Return a text as it can be set: composed letters, one line, nothing invisible."""
    composed = unicodedata.normalize("NFC", text or "")
    return " ".join(part for part in "".join(map(_set, composed)).split(" ") if part)


def _set(letter: str) -> str:
    if letter in _UNBREAKABLE:
        return letter
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter).startswith("C") else letter
