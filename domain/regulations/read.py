"""Reads the text of an edition's file and refuses a faulty one with file, field and reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import msgspec

from domain.acts import ROLES_OF_ACT, ActKind
from domain.errors import RefusedError
from domain.norms import NormUnit
from domain.regulations.edition import END, Edition, NormText, PauseGround, Side, Stage, Way
from domain.roles import PLACE_DIGITS

Fault = tuple[str, str]
_OF_RUNS = frozenset({NormUnit.NEXT_RUN, NormUnit.ONCE_A_DAY, NormUnit.WITHIN_THE_DAY})


class FaultyRegulationError(RefusedError):
    """An edition's file that cannot be applied."""

    code = "faulty-regulation"

    def __init__(self, file: str, field: str, reason: str) -> None:
        super().__init__(file=file, field=field, reason=reason)


def read_edition(text: str, file: str) -> Edition:
    """Read one edition. Raises FaultyRegulationError naming the first faulty field."""
    try:
        edition = msgspec.convert(tomllib.loads(text), Edition)
    except tomllib.TOMLDecodeError as error:
        raise FaultyRegulationError(file, "-", str(error)) from error
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        raise FaultyRegulationError(
            file, path.rstrip("`").removeprefix("$.") or "-", reason
        ) from error
    for field, reason in _faults(edition):
        raise FaultyRegulationError(file, field, reason)
    return _with_pauses(edition) if edition.pauses else edition


def _with_pauses(edition: Edition) -> Edition:
    """Tell each stage on which grounds its clock may be stopped."""
    stages = (
        msgspec.structs.replace(
            stage, pauses=tuple(each for each in edition.pauses if stage.key in each.stages)
        )
        for stage in edition.stages
    )
    return msgspec.structs.replace(edition, stages=tuple(stages))


def _faults(edition: Edition) -> Iterator[Fault]:
    yield from _period_faults(edition)
    yield from _stage_faults(edition)
    yield from _norm_faults(edition)
    yield from _held_faults(edition)
    yield from _pause_faults(edition)
    yield from _dead_ends(edition)


def _period_faults(edition: Edition) -> Iterator[Fault]:
    periods = {"legal": edition.legal}
    periods |= {f"adopted[{i}].period": a.period for i, a in enumerate(edition.adopted)}
    for field, period in periods.items():
        if period.last is not None and period.last <= period.first:
            yield field, "ends before it begins"


def _stage_faults(edition: Edition) -> Iterator[Fault]:
    if not edition.stages:
        yield "stage", "a route has at least one stage"
    if len(edition.index_of) != len(edition.stages):
        yield "stage", "two stages have the same key"
    for number, stage in enumerate(edition.stages):
        for field, reason in _one_stage_faults(edition, stage):
            yield f"stage[{number}].{field}", reason


def _one_stage_faults(edition: Edition, stage: Stage) -> Iterator[Fault]:
    if stage.key == END:
        yield "key", f"«{END}» is the end of every route"
    if stage.holder not in PLACE_DIGITS:
        yield "holder", f"«{stage.holder}» has no places and cannot hold a packet"
    if edition.way is not Way.CENTRE and stage.side is not Side.DECIDING:
        yield "side", "only a route through a centre has an accepting side of its own"
    if stage.pauses:
        yield "pauses", "grounds stand in [[pause]], which names its stages"
    if not stage.ends:
        yield "ends", "nothing ends this stage"
    for number, ending in enumerate(stage.ends):
        if (ending.act is None) == (ending.scan is None):
            yield f"ends[{number}]", "names an act or a scan, one of the two"
        if ending.to is not None and ending.to != END and ending.to not in edition.index_of:
            yield f"ends[{number}].to", f"leads nowhere: there is no stage «{ending.to}»"


def _norm_faults(edition: Edition) -> Iterator[Fault]:
    norms: dict[str, NormText | None] = {
        f"stage[{number}].norm": stage.norm for number, stage in enumerate(edition.stages)
    }
    norms |= {f"limit[{number}].norm": limit.norm for number, limit in enumerate(edition.limits)}
    norms |= {
        f"pause[{number}].longest": each.longest for number, each in enumerate(edition.pauses)
    }
    norms["total.norm"] = edition.total.norm
    norms["uncollected.keep"] = edition.uncollected.keep if edition.uncollected else None
    for field, norm in norms.items():
        if norm is not None and norm.amount < 1:
            yield f"{field}.amount", "must be at least 1"


def _held_faults(edition: Edition) -> Iterator[Fault]:
    if edition.papers.held != bool(edition.papers.items):
        yield "papers", "lists papers exactly where the sources hold them"
    if edition.refusal.held != bool(edition.refusal.grounds):
        yield "refusal", "lists grounds exactly where the sources hold them"


def _pause_faults(edition: Edition) -> Iterator[Fault]:
    if len({each.key for each in edition.pauses}) != len(edition.pauses):
        yield "pause", "two grounds have the same key"
    for number, ground in enumerate(edition.pauses):
        for field, reason in _one_pause_faults(edition, ground):
            yield f"pause[{number}].{field}", reason


def _one_pause_faults(edition: Edition, ground: PauseGround) -> Iterator[Fault]:
    if not ground.stages:
        yield "stages", "names no stage in which it may be used"
    for key in ground.stages:
        if key not in edition.index_of:
            yield "stages", f"there is no stage «{key}»"
    if not ground.roles:
        yield "roles", "nobody may use it"
    for role in ground.roles:
        if role not in ROLES_OF_ACT[ActKind.PAUSED]:
            yield "roles", f"«{role}» stops no clock"
    if ground.longest is not None and ground.longest.unit in _OF_RUNS:
        yield "longest.unit", "a longest time is counted in minutes, hours, days or months"


def _dead_ends(edition: Edition) -> Iterator[Fault]:
    """Find stages from which no order of endings leads to the end: a loop to nowhere."""
    last = len(edition.stages)
    leading = {last}
    while True:
        found = {
            index
            for index, stage in enumerate(edition.stages)
            if index not in leading
            and any(edition.next_after(index, ending) in leading for ending in stage.ends)
        }
        if not found:
            break
        leading |= found
    for index in sorted(set(range(last)) - leading):
        yield f"stage[{index}].ends", "a loop to nowhere: the end of the route is never reached"
