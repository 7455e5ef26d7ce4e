"""Figures and reports over HTTP: told apart, compared fairly, the same as known on a past day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.acts import ActKind
from domain.reporting import PeriodKind, ReportPeriod
from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY

TODAY = MORNING.date()
MONTH = ReportPeriod.containing(PeriodKind.MONTH, TODAY).code
STAGE = {"service": "003-7", "edition": "s7c-2012", "kind": "stage", "stage": "incoming"}


@pytest.fixture(scope="module")
def managed(busy: Counter) -> Counter:
    """A manager, an auditor, and three packets: one quick and one late at the office."""
    busy.appoint(Role.MANAGER, AUTHORITY)
    busy.appoint(Role.AUDITOR, OTHER_AUTHORITY)
    for minute, took in ((10, 10), (20, 45), (90, None)):
        number = busy.register(minute)
        busy.scan(minute + 80, number, Role.OFFICE)
        if took is not None:
            busy.act(minute + 80 + took, number, ActKind.INCOMING, Role.OFFICE)
    return busy


def asked(counter: Counter, path: str, **query: Any) -> Any:
    position = counter.qolhat.log.rows.last_position()
    params = {"after": position, **query}
    answer = counter.ask("GET", f"{V1}{path}", Role.AUDITOR, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_figures_are_told_apart_by_stage_at_first(managed: Counter) -> None:
    found = asked(managed, "/figures")
    assert found["one_norm"]
    (incoming,) = [
        each
        for each in found["items"]
        if each["stage"]["key"] == "incoming" and each["kind"]["code"] == "stage"
    ]
    assert (incoming["count"], incoming["late"], incoming["share_within"]) == (2, 1, 0.5)
    assert incoming["norm"]["amount"] == 30
    assert incoming["norm_source"]
    assert incoming["small"]
    assert incoming["median_seconds"] == pytest.approx(600, rel=0.02)
    assert incoming["longest_seconds"] == pytest.approx(45 * 60, rel=0.02)
    assert incoming["overrun_seconds"] == 15 * 60


@pytest.mark.parametrize(
    ("by", "filtered", "one_norm"),
    [
        (["organisation"], {}, False),
        (["organisation", "stage"], {}, False),
        (["organisation"], STAGE, True),
        (["organisation", "edition", "kind", "stage"], {}, True),
    ],
)
def test_it_is_said_whether_organisations_can_be_compared(
    managed: Counter, by: list[str], filtered: dict[str, str], one_norm: bool
) -> None:
    found = asked(managed, "/figures", by=by, **filtered)
    assert found["one_norm"] is one_norm
    assert {each["organisation"]["code"] for each in found["items"]} <= {CENTRE, AUTHORITY}
    norms = {each["norm"] and each["norm"]["amount"] for each in found["items"]}
    assert norms == {None} if not one_norm else 30 in norms


def test_a_hand_over_is_nobodys_norm(managed: Counter) -> None:
    for item in asked(managed, "/figures", kind="handover")["items"]:
        assert (item["norm"], item["judged"]) == (None, 0)


def test_a_filter_is_said_of_what_it_leaves(managed: Counter) -> None:
    (item,) = asked(managed, "/figures", by="organisation", **STAGE)["items"]
    assert (item["stage"]["key"], item["service"]["key"]) == ("incoming", "003-7")
    assert (item["organisation"]["code"], item["count"]) == (AUTHORITY, 2)
    assert asked(managed, "/figures", stage="none")["items"] == []
    assert asked(managed, "/figures", until=str(TODAY - timedelta(days=30)))["items"] == []


def test_a_figure_and_a_report_of_a_past_day_stay_as_they_were(counter: Counter) -> None:
    counter.appoint(Role.AUDITOR, OTHER_AUTHORITY)
    number = counter.register(10)
    counter.scan(90, number, Role.OFFICE)
    counter.act(130, number, ActKind.INCOMING, Role.OFFICE)
    paths = ("/figures", f"/reports/{MONTH}", f"/reports/{MONTH}/pdf")
    now = [asked(counter, path) for path in paths[:2]]
    counter.clock.at = MORNING + timedelta(days=2)
    known = {"as_known_on": str(TODAY), "organisation": AUTHORITY}
    past = [counter.ask("GET", f"{V1}{path}", Role.AUDITOR, params=known) for path in paths]
    late = MORNING + timedelta(minutes=70)
    counter.scan(2 * 24 * 60, number, Role.OFFICE, happened_at=late.isoformat())
    counter.clock.at = MORNING + timedelta(days=3)
    again = [counter.ask("GET", f"{V1}{path}", Role.AUDITOR, params=known) for path in paths]
    assert [each.content for each in again] == [each.content for each in past]
    assert {each.status_code for each in past} == {200}
    assert [asked(counter, path)["stages" if "rep" in path else "items"] for path in paths[:2]] != [
        now[1]["stages"],
        now[0]["items"],
    ]


def test_a_report_counts_services_and_is_a_file(managed: Counter) -> None:
    report = asked(managed, f"/reports/{MONTH}", organisation=AUTHORITY)
    assert report["organisation"]["code"] == AUTHORITY
    assert report["period"]["code"] == MONTH
    (service,) = report["services"]
    assert (service["service"]["key"], service["received"], service["open"]) == ("003-7", 3, 3)
    for form, begins in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        answer = managed.ask("GET", f"{V1}/reports/{MONTH}/{form}", Role.AUDITOR)
        assert answer.content.startswith(begins)
        assert f'filename="report-{MONTH}.{form}"' in answer.headers["content-disposition"]


def test_reports_are_for_those_who_see_figures_and_of_periods_that_are(managed: Counter) -> None:
    def status(path: str, role: Role, **query: object) -> int:
        return managed.ask("GET", f"{V1}{path}", role, params=query).status_code

    assert status("/figures", Role.OFFICE) == 403
    assert status(f"/reports/{MONTH}", Role.OFFICE) == 403
    assert status(f"/reports/{MONTH}", Role.MANAGER, organisation=OTHER_AUTHORITY) == 403
    assert status("/reports/2026-Q7", Role.AUDITOR) == 422
    assert status(f"/reports/{MONTH}/doc", Role.AUDITOR) == 422
    assert status(f"/reports/{MONTH}", Role.AUDITOR, organisation=9999) in (404, 422)
