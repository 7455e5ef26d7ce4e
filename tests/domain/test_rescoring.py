"""What a late record changed of stays that were thought to be known, and which record it was."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.acts import ActKind
from domain.clocks import Clocks
from domain.packet import Packet
from domain.rescoring import (
    CalendarRescoring,
    Rescoring,
    calendar_rescorings_of,
    rescorings_of,
)
from domain.roles import Role
from domain.timeline import timeline_of
from domain.workdays import ChangedDay, parse_workdays
from infra.directory_files import load_directory
from tests.domain.test_calendar import KZ, RUNS, WORKDAYS
from tests.stories import REGULATIONS, Story

CLOCKS = Clocks(load_directory(), WORKDAYS, RUNS)


def events_of(story: Story) -> list[Packet.Event]:
    return [each for each in story.packet.pending_events if isinstance(each, Packet.Event)]


def rescored(events: list[Packet.Event]) -> list[Rescoring]:
    return rescorings_of(events, REGULATIONS, CLOCKS)


def whole_way() -> list[Packet.Event]:
    story = Story().through_the_centre()
    return events_of(story.acted(220, ActKind.SIGNED, Role.HEAD).home_again(230))


def test_what_comes_in_order_changes_nothing_that_was_known() -> None:
    assert rescored(whole_way()) == []
    assert rescored([]) == []


def test_a_scan_that_comes_late_says_what_it_changed() -> None:
    events = whole_way()
    scans = [event for event in events if type(event) is Packet.Scanned]
    late = scans[2]
    found = rescored([*(event for event in events if event is not late), late])
    assert found
    assert {each.event.ref for each in found} == {late.ref}
    assert all(
        (each.before.counted, each.before.late) != (each.after.counted, each.after.late)
        for each in found
    )
    minutes = [each.after.counted for each in found if each.after.counted is not None]
    assert all(each >= timedelta(0) for each in minutes)


@given(st.permutations(range(len(whole_way()))))
def test_the_last_known_figures_are_the_same_in_every_order(order: list[int]) -> None:
    events = whole_way()
    mixed = [events[index] for index in order]
    known: dict[tuple[str, str, int], timedelta | None] = {}
    for each in rescored(mixed):
        known[each.kind, each.stage, each.loop] = each.after.counted
    edition = REGULATIONS.edition("s7c-2012")
    final = {
        (visit.kind, visit.stage, visit.loop): CLOCKS.measure(
            visit, edition.stage(visit.stage) if visit.kind == "stage" else None
        )
        for visit in timeline_of(events, REGULATIONS).visits
        if visit.left_at is not None
    }
    for key, counted in known.items():
        if counted is not None:  # a stay that went may come back: known for the first time
            assert counted == final[key].counted


def recalendared(known_from: str, *rows: str) -> list[CalendarRescoring]:
    """What a file of working days with rows that became known then changes of a packet's stays."""
    told = KZ.replace('transfers = "none"', 'transfers = "listed"')
    for row in rows:
        told += f'\n[[day]]\n{row}\nsource = "Resolution 1"\nknown_from = {known_from}\n'
    clocks = Clocks(load_directory(), parse_workdays(told, source="test"), RUNS)
    return calendar_rescorings_of(timeline_of(whole_way(), REGULATIONS), REGULATIONS, clocks)


def test_a_day_that_became_a_day_off_later_re_scores_what_had_ended() -> None:
    found = recalendared("2026-11-20", 'date = 2026-11-16\nkind = "day-off"')
    of_stages = {each.stage: each for each in found if each.kind == "stage"}
    head = of_stages["to-head"]
    assert head.known_from == date(2026, 11, 20)
    assert head.days == (ChangedDay(date(2026, 11, 16), "day-off", "Resolution 1"),)
    assert head.before.counted is not None
    assert head.before.counted > timedelta(0)
    assert head.after.counted == timedelta(0)


def test_what_ended_after_the_change_was_known_or_is_not_touched_by_it_is_not_told() -> None:
    assert recalendared("2026-11-16", 'date = 2026-11-16\nkind = "day-off"') == []
    assert recalendared("2026-11-20", 'date = 2026-12-07\nkind = "day-off"') == []
    assert recalendared("2026-11-20") == []


def test_changes_are_told_one_by_one_and_the_last_is_the_calendar_in_use() -> None:
    told = KZ.replace('transfers = "none"', 'transfers = "listed"')
    for day, known in (("16", "20"), ("17", "21")):
        told += f'\n[[day]]\ndate = 2026-11-{day}\nkind = "day-off"\nsource = "R"\n'
        told += f"known_from = 2026-11-{known}\n"
    workdays = parse_workdays(told, source="test")
    first, second = workdays.changes
    assert (first.known_from.day, second.known_from.day) == (20, 21)
    assert first.before == WORKDAYS
    assert first.after == second.before
    assert second.after == workdays
