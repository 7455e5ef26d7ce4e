"""A packet walks through its events along the route of its edition [003 s7 §11].

Every event moves it by one step, in order of happened-at; the stays that a step closed or opened
are told to whoever keeps them. Time is gapless: between a stage that ended by an act and the next
holder's acceptance stands a hand-over, which is nobody's norm.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from domain import route
from domain.acts import ActKind
from domain.numbers import PlaceCode, place_digit, place_organisation
from domain.packet import Packet, order_key
from domain.progress import ENDED_BY_SCAN, Pause, Progress, Status, Visit, VisitKind
from domain.regulations.edition import Edition
from domain.roles import PLACE_DIGITS, Role
from domain.route import Deviation, Found, Position

# Plain texts for the walk: enums are slow to compare and to hash.
_STAGE = VisitKind.STAGE.value
_HANDOVER = VisitKind.HANDOVER.value
_ASTRAY = VisitKind.ASTRAY.value
_LOST = VisitKind.LOST.value
_ENDINGS = {
    ActKind.ISSUED.value: Status.ISSUED.value,
    ActKind.HANDED_BACK.value: Status.HANDED_BACK.value,
    ActKind.WITHDRAWN.value: Status.WITHDRAWN.value,
}
_WITH_A_BAG = (Packet.PutIntoBag, Packet.TakenOutOfBag, Packet.Carried)
_OF_THE_CLOCK = (Packet.Paused, Packet.Resumed)
_COURIERS = PLACE_DIGITS[Role.COURIER]
_DECISIONS = frozenset({ActKind.SIGNED.value, ActKind.RETURNED.value})


class Editions(Protocol):
    """What a walk needs of the regulations: an edition by its id."""

    def edition(self, edition_id: str) -> Edition:
        """Return the edition. Raises KeyError if its file is gone."""


class Walk:
    """A packet walking through its events in order; changes its progress in place."""

    def __init__(self, progress: Progress, editions: Editions) -> None:
        self.progress = progress
        self.touched: dict[int, Visit] = {}  # the visits that the last event closed or opened
        self._editions = editions
        self._edition: Edition | None = None
        self._event: Packet.Event
        self._at: datetime
        self._begun: Visit | None
        self._deviations: list[Deviation]
        if progress.edition:
            self._edition = editions.edition(progress.edition)

    def take(self, event: Packet.Event) -> tuple[Deviation, ...]:
        """Move by the next event; return how it deviated."""
        self.touched = {}
        self._event = event
        self._at = event.happened_at
        self._begun = None
        self._deviations = []
        self.progress.last_key = order_key(event)
        if type(event) is Packet.Scanned:
            self._scan(event)
        elif type(event) is Packet.Registered:
            self._registered(event)
        elif event.kind:
            self._acted(event, event.kind)
        elif isinstance(event, _WITH_A_BAG):
            self._moved_with_bag(event)
        if not self._deviations:
            return ()
        return self._write_deviations()

    @property
    def _route(self) -> Edition:
        assert self._edition is not None  # noqa: S101  only registered packets have a route
        return self._edition

    # --- what the events mean -------------------------------------------------------------

    def _registered(self, event: Packet.Registered) -> None:
        progress = self.progress
        if event.claimed_at is not None:
            self._deviations.append(Deviation.CLOCK_AHEAD)
        self._edition = edition = self._editions.edition(event.edition)
        progress.edition = event.edition
        progress.accepting = place_organisation(event.place)
        progress.deciding = event.decided_by
        progress.accepted_at = event.began_at
        self._take_custody(verified=True)
        self._open(_STAGE, 0, event.began_at)
        ending = route.ending_by_act(edition.stages[0], ActKind.REGISTERED)
        if ending is not None:
            self._end_stage(event.kind, edition.next_after(0, ending))

    def _scan(self, event: Packet.Scanned) -> None:
        """Whoever scans the packet at a desk has it in hand: it is in no bag.

        A courier has the bag as well; and at the table where it was packed it may be scanned again.
        """
        progress = self.progress
        if progress.bag is not None and (event.bag is not None or self._out_of_bag(event.place)):
            progress.bag = None
        self._scanned(event.place)

    def _out_of_bag(self, place: PlaceCode) -> bool:
        progress = self.progress
        at_the_table = progress.verified and place == progress.place
        return not at_the_table and place_digit(place) != _COURIERS

    def _moved_with_bag(self, event: Packet.Event) -> None:
        """Put in and taken out by hand; carried, as long as it is taken to be in that bag."""
        progress = self.progress
        if isinstance(event, Packet.PutIntoBag):
            progress.bag = event.bag
            self._scanned(event.place)
        elif isinstance(event, Packet.TakenOutOfBag):
            progress.bag = None
            self._scanned(event.place)
        elif isinstance(event, Packet.Carried) and progress.bag == event.bag:
            self._scanned(event.place, verified=False)

    def _scanned(self, place: PlaceCode, *, verified: bool = True) -> None:
        progress = self.progress
        if not progress.edition or progress.ending is not None:
            self._aside(verified=verified)
            return
        if progress.lost:
            self._deviations.append(Deviation.FOUND)
            progress.lost = False
        elif progress.place == place and progress.open is not None:
            self._stay(verified=verified)
            return
        found = self._found_by_scan(place)
        if found.deviations:
            self._deviations.extend(found.deviations)
        if found.stage is None:
            self._go_astray(verified=verified)
        elif found.stage == progress.stage and progress.accepted and self._in_stage():
            self._stay(verified=verified)
        else:
            self._begin(found.stage, verified=verified)

    def _acted(self, event: Packet.Event, kind: str) -> None:
        if getattr(event, "claimed_at", None) is not None:
            self._deviations.append(Deviation.CLOCK_AHEAD)
        if kind == Packet.Lost.kind:
            self._lose()
        elif kind == Packet.Found.kind:
            self._find()
        elif isinstance(event, _OF_THE_CLOCK):
            self._stop_or_start(event)
        elif kind != Packet.Relabelled.kind:
            self._remember(event)
            self._act_on_route(event, kind)

    # --- acts ------------------------------------------------------------------------------

    def _act_on_route(self, event: Packet.Event, kind: str) -> None:
        progress = self.progress
        if not progress.edition or progress.ending is not None:
            self._aside()
        elif kind in _ENDINGS:
            self._close(event, kind)
        else:
            found = self._found_by_act(kind, event.place)
            if found.deviations:
                self._deviations.extend(found.deviations)
            if found.stage is not None:
                self._end_by_act(found.stage, kind)

    def _end_by_act(self, stage: int, kind: str) -> None:
        if stage != self.progress.stage or not self.progress.accepted or not self._in_stage():
            self._begin(stage, verified=False)
        if kind in _DECISIONS:
            self.progress.last_act = kind
        self._end_stage(kind, self._following(stage, kind))

    def _close(self, event: Packet.Event, kind: str) -> None:
        """Issue, hand back or withdraw: whatever the stage, the packet's way is over."""
        progress = self.progress
        if kind == Packet.Issued.kind:
            self._issue(event)
        elif kind == Packet.HandedBack.kind and progress.rendered_at is None:
            self._deviations.append(Deviation.OUT_OF_TURN)
        self._take_custody(verified=False)
        self._leave(kind)
        progress.stage = len(self._route.stages)
        progress.ending = _ENDINGS[kind]
        progress.closed_at = self._at

    def _issue(self, event: Packet.Event) -> None:
        """Begin the clock of giving out: at the applicant's coming; when posted, at receipt."""
        progress = self.progress
        found = self._found_by_act(Packet.Issued.kind, event.place)
        self._deviations.extend(found.deviations)
        if found.stage is not None and (found.stage != progress.stage or not self._in_stage()):
            self._begin(found.stage, verified=False)
        progress.rendered_at = progress.rendered_at or self._at
        visit = progress.open
        if visit is not None and visit.clock_from is None and isinstance(event, Packet.Issued):
            visit.clock_from = visit.entered_at if event.handing == "posted" else event.began_at

    def _remember(self, event: Packet.Event) -> None:
        if type(event) is Packet.ResolutionWritten:
            self.progress.executor = event.executor
        elif type(event) is Packet.NoticeDrafted:
            self.progress.outcome = event.outcome

    def _lose(self) -> None:
        progress = self.progress
        if not progress.edition or progress.ending is not None or progress.lost:
            self._deviations.append(Deviation.OUT_OF_TURN)
            return
        self._leave("lost")
        progress.lost = True
        progress.bag = None
        visit = self._open(_LOST, progress.stage, self._at)
        if progress.place is not None and progress.person is not None:
            visit.place, visit.person = progress.place, progress.person

    def _find(self) -> None:
        """Found: as if scanned at the finder's place."""
        if self.progress.lost:
            self._scanned(self._event.place)
        else:
            self._deviations.append(Deviation.OUT_OF_TURN)

    # --- the clock, stopped by an act -------------------------------------------------------

    def _stop_or_start(self, event: Packet.Paused | Packet.Resumed) -> None:
        """Neither moves the paper: whoever does it need not have it in hand."""
        progress = self.progress
        if not progress.edition or progress.ending is not None:
            self._aside()
        elif place_organisation(event.place) not in (progress.accepting, progress.deciding):
            self._deviations.append(Deviation.WRONG_ORGANISATION)
        elif isinstance(event, Packet.Paused):
            self._pause(event)
        elif progress.open is not None and progress.open.standing is not None:
            self._let_run(progress.open, event.person)
        else:
            self._deviations.append(Deviation.OUT_OF_TURN)

    def _pause(self, event: Packet.Paused) -> None:
        if self._route.pause(event.ground) is None:
            self._deviations.append(Deviation.NO_GROUND)
            return
        if not self._may_stand(event):
            self._deviations.append(Deviation.OUT_OF_TURN)
            return
        progress = self.progress
        if not self._in_stage():
            self._deviations.append(Deviation.NOT_ACCEPTED)
            self._begin(progress.stage, verified=False)
        visit = progress.open
        assert visit is not None  # noqa: S101  the packet is in a stage
        whose = place_organisation(visit.place)
        pause = Pause(event.ref, event.ground, whose, event.person, self._at)
        visit.pauses, progress.pauses = (*visit.pauses, pause), (*progress.pauses, pause)
        self.touched[visit.seq] = visit

    def _may_stand(self, event: Packet.Paused) -> bool:
        """Tell whether the ground is one of this stage, whose clock runs; or begins herewith."""
        progress, stages = self.progress, self._route.stages
        if progress.lost or not 0 <= progress.stage < len(stages):
            return False
        stage, visit = stages[progress.stage], progress.open
        if stage.pause(event.ground) is None:
            return False
        if visit is not None and self._in_stage():
            return visit.standing is None
        return route.holds(stage, progress.parties, event.place)

    def _let_run(self, visit: Visit, person: int | None = None) -> None:
        """End the pause, if there is one: by somebody's act, or with the stay."""
        standing, progress = visit.standing, self.progress
        if standing is not None:
            ended = msgspec.structs.replace(standing, until=self._at, resumed_by=person)
            visit.pauses = (*visit.pauses[:-1], ended)
            progress.pauses = (*progress.pauses[:-1], ended)
            self.touched[visit.seq] = visit

    # --- where on the route: answers that depend on the edition only are remembered with it -----

    def _found_by_scan(self, place: PlaceCode) -> Found:
        progress, memo = self.progress, self._route.memo
        organisation = place_organisation(place)
        key = (
            progress.stage,
            progress.accepted,
            progress.last_act,
            organisation == progress.accepting,
            organisation == progress.deciding,
            place_digit(place),
        )
        found = memo.get(key)
        if found is None:
            at = Position(progress.stage, progress.accepted, progress.last_act)
            found = memo[key] = route.of_scan(self._route, progress.parties, at, place)
        return found

    def _found_by_act(self, kind: str, place: PlaceCode) -> Found:
        progress, memo = self.progress, self._route.memo
        known = place_organisation(place) in (progress.accepting, progress.deciding)
        key = (kind, progress.stage, progress.accepted, progress.last_act, known)
        found = memo.get(key)
        if found is None:
            at = Position(progress.stage, progress.accepted, progress.last_act)
            found = memo[key] = route.of_act(
                self._route, progress.parties, at, ActKind(kind), place
            )
        return found

    def _following(self, stage: int, kind: str) -> int:
        memo = self._route.memo
        following: int | None = memo.get((stage, kind))
        if following is None:
            ending = route.ending_by_act(self._route.stages[stage], ActKind(kind))
            assert ending is not None  # noqa: S101  route.of_act found it
            following = memo[stage, kind] = self._route.next_after(stage, ending)
        return following

    # --- moves -----------------------------------------------------------------------------

    def _begin(self, stage: int, *, verified: bool = True) -> None:
        progress = self.progress
        self._take_custody(verified=verified)
        self._leave(ENDED_BY_SCAN)
        self._open(_STAGE, stage, self._at).verified = verified
        begun = self._route.stages[stage]
        if begun.renders and progress.rendered_at is None:
            progress.rendered_at = self._at
        if progress.executor is not None and begun.holder is Role.EXECUTOR:
            self._check_executor()

    def _end_stage(self, ended_by: str, following: int) -> None:
        """Close the stage by an act and open the next: at once, or as a hand-over."""
        progress, stages = self.progress, self._route.stages
        ended = stages[progress.stage]
        self._take_custody(verified=progress.verified and progress.place == self._event.place)
        self._leave(ended_by)
        if following >= len(stages):
            progress.stage = following
        elif route.same_hands(ended, stages[following]):
            self._open(_STAGE, following, self._at)
        else:
            self._open(_HANDOVER, following, self._at)

    def _go_astray(self, *, verified: bool) -> None:
        self._take_custody(verified=verified)
        self._leave(ENDED_BY_SCAN)
        self._open(_ASTRAY, self.progress.stage, self._at).verified = verified

    def _stay(self, *, verified: bool) -> None:
        """Scanned again in the same stage: perhaps at another window or by another executor."""
        progress, event = self.progress, self._event
        visit = progress.open
        seen_here = progress.verified and progress.place == event.place
        same_hands = seen_here and progress.person == event.person
        self._take_custody(verified=verified or same_hands)
        if visit is not None:
            visit.place, visit.person = self._event.place, self._event.person
            self.touched[visit.seq] = visit
        if self._in_stage() and self._route.stages[progress.stage].holder is Role.EXECUTOR:
            self._check_executor()

    def _aside(self, *, verified: bool = False) -> None:
        """Outside the packet's life: the paper is there, no stage begins, the fact is kept."""
        registered = bool(self.progress.edition)
        self._deviations.append(
            Deviation.AFTER_THE_END if registered else Deviation.BEFORE_REGISTRATION
        )
        self._take_custody(verified=verified)
        visit = self._visit(_ASTRAY, "", 0, self._at)
        visit.left_at, visit.ended_by = self._at, ENDED_BY_SCAN

    def _check_executor(self) -> None:
        named = self.progress.executor
        if named is not None and named != self._event.person:
            self._deviations.append(Deviation.OTHER_EXECUTOR)

    # --- the visits -------------------------------------------------------------------------

    def _open(self, kind: str, stage: int, entered_at: datetime) -> Visit:
        progress, known = self.progress, self._route.stages[stage]
        loop = progress.loops.get(known.key, 0)
        if kind == _STAGE:
            progress.loops[known.key] = loop = loop + 1
            progress.stage, progress.accepted = stage, True
        elif kind == _HANDOVER:
            loop += 1
            progress.stage, progress.accepted = stage, False
        progress.open = visit = self._visit(kind, known.key, loop, entered_at)
        if kind == _STAGE and known.waits_for_applicant:
            visit.clock_from = None
        return visit

    def _visit(self, kind: str, key: str, loop: int, entered_at: datetime) -> Visit:
        progress, event = self.progress, self._event
        seq = progress.visits
        progress.visits = seq + 1
        visit = Visit(seq, kind, key, loop, event.place, event.person, entered_at, entered_at)
        if self._begun is None:
            self._begun = visit
        self.touched[seq] = visit
        return visit

    def _leave(self, ended_by: str) -> None:
        visit = self.progress.open
        if visit is not None:
            visit.left_at, visit.ended_by = self._at, ended_by
            if visit.pauses:
                self._let_run(visit)
            self.touched[visit.seq] = visit
            self.progress.open = None

    def _write_deviations(self) -> tuple[Deviation, ...]:
        """Write this event's deviations into the first visit that it began, else the open one."""
        deviations = tuple(dict.fromkeys(self._deviations))
        self.progress.deviating += 1
        visit = self._begun or self.progress.open
        if visit is not None:
            new = (d.value for d in deviations if d.value not in visit.deviations)
            visit.deviations = (*visit.deviations, *new)
            self.touched[visit.seq] = visit
        return deviations

    def _take_custody(self, *, verified: bool) -> None:
        progress, event = self.progress, self._event
        if progress.place != event.place or progress.person != event.person:
            progress.since = self._at
            progress.place, progress.person = event.place, event.person
        progress.verified = verified

    def _in_stage(self) -> bool:
        visit = self.progress.open
        return visit is not None and visit.kind == _STAGE
