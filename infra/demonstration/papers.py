"""One packet of the simulation: where on its way it is, and what it was dealt."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.regulations.edition import Edition, Ending, Side, Stage, Way
from domain.roles import Role, Sector
from infra.demonstration.troubles import Lot, Trouble
from infra.demonstration.workers import Bureau, Worker

NO_NUMBER = PacketNumber(0)
_SECTORS = {
    "002": Sector.EMPLOYMENT,
    "003-1": Sector.VETERANS_AND_DISABLED,
    "003-2": Sector.HOME_CARE,
    "003-3": Sector.VETERANS_AND_DISABLED,
    "003-4": Sector.EMPLOYMENT,
    "003-5": Sector.HOUSING_AID,
}


@dataclass(slots=True, eq=False)
class Paper:
    """A packet on its way. It is forgotten when its way is over."""

    edition: Edition
    accepting: Bureau
    deciding: Bureau
    dice: Random
    lot: Lot
    surname: str
    number: PacketNumber = NO_NUMBER
    index: int = 0  # the stage that it is in, or that it waits for
    steps: int = 0  # how often it was passed on
    returns: int = field(init=False)
    decision: ActKind | None = None
    on_the_way_back: bool = False
    sat_upon: bool = False
    clock_ahead: bool = False  # the holder's device shows an hour more

    def __post_init__(self) -> None:
        """Tell how often the head will return the notice."""
        once, twice = self.has(Trouble.RETURNED), self.has(Trouble.RETURNED_TWICE)
        self.returns = 2 if twice else int(once)

    @property
    def stage(self) -> Stage:
        """The stage of the route."""
        return self.edition.stages[self.index]

    @property
    def holder(self) -> Worker:
        """Whoever holds the packet in this stage."""
        stage = self.stage
        bureau = self.accepting if stage.side is Side.ACCEPTING else self.deciding
        if stage.holder is Role.EXECUTOR:
            return self.executor
        if stage.holder is Role.INSPECTOR:
            return bureau.workers[Role.INSPECTOR][-1]  # the window where results are given out
        return bureau.first(stage.holder)

    @property
    def executor(self) -> Worker:
        """The executor of the sector that deals with the service."""
        if self.edition.way is Way.AKIM:
            return self.deciding.first(Role.EXECUTOR)
        sector = _SECTORS.get(self.edition.service.key, Sector.SOCIAL_AID)
        return self.deciding.executors[sector]

    def has(self, trouble: Trouble) -> bool:
        """Tell whether the packet was dealt this on its whole way."""
        return trouble in self.lot.on_the_way

    def ending(self) -> Ending:
        """Return how the stage will end this time: by which act, or whose scan."""
        wanted = ActKind.RETURNED if self.returns else ActKind.SIGNED
        for ending in self.stage.ends:
            if ending.act in (ActKind.RETURNED, ActKind.SIGNED):
                if ending.act is wanted:
                    return ending
            elif ending.after is None or ending.after is self.decision:
                return ending
        return self.stage.ends[0]

    def pass_on(self) -> bool:
        """Go on to the next stage; False at the end of the route."""
        ending = self.ending()
        if ending.act in (ActKind.SIGNED, ActKind.RETURNED):
            self.decision = ending.act
            self.returns -= ending.act is ActKind.RETURNED
        elif ending.act is ActKind.SENT_BACK:
            self.on_the_way_back = True
        self.sat_upon = self.clock_ahead = False
        self.steps += 1
        self.index = self.edition.next_after(self.index, ending)
        return self.index < len(self.edition.stages)
