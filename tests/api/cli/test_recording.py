"""People record what they do: papers accepted, packets scanned, acts done, mistakes mended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from domain.numbers import PacketNumber, grouped, packet_number
from domain.roles import Role
from infra.bootstrap import bootstrap
from infra.settings import Settings
from tests.api.cli.conftest import COURIERS_TOKEN, Day
from tests.api.cli.console import Said, Terminal, written
from tests.office import APPLICANT, SettableClock
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place

OWN = packet_number(CENTRE, 4_000_001)


def by(role: Role) -> tuple[str, str]:
    """Who types the command."""
    return "--person", str(PEOPLE[role])


def events(qolhat: Terminal, number: PacketNumber) -> list[dict[str, Any]]:
    """Everything recorded of a packet."""
    found: list[dict[str, Any]] = qolhat("history", number, "--json").data["entries"]
    return found


def place_of(qolhat: Terminal, number: PacketNumber) -> int:
    """Where the packet is."""
    (held,) = qolhat("where", number, "--json").data
    where: int = held["place"]
    return where


def held_in_the_vault(folder: Path, ref: str) -> dict[str, Any] | None:
    """What the vault keeps under a reference."""
    with bootstrap(Settings(data_dir=folder), now=SettableClock()) as opened:
        return opened.vault.get(ref)


def records_of(folder: Path, number: PacketNumber, kind: str) -> list[dict[str, Any]]:
    """The records of one kind that the vault keeps of a packet."""
    with bootstrap(Settings(data_dir=folder), now=SettableClock()) as opened:
        records = opened.vault.held_of(str(number))
    return [record for ref, record in records.items() if f"/{kind}/" in ref]


# --- registering --------------------------------------------------------------------------------


def test_the_inspector_accepts_papers_and_gets_the_packets_number(
    qolhat: Terminal, day: Day
) -> None:
    applicant = ("--surname", "Ескіқұлова", "--given-name", "Мақта", "--iin", "900101400013")
    papers = ("--paper", "жеке куәлік", "--paper", "туу туралы куәлік")
    came = ("--began-at", qolhat.at(295))
    qolhat.at(300)
    told = qolhat("register", "003-7", *by(Role.INSPECTOR), *applicant, *papers, *came, "--json")
    assert told.code == 0
    assert (told.data["status"], told.data["standing"]["edition"]) == ("accepted", "s7c-2012")
    number = told.data["standing"]["number"]
    (found,) = qolhat("where", "--iin", "900101400013", "--json").data
    assert (found["number"], found["accepted_at"]) == (number, "2026-11-16T08:55:00Z")
    stay = qolhat("visits", number, "--json").data[0]
    assert stay["entered_at"] == "2026-11-16T08:55:00Z"
    (kept,) = records_of(day.folder, number, "papers")
    assert kept == {"papers": [{"name": "жеке куәлік", "count": 1},
                               {"name": "туу туралы куәлік", "count": 1}]}  # fmt: skip


def test_people_read_the_number_in_groups(qolhat: Terminal, day: Day) -> None:
    told = qolhat("register", "003-7", *by(Role.INSPECTOR), "--ref", "reg-7")
    again = qolhat("register", "003-7", *by(Role.INSPECTOR), "--ref", "reg-7", "--json")
    assert again.data["status"] == "duplicate"
    assert grouped(again.data["standing"]["number"]) in told.text
    assert "✓ accepted — inspector 1" in told.text
    assert "→ Packets gathered, registry made" in told.text


def test_an_authority_registers_at_its_own_office(qolhat: Terminal, day: Day) -> None:
    told = qolhat("register", "003-1", *by(Role.OFFICE), "--json").data
    assert told["standing"]["edition"] == "s1a-2012"


def test_a_label_printed_beforehand_gives_the_packet_its_number(qolhat: Terminal, day: Day) -> None:
    told = qolhat("register", "003-7", *by(Role.INSPECTOR), "--number", grouped(OWN), "--json")
    assert told.data["standing"]["number"] == OWN
    second = qolhat("register", "003-7", *by(Role.INSPECTOR), "--number", OWN)
    assert second.code == 1
    assert "belongs to a packet that is registered already" in second.text


def test_the_deciding_authority_may_be_another_than_the_directorys(
    qolhat: Terminal, day: Day
) -> None:
    qolhat("register", "003-7", *by(Role.INSPECTOR), "--number", OWN,
           "--authority", OTHER_AUTHORITY)  # fmt: skip
    (held,) = qolhat("where", OWN, "--json").data
    assert (held["accepting"], held["deciding"]) == (CENTRE, OTHER_AUTHORITY)


# --- scanning -----------------------------------------------------------------------------------


def test_a_scan_tells_the_packets_new_place_and_stage(qolhat: Terminal, day: Day) -> None:
    told = qolhat("scan", day.carried, *by(Role.OFFICE))
    assert told.code == 0
    assert "✓ 10267000000317 accepted — office 1, authority, Ақсу ауданы" in told.text
    assert "Incoming papers registered" in told.text
    assert place_of(qolhat, day.carried) == place(Role.OFFICE)


def test_a_device_speaks_for_its_person_by_its_token(
    qolhat: Terminal, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QOLHAT_TOKEN", COURIERS_TOKEN)
    (told,) = qolhat("scan", day.refused, "--json").data
    assert told["standing"]["person"] == PEOPLE[Role.COURIER]
    assert events(qolhat, day.refused)[-1]["device"] == 1


def test_a_keyboard_scanner_types_codes_a_line_each(qolhat: Terminal, day: Day) -> None:
    typed = f"{grouped(day.carried)}\r\n\r\n{day.refused}\n{day.issued}"  # the last without an end
    told = qolhat("scan", *by(Role.OFFICE), "--json", typed=typed).data
    assert [each["code"] for each in told] == [
        grouped(day.carried), str(day.refused), str(day.issued)
    ]  # fmt: skip
    assert [each["standing"]["number"] for each in told] == [day.carried, day.refused, day.issued]
    assert len({each["ref"] for each in told}) == 3


def test_people_see_a_line_for_every_code_in_the_order_of_scanning(
    qolhat: Terminal, day: Day
) -> None:
    told = qolhat("scan", "-", *by(Role.OFFICE), typed=f"{day.carried}\ntorn\n{day.carried}\n")
    assert told.code == 3
    lines = told.out.splitlines()
    assert [line[0] for line in lines] == ["✓", "?", "✓"]
    assert lines[1] == (
        "? torn  recorded, waits to be settled — not a code of ours — it has more than digits in it"
    )


def test_the_same_scan_sent_twice_is_recorded_once(qolhat: Terminal, day: Day) -> None:
    once = ("scan", day.carried, *by(Role.OFFICE), "--ref", "scan-1", "--at", qolhat.at(300))
    assert qolhat(*once, "--json").data[0]["status"] == "accepted"
    before = events(qolhat, day.carried)
    again = qolhat(*once)
    assert again.code == 0
    assert "= 10267000000317 recorded before" in again.text
    assert events(qolhat, day.carried) == before


def test_the_place_may_be_another_of_the_persons(qolhat: Terminal, day: Day) -> None:
    office = place(Role.OFFICE)
    qolhat("people", "assign", PEOPLE[Role.COURIER], grouped(office))
    told = qolhat("scan", day.carried, *by(Role.COURIER), "--place", grouped(office), "--json")
    assert told.data[0]["status"] == "accepted"
    assert place_of(qolhat, day.carried) == office


def test_a_scan_off_the_route_is_recorded_with_its_deviation(qolhat: Terminal, day: Day) -> None:
    told = qolhat("scan", day.carried, *by(Role.HEAD))
    assert told.code == 0
    assert "! 10267000000317 accepted with a deviation" in told.text
    assert "stages skipped" in told.text
    assert place_of(qolhat, day.carried) == place(Role.HEAD)


def test_codes_are_recorded_as_they_are_typed_not_when_the_scanner_is_put_away(
    qolhat: Terminal, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that fails at the second code must have recorded the first."""
    many = f"{day.carried}\n" * 1000  # more than is read at once
    told = qolhat("scan", *by(Role.OFFICE), "--json", typed=many).data
    assert len(told) == 1000
    assert len({each["position"] for each in told}) > 1


