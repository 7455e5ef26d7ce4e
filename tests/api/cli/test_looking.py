"""People ask where packets are, how long every stage took, what runs out, what waits."""

from __future__ import annotations

import pytest

from domain.acts import ActKind
from domain.numbers import grouped, packet_number
from domain.roles import Role
from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, written
from tests.office import APPLICANT
from tests.stories import AUTHORITY, CENTRE, PEOPLE, place

ANOTHER = packet_number(CENTRE, 4_711)


def test_where_a_packet_is_with_whom_and_since_when(qolhat: Terminal, day: Day) -> None:
    told = qolhat("where", written(day.carried))
    assert told.code == 0
    for part in (written(day.carried), "003-7", "on its way", "Carried to the authority",
                 "courier 1", "2026-11-16 13:10"):  # fmt: skip
        assert part in told.text
    (held,) = qolhat("where", day.carried, "--json").data
    assert held["number"] == day.carried
    assert (held["stage"], held["place"]) == ("carry", place(Role.COURIER))
    assert (held["person"], held["verified"]) == (PEOPLE[Role.COURIER], True)
    assert held["since"] == "2026-11-16T08:10:00Z"


def test_several_packets_are_asked_for_at_once_however_they_are_typed(
    qolhat: Terminal, day: Day
) -> None:
    typed = [str(day.carried), grouped(day.issued), grouped(day.refused).replace(" ", "-")]
    held = qolhat("where", *typed, "--json").data
    assert [each["number"] for each in held] == [day.carried, day.issued, day.refused]
    assert [each["status"] for each in held] == ["on-the-way", "issued", "on-the-way"]


def test_packets_are_found_by_the_applicants_iin_and_by_the_surname(
    qolhat: Terminal, day: Day
) -> None:
    of_the_applicant = {day.carried, day.issued, day.refused}
    by_iin = qolhat("where", "--iin", APPLICANT["iin"], "--json").data
    by_name = qolhat("where", "--surname", "сынакбаева", "--json").data
    assert {each["number"] for each in by_iin} == of_the_applicant
    assert {each["number"] for each in by_name} == of_the_applicant
    nobody = qolhat("where", "--surname", "Басқаева")
    assert (nobody.code, nobody.text) == (0, "Where the packets are: nothing")


def test_an_answer_about_a_packet_never_names_the_applicant(qolhat: Terminal, day: Day) -> None:
    for command in (("where", day.issued), ("history", day.issued), ("visits", day.issued),
                    ("where", "--iin", APPLICANT["iin"]), ("unsettled",), ("due",)):  # fmt: skip
        for form in ((), ("--json",)):
            told = qolhat(*command, *form).text
            assert APPLICANT["surname"] not in told
            assert APPLICANT["iin"] not in told


def test_the_history_of_a_packet_tells_its_whole_way(qolhat: Terminal, day: Day) -> None:
    told = qolhat("history", day.issued)
    assert told.code == 0
    for part in ("registered", "edition: s7c-2012", "incoming number: 12/7", "executor: 6",
                 "entitled", "granted", "signed", "sent to the centre",
                 "given to the applicant"):  # fmt: skip
        assert part in told.text
    entries = qolhat("history", day.issued, "--json").data["entries"]
    assert [entry["what"] for entry in entries] == [
        "registered", "scanned", "scanned", "scanned", "incoming", "scanned", "resolution",
        "scanned", "right", "drafted", "scanned", "signed", "scanned", "scanned", "sent-back",
        "scanned", "scanned", "scanned", "issued",
    ]  # fmt: skip
    assert [entry["happened_at"] for entry in entries] == sorted(
        entry["happened_at"] for entry in entries
    )
    assert not any(entry["deviations"] or entry["doubt"] for entry in entries)


def test_the_history_names_the_grounds_of_a_refusal(qolhat: Terminal, day: Day) -> None:
    assert "grounds: not-registered-as-unemployed" in qolhat("history", day.refused).text
    entries = qolhat("history", day.refused, "--json").data["entries"]
    drafted = next(entry for entry in entries if entry["what"] == "drafted")
    assert drafted["details"] == {
        "outcome": "refused",
        "grounds": ["not-registered-as-unemployed"],
    }


