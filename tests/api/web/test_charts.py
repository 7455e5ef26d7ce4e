"""What the charts show is what the tables say."""

from __future__ import annotations

from datetime import date, timedelta

from api.web.figures.charts import (
    Part,
    ages_chart,
    busiest,
    charts_of,
    lengths_chart,
    lengths_of,
    trend_chart,
    waterfall_chart,
)
from api.web.rendering import Speech
from domain.norms import NormUnit
from domain.regulations.edition import NormText
from domain.sketch import bucket_of, longest_in
from projections.figures import Figure, Of
from projections.open_stays import OpenWork

SPEECH = Speech("en")
MINUTE = timedelta(minutes=1)


def figure(*minutes: int) -> Figure:
    """Stays in a stage that lasted so many minutes."""
    found = Figure(Of(stage="incoming"), count=len(minutes))
    for each in minutes:
        bucket = bucket_of(each * MINUTE)
        found.buckets[bucket] = found.buckets.get(bucket, 0) + 1
    return found


def test_every_length_lies_in_its_bucket_and_no_longer_one_does() -> None:
    for minutes in (1, 7, 59, 60, 5_000):
        bucket = bucket_of(minutes * MINUTE)
        assert longest_in(bucket - 1) < minutes * MINUTE <= longest_in(bucket)


def test_bars_hold_all_stays_and_mark_those_past_the_norm() -> None:
    norm = NormText(unit=NormUnit.MINUTE, amount=30)
    bars = lengths_of(figure(5, 10, 10, 29, 60, 90), norm)
    assert sum(bar.count for bar in bars) == 6
    assert [bar.longest for bar in bars] == sorted(bar.longest for bar in bars)
    assert sum(bar.count for bar in bars if bar.late) == 2
    chart = lengths_chart(SPEECH, "Registration", bars)
    assert sum(chart["sets"][0]["values"]) == 6
    assert any(chart["marked"])
    days = NormText(unit=NormUnit.WORKING_DAY, amount=1)  # whose length hangs on the calendar
    assert not any(bar.late for bar in lengths_of(figure(5, 60), days))
    assert lengths_of(figure(), norm) == []


def test_the_way_is_its_stages_one_after_the_other() -> None:
    parts = [Part("a", 30 * MINUTE), Part("b", 90 * MINUTE, slowest=True), Part("c", None)]
    chart = waterfall_chart(SPEECH, "Service", parts)
    assert chart["sets"][0]["values"] == [[0.0, 0.5], [0.5, 2.0], [2.0, 2.0]]
    assert chart["marked"] == [False, True, False]
    assert chart["head"] == "Service"


def test_a_share_of_nothing_is_a_gap() -> None:
    first, second = date(2026, 11, 9), date(2026, 11, 16)
    trend = [Figure(Of(period=first), 4, 0, 0), Figure(Of(period=second), 4, 4, 3)]
    chart = trend_chart(SPEECH, trend)
    assert chart["sets"][0]["values"] == [None, 75.0]
    assert chart["tips"][0][0] == "–"
    assert chart["tips"][0][1].startswith("75% (")


def test_open_work_of_a_stage_is_added_up_over_organisations() -> None:
    def work(organisation: int, *ages: int) -> OpenWork:
        return OpenWork(organisation, "003-7", "s7c-2012", "stage", "x", sum(ages), 0, ages)

    found = [
        ("a", work(1, 1, 0, 0, 0, 0)),
        ("b", work(1, 0, 2, 0, 0, 3)),
        ("b", work(2, 1, 0, 0, 0, 0)),
    ]
    chart = ages_chart(SPEECH, found)
    assert chart["labels"] == ["b", "a"]
    assert [each["values"] for each in chart["sets"]] == [[1, 1], [2, 0], [0, 0], [0, 0], [3, 0]]


def test_there_is_room_for_the_busiest_in_their_order() -> None:
    assert busiest([3, 9, 1, 5], lambda stays: stays) == [9, 5]


def test_a_chart_of_nothing_is_left_out() -> None:
    assert charts_of({"trend": trend_chart(SPEECH, [])}) == {}
