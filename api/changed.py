"""What pages, the HTTP API and the command line share about stays that were scored anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from api.entries import kind_of, why_rescored
from domain.numbers import PacketNumber, PlaceCode
from domain.rescoring import CalendarRescoring, Rescoring
from domain.workdays import ChangedDay
from infra.bootstrap import Qolhat
from infra.changed_stays import ChangedStay, changed_stays
from infra.exports.wanted import wanted_of
from projections.view import Knowledge

Name = tuple[str, str]  # of which words, and the code


@dataclass(frozen=True, slots=True)
class Changed:
    """A stay whose figures are others than were known: from what to what, by what, and why.

    `entry`: the record that changed it, `by` its author, `recorded_at` when it came, and `written`
    whether the author wrote a text. Of a changed calendar: the `days`, known from `known_from` on.
    `place` and `left_at` (UTC) are the stay's as it was known before.
    """

    number: PacketNumber
    edition: str | None
    kind: str
    stage: str
    loop: int
    place: PlaceCode
    left_at: datetime
    counted_before: timedelta | None
    late_before: bool | None
    counted_after: timedelta | None
    late_after: bool | None
    why: Name
    entry: Name | None = None
    ref: str | None = None
    by: int | None = None
    recorded_at: datetime | None = None
    written: bool = False
    known_from: date | None = None
    days: tuple[ChangedDay, ...] = ()

    @property
    def difference(self) -> timedelta | None:
        """By how much the counted time is more than was known; None where one of both is not."""
        if self.counted_before is None or self.counted_after is None:
            return None
        return self.counted_after - self.counted_before


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """Changed stays of some packets. `after`: the number whose followers are looked at next."""

    stays: list[Changed]
    looked_at: int
    after: PacketNumber | None


def changed_page(
    qolhat: Qolhat, organisation: int, since: date | None, until: date | None, after: int = 0
) -> ChangedPage:
    """List the changed stays of an organisation that ended on these days, both inside.

    Raises DaysBackwardsError.
    """
    wanted = wanted_of((), since, until, (organisation,), None)
    with qolhat.views.reading() as reading:
        known = Knowledge(qolhat.regulations, qolhat.clocks)
        found = changed_stays(reading, qolhat.log, known, wanted, after)
    return ChangedPage([changed_of(each) for each in found.stays], found.looked_at, found.after)


def changed_in(
    number: PacketNumber,
    edition: str | None,
    found: Sequence[Rescoring | CalendarRescoring],
) -> list[Changed]:
    """Tell what was changed of one packet's stays."""
    return [changed_of(ChangedStay(number, edition, each)) for each in found]


def changed_of(stay: ChangedStay) -> Changed:
    """Tell one change."""
    found = stay.found
    if isinstance(found, CalendarRescoring):
        why = ("rescored", "calendar")
        return _changed(stay, why, known_from=found.known_from, days=found.days)
    return _changed(
        stay,
        why_rescored(found),
        entry=kind_of(found.event),
        ref=found.event.ref,
        by=found.event.person,
        recorded_at=found.event.timestamp,
        written=getattr(found.event, "text_ref", None) is not None,
    )


def _changed(stay: ChangedStay, why: Name, **more: Any) -> Changed:
    found = stay.found
    return Changed(
        stay.number,
        stay.edition,
        found.kind,
        found.stage,
        found.loop,
        found.place,
        found.left_at,
        found.before.counted,
        found.before.late,
        found.after.counted,
        found.after.late,
        why,
        **more,
    )
