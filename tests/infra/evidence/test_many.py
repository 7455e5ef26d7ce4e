"""Logs of several chunks, with gaps between positions, over several days: audited, and proved."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing as closed
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.merkle import shared_proof
from domain.numbers import PacketNumber, packet_number
from domain.packet import Packet
from infra.bootstrap import EVENTS_FILE, Qolhat, bootstrap
from infra.evidence.audit import Kind
from infra.evidence.leaves import CHUNK
from infra.evidence.proofs import MOST_IN_A_CODE, prove, read_proof
from infra.evidence.wiring import auditing, closing
from infra.settings import Settings
from infra.store.mapper import to_micros
from tests.infra.evidence.altering import alter
from tests.office import SettableClock
from tests.stories import CENTRE, MORNING

DAYS, A_DAY = 3, 1_500  # events
PACKETS = 300
GAP = 2_000  # after this position ten are missing, as in stores of the first release


def number_of(serial: int) -> PacketNumber:
    return packet_number(CENTRE, serial)


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Qolhat]:
    """A store with three days of events, all closed."""
    settings, clock = Settings(data_dir=tmp_path), SettableClock()
    with bootstrap(settings):
        pass
    with closed(sqlite3.connect(tmp_path / EVENTS_FILE)) as store, store:
        for count in range(DAYS * A_DAY):
            turn, serial = divmod(count, PACKETS)
            at = to_micros(MORNING + timedelta(days=count // A_DAY, seconds=count % A_DAY))
            place = count + 1 + (10 if count >= GAP else 0)
            row = (place, Packet.stream(number_of(serial)).bytes, turn + 1, f'{{"r":{at}}}')
            store.execute("INSERT INTO stored_events VALUES (?, ?, ?, 'pkt.scan', ?)", row)
    clock.at = MORNING + timedelta(days=DAYS)
    with bootstrap(settings, now=clock) as qolhat:
        assert [each.size for each in closing(qolhat).close()] == [A_DAY, 2 * A_DAY, 3 * A_DAY]
        yield qolhat


@pytest.mark.parametrize("processes", [1, 2])
def test_several_processes_find_the_same(many: Qolhat, processes: int) -> None:
    told: list[tuple[int, int]] = []
    found = auditing(many).run(processes=processes, progress=lambda *done: told.append(done))
    assert found.is_good, found.findings
    assert (found.events, found.heads) == (DAYS * A_DAY, DAYS)
    assert told[-1][0] == told[-1][1]
    alter(many, "UPDATE stored_events SET topic = 'pkt.car' WHERE position = ?", 3_500)
    alter(many, "DELETE FROM stored_events WHERE position = ?", 4_200)
    alter(many, "UPDATE stored_events SET position = ? WHERE position = ?", GAP + 5, 4_400)
    found = auditing(many).run(processes=processes)
    named = [(each.kind, each.position) for each in found.findings if each.position]
    assert named == [
        (Kind.INSERTED, GAP + 5),
        (Kind.ALTERED, 3_500),
        (Kind.MISSING, 4_200),
        (Kind.MISSING, 4_400),
    ]
    assert found.findings[1].number == number_of((3_500 - 11) % PACKETS)


def test_only_the_days_own_chunks_are_hashed(many: Qolhat) -> None:
    alter(many, "UPDATE stored_events SET topic = 'pkt.car' WHERE position = 10")
    days = [each.head.day for each in many.evidence.heads()]
    assert [auditing(many).run(day=day).is_good for day in days] == [False, True, True]


def test_a_life_is_proved_in_codes_each_of_which_holds_alone(many: Qolhat) -> None:
    proofs = prove(many.log, many.evidence, number_of(7))
    assert len(proofs.events) == DAYS * A_DAY // PACKETS
    assert proofs.whole.holds
    assert read_proof(proofs.whole.text) == proofs.whole
    assert len(proofs.codes) > 1
    proved: dict[int, bytes] = {}
    for code in proofs.codes:
        read = read_proof(code.text)
        assert read.holds
        assert len(code.text) <= MOST_IN_A_CODE
        proved |= read.events
    assert proved == proofs.whole.events
    assert list(proofs.places) == [7 + PACKETS * each for each in range(len(proofs.events))]
    assert max(proofs.places) > 3 * CHUNK


def test_a_proof_of_another_leaf_or_place_does_not_hold(many: Qolhat) -> None:
    whole = prove(many.log, many.evidence, number_of(7)).whole
    place = min(whole.leaves)
    other = prove(many.log, many.evidence, number_of(8)).whole
    for events in (
        whole.events | {place: other.events[place + 1]},
        {each + 1: hashed for each, hashed in whole.events.items()},
        {each: hashed for each, hashed in whole.events.items() if each != place},
        other.events,
    ):
        assert not replace(whole, events=events).holds
    assert not replace(whole, nodes=whole.nodes[:-1]).holds
    assert not replace(whole, nodes=(*whole.nodes, b"")).holds
    assert (whole.packet, whole.holds) == (number_of(7), True)


def test_events_of_two_packets_are_no_proof_of_one(many: Qolhat) -> None:
    one, other = (prove(many.log, many.evidence, number_of(each)).whole for each in (0, 1))
    places = [min(one.events), min(other.events)]
    events = {places[0]: one.events[places[0]], places[1]: other.events[places[1]]}
    nodes = shared_proof(places, one.head.size, many.evidence.subtree(one.head.size))
    assert not replace(one, events=events, nodes=tuple(nodes)).holds
