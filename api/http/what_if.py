"""What if, over HTTP: the stays of a period by another edition's norms, beside their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api.http import schemas
from api.http.calls import Asking
from api.http.fields import EndedSince, EndedUntil, KeyField, PersonField
from api.http.media import resource
from api.http.problems import documented
from api.http.telling import Teller
from api.what_if import supposed
from domain.regulations.edition import NormText
from domain.rights import Right
from infra.what_if import Compared, Only, Share

router = resource("visits")


@router.get(
    "/what-if",
    summary="Stays by another edition's norms",
    responses=documented(404),
)
def what_if(
    call: Asking,
    edition: Annotated[KeyField, Query(description="By whose norms.")],
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    since: EndedSince = None,
    until: EndedUntil = None,
    service: KeyField | None = None,
    stage: KeyField | None = None,
    person: Annotated[PersonField | None, Query(description="Who held the packet.")] = None,
) -> schemas.WhatIfOut:
    """How the stages of the edition's service did, and how they would have; nothing is rewritten.

    A stage that the edition does not know has no norm there.
    """
    organisations = call.within(Right.SEE_FIGURES, organisation)
    only = Only(stage, person)
    found = supposed(call.qolhat, edition, since, until, organisations, service, only)
    stages = [_stage_out(call.tell, each) for each in found.stages]
    return schemas.WhatIfOut(norms=call.tell.edition(found.edition.id), stages=stages)


def _stage_out(tell: Teller, each: Compared) -> schemas.ComparedStageOut:
    return schemas.ComparedStageOut(
        edition=tell.edition(each.edition.id),
        stage=tell.maybe_stage(each.edition.id, each.stage.key),
        count=each.count,
        own=_share_out(tell, each.stage.norm, each.own),
        other=_share_out(tell, each.norm, each.other),
    )


def _share_out(tell: Teller, norm: NormText | None, share: Share) -> schemas.ShareByNormOut:
    return schemas.ShareByNormOut(
        norm=None if norm is None else tell.norm(norm.amount, norm.unit.value),
        judged=share.judged,
        within=share.within,
        share_within=share.share_within,
        overrun_seconds=share.overrun.total_seconds(),
    )