# --- acting -------------------------------------------------------------------------------------


def act(qolhat: Terminal, role: Role, kind: str, *rest: object) -> Said:
    """Somebody acts."""
    return qolhat("act", kind, *rest, *by(role))


def test_a_packet_goes_the_whole_way_by_commands_alone(qolhat: Terminal, day: Day) -> None:
    number = day.carried

    def scanned(minute: float, role: Role) -> None:
        told = qolhat("scan", number, *by(role), "--at", qolhat.at(minute), "--json").data[0]
        assert told["status"] == "accepted", told

    def acted(minute: float, role: Role, kind: str, *details: object) -> None:
        at = qolhat.at(minute)
        told = act(qolhat, role, kind, number, *details, "--at", at, "--json").data[0]
        assert told["status"] == "accepted", told

    scanned(310, Role.OFFICE)
    acted(312, Role.OFFICE, "incoming", "--incoming", "№ 12/8")
    scanned(315, Role.HEAD)
    acted(320, Role.HEAD, "resolution", "--executor", PEOPLE[Role.EXECUTOR])
    scanned(325, Role.EXECUTOR)
    acted(330, Role.EXECUTOR, "right", "--entitled")
    acted(340, Role.EXECUTOR, "drafted", "--outcome", "granted")
    scanned(345, Role.HEAD)
    acted(350, Role.HEAD, "returned", "--text", "Анықтама жетпейді")
    scanned(355, Role.EXECUTOR)
    acted(360, Role.EXECUTOR, "drafted", "--outcome", "granted")
    scanned(365, Role.HEAD)
    acted(370, Role.HEAD, "signed")
    scanned(375, Role.EXECUTOR)
    scanned(380, Role.OFFICE)
    acted(385, Role.OFFICE, "sent-back")
    scanned(420, Role.COURIER)
    scanned(440, Role.COLLECTING)
    scanned(445, Role.INSPECTOR)
    acted(450, Role.INSPECTOR, "issued", "--handing", "in-person", "--began-at", qolhat.at(448))
    (held,) = qolhat("where", number, "--json").data
    assert (held["status"], held["outcome"], held["deviations"]) == ("issued", "granted", 0)
    signs = [s["loop"] for s in qolhat("visits", number, "--json").data if s["stage"] == "sign"]
    assert max(signs) == 2


