"""What the country makes of what a branch sent: one thing at a time, in one store each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.blocks import FAR_FROM
from domain.commands import Settlement
from domain.dispatch.device_log import DeviceLog, LogEntry
from domain.numbers import bag_code, place_code, take_apart
from domain.packet import Packet
from domain.roles import Role, Scope
from domain.staff import FAR_PEOPLE
from domain.unsettled import UnsettledScan
from infra.bootstrap import Qolhat
from infra.branches.deciding import Deciding, Decision
from infra.branches.envelope import Envelope
from infra.desk.device_logs import SentLog
from infra.requests import SettleRequest, Status
from projections.holdings import Holding, Holdings
from tests.infra.branches.world import Desk, envelopes_of, open_store
from tests.office import SettableClock
from tests.stories import AUTHORITY, CENTRE


@dataclass
class Pair:
    """A branch, the country, and the clock on both walls."""

    branch: Desk
    country: Desk
    clock: SettableClock

    def sent(self, *topics: str) -> list[Envelope]:
        """What the branch sends; only of these topics, if some are named."""
        found = envelopes_of(self.branch.qolhat)
        return [each for each in found if not topics or each.row[3] in topics]

    def take(self, *envelopes: Envelope) -> list[Decision]:
        """Let the country decide; without envelopes: about all that the branch sends."""
        return Deciding(self.country.qolhat.counter).decide(envelopes or self.sent())

    def holding(self, number: Any) -> Holding:
        """Where the country's views say that the packet is."""
        store = self.country.qolhat
        store.runner.catch_up()
        with store.views.reading() as reading:
            found = reading.view(Holdings).of(reading.connection, number)
        assert found is not None
        return found


@pytest.fixture
def pair(hired: Path, tmp_path: Path) -> Iterator[Pair]:
    """A branch and the country, in which everybody is known."""
    clock = SettableClock()
    with (
        open_store(hired, tmp_path / "branch", clock, "aksu") as branch,
        open_store(hired, tmp_path / "country", clock) as country,
    ):
        yield Pair(Desk(branch, clock, CENTRE), Desk(country, clock, AUTHORITY), clock)


def _forged(envelope: Envelope, **facts: Any) -> Envelope:
    """The same envelope with other facts; None takes one out."""
    position, stream, version, topic, state = envelope.row
    known = msgspec.json.decode(state) | facts
    written = msgspec.json.encode({name: fact for name, fact in known.items() if fact is not None})
    return Envelope(envelope.branch, envelope.identity, (position, stream, version, topic, written))


def _refused(decision: Decision) -> str:
    assert decision.status is Status.REFUSED
    return str(getattr(decision.error, "code", decision.error))


# --- numbers -------------------------------------------------------------------------------------


def test_branch_and_country_never_give_the_same_number(pair: Pair) -> None:
    """Both number for the same centre: the branch from the last fifth of its block."""
    at_home = Desk(pair.country.qolhat, pair.clock, CENTRE)
    numbers = {desk.register(10 + n) for n in range(3) for desk in (pair.branch, at_home)}
    assert len(numbers) == 6
    for desk, far in ((pair.branch, True), (at_home, False)):
        given = [*desk.packets, desk.begin(20), desk.registry]
        assert {take_apart(each).serial >= FAR_FROM for each in given} == {far}


def test_people_whom_a_branch_appoints_are_nobody_else(pair: Pair) -> None:
    """Their numbers are the branch's; those whom the country appointed are not sent."""
    store = pair.branch.qolhat
    newcomer = store.personnel.appoint(CENTRE, [Role.INSPECTOR])
    second = store.personnel.appoint(CENTRE, [Role.COURIER])
    assert FAR_PEOPLE < newcomer == second - 1
    decisions = pair.take()
    assert [each.envelope.row[3] for each in decisions] == ["prs.new", "prs.new"]
    assert {each.status for each in pair.take()} == {Status.DUPLICATE}
    register = pair.country.qolhat.staff.refresh()
    assert register.member(newcomer).roles == {Role.INSPECTOR}
    assert pair.country.qolhat.personnel.appoint(CENTRE, [Role.OFFICE]) < FAR_PEOPLE


# --- in another order ----------------------------------------------------------------------------


