"""Packets on their way, by HTTP only."""

from __future__ import annotations

from api.messages import word
from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.stories import CENTRE, place


def test_a_packet_goes_through_the_centre_by_http_only(shared: Counter) -> None:
    number = shared.register()
    shared.up_to_the_head(number)
    shared.home_again(number)

    packet = shared.get(f"/packets/{number}")
    assert packet["status"] == {"code": "issued", "text": "тұтынушыға берілді"}
    assert packet["place"]["code"] == str(place(Role.INSPECTOR))
    assert packet["outcome"]["code"] == "granted"
    assert packet["deviations"] == 0
    assert packet["due"] == []
    assert packet["regulation"]["adopted_by"] == "demonstration"
    assert packet["regulation"]["repealed"] is True

    history = shared.get(f"/packets/{number}/history")
    assert [entry["kind"]["code"] for entry in history["entries"]] == [
        "registered", "scanned", "scanned", "scanned", "incoming", "scanned", "resolution",
        "scanned", "right", "drafted", "scanned", "signed", "scanned", "scanned", "sent-back",
        "scanned", "scanned", "scanned", "issued",
    ]  # fmt: skip
    assert not any(e["deviations"] or e["voided"] or e["in_doubt"] for e in history["entries"])
    assert history["entries"][4]["details"] == {"incoming_number": "12-4/76"}
    stages = [v for v in history["visits"] if v["kind"]["code"] == "stage"]
    assert [visit["stage"]["key"] for visit in stages] == [
        "accept", "collect", "carry", "incoming", "to-head", "resolution", "right", "draft",
        "sign", "complete", "send-back", "carry-back", "result", "issue",
    ]  # fmt: skip
    assert all(visit["late"] is not True for visit in stages)
    assert stages[0]["working_seconds"] == 300
    assert stages[0]["norm"] == {
        "amount": 30,
        "unit": {"code": "minute", "text": "минут (жұмыс уақыты)"},
    }


def test_where_a_packet_is_and_what_runs_out(shared: Counter) -> None:
    number = shared.register()
    answer = shared.scan(20, number, Role.COLLECTING)
    assert answer["status"] == "accepted"
    assert answer["packet"]["place"]["role"] == {
        "code": "collecting",
        "text": "жинақтаушы бөлім",
    }
    assert answer["packet"]["place"]["organisation"]["code"] == CENTRE
    assert answer["packet"]["stage"]["key"] == "collect"

    packet = shared.get(f"/packets/{number[:4]} {number[4:8]}-{number[8:]}")
    assert packet["grouped"] == f"{number[:4]} {number[4:8]} {number[8:12]} {number[12:]}"
    assert packet["verified"] is True
    assert packet["waiting"] is False
    (due,) = packet["due"]
    assert due["clock"]["code"] == "stage"
    assert due["overdue"] is False
    assert due["due_at"].startswith("2026-11-16T")


def test_a_notice_returned_for_completion_comes_again(shared: Counter) -> None:
    number = shared.register()
    shared.up_to_the_head(number)
    shared.acted(215, number, "returned", Role.HEAD, text="Мерзімі көрсетілмеген")
    shared.scan(216, number, Role.EXECUTOR)
    answer = shared.scan(218, number, Role.HEAD)
    assert answer["deviations"] == []
    visits = shared.get(f"/packets/{number}/history")["visits"]
    assert [v["loop"] for v in visits if v["stage"]["key"] == "sign"] == [1, 1, 2]


def test_a_head_signs_forty_at_once(shared: Counter) -> None:
    numbers = [shared.register(10) for _ in range(40)]
    for number in numbers:
        shared.scan(20, number, Role.HEAD)
    body = shared.stamp(30, Role.HEAD, kind="signed", numbers=numbers)
    answer = shared.post("/acts", body, Role.HEAD)
    assert answer.status_code == 200
    answers = answer.json()["answers"]
    assert [each["packet"]["number"] for each in answers] == numbers
    assert {each["status"] for each in answers} == {"deviation"}  # stages were left out
    again = shared.post("/acts", body, Role.HEAD).json()["answers"]
    assert {each["status"] for each in again} == {"duplicate"}


def test_an_act_out_of_turn_is_recorded_with_a_deviation(shared: Counter) -> None:
    number = shared.register()
    answer = shared.acted(20, number, "signed", Role.HEAD)
    assert answer["status"] == "deviation"
    assert [each["code"] for each in answer["deviations"]] == ["out-of-turn", "skipped"]
    assert all(each["text"] for each in answer["deviations"])


def test_the_author_takes_a_scan_back_within_a_minute(shared: Counter) -> None:
    number = shared.register()
    shared.scan(20, number, Role.COLLECTING, ref="slip")
    body = shared.stamp(20.5, Role.COLLECTING)
    del body["place"]
    body["reason"] = "other-place"
    answer = shared.post(f"/packets/{number}/scans/slip/void", body, Role.COLLECTING)
    assert answer.status_code == 200
    assert answer.json()["packet"]["place"]["role"]["code"] == "inspector"
    entries = shared.get(f"/packets/{number}/history")["entries"]
    assert [(e["kind"]["code"], e["voided"]) for e in entries] == [
        ("registered", False),
        ("scanned", True),
        ("voided", False),
    ]
    assert [e["reason"] and e["reason"]["code"] for e in entries] == [None, None, "other-place"]
    assert entries[-1]["reason"]["text"] == word("void-reason", "other-place", "kk")
    body |= {"ref": "again", "reason": "Айша Алпысбаева"}  # no place for a text about people
    assert (
        shared.post(f"/packets/{number}/scans/slip/void", body, Role.COLLECTING).status_code == 422
    )


def test_a_scan_is_not_taken_back_too_late_nor_by_another(shared: Counter) -> None:
    number = shared.register()
    shared.scan(20, number, Role.COLLECTING, ref="slip")
    for minute, role, words in (
        (22, Role.COLLECTING, "прошло больше минуты"),
        (20.5, Role.COURIER, "его сделал другой сотрудник"),
    ):
        body = shared.stamp(minute, role)
        del body["place"]
        answer = shared.post(
            f"/packets/{number}/scans/slip/void", body, role, headers={"Accept-Language": "ru"}
        )
        assert answer.status_code == 409
        assert answer.json()["code"] == "void-refused"
        assert words in answer.json()["detail"]
    unknown = shared.stamp(20.5, Role.COLLECTING)
    del unknown["place"]
    answer = shared.post(f"/packets/{number}/scans/none/void", unknown, Role.COLLECTING)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-scan")


def test_who_writes_reads_it_at_once(shared: Counter) -> None:
    for _ in range(20):
        number = shared.register()
        answer = shared.post("/scans", shared.scanned(20, number, Role.COLLECTING), Role.COURIER)
        found = shared.get(f"/packets/{number}", after=answer.json()["position"])
        assert found["stage"]["key"] == "collect"


def test_a_position_that_the_views_do_not_show_is_a_problem(shared: Counter) -> None:
    answer = shared.ask("GET", f"{V1}/due", params={"after": 10**9})
    assert (answer.status_code, answer.json()["code"]) == (503, "views-behind")
    assert answer.headers["retry-after"] == "1"
