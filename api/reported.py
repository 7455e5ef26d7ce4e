"""Reports in words [004]: the same sections for the page, the PDF and the workbook.

What the API, the pages and the command line share: which report is meant, and how it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from api.cited import cited
from api.stage_order import in_order
from api.web.named import norm_text, service_name, span_text, stage_name
from api.web.rendering import COUNTRY_ZONE, Speech
from domain.progress import VisitKind
from domain.regulations.edition import Edition
from domain.reporting import ReportPeriod
from infra.bootstrap import Qolhat
from infra.reports import Report, ReportWanted
from projections.figures import FEW, Figure
from projections.turnover import COUNTS, Turnover, total

_STAGE = VisitKind.STAGE.value
Value = str | int | float | timedelta | date | None


class Kind(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"
    SPAN = "span"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `wide` is its share of the page's width, against that of the others."""

    heading: str
    kind: Kind
    wide: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """A row; `query`: the fields by which the list of its stays is found, none if there is none.

    `small`: too few stays for its share to say much.
    """

    values: tuple[Value, ...]
    small: bool = False
    query: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a common title, which may be empty."""

    title: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the report; `none` is said where it has no rows."""

    key: str
    title: str
    columns: tuple[Column, ...]
    groups: list[Group]
    none: str
    note: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to show."""
        return not any(group.rows for group in self.groups)


@dataclass(frozen=True, slots=True)
class Written:
    """A whole report in a language. `facts`: what it is about, each with its label."""

    speech: Speech
    title: str
    facts: list[tuple[str, str]]
    notes: list[str]
    sections: list[Section]

    def section(self, key: str) -> Section:
        """Return a section by its key."""
        return next(each for each in self.sections if each.key == key)


def zone_of(qolhat: Qolhat, organisation: int | None) -> str:
    """Return the zone in which a report's days begin. Raises UnknownOrganisationError."""
    if organisation is None:
        return COUNTRY_ZONE
    return qolhat.directory.organisation(organisation).zone


def wanted_report(
    qolhat: Qolhat,
    period: ReportPeriod,
    organisation: int | None,
    organisations: Collection[int] | None,
    known: date | None,
) -> ReportWanted:
    """Say which report is meant: of one organisation, or of these. Raises as `zone_of` does."""
    return ReportWanted(period, organisations, known, zone_of(qolhat, organisation))


def file_name(wanted: ReportWanted, organisation: int | None, form: str) -> str:
    """Name a report's file: `report-2026-Q3-267-as-known-2026-10-15.pdf`."""
    parts = ["report", wanted.period.code]
    parts += [str(organisation)] if organisation is not None else []
    parts += ["as-known", wanted.known.isoformat()] if wanted.known is not None else []
    return f"{'-'.join(parts)}.{form}"


def period_text(speech: Speech, period: ReportPeriod) -> str:
    """Say a period: its kind, and from when to when."""
    return speech.say(
        f"figures.report.{period.kind.value}.of",
        code=period.code,
        since=speech.day(period.first),
        until=speech.day(period.last),
    )


def written(qolhat: Qolhat, speech: Speech, report: Report, organisation: int | None) -> Written:
    """Write a report in a language."""
    return _Writing(qolhat, speech, report, organisation).written()


def text_of(speech: Speech, column: Column, value: Value) -> str:
    """Write a value as it stands on a page."""
    if value is None:
        return "–"
    says: dict[Kind, Callable[[Any], str]] = {
        Kind.TEXT: str,
        Kind.NUMBER: speech.number,
        Kind.SHARE: speech.share,
        Kind.SPAN: lambda length: span_text(speech, length),
        Kind.DAY: speech.day,
    }
    return says[column.kind](value)


