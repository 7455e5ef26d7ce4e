"""What a late record changed of stays that were thought to be known, and which record it was."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.acts import ActKind
from domain.clocks import Clocks
from domain.packet import Packet
from domain.rescoring import Rescoring, rescorings_of
from domain.roles import Role
from domain.timeline import timeline_of
from infra.directory_files import load_directory
from tests.domain.test_calendar import RUNS, WORKDAYS
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
        (each.counted_before, each.late_before) != (each.counted_after, each.late_after)
        for each in found
    )
    minutes = [each.counted_after for each in found if each.counted_after is not None]
    assert all(each >= timedelta(0) for each in minutes)


@given(st.permutations(range(len(whole_way()))))
def test_the_last_known_figures_are_the_same_in_every_order(order: list[int]) -> None:
    events = whole_way()
    mixed = [events[index] for index in order]
    known: dict[tuple[str, str, int], timedelta | None] = {}
    for each in rescored(mixed):
        known[each.kind, each.stage, each.loop] = each.counted_after
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