def test_a_packet_follows_its_bag_though_the_bag_was_known_first(pair: Pair) -> None:
    """The bag is taken over before the country hears what is in it."""
    branch, country = pair.branch, pair.country
    first, second = branch.register(10), branch.register(11)
    bag = branch.begin(12)
    branch.put(13, first)
    branch.put(14, second)
    branch.seal(15)
    pair.take(*pair.sent("bag.new", "rgy.new", "rgy.bag"))
    taken = country.accept(60, bag, Role.OFFICE)
    assert taken.journey is not None
    assert not taken.journey.contents
    pair.take()
    for packet in (first, second):
        holding = pair.holding(packet)
        assert (holding.place, holding.verified) == (place_code(AUTHORITY, Role.OFFICE, 1), False)


def test_an_act_of_the_country_waits_for_no_branch(pair: Pair) -> None:
    """Scanned at the authority before its registration came: then it lives as it should."""
    number = pair.branch.register(10)
    early = pair.country.scan(60, number, Role.OFFICE)
    assert early.doubt == "not-registered"
    (decision,) = pair.take()
    assert decision.status is Status.ACCEPTED
    assert decision.standing is not None
    assert (decision.standing.status, decision.standing.place) == (
        "on-the-way",
        place_code(AUTHORITY, Role.OFFICE, 1),
    )
    assert pair.holding(number).accepting == CENTRE


# --- what speaks against it ----------------------------------------------------------------------


def test_the_same_number_is_registered_once(pair: Pair) -> None:
    """Two labels with one number: the second registration is set aside and told."""
    number = pair.branch.register(10)
    at_home = Desk(pair.country.qolhat, pair.clock, CENTRE, told=1000)
    at_home.register_as(11, number)
    (decision,) = pair.take()
    assert _refused(decision) == "already-registered"
    events = pair.country.qolhat.log.events_of(Packet.stream(number))
    assert sum(isinstance(each, Packet.Registered) for each in events) == 1


def test_an_id_that_another_device_gave_is_no_repetition(pair: Pair) -> None:
    """A device that counts from one again must not swallow another's scan."""
    number = pair.branch.register(10)
    pair.branch.scan(12, number, Role.COURIER, ref="one")
    *_, scan = pair.sent()
    assert [each.status for each in pair.take(scan, scan)] == [Status.UNSETTLED, Status.DUPLICATE]
    assert _refused(pair.take(_forged(scan, d=99))[0]) == "reused-ref"
    assert _refused(pair.take(_forged(scan, w=99))[0]) == "reused-ref"


def test_a_doubtful_scan_is_settled_once_and_in_one_way(pair: Pair) -> None:
    """The branch and the country decide otherwise: the first decision stands, both are known."""
    branch, country = pair.branch.qolhat, pair.country.qolhat
    pair.branch.scan(12, "torn", Role.INSPECTOR, ref="torn")
    pair.take()
    assert country.log.events_of(UnsettledScan.stream("torn"))
    for desk, role, store in (
        (pair.branch, Role.INSPECTOR, branch),
        (pair.country, Role.OFFICE, country),
    ):
        store.personnel.appoint(
            desk.organisation, [Role.OFFICE], person=desk.source(20, role).person
        )
        request = SettleRequest(desk.source(21, role), "torn", Settlement.DISMISS)
        store.desk.settle(request)
    (decided,) = pair.take(*pair.sent("uns.set"))
    assert _refused(decided) == "otherwise-settled"
    assert {each.status for each in pair.take(*pair.sent("uns.new"))} == {Status.DUPLICATE}


def test_what_no_branch_of_ours_can_have_sent_is_not_recorded(pair: Pair) -> None:
    """Whatever somebody writes into the topic, the log keeps what the views can read."""
    branch = pair.branch
    number = branch.register(10)
    branch.scan(12, number, Role.COURIER)
    person = branch.qolhat.personnel.appoint(CENTRE, [Role.INSPECTOR])
    (registered,) = pair.sent("pkt.reg")
    (scan,) = pair.sent("pkt.scan")
    (appointed,) = pair.sent("prs.new")
    _, stream, _, _, _ = scan.row
    recorded = pair.country.qolhat.log.rows.last_position()

    def of(topic: str, row_of: Envelope = scan, **facts: Any) -> Envelope:
        made = _forged(row_of, **facts)
        place = (made.row[0], made.row[1], made.row[2], topic, made.row[4])
        return Envelope(made.branch, made.identity, place)

    elsewhere = Packet.stream(number).__class__(int=stream.int + 1)
    moved = Envelope("aksu", scan.identity, (1, elsewhere, 1, "pkt.scan", scan.row[4]))
    wrong = {
        "no such topic": of("pkt.xyz"),
        "a fact is missing": _forged(scan, h=None),
        "a fact of another kind": _forged(scan, p="here"),
        "a fact too many": _forged(scan, name="Сынақбаева"),
        "another's stream": moved,
        "pages stay": of("pkt.doc", pages=["x"]),
        "numbers of the country": of("blk.res", count=5),
        "somebody of the country": _forged(appointed, w=7),
        "a reach": _forged(appointed, scope=Scope.COUNTRY.value),
    }
    for why, envelope in wrong.items():
        assert _refused(pair.take(envelope)[0]) == "unreadable-envelope", why
    assert _refused(pair.take(_forged(registered, e="s9-2099"))[0]) == "edition-not-here"
    assert _refused(pair.take(_forged(registered, a=9999))[0]) == "unknown-organisation"
    unknown = place_code(CENTRE, Role.COURIER, 999)
    assert _refused(pair.take(_forged(scan, p=unknown))[0]) == "unknown-place"
    assert pair.country.qolhat.log.rows.last_position() == recorded
    assert person not in pair.country.qolhat.staff.refresh()


