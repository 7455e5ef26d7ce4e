"""What the country makes of a branch's events: each is recorded once, under the id that it has.

What happened at the branch has happened, so it is recorded and not decided anew: the country's log
then says what it would say had the branch worked in it. Decided here is only what the country alone
knows: whether it is known already, whether its time can be believed, what follows for the packets
of a bag that has gone on meanwhile, and what cannot be true of the same number twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.commands import Stamp
from domain.dispatch.bag import Bag
from domain.dispatch.device_log import DeviceLog
from domain.dispatch.journey import journey_of
from domain.errors import QolhatError, UnknownPlaceError
from domain.held_places import HeldPlace
from domain.packet import Packet
from domain.runs import RunTimes
from domain.staff import Person
from domain.streams import Stream, number_of
from domain.unsettled import Doubt, UnsettledScan
from infra.branches.checking import BARE, checked_event, kind_of
from infra.branches.envelope import Envelope, ToldStanding
from infra.branches.errors import UnreadableEnvelopeError
from infra.branches.known import is_known, take_log
from infra.desk.counter import Counter
from infra.errors import StorageError
from infra.requests import Answer, Status
from infra.store.group_commit import Outcome, UnitOfWork

_REFERENCES = ("text_ref", "raw_ref", "signature_ref")
_WITHOUT_IDS = (HeldPlace.Event, RunTimes.Event, Person.Event)
Finish = Callable[[int], "Decision"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an envelope; refused, it was not recorded. `recorded`: a view's position."""

    envelope: Envelope
    status: Status
    recorded: int = 0
    standing: ToldStanding | None = None
    deviations: tuple[str, ...] = ()
    doubt: str | None = None
    error: Exception | None = None


