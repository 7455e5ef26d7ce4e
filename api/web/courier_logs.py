"""What is wrong with the logs of couriers' devices, for those who settle doubts.

A gap or a wrong clock changes no time and blocks nothing: somebody must know of it, and ask.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.web.visitor import Visitor, allowed
from domain.dispatch.device_log import Finding, FindingKind
from domain.rights import Right
from projections.device_logs import DeviceLogs, FindingRow

router = APIRouter(include_in_schema=False)
Reading = Annotated[Visitor, Depends(allowed(Right.SETTLE, Right.SEE_FIGURES))]
MOST_SHOWN = 200


@router.get("/courier-logs")
def courier_logs(visitor: Reading) -> HTMLResponse:
    """List the findings of the people in reach, the newest logs first."""
    qolhat = visitor.qolhat
    reach = visitor.reach(Right.SETTLE) | visitor.reach(Right.SEE_FIGURES)
    people = None
    if reach.organisations is not None:
        people = [
            member.person
            for member in qolhat.staff.recent().people
            if member.organisation in reach.organisations
        ]
    with qolhat.views.reading() as reading:
        rows = reading.view(DeviceLogs).findings(reading.connection, people, MOST_SHOWN)
    return visitor.page(
        "courier_logs.html",
        rows=[(row, finding_text(visitor, _finding(row))) for row in rows],
        most=MOST_SHOWN,
        names=qolhat.personnel.names({row.person for row in rows}),
    )


def _finding(row: FindingRow) -> Finding:
    return Finding(FindingKind(row.kind), row.first, row.last, row.seconds)


def finding_text(visitor: Visitor, finding: Finding) -> str:
    """Say what is wrong with a device's log; of a clock also by how much."""
    speech = visitor.speech
    text = speech.word("log-finding", finding.kind.value)
    if finding.seconds is not None:
        way = "ahead" if finding.seconds > 0 else "behind"
        text = f"{text}: {speech.say(f'courier.clock.{way}', span=speech.span(finding.seconds))}"
    return f"{text} ({speech.say('courier.entries', first=finding.first, last=finding.last)})"
