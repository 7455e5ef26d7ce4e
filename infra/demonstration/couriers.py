"""Two runs a day between each branch and its authority: bags out, bags back.

The courier's device keeps the log of it all and sends it when there is a network. Of a hand-over
the device tells, or the desk of whoever receives, or both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial

from domain.roles import Role
from domain.runs import RunKey
from infra.demonstration.chance import dice
from infra.demonstration.hands import Hands
from infra.demonstration.journey import Journey
from infra.demonstration.loads import Load
from infra.demonstration.mishaps import OF_RUNS, Misfortune, Mishap
from infra.demonstration.packing import Packing
from infra.demonstration.papers import Paper
from infra.demonstration.phones import Phone
from infra.demonstration.runs import runs_on
from infra.demonstration.scene import Scene
from infra.demonstration.troubles import Trouble
from infra.demonstration.unpacking import Unpacking
from infra.demonstration.workers import Bureau, Worker
from infra.requests import AcceptRequest

_PACKED_BEFORE = timedelta(minutes=5)  # the run
_PACKED_AFTER = timedelta(minutes=12)  # for the way back, while the courier rides
_PER_BAG = timedelta(seconds=8)
_A_MOMENT = timedelta(seconds=2)
_TWO_HOURS = timedelta(hours=2)
_NOTHING = timedelta(0)
_SENT_TWICE_EVERY = 40  # times that a device sends


@dataclass(slots=True, eq=False)
class _Trip:
    """A run under way."""

    key: RunKey
    branch: Bureau
    authority: Bureau
    courier: Worker
    phone: Phone
    loads: list[Load]
    undelivered: list[Load] = field(default_factory=list)


class Couriers:
    """The runs of all branches."""

    def __init__(self, scene: Scene, hands: Hands, journey: Journey) -> None:
        self._scene = scene
        self._agenda = scene.agenda
        self._hands = hands
        self._journey = journey
        self._packing = Packing(scene)
        self._unpacking = Unpacking(scene, journey)
        seed = scene.plan.seed
        self._luck = dice(seed, "roads")
        self._of_runs = Misfortune(seed, OF_RUNS)
        self._phones: dict[int, Phone] = {}
        self._riding: dict[Load, None] = {}  # to authorities, and not yet opened there
        self._handed_over = self._sent = 0

    def begin_day(self, day: date) -> None:
        """Note the runs of a day."""
        for branch in self._scene.region.branches:
            if not runs_on(branch, day):
                continue
            couriers = branch.workers[Role.COURIER]
            for count, run in enumerate(self._scene.qolhat.settings.runs):
                planned = branch.instant(day, run)
                leaves = planned + timedelta(seconds=self._luck.randint(0, 240))
                courier = couriers[count % len(couriers)]
                self._agenda.at(planned - _PACKED_BEFORE, partial(self._packing.outbound, branch))
                self._agenda.at(leaves, partial(self._leave, branch, courier, day, run))
                self._agenda.at(planned + _PACKED_AFTER, partial(self._packing.inbound, branch))

    # --- there ----------------------------------------------------------------------------------

    def _leave(self, branch: Bureau, courier: Worker, day: date, run: time) -> None:
        mishap = self._of_runs.deal()
        if mishap is not None:
            self._scene.mishaps[mishap] += 1
        if mishap is Mishap.MISSED or branch.authority is None:
            return
        phone = self._phone(branch, courier)
        ahead = _TWO_HOURS if mishap is Mishap.CLOCK_OFF else _NOTHING
        now = self._agenda.now
        phone.load_page(now, ahead=ahead, offline=mishap is Mishap.OFFLINE)
        loads, branch.packed = branch.packed, []
        authority = branch.authority
        key = RunKey(branch.code, authority.code, day, run)
        trip = _Trip(key, branch, authority, courier, phone, loads)
        self._riding.update(dict.fromkeys(loads))
        at = self._take(trip, loads, now)
        phone.write("depart", at, "", courier.place, run=key)
        if loads:  # else there is nothing to prove yet: it goes with the arrival
            self._agenda.at(at + _A_MOMENT, partial(self._synchronise, phone))
        self._agenda.at(at + self._ride(), partial(self._arrive, trip))

    def _phone(self, branch: Bureau, courier: Worker) -> Phone:
        number = courier.handset.number
        if number not in self._phones:
            self._phones[number] = Phone(courier, branch.zone, self._scene.plan.seed)
        return self._phones[number]

    def _take(self, trip: _Trip, loads: list[Load], at: datetime) -> datetime:
        """Accept bags one after the other; return when that is done."""
        for load in loads:
            at += _PER_BAG
            self._write_acceptance(trip, load, load.packer, trip.courier, at)
        return at + _PER_BAG

    @staticmethod
    def _write_acceptance(
        trip: _Trip, load: Load, giver: Worker, receiver: Worker, at: datetime
    ) -> None:
        seal = load.seal if receiver is trip.courier else load.seen_seal
        badges = {"receiver": receiver.handset.badge, "giver": giver.handset.badge}
        trip.phone.write("accept", at, load.code, receiver.place, **badges, seal=seal)

    def _ride(self) -> timedelta:
        return timedelta(seconds=self._luck.randint(18 * 60, 40 * 60))

    def _arrive(self, trip: _Trip) -> None:
        """Hand the bags over at the authority; now and then nobody is there to take one."""
        at = self._agenda.now
        office = trip.authority.first(Role.OFFICE)
        trip.phone.write("arrive", at, "", office.place, run=trip.key)
        found = self._fetch_astray(trip, at)
        delivered = [load for load in trip.loads if load.mishap is not Mishap.UNDELIVERED]
        trip.undelivered = [load for load in trip.loads if load.mishap is Mishap.UNDELIVERED]
        at = self._hand_over(trip, delivered, at)
        self._agenda.at(at, partial(self._synchronise, trip.phone))
        self._agenda.at(at + 4 * _A_MOMENT, partial(self._open_at_authority, trip, delivered))
        if found:
            take = partial(self._hands.take, office, found, self._journey.enter)
            self._agenda.after(180, take)
        self._agenda.after(300, partial(self._take_back, trip))

    def _hand_over(self, trip: _Trip, loads: list[Load], at: datetime) -> datetime:
        """Give bags to whoever will open them; return when that is done.

        By turns the device tells of it, the receiver's desk, or both.
        """
        for load in loads:
            at += _PER_BAG
            if load.mishap is Mishap.NOT_HANDED_OVER:
                continue
            self._handed_over += 1
            turn = self._handed_over % 3
            if turn != 1:
                self._write_acceptance(trip, load, trip.courier, load.opener, at)
            if turn != 0:
                self._agenda.at(at, partial(self._accept, load, trip.courier))
        return at + _A_MOMENT

    def _accept(self, load: Load, giver: Worker) -> None:
        receiver = load.opener
        self._scene.wire.accept(
            AcceptRequest(
                receiver.source(self._agenda.now),
                load.code,
                receiver.handset.person,
                giver.handset.person,
                by_badge=True,
                seal=load.seen_seal,
            )
        )

    # --- what lands at the wrong authority ------------------------------------------------------

    def _open_at_authority(self, trip: _Trip, loads: list[Load]) -> None:
        for load in trip.loads:
            self._riding.pop(load, None)
        for load in loads:
            for paper in filter(_is_misled, list(load.inside)):
                load.inside.remove(paper)
                self._mislead(trip.branch, paper)
        self._unpacking.unpack(loads)

    def _mislead(self, branch: Bureau, paper: Paper) -> None:
        """Let a packet come out of another branch's bag, or lie at another authority."""
        paper.pass_on()
        del paper.lot.at_scans[paper.stage.key]
        self._scene.struck[Trouble.WRONG_AUTHORITY] += 1
        riding = [load for load in self._riding if load.branch is not branch and load.inside]
        if riding:
            self._luck.choice(riding).strays.append(paper)
            return
        others = [each for each in self._scene.region.authorities if each is not branch.authority]
        office = self._luck.choice(others).first(Role.OFFICE)
        self._scene.wire.scan([office.scan(paper.number, self._agenda.now - office.lag())])
        branch.astray.append(paper)

    def _fetch_astray(self, trip: _Trip, at: datetime) -> list[Paper]:
        """Bring what another authority got with an earlier run."""
        fetched, trip.branch.astray = trip.branch.astray, []
        for paper in fetched:
            trip.phone.write("scan", at, paper.number, trip.courier.place)
        return fetched

    # --- and back -------------------------------------------------------------------------------

    def _take_back(self, trip: _Trip) -> None:
        trip.loads, trip.branch.packed_back = trip.branch.packed_back, []
        at = self._take(trip, trip.loads, self._agenda.now)
        self._agenda.at(at, partial(self._synchronise, trip.phone))
        self._agenda.at(at + self._ride(), partial(self._come_home, trip))

    def _come_home(self, trip: _Trip) -> None:
        """Hand over at home, undelivered bags too: they go again with the next run."""
        at = self._agenda.now
        for load in trip.undelivered:
            at += _PER_BAG
            load.mishap = None
            self._write_acceptance(trip, load, trip.courier, load.packer, at)
        trip.branch.packed += trip.undelivered
        at = self._hand_over(trip, trip.loads, at)
        self._agenda.at(at, partial(self._synchronise, trip.phone))
        self._agenda.at(at + 4 * _A_MOMENT, partial(self._unpacking.unpack, trip.loads))
        if trip.phone.offline:
            home = trip.courier.later(at, 20, 90)
            self._agenda.at(home, partial(self._come_online, trip.phone))

    # --- the device -----------------------------------------------------------------------------

    def _come_online(self, phone: Phone) -> None:
        phone.offline = False
        self._synchronise(phone)

    def _synchronise(self, phone: Phone) -> None:
        """Send what waits; now and then the device does not hear the answer, and sends again."""
        sent = None if phone.offline else phone.to_send(self._agenda.now)
        if sent is None:
            return
        self._scene.wire.synchronise(sent)
        self._sent += 1
        if self._sent % _SENT_TWICE_EVERY == 0:
            self._agenda.after(7, partial(self._scene.wire.synchronise, sent))


def _is_misled(paper: Paper) -> bool:
    following = paper.edition.stages[paper.index + 1 :]
    at_scan = paper.lot.at_scans.get(following[0].key) if following else None
    return at_scan is Trouble.WRONG_AUTHORITY