def test_a_head_signs_many_packets_at_once(qolhat: Terminal, day: Day) -> None:
    told = act(qolhat, Role.HEAD, "signed", day.carried, day.refused, day.carried)
    assert told.code == 0
    assert written(day.carried) in told.text
    assert written(day.refused) in told.text
    for number in (day.carried, day.refused):
        assert [e["what"] for e in events(qolhat, number)].count("signed") == 1


def test_of_many_packets_the_refused_one_is_named(qolhat: Terminal, day: Day) -> None:
    told = act(qolhat, Role.HEAD, "signed", day.refused, OWN)
    assert told.code == 1
    (line,) = [line for line in told.out.splitlines() if written(OWN) in line]
    assert "✗ refused" in line
    answers = act(qolhat, Role.HEAD, "signed", day.refused, OWN, "--json").data
    assert [answer["number"] for answer in answers] == [day.refused, OWN]
    assert answers[0]["error"] is None
    assert answers[1]["error"]["code"] == "unknown-packet"
    assert "Compare it with the barcode" in answers[1]["error"]["detail"]


def test_a_refusal_with_reasons_keeps_them_in_the_vault(qolhat: Terminal, day: Day) -> None:
    reasons = "Сынақбаева жұмыссыз ретінде тіркелмеген"
    told = act(qolhat, Role.EXECUTOR, "drafted", day.refused, "--outcome", "refused",
               "--text", reasons, "--ref", "draft-2", "--json")  # fmt: skip
    assert told.data[0]["error"] is None
    assert reasons not in qolhat("history", day.refused, "--json").out
    kept = held_in_the_vault(day.folder, f"{day.refused}/drafted/draft-2")
    assert kept == {"text": reasons}


def test_a_packet_is_lost_and_found_again(qolhat: Terminal, day: Day) -> None:
    act(qolhat, Role.COURIER, "lost", day.carried, "--text", "сөмкеде жоқ")
    assert "lost" in qolhat("where", day.carried).text
    act(qolhat, Role.COURIER, "found", day.carried)
    assert qolhat("where", day.carried, "--json").data[0]["status"] == "on-the-way"


