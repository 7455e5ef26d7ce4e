"""What is told: terms that are about to run out or just have, by organisation; nobody by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any

from domain.clocks import Clocks
from domain.directory import Directory, Organisation
from domain.numbers import PacketNumber, grouped, place_number, place_role
from domain.workdays import OutsideCalendarError
from projections.due import DueRow

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TermToTell:
    """A term with the working time left of it (negative: past it)."""

    term: DueRow
    left: timedelta

    @property
    def over(self) -> bool:
        """Tell whether it has run out."""
        return self.left < timedelta(0)


@dataclass(frozen=True, slots=True)
class Group:
    """The terms of packets that lie in one organisation, the most urgent first."""

    organisation: Organisation
    terms: tuple[TermToTell, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """All that is told at once; `at` is UTC."""

    at: datetime
    groups: tuple[Group, ...]

    @classmethod
    def of(
        cls, rows: Iterable[DueRow], at: datetime, directory: Directory, clocks: Clocks
    ) -> Message:
        """Put terms into a message."""
        ordered = sorted(rows, key=lambda row: (row.organisation, row.due_at, row.number))
        groups = tuple(
            Group(
                directory.organisation(code),
                tuple(TermToTell(row, _left(row, at, clocks)) for row in found),
            )
            for code, found in groupby(ordered, lambda row: row.organisation)
        )
        return cls(at, groups)

    @property
    def terms(self) -> tuple[DueRow, ...]:
        """All terms in it."""
        return tuple(each.term for group in self.groups for each in group.terms)

    @property
    def packets(self) -> frozenset[PacketNumber]:
        """The packets whose terms these are."""
        return frozenset(term.number for term in self.terms)

    @property
    def id(self) -> str:
        """A label that is the same when the same terms are told again."""
        keys = sorted(f"{each.number} {each.clock} {each.due_at}" for each in self.terms)
        return sha256("\n".join(keys).encode()).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        """Return the message for a program."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "organisations": [_group(group) for group in self.groups],
        }


def _left(row: DueRow, at: datetime, clocks: Clocks) -> timedelta:
    """Return the working time until a term, never zero once it has run out."""
    since, until = sorted((at, row.due_at))
    try:
        length = clocks.calendar(row.organisation).working_time(since, until)
    except OutsideCalendarError:
        length = until - since
    return length if row.due_at >= at else -max(length, timedelta.resolution)


def _group(group: Group) -> dict[str, Any]:
    return {
        "code": group.organisation.code,
        "name": group.organisation.official_name,
        "terms": [_term(each) for each in group.terms],
    }


def _term(told: TermToTell) -> dict[str, Any]:
    term = told.term
    return {
        "number": str(term.number),
        "grouped": grouped(term.number),
        "warning": "overdue" if told.over else "soon",
        "clock": term.clock,
        "due_at": term.due_at.isoformat(),
        "left_minutes": told.left // _MINUTE,
        "service": term.service,
        "stage": term.stage,
        "place": str(term.place),
        "role": place_role(term.place).value,
        "desk": place_number(term.place),
    }