def test_the_history_shows_what_was_odd_in_the_readers_words(qolhat: Terminal, day: Day) -> None:
    at = qolhat.at(300)
    qolhat("scan", day.carried, "--person", PEOPLE[Role.HEAD], "--at", at)
    odd = qolhat("history", day.carried, "--json").data["entries"][-1]
    assert odd["deviations"] == ["skipped", "act-missing"]
    assert "stages skipped" in qolhat("history", day.carried).text
    assert "кезең" in qolhat.speak("kk")("history", day.carried).text
    assert odd == qolhat("history", day.carried, "--json").data["entries"][-1]


def test_every_stay_stands_with_its_working_time_its_norm_and_the_difference(
    qolhat: Terminal, day: Day
) -> None:
    stays = qolhat("visits", day.issued, "--json").data
    (resolution,) = [s for s in stays if (s["stage"], s["kind"]) == ("resolution", "stage")]
    assert (resolution["norm_amount"], resolution["norm_unit"]) == (1, "hour")
    assert resolution["working"] == 10 * 60
    assert resolution["over"] == -50 * 60
    assert resolution["late"] is False
    told = qolhat("visits", day.issued).text
    assert "Resolution naming the executor" in told
    assert "✓ −50 min" in told


def test_stays_are_found_by_organisation_service_stage_time_and_verdict(
    qolhat: Terminal, day: Day
) -> None:
    def found(*which: object) -> set[tuple[int, str]]:
        rows = qolhat("visits", *which, "--limit", 1000, "--json").data
        return {(row["number"], row["stage"]) for row in rows}

    assert {stage for _, stage in found("-o", AUTHORITY)} >= {"incoming", "resolution", "right"}
    assert "carry" not in {stage for _, stage in found("-o", AUTHORITY)}
    assert {number for number, _ in found("--service", "002")} == {day.refused}
    assert found("--stage", "resolution") == {
        (day.issued, "resolution"), (day.refused, "resolution")
    }  # fmt: skip
    assert found("--since", qolhat.at(200)) <= found()
    assert found("--until", qolhat.at(0)) == set()
    assert found("--late") | found("--in-time") < found()
    assert found("--late") & found("--in-time") == set()
    assert found("--deviating") == set()


def test_the_limit_is_the_most_that_is_shown(qolhat: Terminal, day: Day) -> None:
    assert len(qolhat("visits", "--limit", 2, "--json").data) == 2
    assert len(qolhat("holdings", "--limit", 1, "--json").data["packets"]) == 1


def test_a_late_stay_says_by_how_much(qolhat: Terminal, day: Day) -> None:
    qolhat("scan", day.carried, "--person", PEOPLE[Role.OFFICE], "--at", qolhat.at(310))
    at = ("--at", qolhat.at(310 + 45))
    qolhat("act", ActKind.INCOMING, day.carried, "--person", PEOPLE[Role.OFFICE], *at)
    (late,) = qolhat("visits", "--late", "--json").data
    assert (late["stage"], late["over"]) == ("incoming", 15 * 60)
    assert "✗ +15 min" in qolhat("visits", "--late").text


def test_the_figures_of_every_stage_stand_against_its_norm(qolhat: Terminal, day: Day) -> None:
    rows = qolhat("timings", "--json").data
    assert [row["edition"] for row in rows] == sorted(row["edition"] for row in rows)
    by_stage = {(row["edition"], row["stage"], row["kind"]): row for row in rows}
    accept = by_stage["s7c-2012", "accept", "stage"]
    assert (accept["count"], accept["judged"], accept["share_within"]) == (2, 2, 1.0)
    assert accept["median"] == 5 * 60
    carry = by_stage["s7c-2012", "carry", "stage"]
    assert (carry["judged"], carry["share_within"]) == (0, None)
    told = qolhat("timings").text
    assert "Papers accepted and registered" in told
    assert "30 min of working time" in told
    assert "100% / 2" in told


