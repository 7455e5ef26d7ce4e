"""What everybody in the simulation shares."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from domain.numbers import BagCode
from infra.bootstrap import Qolhat
from infra.demonstration.agenda import Agenda
from infra.demonstration.mishaps import Mishap
from infra.demonstration.plan import Plan
from infra.demonstration.region import Region
from infra.demonstration.troubles import Trouble
from infra.demonstration.wire import Wire

_ORDINARY_LOAD = 600  # packets a day


@dataclass(slots=True)
class Scene:
    """The plan, the region, simulated time, the line to the desk, and what went wrong so far."""

    plan: Plan
    qolhat: Qolhat
    region: Region
    agenda: Agenda
    wire: Wire
    struck: Counter[Trouble] = field(default_factory=Counter)
    mishaps: Counter[Mishap] = field(default_factory=Counter)
    bags: list[BagCode] = field(default_factory=list)  # all that were sealed
    answered: int = 0  # surveys

    @property
    def pace(self) -> float:
        """How fast people at windows work: organisations are staffed for the load they have."""
        return min(1.0, _ORDINARY_LOAD / self.plan.packets)
