"""Random scans and acts, punctual, late, repeated and voided, against a naive model.

The model knows nothing of walks, positions and batches: it keeps a list of everything, sorts it
anew each time and reads the answers off it by the plainest means. Every view must agree with it,
and with itself rebuilt.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from domain.acts import ActKind, Outcome
from domain.commands import Settlement
from domain.complaints import ComplaintAnsweredError
from domain.numbers import PacketNumber, PlaceCode, packet_number, place_organisation, place_role
from domain.packet import VoidRefusedError
from domain.regulations.edition import Side
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.requests import ActRequest, Registration, Source, Status
from infra.settings import Settings
from infra.views.rebuild import verify
from projections.complaints import Complaints
from projections.holdings import Holdings
from projections.unsettled import Unsettled
from projections.visits import Visits
from tests.office import OTHER_CLERK, Office, SettableClock
from tests.pausing import EDITION, EXPERTISE, OPERATOR, PAPER, PAUSING, written_to
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, REGULATIONS, place

STAGES = REGULATIONS.edition("s7c-2012").stages
SCANNERS = [Role.INSPECTOR, Role.COLLECTING, Role.COURIER, Role.OFFICE, Role.HEAD, Role.EXECUTOR]
ACTS = {
    ActKind.INCOMING: Role.OFFICE,
    ActKind.RESOLUTION: Role.HEAD,
    ActKind.RIGHT: Role.EXECUTOR,
    ActKind.DRAFTED: Role.EXECUTOR,
    ActKind.SIGNED: Role.HEAD,
    ActKind.RETURNED: Role.HEAD,
    ActKind.SENT_BACK: Role.OFFICE,
    ActKind.ISSUED: Role.INSPECTOR,
    ActKind.LOST: Role.COURIER,
    ActKind.FOUND: Role.COURIER,
    ActKind.WITHDRAWN: Role.INSPECTOR,
}


@dataclass
class Fact:
    """Something that happened to a packet, as the model remembers it."""

    at: datetime
    device: int
    counter: int
    ref: str
    what: str  # "scan", "registered" or the act
    where: PlaceCode
    who: int
    began: datetime | None = None
    ground: str = ""

    @property
    def key(self) -> tuple[datetime, int, int, str]:
        return self.at, self.device, self.counter, self.ref


@dataclass
class Paper:
    """All that the model knows of one packet."""

    facts: list[Fact] = field(default_factory=list)
    doubted: dict[str, Fact] = field(default_factory=dict)
    voids: list[tuple[Fact, str]] = field(default_factory=list)
    complaints: dict[str, str | None] = field(default_factory=dict)  # and their answers
    registered: bool = False

    def effective(self) -> list[Fact]:
        """The facts that count, in order."""
        everything = self.facts + list(self.doubted.values()) + [void for void, _ in self.voids]
        gone = set()
        for void, scan in self.voids:
            target = next(f for f in self.facts if f.ref == scan)
            between = [f for f in everything if target.key < f.key < void.key]
            if all(f.who == target.who for f in between):
                gone.add(scan)
        return sorted((f for f in self.facts if f.ref not in gone), key=lambda f: f.key)


@dataclass
class Stay:
    """A stretch of time, as the model sees it."""

    kind: str
    stage: str
    place: PlaceCode
    entered: datetime
    left: datetime | None = None
    pauses: list[Standstill] = field(default_factory=list)


@dataclass
class Standstill:
    """A clock that stood, as the model sees it."""

    ground: str
    since: datetime
    until: datetime | None = None


class NaiveReader:
    """Reads a packet's story from its facts, slowly and plainly."""

    def __init__(self, facts: list[Fact]) -> None:
        self.stays: list[Stay] = []
        self.index = -1
        self.accepted = False
        self.where: PlaceCode | None = None
        self.who: int | None = None
        self.status = "unregistered"
        self.decision: str | None = None
        for fact in facts:
            self.read(fact)

    def read(self, fact: Fact) -> None:
        if fact.what == "registered":
            self.status, self.index, self.accepted = "on-the-way", 0, True
            self.hold(fact)
            self.stays.append(Stay("stage", "accept", fact.where, fact.began or fact.at))
            self.end(fact)
        elif fact.what == "scan":
            self.scan(fact)
        elif fact.what == "lost":
            self.lose(fact)
        elif fact.what == "found":
            if self.status == "lost":
                self.scan(fact)
        elif fact.what == "paused":
            self.pause(fact)
        elif fact.what == "resumed":
            self.resume(fact)
        else:
            self.act(fact)

    @property
    def alive(self) -> bool:
        return self.status in ("on-the-way", "rendered", "lost")

    def hold(self, fact: Fact) -> None:
        self.where, self.who = fact.where, fact.who

    def close(self, fact: Fact) -> None:
        if self.stays and self.stays[-1].left is None:
            self.run_on(fact)
            self.stays[-1].left = fact.at

    def run_on(self, fact: Fact) -> None:
        for pause in self.stays[-1].pauses[-1:]:
            pause.until = pause.until or fact.at

    def pause(self, fact: Fact) -> None:
        if not self.alive:
            self.aside(fact)
            return
        stages = PAUSING.edition(EDITION).pause(fact.ground)
        if stages is None or STAGES[self.index].key not in stages.stages or self.status == "lost":
            return
        stay = self.stays[-1]
        if stay.kind != "stage" or stay.left is not None:
            if not self.fits(self.index, fact):
                return
            self.hold(fact)
            self.close(fact)
            self.open(fact, "stage", self.index)
            stay = self.stays[-1]
        if all(each.until for each in stay.pauses):
            stay.pauses.append(Standstill(fact.ground, fact.at))

    def resume(self, fact: Fact) -> None:
        if not self.alive:
            self.aside(fact)
        elif self.stays[-1].left is None:
            self.run_on(fact)

    def open(self, fact: Fact, kind: str, stage: int) -> None:
        self.stays.append(Stay(kind, STAGES[stage].key, fact.where, fact.at))
        if kind in ("stage", "handover"):
            self.index, self.accepted = stage, kind == "stage"

    def aside(self, fact: Fact) -> None:
        self.hold(fact)
        spare = Stay("astray", "", fact.where, fact.at, fact.at)
        self.stays.append(spare)

    def fits(self, stage: int, fact: Fact) -> bool:
        side = CENTRE if STAGES[stage].side is Side.ACCEPTING else AUTHORITY
        return (
            place_role(fact.where) is STAGES[stage].holder
            and place_organisation(fact.where) == side
        )

    def scan(self, fact: Fact) -> None:
        if not self.alive:
            self.aside(fact)
            return
        if self.status == "lost":
            self.status = "rendered" if self.was_rendered() else "on-the-way"
        elif self.where == fact.where:
            self.hold(fact)
            self.stays[-1].place = fact.where
            return
        target = self.target(fact)
        in_stage = self.stays[-1].kind == "stage" and self.stays[-1].left is None
        self.hold(fact)
        if target is None:
            self.close(fact)
            self.open(fact, "astray", self.index)
        elif target == self.index and self.accepted and in_stage:
            self.stays[-1].place = fact.where
        else:
            self.close(fact)
            self.open(fact, "stage", target)
            if STAGES[target].renders:
                self.status = "rendered"

    def was_rendered(self) -> bool:
        return any(stay.stage == "result" and stay.kind == "stage" for stay in self.stays)

    def only_acts_end(self, stage: int) -> bool:
        return all(ending.act for ending in STAGES[stage].ends)

    def target(self, fact: Fact) -> int | None:
        here, count = self.index, len(STAGES)
        if self.fits(here, fact):
            return here
        if self.accepted:
            for ending in STAGES[here].ends:
                if ending.scan is place_role(fact.where) and ending.after in (None, self.decision):
                    following = REGULATIONS.edition("s7c-2012").next_after(here, ending)
                    if self.fits(following, fact):
                        return following
            if here + 1 < count and self.fits(here + 1, fact):
                return here + 1
        ahead = [s for s in range(here + 1, count) if self.fits(s, fact)]
        back = [s for s in range(here) if self.fits(s, fact)]
        if ahead and not any(self.only_acts_end(s) for s in range(here, ahead[0])):
            return ahead[0]
        if back:
            return back[-1]
        return ahead[0] if ahead else None

    def lose(self, fact: Fact) -> None:
        if not self.alive or self.status == "lost":
            return
        self.close(fact)
        stay = Stay("lost", STAGES[self.index].key, self.where or fact.where, fact.at)
        self.stays.append(stay)
        self.status = "lost"

    def act(self, fact: Fact) -> None:
        if not self.alive:
            self.aside(fact)
            return
        if fact.what == "withdrawn":
            self.close(fact)
            self.hold(fact)
            self.status = "withdrawn"
            return
        able = [s for s in range(len(STAGES)) if any(e.act == fact.what for e in STAGES[s].ends)]
        able = [s for s in able if s >= self.index]
        if able and place_organisation(fact.where) in (CENTRE, AUTHORITY):
            in_stage = self.stays[-1].kind == "stage" and self.stays[-1].left is None
            if able[0] != self.index or not self.accepted or not in_stage:
                self.close(fact)
                self.open(fact, "stage", able[0])
                if STAGES[able[0]].renders:
                    self.status = "rendered" if self.status != "lost" else self.status
            if fact.what in ("signed", "returned"):
                self.decision = fact.what
            if fact.what != "issued":
                self.hold(fact)
                self.end(fact)
        if fact.what == "issued":
            self.close(fact)
            self.hold(fact)
            self.status = "issued"

    def end(self, fact: Fact) -> None:
        """The stage ended by an act: the next begins at once, or waits to be accepted."""
        self.close(fact)
        following = self.index + 1
        same = (STAGES[self.index].holder, STAGES[self.index].side) == (
            STAGES[following].holder,
            STAGES[following].side,
        )
        self.open(fact, "stage" if same else "handover", following)


