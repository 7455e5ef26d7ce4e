"""The same history by another edition's norms, over HTTP."""

from __future__ import annotations

from domain.roles import Role
from tests.api.http.counter import V1, Counter


def test_stages_are_told_by_both_norms(shared: Counter) -> None:
    number = shared.register()
    shared.up_to_the_head(number)
    shared.home_again(number)
    told = shared.get("/what-if", edition="s7c-2012")
    assert told["norms"]["id"] == "s7c-2012"
    stages = {each["stage"]["key"]: each for each in told["stages"]}
    assert stages["accept"]["own"]["norm"]["amount"] == 30
    assert all(each["own"] == each["other"] for each in told["stages"])
    assert stages["accept"]["own"]["judged"] == stages["accept"]["count"] >= 1
    assert shared.get("/what-if", edition="uc-2011")["stages"] == []


def test_an_unknown_edition_and_days_the_wrong_way_round_are_told(shared: Counter) -> None:
    shared.scan(20, shared.register(), Role.COLLECTING)
    unknown = shared.ask("GET", f"{V1}/what-if", params={"edition": "no-such"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-edition")
    days = {"edition": "s7c-2012", "since": "2026-11-20", "until": "2026-11-10"}
    backwards = shared.ask("GET", f"{V1}/what-if", params=days)
    assert backwards.json()["code"] == "days-backwards"
