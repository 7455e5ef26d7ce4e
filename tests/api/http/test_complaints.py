"""Written complaints over HTTP [002 §24]: the slip, the list of what waits, the answer."""

from __future__ import annotations

from typing import Any

import pytest

from api.http.fields import read_packet
from domain.acts import COMPLAINT_ROLES
from domain.numbers import packet_number, place_code
from domain.rights import RIGHTS_OF_ROLE, Right
from domain.roles import Role
from infra.requests import Source
from tests.api.http.counter import AT_CENTRE, V1, Counter
from tests.stories import AUTHORITY, CENTRE, place

UNKNOWN = str(packet_number(CENTRE, 78))
A_DAY = 24 * 60


def open_refs(counter: Counter, **which: Any) -> list[str]:
    """The complaints that wait for their answer, wherever they were taken."""
    if Role.AUDITOR not in counter.people:
        counter.appoint(Role.AUDITOR, AUTHORITY)
    return [each["ref"] for each in counter.get("/complaints", Role.AUDITOR, **which)["items"]]


def test_a_complaint_is_taken_waits_and_is_answered(counter: Counter) -> None:
    number = counter.register()
    told = counter.complained(30, number, "slip-1", text="Мерзім өтіп кетті")
    assert (told["status"], told["ref"], told["deviations"]) == ("accepted", "slip-1", [])
    assert told["packet"]["place"]["role"]["code"] == "inspector"
    (waiting,) = counter.get("/complaints", Role.OFFICE)["items"]
    assert waiting["number"] == number
    assert waiting["place"]["code"] == str(place(Role.OFFICE))
    assert waiting["organisation"]["code"] == AUTHORITY
    assert waiting["answer_by"] == "2026-11-23T04:30:00Z"
    assert waiting["ask"] == counter.people[Role.EXECUTOR]
    assert waiting["taken_by"] == counter.people[Role.OFFICE]
    assert (waiting["text_kept"], waiting["late"], waiting["answer"]) == (True, False, None)
    answer = counter.answered(60, number, "slip-1", text="Хабарлама бүгін беріледі")
    assert open_refs(counter) == []
    (done,) = counter.get(f"/packets/{number}/complaints")["items"]
    assert (done["answer"], done["answer_kept"]) == (answer["ref"], True)
    assert done["answered_by"] == counter.people[Role.HEAD]
    assert done["late"] is False


def test_no_text_comes_back(counter: Counter) -> None:
    number = counter.register()
    counter.complained(30, number, "slip", text="бірінші мәтін")
    counter.answered(60, number, "slip", text="екінші мәтін")
    counter.complained(70, number, "open", text="үшінші мәтін")
    paths = ("/complaints", f"/packets/{number}/complaints", f"/packets/{number}/history")
    for path in paths:
        told = counter.ask("GET", f"{V1}{path}", params={"after": counter.position})
        assert told.status_code == 200
        assert "мәтін" not in told.text
    kept = counter.qolhat.vault.held_of(number)
    assert {"бірінші мәтін", "екінші мәтін", "үшінші мәтін"} <= {
        str(record.get("text")) for record in kept.values()
    }


def test_the_history_tells_of_complaints_in_the_readers_words(counter: Counter) -> None:
    number = counter.register()
    counter.complained(30, number, "slip", text="мәтін")
    counter.answered(60, number, "slip")
    history = counter.get(f"/packets/{number}/history")
    _, taken, answered = history["entries"]
    assert taken["kind"] == {"code": "complaint", "text": "жазбаша шағым қабылданды"}
    assert taken["details"] == {
        "answer_by": "2026-11-23T04:30:00Z",
        "ask": counter.people[Role.EXECUTOR],
    }
    assert (taken["text_kept"], answered["text_kept"]) == (True, False)
    assert answered["kind"]["code"] == "complaint-answered"
    assert answered["details"] == {"complaint": "slip"}
    assert [visit["stage"]["key"] for visit in history["visits"]] == ["accept", "collect"]


