"""A court's expert at the keyboard: the day is closed, the log is audited, a packet is proved."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import api.cli.audit
from infra.evidence.proofs import MOST_IN_A_CODE
from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.api.forms.reading import Read

TOMORROW = 24 * 60 + 10  # minutes


@pytest.fixture
def closed(qolhat: Terminal, day: Day) -> dict[str, Any]:
    """The head of the day."""
    qolhat.at(TOMORROW)
    done = qolhat("close-day", "--json")
    assert done.code == 0, done.data
    assert done.data["check"]["findings"] == done.data["check"]["differences"] == 0
    (head,) = done.data["heads"]
    return dict(head)


def test_a_closed_day_is_good_in_every_language(
    qolhat: Terminal, day: Day, closed: dict[str, Any]
) -> None:
    assert closed["day"] == "2026-11-16"
    told = in_every_language(qolhat, "audit", "--processes", 1, "--views")
    assert {said.code for said in told.values()} == {0}
    assert "nothing was altered" in told["en"].text
    again = qolhat("close-day", "--without-check", "--json")
    assert again.data == {"heads": [], "check": None}
    one = qolhat("audit", "--day", closed["day"], "--json", "--processes", 1).data
    assert one["good"]
    assert one["last"]["root"] == closed["root"]


def test_an_altered_event_is_named_and_the_command_fails(
    qolhat: Terminal, day: Day, closed: dict[str, Any]
) -> None:
    with closing(sqlite3.connect(day.folder / "events.db")) as store, store:
        store.execute("UPDATE stored_events SET state = '{}' WHERE topic = 'pkt.iss'")
    done = qolhat("audit", "--json", "--processes", 1)
    assert done.code == 1
    first = done.data["findings"][0]
    assert (first["kind"], first["number"]) == ("altered", str(day.issued))
    assert (first["day"], first["topic"]) == (closed["day"], "pkt.iss")
    told = in_every_language(qolhat, "audit", "--processes", 1)
    assert "altered event" in told["en"].text
    assert qolhat("close-day", "--json").code == 1


def test_the_printed_code_is_compared_with_the_log(
    qolhat: Terminal, day: Day, closed: dict[str, Any]
) -> None:
    assert qolhat("audit", "--witness", closed["witness"], "--processes", 1).code == 0
    with closing(sqlite3.connect(day.folder / "events.db")) as store, store:
        for table in ("stored_events", "evidence_leaves", "evidence_heads", "evidence_checks"):
            store.execute(f"DELETE FROM {table}")
    assert qolhat("audit", "--witness", closed["witness"], "--processes", 1).code == 1


def test_a_packet_is_proved_on_paper_and_the_proof_needs_no_store(
    qolhat: Terminal,
    day: Day,
    closed: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "proof.pdf"
    proved = qolhat("audit", "--packet", day.issued, "--out", out, "--json").data
    assert proved["events"][0]["topic"] == "pkt.reg"
    paper = Read(out.read_bytes())
    found = {code for page in range(len(paper.pages)) for code in paper.codes(page)}
    assert set(proved["codes"]) <= found
    assert closed["witness"] in found
    assert all(len(each) <= MOST_IN_A_CODE for each in proved["codes"])
    monkeypatch.setattr(api.cli.audit, "opened", None)  # no store is opened
    for code in (*proved["codes"], proved["proof"]):
        checked = qolhat("audit", "--proof", code, "--json")
        assert checked.code == 0
        assert checked.data["holds"]
        assert checked.data["head"]["fingerprint"] == closed["fingerprint"]
    at = len(proved["proof"]) - 20
    other = "A" if proved["proof"][at] != "A" else "B"
    forged = proved["proof"][:at] + other + proved["proof"][at + 1 :]
    assert qolhat("audit", "--proof", forged).code == 1


def test_what_cannot_be_meant_is_said(qolhat: Terminal, day: Day) -> None:
    assert qolhat("audit", "--proof", "QP1.x").code == 1
    assert qolhat("audit", "--day", "2026-11-16", "--packet", day.issued).code == 2
    assert qolhat("audit", "--day", "2026-13-16").code == 2
    assert qolhat("audit", "--day", "2026-11-16").code == 1
    assert qolhat("audit", "--packet", day.issued).code == 1
    assert "No day was closed" in in_every_language(qolhat, "audit", "--processes", 1)["en"].text
