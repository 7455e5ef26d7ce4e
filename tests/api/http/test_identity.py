"""Who is let in, and who is turned away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.roles import Role
from tests.api.http.counter import V1, Counter, check_problem

PATHS = [
    ("GET", "/packets/10267000000123"),
    ("GET", "/packets/10267000000123/history"),
    ("GET", "/packets/10267000000123/ledger"),
    ("GET", "/packets/10267000000123/proof"),
    ("GET", "/audit"),
    ("GET", "/indicators"),
    ("GET", "/figures/couriers"),
    ("GET", "/places/30267100000109/holdings"),
    ("GET", "/packets/10267000000123/label"),
    ("GET", "/labels"),
    ("GET", "/bags/20267000000108/tag"),
    ("GET", "/places/30267100000109/card"),
    ("GET", "/action-cards"),
    ("GET", "/action-cards/signed"),
    ("GET", "/test-strip"),
    ("GET", "/visits"),
    ("GET", "/timings"),
    ("GET", "/what-if"),
    ("GET", "/changed-stays"),
    ("GET", "/figures"),
    ("GET", "/reports/2026-W41"),
    ("GET", "/reports/2026-W41/pdf"),
    ("GET", "/due"),
    ("GET", "/unsettled"),
    ("GET", "/unsettled/x"),
    ("GET", "/complaints"),
    ("GET", "/packets/10267000000123/complaints"),
    ("GET", "/packets/10267000000123/pages"),
    ("GET", "/packets/10267000000123/pages.pdf"),
    ("GET", "/packets/10267000000123/pages/x"),
    ("GET", "/unsettled-pages"),
    ("GET", "/unsettled-pages/x"),
    ("GET", "/unsettled-pages/x/picture"),
    ("POST", "/unsettled-pages/x/settle"),
    ("GET", "/directory"),
    ("GET", "/directory/32"),
    ("GET", "/regulations"),
    ("GET", "/regulations/s7c-2012"),
    ("GET", "/registries"),
    ("GET", "/registries/60267000000145"),
    ("GET", "/bags"),
    ("GET", "/bags/20267000000108"),
    ("GET", "/discrepancies"),
    ("GET", "/runs"),
    ("GET", "/runs/punctuality"),
    ("GET", "/runs/what-if"),
    ("GET", "/timetables"),
    ("GET", "/exports/csv"),
    ("POST", "/packets"),
    ("POST", "/scans"),
    ("POST", "/pictures"),
    ("POST", "/acts"),
    ("POST", "/packets/10267000000123/acts"),
    ("POST", "/packets/10267000000123/scans/x/void"),
    ("POST", "/unsettled/x/settle"),
    ("POST", "/packets/10267000000123/complaints"),
    ("POST", "/packets/10267000000123/complaints/x/answer"),
    ("POST", "/registries"),
    ("POST", "/registries/60267000000145/bags"),
    ("POST", "/registries/60267000000145/close"),
    ("POST", "/bags/20267000000108/packets"),
    ("POST", "/bags/20267000000108/taken-out"),
    ("POST", "/bags/20267000000108/seal"),
    ("POST", "/bags/20267000000108/pictures"),
    ("POST", "/bags/20267000000108/offer"),
    ("POST", "/bags/20267000000108/accept"),
    ("POST", "/bags/20267000000108/broken-seal"),
    ("POST", "/bags/20267000000108/open"),
    ("POST", "/bags/20267000000108/verified"),
    ("POST", "/bags/20267000000108/reconcile"),
    ("POST", "/discrepancies/20267000000108/missing/settle"),
    ("POST", "/timetables"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nothing_without_a_token(shared: Counter, method: str, path: str) -> None:
    body: dict[str, str] | None = {} if method == "POST" else None
    answer = shared.ask(method, f"{V1}{path}", None, json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="qolhat"'


@pytest.mark.parametrize(
    "header", ["Bearer nobody", "Bearer ", "Basic dXNlcjp4", "nonsense", "Bearer \xff\xfe"]
)
def test_nothing_with_a_wrong_token(shared: Counter, header: str) -> None:
    headers = {"Authorization": header.encode("latin-1")}
    answer = shared.client.get(f"{V1}/due", headers=headers)
    assert answer.status_code == 401
    assert check_problem(answer)["code"] == "unauthenticated"


def test_the_dismissed_are_turned_away(counter: Counter) -> None:
    counter.qolhat.personnel.dismiss(counter.people[Role.COURIER])
    answer = counter.ask("GET", f"{V1}/due", Role.COURIER)
    assert (answer.status_code, answer.json()["code"]) == (403, "turned-away")
    answer = counter.post("/scans", counter.scanned(20, "x", Role.COURIER), Role.COURIER)
    assert answer.status_code == 403


def test_the_dismissed_are_turned_away_even_as_stand_ins(counter: Counter) -> None:
    courier, head = counter.people[Role.COURIER], counter.people[Role.HEAD]
    until = counter.clock.at + timedelta(days=9)
    counter.qolhat.personnel.name_stand_in(courier, head, until)
    counter.qolhat.personnel.dismiss(courier)
    answer = counter.ask("GET", f"{V1}/due", Role.COURIER)
    assert (answer.status_code, answer.json()["code"]) == (403, "turned-away")


def test_those_without_a_role_are_turned_away(counter: Counter) -> None:
    person = counter.people[Role.COURIER]
    counter.qolhat.personnel.appoint(267, [], person=person)
    answer = counter.ask("GET", f"{V1}/due", Role.COURIER)
    assert (answer.status_code, answer.json()["code"]) == (403, "turned-away")


def test_a_revoked_device_is_not_known_any_more(counter: Counter) -> None:
    device, token = counter.qolhat.personnel.enrol(counter.people[Role.HEAD])
    headers = {"Authorization": f"Bearer {token}"}
    assert counter.client.get(f"{V1}/due", headers=headers).status_code == 200
    counter.qolhat.personnel.revoke(device)
    assert counter.client.get(f"{V1}/due", headers=headers).status_code == 401


def test_an_auditor_reads_but_does_nothing(counter: Counter) -> None:
    counter.appoint(Role.AUDITOR, 32)
    number = counter.register()
    assert counter.get(f"/packets/{number}", Role.AUDITOR)["number"] == number
    answer = counter.post("/packets", counter.registration(), Role.AUDITOR)
    assert (answer.status_code, answer.json()["code"]) == (403, "no-right")
