"""A day is closed: its head is over all that was recorded, and the next day goes on from there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.merkle import root_of
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.errors import ConflictError, StorageError
from infra.evidence.errors import EvidenceAlteredError
from infra.evidence.leaves import BEFORE_ALL, Source, leaves_of
from infra.evidence.wiring import auditing, closing, source_of
from infra.evidence.witness import BadWitnessError, read_witness
from tests.infra.evidence.altering import alter
from tests.office import Office, SettableClock

DAY = timedelta(days=1)
ONE_DAY = 24 * 60  # minutes


def test_each_day_gets_a_head_over_all_events_until_its_end(
    qolhat: Qolhat, office: Office, clock: SettableClock
) -> None:
    number, _ = office.register(10)
    first = qolhat.log.rows.last_position()
    office.scan(ONE_DAY + 20, number, Role.COLLECTING)
    second = qolhat.log.rows.last_position()
    office.scan(2 * ONE_DAY + 20, number, Role.COURIER)  # a day that is not over
    heads = closing(qolhat).close()
    assert closing(qolhat).close() == []
    assert [head.size for head in heads] == [first, second]
    assert heads[1].day == heads[0].day + DAY
    with source_of(qolhat.settings).opened() as reader:
        leaves = leaves_of(reader.rows(BEFORE_ALL, second))
    assert [root_of(leaves[: head.size]) for head in heads] == [head.root for head in heads]
    assert all(head.is_signed() for head in heads)
    assert [read_witness(head.text) for head in heads] == heads
    audited = auditing(qolhat).run()
    assert audited.is_good, audited.findings
    assert (audited.events, audited.heads) == (second, 2)


def test_what_was_recorded_by_a_slow_clock_belongs_to_the_day_before_it_in_the_log(
    qolhat: Qolhat, office: Office, clock: SettableClock
) -> None:
    number, _ = office.register(10)
    office.scan(3 * ONE_DAY, number, Role.COLLECTING)  # a clock that was three days ahead
    office.scan(20, number, Role.COURIER)
    last = qolhat.log.rows.last_position()
    clock.at += DAY
    assert [head.size for head in closing(qolhat).close()] == [last]


def test_nothing_is_signed_on_top_of_what_was_altered(
    qolhat: Qolhat, office: Office, clock: SettableClock
) -> None:
    number, _ = office.register(10)
    clock.at += DAY
    closing(qolhat).close()
    alter(qolhat, "UPDATE evidence_heads SET size = size - 1")
    office.scan(ONE_DAY + 20, number, Role.COLLECTING)
    clock.at += DAY
    with pytest.raises(EvidenceAlteredError):
        closing(qolhat).close()


def test_of_two_that_close_at_once_one_does(
    qolhat: Qolhat, office: Office, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.register(10)
    clock.at += DAY
    fast, slow = closing(qolhat), closing(qolhat)
    book, keep = qolhat.evidence, qolhat.evidence.keep

    def keep_after_the_other(*kept: Any) -> None:
        monkeypatch.setattr(book, "keep", keep)
        fast.close()
        keep(*kept)

    monkeypatch.setattr(book, "keep", keep_after_the_other)
    with pytest.raises(ConflictError):
        slow.close()
    assert auditing(qolhat).run().is_good


@pytest.mark.parametrize("text", ["", "QH1.", "QH1.AAAA", "QP1.AAAA", "QH1.Қ", "QH1." + "A" * 235])
def test_what_is_no_witness_is_refused(text: str) -> None:
    with pytest.raises(BadWitnessError):
        read_witness(text)


def test_no_file_is_made_by_looking(tmp_path: Path) -> None:
    source = Source(tmp_path / "none.db")
    with pytest.raises(StorageError), source.opened():
        pass
    assert list(tmp_path.iterdir()) == []
