"""A far branch's day over a real Kafka: the line is up, down, cut, and what is sent comes twice."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from kafka import KafkaProducer

from domain.packet import Packet
from domain.progress import Status as PacketStatus
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.branches.envelope import BRANCH_HEADER, envelope_id, leaves, sealed
from infra.branches.gathering import Gatherer
from infra.branches.line import Line
from infra.branches.sending import BranchLink
from infra.branches.wiring import branch_book
from infra.kafka.connection import Cluster, KafkaUnavailableError
from infra.kafka.topics import plans
from infra.store.identity import StoreIdentity, identity_of, renew_epoch
from infra.views.rebuild import verify
from tests.infra.branches.conftest import PATIENCE, Country
from tests.infra.branches.world import OTHER_CENTRE, Desk, in_turns
from tests.servers.kafka import OwnKafka
from tests.stories import CENTRE


def _works(apart: Country, organisation: int = CENTRE, minute: float = 10) -> Desk:
    desk = apart.desks[organisation]
    in_turns(apart.day.of_a_centre(desk, minute))
    return desk


def _holds_once(store: Qolhat, branch: Qolhat) -> bool:
    """Tell whether every packet of the branch has in the country each of its events once."""
    streams = {row[1] for page in branch.log.pages(0) for row in page if row[3][:3] == "pkt"}
    for stream in streams:
        theirs = sorted(each.ref for each in branch.log.events_of(stream))
        ours = sorted(each.ref for each in store.log.events_of(stream))
        if ours != theirs:
            return False
    return bool(streams)


def test_a_far_branchs_day(apart: Country) -> None:
    """Registered, packed, carried; opened at the authority; each told where its packets are."""
    first, second = _works(apart, CENTRE, 10), _works(apart, OTHER_CENTRE, 40)
    sent = {each: apart.link(each).send() for each in (CENTRE, OTHER_CENTRE)}
    assert apart.gather().all == sum(sent.values())
    in_turns(apart.day.of_the_authority())

    for branch, count in sent.items():
        link = apart.link(branch)
        assert link.hear_all(PATIENCE) == 0
        state = link.state()
        assert (state.answered, state.waiting, state.unsent) == (count, 0, 0)
        assert [each.doubt for each in link.book.in_doubt()] == ["bad-code"]
    standing = apart.link(CENTRE).book.standing_of(first.packets[0])
    assert standing is not None
    assert (standing.status, standing.stage) == (PacketStatus.ON_THE_WAY.value, "carry")
    heard = {each.branch: each.position for each in apart.store.far.branches()}
    assert heard == {
        desk.qolhat.settings.branch: desk.qolhat.log.rows.last_position()
        for desk in (first, second)
    }
    apart.store.runner.catch_up()
    assert verify(apart.store.log, apart.store.views).differences == ()


def test_nobody_learns_who_the_applicant_is(apart: Country) -> None:
    """Names and what was typed stay in the branch's vault; the country is told where they are."""
    desk = _works(apart)
    apart.link(CENTRE).send()
    apart.gather()
    states = [bytes(row[4]) if isinstance(row[4], bytes) else row[4].encode()
              for page in apart.store.log.pages(0) for row in page]  # fmt: skip
    assert not any("Сынақбаева".encode() in state or b"850312401235" in state for state in states)
    assert not any(b"no code" in state for state in states)
    assert sum(b'"y":"branch:aksu/scan/' in state for state in states) == 1
    assert apart.store.vault.held_of(str(desk.packets[0])) == {}
    assert desk.qolhat.vault.held_of(str(desk.packets[0])) != {}


def test_the_line_is_down_and_nothing_is_lost(apart: Country) -> None:
    """The branch works on, its scans wait; when the line is up they are sent."""
    desk = _works(apart)
    settings = desk.qolhat.settings
    _, scans, answers = plans(settings)
    nowhere = Line(Cluster("127.0.0.1:9", patience=1), scans, answers)
    identity, book = identity_of(desk.qolhat.log), branch_book(desk.qolhat)
    down = BranchLink(desk.qolhat.log, identity, book, nowhere, settings.branch)
    for way in (down.send, down.hear):
        with pytest.raises(KafkaUnavailableError):
            way()
    assert down.state().unsent == down.state().recorded
    desk.register(50)
    apart.link(CENTRE).send()
    assert apart.link(CENTRE).state().unsent == 0
    apart.gather()
    assert _holds_once(apart.store, desk.qolhat)


def test_the_broker_dies_and_the_branch_goes_on_by_itself(
    apart: Country, killable_kafka: OwnKafka
) -> None:
    """Nobody does anything: what was done meanwhile arrives when the broker is back."""
    if apart.settings["kafka_bootstrap"] != killable_kafka.bootstrap:
        pytest.skip("the cluster that was given cannot be killed")
    desk = _works(apart)
    link, gathering = apart.link(CENTRE), apart.gatherer()
    link.start()
    _until(lambda: gathering.step().recorded > 0)
    killable_kafka.kill()
    late = desk.register(60)
    killable_kafka.restart()
    _until(lambda: _tries(gathering) and bool(apart.store.log.events_of(Packet.stream(late))))
    _until(lambda: _tries(gathering) and link.state().waiting == 0)
    link.stop()
    assert _holds_once(apart.store, desk.qolhat)


