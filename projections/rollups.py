"""Roll-ups: what the stays of a week or a month add up to, for a country, an office, a person.

A manager's page asks for a year of the whole country; it must not read every stay of it. Each stay
that has ended, and of which it is known how long it lasted, adds to the week and to the month in
which it ended, at three levels. What is worked out anew is taken away first: the sums are always
those of the rows that the view of visits holds. Only how long the stays of one person lasted is
asked of these themselves: they are few, and each would have a row of its own among the sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from operator import add
from typing import Any, ClassVar, cast

import sqlalchemy as sa

from projections.figures import ALL_SUMS, SUMS, By, Figure, Level, Of, RollupFilter, Span
from projections.tables import Loading, Target, add_up
from projections.view import Batch, SummingView, View
from projections.visits import Visits, week_of

_FEW_PERIODS = 60
_MILLISECOND = timedelta(milliseconds=1)
_MICROS = 1_000  # of a millisecond
_ORIGIN = ("span", "level", "organisation", "person", "begins")
_WHAT = ("service", "edition", "kind", "stage")
_KEY = (*_ORIGIN, *_WHAT)
_STAGE = ("service", "edition", "stage")
Key = tuple[Any, ...]
Stage = tuple[str, str, str]  # service, edition, stage


class Rollups(SummingView):
    """Sums and sketches of the stays that ended, by week and by month."""

    name: ClassVar[str] = "rollups"
    revision: ClassVar[int] = 2  # how long the stays of persons lasted is not kept

    def define(self) -> dict[str, sa.Table]:
        """Define the tables; a row whose sums are all taken away is deleted."""
        self.sums = self.table(
            "rollups",
            *_key(),
            *(sa.Column(name, sa.BigInteger, nullable=False) for name in SUMS),
            sqlite_with_rowid=False,
        )
        self.buckets = self.table(
            "rollup_buckets",
            *_key(),
            sa.Column("bucket", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("count", sa.BigInteger, nullable=False),
            sqlite_with_rowid=False,
        )
        self.deviations = self.table(
            "rollup_deviations",
            *_key(),
            sa.Column("deviations", sa.Text, primary_key=True),
            sa.Column("count", sa.BigInteger, nullable=False),
            sqlite_with_rowid=False,
        )
        return {
            "rollups": self.sums,
            "rollup_buckets": self.buckets,
            "rollup_deviations": self.deviations,
        }

    def apply(self, connection: Target, batch: Batch) -> None:
        """Take away what the stays that are gone had added; add those that were written."""
        if isinstance(connection, Loading):
            return  # derived when all stays are there
        added = _Added()
        for row in batch.stays.gone:
            added.take(row, -1)
        for row in batch.stays.written:
            added.take(row, 1)
        add_up(connection, self.sums, [(*key, *sums) for key, sums in added.sums.items()])
        add_up(connection, self.buckets, [(*key, n) for key, n in added.buckets.items()])
        add_up(connection, self.deviations, [(*key, n) for key, n in added.deviations.items()])

    def derive(self, connection: sa.Connection, others: Mapping[str, View]) -> None:
        """Add up all stays: by person, these by organisation, these for the country."""
        visits = cast("Visits", others[Visits.name]).visits
        for span in Span:
            for table, statement in self._of_stays(visits, span):
                _fill(connection, table, statement)
        for table in self.tables.values():
            for level in (Level.ORGANISATION, Level.COUNTRY):
                if table is not self.buckets or level is Level.COUNTRY:
                    _fill(connection, table, _of_level(table, level))

    def _of_stays(self, visits: sa.Table, span: Span) -> Iterator[tuple[sa.Table, sa.Select[Any]]]:
        c = visits.c
        key, by = _derived_key(c, span, Level.PERSON)
        of, count = c.bucket.is_not(None), sa.func.count().label("count")
        yield self.sums, sa.select(*key, *_sums_of(c)).where(of).group_by(*by)
        deviating = sa.select(*key, c.deviations, count).where(of, c.deviations != "")
        yield self.deviations, deviating.group_by(*by, c.deviations)
        key, by = _derived_key(c, span, Level.ORGANISATION)
        yield self.buckets, sa.select(*key, c.bucket, count).where(of).group_by(*by, c.bucket)

    # --- questions ----------------------------------------------------------------------------

    def figures(
        self,
        connection: sa.Connection,
        which: RollupFilter = ALL_SUMS,
        by: Iterable[By] = (),
        *,
        buckets: bool = True,
    ) -> list[Figure]:
        """Return the figures, told apart by these, in order of them; none where nothing is.

        `buckets`: with how long the stays lasted; without them there are no quantiles.
        """
        told = tuple(dict.fromkeys(by))
        found: dict[Key, Figure] = {}
        sums = [sa.func.sum(self.sums.c[name]) for name in SUMS]
        for row in connection.execute(self._select(self.sums, which, told, sums)):
            key, values = tuple(row[: len(told)]), tuple(map(int, row[len(told) :]))
            found[key] = _figure(_of(told, key), values)
        if buckets:
            for row in connection.execute(self._select_buckets(which, told)):
                *of, bucket, count = row
                found[tuple(of)].buckets[bucket] = int(count)
        return [found[key] for key in sorted(found)]

    def deviations_of(
        self, connection: sa.Connection, which: RollupFilter = ALL_SUMS, by: Iterable[By] = ()
    ) -> list[tuple[Of, str, int]]:
        """Return how many stays had each deviation, told apart by these; the most first."""
        told, c = tuple(dict.fromkeys(by)), self.deviations.c
        query = self._select(self.deviations, which, told, [c.deviations, sa.func.sum(c.count)])
        counts: defaultdict[Key, int] = defaultdict(int)
        for row in connection.execute(query.group_by(c.deviations)):
            *key, deviations, count = row
            for deviation in deviations.split():
                counts[(*key, deviation)] += int(count)
        return _ordered(told, counts)

    def tails(
        self, connection: sa.Connection, which: RollupFilter, after: Mapping[Stage, int]
    ) -> dict[Stage, dict[int, int]]:
        """Return of stages of the country how many stays each bucket has, of those after one.

        `after`: which one; what is before it is not read. A stage without such stays is left out.
        """
        stages = sorted(after)
        meant = _numbered(stages, after)
        m, c = meant.c, self.buckets.c
        mine = [c[name] == m[name] for name in _STAGE]
        query = sa.select(m.nth, c.bucket, sa.func.sum(c.count)).where(*mine, c.bucket > m.bucket)
        conditions = _conditions(self.buckets, which, Level.COUNTRY)
        found: defaultdict[Stage, dict[int, int]] = defaultdict(dict)
        if stages:
            rows = connection.execute(query.where(*conditions).group_by(m.nth, c.bucket))
            for nth, bucket, count in rows:
                found[stages[nth]][bucket] = int(count)
        return found

    def _select_buckets(self, which: RollupFilter, told: tuple[By, ...]) -> sa.Select[Any]:
        if _level(which, told) is Level.PERSON:
            return _buckets_of_stays(which, told)
        c = self.buckets.c
        query = self._select(self.buckets, which, told, [c.bucket, sa.func.sum(c.count)])
        return query.group_by(c.bucket)

    def _select(
        self, table: sa.Table, which: RollupFilter, told: tuple[By, ...], what: Sequence[Any]
    ) -> sa.Select[Any]:
        by = [table.c["begins" if each is By.PERIOD else each.value] for each in told]
        conditions = _conditions(table, which, _level(which, told))
        query = sa.select(*by, *what).where(*conditions).group_by(*by)
        return query.having(sa.func.count() > 0)  # without anything told apart: no row of nothing


def _key() -> list[sa.Column[Any]]:
    return [
        sa.Column("span", sa.Text, primary_key=True),
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("organisation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("begins", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, primary_key=True) for name in _WHAT),
    ]


class _Added:
    """What a batch adds to sums, negative where it takes away."""

    def __init__(self) -> None:
        self.sums: dict[Key, list[int]] = {}
        self.buckets: defaultdict[Key, int] = defaultdict(int)
        self.deviations: defaultdict[Key, int] = defaultdict(int)

    def take(self, row: Mapping[str, Any], sign: int) -> None:
        """Add a stay, or take it away."""
        bucket, deviations = row["bucket"], row["deviations"]
        if bucket is None:
            return
        values = [sign * value for value in _values(row)]
        for key in _keys_of(row):
            sums = self.sums.get(key)
            self.sums[key] = values if sums is None else list(map(add, sums, values))
            if key[1] != Level.PERSON:
                self.buckets[(*key, bucket)] += sign
            if deviations:
                self.deviations[(*key, deviations)] += sign


def _keys_of(row: Mapping[str, Any]) -> Iterator[Key]:
    """Name the sums that a stay adds to."""
    what = (row["service"] or "", row["edition"] or "", row["kind"], row["stage"])
    organisation, person = row["organisation"], row["person"]
    for span in ("week", "month"):
        begins = row[span]
        yield (span, 2, organisation, person, begins, *what)
        yield (span, 1, organisation, 0, begins, *what)
        yield (span, 0, 0, 0, begins, *what)


def _values(row: Mapping[str, Any]) -> tuple[int, ...]:
    """What a stay adds to each of the sums; `_sums_of` says the same in SQL."""
    counted = row["counted"] // _MICROS
    over, repeated = row["over"], row["loop"] > 1
    return (
        1,
        row["late"] is not None,
        row["late"] is not None and not row["late"],
        counted,
        row["working"] // _MICROS,
        over // _MICROS if over is not None and over > 0 else 0,
        repeated,
        counted if repeated else 0,
        row["deviations"] != "",
    )


def _derived_key(
    c: sa.ColumnCollection[str, sa.Column[Any]], span: Span, level: Level
) -> tuple[list[sa.ColumnElement[Any]], list[sa.Column[Any]]]:
    """Return the columns of a key as stays have them, and those that it is grouped by."""
    persons = level is Level.PERSON
    none: sa.ColumnElement[int] = sa.literal_column("0")
    key: list[sa.ColumnElement[Any]] = [
        sa.literal(span.value).label("span"),
        sa.literal(level.value).label("level"),
        c.organisation,
        c.person if persons else none.label("person"),
        c[span.value].label("begins"),
        sa.func.coalesce(c.service, "").label("service"),
        sa.func.coalesce(c.edition, "").label("edition"),
        c.kind,
        c.stage,
    ]
    whose = [c.organisation, c.person] if persons else [c.organisation]
    return key, [*whose, c[span.value], c.service, c.edition, c.kind, c.stage]


def _sums_of(c: sa.ColumnCollection[str, sa.Column[Any]]) -> Iterator[sa.ColumnElement[Any]]:
    one: sa.ColumnElement[int] = sa.literal_column("1")
    none: sa.ColumnElement[int] = sa.literal_column("0")
    thousand = sa.literal_column(str(_MICROS), sa.BigInteger)
    counted, repeated = c.counted.op("/")(thousand), c.loop > 1
    each = (
        one,
        sa.case((c.late.is_not(None), one), else_=none),
        sa.case((c.late.is_(False), one), else_=none),
        counted,
        c.working.op("/")(thousand),
        sa.case((c.over > 0, c.over.op("/")(thousand)), else_=none),
        sa.case((repeated, one), else_=none),
        sa.case((repeated, counted), else_=none),
        sa.case((c.deviations != "", one), else_=none),
    )
    for name, value in zip(SUMS, each, strict=True):
        yield sa.func.sum(value).label(name)


def _of_level(table: sa.Table, level: Level) -> sa.Select[Any]:
    """Return the rows of a level, added up from those of the level below."""
    c = table.c
    none: sa.ColumnElement[int] = sa.literal_column("0")
    shown: dict[str, sa.ColumnElement[Any]] = {
        column.name: column if column.primary_key else sa.func.sum(column) for column in c
    }
    shown["level"], shown["person"] = sa.literal_column(str(level.value)), none
    by = [column for column in table.primary_key if column.name not in ("level", "person")]
    if level is Level.COUNTRY:
        shown["organisation"] = none
        by = [column for column in by if column.name != "organisation"]
    columns = [shown[column.name].label(column.name) for column in c]
    rows = sa.select(*columns).where(c.level == level.value + 1).group_by(*by)
    # The country's are read a week at a time: what is read together lies together.
    return rows.order_by(*by) if level is Level.COUNTRY else rows


def _fill(connection: sa.Connection, table: sa.Table, rows: sa.Select[Any]) -> None:
    names = [column.name for column in table.columns]
    connection.execute(table.insert().from_select(names, rows))


def _level(which: RollupFilter, told: tuple[By, ...]) -> Level:
    if which.person is not None or By.PERSON in told:
        return Level.PERSON
    if which.organisations is not None or By.ORGANISATION in told:
        return Level.ORGANISATION
    return Level.COUNTRY


def _conditions(
    table: sa.Table, which: RollupFilter, level: Level
) -> Iterator[sa.ColumnElement[bool]]:
    c = table.c
    yield c.span == which.span.value
    yield c.level == level.value
    if level is Level.COUNTRY:
        yield c.organisation == 0
    if level is not Level.PERSON:
        yield c.person == 0
    if which.organisations is not None:
        yield c.organisation.in_(sorted(which.organisations))
    for name in ("person", *_WHAT):
        value = getattr(which, name)
        if value is not None:
            yield c[name] == value
    yield from _within(c.begins, which)


def _numbered(stages: Sequence[Stage], buckets: Mapping[Stage, int]) -> sa.CTE:
    """Return stages as a table; to group by their places is much cheaper than by their names."""
    names = (sa.column(name, sa.Text) for name in _STAGE)
    numbers = (sa.column(name, sa.Integer) for name in ("nth", "bucket"))
    rows = [(*stage, nth, buckets[stage]) for nth, stage in enumerate(stages)]
    return sa.values(*names, *numbers, name="meant").data(rows).cte("meant")


def _within(begins: sa.ColumnElement[int], which: RollupFilter) -> Iterator[sa.ColumnElement[bool]]:
    """Name the weeks or months one by one, if they are few: each is then looked up in the index."""
    if which.since is not None and which.until is not None:
        periods = _periods(which.span, which.since, which.until)
        if len(periods) <= _FEW_PERIODS:
            yield begins.in_(periods)
            return
    if which.since is not None:
        yield begins >= which.since.toordinal()
    if which.until is not None:
        yield begins < which.until.toordinal()


def _periods(span: Span, since: date, until: date) -> list[int]:
    """Return the first days (ordinal) of the weeks or months that begin from one to another."""
    days = (date.fromordinal(each) for each in range(since.toordinal(), until.toordinal()))
    if span is Span.WEEK:
        return [day.toordinal() for day in days if day.weekday() == 0]
    return [day.toordinal() for day in days if day.day == 1]


def _buckets_of_stays(which: RollupFilter, told: tuple[By, ...]) -> sa.Select[Any]:
    """Ask the live stays how long those of persons lasted."""
    names = ("organisation", "person", "kind", "stage", "bucket", "week", "month")
    c = sa.table("visits", *(sa.column(name) for name in (*names, "service", "edition"))).c
    shown: dict[str, sa.ColumnElement[Any]] = {name: c[name] for name in names}
    shown |= {name: sa.func.coalesce(c[name], "") for name in ("service", "edition")}
    begins = shown["period"] = c[which.span.value]
    by = [shown[each.value] for each in told]
    conditions = [c.bucket.is_not(None), *_within(begins, which)]
    if which.span is Span.MONTH and which.since is not None and which.until is not None:
        first = week_of(which.since).toordinal()  # there is an index by weeks
        conditions += [c.week >= first, c.week < which.until.toordinal()]
    if which.organisations is not None:
        conditions.append(c.organisation.in_(sorted(which.organisations)))
    for name in ("person", *_WHAT):
        value = getattr(which, name)
        if value is not None:
            conditions.append((shown[name] if value == "" else c[name]) == value)
    return sa.select(*by, c.bucket, sa.func.count()).where(*conditions).group_by(*by, c.bucket)


def _of(told: tuple[By, ...], key: Key) -> Of:
    values: dict[str, Any] = dict(zip((each.value for each in told), key, strict=True))
    if By.PERIOD in told:
        values["period"] = date.fromordinal(values["period"])
    return Of(**values)


def _ordered(told: tuple[By, ...], counts: Mapping[Key, int]) -> list[tuple[Of, str, int]]:
    """List the counts of deviations, which stand at the end of their keys, the most first."""
    ordered = sorted(counts, key=lambda each: (-counts[each], each))
    return [(_of(told, key[:-1]), key[-1], counts[key]) for key in ordered]


def _figure(of: Of, sums: tuple[int, ...]) -> Figure:
    values: dict[str, Any] = dict(zip(SUMS, sums, strict=True))
    for name in ("counted", "working", "overrun", "repeated_counted"):
        values[name] *= _MILLISECOND
    return Figure(of, **values)


def figures_of(
    rows: Iterable[Mapping[str, Any]], which: RollupFilter = ALL_SUMS, by: Iterable[By] = ()
) -> list[Figure]:
    """Return the figures of rows of the view of visits, as `Rollups.figures` does of its sums."""
    sums = SumsOfRows(which, by)
    for row in rows:
        sums.take(row)
    return sums.figures()


class SumsOfRows:
    """Adds up rows of the view of visits one by one, as `Rollups` does."""

    def __init__(self, which: RollupFilter = ALL_SUMS, by: Iterable[By] = ()) -> None:
        self._which, self._by = which, tuple(dict.fromkeys(by))
        self._sums: defaultdict[Key, list[int]] = defaultdict(lambda: [0] * len(SUMS))
        self._buckets: defaultdict[Key, dict[int, int]] = defaultdict(dict)
        self._deviations: defaultdict[Key, int] = defaultdict(int)

    def take(self, row: Mapping[str, Any]) -> None:
        """Add a stay, if it is meant and has ended."""
        bucket = row["bucket"]
        if bucket is None or not _is_meant(row, self._which):
            return
        key = tuple(_told(row, each, self._which.span) for each in self._by)
        self._sums[key] = list(map(add, self._sums[key], _values(row)))
        self._buckets[key][bucket] = self._buckets[key].get(bucket, 0) + 1
        for deviation in row["deviations"].split():
            self._deviations[(*key, deviation)] += 1

    def figures(self) -> list[Figure]:
        """Return the figures, in order of what they are told apart by."""
        found = [_figure(_of(self._by, key), tuple(self._sums[key])) for key in sorted(self._sums)]
        for figure, key in zip(found, sorted(self._sums), strict=True):
            figure.buckets = self._buckets[key]
        return found

    def deviations(self) -> list[tuple[Of, str, int]]:
        """Return how many stays had each deviation, as `Rollups.deviations_of` does."""
        return _ordered(self._by, self._deviations)


def _told(row: Mapping[str, Any], by: By, span: Span) -> Any:
    value = row[span.value if by is By.PERIOD else by.value]
    return "" if value is None else value


def _is_meant(row: Mapping[str, Any], which: RollupFilter) -> bool:
    begins = row[which.span.value]
    return (
        (which.organisations is None or row["organisation"] in which.organisations)
        and (which.since is None or begins >= which.since.toordinal())
        and (which.until is None or begins < which.until.toordinal())
        and all(
            getattr(which, name) in (None, row[name] or "")
            for name in ("person", "service", "edition", "kind", "stage")
        )
    )
