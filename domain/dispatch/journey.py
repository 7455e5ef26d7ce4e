"""What the events of a bag mean together: who has it, how far it has come, what was in it.

The same events give the same journey in whatever order they arrive: they are taken in order of
happened-at. Two devices may tell of the same hand-over; the second telling confirms the first
[003 service 7 §11, rows 2-4 and 11-13].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.dispatch.bag import Bag, in_order
from domain.intake import NO_PLACE
from domain.numbers import (
    BagCode,
    PacketNumber,
    PlaceCode,
    RegistryCode,
    place_organisation,
    place_role,
)
from domain.roles import Role


class BagState(StrEnum):
    """How far a bag has come."""

    OPEN = "open"
    SEALED = "sealed"
    TAKEN = "taken"  # with a courier
    HANDED_OVER = "handed-over"  # at its destination, closed
    RETURNED = "returned"  # back where it was packed, undelivered
    MISDELIVERED = "misdelivered"  # at an organisation to which it was not sent
    OPENED = "opened"
    RECONCILED = "reconciled"


ON_THE_WAY = frozenset({BagState.TAKEN, BagState.MISDELIVERED})
ARRIVED = frozenset({BagState.HANDED_OVER, BagState.OPENED, BagState.RECONCILED})
_UNPACKED = frozenset({BagState.OPENED, BagState.RECONCILED})


class BagDeviation(StrEnum):
    """How a step of a bag's journey was not as it should be."""

    NOT_SEALED = "not-sealed"  # accepted before it was sealed
    OTHER_GIVER = "other-giver"  # not given by the one who had it
    OTHER_SEAL = "other-seal"
    SEAL_BROKEN = "seal-broken"
    NOT_HANDED_OVER = "not-handed-over"  # opened, and nobody had accepted it there
    WRONG_ORGANISATION = "wrong-organisation"
    NOT_OPENED = "not-opened"  # packets were scanned out of it before it was said to be opened
    AFTER_THE_END = "after-the-end"
    CLOCK_OFF = "clock-off"  # of the device that told of it


@dataclass(slots=True)
class HandOver:
    """One change of custody. `confirmed` are the ids of further tellings of the same."""

    ref: str
    at: datetime
    recorded_at: datetime
    giver: int | None
    receiver: int
    place: PlaceCode
    state: BagState
    by_badge: bool = False
    seal: str | None = None
    proof: str | None = None
    signature_ref: str | None = None
    clock_off: int | None = None
    inferred: bool = False  # nobody told of it: the bag was opened there
    deviations: list[BagDeviation] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taking:
    """A packet as it was put into the bag, or taken out of it on arrival."""

    ref: str
    at: datetime
    person: int
    place: PlaceCode
    condition: str | None = None
    how: str = "scan"


@dataclass(slots=True)
class Journey:
    """Everything that is known of a bag. Times are UTC."""

    number: BagCode
    registry: RegistryCode
    origin: int
    to: int
    begun_at: datetime
    packer: int
    state: BagState = BagState.OPEN
    holder: int = 0
    place: PlaceCode = NO_PLACE
    since: datetime | None = None
    seal: str | None = None
    sealed_at: datetime | None = None
    opened_at: datetime | None = None
    opened_by: int | None = None
    opened_place: PlaceCode | None = None
    reconciled_at: datetime | None = None
    reconciled_by: int | None = None
    offered_at: datetime | None = None
    contents: dict[PacketNumber, Taking] = field(default_factory=dict)
    verified: dict[PacketNumber, Taking] = field(default_factory=dict)
    conditions: list[tuple[PacketNumber, Taking]] = field(default_factory=list)
    hand_overs: list[HandOver] = field(default_factory=list)
    wrong_seals: list[tuple[datetime, int, str]] = field(default_factory=list)
    settlements: list[Bag.Settled] = field(default_factory=list)
    deviations: list[tuple[str, BagDeviation]] = field(default_factory=list)

    @property
    def missing(self) -> list[PacketNumber]:
        """The packets of the registry that nobody has scanned out of the bag."""
        return [number for number in self.contents if number not in self.verified]

    @property
    def missed(self) -> list[PacketNumber]:
        """The packets that were missing when the bag was reconciled, found since or not."""
        end = self.reconciled_at
        if end is None:
            return []
        verified = self.verified
        return [p for p in self.contents if p not in verified or verified[p].at > end]

    @property
    def extra(self) -> list[PacketNumber]:
        """The packets that came out of the bag and are not in the registry."""
        return [number for number in self.verified if number not in self.contents]

    @property
    def complete(self) -> bool:
        """Whether everything came out of the bag, unharmed, and nothing else did."""
        wrong = self.missing or self.extra or self.conditions or self.wrong_seals
        return self.state is BagState.RECONCILED and not wrong

    @property
    def taken_at(self) -> datetime | None:
        """When a courier first took it."""
        return next((h.at for h in self.hand_overs if h.state is BagState.TAKEN), None)

    @property
    def arrived_at(self) -> datetime | None:
        """When its destination first took it."""
        return next((h.at for h in self.hand_overs if h.state is BagState.HANDED_OVER), None)

    @property
    def courier(self) -> int | None:
        """Who carried it last."""
        carried = [h.receiver for h in self.hand_overs if h.state is BagState.TAKEN]
        return carried[-1] if carried else None


