"""How well a packet's way fits the route of its edition: the cheapest alignment [003 s7 §11].

The steps of a packet are the stages it went through, in order; the route says which steps may
follow which, loops included (a notice that the head returned is completed and comes again). One
step left out costs one, one step that has no place there costs one; the cheapest explanation
counts. The same is computed by any tool for alignments from the same route as a net.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from heapq import heappop, heappush

from domain.acts import ActKind
from domain.progress import ENDED_BY_SCAN, Progress, Status, Visit, VisitKind
from domain.regulations.edition import Edition, Ending, Stage

BROKEN_OFF = "broken-off"
_BETWEEN = ":"
_DECISIONS = frozenset({ActKind.SIGNED.value, ActKind.RETURNED.value})
_CUTS_SHORT = frozenset({ActKind.WITHDRAWN.value, ActKind.HANDED_BACK.value})
_VARIANTS = 4096  # most packets go one of few ways
State = tuple[int, str | None]  # a stage, and what the head decided last


class Misfit(StrEnum):
    """How a step does not fit."""

    SKIPPED = "skipped"
    INSERTED = "inserted"
    MOVED = "moved"  # the same step, left out in one place and made in another


@dataclass(frozen=True, eq=False)
class Model:
    """A route as an automaton: from each state, the steps that may follow and where they lead."""

    start: State
    arcs: Mapping[State, tuple[tuple[str, State], ...]]
    ends: frozenset[State]

    @cached_property
    def least(self) -> int:
        """How many steps the shortest whole way has."""
        return _cheapest(self, (), self.ends).cost


@dataclass(frozen=True, slots=True)
class Fit:
    """The cheapest explanation of a packet's steps.

    `worst` is what it would cost if nothing fitted: every step made, and every step of the shortest
    way left out.
    """

    cost: int
    worst: int
    skipped: tuple[str, ...]
    inserted: tuple[str, ...]

    @property
    def fitness(self) -> float:
        """1 if all fits, 0 if nothing does."""
        return 1 - self.cost / self.worst if self.worst else 1.0

    def misfits(self) -> Counter[tuple[Misfit, str]]:
        """Count what does not fit, by kind and step."""
        skipped, inserted = Counter(self.skipped), Counter(self.inserted)
        found: Counter[tuple[Misfit, str]] = Counter()
        for kind, steps in (
            (Misfit.MOVED, skipped & inserted),
            (Misfit.SKIPPED, skipped - inserted),
            (Misfit.INSERTED, inserted - skipped),
        ):
            found.update({(kind, step): count for step, count in steps.items()})
        return found


# --- the route ---------------------------------------------------------------------------------


def model_of(edition: Edition) -> Model:
    """Return the route of an edition as an automaton."""
    start: State = (0, None)
    arcs: dict[State, tuple[tuple[str, State], ...]] = {}
    waiting = [start]
    while waiting:
        state = waiting.pop()
        if state in arcs:
            continue
        arcs[state] = tuple(_arcs(edition, state))
        waiting.extend(target for _, target in arcs[state])
    over = len(edition.stages)
    return Model(start, arcs, frozenset(state for state in arcs if state[0] == over))


def _arcs(edition: Edition, state: State) -> Iterator[tuple[str, State]]:
    index, decision = state
    if index == len(edition.stages):
        return
    stage = edition.stages[index]
    for ending in stage.ends:
        if ending.after is None or ending.after.value == decision:
            act = ending.act.value if ending.act else None
            then = act if act in _DECISIONS else decision
            yield _label(stage, act), (edition.next_after(index, ending), then)


def _label(stage: Stage, act: str | None) -> str:
    """Name a step by its stage; with its act, where the stage can end with several."""
    acts = sum(ending.act is not None for ending in stage.ends)
    return f"{stage.key}{_BETWEEN}{act}" if act and acts > 1 else stage.key


# --- the packet --------------------------------------------------------------------------------


def steps_of(visits: Iterable[Visit], edition: Edition) -> tuple[str, ...]:
    """Return the steps of a packet out of its stays in order.

    A hand-over is no step, nor is a stage that is not over yet or that a withdrawal cut short. A
    stage that ended otherwise than the route says is a step of its own, `STAGE:broken-off`; so is
    being astray or lost.
    """
    return tuple(step for visit in visits if (step := _step(visit, edition)) is not None)


def _step(visit: Visit, edition: Edition) -> str | None:
    if visit.kind == VisitKind.HANDOVER.value:
        return None
    if visit.kind != VisitKind.STAGE.value:
        return visit.kind
    if visit.left_at is None or visit.ended_by in _CUTS_SHORT:
        return None
    stage = edition.stage(visit.stage)
    if any(_ends(ending, visit.ended_by) for ending in stage.ends):
        return _label(stage, None if visit.ended_by == ENDED_BY_SCAN else visit.ended_by)
    return f"{stage.key}{_BETWEEN}{BROKEN_OFF}"


def _ends(ending: Ending, ended_by: str | None) -> bool:
    if ending.act is None:
        return ended_by == ENDED_BY_SCAN
    return ended_by == ending.act.value


def is_whole(progress: Progress) -> bool:
    """Tell whether the packet's way is over as a route ends: the applicant has the result.

    Of any other packet only what it did so far is compared, with the beginning of the route.
    """
    return progress.ending == Status.ISSUED.value


# --- both together -----------------------------------------------------------------------------


@lru_cache(maxsize=_VARIANTS)
def align(model: Model, steps: tuple[str, ...], *, whole: bool) -> Fit:
    """Find the cheapest explanation of these steps by the route, or by a beginning of it."""
    if not whole or not model.ends:
        return _cheapest(model, steps, frozenset(model.arcs), len(steps))
    return _cheapest(model, steps, model.ends, len(steps) + model.least)


def _cheapest(model: Model, steps: tuple[str, ...], ends: frozenset[State], worst: int = 0) -> Fit:
    """Search in order of cost (Dijkstra); there is always a way, for anything may be left out."""
    nodes = [_Node(0, model.start)]
    waiting = [(0, 0, 0)]  # cost, steps to go, node
    settled: set[tuple[int, State]] = set()
    while True:
        cost, _, number = heappop(waiting)
        node = nodes[number]
        if node.key in settled:
            continue
        if node.done == len(steps) and node.state in ends:
            return _explained(cost, worst, node)
        settled.add(node.key)
        for price, moved in _moves(model, steps, node):
            nodes.append(moved)
            heappush(waiting, (cost + price, len(steps) - moved.done, len(nodes) - 1))


@dataclass(frozen=True, slots=True)
class _Node:
    """So many steps are explained, and the route is there; how it came so far."""

    done: int
    state: State
    before: _Node | None = None
    misfit: Misfit | None = None
    step: str = ""

    @property
    def key(self) -> tuple[int, State]:
        return self.done, self.state


def _moves(model: Model, steps: tuple[str, ...], node: _Node) -> Iterator[tuple[int, _Node]]:
    """Yield what may come next, at which price."""
    done, state = node.done, node.state
    for step, target in model.arcs[state]:
        if done < len(steps) and steps[done] == step:
            yield 0, _Node(done + 1, target, node)
        yield 1, _Node(done, target, node, Misfit.SKIPPED, step)
    if done < len(steps):
        yield 1, _Node(done + 1, state, node, Misfit.INSERTED, steps[done])


def _explained(cost: int, worst: int, last: _Node) -> Fit:
    found: dict[Misfit, list[str]] = {Misfit.SKIPPED: [], Misfit.INSERTED: []}
    node: _Node | None = last
    while node is not None:
        if node.misfit is not None:
            found[node.misfit].insert(0, node.step)
        node = node.before
    return Fit(cost, worst, tuple(found[Misfit.SKIPPED]), tuple(found[Misfit.INSERTED]))
