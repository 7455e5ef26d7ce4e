"""Pictures: every code on every page, told or drawn. Nothing of it enters as a scan."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.http import schemas
from api.http.calls import Call, Calling
from api.http.media import PREFIX
from api.http.problems import (
    OF_A_COMMAND,
    BadRequestError,
    NotFoundError,
    documented,
    problem_response,
)
from api.known_codes import is_known
from api.pictures import annotated, code_told, page_told
from domain.rights import Right
from infra.reading import PageRead
from scanner.bad_pictures import BadPicture, BadPictureError, bad_picture

# Not a router of JSON: what is sent is the picture itself, or a form with it.
router = APIRouter(
    prefix=PREFIX, tags=["pictures"], responses=documented(401, 403, 404, 422, 500, 503)
)
_MOST_FIELDS = 16
JPEG = "image/jpeg"
_ANYTHING = ("", "application/octet-stream", "application/pdf")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
SENT = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "image/*": _BINARY,
            "application/pdf": _BINARY,
            "application/octet-stream": _BINARY,
        },
    }
}
ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {"description": "What was read, or drawn.", "content": {JPEG: _BINARY}}
}


class _InMemory(MultiPartParser):
    """Papers of applicants are not left in the system's folder for passing files."""

    spool_max_size = sys.maxsize


def may_scan(call: Calling) -> Call:
    """Let in who may scan, before a byte of the picture is read. Raises NoRightError."""
    call.require(Right.SCAN)
    return call


async def sent_picture(request: Request, call: Annotated[Call, Depends(may_scan)]) -> bytes:
    """Return the picture: the body, or the first file of a form. Raises BadPictureError."""
    most = call.qolhat.reading.limits.bytes
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _of_a_form(request)
    if kind not in _ANYTHING and not kind.startswith("image/"):
        raise bad_picture(BadPicture.NOT_A_PICTURE)
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > most:
            raise bad_picture(BadPicture.TOO_LARGE, megabytes=most // 2**20)
    return bytes(taken)


async def _of_a_form(request: Request) -> bytes:
    """Return the first file; how large a form may be is watched by the guard."""
    parser = _InMemory(request.headers, request.stream(), max_files=1, max_fields=_MOST_FIELDS)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise BadRequestError from error
    for _, file in form.multi_items():
        if isinstance(file, UploadFile):
            return await file.read()
    raise bad_picture(BadPicture.EMPTY)


Scanning = Annotated[Call, Depends(may_scan)]
Picture = Annotated[bytes, Depends(sent_picture)]


@router.post(
    "/pictures",
    summary="Read the codes in a picture",
    response_model=schemas.PictureOut,
    responses=OF_A_COMMAND | ANSWERED,
    openapi_extra=SENT,
)
def read_picture(
    request: Request,
    call: Scanning,
    picture: Picture,
    *,
    drawn: Annotated[
        bool,
        Query(alias="annotated", description="Answer with the page drawn, as `Accept` does."),
    ] = False,
    page: Annotated[int, Query(ge=1, description="Which page is drawn.")] = 1,
) -> schemas.PictureOut | Response:
    """Read every code in a JPEG, PNG, WebP, HEIC, TIFF, BMP, GIF or PDF; nothing is recorded.

    With `Accept: image/jpeg`, or `?annotated=true`, the answer is a page with its codes outlined.
    A problem about a picture has its `reason`, and under `pages` what was read before.
    """
    try:
        if drawn or JPEG in request.headers.get("accept", ""):
            return Response(_drawn(call, picture, page), media_type=JPEG)
        return schemas.PictureOut(
            pages=[_page_out(call, each) for each in call.qolhat.reading.read(picture)]
        )
    except BadPictureError as error:
        pages = [_page_out(call, each).model_dump() for each in error.pages]
        return problem_response(request, error, reason=error.reason.value, pages=pages)


def _drawn(call: Call, picture: bytes, wanted: int) -> bytes:
    """Draw one page. Raises NotFoundError, BadPictureError."""
    for page in call.qolhat.reading.pages(picture, pictured=True):
        if page.page == wanted:
            return annotated(page, call.tell.language)
    raise NotFoundError


def _page_out(call: Call, page: PageRead) -> schemas.PictureCodesOut:
    told = page_told(page) | {
        "codes": [
            code_told(code)
            | {"registered": None if code.code is None else is_known(call.qolhat, code.code)}
            for code in page.codes
        ]
    }
    return schemas.PictureCodesOut.model_validate(told)
