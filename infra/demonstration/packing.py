"""Packing [003 service 7 §11, rows 2 and 11]: packets of one destination into sealed bags.

A registry is begun for the destination, each packet is scanned into a bag, the bag is sealed, the
registry closed. Now and then a registry needs two bags.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from domain.numbers import BagCode, RegistryCode
from domain.roles import Role
from infra.demonstration.loads import Load
from infra.demonstration.mishaps import OF_BAGS, OF_REGISTRIES, Misfortune, Mishap
from infra.demonstration.papers import Paper
from infra.demonstration.scene import Scene
from infra.demonstration.workers import Bureau, Worker

LONGEST = 150  # seconds from the first packet to the last
_STEP = 3.0  # seconds from packet to packet
_FULL = 60  # packets
_A_MOMENT = timedelta(seconds=4)
_TWO_BAGS_EVERY = 9  # registries of several packets
_NEEDS_TWO = frozenset({Mishap.LEFT_OUT, Mishap.LOST, Mishap.EXTRA})

Done = Callable[[list[Load]], None]


class Packing:
    """Packs what waits for the courier."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._agenda = scene.agenda
        seed = scene.plan.seed
        self._of_registries = Misfortune(seed, OF_REGISTRIES)
        self._of_bags = Misfortune(seed, OF_BAGS)
        self._several = self._seals = 0

    def outbound(self, branch: Bureau) -> None:
        """Pack what the collecting department has gathered for the authority."""
        papers, branch.outgoing = branch.outgoing, []
        authority = branch.authority
        if papers and authority is not None:
            packer, opener = branch.first(Role.COLLECTING), authority.first(Role.OFFICE)
            self._pack(branch, packer, opener, papers, branch.packed.extend)

    def inbound(self, branch: Bureau) -> None:
        """Pack what the authority's office has for the branch."""
        papers, branch.returning = branch.returning, []
        authority = branch.authority
        if papers and authority is not None:
            packer, opener = authority.first(Role.OFFICE), branch.first(Role.COLLECTING)
            self._pack(branch, packer, opener, papers, branch.packed_back.extend)

    def _pack(
        self, branch: Bureau, packer: Worker, opener: Worker, papers: list[Paper], done: Done
    ) -> None:
        """Begin the registry with its bags, decide what lies in which, and fill them."""
        mishap = self._of_registries.deal(lambda _: len(papers) > 1)
        shares = self._shares(papers, in_two=mishap is Mishap.OTHER_BAG)
        registry, bags = self._begin(packer, opener.organisation, len(shares))
        loads = [
            Load(branch, packer, opener, registry, bag, self._seal(), share, list(share))
            for bag, share in zip(bags, shares, strict=True)
        ]
        if mishap is Mishap.OTHER_BAG:
            self._scene.mishaps[mishap] += 1
            loads[1].inside.append(loads[0].inside.pop())
        else:
            for load in loads:
                self._befall(load)
        self._fill(loads, done)

    def _shares(self, papers: list[Paper], *, in_two: bool) -> list[list[Paper]]:
        """Divide a pile among bags."""
        self._several += len(papers) > 1
        if len(papers) > 1 and (in_two or self._several % _TWO_BAGS_EVERY == 0):
            half = (len(papers) + 1) // 2
            return [papers[:half], papers[half:]]
        return [papers[first : first + _FULL] for first in range(0, len(papers), _FULL)]

    def _begin(self, packer: Worker, to: int, bags: int) -> tuple[RegistryCode, list[BagCode]]:
        wire, now = self._scene.wire, self._agenda.now
        registry, first = wire.begin_registry(packer.source(now), to)
        others = [wire.add_bag(registry, packer.source(now)) for _ in range(1, bags)]
        return registry, [first, *others]

    def _seal(self) -> str:
        """Take the next seal; some have letters, some have not."""
        self._seals += 1
        return f"Х-{self._seals:04}" if self._seals % 3 else f"{self._seals:06}"

    def _befall(self, load: Load) -> None:
        """Let a mishap strike the bag where one is due."""
        mishap = load.mishap = self._of_bags.deal(partial(_fits, load))
        if mishap is None:
            return
        self._scene.mishaps[mishap] += 1
        if mishap in (Mishap.LEFT_OUT, Mishap.LOST):
            load.absent = load.inside.pop()
        elif mishap is Mishap.EXTRA:
            load.listed.pop()

    # --- minute by minute -----------------------------------------------------------------------

    def _fill(self, loads: list[Load], done: Done) -> None:
        count = sum(len(load.listed) for load in loads)
        step = timedelta(seconds=round(min(_STEP, LONGEST / count), 1))
        at = self._agenda.now
        for load in loads:
            for paper in load.listed:
                at += step
                self._agenda.at(at, partial(self._put, load, paper))
            at += _A_MOMENT
            self._agenda.at(at, partial(self._close_bag, load))
        self._agenda.at(at + _A_MOMENT, partial(self._close, loads, done))

    def _put(self, load: Load, paper: Paper) -> None:
        self._scene.wire.put(load.code, paper.number, load.packer.source(self._agenda.now))

    def _close_bag(self, load: Load) -> None:
        self._scene.wire.seal(load.code, load.seal, load.packer.source(self._agenda.now))

    def _close(self, loads: list[Load], done: Done) -> None:
        packer = loads[0].packer
        self._scene.wire.close_registry(loads[0].registry, packer.source(self._agenda.now))
        self._scene.bags.extend(load.code for load in loads)
        done(loads)


def _fits(load: Load, mishap: Mishap) -> bool:
    """Tell whether a mishap can strike the bag."""
    if mishap in _NEEDS_TWO:
        return len(load.listed) > 1
    if mishap is Mishap.UNDELIVERED:
        return load.opener.role is Role.OFFICE
    return True