class Papers(RuleBasedStateMachine):
    """People at work, and the model that watches them."""

    packets = Bundle("packets")

    @initialize()
    def open_the_office(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="qolhat-stateful-"))
        self.clock = SettableClock()
        rules = written_to(self.folder / "regulations")
        settings = Settings(data_dir=self.folder, regulations_dir=rules, operator=OPERATOR)
        self.qolhat: Qolhat = bootstrap(settings, now=self.clock)
        self.office = Office(self.qolhat, self.clock)
        self.papers: dict[PacketNumber, Paper] = {}
        self.minute = 20.0
        self.told = 1000
        self.sent: list[tuple[PacketNumber, Any]] = []

    def teardown(self) -> None:
        if hasattr(self, "qolhat"):
            self.qolhat.close()
            shutil.rmtree(self.folder)

    def tick(self, minutes: float) -> float:
        self.minute += minutes
        self.clock.at = self.office.at(self.minute)
        return self.minute

    def fact(self, what: str, role: Role, minute: float, ref: str, where: PlaceCode) -> Fact:
        who = OTHER_CLERK if place_organisation(where) == OTHER_AUTHORITY else PEOPLE[role]
        return Fact(self.office.at(minute), 1, self.told, ref, what, where, who)

    @rule(target=packets, serial=st.integers(1, 10_000))
    def a_number_is_printed(self, serial: int) -> PacketNumber:
        number = packet_number(CENTRE, 4_000_000 + serial)
        self.papers.setdefault(number, Paper())
        return number

    @rule(number=packets, minutes=st.integers(1, 30), late=st.integers(0, 15))
    def the_inspector_registers(self, number: PacketNumber, minutes: int, late: int) -> None:
        paper = self.papers[number]
        if paper.registered:
            return
        now = self.tick(minutes)
        at = now - late
        self.told += 1
        ref = f"reg{self.told}"
        source = Source(ref, 1, 1, self.told, place(Role.INSPECTOR), self.office.at(at))
        began = self.office.at(at - 3)
        request = Registration(source, "003-7", number=number, began_at=began)
        assert self.qolhat.desk.register(request).status is not Status.DUPLICATE
        paper.registered = True
        fact = self.fact("registered", Role.INSPECTOR, at, ref, place(Role.INSPECTOR))
        fact.began = began
        paper.facts.append(fact)

    @rule(
        number=packets,
        role=st.sampled_from(SCANNERS),
        minutes=st.integers(0, 40),
        late=st.one_of(st.just(0), st.integers(0, 60)),
        doubtful=st.integers(0, 9),
        elsewhere=st.integers(0, 9),
    )
    def somebody_scans(
        self,
        number: PacketNumber,
        role: Role,
        minutes: int,
        late: int,
        doubtful: int,
        elsewhere: int,
    ) -> None:
        at = self.tick(minutes) - late
        self.told += 1
        where, person = place(role), PEOPLE[role]
        if role is Role.OFFICE and elsewhere == 0:
            where, person = place(Role.OFFICE, OTHER_AUTHORITY), OTHER_CLERK
        ref = f"s{self.told}"
        fact = self.fact("scan", role, at, ref, where)
        if doubtful == 0:
            person = PEOPLE[Role.COURIER if role is not Role.COURIER else Role.OFFICE]
            fact.who = person
        scan = self.office.raw(
            at, number, role, ref=ref, counter=self.told, where=where, person=person
        )
        answer = self.qolhat.desk.scan([scan])[0]
        paper = self.papers[number]
        if doubtful == 0:
            assert answer.doubt == "not-their-place"
            paper.doubted[ref] = fact
        else:
            paper.facts.append(fact)
        self.sent.append((number, scan))

    @precondition(lambda self: bool(getattr(self, "sent", None)))
    @rule(data=st.data())
    def a_device_sends_a_scan_again(self, data: st.DataObject) -> None:
        _, scan = data.draw(st.sampled_from(self.sent))
        assert self.qolhat.desk.scan([scan])[0].status is Status.DUPLICATE

    @rule(
        number=packets,
        kind=st.sampled_from(list(ACTS)),
        minutes=st.integers(0, 30),
        late=st.one_of(st.just(0), st.integers(0, 30)),
    )
    def somebody_acts(self, number: PacketNumber, kind: ActKind, minutes: int, late: int) -> None:
        paper = self.papers[number]
        if not paper.facts and not paper.doubted:
            return
        at = self.tick(minutes) - late
        self.told += 1
        role, ref = ACTS[kind], f"a{self.told}"
        source = Source(ref, PEOPLE[role], 1, self.told, place(role), self.office.at(at))
        executor = PEOPLE[Role.EXECUTOR] if kind is ActKind.RESOLUTION else None
        outcome = Outcome.GRANTED if kind is ActKind.DRAFTED else None
        request = ActRequest(source, kind, executor=executor, outcome=outcome)
        (answer,) = self.qolhat.desk.act([number], request)
        assert answer.error is None
        paper.facts.append(self.fact(kind.value, role, at, ref, place(role)))

    @rule(
        number=packets,
        ground=st.sampled_from([PAPER, EXPERTISE, None]),
        minutes=st.integers(0, 30),
        late=st.one_of(st.just(0), st.integers(0, 30)),
    )
    def the_executor_stops_the_clock_or_lets_it_run(
        self, number: PacketNumber, ground: str | None, minutes: int, late: int
    ) -> None:
        paper = self.papers[number]
        if not paper.facts and not paper.doubted:
            return
        at = self.tick(minutes) - late
        self.told += 1
        ref, where = f"p{self.told}", place(Role.EXECUTOR)
        source = Source(ref, PEOPLE[Role.EXECUTOR], 1, self.told, where, self.office.at(at))
        kind = ActKind.RESUMED if ground is None else ActKind.PAUSED
        request = ActRequest(source, kind, grounds=() if ground is None else (ground,))
        (answer,) = self.qolhat.desk.act([number], request)
        assert answer.error is None
        fact = self.fact(kind.value, Role.EXECUTOR, at, ref, where)
        fact.ground = ground or ""
        paper.facts.append(fact)

    @rule(number=packets, seconds=st.integers(0, 80), data=st.data())
    def the_author_voids_a_scan(
        self, number: PacketNumber, seconds: int, data: st.DataObject
    ) -> None:
        paper = self.papers[number]
        scans = [f for f in paper.facts if f.what == "scan"]
        if not scans:
            return
        scan = data.draw(st.sampled_from(scans))
        self.told += 1
        at = scan.at + timedelta(seconds=seconds)
        self.clock.at = max(self.clock.at, at)
        self.minute = max(self.minute, (self.clock.at - self.office.at(0)).total_seconds() / 60)
        void = Fact(at, 1, self.told, f"v{self.told}", "void", scan.where, scan.who)
        source = Source(void.ref, scan.who, 1, self.told, scan.where, at)
        known = paper.facts + list(paper.doubted.values()) + [v for v, _ in paper.voids]
        acted = any(f.who != scan.who and scan.key < f.key < void.key for f in known)
        try:
            self.qolhat.desk.void(number, scan.ref, source)
        except VoidRefusedError:
            assert seconds > 60 or acted
        else:
            assert seconds <= 60
            assert not acted
            paper.voids.append((void, scan.ref))

    @rule(number=packets, apply=st.booleans())
    def the_office_settles_a_doubt(self, number: PacketNumber, apply: bool) -> None:
        paper = self.papers[number]
        if not paper.doubted:
            return
        ref, fact = next(iter(paper.doubted.items()))
        self.tick(1)
        decision = Settlement.APPLY if apply else Settlement.DISMISS
        self.told += 1
        self.office.settle(self.minute, ref, decision, number=number, ref=f"d{self.told}")
        del paper.doubted[ref]
        if apply:
            paper.facts.append(fact)

    @rule(number=packets, minutes=st.integers(0, 30), late=st.integers(0, 60))
    def an_applicant_complains(self, number: PacketNumber, minutes: int, late: int) -> None:
        """Nothing of what the other rules check changes by it."""
        paper = self.papers[number]
        if not paper.facts and not paper.doubted:
            return
        now = self.tick(minutes)
        self.told += 1
        ref = f"c{self.told}"
        answer = self.office.complain(now - late, number, now + 500, ref=ref, recorded=now)
        assert answer.status is Status.ACCEPTED
        paper.complaints[ref] = None

    @rule(number=packets, minutes=st.integers(0, 30), data=st.data())
    def the_head_answers(self, number: PacketNumber, minutes: int, data: st.DataObject) -> None:
        complaints = self.papers[number].complaints
        if not complaints:
            return
        complaint = data.draw(st.sampled_from(sorted(complaints)))
        self.told += 1
        minute, ref = self.tick(minutes), f"b{self.told}"
        if complaints[complaint] is not None:
            with pytest.raises(ComplaintAnsweredError):
                self.office.answer_complaint(minute, number, complaint, ref=ref)
        else:
            self.office.answer_complaint(minute, number, complaint, ref=ref)
            complaints[complaint] = ref

    @invariant()
    def every_view_agrees_with_the_model(self) -> None:
        if not hasattr(self, "papers"):
            return
        self.qolhat.runner.catch_up()
        with self.qolhat.views.reading() as reading:
            for number, paper in self.papers.items():
                self.compare(reading, number, paper)

    def compare(self, reading: Any, number: PacketNumber, paper: Paper) -> None:
        told = NaiveReader(paper.effective())
        holding = reading.view(Holdings).of(reading.connection, number)
        if holding is not None:
            assert (holding.status, holding.place, holding.person) == (
                told.status,
                told.where,
                told.who,
            )
        shown = reading.view(Visits).of(reading.connection, number)
        assert [(v.kind, v.stage, v.place, v.entered_at, v.left_at) for v in shown] == [
            (s.kind, s.stage, s.place, s.entered, s.left) for s in told.stays
        ]
        assert [[(p.ground, p.since, p.until) for p in v.pauses] for v in shown] == [
            [(p.ground, p.since, p.until) for p in s.pauses] for s in told.stays
        ]
        waiting = reading.view(Unsettled).waiting(reading.connection, number=number)
        expected = set(paper.doubted)
        if not paper.registered:
            voided = {scan for _, scan in paper.voids}
            expected |= {f.ref for f in paper.facts if f.what == "scan" and f.ref not in voided}
        assert {row.scan for row in waiting} == expected
        taken = reading.view(Complaints).of(reading.connection, number)
        assert {row.ref: row.answer for row in taken} == paper.complaints

    @rule()
    def every_view_equals_itself_rebuilt(self) -> None:
        assert verify(self.qolhat.log, self.qolhat.views).differences == ()


EXAMPLES = int(os.environ.get("QOLHAT_TEST_EXAMPLES", "15"))  # `make campaign` asks for more
TestPapers = Papers.TestCase
TestPapers.settings = hypothesis_settings(
    max_examples=EXAMPLES, stateful_step_count=40, deadline=None
)
