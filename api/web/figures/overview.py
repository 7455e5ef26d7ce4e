"""How every stage does: norms kept, quantiles, where the time goes, rework, deviations, the trend.

The figures of one stage may be told apart by organisation, those of one organisation's stage by
person: the same service, the same norm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.periods import LOOKS_BACK, Period
from api.stage_order import in_order
from api.web.asked import (
    Asked,
    DayQuery,
    FlagQuery,
    OrganisationQuery,
    asked,
    choices,
    midnight,
    query_of,
)
from api.web.figures.charts import (
    Chart,
    Lengths,
    Part,
    busiest,
    charts_of,
    lengths_chart,
    lengths_of,
    trend_chart,
    up_to,
    waterfall_chart,
)
from api.web.named import norm_text, service_name, services, stage_name
from api.web.visitor import Visitor, allowed
from domain.progress import VisitKind
from domain.regulations.edition import Edition
from domain.rights import Right
from infra.audit_figures import Comparison, Overview, overview_as_known
from infra.audit_figures import overview as overview_of
from projections.figures import FEW, By, Figure, Of, RollupFilter, Span

router = APIRouter()
KeyQuery = Annotated[str, Query(max_length=64)]
_A_MOMENT = timedelta(microseconds=1)
RANKED = 20  # who is compared at first; the others are one click away
_BARS = 16  # of the small picture of how long stays lasted
_STAGE = VisitKind.STAGE.value
_ON_THE_WAY = (_STAGE, VisitKind.HANDOVER.value)


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its name, its figure, the address of its stays ("": they have no list).

    `begins` and `length` place the time that a packet spends here, in hundredths of the whole way.
    """

    name: str
    figure: Figure
    query: Mapping[str, Any]
    norm: str = ""
    begins: float = 0.0
    length: float = 0.0
    slowest: bool = False

    @property
    def bars(self) -> list[tuple[int, float]]:
        """The picture of how long stays lasted: where each bar stands, how high it is (0 to 10)."""
        return bars_of(self.figure.buckets)


@dataclass(frozen=True, slots=True)
class Way:
    """The stages of an edition, in the order of its route; its service in words."""

    service: str
    way: str
    lines: list[Line]
    edition: str
    key: str

    @property
    def whole(self) -> Line:
        """All stays of its stages together."""
        found = Figure(Of())
        for line in self.lines:
            if line.figure.of.kind == _STAGE:
                found.add(line.figure)
        return Line(f"{self.service} ({self.way})", found, {})

    @property
    def length(self) -> timedelta:
        """How long a packet is on this way in all; what was astray or lost is no part of it."""
        return sum((_length(line) for line in self._parts), timedelta(0))

    @property
    def slowest(self) -> Line | None:
        """Where on the way a packet is longest."""
        return max(self._parts, key=_length, default=None)

    @property
    def _parts(self) -> list[Line]:
        return [line for line in self.lines if line.figure.of.kind in _ON_THE_WAY]

    @property
    def chart(self) -> str:
        """Under which key the page has the chart of where the time goes."""
        return f"way-{self.edition}"


def _length(line: Line) -> timedelta:
    return line.figure.per_packet or timedelta(0)


@router.get("/figures")
def figures(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
    span: Span = Span.WEEK,
    since: DayQuery = None,
    until: DayQuery = None,
    edition: KeyQuery = "",
    stage: KeyQuery = "",
    service: KeyQuery = "",
    known: DayQuery = None,
    everybody: FlagQuery = None,
) -> HTMLResponse:
    """Show services and their stages; with an edition and a stage: by organisation, or person.

    `everybody`: not only the worst of these. `known`: only what was recorded by the end of that
    day. It takes as long as reading everything.
    """
    whose = asked(visitor, organisation)
    today = visitor.qolhat.now().astimezone(ZoneInfo(visitor.speech.zone)).date()
    last = until or today
    period = Period.of_days(span, since or last - LOOKS_BACK, last)
    which = _which(whose, period, service)
    by = By.PERSON if _is_one(which) else By.ORGANISATION
    most = None if everybody or by is By.PERSON else RANKED
    one = Comparison(edition, stage, by, most) if edition and stage else None
    found = _asked_for(visitor, which, known, one)
    listed = {} if known else period.query()
    ways = _ways(visitor, found.stages, listed, organisation)
    shown = _shown_lengths(visitor, found.lengths)
    return visitor.page(
        "figures/figures.html",
        asked=whose,
        choices=choices(visitor.qolhat, whose.in_reach),
        period=period,
        known=known,
        people=_is_one(which),
        spans=tuple(Span),
        few=FEW,
        trend=[Line("", figure, {}) for figure in found.trend],
        ways=ways,
        fine=found.fine,
        lengths=shown,
        charts=_charts(visitor, found, ways, shown),
        deviations=[(name, count) for _, name, count in found.deviations],
        compared=list(_compared(visitor, found.compared, listed, edition, stage)),
        others=found.others,
        ranked=len(found.compared),
        edition=edition,
        stage_key=stage,
        stage=stage_name(visitor.qolhat, visitor.speech, edition, stage) if found.compared else "",
        service=service,
        services=services(visitor.qolhat, visitor.speech),
        address=lambda **more: query_of(**{
            "organisation": organisation, "span": period.span.value, "since": period.since,
            "until": period.last, "known": known, "service": service or None, **more,
        }),
    )  # fmt: skip


