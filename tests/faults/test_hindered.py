"""Servers are away, full or slow, partitions change hands, messages come twice, clocks jump."""

from __future__ import annotations

from tests.faults.conftest import Play
from tests.faults.country import API, RELAYS, WORKERS, Country
from tests.faults.scenarios import broker_away, disk_full, pause

_A_SHORT_SILENCE = 10.0  # seconds: what asks the broker for nothing need not wait for it


def test_postgres_is_restarted_under_load(played: Play) -> None:
    played("restart PostgreSQL")


def test_scans_do_not_wait_for_a_broker_that_is_away(played: Play) -> None:
    done = played("broker away", broker_away(5))
    assert done.silence < _A_SHORT_SILENCE


def test_a_full_disk_refuses_scans_clearly_and_keeps_what_was_acknowledged(
    country: Country, played: Play
) -> None:
    before = country.load.diary.refused.copy()
    played("disk full", disk_full(2))
    refused = country.load.diary.refused - before
    told = {why for why in refused if why[:3].isdigit()}
    assert told, refused
    assert told <= {"507 storage-full", "503 storage-failed"}


def test_a_process_that_stands_still_for_a_while_does_no_harm(played: Play) -> None:
    played("pause", pause((API,), 1), pause(RELAYS, 2), pause(WORKERS, 2))


def test_workers_come_and_go_under_load(played: Play) -> None:
    played("rebalance")


def test_messages_that_come_again_are_taken_in_once(country: Country, played: Play) -> None:
    before = len(country.repeated)
    played("repeat")
    assert len(country.repeated) > before


def test_clocks_jump_to_and_fro(played: Play) -> None:
    played("clock jumps")


def test_slow_lines_that_hold_their_breath_and_are_cut(played: Play) -> None:
    played("slow network")