def test_waiting_for_the_applicant_is_not_counted_as_giving_out(qolhat: Terminal, day: Day) -> None:
    rows = qolhat("timings", "--service", "003-7", "--json").data
    (given,) = [row for row in rows if (row["stage"], row["kind"]) == ("issue", "stage")]
    assert given["median"] == 2 * 60  # since they came; the paper lay there for five
    stays = qolhat("visits", day.issued, "--stage", "issue", "--json").data
    assert [(stay["working"], stay["counted"]) for stay in stays] == [(5 * 60, 2 * 60)]


def test_figures_are_asked_of_one_service_or_organisation(qolhat: Terminal, day: Day) -> None:
    editions = {row["edition"] for row in qolhat("timings", "--service", "002", "--json").data}
    assert editions == {"uc-2011"}
    stages = {row["stage"] for row in qolhat("timings", "-o", CENTRE, "--json").data}
    assert "resolution" not in stages
    assert qolhat("timings", "--until", qolhat.at(0), "--json").data == []


def test_what_a_place_holds_now(qolhat: Terminal, day: Day) -> None:
    told = qolhat("holdings", place(Role.COURIER), "--json").data
    assert [packet["number"] for packet in told["packets"]] == [day.carried]
    assert told["places"] == {str(place(Role.COURIER)): 1, str(place(Role.EXECUTOR)): 1}
    shown = qolhat("holdings")
    assert grouped(place(Role.EXECUTOR)) in shown.text
    assert written(day.refused) in shown.text
    assert written(day.issued) not in shown.text
    assert written(day.carried) not in qolhat("holdings", "-o", AUTHORITY).text


def test_what_runs_out_next_and_what_is_overdue(qolhat: Terminal, day: Day) -> None:
    clocks = {(row["number"], row["clock"]) for row in qolhat("due", "--json").data}
    assert (day.refused, "total") in clocks
    assert "deadline of the whole service" in qolhat("due").text
    assert "overdue" not in qolhat("due").text
    qolhat.at(60 * 24 * 30)
    assert "overdue" in qolhat("due").text
    assert "мерзімі өтті" in qolhat.speak("kk")("due").text


def test_terms_are_asked_by_person_organisation_and_time(qolhat: Terminal, day: Day) -> None:
    everybody = len(qolhat("due", "--json").data)
    executors = qolhat("due", "--person", PEOPLE[Role.EXECUTOR], "--json").data
    assert {row["person"] for row in executors} == {PEOPLE[Role.EXECUTOR]}
    assert len(qolhat("due", "-o", AUTHORITY, "--json").data) <= everybody
    assert qolhat("due", "--before", qolhat.at(0), "--json").data == []


def test_what_waits_for_somebodys_decision_and_why(qolhat: Terminal, day: Day) -> None:
    told = qolhat("unsettled", "--json").data
    assert {row["scan"]: (row["doubt"], row["fault"]) for row in told["scans"]} == {
        "torn": ("bad-code", "not-digits"),
        "a-badge": ("other-kind", "badge"),
    }
    assert told["set_aside"] == []
    shown = qolhat("unsettled").text
    assert "not a code of ours (it has more than digits in it)" in shown
    assert "the code of another thing (a badge)" in shown
    assert "37 min" in shown  # from 13:23 to 14:00
    assert qolhat("unsettled", "-o", AUTHORITY, "--json").data["scans"] == []


@pytest.mark.parametrize("command", ["where", "history", "visits"])
def test_a_packet_that_nobody_ever_had_is_unknown(qolhat: Terminal, day: Day, command: str) -> None:
    told = qolhat(command, ANOTHER)
    assert told.code == 1
    assert f"No packet was registered or scanned under number {written(ANOTHER)}" in told.text
    assert qolhat(command, ANOTHER, "--json").problem["code"] == "unknown-packet"


def test_an_empty_store_has_nothing_to_show_and_no_error(qolhat: Terminal) -> None:
    for command in ("visits", "timings", "holdings", "due", "unsettled"):
        told = qolhat(command)
        assert told.code == 0
        assert "nothing" in told.text
    assert qolhat("visits", "--json").data == []
