"""A packet's ledger page: whose time it was, stretch by stretch, and why the clock stood.

Every figure of a stage opens down to here [002 §7; 003 annexes 3, 4 and 7].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.entries import kind_of, why_rescored
from api.ledger import Scored, scored
from api.web.packets import NumberPath, Seeing, open_packet
from api.web.station import place_name
from api.web.visitor import Visitor
from domain.ledger import Label, Line, sums
from domain.regulations.edition import Edition

router = APIRouter(include_in_schema=False)
# How a stretch is drawn: what is somebody's time, what is late, what is nobody's.
_TONES = {
    Label.RUNNING: "counts",
    Label.RETURNED: "counts",
    Label.WAITING_RUN: "waits",
    Label.WAITING_APPLICANT: "waits",
    Label.PAUSED: "waits",
    Label.OVERDUE: "late",
    Label.NO_NORM: "free",
    Label.HANDOVER: "free",
    Label.ASTRAY: "astray",
    Label.LOST: "astray",
}


@router.get("/packets/{number}/ledger")
def ledger(
    visitor: Seeing,
    number: NumberPath,
    edition: Annotated[str, Query(max_length=64)] = "",
    stay: Annotated[int | None, Query(ge=0, le=100_000)] = None,
) -> HTMLResponse:
    """Show the lines of a packet's time, or of one stay; by another edition's norms if asked."""
    facts = open_packet(visitor, number)
    told = scored(visitor.qolhat, facts.number, edition or None)
    lines = told.ledger.lines if stay is None else told.ledger.of_stay(stay)
    clocks = [each for each in told.ledger.clocks if stay is None or each.seq == stay]
    people = {line.person for line in lines} | {each.event.person for each in told.rescored}
    people |= {line.stopped_by for line in lines if line.stopped_by is not None}
    return visitor.page(
        "ledger.html",
        facts=facts,
        told=told,
        lines=lines,
        sums=sums(lines),
        parts=_parts(lines),
        clocks=clocks,
        stay=stay,
        what_if=told.norms if told.norms != told.edition else None,
        editions=[each.id for each in visitor.qolhat.regulations],
        names=visitor.qolhat.personnel.names(people),
        place_name=lambda code: place_name(visitor, code),
        stage_name=lambda key: _stage_name(visitor, facts.edition, key),
        ground_name=lambda key: _ground_name(visitor, told, key),
        tone=lambda label: _TONES.get(label, "closed"),
        entries_of=lambda line: _entries(told, line),
        kind_of=kind_of,
        why_rescored=why_rescored,
    )


def _stage_name(visitor: Visitor, edition: Edition | None, key: str) -> str:
    if edition is None or not key:
        return key
    return edition.stage(key).names.in_language(visitor.speech.language)


def _ground_name(visitor: Visitor, told: Scored, key: str) -> str:
    """Name a ground for stopping a clock, by the edition by whose norms the time was scored."""
    norms = visitor.qolhat.regulations.edition(told.norms) if told.norms else None
    ground = None if norms is None else norms.pause(key)
    return key if ground is None else ground.names.in_language(visitor.speech.language)


def _entries(told: Scored, line: Line) -> list[tuple[str, str]]:
    """Return of which words the names of the entries are that fall into a line, and the names."""
    return [kind_of(each) for each in told.entries if line.since <= each.happened_at < line.until]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the strip, in per cent of its width."""

    tone: str
    x: float
    width: float


def _parts(lines: Sequence[Line]) -> list[_Part]:
    """Draw the lines to scale, from the handing-in to the end."""
    if not lines:
        return []
    begins = lines[0].since
    whole = (lines[-1].until - begins) / timedelta(seconds=1) or 1.0
    return [
        _Part(
            _TONES.get(line.label, "closed"),
            round((line.since - begins) / timedelta(seconds=1) / whole * 100, 3),
            round(line.length / timedelta(seconds=1) / whole * 100, 3),
        )
        for line in lines
    ]
