"""What stands in the tables of views, and the few statements by which they are read and written.

Times are stored as microseconds since 1970 (UTC), lengths of time as microseconds. Much is read and
written at once: what a statement costs beside its rows counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, overload

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import IdentifierPreparer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_VALUES = "one_of_values"
_encode = msgspec.json.Encoder().encode
_QUOTE = IdentifierPreparer(postgresql.dialect()).quote  # type: ignore[no-untyped-call]
Rows = Sequence[dict[str, Any]]


@overload
def micros(at: datetime) -> int: ...
@overload
def micros(at: datetime | None) -> int | None: ...
def micros(at: datetime | None) -> int | None:
    """Return an instant as microseconds since 1970."""
    return None if at is None else (at - _EPOCH) // _MICROSECOND


@overload
def instant(value: int) -> datetime: ...
@overload
def instant(value: int | None) -> datetime | None: ...
def instant(value: int | None) -> datetime | None:
    """Return the instant (UTC) of microseconds since 1970."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def span_micros(span: timedelta | None) -> int | None:
    """Return a length of time as microseconds."""
    return None if span is None else span // _MICROSECOND


class Loading:
    """Rows of a new generation, gathered while its tables are empty.

    For batches that hold whole streams: nothing of them is stored yet, so there is nothing to read
    or to delete, and each row comes once.
    """

    def __init__(self) -> None:
        self.rows: defaultdict[sa.Table, list[dict[str, Any]]] = defaultdict(list)

    def add(self, table: sa.Table, rows: Rows) -> None:
        """Add rows to a table; of several with the same primary key the last one stands."""
        self.rows[table].extend(_by_key(table, rows).values())


Target = sa.Connection | Loading  # where a view writes


def upsert(connection: Target, table: sa.Table, rows: Rows) -> None:
    """Insert rows, each with every column, or overwrite those with the same primary key."""
    _write(connection, table, rows, _Present.REPLACED)


def insert(connection: Target, table: sa.Table, rows: Rows) -> None:
    """Insert rows, each with every column, whose primary keys are new."""
    _write(connection, table, rows, _Present.REFUSED)


