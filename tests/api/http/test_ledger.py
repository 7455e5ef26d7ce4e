"""A packet's time by HTTP: labelled without a gap, opened down to the scans, scored otherwise."""

from __future__ import annotations

from itertools import pairwise

from domain.numbers import packet_number
from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.stories import CENTRE


def test_a_figure_is_opened_down_to_its_lines_and_scans(shared: Counter) -> None:
    number = shared.register()
    shared.up_to_the_head(number)
    shared.home_again(number)
    told = shared.get(f"/packets/{number}/ledger")
    lines = told["lines"]
    assert all(one["until"] == other["since"] for one, other in pairwise(lines))
    history = shared.get(f"/packets/{number}/history")
    assert {line["seq"] for line in lines} <= {visit["seq"] for visit in history["visits"]}
    refs = {entry["ref"] for entry in history["entries"]}
    behind = {ref for line in lines for ref in line["scans"]}
    assert behind <= refs
    assert len(behind) > 10
    assert sum(each["seconds"] for each in told["sums"]) == sum(line["seconds"] for line in lines)
    first = told["clocks"][0]
    assert first["stage"]["key"] == "accept"
    assert first["budget_seconds"] == 30 * 60
    assert first["consumed_seconds"] == 300
    assert first["over_seconds"] == 0
    assert "003" in first["source"]
    assert told["edition"]["id"] == told["norms"]["id"] == "s7c-2012"


def test_the_same_history_by_another_editions_norms(shared: Counter) -> None:
    number = shared.register()
    shared.scan(20, number, Role.COLLECTING)
    own = shared.get(f"/packets/{number}/ledger")
    other = shared.get(f"/packets/{number}/ledger", edition="uc-2011")
    assert other["norms"]["id"] == "uc-2011"
    assert other["edition"] == own["edition"]
    assert other["clocks"] != own["clocks"]
    spans = [[(line["since"], line["until"]) for line in told["lines"]] for told in (own, other)]
    assert spans[0][0] == spans[1][0]


def test_an_unknown_edition_or_packet_is_told(shared: Counter) -> None:
    number = shared.register()
    answer = shared.ask("GET", f"{V1}/packets/{number}/ledger", params={"edition": "no-such"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown-edition"
    nobodys = packet_number(CENTRE, 7_777)
    answer = shared.ask("GET", f"{V1}/packets/{nobodys}/ledger")
    assert answer.json()["code"] == "unknown-packet"


def test_what_was_never_registered_has_no_legal_clock(shared: Counter) -> None:
    number = str(packet_number(CENTRE, 7_778))
    shared.scan(20, number, Role.COLLECTING)
    told = shared.get(f"/packets/{number}/ledger")
    assert told["lines"] == told["clocks"] == told["sums"] == []
    assert told["edition"] is None
