"""Standing in: somebody takes an absent colleague's roles and places for a time [004]."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Response

from api.web.admin.profile import Number, change
from api.web.admin.reaching import Administering, changeable, check_others
from api.web.visitor import Visitor
from domain.errors import RefusedError
from domain.staff import StaffMember
from domain.zones import zone

router = APIRouter()
Day = Annotated[str, Form(max_length=40)]


class BadStandInError(RefusedError):
    """Nobody replaces oneself, or until a day that is over."""

    code = "bad-stand-in"


@router.post("/admin/people/{number}/stand-ins")
def name_stand_in(
    visitor: Administering,
    number: Number,
    absent: Annotated[int, Form()] = 0,
    since: Day = "",
    until: Day = "",
) -> Response:
    """Let a person stand in for an absent one, from a day (or now) until the end of another."""
    check_others(visitor, number)

    def work(member: StaffMember) -> None:
        replaced = changeable(visitor, absent)
        now, end = visitor.qolhat.now(), _day(visitor, until, timedelta(days=1))
        begin = _day(visitor, since, timedelta(0)) or now
        if end is None or end <= max(begin, now) or replaced.person == member.person:
            raise BadStandInError
        visitor.qolhat.personnel.name_stand_in(
            number, replaced.person, end, since=begin, by=visitor.person
        )

    return change(visitor, number, "stand-in", work)


@router.post("/admin/people/{number}/stand-ins/end")
def end_stand_in(
    visitor: Administering, number: Number, absent: Annotated[int, Form()] = 0
) -> Response:
    """End it now, before it has begun or while it lasts."""

    def work(member: StaffMember) -> None:
        if any(each == absent for each, _ in member.stands_in):
            visitor.qolhat.personnel.end_stand_in(number, absent, by=visitor.person)

    return change(visitor, number, "stand-in-ended", work)


def _day(visitor: Visitor, typed: str, later: timedelta) -> datetime | None:
    """Return when a day begins by the organisation's clock, or so much later (UTC)."""
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed) + later
    except (ValueError, OverflowError) as error:
        raise BadStandInError from error
    return datetime.combine(day, time(), zone(visitor.speech.zone)).astimezone(UTC)