def add_up(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, or add their values to those of the same primary key, which no two share.

    The values of each in the order of the table's columns: sums are many, and short. Of the sums
    `count` is the first: a row in which it falls to 0 is deleted.
    """
    if not rows:
        return
    keys = len(_keys(table))
    less = [row[:keys] for row in rows if row[keys] < 0]
    if connection.dialect.name == "postgresql":
        statement = _ready_for_json(table, _Present.ADDED_TO)
        connection.exec_driver_sql(statement, (_named(table, rows),))
        if less:
            connection.exec_driver_sql(_ready_to_delete_json(table), (_named(table, less),))
    else:
        statement, _ = _ready(table, _Present.ADDED_TO)
        connection.exec_driver_sql(statement, list(rows))
        if less:
            connection.exec_driver_sql(_ready_to_delete(table), less)


def _named(table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> str:
    """Return rows as JSON; their values are those of the first columns."""
    names = [column.name for column in table.columns]
    return _encode([dict(zip(names, row, strict=False)) for row in rows]).decode()


@lru_cache(maxsize=128)
def _ready_to_delete(table: sa.Table) -> str:
    mine = " AND ".join(f"{_QUOTE(key)} = ?" for key in _keys(table))
    return f"DELETE FROM {_QUOTE(table.name)} WHERE {mine} AND count = 0"  # noqa: S608  ours


@lru_cache(maxsize=128)
def _ready_to_delete_json(table: sa.Table) -> str:
    """Return the same for PostgreSQL, for all rows of a batch at once."""
    name, keys = _QUOTE(table.name), [_QUOTE(key) for key in _keys(table)]
    mine = " AND ".join(f"sums.{key} = less.{key}" for key in keys)
    return (
        f"DELETE FROM {name} sums"  # noqa: S608  names of ours
        f" USING json_populate_recordset(NULL::{name}, %s::json) less"
        f" WHERE {mine} AND sums.count = 0"
    )


class _Present(Enum):
    """What becomes of a row whose primary key is there already."""

    REPLACED = "{each} = excluded.{each}"
    ADDED_TO = "{each} = {table}.{each} + excluded.{each}"
    REFUSED = ""


def _write(connection: Target, table: sa.Table, rows: Rows, present: _Present) -> None:
    """Hand the rows to the driver as they are; SQLAlchemy would look at every value again."""
    if not rows:
        return
    if isinstance(connection, Loading):
        connection.add(table, rows)
    elif connection.dialect.name == "postgresql":
        known = _by_key(table, rows)
        ordered = [known[key] for key in sorted(known)]  # writers must not wait for each other
        connection.exec_driver_sql(_ready_for_json(table, present), (_json(table, ordered),))
    else:
        by_position, names = _ready(table, present)
        values = [tuple([row[name] for name in names]) for row in rows]
        connection.exec_driver_sql(by_position, values)


@lru_cache(maxsize=128)
def _ready(table: sa.Table, present: _Present) -> tuple[str, list[str]]:
    """Return a statement for SQLite, and the columns in the order of its values."""
    names = [column.name for column in table.columns]
    compiled = sqlite.insert(table).compile(
        dialect=sqlite.dialect(paramstyle="qmark"), column_keys=names
    )
    return f"{compiled}{_if_present(table, present)}", compiled.positiontup or names


@lru_cache(maxsize=128)
def _ready_for_json(table: sa.Table, present: _Present) -> str:
    """Return a statement for PostgreSQL that takes all rows of a batch as one JSON text.

    One round trip for a batch. Of one array for each column, of the driver's own way for many rows
    and of JSON the last costs by far the least: it is written here as fast as it is read there.
    """
    names, name = ", ".join(_QUOTE(each.name) for each in table.columns), _QUOTE(table.name)
    return (
        f"INSERT INTO {name} ({names})"  # noqa: S608  names of ours
        f" SELECT {names} FROM json_populate_recordset(NULL::{name}, %s::json)"
        f"{_if_present(table, present)}"
    )


def _if_present(table: sa.Table, present: _Present) -> str:
    if present is _Present.REFUSED:
        return ""
    keys, name = _keys(table), _QUOTE(table.name)
    unique = ", ".join(_QUOTE(key) for key in keys)
    changed = ", ".join(
        present.value.format(each=_QUOTE(column.name), table=name)
        for column in table.columns
        if column.name not in keys
    )
    return f" ON CONFLICT ({unique}) DO UPDATE SET {changed}"


def _by_key(table: sa.Table, rows: Rows) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the rows by their primary keys; of several with one key the last stands."""
    keys = _keys(table)
    return {tuple([row[key] for key in keys]): row for row in rows}


@lru_cache(maxsize=128)
def _keys(table: sa.Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _json(table: sa.Table, rows: Rows) -> str:
    for name in _binary(table):
        rows = [{**row, name: f"\\x{row[name].hex()}"} for row in rows]
    return _encode(rows).decode()


@lru_cache(maxsize=128)
def _binary(table: sa.Table) -> list[str]:
    return [each.name for each in table.columns if isinstance(each.type, sa.LargeBinary)]


def stored(connection: Target, column: sa.Column[Any], values: Iterable[Any]) -> list[sa.Row[Any]]:
    """Return the rows whose column has one of the values."""
    known = list(values)
    if isinstance(connection, Loading) or not known:
        return []
    query = _select_one_of(column, connection.dialect.name)
    return list(connection.execute(query, _as_one(connection, known)).all())


def delete_where_in(connection: Target, column: sa.Column[Any], values: Iterable[Any]) -> None:
    """Delete the rows whose column has one of the values."""
    known = list(values)
    if not isinstance(connection, Loading) and known:
        statement = _delete_one_of(column, connection.dialect.name)
        connection.execute(statement, _as_one(connection, known))


def one_of(
    connection: sa.Connection, column: sa.Column[Any], values: Iterable[Any]
) -> sa.ColumnElement[bool]:
    """Return the condition that a column has one of very many values.

    They go as one value: hundreds of them in a statement cost more than what is done with them.
    """
    (value,) = _as_one(connection, list(values)).values()
    return _one_of(column, connection.dialect.name, value, unique=True)


@lru_cache(maxsize=256)
def _select_one_of(column: sa.Column[Any], dialect: str) -> sa.Select[Any]:
    return column.table.select().where(_one_of(column, dialect))


@lru_cache(maxsize=256)
def _delete_one_of(column: sa.Column[Any], dialect: str) -> sa.Delete:
    return column.table.delete().where(_one_of(column, dialect))


def _one_of(
    column: sa.Column[Any], dialect: str, value: Any = None, *, unique: bool = False
) -> sa.ColumnElement[bool]:
    array = dialect == "postgresql"
    kind = postgresql.ARRAY(column.type) if array else sa.Text()
    values = sa.bindparam(_VALUES, value, type_=kind, unique=unique)
    if array:
        return column == sa.func.any(values)
    return column.in_(sa.select(sa.func.json_each(values).table_valued("value").c.value))


def _as_one(connection: sa.Connection, values: list[Any]) -> dict[str, Any]:
    if connection.dialect.name == "postgresql":
        return {_VALUES: values}
    return {_VALUES: _encode(values).decode()}


def delete_rows(connection: Target, table: sa.Table, keys: Rows) -> None:
    """Delete the rows with these primary keys."""
    if not keys or isinstance(connection, Loading):
        return
    mine = [column == sa.bindparam(f"key_{column.name}") for column in table.primary_key]
    values = [{f"key_{name}": value for name, value in key.items()} for key in keys]
    connection.execute(table.delete().where(*mine), values)


def among(
    column: sa.Column[Any], one: int | None, many: Collection[int] | None
) -> sa.ColumnElement[bool]:
    """Return the condition that the column has this value, and one of those; None: any."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if one is not None:
        conditions.append(column == one)
    if many is not None:
        conditions.append(column.in_(sorted(many)))
    return sa.and_(*conditions)


def given_rows(
    connection: sa.Connection,
    columns: Mapping[str, Any],
    rows: Iterable[Sequence[Any]],
) -> sa.FromClause:
    """Return rows of a question's own to join with: the server looks up each in an index.

    `columns`: their types by name. The rows go as one JSON text: thousands of values of a statement
    would cost more than they find.
    """
    if connection.dialect.name == "postgresql":
        named = [sa.column(name, kind) for name, kind in columns.items()]
        text = sa.literal(_encode([dict(zip(columns, row, strict=True)) for row in rows]).decode())
        records = sa.func.json_to_recordset(sa.cast(text, sa.JSON)).table_valued(*named)
        return records.render_derived(name="given", with_types=True)
    each = sa.func.json_each(_encode(list(rows)).decode()).table_valued("value").c.value
    return sa.select(
        *(
            sa.func.json_extract(each, f"$[{place}]", type_=kind).label(name)
            for place, (name, kind) in enumerate(columns.items())
        )
    ).subquery("given")
