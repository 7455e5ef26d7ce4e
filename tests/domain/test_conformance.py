"""How well a packet's way fits its route: one for a step left out, one for a step too many."""

from __future__ import annotations

import pytest

from domain.acts import ActKind
from domain.conformance import Fit, Misfit, align, is_whole, model_of, steps_of
from domain.regulations.edition import Edition
from domain.roles import Role
from tests.stories import REGULATIONS, Story

CENTRE_WAY = REGULATIONS.edition("s7c-2012")
WHOLE_WAY = (
    "accept", "collect", "carry", "incoming", "to-head", "resolution", "right", "draft",
    "sign:signed", "complete", "send-back", "carry-back", "result", "issue",
)  # fmt: skip


def fit_of(story: Story) -> Fit:
    """Compare a story with its route."""
    timeline = story.timeline
    edition = REGULATIONS.edition(timeline.progress.edition)
    steps = steps_of(timeline.visits, edition)
    return align(model_of(edition), steps, whole=is_whole(timeline.progress))


def without(*left_out: str) -> tuple[str, ...]:
    return tuple(step for step in WHOLE_WAY if step not in left_out)


def fitted(steps: tuple[str, ...], *, whole: bool = True) -> Fit:
    return align(model_of(CENTRE_WAY), steps, whole=whole)


# --- steps of packets ------------------------------------------------------------------------


def test_a_packet_that_went_as_the_regulation_wants_fits_wholly() -> None:
    story = Story().through_the_centre().acted(220, ActKind.SIGNED, Role.HEAD).home_again(230)
    assert steps_of(story.timeline.visits, CENTRE_WAY) == WHOLE_WAY
    fit = fit_of(story)
    assert (fit.cost, fit.fitness, fit.misfits()) == (0, 1.0, {})


def test_a_notice_returned_and_completed_is_no_misfit() -> None:
    story = Story().through_the_centre().acted(220, ActKind.RETURNED, Role.HEAD)
    story.scanned(230, Role.EXECUTOR).acted(235, ActKind.DRAFTED, Role.EXECUTOR)
    story.scanned(240, Role.HEAD).acted(250, ActKind.SIGNED, Role.HEAD).home_again(260)
    steps = steps_of(story.timeline.visits, CENTRE_WAY)
    assert steps[8:12] == ("sign:returned", "complete", "sign:signed", "complete")
    assert fit_of(story).cost == 0


def test_what_a_packet_on_its_way_has_not_done_yet_is_not_missing() -> None:
    story = Story().registered(10).scanned(20, Role.COLLECTING)
    fit = fit_of(story)
    assert (fit.cost, fit.fitness) == (0, 1.0)
    assert steps_of(story.timeline.visits, CENTRE_WAY) == ("accept",)


def test_a_stage_that_nobody_ended_is_broken_off_and_missing() -> None:
    story = Story().registered(10).scanned(20, Role.COLLECTING).scanned(60, Role.COURIER)
    story.scanned(90, Role.OFFICE).scanned(110, Role.HEAD).acted(120, ActKind.RESOLUTION, Role.HEAD)
    story.scanned(130, Role.EXECUTOR).acted(150, ActKind.RIGHT, Role.EXECUTOR)
    story.acted(200, ActKind.DRAFTED, Role.EXECUTOR)
    fit = fit_of(story)
    assert fit.inserted == ("incoming:broken-off",)
    assert fit.skipped == ("incoming", "to-head")


def test_a_packet_astray_makes_a_step_too_many() -> None:
    story = Story().registered(10).scanned(20, Role.COLLECTING).scanned(60, Role.COURIER)
    story.scanned(70, Role.INSPECTOR, organisation=33).scanned(90, Role.OFFICE)
    fit = fit_of(story)
    assert fit.misfits() == {(Misfit.INSERTED, "astray"): 1}
    assert (fit.cost, fit.worst) == (1, 4)


def test_a_withdrawal_cuts_the_way_short_and_is_no_misfit() -> None:
    story = Story().registered(10).scanned(20, Role.COLLECTING)
    story.acted(30, ActKind.WITHDRAWN, Role.INSPECTOR)
    assert fit_of(story).cost == 0


# --- the cheapest explanation ----------------------------------------------------------------


@pytest.mark.parametrize("step", WHOLE_WAY)
def test_each_step_left_out_costs_one(step: str) -> None:
    fit = fitted(without(step))
    assert (fit.cost, fit.skipped, fit.inserted) == (1, (step,), ())
    assert fit.fitness == pytest.approx(1 - 1 / (13 + 14))


def test_each_step_too_many_costs_one() -> None:
    fit = fitted((*WHOLE_WAY[:3], "astray", *WHOLE_WAY[3:], "astray"))
    assert (fit.cost, fit.skipped, fit.inserted) == (2, (), ("astray", "astray"))


def test_a_step_out_of_place_is_left_out_there_and_too_many_here() -> None:
    swapped = (*WHOLE_WAY[:6], "draft", "right", *WHOLE_WAY[8:])
    fit = fitted(swapped)
    assert fit.cost == 2
    assert sum(fit.misfits().values()) == 1
    assert {kind for kind, _ in fit.misfits()} == {Misfit.MOVED}


def test_a_notice_that_the_head_returned_and_nobody_signed_does_not_fit() -> None:
    """Either the head should have signed instead, or a completion and a signature are missing."""
    returned = tuple("sign:returned" if step == "sign:signed" else step for step in WHOLE_WAY)
    fit = fitted(returned)
    assert fit.cost == 2
    assert "sign:signed" in fit.skipped


def test_a_way_that_is_not_over_is_compared_with_a_beginning_only() -> None:
    begun = WHOLE_WAY[:5]
    assert fitted(begun, whole=False).cost == 0
    assert fitted(begun, whole=True).cost == 9
    assert fitted((), whole=False).fitness == 1.0
    assert fitted((), whole=True).fitness == 0.0


@pytest.mark.parametrize("edition", list(REGULATIONS), ids=lambda edition: edition.id)
def test_every_edition_has_a_way_from_its_beginning_to_its_end(edition: Edition) -> None:
    model = model_of(edition)
    assert model.ends
    assert 0 < model.least <= len(edition.stages)
