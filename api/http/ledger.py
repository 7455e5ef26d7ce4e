"""The legal clock of a packet as a ledger: a figure opened down to its lines and scans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Query

from api.entries import kind_of, why_rescored
from api.http import schemas
from api.http.calls import Asking
from api.http.fields import KeyField, read_packet
from api.http.media import resource
from api.http.packets import NumberPath
from api.http.problems import documented
from api.http.telling import Teller
from api.ledger import Scored, scored
from domain.ledger import Ledger, Line, StageClock, sums
from domain.numbers import grouped
from domain.packet import Packet
from domain.rescoring import CalendarRescoring, Rescored, Rescoring
from domain.rights import Right

router = resource("packets")


@router.get(
    "/packets/{number}/ledger",
    summary="Every second of its time, labelled",
    responses=documented(404),
)
def ledger(
    call: Asking,
    number: NumberPath,
    edition: Annotated[
        KeyField | None, Query(description="Score it by this edition's norms instead.")
    ] = None,
) -> schemas.LedgerOut:
    """Whose time it was, against which norm, and why the clock stood; the scans behind each line.

    A packet that is not registered yet has no legal clock: there are no lines.
    """
    packet = read_packet(number)
    call.require_packet(packet, Right.SEE_PACKETS)
    return ledger_out(call.tell, scored(call.qolhat, packet, edition))


def ledger_out(tell: Teller, told: Scored) -> schemas.LedgerOut:
    """Tell a scored packet."""
    found = told.ledger
    return schemas.LedgerOut(
        number=str(told.number),
        grouped=grouped(told.number),
        edition=tell.edition(told.edition),
        norms=tell.edition(told.norms),
        sums=_sums(tell, found),
        clocks=[_clock_out(tell, told.edition, clock) for clock in found.clocks],
        lines=[_line_out(tell, told.edition, line, told.entries) for line in found.lines],
        rescored=[_rescoring_out(tell, told.edition, each) for each in told.rescored],
        recalendared=[_recalendared_out(tell, told.edition, each) for each in told.recalendared],
    )


def _recalendared_out(
    tell: Teller, edition: str | None, found: CalendarRescoring
) -> schemas.CalendarRescoringOut:
    return schemas.CalendarRescoringOut(
        known_from=found.known_from,
        days=[
            schemas.ChangedDayOut(
                day=each.day, kind=tell.word("changed-day", each.kind), source=each.source
            )
            for each in found.days
        ],
        **_before_and_after(tell, edition, found),
    )


def _rescoring_out(tell: Teller, edition: str | None, found: Rescoring) -> schemas.RescoringOut:
    return schemas.RescoringOut(
        ref=found.event.ref,
        entry=tell.word(*kind_of(found.event)),
        person=found.event.person,
        reason=tell.word(*why_rescored(found)),
        text_kept=getattr(found.event, "text_ref", None) is not None,
        recorded_at=found.event.timestamp,
        **_before_and_after(tell, edition, found),
    )


def _before_and_after(tell: Teller, edition: str | None, found: Rescored) -> dict[str, Any]:
    return {
        "kind": tell.word("visit", found.kind),
        "stage": tell.maybe_stage(edition, found.stage),
        "loop": found.loop,
        "counted_seconds_before": _seconds(found.before.counted),
        "late_before": found.before.late,
        "counted_seconds_after": _seconds(found.after.counted),
        "late_after": found.after.late,
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _sums(tell: Teller, found: Ledger) -> list[schemas.LabelSumOut]:
    return [
        schemas.LabelSumOut(label=tell.word("ledger", label.value), seconds=length.total_seconds())
        for label, length in sums(found.lines).items()
    ]


def _clock_out(tell: Teller, edition: str | None, clock: StageClock) -> schemas.StageClockOut:
    budget = clock.budget
    return schemas.StageClockOut(
        seq=clock.seq,
        stage=tell.maybe_stage(edition, clock.stage),
        loop=clock.loop,
        norm=tell.norm(clock.norm.amount, clock.norm.unit.value),
        source=clock.source,
        since=clock.since,
        due_at=clock.due_at,
        budget_seconds=None if budget is None else budget.total_seconds(),
        consumed_seconds=clock.consumed.total_seconds(),
        over_seconds=clock.over.total_seconds(),
        open=clock.open,
        stands_since=clock.stands.since if clock.stands else None,
    )


def _line_out(
    tell: Teller, edition: str | None, line: Line, entries: Sequence[Packet.Event]
) -> schemas.LedgerLineOut:
    return schemas.LedgerLineOut(
        since=line.since,
        until=line.until,
        seconds=line.length.total_seconds(),
        label=tell.word("ledger", line.label.value),
        counts=line.counts,
        seq=line.seq,
        stage=tell.maybe_stage(edition, line.stage),
        loop=line.loop,
        place=tell.place(line.place),
        person=line.person,
        source=line.source,
        ground=line.ground,
        stopped_by=line.stopped_by,
        scans=[each.ref for each in entries if line.since <= each.happened_at < line.until],
    )
