"""The same history by another edition's norms, over HTTP."""

from __future__ import annotations

import pytest

from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY, PEOPLE


@pytest.fixture
def auditing(counter: Counter) -> Counter:
    """A counter to which nobody else adds, and somebody who sees the authority's figures."""
    counter.appoint(Role.AUDITOR, AUTHORITY)
    return counter


def test_stages_are_told_by_both_norms(auditing: Counter) -> None:
    number = auditing.register()
    auditing.up_to_the_head(number)
    auditing.home_again(number)
    told = auditing.get("/what-if", Role.AUDITOR, edition="s7c-2012")
    assert told["norms"]["id"] == "s7c-2012"
    stages = {each["stage"]["key"]: each for each in told["stages"]}
    assert stages["to-head"]["own"]["norm"]["amount"] == 15
    assert stages["accept"]["own"]["norm"]["unit"]["code"] == "minute"
    assert all(each["own"] == each["other"] for each in told["stages"])
    assert stages["to-head"]["own"]["judged"] == stages["to-head"]["count"] >= 1
    one = auditing.get("/what-if", Role.AUDITOR, edition="s7c-2012", stage="to-head")
    assert one["stages"] == [stages["to-head"]]
    person = {"edition": "s7c-2012", "person": PEOPLE[Role.OFFICE], "service": "003-7"}
    assert {
        e["stage"]["key"] for e in auditing.get("/what-if", Role.AUDITOR, **person)["stages"]
    } < set(stages)
    assert auditing.get("/what-if", Role.AUDITOR, edition="s7c-2012", service="002")["stages"] == []
    unknown = {"edition": "s7c-2012", "service": "no-such"}
    refused = auditing.ask("GET", f"{V1}/what-if", Role.AUDITOR, params=unknown)
    assert refused.json()["code"] == "unknown-service-key"
    other = auditing.get("/what-if", Role.AUDITOR, edition="uc-2011")
    assert other["stages"] == []


def test_an_unknown_edition_and_days_the_wrong_way_round_are_told(auditing: Counter) -> None:
    auditing.scan(20, auditing.register(), Role.COLLECTING)
    unknown = auditing.ask("GET", f"{V1}/what-if", Role.AUDITOR, params={"edition": "no-such"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-edition")
    days = {"edition": "s7c-2012", "since": "2026-11-20", "until": "2026-11-10"}
    backwards = auditing.ask("GET", f"{V1}/what-if", Role.AUDITOR, params=days)
    assert backwards.json()["code"] == "days-backwards"
