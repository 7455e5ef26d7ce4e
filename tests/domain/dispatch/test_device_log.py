"""A device's log is believed as far as its chain holds; what is wrong is said, not mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dispatch.device_log import DeviceLog, Finding, FindingKind, LogEntry
from tests.device_logs import Device
from tests.stories import MORNING

COURIER = 3


def device(entries: int = 5) -> Device:
    """A device that has scanned a packet a minute."""
    made = Device(COURIER)
    for minute in range(entries):
        made.write("scan", f"1026700000{minute:04}", MORNING + timedelta(minutes=minute))
    return made


def received(*batches: Sequence[LogEntry], clock_off: int | None = None) -> DeviceLog:
    """The server's side after these batches."""
    log = DeviceLog.blank(DeviceLog.stream("log-1"))
    for batch in batches:
        log.receive(batch, "log-1", COURIER, 9, MORNING, clock_off)
    return log


def kinds(log: DeviceLog) -> list[tuple[FindingKind, int, int]]:
    """What is found: kind, from, to."""
    return [(each.kind, each.first, each.last) for each in log.chain.findings()]


def test_a_log_that_came_whole_has_no_findings() -> None:
    log = received(device().entries)
    assert log.chain.known == 5
    assert log.chain.findings() == []
    assert len(log.pending_events) == 1


def test_sent_twice_and_by_halves_it_is_one_log() -> None:
    entries = device().entries
    log = received(entries[:3], entries, entries[2:])
    assert log.chain.known == 5
    assert log.chain.findings() == []
    assert len(log.pending_events) == 2


def test_what_never_came_is_a_gap_until_it_comes() -> None:
    entries = device(7).entries
    log = received(entries[:2], entries[4:])
    assert log.chain.known == 2
    assert kinds(log) == [(FindingKind.GAP, 3, 4)]
    log.receive(entries, "log-1", COURIER, 9, MORNING)
    assert log.chain.findings() == []


def test_a_phone_set_back_to_an_older_state_uses_numbers_twice() -> None:
    first = device(4)
    again = Device(COURIER, entries=first.entries[:2])
    for minute in (50, 51, 52):
        again.write("scan", f"1026700009{minute:04}", MORNING + timedelta(minutes=minute))
    log = received(first.entries, again.entries)
    assert (FindingKind.ROLLBACK, 3, 4) in kinds(log)
    assert log.chain.known == 5


def test_an_entry_that_does_not_follow_breaks_the_chain() -> None:
    entries = device(4).entries
    odd = replace(entries[2], prev="f" * 64)
    odd = replace(odd, hash=odd.computed)
    log = received([*entries[:2], odd])
    assert kinds(log) == [(FindingKind.BROKEN_CHAIN, 3, 3)]


def test_a_log_that_begins_in_the_middle_is_broken_at_its_beginning() -> None:
    first = replace(device(1).entries[0], prev="a" * 64)
    log = received([replace(first, hash=first.computed)])
    assert kinds(log) == [(FindingKind.BROKEN_CHAIN, 1, 1)]


def test_an_entry_that_was_changed_shows() -> None:
    entries = device(3).entries
    log = received([entries[0], replace(entries[1], code="10267000999999"), entries[2]])
    assert kinds(log) == [(FindingKind.TAMPERED, 2, 2)]


def test_a_clock_turned_between_two_entries_shows_and_a_new_start_does_not() -> None:
    made = Device(COURIER)
    made.write("scan", "1", MORNING, mono="1000")
    made.write("scan", "2", MORNING + timedelta(hours=2, seconds=5), mono="6000")
    made.write("scan", "3", MORNING + timedelta(hours=2, seconds=9), mono="10000")
    log = received(made.entries)
    assert log.chain.findings() == [Finding(FindingKind.CLOCK_TURNED, 2, 2, 7200)]
    moved = replace(made.entries[1], boot="another")
    assert received([made.entries[0], moved]).chain.findings() == [
        Finding(FindingKind.TAMPERED, 2, 2)
    ]


def test_a_time_without_a_zone_tells_nothing_of_the_clock() -> None:
    made = device(2)
    odd = replace(made.entries[1], happened_at="2026-11-16T09:01:00")
    assert kinds(received([made.entries[0], odd])) == [(FindingKind.TAMPERED, 2, 2)]


def test_a_clock_that_was_off_when_it_sent_is_said_with_the_seconds() -> None:
    log = received(device(3).entries, clock_off=-7200)
    assert log.chain.findings() == [Finding(FindingKind.CLOCK_OFF, 1, 3, -7200)]


def test_a_proof_is_the_beginning_of_the_entry_s_hash() -> None:
    entry = device(1).entries[0]
    assert entry.proof == entry.hash[:12]
    assert len(entry.computed) == 64


def test_nothing_new_leaves_no_event() -> None:
    log = received(device(2).entries)
    log.collect_events()
    log.receive(device(2).entries, "log-1", COURIER, 9, MORNING)
    log.receive([], "log-1", COURIER, 9, MORNING)
    assert not log.pending_events


@given(st.data())
def test_in_whatever_order_and_pieces_it_comes_the_log_is_the_same(data: st.DataObject) -> None:
    entries = device(12).entries
    batches = data.draw(
        st.lists(
            st.lists(st.sampled_from(entries), min_size=1, max_size=8, unique=True), max_size=8
        )
    )
    log, whole = received(*batches, entries), received(entries)
    assert log.chain.known == whole.chain.known == 12
    assert log.chain.findings() == whole.chain.findings() == []
    assert log.chain.hashes == whole.chain.hashes


def test_a_device_that_counts_in_billions_keeps_nobody_waiting() -> None:
    far = replace(device(1).entries[0], seq=2**52)
    log = received(device(2).entries, [replace(far, hash=far.computed)])
    assert (log.chain.known, log.chain.last) == (2, 2**52)
    assert (FindingKind.GAP, 3, 2**52 - 1) in kinds(log)


@pytest.mark.parametrize("given", ["", "ab", "Z" * 64, "a" * 65])
def test_what_is_no_hash_is_kept_once_and_said(given: str) -> None:
    first, *others = device(3).entries
    odd = replace(first, hash=given)
    log = received([odd, *others], [odd, *others])
    assert log.chain.known == 3
    assert kinds(log) == [(FindingKind.TAMPERED, 1, 1)]
    assert odd.proof == first.proof  # nobody chooses the code of a proof