@pytest.mark.parametrize(
    ("kind", "role", "status"),
    [
        ("withdrawn", Role.INSPECTOR, "withdrawn"),
        ("handed-back", Role.COLLECTING, "handed-back"),
        ("relabelled", Role.COURIER, "on-the-way"),
    ],
)
def test_other_ends_of_a_packets_way(
    qolhat: Terminal, day: Day, kind: str, role: Role, status: str
) -> None:
    assert act(qolhat, role, kind, day.carried).code == 0
    assert qolhat("where", day.carried, "--json").data[0]["status"] == status


# --- correcting ---------------------------------------------------------------------------------


def test_the_author_takes_the_last_scan_back_without_knowing_its_id(
    qolhat: Terminal, day: Day
) -> None:
    qolhat("scan", day.carried, *by(Role.OFFICE), "--at", qolhat.at(310))
    qolhat.at(310.5)
    told = qolhat("void", day.carried, "--reason", "other-packet", *by(Role.OFFICE))
    assert told.code == 0
    assert place_of(qolhat, day.carried) == place(Role.COURIER)
    history = qolhat("history", day.carried).text
    assert "voided" in history
    assert "another packet was meant" in history
    assert qolhat("void", day.carried, "--reason", "because", *by(Role.OFFICE)).code == 2
    once_more = qolhat("void", day.carried, *by(Role.OFFICE), "--json")
    assert (once_more.code, once_more.problem["code"]) == (1, "unknown-scan")


def test_a_scan_is_taken_back_by_its_id(qolhat: Terminal, day: Day) -> None:
    at = qolhat.at(310)
    qolhat("scan", day.carried, *by(Role.OFFICE), "--ref", "slip", "--at", at)
    assert "slip" in qolhat("history", day.carried).text  # where its id is found
    answers = qolhat("void", day.carried, "slip", *by(Role.OFFICE), "--json").data
    assert answers[0]["status"] == "accepted"
    assert answers[0]["number"] == day.carried


def test_a_scan_cannot_be_taken_back_by_another_or_too_late(qolhat: Terminal, day: Day) -> None:
    at = qolhat.at(310)
    qolhat("scan", day.carried, *by(Role.OFFICE), "--ref", "slip", "--at", at)
    other = qolhat("void", day.carried, "slip", *by(Role.HEAD))
    assert (other.code, "somebody else made it" in other.text) == (1, True)
    qolhat.at(312)
    late = qolhat("void", day.carried, "slip", *by(Role.OFFICE))
    assert (late.code, "more than a minute has passed" in late.text) == (1, True)
    assert place_of(qolhat, day.carried) == place(Role.OFFICE)


def test_a_damaged_code_is_settled_as_the_packet_it_was(qolhat: Terminal, day: Day) -> None:
    told = qolhat("settle", "torn", "apply", "--number", day.carried, *by(Role.OFFICE), "--json")
    assert told.data[0]["number"] == day.carried
    waiting = [row["scan"] for row in qolhat("unsettled", "--json").data["scans"]]
    assert waiting == ["a-badge"]
    again = qolhat("settle", "torn", "dismiss", *by(Role.OFFICE), "--json").data[0]
    assert again["status"] == "duplicate"


def test_a_badge_scanned_by_mistake_is_dismissed_with_a_reason(qolhat: Terminal, day: Day) -> None:
    told = qolhat("settle", "a-badge", "dismiss", "--text", "бейдж", *by(Role.OFFICE))
    assert (told.code, "accepted" in told.text) == (0, True)
    assert "a-badge" not in qolhat("unsettled").text


def test_the_number_of_a_doubtful_scan_need_not_be_typed_again(qolhat: Terminal, day: Day) -> None:
    strange = place(Role.OFFICE)
    qolhat("scan", day.carried, *by(Role.COURIER), "--place", strange, "--ref", "not-theirs",
           "--at", qolhat.at(310))  # fmt: skip
    assert place_of(qolhat, day.carried) == place(Role.COURIER)
    told = qolhat("settle", "not-theirs", "apply", *by(Role.OFFICE), "--json").data[0]
    assert (told["number"], told["status"]) == (day.carried, "accepted")
    assert place_of(qolhat, day.carried) == strange


def test_a_doubtful_scan_is_put_right_while_it_is_settled(qolhat: Terminal, day: Day) -> None:
    qolhat("scan", day.carried, *by(Role.COURIER), "--place", place(Role.OFFICE),
           "--ref", "wrong", "--at", qolhat.at(320))  # fmt: skip
    right = ("--true-place", place(Role.HEAD), "--scanned-at", qolhat.at(315))
    qolhat.at(330)
    assert qolhat("settle", "wrong", "apply", *right, *by(Role.OFFICE)).code == 0
    (held,) = qolhat("where", day.carried, "--json").data
    assert (held["place"], held["since"]) == (place(Role.HEAD), "2026-11-16T09:15:00Z")


