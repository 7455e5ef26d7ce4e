"""What became of the bags, read from the event log: as the pages tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.dispatch.device_log import Finding
from domain.dispatch.discrepancies import Discrepancy, discrepancies_of
from domain.dispatch.journey import Journey
from domain.numbers import BagCode, RegistryCode
from domain.packet import Packet
from infra.bootstrap import Qolhat


@dataclass(frozen=True, slots=True)
class Dispatched:
    """How packets were carried.

    `inferred` are hand-overs that nobody told of, `states` counts the bags, `discrepancies` those
    found and `open` those of them that nobody has settled, `entries` what couriers' devices wrote,
    `findings` what is not as it should be in their logs; all by kind.
    """

    registries: int
    bags: int
    packed: int
    verified: int
    hand_overs: int
    inferred: int
    entries: int
    states: dict[str, int]
    discrepancies: dict[str, int]
    open: dict[str, int]
    findings: dict[str, int]


class Tracking:
    """Reads bags."""

    def __init__(self, qolhat: Qolhat) -> None:
        self._log = qolhat.log
        self._dispatch = qolhat.desk.dispatch

    def discrepancies(self, bag: BagCode) -> list[Discrepancy]:
        """List the discrepancies of a bag, open and settled."""
        return self._discrepancies(self._journey(bag))

    def told(
        self, bags: Iterable[BagCode], findings: Iterable[Finding], tally: Counter[str]
    ) -> Dispatched:
        """Count what became of these bags."""
        journeys = [self._journey(bag) for bag in bags]
        hand_overs = [each for journey in journeys for each in journey.hand_overs]
        items = [item for journey in journeys for item in self._discrepancies(journey)]
        return Dispatched(
            tally["registries"],
            len(journeys),
            tally["packed"],
            tally["verified"],
            len(hand_overs),
            sum(each.inferred for each in hand_overs),
            tally["entries"],
            states=_counted(journey.state for journey in journeys),
            discrepancies=_counted(item.kind for item in items),
            open=_counted(item.kind for item in items if item.settled_as is None),
            findings=_counted(finding.kind for finding in findings),
        )

    def _journey(self, bag: BagCode) -> Journey:
        journey = self._dispatch.journey(bag)
        assert journey is not None  # noqa: S101  only bags that were begun are asked for
        return journey

    def _discrepancies(self, journey: Journey) -> list[Discrepancy]:
        if journey.opened_at is None and not journey.wrong_seals:
            return []
        return discrepancies_of(
            journey,
            lambda packet: self._log.events_of(Packet.stream(packet)),
            self._registry,
        )

    def _registry(self, bag: BagCode) -> RegistryCode | None:
        return self._journey(bag).registry


def _counted(values: Iterable[object]) -> dict[str, int]:
    return dict(sorted(Counter(str(value) for value in values).items()))
