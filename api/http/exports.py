"""Exports over HTTP: the same files as `qolhat export` writes, streamed while they are made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import StreamingResponse

from api.exported import asked, exporter
from api.http.calls import Calling
from api.http.fields import KeyField
from api.http.media import resource
from api.http.problems import documented
from domain.rights import Right
from infra.exports import MEDIA_TYPES, Format, TableName, table_of

router = resource("exports")
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file. One that ends before its time was not sent whole.",
        "content": {each.partition(";")[0]: _BYTES for each in MEDIA_TYPES.values()},
    }
}


@router.get(
    "/exports/{format}",
    summary="Export what was recorded",
    response_class=StreamingResponse,
    responses=_FILE | documented(404),
)
def export(
    call: Calling,
    form: Annotated[Format, Path(alias="format")],
    table: Annotated[
        TableName | None, Query(description="For `csv` and `parquet`; the events at first.")
    ] = None,
    since: Annotated[
        date | None, Query(description="Only what began on this day of the country, or later.")
    ] = None,
    until: Annotated[
        date | None, Query(description="Only what began on this day of the country, or before.")
    ] = None,
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    service: KeyField | None = None,
) -> StreamingResponse:
    """Everything that was recorded until now of packets in reach; people are numbers in it."""
    organisations = call.within(Right.SEE_FIGURES, organisation)
    chosen = table_of(form, table)
    wanted = asked(call.qolhat, since, until, organisations, service)
    made = exporter(call.qolhat, wanted, call.tell.language)
    name = made.file_name(form, chosen)
    return StreamingResponse(
        _begun(made.pieces(form, chosen)),
        headers={"content-disposition": f'attachment; filename="{name}"'},
        media_type=MEDIA_TYPES[form],
    )


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Make the first piece before the answer begins: what fails at once is told as a problem."""
    return chain([next(pieces, b"")], pieces)
