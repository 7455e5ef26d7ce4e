"""Packets on a table in one picture, compared with a bag: what is there, missing, or extra.

Nothing enters as a scan: a program shows the answer to a person, who confirms, and sends what was
confirmed as packets of the bag [003 service 7 §11, rows 2-4 and 11-13].
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.http.bag_telling import BagPath
from api.http.bags import bag_in_reach
from api.http.calls import Call
from api.http.media import PREFIX
from api.http.pictures import ANSWERED, JPEG, SENT, Picture, Scanning
from api.http.problems import OF_A_COMMAND, documented
from api.http.schemas.table_pictures import TablePictureOut
from api.table_drawing import drawn_table
from api.table_picture import TablePicture, read_table, told_table
from domain.dispatch.table_picture import Purpose, usual_purpose
from domain.numbers import grouped
from domain.rights import Right

router = APIRouter(prefix=PREFIX, tags=["bags"], responses=documented(401, 403, 404, 422, 500, 503))


@router.post(
    "/bags/{bag}/pictures",
    summary="Compare a picture with a bag",
    response_model=TablePictureOut,
    responses=OF_A_COMMAND | ANSWERED,
    openapi_extra=SENT,
)
def compare_picture(
    request: Request,
    call: Scanning,
    picture: Picture,
    bag: BagPath,
    *,
    purpose: Annotated[
        Purpose | None, Query(description="Left out: by how far the bag has come.")
    ] = None,
    drawn: Annotated[
        bool, Query(alias="annotated", description="Answer with the picture drawn, as `Accept`.")
    ] = False,
) -> TablePictureOut | Response:
    """Read a photograph of packets and tell what each is to the bag; nothing is recorded.

    With `Accept: image/jpeg`, or `?annotated=true`, the answer is the picture with its marks.
    """
    journey = bag_in_reach(call, bag, Right.SCAN)
    wanted = purpose or usual_purpose(journey)
    drawing = drawn or JPEG in request.headers.get("accept", "")
    found = read_table(call.qolhat, journey, wanted, picture, pictured=drawing)
    if drawing:
        return Response(drawn_table(found, call.tell.language), media_type=JPEG)
    return _out(call, found)


def _out(call: Call, found: TablePicture) -> TablePictureOut:
    told = told_table(found)
    packets = [_packet(call, each) for each in told["packets"]]
    return TablePictureOut.model_validate(told | {"packets": packets})


def _packet(call: Call, told: dict[str, Any]) -> dict[str, Any]:
    number = grouped(int(told["number"]))
    return told | {"what": call.tell.word("pictured", told["what"]), "grouped": number}
