"""Tables as Parquet: columns of their own types, instants in UTC; what it is, in the metadata."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.exports.about import About
from infra.exports.pieces import ENOUGH, Pieces
from infra.exports.source import Source
from infra.exports.tables import Kind, Table, in_parts

ROWS_OF_A_GROUP = 10_000


def write_parquet(source: Source, about: About, table: Table) -> Iterator[bytes]:
    """Yield the file in pieces, a group of rows at a time."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second, for those who want Parquet
    from pyarrow import parquet as pq  # noqa: PLC0415

    schema = _schema(pa, about, table)
    pieces = Pieces()
    with pq.ParquetWriter(pa.PythonFile(pieces, mode="w"), schema, compression="zstd") as writer:
        for part in in_parts(table.rows(source), ROWS_OF_A_GROUP):
            columns = zip(*part, strict=True)
            arrays = [
                pa.array(values, type=field.type)
                for values, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield from pieces.take(ENOUGH)
    yield from pieces.take()


def _schema(pa: Any, about: About, table: Table) -> Any:
    types = {
        Kind.NUMBER: pa.int64(),
        Kind.TEXT: pa.string(),
        Kind.INSTANT: pa.timestamp("us", tz="UTC"),
        Kind.SECONDS: pa.float64(),
        Kind.YES_NO: pa.bool_(),
    }
    fields = [pa.field(name, types[kind]) for name, kind in table.columns]
    metadata = {f"qolhat.{key}": value for key, value in about.facts().items()}
    return pa.schema(fields, metadata=metadata)
