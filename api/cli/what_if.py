"""`qolhat what-if`: the stays of a period by another edition's norms; nothing is rewritten."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.display import Sheet, table
from api.cli.exports import Since, Until, day_of
from api.cli.language import language, say
from api.cli.look import Service, norm
from api.cli.shell import AsJson, Organisation, Shell, opened, span
from api.what_if import Supposed, supposed
from domain.regulations.edition import NormText
from infra.what_if import Compared, Only, Share


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("what-if", help=say("help.command.what-if"))(what_if)


def what_if(
    edition: Annotated[str, typer.Option("--edition", help=say("help.what-if-edition"))],
    organisation: Organisation = None,
    since: Since = "",
    until: Until = "",
    service: Service = "",
    stage: Annotated[str, typer.Option(help=say("help.stage"))] = "",
    person: Annotated[int | None, typer.Option(min=0, help=say("help.what-if-person"))] = None,
    as_json: AsJson = False,
) -> None:
    """Score the stays that ended in a period by another edition's norms, beside their own."""
    with opened() as qolhat:
        if organisation is not None:
            qolhat.directory.organisation(organisation)
        qolhat.runner.catch_up()
        organisations = None if organisation is None else (organisation,)
        days, only = (day_of(since), day_of(until)), Only(stage or None, person)
        found = supposed(qolhat, edition, *days, organisations, service or None, only)
        Shell(as_json).show(_data(found), _table(found))


def _data(found: Supposed) -> dict[str, Any]:
    return {
        "edition": found.edition.id,
        "service": found.edition.service.key,
        "stages": [
            {
                "edition": each.edition.id,
                "stage": each.stage.key,
                "count": each.count,
                "own": _share(each.stage.norm, each.own),
                "other": _share(each.norm, each.other),
            }
            for each in found.stages
        ],
    }


def _share(stated: NormText | None, share: Share) -> dict[str, Any]:
    return {
        "norm": stated and {"amount": stated.amount, "unit": stated.unit.value},
        "judged": share.judged,
        "within": share.within,
        "share_within": share.share_within,
        "overrun": share.overrun,
    }


def _table(found: Supposed) -> Sheet:
    made = table(
        "title.what-if",
        "edition",
        "stage",
        "count",
        "norm",
        "within",
        "overrun",
        "norm-if",
        "within-if",
        "overrun-if",
    )
    for each in found.stages:
        own, other = _told(each.stage.norm, each.own), _told(each.norm, each.other)
        made.add_row(each.edition.id, _name(each), str(each.count), *own, *other)
    return made


def _name(each: Compared) -> str:
    return each.stage.names.in_language(language())


def _told(stated: NormText | None, share: Share) -> tuple[str, str, str]:
    if stated is None:
        return "–", "–", "–"
    within = share.share_within
    return (
        norm(stated.amount, stated.unit.value),
        "–" if within is None else f"{within:.0%} / {share.judged}",
        span(share.overrun),
    )
