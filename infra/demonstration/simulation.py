"""Runs the simulation: appoints the staff, lets the days pass, and counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import chain

from domain.acts import ActKind
from domain.errors import RefusedError
from domain.route import Deviation
from infra.bootstrap import Qolhat
from infra.demonstration.agenda import Agenda, SimulatedClock
from infra.demonstration.arrivals import Arrivals
from infra.demonstration.complaints import Complaining
from infra.demonstration.couriers import Couriers
from infra.demonstration.hands import Hands
from infra.demonstration.journey import Journey
from infra.demonstration.mishaps import Mishap
from infra.demonstration.outcome import Outcome, of_kind, shown_log_ins
from infra.demonstration.plan import Plan
from infra.demonstration.region import Region, region_of
from infra.demonstration.scene import Scene
from infra.demonstration.staffing import Staffing
from infra.demonstration.tracking import Tracking
from infra.demonstration.troubles import Trouble
from infra.demonstration.wire import Wire

Progress = Callable[[int, int], None]
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_TOLD_EVERY = timedelta(minutes=10)


class NotEmptyError(RefusedError):
    """The store has events already; a demonstration begins with an empty one."""

    code = "not-empty"
    status = 409


def run_demonstration(
    qolhat: Qolhat, clock: SimulatedClock, plan: Plan, progress: Progress | None = None
) -> Outcome:
    """Simulate the plan in an empty store whose clock is `clock`; the views are left alone.

    `progress` is told how many simulated minutes of how many have passed. Raises NotEmptyError,
    StorageError, UnknownServiceError (the operator in the settings applies no edition).
    """
    if qolhat.log.rows.last_position():
        raise NotEmptyError
    region = region_of(qolhat, plan.seed)
    days = plan.working_days(region.authorities[0].calendar)
    begins, ends = (_midnight(region, day) for day in (days[0], days[-1] + _DAY))
    clock.now = begins
    staffing = Staffing(qolhat, plan, begins, ends)
    staffing.appoint_all(region)
    agenda = Agenda(clock, ends)
    scene = Scene(plan, qolhat, region, agenda, Wire(qolhat, clock))
    _begin_days(scene, days)
    watch = _Watch(scene, begins, progress)
    agenda.run(watch.before)
    scene.wire.send()
    watch.tell(ends)
    return _outcome(scene, staffing)


def _midnight(region: Region, day: date) -> datetime:
    return region.authorities[0].instant(day, time())


def _begin_days(scene: Scene, days: list[date]) -> None:
    hands = Hands(scene)
    journey = Journey(scene, hands)
    complaining = Complaining(scene)
    arrivals = Arrivals(scene, journey, complaining)
    couriers = Couriers(scene, hands, journey)
    for day in days:
        midnight = _midnight(scene.region, day)
        scene.agenda.at(midnight, partial(complaining.begin_day, day))
        scene.agenda.at(midnight, partial(arrivals.begin_day, day))
        scene.agenda.at(midnight, partial(couriers.begin_day, day))


class _Watch:
    """Looks at the clock before everything that happens."""

    def __init__(self, scene: Scene, begins: datetime, progress: Progress | None) -> None:
        self._scene = scene
        self._begins = begins
        self._whole = (scene.agenda.horizon - begins) // _MINUTE
        self._progress = progress
        self._tell_at = begins

    def before(self, coming: datetime) -> None:
        """Send what has waited long enough, and tell how far time has come."""
        self._scene.wire.send_before(coming)
        if coming >= self._tell_at:
            self._tell_at = coming + _TOLD_EVERY
            self.tell(coming)

    def tell(self, reached: datetime) -> None:
        """Tell how far time has come."""
        if self._progress is not None:
            self._progress((reached - self._begins) // _MINUTE, self._whole)


def _outcome(scene: Scene, staffing: Staffing) -> Outcome:
    tally = scene.wire.tally
    acts, deviating = of_kind(tally, "act"), of_kind(tally, "deviation")
    findings = chain.from_iterable(scene.wire.findings.values())
    return Outcome(
        scene.plan,
        shown_log_ins(staffing.log_ins, _shown_organisations(scene)),
        staffing.people,
        scene.qolhat.log.rows.last_position(),
        registered=tally["registrations"],
        scans=tally["scans"],
        voided=tally["voidings"],
        settled=tally["settlements"],
        complaints=tally["complaints"],
        complaints_answered=tally["answers"],
        surveys=scene.answered,
        duplicates=tally["duplicate"],
        deviations=tally["deviation"],
        unsettled=tally["unsettled"],
        lost=acts.get(ActKind.LOST.value, 0),
        found=deviating.get(Deviation.FOUND.value, 0),
        acts=acts,
        doubts=of_kind(tally, "doubt"),
        deviating=deviating,
        troubles={trouble: scene.struck[trouble] for trouble in Trouble},
        mishaps={mishap: scene.mishaps[mishap] for mishap in Mishap},
        dispatched=Tracking(scene.qolhat).told(scene.bags, findings, tally),
    )


def _shown_organisations(scene: Scene) -> list[int]:
    """Choose a branch, the authority it works with, an akim of the district, the department."""
    region, branch = scene.region, scene.region.branches[0]
    authority = branch.authority or branch
    clients = scene.qolhat.directory.clients_of(authority.code)
    akims = [akim.code for akim in region.akims if akim.code in clients]
    return [branch.code, authority.code, *akims[:1], region.department]
