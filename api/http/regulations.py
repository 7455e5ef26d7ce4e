"""Regulations: every edition known, and everything that one says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Path

from api.editions import edition_named
from api.http import schemas
from api.http.calls import Asking
from api.http.media import resource
from api.http.problems import documented
from api.http.telling import Teller
from api.messages import word
from domain.regulations.edition import (
    Edition,
    Ending,
    Ground,
    NormText,
    Paper,
    PauseGround,
    Period,
    Stage,
    Uncollected,
)

router = resource("regulations")


@router.get("/regulations", summary="All editions")
def regulations(call: Asking) -> schemas.RegulationList:
    """Every edition: its service, its legal dates, who goes on applying it, whether repealed."""
    items = [_regulation_out(call.tell, edition) for edition in call.qolhat.regulations]
    return schemas.RegulationList(items=items)


@router.get("/regulations/{edition}", summary="One edition", responses=documented(404))
def regulation(
    call: Asking, edition: Annotated[str, Path(max_length=64, examples=["s7c-2012"])]
) -> schemas.RegulationDetail:
    """Everything that the edition says; where the sources are silent it says so."""
    return _Telling(call.tell).detail(edition_named(call.qolhat, edition))


def _regulation_out(tell: Teller, edition: Edition) -> schemas.RegulationOut:
    return schemas.RegulationOut(
        id=edition.id,
        repealed=tell.repealed(edition),
        service=tell.service(edition),
        way=tell.word("way", edition.way.value),
        territory=list(edition.territory),
        legal=_period(edition.legal),
        adopted=[
            schemas.AdoptionOut(
                operator=adoption.operator,
                territory=list(adoption.territory),
                period=_period(adoption.period),
            )
            for adoption in edition.adopted
        ],
    )


def _period(period: Period) -> schemas.PeriodOut:
    return schemas.PeriodOut(first=period.first, until=period.last)


class _Telling:
    """Tells a whole edition in one language."""

    def __init__(self, tell: Teller) -> None:
        self._tell = tell
        self._not_held = word("held", "no", tell.language)

    def detail(self, edition: Edition) -> schemas.RegulationDetail:
        """Tell everything."""
        return schemas.RegulationDetail(
            **dict(_regulation_out(self._tell, edition)),
            document=edition.document,
            source=edition.service.source,
            result=edition.service.result,
            handing=[handing.value for handing in edition.service.handing],
            stages=[self._stage(stage) for stage in edition.stages],
            total=self._total(edition),
            papers=self._held(edition.papers.items, edition.papers.source),
            refusal=self._held(edition.refusal.grounds, edition.refusal.source),
            suspension=edition.refusal.suspension,
            uncollected=self._uncollected(edition.uncollected),
            limits=self._limits(edition),
            forms=self._forms(edition),
            readings=[
                schemas.ReadingOut(about=each.about, read=each.read) for each in edition.readings
            ],
            pauses=[self._pause(ground) for ground in edition.pauses],
        )

    def _stage(self, stage: Stage) -> schemas.StageOut:
        return schemas.StageOut(
            key=stage.key,
            name=stage.names.in_language(self._tell.language),
            holder=self._tell.word("role", stage.holder.value),
            side=stage.side.value,
            ends=[self._ending(ending) for ending in stage.ends],
            allows=[
                schemas.AllowedOut(
                    act=self._tell.word("act", each.act.value),
                    after=each.after.value if each.after else None,
                )
                for each in stage.allows
            ],
            norm=self._maybe_norm(stage.norm),
            source=stage.source,
            norm_source=stage.norm_source,
            renders=stage.renders,
            waits_for_applicant=stage.waits_for_applicant,
        )

    def _ending(self, ending: Ending) -> schemas.EndingOut:
        return schemas.EndingOut(
            act=self._tell.maybe("act", ending.act.value if ending.act else None),
            scan=self._tell.maybe("role", ending.scan.value if ending.scan else None),
            after=ending.after.value if ending.after else None,
            to=ending.to,
        )

    def _norm(self, norm: NormText) -> schemas.RegulationNorm:
        return schemas.RegulationNorm(
            amount=norm.amount,
            unit=self._tell.word("unit", norm.unit.value),
            not_counted=sorted(each.value for each in norm.not_counted),
            closed_end=norm.closed_end.value,
        )

    def _maybe_norm(self, norm: NormText | None) -> schemas.RegulationNorm | None:
        return self._norm(norm) if norm else None

    def _total(self, edition: Edition) -> schemas.TotalOut:
        total = edition.total
        return schemas.TotalOut(
            norm=self._maybe_norm(total.norm),
            note=None if total.norm else self._not_held,
            calendar=total.calendar.value,
            source=total.source,
            remark=total.remark,
        )

    def _held(self, found: Iterable[Paper | Ground], source: str) -> schemas.Held:
        items = [
            schemas.Item(key=each.key, name=each.names.in_language(self._tell.language))
            for each in found
        ]
        note = None if items else self._not_held
        return schemas.Held(held=bool(items), note=note, source=source, items=items)

    def _uncollected(self, uncollected: Uncollected | None) -> schemas.KeptOut | None:
        if uncollected is None:
            return None
        return schemas.KeptOut(norm=self._norm(uncollected.keep), source=uncollected.source)

    def _limits(self, edition: Edition) -> list[schemas.LimitOut]:
        return [
            schemas.LimitOut(
                key=limit.key,
                name=limit.names.in_language(self._tell.language),
                norm=self._norm(limit.norm),
                source=limit.source,
            )
            for limit in edition.limits
        ]

    def _pause(self, ground: PauseGround) -> schemas.PauseGroundOut:
        return schemas.PauseGroundOut(
            key=ground.key,
            name=ground.names.in_language(self._tell.language),
            label=self._tell.word("ledger", ground.kind.value),
            stages=list(ground.stages),
            roles=[self._tell.word("role", role.value) for role in ground.roles],
            longest=self._maybe_norm(ground.longest),
            source=ground.source,
        )

    def _forms(self, edition: Edition) -> list[schemas.FormOut]:
        return [
            schemas.FormOut(
                key=form.key,
                name=form.names.in_language(self._tell.language),
                fields=list(form.fields),
                source=form.source,
            )
            for form in edition.forms
        ]