def _asked_for(
    visitor: Visitor, which: RollupFilter, known: date | None, one: Comparison | None
) -> Overview:
    """Ask the roll-ups; of a past day, what had been recorded by then."""
    qolhat = visitor.qolhat
    if known is not None:
        ends = midnight(known + timedelta(days=1), visitor.speech.zone) - _A_MOMENT
        return overview_as_known(qolhat.log, qolhat.views.knowledge, ends, which, one)
    with qolhat.views.reading() as reading:
        return overview_of(reading, which, one)


def _which(whose: Asked, period: Period, service: str) -> RollupFilter:
    return RollupFilter(
        period.span,
        organisations=whose.meant,
        service=service or None,
        since=period.since,
        until=period.until,
    )


def _is_one(which: RollupFilter) -> bool:
    return which.organisations is not None and len(which.organisations) == 1


def _ways(
    visitor: Visitor,
    found: Iterable[Figure],
    period: Mapping[str, Any],
    organisation: int | None,
) -> list[Way]:
    """Return the figures in the order of services and of their routes.

    `period`: the fields that mean the same stays in the list of stays; none if there is no list.
    """
    fields = {**period, **query_of(organisation=organisation)} if period else {}
    return [
        Way(
            service_name(visitor.qolhat, visitor.speech, edition.id),
            visitor.speech.word("way", edition.way.value),
            list(_on_the_way(visitor, edition, figures, fields)),
            edition.id,
            edition.service.key,
        )
        for edition, figures in in_order(visitor.qolhat, found)
    ]


def _on_the_way(
    visitor: Visitor, edition: Edition, found: Iterable[Figure], fields: Mapping[str, Any]
) -> Iterator[Line]:
    """List the stages and hand-overs of a route, each with where its time lies in the whole."""
    lines = [_line(visitor, edition, figure, fields) for figure in found]
    lengths = [line.figure.per_packet or timedelta(0) for line in lines]
    whole, slowest, begins = sum(lengths, timedelta(0)), max(lengths), 0.0
    for line, length in zip(lines, lengths, strict=True):
        part = 100 * (length / whole) if whole else 0.0
        is_slowest = bool(length) and length == slowest
        yield replace(line, begins=round(begins, 2), length=round(part, 2), slowest=is_slowest)
        begins += part


def _line(visitor: Visitor, edition: Edition, figure: Figure, fields: Mapping[str, Any]) -> Line:
    qolhat, speech, of = visitor.qolhat, visitor.speech, figure.of
    name = stage_name(qolhat, speech, edition.id, of.stage) if of.stage in edition.index_of else ""
    if of.kind != _STAGE:
        kind = speech.word("visit", of.kind)
        return Line(f"{kind} → {name}" if name else kind, figure, {})
    norm = edition.stage(of.stage or "").norm
    told = "" if norm is None else norm_text(speech, norm.amount, norm.unit.value)
    query = {"edition": edition.id, "stage": of.stage, **fields} if fields else {}
    return Line(name, figure, query, told)


def _compared(
    visitor: Visitor,
    found: Collection[Figure],
    listed: Mapping[str, Any],
    edition: str,
    stage: str,
) -> Iterator[Line]:
    """Name those who are compared: persons, where the figures are told apart by them."""
    names = visitor.qolhat.personnel.names({each.of.person for each in found if each.of.person})
    for figure in found:
        code, person = figure.of.organisation or 0, figure.of.person
        query = {"edition": edition, "stage": stage, "organisation": code, **listed}
        if person is None:
            name = visitor.qolhat.directory.organisation(code).name_kk
        else:
            name = names.get(person, f"№ {person}")
        yield Line(name, figure, query | query_of(person=person) if listed else {})


@dataclass(frozen=True, slots=True)
class _Shown:
    """The stage of which it is shown how long its stays lasted."""

    stage: str
    bars: list[Lengths]
    labels: list[str]


def _shown_lengths(visitor: Visitor, figure: Figure | None) -> _Shown | None:
    """Return how long the stays of a stage lasted."""
    if figure is None:
        return None
    of = visitor.qolhat.regulations.edition(figure.of.edition or "")
    bars = lengths_of(figure, of.stage(figure.of.stage or "").norm)
    name = stage_name(visitor.qolhat, visitor.speech, of.id, figure.of.stage)
    return _Shown(name, bars, [up_to(visitor.speech, each) for each in bars])


def _charts(
    visitor: Visitor, found: Overview, ways: Iterable[Way], shown: _Shown | None
) -> dict[str, Chart]:
    speech = visitor.speech
    charts = {"trend": trend_chart(speech, found.trend)}
    for way in busiest(ways, lambda way: sum(line.figure.count for line in way.lines)):
        parts = [Part(each.name, each.figure.per_packet, each.slowest) for each in way.lines]
        charts[way.chart] = waterfall_chart(speech, f"{way.service} ({way.way})", parts)
    if shown is not None:
        charts["lengths"] = lengths_chart(speech, shown.stage, shown.bars)
    return charts_of(charts)


def bars_of(buckets: Mapping[int, int]) -> list[tuple[int, float]]:
    """Gather buckets, which grow by four per cent each, into bars: where each stands, how high."""
    if not buckets:
        return []
    least = min(buckets)
    width = -(-(max(buckets) - least + 1) // _BARS)
    heights = [0] * _BARS
    for bucket, count in buckets.items():
        heights[(bucket - least) // width] += count
    most = max(heights)
    return [(index, round(10 * height / most, 2)) for index, height in enumerate(heights)]
