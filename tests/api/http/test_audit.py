"""Evidence by HTTP: signed days and checks, and a packet's proof that anybody can check."""

from __future__ import annotations

from datetime import timedelta

from domain.roles import Role
from infra.evidence.night import check, close_days
from infra.evidence.proofs import read_proof
from tests.api.forms.reading import Read
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY


def test_what_is_not_closed_yet_has_no_proof(counter: Counter) -> None:
    number = counter.register()
    answer = counter.ask("GET", f"{V1}/packets/{number}/proof")
    assert (answer.status_code, answer.json()["code"]) == (404, "nothing-sealed")


def test_a_packets_proof_holds_and_is_printed(counter: Counter) -> None:
    number = counter.register()
    counter.scan(20, number, Role.COLLECTING)
    counter.clock.at += timedelta(days=1)
    close_days(counter.qolhat)
    counter.scan(24 * 60 + 30, number, Role.COURIER)
    told = counter.get(f"/packets/{number}/proof")
    proof = read_proof(told["proof"])
    assert proof.holds
    assert proof.packet == int(number)
    assert [each["topic"] for each in told["events"]] == ["pkt.reg", "pkt.scan"]
    assert {each["index"]: each["leaf"] for each in told["events"]} == {
        place: leaf.hex() for place, leaf in proof.leaves.items()
    }
    assert told["later"] == 1
    answer = counter.ask("GET", f"{V1}/packets/{number}/proof", params={"format": "pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    assert set(told["codes"]) <= set(Read(answer.content).codes())


def test_signed_days_and_checks_are_told(counter: Counter) -> None:
    counter.appoint(Role.AUDITOR, AUTHORITY)
    counter.register()
    counter.clock.at += timedelta(days=1)
    (head,) = close_days(counter.qolhat)
    check(counter.qolhat)
    told = counter.get("/audit", role=Role.AUDITOR)
    assert told["heads"][0]["witness"] == head.text
    assert told["heads"][0]["root"] == head.root.hex()
    assert told["checks"][0]["good"]
    assert told["checks"][0]["findings"] == told["checks"][0]["differing"] == []