@dataclass(slots=True)
class _Writing:
    """One report in one language."""

    qolhat: Qolhat
    speech: Speech
    report: Report
    organisation: int | None

    def written(self) -> Written:
        say = self.speech.say
        return Written(
            self.speech,
            say("figures.report.title"),
            self._facts(),
            [say("figures.report.note.turnover"), say("figures.report.note.time", number=FEW)],
            [
                self._services(),
                self._stages(),
                self._time(),
                self._late(),
                self._rework(),
                self._deviations(),
                self._trend(),
            ],
        )

    def _facts(self) -> list[tuple[str, str]]:
        say, wanted, report = self.speech.say, self.report.wanted, self.report
        moment = Speech(self.speech.language, wanted.zone).moment(report.known)
        key = "figures.report.settled" if report.settled else "figures.report.unsettled"
        return [
            (say("figures.report.period"), period_text(self.speech, wanted.period)),
            (say("figures.organisation"), self._whose()),
            (say("figures.report.known"), say(key, at=moment)),
            (say("figures.report.knowledge"), report.knowledge),
        ]

    def _whose(self) -> str:
        if self.organisation is not None:
            return self.qolhat.directory.organisation(self.organisation).name_kk
        mine = self.report.wanted.organisations
        if mine is None:
            return self.speech.say("figures.report.country")
        return self.speech.count("figures.report.organisations", len(mine))

    # --- the sections -------------------------------------------------------------------------

    def _section(
        self, key: str, columns: Iterable[tuple[str, Kind, float]], groups: list[Group]
    ) -> Section:
        say = self.speech.say
        heads = tuple(Column(say(f"figures.{head}"), kind, wide) for head, kind, wide in columns)
        title, none = say(f"figures.report.{key}"), say(f"figures.report.{key}.none")
        return Section(key, title, heads, [each for each in groups if each.rows], none)

    def _services(self) -> Section:
        columns = [("service", Kind.TEXT, 2.6)]
        columns += [(f"report.{name.replace('_', '-')}", Kind.NUMBER, 1.0) for name in COUNTS]
        services = self.report.services
        rows = [_turnover_row(self._service(each.service), each) for each in services]
        if len(services) > 1:
            rows.append(_turnover_row(self.speech.say("figures.report.total"), total(services)))
        return self._section("services", columns, [Group("", rows)])

    def _service(self, key: str) -> str:
        for edition in self.qolhat.regulations:
            if edition.service.key == key:
                return service_name(self.qolhat, self.speech, edition.id)
        return key

    def _stages(self) -> Section:
        columns = (
            ("stage", Kind.TEXT, 3.2),
            ("norm", Kind.TEXT, 2.1),
            ("report.count", Kind.NUMBER, 0.9),
            ("within", Kind.SHARE, 1.2),
            ("report.late-count", Kind.NUMBER, 1.1),
            ("median", Kind.SPAN, 1.3),
            ("percentile", Kind.SPAN, 1.3),
            ("audit.percentile-99", Kind.SPAN, 1.3),
            ("report.longest", Kind.SPAN, 1.3),
        )
        return self._section("stages", columns, list(self._by_edition(self._stage_row)))

    def _stage_row(self, edition: Edition, figure: Figure) -> Row | None:
        values = (
            self._name(edition, figure),
            self._norm(edition, figure),
            figure.count,
            figure.share_within,
            figure.late if figure.judged else None,
            figure.median,
            figure.percentile_90,
            figure.percentile_99,
            figure.longest,
        )
        return Row(values, bool(figure.judged) and figure.small, self._query(edition, figure))

    def _time(self) -> Section:
        columns = (
            ("stage", Kind.TEXT, 3.2),
            ("report.packets", Kind.NUMBER, 1.2),
            ("audit.per-packet", Kind.SPAN, 1.8),
            ("report.time-share", Kind.SHARE, 1.8),
        )
        groups = []
        for edition, figures in in_order(self.qolhat, self.report.stages):
            lengths = [each.per_packet or timedelta(0) for each in figures]
            whole = sum(lengths, timedelta(0))
            rows = [
                Row((self._name(edition, each), each.packets, each.per_packet,
                     length / whole if whole else None))
                for each, length in zip(figures, lengths, strict=True)
            ]  # fmt: skip
            groups.append(Group(self._title(edition), rows))
        return self._section("time", columns, groups)

    def _late(self) -> Section:
        columns = (
            ("stage", Kind.TEXT, 3.2),
            ("norm", Kind.TEXT, 2.3),
            ("late", Kind.NUMBER, 1.0),
            ("report.judged", Kind.NUMBER, 1.0),
            ("report.overrun", Kind.SPAN, 1.6),
        )

        def row(edition: Edition, figure: Figure) -> Row | None:
            name, norm = self._name(edition, figure), self._norm(edition, figure)
            values = (name, norm, figure.late, figure.judged, figure.overrun)
            query = self._query(edition, figure)
            return Row(values, query=query | {"late": 1} if query else {}) if figure.late else None

        return self._section("late", columns, list(self._by_edition(row)))

    def _rework(self) -> Section:
        columns = (
            ("stage", Kind.TEXT, 3.2),
            ("report.repeated", Kind.NUMBER, 1.2),
            ("report.repeated-time", Kind.SPAN, 1.8),
            ("report.repeated-share", Kind.SHARE, 1.8),
        )

        def row(edition: Edition, figure: Figure) -> Row | None:
            if not figure.repeated:
                return None
            share = figure.repeated_counted / figure.counted if figure.counted else None
            name = self._name(edition, figure)
            return Row((name, figure.repeated, figure.repeated_counted, share))

        return self._section("rework", columns, list(self._by_edition(row)))

    def _deviations(self) -> Section:
        columns = (("audit.deviation", Kind.TEXT, 5.0), ("count", Kind.NUMBER, 1.0))
        rows = [
            Row((self.speech.word("deviation", name), count))
            for _, name, count in self.report.deviations
        ]
        return self._section("deviations", columns, [Group("", rows)])

    def _trend(self) -> Section:
        columns = (
            ("report.week-begins", Kind.DAY, 2.0),
            ("count", Kind.NUMBER, 1.0),
            ("within", Kind.SHARE, 1.0),
            ("late", Kind.NUMBER, 1.0),
        )
        rows = [
            Row((each.of.period, each.count, each.share_within, each.late), each.small)
            for each in self.report.trend
        ]
        return self._section("trend", columns, [Group("", rows)])

    # --- stages ---------------------------------------------------------------------------------

    def _by_edition(self, row: Callable[[Edition, Figure], Row | None]) -> Iterator[Group]:
        """List the stages under their services, in the order of their routes."""
        for edition, figures in in_order(self.qolhat, self.report.stages):
            rows = [row(edition, each) for each in figures]
            yield Group(self._title(edition), [each for each in rows if each is not None])

    def _title(self, edition: Edition) -> str:
        way = self.speech.word("way", edition.way.value)
        return f"{service_name(self.qolhat, self.speech, edition.id)} ({way})"

    def _name(self, edition: Edition, figure: Figure) -> str:
        of, name = figure.of, ""
        if of.stage in edition.index_of:
            name = stage_name(self.qolhat, self.speech, edition.id, of.stage)
        if of.kind == _STAGE:
            return name
        kind = self.speech.word("visit", of.kind)
        return f"{kind} → {name}" if name else kind

    def _norm(self, edition: Edition, figure: Figure) -> str | None:
        """Say the norm, and the paragraph that has it."""
        if figure.of.kind != _STAGE:
            return None
        stage = edition.stage(figure.of.stage or "")
        if stage.norm is None:
            return None
        said = norm_text(self.speech, stage.norm.amount, stage.norm.unit.value)
        source = cited(stage.norm_source or stage.source, self.speech.language)
        return f"{said} [{source}]"

    def _query(self, edition: Edition, figure: Figure) -> dict[str, Any]:
        """Return the fields by which the page of stays lists these; of a past day there are none.

        A list of stays knows weeks and months; a quarter is three of these.
        """
        wanted = self.report.wanted
        if self.report.settled or figure.of.kind != _STAGE:
            return {}
        more = {} if self.organisation is None else {"organisation": self.organisation}
        return more | {
            "edition": edition.id,
            "stage": figure.of.stage,
            "ended": "week" if wanted.period.kind == "week" else "month",
            "since": wanted.period.first,
            "until": wanted.period.until,
        }


def _turnover_row(name: str, counts: Turnover) -> Row:
    return Row((name, *(getattr(counts, each) for each in COUNTS)))