def test_what_is_promised_soonest_stands_first(counter: Counter) -> None:
    number = counter.register()
    counter.complained(30, number, "calm")
    counter.complained(31, number, "urgent", answer_by=counter.at(A_DAY))
    counter.complained(32, number, "at-the-centre", role=Role.INSPECTOR)
    assert open_refs(counter) == ["urgent", "calm", "at-the-centre"]
    assert open_refs(counter, organisation=CENTRE) == ["at-the-centre"]
    assert open_refs(counter, before=counter.at(2 * A_DAY)) == ["urgent"]
    assert open_refs(counter, limit=1) == ["urgent"]
    wrong = counter.ask("GET", f"{V1}/complaints", params={"before": "tomorrow"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-request")


def test_an_answer_that_is_late_or_overdue_is_said_to_be_late(counter: Counter) -> None:
    number = counter.register()
    counter.complained(30, number, "late", answer_by=counter.at(A_DAY))
    counter.complained(31, number, "overdue", answer_by=counter.at(A_DAY))
    counter.answered(A_DAY + 1, number, "late")
    told = {
        each["ref"]: each["late"] for each in counter.get(f"/packets/{number}/complaints")["items"]
    }
    assert told == {"late": True, "overdue": True}


def test_sent_again_it_is_the_same_complaint(counter: Counter) -> None:
    number = counter.register()
    first = counter.complained(30, number, "slip")
    again = counter.complain(30, number, "slip")
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert again.json()["packet"] == first["packet"]
    answers = [counter.answer(60, number, "slip", ref="the-answer") for _ in range(2)]
    assert [answer.json()["status"] for answer in answers] == ["accepted", "duplicate"]
    assert len(counter.get(f"/packets/{number}/history")["entries"]) == 3


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"answer_by": "2026-11-16T04:30:00Z"}, 422, "answer-too-early"),
        ({"answer_by": "2026-11-23 09:00"}, 422, "invalid-request"),
        ({"answer_by": None}, 422, "invalid-request"),
        ({"ask": 4711}, 422, "unknown-person"),
        ({"ask": "the head"}, 422, "invalid-request"),
        ({"text": "x" * 4001}, 422, "invalid-request"),
        ({"place": str(place_code(9000, Role.OFFICE, 1))}, 422, "unknown-place"),
        ({"role": Role.COURIER}, 403, "no-right"),
        ({"role": Role.COLLECTING}, 403, "no-right"),
    ],
)
def test_complaints_that_are_refused(
    shared: Counter, more: dict[str, Any], status: int, code: str
) -> None:
    number = shared.register()
    answer = shared.complain(30, number, "refused", **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert shared.get(f"/packets/{number}/complaints")["items"] == []


def test_answers_that_are_refused(shared: Counter) -> None:
    number = shared.register()
    unknown = shared.answer(30, number, "no-slip")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-complaint")
    shared.complained(31, number, "slip")
    courier = shared.answer(32, number, "slip", role=Role.COURIER)
    assert (courier.status_code, courier.json()["code"]) == (403, "no-right")
    shared.answered(33, number, "slip")
    second = shared.answer(34, number, "slip")
    assert (second.status_code, second.json()["code"]) == (409, "complaint-answered")
    reused = shared.complain(35, number, "slip", role=Role.INSPECTOR)
    assert (reused.status_code, reused.json()["code"]) == (409, "reused-ref")


def test_a_packet_that_nobody_ever_had(shared: Counter) -> None:
    answers = [
        shared.complain(30, UNKNOWN, "slip"),
        shared.answer(31, UNKNOWN, "slip"),
        shared.ask("GET", f"{V1}/packets/{UNKNOWN}/complaints"),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-packet")
    wrong = shared.complain(32, "12", "slip")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad-code")


def test_after_erasing_a_complaint_is_taken_on_paper_only(shared: Counter) -> None:
    number = shared.register()
    who, at = shared.people[Role.OFFICE], shared.clock.at
    asking = Source(f"erasing-{number}", who, 0, 1, place(Role.OFFICE), at)
    shared.qolhat.desk.erase(read_packet(number), asking)
    erased = shared.complain(30, number, "erased", text="мәтін")
    assert (erased.status_code, erased.json()["code"]) == (410, "erased")
    assert shared.complained(31, number, "erased")["status"] == "accepted"


def test_rights_and_roles_name_the_same_people() -> None:
    may = {role for role, rights in RIGHTS_OF_ROLE.items() if Right.COMPLAIN in rights}
    assert may == COMPLAINT_ROLES
    assert COMPLAINT_ROLES & set(AT_CENTRE) == {Role.INSPECTOR}
