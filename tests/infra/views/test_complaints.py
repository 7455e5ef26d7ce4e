"""The view of written complaints [002 §24], on every store: what is to be answered, and by when."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.store.mapper import CompactMapper
from infra.views.rebuild import rebuild, verify
from projections.complaints import ComplaintRow, Complaints
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, PEOPLE, place

A_DAY = 24 * 60


def ask(qolhat: Qolhat, question: str, *values: Any, **named: Any) -> Any:
    """Ask the view after all that was recorded."""
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        return getattr(reading.view(Complaints), question)(reading.connection, *values, **named)


def refs(rows: list[ComplaintRow]) -> list[str]:
    """The ids of complaints, in their order."""
    return [row.ref for row in rows]


def test_open_complaints_stand_in_the_order_of_their_answers(
    office: Office, qolhat: Qolhat
) -> None:
    first, second = office.until_the_courier(10), office.until_the_courier(12)
    office.complain(70, first, 5 * A_DAY, ref="calm")
    office.complain(71, second, 2 * A_DAY, ref="urgent")
    office.complain(72, first, 3 * A_DAY, ref="at-the-centre", role=Role.INSPECTOR)
    office.complain(73, first, A_DAY, ref="done")
    office.answer_complaint(90, first, "done")
    assert refs(ask(qolhat, "open")) == ["urgent", "at-the-centre", "calm"]
    assert refs(ask(qolhat, "open", CENTRE)) == ["at-the-centre"]
    assert refs(ask(qolhat, "open", AUTHORITY, office.at(5 * A_DAY))) == ["urgent"]
    assert refs(ask(qolhat, "open", limit=1)) == ["urgent"]
    assert refs(ask(qolhat, "open", organisations={CENTRE})) == ["at-the-centre"]
    assert ask(qolhat, "count_open", organisations={CENTRE, AUTHORITY}) == 3
    assert ask(qolhat, "count_open", organisations=()) == 0
    assert ask(qolhat, "count_open") == 3
    assert ask(qolhat, "count_open", AUTHORITY, office.at(5 * A_DAY + 1)) == 2
    assert refs(ask(qolhat, "of", first)) == ["calm", "at-the-centre", "done"]
    assert ask(qolhat, "of", second)[0].number == second
    assert ask(qolhat, "one", first, "done").answered_by == PEOPLE[Role.HEAD]
    assert ask(qolhat, "one", second, "done") is None
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_the_same_id_may_be_that_of_complaints_about_two_packets(
    office: Office, qolhat: Qolhat
) -> None:
    first, second = office.until_the_courier(10), office.until_the_courier(12)
    for number in (first, second):
        office.complain(70, number, A_DAY, ref="slip")
    office.answer_complaint(80, second, "slip")
    assert [row.number for row in ask(qolhat, "open")] == [first]


def of_a_complaint(office: Office) -> list[tuple[type[Packet.Event], dict[str, Any]]]:
    """A complaint and two answers to it, as other stores have recorded them."""
    by = {"device": 9, "counter": 1}
    head = by | {"place": place(Role.HEAD), "person": PEOPLE[Role.HEAD], "complaint": "slip"}
    slip = by | {"place": place(Role.OFFICE), "person": PEOPLE[Role.OFFICE], "ask": 6}
    promised = {"answer_by": office.at(A_DAY), "happened_at": office.at(70)}
    return [
        (Packet.ComplaintTaken, slip | promised | {"ref": "slip"}),
        (Packet.ComplaintAnswered, head | {"ref": "answer", "happened_at": office.at(90)}),
        (Packet.ComplaintAnswered, head | {"ref": "late", "happened_at": office.at(95)}),
    ]


def arrive(
    qolhat: Qolhat, number: PacketNumber, event_class: type[Packet.Event], facts: dict[str, Any]
) -> None:
    """Store an event that did not come through the desk."""
    stream = Packet.stream(number)
    version = qolhat.log.rows.rows_of(stream)[-1][0] + 1
    event: Any = event_class(
        originator_id=stream,
        originator_version=version,
        timestamp=facts["happened_at"] + timedelta(hours=5),
        **facts,
    )
    qolhat.log.rows.insert_events([CompactMapper().to_stored_event(event)])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_whatever_order_a_complaint_and_its_answers_arrive_they_show_the_same(
    office: Office, qolhat: Qolhat, order: tuple[int, ...]
) -> None:
    number = office.until_the_courier()
    events = of_a_complaint(office)
    for index in order:
        arrive(qolhat, number, *events[index])
        qolhat.runner.catch_up()
    (row,) = ask(qolhat, "of", number)
    assert (row.taken_at, row.answered_at, row.answer) == (office.at(70), office.at(90), "answer")
    assert ask(qolhat, "open") == []
    assert qolhat.views.set_aside() == []
    assert verify(qolhat.log, qolhat.views).differences == ()
    assert office.place_of(number) == place(Role.COURIER)


def test_an_answer_whose_complaint_is_not_here_yet_shows_nothing(
    office: Office, qolhat: Qolhat
) -> None:
    number = office.until_the_courier()
    taken, answered, _ = of_a_complaint(office)
    arrive(qolhat, number, *answered)
    assert ask(qolhat, "of", number) == []
    assert ask(qolhat, "one", number, "slip") is None
    assert ask(qolhat, "count_open") == 0
    assert rebuild(qolhat.log, qolhat.views).differences == ()
    arrive(qolhat, number, *taken)
    assert ask(qolhat, "one", number, "slip").answer == "answer"
    assert rebuild(qolhat.log, qolhat.views).differences == ()
