"""The same history by another edition's norms: side by side, and nothing is rewritten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from domain.acts import ActKind
from domain.norms import NormUnit
from domain.regulations.edition import Edition, NormText
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.exports.wanted import Wanted
from infra.what_if import Compared, Only, Share, what_if
from projections.visits import Visits
from tests.office import Office
from tests.stories import AUTHORITY, OTHER_AUTHORITY, PEOPLE

EVERYTHING = Wanted()


def asked(qolhat: Qolhat, other: Edition, wanted: Wanted = EVERYTHING) -> dict[str, Compared]:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        found = what_if(reading, qolhat.views.knowledge, other, wanted)
    return {each.stage.key: each for each in found}


def only(qolhat: Qolhat, edition: Edition, **which: Any) -> list[str]:
    with qolhat.views.reading() as reading:
        found = what_if(reading, qolhat.views.knowledge, edition, EVERYTHING, Only(**which))
    return [each.stage.key for each in found]


def test_one_stage_and_one_persons_stays_are_meant(office: Office, qolhat: Qolhat) -> None:
    day(office)
    edition = qolhat.regulations.edition("s7c-2012")
    assert {"accept", "collect", "incoming"} <= set(asked(qolhat, edition))
    assert only(qolhat, edition, stage="incoming") == ["incoming"]
    assert only(qolhat, edition, person=PEOPLE[Role.OFFICE]) == ["incoming"]
    assert only(qolhat, edition, stage="accept", person=PEOPLE[Role.OFFICE]) == []
    of_this = Wanted(service="003-7")
    assert asked(qolhat, edition, of_this) == asked(qolhat, edition)
    assert asked(qolhat, edition, Wanted(service="002")) == {}


def day(office: Office) -> None:
    """Three packets get to the authority's office, which takes 5, 15 and 60 minutes."""
    for minute, taken in ((10, 5), (20, 15), (30, 60)):
        number = office.until_the_courier(minute)
        office.scan(minute + 80, number, Role.OFFICE)
        office.act(minute + 80 + taken, ActKind.INCOMING, Role.OFFICE, number)


def shorter(edition: Edition, minutes: int, without: str = "") -> Edition:
    """The edition with this norm in every stage, and without one stage."""
    stages = tuple(
        msgspec.structs.replace(each, norm=NormText(NormUnit.MINUTE, minutes))
        for each in edition.stages
        if each.key != without
    )
    return msgspec.structs.replace(edition, id="other", stages=stages)


def test_stages_are_shown_by_both_norms(office: Office, qolhat: Qolhat) -> None:
    day(office)
    edition = qolhat.regulations.edition("s7c-2012")
    told = asked(qolhat, shorter(edition, 5))["incoming"]
    assert told.count == 3
    assert (told.own.judged, told.own.within) == (3, 2)
    assert (told.other.judged, told.other.within) == (3, 1)
    assert told.other.share_within == 1 / 3
    assert told.other.overrun > told.own.overrun
    without = asked(qolhat, shorter(edition, 5, without="incoming"))["incoming"]
    assert without.norm is None
    assert without.other == Share()
    assert without.other.share_within is None


def test_by_the_own_edition_both_sides_are_the_figures_of_the_view(
    office: Office, qolhat: Qolhat
) -> None:
    day(office)
    told = asked(qolhat, qolhat.regulations.edition("s7c-2012"))
    with qolhat.views.reading() as reading:
        timings = reading.view(Visits).timings(reading.connection)
    shown = {each.stage: (each.judged, each.within) for each in timings if each.kind == "stage"}
    assert {key: (each.own.judged, each.own.within) for key, each in told.items()} == shown
    assert all(each.own == each.other for each in told.values())


def test_another_services_edition_another_office_and_another_day_show_nothing(
    office: Office, qolhat: Qolhat
) -> None:
    day(office)
    edition = qolhat.regulations.edition("s7c-2012")
    assert asked(qolhat, qolhat.regulations.edition("uc-2011")) == {}
    assert asked(qolhat, edition, Wanted(organisations=[OTHER_AUTHORITY])) == {}
    at_the_authority = asked(qolhat, edition, Wanted(organisations=[AUTHORITY]))
    assert list(at_the_authority) == ["incoming"]
    later = replace(EVERYTHING, since=office.at(10_000))
    assert asked(qolhat, edition, later) == {}
    assert asked(qolhat, edition, Wanted(until=office.at(10_000))).keys() > {"incoming"}