def test_the_personal_data_of_one_packet_are_erased_and_its_events_stay(
    qolhat: Terminal, day: Day
) -> None:
    before = len(events(qolhat, day.issued))
    told = qolhat("erase", day.issued, "--yes", "--reason", "term-over", *by(Role.OFFICE))
    assert told.code == 0
    assert "the term of keeping is over" in qolhat("history", day.issued).text
    assert len(events(qolhat, day.issued)) == before + 1
    assert events(qolhat, day.issued)[-1]["what"] == "erased"
    assert not records_of(day.folder, day.issued, "applicant")
    found = qolhat("where", "--iin", APPLICANT["iin"], "--json").data
    assert day.issued not in {each["number"] for each in found}


@pytest.mark.parametrize(
    ("language", "answer", "erased"),
    [
        ("kk", "иә", True),
        ("kk", "жоқ", False),
        ("ru", "ДА", True),
        ("ru", "", False),
        ("en", "y", True),
        ("en", "no", False),
    ],
)
def test_erasing_asks_first_in_the_readers_language(
    qolhat: Terminal, day: Day, language: str, answer: str, erased: bool
) -> None:
    told = qolhat.speak(language)(
        "erase", day.issued, *by(Role.OFFICE), "--json", typed=f"{answer}\n"
    )
    assert written(day.issued) in told.err
    assert told.code == (0 if erased else 2)
    assert bool(records_of(day.folder, day.issued, "applicant")) is not erased
    assert (told.data[0]["status"] == "accepted") if erased else (told.out == "")


def test_commands_of_one_authority_know_it_by_its_code(qolhat: Terminal, day: Day) -> None:
    qolhat("scan", day.carried, *by(Role.OFFICE))
    held = qolhat("holdings", "-o", AUTHORITY, "--json").data["packets"]
    assert {packet["number"] for packet in held} == {day.carried, day.refused}


# --- written complaints -------------------------------------------------------------------------


def test_a_complaint_gets_its_slip_and_its_answer(qolhat: Terminal, day: Day) -> None:
    slip = ("--answer-by", "2026-11-23T17:00:00+05:00", "--ask", PEOPLE[Role.EXECUTOR])
    text = ("--text", "Ескіқұлова: неге бас тартылды")
    told = qolhat("complain", day.refused, *slip, *text, *by(Role.OFFICE), "--ref", "slip-1")
    assert told.code == 0
    assert "✓ accepted" in told.text
    assert "Ескіқұлова" not in told.text
    answered = ("--text", "жауап", *by(Role.HEAD))
    assert qolhat("answer", day.refused, "slip-1", *answered).code == 0
    taken, answer = events(qolhat, day.refused)[-2:]
    assert (taken["what"], answer["what"]) == ("complaint", "complaint-answered")
    assert taken["details"] == {"answer_by": "2026-11-23T12:00:00Z", "ask": 6}
    assert answer["details"] == {"complaint": "slip-1"}
    (kept,) = records_of(day.folder, day.refused, "complaint")
    assert kept == {"text": "Ескіқұлова: неге бас тартылды"}
    shown = qolhat("history", day.refused).text
    for part in ("written complaint taken", "answer by: 2026-11-23 17:00", "ask: 6",
                 "complaint answered", "complaint: slip-1"):  # fmt: skip
        assert part in shown
    second = qolhat("answer", day.refused, "slip-1", *by(Role.HEAD))
    assert (second.code, "has its answer already" in second.text) == (1, True)


@pytest.mark.parametrize(
    ("by_then", "why"),
    [
        ("2026-11-16T08:00:00+05:00", "is not after the complaint was taken"),
        ("2026-11-23 17:00", "2026-11-23 17:00"),
        ("", "zone"),
    ],
)
def test_a_slip_needs_a_time_to_come(qolhat: Terminal, day: Day, by_then: str, why: str) -> None:
    told = qolhat("complain", day.refused, "--answer-by", by_then, "--ask", 6, *by(Role.OFFICE))
    assert told.code != 0
    assert why in told.text