class Deciding:
    """Records what branches sent."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def decide(self, envelopes: Sequence[Envelope]) -> list[Decision]:
        """Record envelopes; each has a decision of its own. One that comes again changes nothing.

        Raises StorageError if not all could be stored: then let all of them come again.
        """
        found: dict[int, Decision] = {}
        jobs: list[tuple[int, Any]] = []
        for index, envelope in enumerate(envelopes):
            try:
                event = self._read(envelope)
                if isinstance(event, _WITHOUT_IDS):
                    found[index] = self._record_without_id(envelope, event)
                else:
                    jobs.append((index, event))
            except QolhatError as error:
                found[index] = _refused(envelope, error)
        outcomes = self._counter.log.commands.run_all(
            [self._work(envelopes[index], event) for index, event in jobs],
            [event.originator_id for _, event in jobs],
        )
        for (index, _), outcome in zip(jobs, outcomes, strict=True):
            found[index] = _decision(envelopes[index], outcome)
        return [found[index] for index in range(len(envelopes))]

    def _read(self, envelope: Envelope) -> Any:
        counter = self._counter
        try:
            return checked_event(envelope.row, counter.directory, counter.regulations)
        except UnknownPlaceError:
            counter.staff.refresh()  # it may have been opened a moment ago
            return checked_event(envelope.row, counter.directory, counter.regulations)

    # --- what has an id -------------------------------------------------------------------------

    def _work(self, envelope: Envelope, event: Any) -> Callable[[UnitOfWork], Finish]:
        counter, now, kind = self._counter, self._counter.now(), kind_of(event)
        assert kind is not None  # noqa: S101  checked when it was read
        facts = self._facts(envelope, event, now)
        if isinstance(event, Packet.PersonalDataErased):
            counter.vault.erase(str(number_of(event.originator_id)), now, event.person)

        def work(unit: UnitOfWork) -> Finish:
            stream: Any = unit.load(kind, event.originator_id)
            if isinstance(stream, DeviceLog):
                new = take_log(stream, event, now)
            else:
                new = not is_known(stream, event)
                if new:
                    stream.trigger_event(type(event), timestamp=now, **facts)
            if isinstance(event, Bag.Event) and new:
                _conclude(unit, stream, event, now)
            return self._finish(envelope, event, stream, new=new)

        return work

    def _facts(self, envelope: Envelope, event: Any, now: datetime) -> dict[str, Any]:
        """Return what is to be recorded: texts are at the branch, the time must be believable."""
        facts = {name: value for name, value in vars(event).items() if name not in BARE}
        for name in _REFERENCES:
            if facts.get(name):
                facts[name] = f"branch:{envelope.branch}/{facts[name]}"
        at = facts.get("happened_at")
        if at is not None and not self._counter.believable(at, now):
            facts |= _disbelieved(event, at, now)
        return facts

    def _finish(self, envelope: Envelope, event: Any, stream: Stream, *, new: bool) -> Finish:
        if isinstance(stream, Packet):
            say = self._counter.prepare(stream.number, event.ref, stream.entries, new=new)
            return lambda position: _of_packet(envelope, say(position))
        if isinstance(stream, Bag):
            return _finish_bag(envelope, stream, event.ref, new=new)
        status = Status.ACCEPTED if new else Status.DUPLICATE
        doubt = event.doubt if isinstance(event, UnsettledScan.Kept) else None
        if doubt is not None and new:
            status = Status.UNSETTLED
        return lambda position: Decision(envelope, status, position, doubt=doubt)

    # --- what has none: places, timetables, people ------------------------------------------------

    def _record_without_id(self, envelope: Envelope, event: Any) -> Decision:
        """Record what is known by all that it says; rare, and so one at a time."""
        counter, now, kind = self._counter, self._counter.now(), kind_of(event)
        assert kind is not None  # noqa: S101  checked when it was read
        if isinstance(event, Person.Appointed) and event.scope is not None:
            raise UnreadableEnvelopeError(reason="a branch cannot give a reach beyond itself")
        facts = {name: value for name, value in vars(event).items() if name not in BARE}

        def work(unit: UnitOfWork) -> bool:
            # Loaded first: what somebody stores between the two is seen as known, or in our way.
            stream: Any = unit.load(kind, event.originator_id)
            known = counter.log.events_of(event.originator_id)
            if any(type(each) is type(event) and _says(each) == facts for each in known):
                return False
            stream.trigger_event(type(event), timestamp=now, **facts)
            return True

        done = counter.log.commands.run(work, event.originator_id)
        counter.staff.refresh()
        status = Status.ACCEPTED if done.answer else Status.DUPLICATE
        return Decision(envelope, status, done.position)


def _says(event: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(event).items() if name not in BARE}


def _disbelieved(event: Any, at: datetime, now: datetime) -> dict[str, Any]:
    """Do as the desk does: a scan waits for somebody, all else stands with the time of now."""
    if isinstance(event, UnsettledScan.Kept):
        return {}
    if isinstance(event, Packet.Scanned):
        ahead = Doubt.IN_THE_FUTURE if at > now else Doubt.IMPLAUSIBLE_TIME
        return {"doubt": event.doubt or ahead.value}
    claims = "claimed_at" in type(event).__dataclass_fields__
    return {"happened_at": now} | ({"claimed_at": at} if claims else {})


# --- what follows ---------------------------------------------------------------------------------


def _conclude(unit: UnitOfWork, bag: Bag, event: Bag.Event, now: datetime) -> None:
    """Conclude where packets are, whichever came first: their bag's journey, or what is in it."""
    carrying = (Bag.Accepted, Bag.Opened)
    if isinstance(event, Bag.Put):
        packets = [event.packet]
        steps = [each for each in bag.entries if isinstance(each, carrying)]
    elif isinstance(event, carrying):
        packets, steps = list(bag.ever), [event]
    else:
        return
    streams = [Packet.stream(packet) for packet in packets] if steps else []
    unit.expect(streams)
    for stream in streams:
        packet = unit.load(Packet, stream)
        for step in steps:
            packet.carry(_stamp(step), now, bag.number)


def _stamp(step: Bag.Event) -> Stamp:
    person = step.receiver if isinstance(step, Bag.Accepted) else step.person
    return Stamp(step.ref, step.place, person, step.device, step.counter, step.happened_at)


# --- what is told ---------------------------------------------------------------------------------


def _of_packet(envelope: Envelope, said: Answer) -> Decision:
    standing = None
    if said.standing is not None:
        known = said.standing
        standing = ToldStanding(known.number, known.status, known.place, known.stage)
    deviations = tuple(each.value for each in said.deviations)
    return Decision(envelope, said.status, said.position, standing, deviations, said.doubt)


def _finish_bag(envelope: Envelope, bag: Bag, ref: str, *, new: bool) -> Finish:
    journey = journey_of(bag.number, bag.entries)
    standing, odd = None, tuple[str, ...]()
    if journey is not None:
        standing = ToldStanding(bag.number, journey.state.value, journey.place or None)
        odd = tuple(each.value for of, each in journey.deviations if of == ref)
    status = Status.DEVIATION if odd else Status.ACCEPTED
    known = status if new else Status.DUPLICATE
    return lambda position: Decision(envelope, known, position, standing, odd)


def _decision(envelope: Envelope, outcome: Outcome) -> Decision:
    if outcome.error is not None:
        return _refused(envelope, outcome.error)
    decision: Decision = outcome.answer(outcome.position)
    return decision


def _refused(envelope: Envelope, error: Exception) -> Decision:
    """Raises StorageError: that is nobody's fault, and passes."""
    if isinstance(error, StorageError):
        raise error
    return Decision(envelope, Status.REFUSED, error=error)
