"""Where on its route a packet is: what a scan at a place or an act at a desk means [003 s7 §11].

Pure questions about an edition's stages. Nothing is refused here: what leaves the route gets the
names of its deviations.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.acts import ActKind
from domain.numbers import PlaceCode, place_organisation, place_role
from domain.regulations.edition import Edition, Ending, Side, Stage
from domain.roles import Role


class Deviation(StrEnum):
    """How a move or an act left the route."""

    SKIPPED = "skipped"  # stages were left out
    ACT_MISSING = "act-missing"  # the packet went on before the act that ends its stage
    WENT_BACK = "went-back"
    WRONG_ORGANISATION = "wrong-organisation"
    UNEXPECTED_PLACE = "unexpected-place"
    OTHER_EXECUTOR = "other-executor"  # not the one whom the resolution names
    OUT_OF_TURN = "out-of-turn"  # an act of another stage
    NOT_ACCEPTED = "not-accepted"  # an act before the packet was scanned in
    BEFORE_REGISTRATION = "before-registration"
    AFTER_THE_END = "after-the-end"
    FOUND = "found"  # scanned after it was declared lost
    CLOCK_AHEAD = "clock-ahead"  # the device's clock lay in the future
    NO_GROUND = "no-ground"  # the clock was to stand on a ground that the edition does not give
    VOID_OVERRULED = "void-overruled"  # somebody had acted before the scan was voided


@dataclass(frozen=True, slots=True)
class Parties:
    """The two organisations of a packet; the same one where there is no centre."""

    accepting: int
    deciding: int

    def on(self, side: Side) -> int:
        """Return the organisation of a side."""
        return self.accepting if side is Side.ACCEPTING else self.deciding


@dataclass(frozen=True, slots=True)
class Position:
    """A packet on its route: the stage, whether its holder has accepted, the last ending act."""

    stage: int
    accepted: bool
    last_act: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The stage that a scan or an act leads to (None: none), what deviates, what was skipped."""

    stage: int | None
    deviations: tuple[Deviation, ...] = ()
    skipped: tuple[int, ...] = ()


def holds(stage: Stage, parties: Parties, place: PlaceCode) -> bool:
    """Tell whether the stage is worked on at such a place."""
    return stage.holder is place_role(place) and parties.on(stage.side) == place_organisation(place)


def same_hands(left: Stage, right: Stage) -> bool:
    """Tell whether two stages have the same holder, so that no hand-over lies between."""
    return left.holder is right.holder and left.side is right.side


def ends_by_act(stage: Stage) -> bool:
    """Tell whether only an act can end the stage."""
    return all(ending.act is not None for ending in stage.ends)


def ending_by_act(stage: Stage, act: ActKind) -> Ending | None:
    """Return the ending of the stage by this act."""
    return next((ending for ending in stage.ends if ending.act is act), None)


def ending_by_scan(stage: Stage, role: Role, last_act: str | None) -> Ending | None:
    """Return the ending of the stage by the acceptance of this role, after the acts so far."""
    for ending in stage.ends:
        if ending.scan is role and (ending.after is None or ending.after.value == last_act):
            return ending
    return None


def allows(stage: Stage, act: ActKind, last_act: str | None) -> bool:
    """Tell whether the act may be done in the stage, after the acts so far, without ending it."""
    return any(
        each.act is act and (each.after is None or each.after.value == last_act)
        for each in stage.allows
    )


def of_scan(edition: Edition, parties: Parties, at: Position, place: PlaceCode) -> Found:
    """Find the stage that a scan at this place begins (or goes on with)."""
    stages = edition.stages
    current = at.stage
    if current >= len(stages):
        return _elsewhere(parties, place)
    if holds(stages[current], parties, place):
        return Found(current)
    if at.accepted:
        ending = ending_by_scan(stages[current], place_role(place), at.last_act)
        if ending is not None:
            target = edition.next_after(current, ending)
            if target < len(stages) and holds(stages[target], parties, place):
                return Found(target)
        if current + 1 < len(stages) and holds(stages[current + 1], parties, place):
            return Found(current + 1, (Deviation.ACT_MISSING,))
    return _off_the_route(edition, parties, at, place)


def _off_the_route(edition: Edition, parties: Parties, at: Position, place: PlaceCode) -> Found:
    """Choose the likeliest stage: ahead if no act is missed, else back, else ahead all the same."""
    stages = edition.stages
    ahead = _first(range(at.stage + 1, len(stages)), stages, parties, place)
    if ahead is not None and not _misses_act(stages, at, ahead):
        return Found(ahead, (Deviation.SKIPPED,), _between(at, ahead))
    back = _first(range(at.stage - 1, -1, -1), stages, parties, place)
    if back is not None:
        return Found(back, (Deviation.WENT_BACK,))
    if ahead is not None:
        skipped = _between(at, ahead)
        missing = (Deviation.ACT_MISSING,)
        return Found(ahead, (Deviation.SKIPPED, *missing) if skipped else missing, skipped)
    return _elsewhere(parties, place)


def _elsewhere(parties: Parties, place: PlaceCode) -> Found:
    known = place_organisation(place) in (parties.accepting, parties.deciding)
    return Found(None, (Deviation.UNEXPECTED_PLACE if known else Deviation.WRONG_ORGANISATION,))


def _first(
    order: range, stages: tuple[Stage, ...], parties: Parties, place: PlaceCode
) -> int | None:
    return next((index for index in order if holds(stages[index], parties, place)), None)


def _between(at: Position, ahead: int) -> tuple[int, ...]:
    return tuple(range(at.stage + (1 if at.accepted else 0), ahead))


def _misses_act(stages: tuple[Stage, ...], at: Position, ahead: int) -> bool:
    return any(ends_by_act(stages[index]) for index in range(at.stage, ahead))


def of_act(
    edition: Edition, parties: Parties, at: Position, act: ActKind, place: PlaceCode
) -> Found:
    """Find the stage that this act at this place ends."""
    stages = edition.stages
    if place_organisation(place) not in (parties.accepting, parties.deciding):
        return Found(None, (Deviation.WRONG_ORGANISATION,))
    if at.stage < len(stages) and ending_by_act(stages[at.stage], act) is not None:
        return Found(at.stage, () if at.accepted else (Deviation.NOT_ACCEPTED,))
    if at.accepted and at.stage < len(stages) and allows(stages[at.stage], act, at.last_act):
        return Found(None)
    for index in range(at.stage + 1, len(stages)):
        if ending_by_act(stages[index], act) is not None:
            return Found(index, (Deviation.OUT_OF_TURN, Deviation.SKIPPED), _between(at, index))
    belongs = any(ending_by_act(stage, act) is not None for stage in stages)
    return Found(None, (Deviation.OUT_OF_TURN,) if belongs else ())
