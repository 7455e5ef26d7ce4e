"""What the charts of figures show: made here, in the reader's words, and drawn in the browser.

Every chart stands beside a table with the same figures. `figures/charts.js` draws them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from api.web.named import span_text
from api.web.rendering import Speech
from domain.norms import NormUnit
from domain.regulations.edition import NormText
from domain.sketch import longest_in
from projections.figures import Figure
from projections.open_stays import AGES, OpenWork

_HOUR = timedelta(hours=1)
_BARS = 16
_WAYS = 2  # the others stand in the table
_ROWS = 20  # of open work: what is left out stands in the table
_LENGTHS = {NormUnit.MINUTE: timedelta(minutes=1), NormUnit.HOUR: _HOUR}
Chart = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """A stage on the way: how long a packet is there in all; None where none was."""

    name: str
    length: timedelta | None
    slowest: bool = False


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many stays lasted up to `longest`, and longer than those of the bar before."""

    longest: timedelta
    count: int
    late: bool = False


def trend_chart(speech: Speech, trend: Sequence[Figure]) -> Chart:
    """Show the share within the norm over time."""
    shares = [each.share_within for each in trend]
    values = [None if share is None else round(100 * share, 1) for share in shares]
    return _chart(
        ("line", speech.say("figures.chart.trend"), "%"),
        [speech.day(each.of.period) for each in trend],
        [(speech.say("figures.within"), values)],
        [[_share_text(speech, each) for each in trend]],
    )


def _share_text(speech: Speech, figure: Figure) -> str:
    """Say a share, and between which shares the true one likely lies."""
    interval = figure.interval
    if interval is None:
        return "–"
    around = f"{speech.share(interval.low)} – {speech.share(interval.high)}"
    return f"{speech.share(figure.share_within)} ({around})"


def waterfall_chart(speech: Speech, way: str, parts: Iterable[Part]) -> Chart:
    """Show how the time of a packet is made up of its stages, one after the other, in hours."""
    names, bars, tips, marked, begins = [], [], [], [], timedelta(0)
    for part in parts:
        length = part.length or timedelta(0)
        names.append(part.name)
        bars.append([round(at / _HOUR, 3) for at in (begins, begins + length)])
        tips.append(span_text(speech, length))
        marked.append(part.slowest)
        begins += length
    title = speech.say("figures.chart.waterfall", way=way)
    head = ("waterfall", title, speech.say("figures.chart.hours"))
    return _chart(head, names, [("", bars)], [tips], marked) | {"head": way}


def lengths_of(figure: Figure, norm: NormText | None) -> list[Lengths]:
    """Gather the buckets, which grow by four per cent each, into bars; late is what is past a norm.

    Only norms of minutes and of hours are lengths.
    """
    if not figure.buckets:
        return []
    least, most = min(figure.buckets), max(figure.buckets)
    width = -(-(most - least + 1) // _BARS)
    limit = _limit(norm)
    bars = []
    for first in range(least, most + 1, width):
        count = sum(figure.buckets.get(bucket, 0) for bucket in range(first, first + width))
        late = limit is not None and first > 0 and longest_in(first - 1) >= limit
        bars.append(Lengths(longest_in(min(first + width - 1, most)), count, late))
    return bars


def _limit(norm: NormText | None) -> timedelta | None:
    unit = _LENGTHS.get(norm.unit) if norm else None
    return None if norm is None or unit is None else norm.amount * unit


def lengths_chart(speech: Speech, stage: str, lengths: Sequence[Lengths]) -> Chart:
    """Show how many stays of a stage lasted how long; each bar is some per cent longer."""
    return _chart(
        ("bars", speech.say("figures.chart.lengths", stage=stage), speech.say("figures.count")),
        [up_to(speech, each) for each in lengths],
        [("", [each.count for each in lengths])],
        [[speech.number(each.count) for each in lengths]],
        [each.late for each in lengths],
    )


def up_to(speech: Speech, lengths: Lengths) -> str:
    """Say a bar's length: "≤ 35 min"."""
    return f"≤ {span_text(speech, lengths.longest)}"


def ages_chart(speech: Speech, work: Iterable[tuple[str, OpenWork]]) -> Chart:
    """Show how old open work is, by stage; `work` is named."""
    by_name: dict[str, list[int]] = {}
    for name, each in work:
        ages = by_name.setdefault(name, [0] * len(each.ages))
        by_name[name] = [one + other for one, other in zip(ages, each.ages, strict=True)]
    names = sorted(by_name, key=lambda name: (-sum(by_name[name]), name))[:_ROWS]
    labels = [speech.say("figures.open.younger", days=speech.number(age.days)) for age in AGES]
    labels.append(speech.say("figures.open.older"))
    sets = [(label, [by_name[name][at] for name in names]) for at, label in enumerate(labels)]
    tips = [[f"{label}: {speech.number(value)}" for value in values] for label, values in sets]
    head = ("stacked", speech.say("figures.chart.ages"), speech.say("figures.packets.open"))
    return _chart(head, names, sets, tips)


def _chart(
    head: tuple[str, str, str],
    labels: Sequence[str],
    sets: Iterable[tuple[str, Sequence[Any]]],
    tips: Sequence[Sequence[str]],
    marked: Sequence[bool] = (),
) -> Chart:
    kind, title, unit = head
    return {
        "kind": kind,
        "title": title,
        "head": "",
        "unit": unit,
        "labels": labels,
        "sets": [{"label": label, "values": values} for label, values in sets],
        "tips": tips,
        "marked": marked,
    }


def busiest(ways: Iterable[T], stays: Callable[[T], int]) -> list[T]:
    """Return the ways of which there is room for charts: those with the most stays, in order."""
    found = list(ways)
    most = sorted(found, key=stays, reverse=True)[:_WAYS]
    return [each for each in found if each in most]


def charts_of(found: Mapping[str, Chart]) -> dict[str, Chart]:
    """Leave out the charts that would show nothing."""
    return {key: each for key, each in found.items() if each["labels"]}
