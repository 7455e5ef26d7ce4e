"""Stories of the regulation: what scans and acts, in whatever order they arrive, mean together."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise

import pytest

from domain.acts import ActKind, Handing, Outcome
from domain.commands import Settlement
from domain.numbers import PlaceCode, place_organisation
from domain.packet import Packet
from domain.progress import Progress, Status, Visit
from domain.roles import Role
from domain.timeline import Timeline, in_doubt, is_late, timeline_of
from domain.walk import Walk
from tests.stories import (
    AUTHORITY,
    CENTRE,
    MORNING,
    OTHER_AUTHORITY,
    PEOPLE,
    REGULATIONS,
    Story,
    place,
)

A = ActKind
R = Role


def stages(story: Story) -> list[str]:
    """The stages in order, hand-overs left out."""
    return [stage for kind, stage, _ in story.stays if kind == "stage"]


def status(story: Story) -> Status:
    """What has become of the packet."""
    return story.timeline.progress.status


def the_way_back(story: Story) -> Story:
    """Signed at 220, home at once."""
    return story.acted(220, A.SIGNED, R.HEAD).home_again(230)


def test_a_packet_goes_through_the_centre_as_the_regulation_wants_it() -> None:
    story = the_way_back(Story().through_the_centre())
    assert stages(story) == [s.key for s in REGULATIONS.edition("s7c-2012").stages]
    assert story.deviations == []
    progress = story.timeline.progress
    assert progress.status is Status.ISSUED
    assert progress.rendered_at == MORNING + timedelta(minutes=320)  # collecting scans the result


def test_time_is_gapless_from_acceptance_to_issue() -> None:
    visits = the_way_back(Story().through_the_centre()).timeline.visits
    for before, after in pairwise(visits):
        assert before.left_at == after.entered_at
    assert visits[0].entered_at == MORNING  # when the papers were handed in


def test_the_time_until_the_next_holder_accepts_is_a_handover_of_the_giver() -> None:
    story = Story().registered(10)
    kind, stage, _ = story.stays[-1]
    assert (kind, stage) == ("handover", "collect")
    progress = story.timeline.progress
    assert (progress.place, progress.person) == (place(R.INSPECTOR), PEOPLE[R.INSPECTOR])
    story.scanned(25, R.COLLECTING)
    assert ("handover", "collect", 15) in story.stays
    assert story.timeline.progress.place == place(R.COLLECTING)


def test_the_head_returns_the_notice_the_executor_completes_it() -> None:
    story = Story().through_the_centre().acted(220, A.RETURNED, R.HEAD)
    story.scanned(225, R.EXECUTOR).scanned(240, R.HEAD).acted(245, A.SIGNED, R.HEAD)
    story.home_again(250)
    assert story.deviations == []
    loops = [(v.stage, v.loop) for v in story.timeline.visits if v.kind == "stage"]
    assert ("sign", 1) in loops
    assert ("sign", 2) in loops
    assert ("complete", 2) in loops


def test_a_returned_notice_may_be_drafted_anew_a_signed_one_may_not() -> None:
    story = Story().through_the_centre().acted(220, A.RETURNED, R.HEAD).scanned(225, R.EXECUTOR)
    story.acted(230, A.DRAFTED, R.EXECUTOR).scanned(240, R.HEAD)
    assert stages(story)[-1] == "sign"
    story.acted(245, A.SIGNED, R.HEAD).scanned(250, R.EXECUTOR)
    assert story.deviations == []
    story.acted(255, A.DRAFTED, R.EXECUTOR)
    assert story.deviations == ["out-of-turn"]
    assert stages(story)[-1] == "complete"


def test_the_head_returns_the_notice_as_often_as_it_takes() -> None:
    story = Story().through_the_centre()
    for turn in range(5):
        minute = 220 + 20 * turn
        story.acted(minute, A.RETURNED, R.HEAD).scanned(minute + 5, R.EXECUTOR)
        story.scanned(minute + 10, R.HEAD)
    story.acted(330, A.SIGNED, R.HEAD)
    assert story.deviations == []
    assert max(v.loop for v in story.timeline.visits if v.stage == "sign") == 6


def test_inside_an_authority_the_returned_notice_goes_back_to_drafting() -> None:
    story = Story(edition="s7a-2012").registered(5, at=R.OFFICE, organisation=AUTHORITY)
    story.scanned(10, R.HEAD).acted(20, A.RESOLUTION, R.HEAD).scanned(30, R.EXECUTOR)
    story.acted(60, A.RIGHT, R.EXECUTOR).acted(90, A.DRAFTED, R.EXECUTOR).scanned(95, R.HEAD)
    story.acted(100, A.RETURNED, R.HEAD).scanned(110, R.EXECUTOR)
    assert stages(story)[-1] == "draft"
    story.acted(120, A.DRAFTED, R.EXECUTOR).scanned(125, R.HEAD).acted(130, A.SIGNED, R.HEAD)
    story.scanned(135, R.EXECUTOR).acted(150, A.ISSUED, R.EXECUTOR, handing=Handing.POSTED)
    assert story.deviations == []
    assert status(story) is Status.ISSUED
    hand_out = story.timeline.visits[-1]
    assert hand_out.clock_from == hand_out.entered_at  # posted: nobody was waited for


def test_an_akim_stands_in_the_heads_place() -> None:
    story = Story(edition="s6k-2012").registered(1, at=R.OFFICE, organisation=AUTHORITY)
    story.scanned(2, R.AKIM, organisation=AUTHORITY)
    story.acted(3, A.RESOLUTION, R.AKIM, organisation=AUTHORITY)
    story.scanned(4, R.EXECUTOR).acted(5, A.RIGHT, R.EXECUTOR).acted(6, A.DRAFTED, R.EXECUTOR)
    story.scanned(7, R.AKIM, organisation=AUTHORITY)
    story.acted(8, A.SIGNED, R.AKIM, organisation=AUTHORITY)
    story.scanned(9, R.EXECUTOR).acted(10, A.ISSUED, R.EXECUTOR)
    assert story.deviations == []
    assert stages(story) == ["accept", "resolution", "check", "draft", "sign", "hand-out"]


def test_a_skipped_scan_is_a_move_with_a_deviation() -> None:
    story = Story().registered(10).scanned(60, R.COURIER)
    assert story.deviations == ["skipped"]
    assert stages(story)[-1] == "carry"


def test_a_packet_that_goes_on_without_its_act_says_so() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.scanned(90, R.OFFICE).scanned(100, R.HEAD).scanned(110, R.EXECUTOR)
    assert story.deviations == ["skipped", "act-missing", "act-missing"]
    assert stages(story)[-1] == "right"


def test_a_packet_brought_back_before_it_was_signed_went_back() -> None:
    story = Story().through_the_centre().scanned(230, R.OFFICE)
    assert story.deviations == ["went-back"]
    assert stages(story)[-1] == "to-head"


def test_a_packet_delivered_to_the_wrong_authority_is_there_all_the_same() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.scanned(90, R.OFFICE, organisation=OTHER_AUTHORITY)
    progress = story.timeline.progress
    assert progress.place is not None
    assert place_organisation(progress.place) == OTHER_AUTHORITY
    assert story.deviations == ["wrong-organisation"]
    assert story.stays[-1][0] == "astray"
    story.scanned(200, R.OFFICE)
    assert stages(story)[-1] == "incoming"
    assert story.deviations == ["wrong-organisation"]


def test_scanning_it_again_at_the_same_place_changes_nothing() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING)
    before = story.stays
    story.scanned(25, R.COLLECTING)
    assert story.stays == before
    assert story.deviations == []
    handed_over = Story().registered(10).scanned(12, R.INSPECTOR)
    assert handed_over.deviations == []
    assert handed_over.stays[-1][:2] == ("handover", "collect")


def test_another_executor_than_the_named_one_takes_it() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.scanned(90, R.OFFICE).acted(95, A.INCOMING, R.OFFICE).scanned(100, R.HEAD)
    story.acted(110, A.RESOLUTION, R.HEAD, executor=66).scanned(120, R.EXECUTOR)
    assert story.deviations == ["other-executor"]


def test_the_head_signs_a_packet_that_was_never_scanned_in() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.scanned(90, R.OFFICE).acted(95, A.INCOMING, R.OFFICE).scanned(100, R.HEAD)
    story.acted(110, A.RESOLUTION, R.HEAD).scanned(120, R.EXECUTOR)
    story.acted(130, A.RIGHT, R.EXECUTOR).acted(140, A.DRAFTED, R.EXECUTOR)
    story.acted(150, A.SIGNED, R.HEAD)
    assert story.deviations == ["not-accepted"]
    assert ("stage", "sign", 0) in story.stays
    assert not story.timeline.progress.verified  # concluded from an act, not scanned


def test_an_act_out_of_turn_is_recorded_with_what_it_skipped() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.scanned(90, R.OFFICE).acted(100, A.SIGNED, R.HEAD)
    assert story.deviations == ["out-of-turn", "skipped"]
    assert story.timeline.progress.last_act == "signed"
    assert story.stays[-1][:2] == ("handover", "complete")


def test_an_act_of_an_earlier_stage_moves_nothing() -> None:
    story = Story().through_the_centre()
    before = story.stays
    story.acted(215, A.INCOMING, R.OFFICE)
    assert story.deviations == ["out-of-turn"]
    assert [stay[:2] for stay in story.stays] == [stay[:2] for stay in before]


def test_lost_can_become_found() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.acted(300, A.LOST, R.COURIER)
    assert status(story) is Status.LOST
    assert story.stays[-1] == ("lost", "carry", None)
    assert story.timeline.progress.place == place(R.COURIER)  # the last who verifiably had it
    story.scanned(400, R.OFFICE)
    assert status(story) is Status.ON_THE_WAY
    assert stages(story)[-1] == "incoming"
    assert story.deviations == ["found"]


def test_found_by_an_act_without_a_scan() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).acted(30, A.LOST, R.COLLECTING)
    story.acted(60, A.FOUND, R.COLLECTING)
    assert status(story) is Status.ON_THE_WAY
    assert stages(story)[-1] == "collect"


def test_a_result_not_collected_for_a_month_is_handed_back() -> None:
    story = Story().through_the_centre().acted(220, A.SIGNED, R.HEAD)
    story.scanned(230, R.EXECUTOR).scanned(240, R.OFFICE).acted(250, A.SENT_BACK, R.OFFICE)
    story.scanned(300, R.COURIER).scanned(320, R.COLLECTING).scanned(330, R.INSPECTOR)
    assert status(story) is Status.RENDERED
    story.acted(50_000, A.HANDED_BACK, R.INSPECTOR)
    assert status(story) is Status.HANDED_BACK
    assert story.deviations == []
    story.scanned(50_100, R.COURIER)
    assert story.deviations == ["after-the-end"]
    assert story.timeline.progress.place == place(R.COURIER)


def test_the_applicant_withdraws_the_papers() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).acted(30, A.WITHDRAWN, R.INSPECTOR)
    assert status(story) is Status.WITHDRAWN
    assert story.timeline.progress.open is None


def test_giving_out_is_timed_from_the_applicants_coming() -> None:
    issue = the_way_back(Story().through_the_centre()).timeline.visits[-1]
    assert issue.stage == "issue"
    assert issue.clock_from == MORNING + timedelta(minutes=340)
    silent = Story().through_the_centre().acted(220, A.SIGNED, R.HEAD)
    silent.scanned(230, R.EXECUTOR).scanned(240, R.OFFICE).acted(250, A.SENT_BACK, R.OFFICE)
    silent.scanned(300, R.COURIER).scanned(320, R.COLLECTING).scanned(330, R.INSPECTOR)
    silent.acted(400, A.ISSUED, R.INSPECTOR)
    assert silent.timeline.visits[-1].clock_from is None  # not recorded: not judged


def test_a_scan_from_before_the_registration_moves_nothing() -> None:
    story = Story().scanned(5, R.COURIER).registered(10)
    assert story.deviations == ["before-registration"]
    assert stages(story) == ["accept"]
    assert story.timeline.progress.place == place(R.INSPECTOR)


def test_a_scan_that_arrives_before_its_registration_counts_from_then_on() -> None:
    early = Story().scanned(20, R.COLLECTING)
    assert early.timeline.progress.status is Status.UNREGISTERED
    early.registered(10)
    assert early.stays == Story().registered(10).scanned(20, R.COLLECTING).stays
    assert early.deviations == []


def test_a_scan_in_doubt_moves_nothing_until_it_is_settled() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING)
    story.scanned(30, R.COURIER, doubt="not-their-place", ref="doubtful")
    assert stages(story) == ["accept", "collect"]
    assert [scan.ref for scan in story.timeline.doubted] == ["doubtful"]
    story.settled(60, "doubtful", Settlement.APPLY)
    assert stages(story) == ["accept", "collect", "carry"]
    assert story.timeline.visits[-1].entered_at == MORNING + timedelta(minutes=30)


def test_a_settled_scan_can_be_put_right() -> None:
    story = Story().registered(10)
    story.scanned(9000, R.COURIER, doubt="in-the-future", ref="clock")
    story.settled(
        60,
        "clock",
        Settlement.APPLY,
        place=place(R.COLLECTING),
        scanned_at=MORNING + timedelta(minutes=20),
    )
    assert story.stays == Story().registered(10).scanned(20, R.COLLECTING).stays


def test_a_dismissed_scan_never_was() -> None:
    story = Story().registered(10).scanned(20, R.COURIER, doubt="not-their-place", ref="no")
    story.settled(60, "no", Settlement.DISMISS)
    assert story.stays == Story().registered(10).stays
    assert story.timeline.doubted == []


def test_a_scan_voided_by_its_author_within_a_minute_never_was() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING)
    story.scanned(30, R.COURIER, ref="slip").voided(30.5, "slip", person=PEOPLE[R.COURIER])
    assert story.stays == Story().registered(10).scanned(20, R.COLLECTING).stays


def test_a_late_scan_of_another_person_overrules_the_voiding() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING)
    story.scanned(30, R.COURIER, ref="slip").voided(30.5, "slip", person=PEOPLE[R.COURIER])
    story.scanned(30.2, R.OFFICE, recorded=90)
    assert stages(story) == ["accept", "collect", "carry", "incoming"]
    assert story.deviations == ["void-overruled"]


def test_a_device_clock_in_the_future_is_noted_at_the_act() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.scanned(90, R.OFFICE)
    story.acted(95, A.INCOMING, R.OFFICE, claimed_at=MORNING + timedelta(days=300))
    assert story.deviations == ["clock-ahead"]
    assert story.stays[-1][:2] == ("stage", "to-head")


def test_printing_a_damaged_label_anew_moves_nothing() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING)
    before = story.stays
    assert story.acted(30, A.RELABELLED, R.COLLECTING).stays == before


def test_a_notice_that_refuses_keeps_its_outcome() -> None:
    story = (
        Story()
        .registered(10)
        .acted(20, A.DRAFTED, R.EXECUTOR, outcome=Outcome.REFUSED, text_ref="vault/1")
    )
    assert story.timeline.progress.outcome == "refused"


def busy_story() -> Story:
    """A packet to which everything happens."""
    story = Story().registered(10).scanned(20, R.COLLECTING)
    story.scanned(30, R.COURIER, ref="slip").voided(30.5, "slip", person=PEOPLE[R.COURIER])
    story.scanned(60, R.COURIER).scanned(80, R.OFFICE, organisation=OTHER_AUTHORITY)
    story.scanned(90, R.OFFICE).acted(100, A.INCOMING, R.OFFICE).scanned(110, R.HEAD)
    story.acted(120, A.RESOLUTION, R.HEAD).scanned(130, R.EXECUTOR)
    story.scanned(135, R.COURIER, doubt="not-their-place", ref="doubt")
    story.acted(150, A.RIGHT, R.EXECUTOR).acted(200, A.DRAFTED, R.EXECUTOR)
    story.acted(205, A.LOST, R.EXECUTOR).scanned(210, R.HEAD)
    story.acted(220, A.RETURNED, R.HEAD).scanned(225, R.EXECUTOR).scanned(240, R.HEAD)
    story.settled(241, "doubt", Settlement.DISMISS)
    return story.acted(245, A.SIGNED, R.HEAD).home_again(250)


def told(timeline: Timeline) -> tuple[list[Visit], dict[str, object], Progress]:
    """What must be the same in whatever order the events arrived."""
    return timeline.visits, dict(timeline.notes), timeline.progress


@pytest.mark.parametrize("seed", range(50))
def test_late_and_shuffled_events_give_the_same_visits_as_punctual_ones(seed: int) -> None:
    events = list(busy_story().packet.entries)
    punctual = told(timeline_of(events, REGULATIONS))
    random.Random(seed).shuffle(events)
    assert told(timeline_of(events, REGULATIONS)) == punctual


@pytest.mark.parametrize("seed", range(50))
def test_going_on_event_by_event_is_the_same_as_starting_anew(seed: int) -> None:
    """As the views do it: walk on while events come in order, start anew when one is late."""
    events = list(busy_story().packet.entries)
    rng = random.Random(seed)
    for _ in range(rng.randrange(4)):  # a few come late
        events.insert(rng.randrange(len(events)), events.pop(rng.randrange(len(events))))
    progress, visits, seen = Progress(), {}, []
    walk = Walk(progress, REGULATIONS)
    for event in events:
        seen.append(event)
        if in_doubt(event):
            continue
        if is_late(walk.progress, event):
            anew = timeline_of(seen, REGULATIONS)
            walk, visits = Walk(anew.progress, REGULATIONS), {v.seq: v for v in anew.visits}
            continue
        walk.take(event)
        visits.update(walk.touched)
    whole = timeline_of(events, REGULATIONS)
    assert [visits[seq] for seq in sorted(visits)] == whole.visits
    assert walk.progress == whole.progress


def test_a_story_at_one_instant_is_ordered_by_device_counter() -> None:
    story = Story().registered(10, began=10)
    story.scanned(10, R.COLLECTING).scanned(10, R.COURIER)
    assert stages(story) == ["accept", "collect", "carry"]
    assert story.deviations == []


def test_a_place_of_the_centre_that_is_not_on_the_route_is_unexpected() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING)
    story.scanned(30, R.HEAD, organisation=CENTRE)
    assert story.deviations == ["unexpected-place"]
    assert story.stays[-1][0] == "astray"


def test_the_packet_remembers_its_two_organisations() -> None:
    progress = Story().registered(10).timeline.progress
    assert (progress.accepting, progress.deciding) == (CENTRE, AUTHORITY)
    assert isinstance(progress.place, int)
    assert PlaceCode(progress.place) == place(R.INSPECTOR)
    assert Packet.stream(Story().number) == Story().packet.id
