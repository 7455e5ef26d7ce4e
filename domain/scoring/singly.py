"""A stay scored by itself, out of its ledger: the arrays know nothing of pauses (ADR 43)."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.clocks import Clocks
from domain.ledger import ledger_of_stay, sums
from domain.numbers import place_organisation
from domain.progress import Visit
from domain.regulations.edition import Stage
from domain.scoring.scorer import Tally

_MICROSECOND = timedelta(microseconds=1)
_NOTHING = timedelta(0)


def tally_of(visit: Visit, stage: Stage, clocks: Clocks, left: datetime) -> Tally:
    """Score one stay in a stage, which ended at `left` (UTC), as the arrays would; course 0.

    Raises UnknownOrganisationError, OutsideCalendarError.
    """
    told = ledger_of_stay(visit, stage, clocks, left)
    clock = next(iter(told.clocks), None)
    judged = clock is not None and clock.due_at is not None
    late = clock is not None and clock.due_at is not None and left > clock.due_at
    organisation = place_organisation(visit.place)
    working = clocks.calendar(organisation).working_time(visit.entered_at, left)
    return Tally(
        organisation,
        course=0,
        count=1,
        judged=int(judged),
        within=int(judged and not late),
        working=working // _MICROSECOND,
        consumed=(clock.consumed if clock else _NOTHING) // _MICROSECOND,
        overrun=(clock.over if clock else _NOTHING) // _MICROSECOND,
        labels={label: span // _MICROSECOND for label, span in sums(told.lines).items()},
    )