def _tries(gathering: Gatherer) -> bool:
    try:
        gathering.step()
    except KafkaUnavailableError:
        time.sleep(0.2)
    return True


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 3 * PATIENCE
    while not done():
        assert time.monotonic() < deadline


def test_a_gatherer_that_dies_before_it_answers_changes_nothing(
    apart: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it recorded is known to the next one, which answers; the branch misses no answer."""
    desk = _works(apart)
    count = apart.link(CENTRE).send()
    dying = apart.gatherer()

    def die(*_: object) -> None:
        raise KafkaUnavailableError(address="", detail="killed")

    with monkeypatch.context() as patched:
        patched.setattr(dying, "_tell", die)
        with pytest.raises(KafkaUnavailableError):
            dying.catch_up(PATIENCE)
    gathered = apart.gather()
    assert (gathered.recorded + gathered.known, gathered.aside) == (count, 0)
    assert gathered.known > 0
    assert _holds_once(apart.store, desk.qolhat)
    assert apart.link(CENTRE).hear_all(PATIENCE) == 0


def test_a_restored_branch_sends_all_again(apart: Country) -> None:
    """In its next life it knows nothing of what it sent; the country knows all of it."""
    desk = _works(apart)
    count = apart.link(CENTRE).send()
    apart.gather()
    recorded = apart.store.log.rows.last_position()
    renew_epoch(desk.qolhat.log)
    apart.links.clear()
    link = apart.link(CENTRE)
    assert link.state().position == 0
    assert link.send() == count
    gathered = apart.gather()
    assert (gathered.recorded, gathered.known) == (0, count)
    assert apart.store.log.rows.last_position() == recorded
    assert link.hear_all(PATIENCE) == 0
    assert link.state().answered == count


def test_what_has_no_answer_can_be_sent_again(apart: Country) -> None:
    """The country has lost what it was sent (the topic's time was over): send it once more."""
    _works(apart)
    link = apart.link(CENTRE)
    count = link.send()
    apart.gather()
    assert link.book.send_again() == count
    assert link.send() == count
    assert apart.gather().known == count
    assert link.hear_all(PATIENCE) == 0
    assert link.book.send_again() == 0


def test_what_cannot_be_recorded_is_set_aside_and_told(apart: Country) -> None:
    """Noise, a nameless sender, a number registered twice: the rest goes on; nothing is dropped."""
    desk, other = apart.desks[CENTRE], apart.desks[OTHER_CENTRE]
    number = desk.register(10)
    other.register_as(12, number)
    _send(apart, b"noise", "aksu")
    _send(apart, b'{"specversion":"1.0"}', "")
    for centre in (CENTRE, OTHER_CENTRE):
        apart.link(centre).send()
        apart.gather()
    aside = {each.branch: each.error for each in apart.store.far.set_aside()}
    assert aside == {
        "aksu": "unreadable-envelope",
        "": "unreadable-envelope",
        "alakol": "already-registered",
    }
    link = apart.link(OTHER_CENTRE)
    assert link.hear_all(PATIENCE) == 0
    (refused,) = [each for each in link.book.in_doubt() if each.status == "refused"]
    assert (refused.error, refused.number) == ("already-registered", number)
    assert apart.gatherer().again().aside == 3
    assert apart.store.far.count_aside() == 3


def test_what_a_later_edition_sends_is_recorded_after_the_upgrade(apart: Country) -> None:
    """A place that the country does not know yet: set aside, and recorded when it does."""
    desk = apart.desks[CENTRE]
    place = desk.qolhat.personnel.open_place(CENTRE, Role.COLLECTING, 77)
    desk.register(10)
    desk.scan(12, desk.packets[0], Role.INSPECTOR, where=place.code)
    envelope = next(
        row for page in desk.qolhat.log.pages(0) for row in page
        if leaves(row) and str(place.code) in str(row[4]) and row[3] == "pkt.scan"
    )  # fmt: skip
    identity = identity_of(desk.qolhat.log)
    _send(apart, sealed(identity, envelope)[1], "aksu")
    assert apart.gather().aside == 1
    (aside,) = apart.store.far.set_aside()
    assert (aside.id, aside.error) == (envelope_id(identity, envelope[0]), "unknown-place")
    apart.link(CENTRE).send()
    apart.gather()
    assert apart.store.far.count_aside() == 0
    assert _holds_once(apart.store, desk.qolhat)


def test_a_branch_hears_only_what_is_meant_for_its_store(apart: Country) -> None:
    """Another store of the same name, and other branches, have answers of their own."""
    _works(apart)
    _works(apart, OTHER_CENTRE, 40)
    for centre in (CENTRE, OTHER_CENTRE):
        apart.link(centre).send()
    apart.gather()
    link = apart.link(CENTRE)
    assert link.hear_all(PATIENCE) == 0
    answered = link.state().answered
    link.hear()
    assert link.state().answered == answered
    desk = apart.desks[CENTRE]
    stranger = StoreIdentity(identity_of(desk.qolhat.log).store, 1)
    own = branch_book(desk.qolhat)
    own.prepare(stranger)
    assert own.state(0).answered == 0


def _send(apart: Country, value: bytes, branch: str) -> None:
    producer = KafkaProducer(bootstrap_servers=apart.settings["kafka_bootstrap"])
    headers = [(BRANCH_HEADER, branch.encode())]
    topic = apart.settings["kafka_scans_topic"]
    producer.send(topic, key=b"k", value=value, headers=headers).get(PATIENCE)
    producer.close()