def journey_of(number: BagCode, entries: Sequence[Bag.Event]) -> Journey | None:
    """Work out a bag's journey from all its events, in any order; None before it was begun."""
    begun = next((entry for entry in entries if isinstance(entry, Bag.Begun)), None)
    if begun is None:
        return None
    journey = Journey(
        number,
        begun.registry,
        place_organisation(begun.place),
        begun.to,
        begun.happened_at,
        begun.person,
        holder=begun.person,
        place=begun.place,
        since=begun.happened_at,
    )
    ordered = in_order(entries)
    seals = [each.seal for each in ordered if isinstance(each, Bag.Sealed)]
    walk = _Walk(journey, seals[0] if seals else None)
    for entry in ordered:
        walk.take(entry)
    return journey


class _Walk:
    """Moves a journey on, event by event in order.

    The seal's number is known from the start: the clock of who closes the bag may be behind.
    """

    def __init__(self, journey: Journey, seal: str | None) -> None:
        self._journey = journey
        self._seal_number = seal

    def take(self, event: Bag.Event) -> None:
        match event:
            case Bag.Put() | Bag.TakenOut():
                self._pack(event)
            case Bag.Sealed():
                self._seal(event)
            case Bag.Offered():
                self._journey.offered_at = event.happened_at
            case Bag.Accepted():
                self._accept(event)
            case Bag.SealBroken():
                self._break_seal(event)
            case Bag.Opened():
                self._open(event)
            case Bag.Verified():
                self._verify(event)
            case Bag.Reconciled():
                self._reconcile(event)
            case Bag.Settled():
                self._journey.settlements.append(event)

    def _deviates(self, event: Bag.Event, deviation: BagDeviation) -> None:
        self._journey.deviations.append((event.ref, deviation))

    def _pack(self, event: Bag.Put | Bag.TakenOut) -> None:
        contents = self._journey.contents
        if isinstance(event, Bag.TakenOut):
            contents.pop(event.packet, None)
        else:
            contents.setdefault(event.packet, _taking(event))

    def _seal(self, event: Bag.Sealed) -> None:
        journey = self._journey
        journey.seal, journey.sealed_at = event.seal, event.happened_at
        if journey.state is BagState.OPEN:
            journey.state = BagState.SEALED

    # --- hand-overs -------------------------------------------------------------------------

    def _accept(self, event: Bag.Accepted) -> None:
        journey = self._journey
        known = self._same_as(event)
        if known is not None:
            self._confirm(known, event)
            return
        hand_over = HandOver(
            event.ref,
            event.happened_at,
            event.timestamp,
            event.giver,
            event.receiver,
            event.place,
            self._state_at(event.place),
            event.by_badge,
            event.seal,
            event.proof,
            event.signature_ref,
            event.clock_off,
        )
        hand_over.deviations = self._deviations_of(event, hand_over)
        journey.deviations += [(event.ref, each) for each in hand_over.deviations]
        self._hand_over(hand_over)

    def _confirm(self, known: HandOver, event: Bag.Accepted) -> None:
        """Add what the other side, or another device, tells of a hand-over."""
        known.confirmed.append(event.ref)
        known.inferred = False
        known.giver = event.giver if known.giver is None else known.giver
        known.by_badge = known.by_badge or event.by_badge
        known.seal = known.seal or event.seal
        known.proof = known.proof or event.proof
        known.signature_ref = known.signature_ref or event.signature_ref
        if self._is_other_seal(event) and BagDeviation.OTHER_SEAL not in known.deviations:
            known.deviations.append(BagDeviation.OTHER_SEAL)
            self._deviates(event, BagDeviation.OTHER_SEAL)

    def _is_other_seal(self, event: Bag.Accepted) -> bool:
        """Compare the seal that was seen with the bag's own; note it if it is another."""
        if not event.seal or not self._seal_number or _same_seal(event.seal, self._seal_number):
            return False
        self._journey.wrong_seals.append((event.happened_at, event.receiver, event.seal))
        return True

    def _same_as(self, event: Bag.Accepted) -> HandOver | None:
        """Find the hand-over of which this is another telling: the bag is there already."""
        journey = self._journey
        if not journey.hand_overs:
            return None
        last = journey.hand_overs[-1]
        there = place_organisation(event.place) == place_organisation(last.place)
        if there and last.receiver == event.receiver:
            return last
        same_kind = place_role(event.place) is place_role(last.place)
        carried = place_role(event.place) is Role.COURIER
        return last if there and same_kind and not carried else None

    def _state_at(self, place: PlaceCode) -> BagState:
        journey, organisation = self._journey, place_organisation(place)
        if journey.state in _UNPACKED:
            return journey.state
        if place_role(place) is Role.COURIER:
            return BagState.TAKEN
        if organisation == journey.to:
            return BagState.HANDED_OVER
        if organisation != journey.origin:
            return BagState.MISDELIVERED
        return BagState.RETURNED if journey.hand_overs else journey.state

    def _deviations_of(self, event: Bag.Accepted, hand_over: HandOver) -> list[BagDeviation]:
        journey, found = self._journey, []
        if journey.state in _UNPACKED:
            found.append(BagDeviation.AFTER_THE_END)
        if journey.sealed_at is None:
            found.append(BagDeviation.NOT_SEALED)
        if self._is_other_seal(event):
            found.append(BagDeviation.OTHER_SEAL)
        if event.giver is not None and journey.hand_overs and event.giver != journey.holder:
            found.append(BagDeviation.OTHER_GIVER)
        if hand_over.state is BagState.MISDELIVERED:
            found.append(BagDeviation.WRONG_ORGANISATION)
        if event.clock_off is not None or event.claimed_at is not None:
            found.append(BagDeviation.CLOCK_OFF)
        return found

    def _hand_over(self, hand_over: HandOver) -> None:
        journey = self._journey
        journey.hand_overs.append(hand_over)
        journey.state = hand_over.state
        journey.holder, journey.place = hand_over.receiver, hand_over.place
        journey.since = hand_over.at
        journey.offered_at = None

    # --- arrival ------------------------------------------------------------------------------

    def _break_seal(self, event: Bag.SealBroken) -> None:
        self._journey.wrong_seals.append((event.happened_at, event.person, event.seal or ""))
        self._deviates(event, BagDeviation.SEAL_BROKEN)

    def _open(self, event: Bag.Opened | Bag.Verified | Bag.Reconciled) -> None:
        journey = self._journey
        if journey.opened_at is not None:
            return
        at, here = event.happened_at, place_organisation(event.place)
        if place_organisation(journey.place) != here or place_role(journey.place) is Role.COURIER:
            self._infer_hand_over(event)
        if here != journey.to:
            self._deviates(event, BagDeviation.WRONG_ORGANISATION)
        journey.state = BagState.OPENED
        journey.opened_at, journey.opened_by = at, event.person
        journey.opened_place = event.place

    def _infer_hand_over(self, event: Bag.Event) -> None:
        hand_over = HandOver(
            event.ref,
            event.happened_at,
            event.timestamp,
            self._journey.holder,
            event.person,
            event.place,
            self._state_at(event.place),
            inferred=True,
            deviations=[BagDeviation.NOT_HANDED_OVER],
        )
        self._deviates(event, BagDeviation.NOT_HANDED_OVER)
        self._hand_over(hand_over)

    def _verify(self, event: Bag.Verified) -> None:
        journey = self._journey
        self._open_unsaid(event)
        taking = _taking(event)
        journey.verified.setdefault(event.packet, taking)
        if event.condition is not None:
            journey.conditions.append((event.packet, taking))

    def _reconcile(self, event: Bag.Reconciled) -> None:
        """The first word counts: what is found after it was missing, and stays known as such."""
        journey = self._journey
        self._open_unsaid(event)
        if journey.reconciled_at is None:
            journey.state = BagState.RECONCILED
            journey.reconciled_at, journey.reconciled_by = event.happened_at, event.person

    def _open_unsaid(self, event: Bag.Verified | Bag.Reconciled) -> None:
        if self._journey.opened_at is None:
            self._deviates(event, BagDeviation.NOT_OPENED)
            self._open(event)


def _same_seal(one: str, other: str) -> bool:
    """Compare numbers as people write them: upper and lower case are the same."""
    return one.strip().casefold() == other.strip().casefold()


def _taking(event: Bag.Put | Bag.Verified) -> Taking:
    condition, how = getattr(event, "condition", None), getattr(event, "how", "scan")
    return Taking(event.ref, event.happened_at, event.person, event.place, condition, how)
