"""The view of pages that wait: whatever the order in which events become known."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations
from typing import Any

import pytest

from domain.filing import PageDoubt
from domain.loose_pages import LoosePage
from domain.numbers import PacketNumber
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.store.mapper import CompactMapper
from infra.views.rebuild import rebuild, verify
from projections.loose_pages import LoosePageRow, LoosePages
from projections.unsettled import Fate
from tests.office import Office
from tests.scanned import filing, page
from tests.stories import AUTHORITY, place

NUMBER = PacketNumber(10267000000123)


def ask(qolhat: Qolhat, question: str, *values: Any, **named: Any) -> Any:
    """Ask the view after all that was recorded."""
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        return getattr(reading.view(LoosePages), question)(reading.connection, *values, **named)


def events(office: Office) -> list[LoosePage.Event]:
    """A page that waited and was given to a packet, as another store has recorded it."""
    kept = {"ref": "a", "doubt": PageDoubt.NO_CODE.value, "file": "f", "page": 3}
    settled = {"ref": "s", "loose": "a", "settlement": "apply", "packet": NUMBER}
    return [
        happened(LoosePage.Kept, 1, office.at(70), kept),
        happened(LoosePage.Settled, 2, office.at(80), settled),
    ]


def happened(event_class: Any, version: int, at: datetime, facts: dict[str, Any]) -> Any:
    """An event at the office."""
    return event_class(
        originator_id=LoosePage.stream("a"),
        originator_version=version,
        timestamp=at,
        place=place(Role.OFFICE),
        person=4,
        device=9,
        counter=1,
        happened_at=at,
        **facts,
    )


@pytest.mark.parametrize("order", list(permutations(range(2))))
@pytest.mark.parametrize("together", [False, True])
def test_a_page_and_the_decision_about_it_show_the_same_in_any_order(
    office: Office, qolhat: Qolhat, order: tuple[int, ...], *, together: bool
) -> None:
    told = events(office)
    for index in order:
        qolhat.log.rows.insert_events([CompactMapper().to_stored_event(told[index])])
        if not together:
            assert ask(qolhat, "count") == (1 if index == 0 and order[0] == 0 else 0)
            assert (ask(qolhat, "of", "a") is None) == (index == 1 and order[0] == 1)
    row = ask(qolhat, "of", "a")
    assert isinstance(row, LoosePageRow)
    assert (row.fate, row.number, row.page, row.organisation) == (
        Fate.APPLIED, NUMBER, 3, AUTHORITY,
    )  # fmt: skip
    assert (row.recorded_at, row.settled_at) == (office.at(70), office.at(80))
    assert ask(qolhat, "waiting") == []


def test_the_views_are_rebuilt_as_they_were(office: Office, qolhat: Qolhat) -> None:
    number = office.until_the_courier()
    desk = qolhat.desk
    desk.file(filing(office.source(90, Role.OFFICE), "a", page(), page(number), page()))
    desk.file(filing(office.source(91, Role.OFFICE), "b", page(), page(), page(), page("x")))
    before = ask(qolhat, "waiting")
    assert [(row.page, row.doubt) for row in before] == [
        (1, "no-code"), (1, "no-code"), (2, "no-code"), (3, "no-code"), (4, "bad-code"),
    ]  # fmt: skip
    assert [row.page for row in ask(qolhat, "following", before[1])] == [2, 3]
    assert ask(qolhat, "following", before[0]) == []
    assert verify(qolhat.log, qolhat.views).differences == ()
    rebuild(qolhat.log, qolhat.views)
    assert ask(qolhat, "waiting") == before