# --- time ----------------------------------------------------------------------------------------


def test_a_branch_whose_clock_is_ahead_is_not_believed(pair: Pair) -> None:
    """As at the country's own desks: a scan waits, an act stands with the time of now."""
    number = pair.branch.register(100)
    pair.branch.scan(101, number, Role.COURIER)
    pair.clock.at = pair.branch.at(5)
    registered, scanned = pair.take()
    assert (registered.status, registered.deviations) == (Status.DEVIATION, ("clock-ahead",))
    assert (scanned.status, scanned.doubt) == (Status.UNSETTLED, "in-the-future")
    event, _ = pair.country.qolhat.log.events_of(Packet.stream(number))
    assert (event.happened_at, event.claimed_at) == (pair.clock.at, pair.branch.at(100))
    assert {each.status for each in pair.take()} == {Status.DUPLICATE}


# --- what is about people ------------------------------------------------------------------------


def test_who_is_erased_at_the_branch_is_erased_in_the_country(pair: Pair) -> None:
    """The mark comes with the erasing: the country's vault keeps nothing of the packet either."""
    number = pair.branch.register(10)
    pair.take()
    vault = pair.country.qolhat.vault
    pair.country.qolhat.counter.keep_text(str(number), "some-text", "Сынақбаева", pair.clock.at)
    pair.branch.qolhat.desk.erase(number, pair.branch.source(20, Role.INSPECTOR))
    pair.take()
    assert vault.held_of(str(number)) == {}
    events = pair.country.qolhat.log.events_of(Packet.stream(number))
    assert isinstance(events[-1], Packet.PersonalDataErased)


# --- a courier's log -----------------------------------------------------------------------------


def _entries(desk: Desk, count: int) -> list[LogEntry]:
    """What a courier's device wrote: scans of things that are no packets."""
    entries: list[LogEntry] = []
    for seq in range(1, count + 1):
        at = desk.at(seq).isoformat()
        code = str(bag_code(CENTRE, seq))
        before = entries[-1].hash if entries else ""
        made = LogEntry(
            seq, before, "", f"log-{seq}", "scan", at, "boot", seq * 60_000, at,
            desk.source(seq, Role.COURIER).person, "", code,
        )  # fmt: skip
        entries.append(replace(made, hash=made.computed))
    return entries


def _receive(store: Qolhat, desk: Desk, entries: list[LogEntry]) -> None:
    courier = desk.source(30, Role.COURIER).person
    store.desk.logs.receive(SentLog("phone-1", courier, 7, desk.clock.at, entries))


def test_a_courier_who_comes_by_both_has_one_log(pair: Pair) -> None:
    """Half was sent at the branch, half and one entry again in the country: no entry is twice."""
    entries = _entries(pair.branch, 6)
    _receive(pair.branch.qolhat, pair.branch, entries[:4])
    _receive(pair.country.qolhat, pair.branch, entries[3:])
    for expected in ({Status.ACCEPTED}, {Status.DUPLICATE}):
        assert {each.status for each in pair.take(*pair.sent("log.got"))} == expected
    log = DeviceLog.project(
        DeviceLog.stream("phone-1"),
        pair.country.qolhat.log.events_of(DeviceLog.stream("phone-1")),
    )
    assert (log.chain.known, log.chain.findings()) == (6, [])
    assert all(len(hashes) == 1 for hashes in log.chain.hashes.values())
    unsettled = pair.take(*pair.sent("uns.new"))
    assert [each.status for each in unsettled] == [Status.UNSETTLED] * 3 + [Status.DUPLICATE]
