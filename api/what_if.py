"""What pages, the HTTP API and the command line share about "what if"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from api.editions import edition_named
from domain.regulations.edition import Edition
from infra.bootstrap import Qolhat
from infra.exports.wanted import wanted_of
from infra.what_if import Compared, Only, what_if


@dataclass(frozen=True, slots=True)
class Supposed:
    """The stays of a period by their own norms, and by those of an edition."""

    edition: Edition
    stages: list[Compared]


def supposed(
    qolhat: Qolhat,
    edition: str,
    since: date | None,
    until: date | None,
    organisations: Collection[int] | None,
    service: str | None = None,
    only: Only = Only(),  # noqa: B008  it cannot be changed
) -> Supposed:
    """Compare stays that ended on these days of the country, both inside; None: no limit.

    Raises UnknownEditionError, DaysBackwardsError, UnknownServiceKeyError.
    """
    other = edition_named(qolhat, edition)
    services = {each.service.key for each in qolhat.regulations}
    wanted = wanted_of(services, since, until, organisations, service)
    with qolhat.views.reading() as reading:
        return Supposed(other, what_if(reading, qolhat.views.knowledge, other, wanted, only))
