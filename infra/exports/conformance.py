"""How well packets went by their routes, of each service and authority, and what was amiss most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from domain.conformance import Fit, Misfit, align, is_whole, model_of, steps_of
from domain.regulations.edition import Edition
from infra.exports.source import Source
from infra.exports.stories import PacketStory

_model_of = cache(model_of)  # by the edition itself, of which there are few


@dataclass(slots=True)
class Figures:
    """Of some packets: how many fit wholly, what misfits cost, the mean fitness (0 to 1)."""

    packets: int = 0
    fitting: int = 0
    cost: int = 0
    fitness: float = 0.0

    def add(self, fit: Fit) -> None:
        """Count a packet in."""
        self.packets += 1
        self.fitting += not fit.cost
        self.cost += fit.cost
        self.fitness += (fit.fitness - self.fitness) / self.packets


@dataclass(slots=True)
class Conformance:
    """How well packets went by their routes, up to a position of the log.

    `groups`: by service and deciding organisation. `misfits`: by kind, edition and step.
    `left_out`: packets that live by no edition, and cannot be judged.
    """

    position: int
    whole: Figures = field(default_factory=Figures)
    groups: dict[tuple[str, int], Figures] = field(default_factory=dict)
    misfits: Counter[tuple[Misfit, str, str]] = field(default_factory=Counter)
    left_out: int = 0


def fits(source: Source) -> Iterator[tuple[PacketStory, Fit | None]]:
    """Compare every packet that is meant with its route; None for one that lives by none."""
    for story in source.packets():
        timeline, edition = story.timeline, story.edition
        if timeline is None or edition is None:
            yield story, None
            continue
        steps = steps_of(timeline.visits, edition)
        yield story, align(_model_of(edition), steps, whole=is_whole(timeline.progress))


def conformance_of(source: Source) -> Conformance:
    """Add it all up. Raises StorageError."""
    found = Conformance(source.position)
    for story, fit in fits(source):
        if fit is None or story.edition is None or story.timeline is None:
            found.left_out += 1
            continue
        found.whole.add(fit)
        group = story.edition.service.key, story.timeline.progress.deciding
        found.groups.setdefault(group, Figures()).add(fit)
        _note(found.misfits, story.edition, fit)
    return found


def _note(misfits: Counter[tuple[Misfit, str, str]], edition: Edition, fit: Fit) -> None:
    for (kind, step), count in fit.misfits().items():
        misfits[kind, edition.id, step] += count
