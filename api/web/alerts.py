"""The badge on every page: how many packets press where the person can do something about it.

Staff see their own places, a manager the organisations in reach (ADR 18); an auditor, who changes
nothing, and an administrator, who holds no papers, have no badge.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from domain.rights import Right
from domain.roles import Role
from domain.urgency import Urgency
from infra.bootstrap import Qolhat
from infra.errors import StorageError
from infra.pressing import pressing_of
from projections.pressing import Moment, Whose

if TYPE_CHECKING:
    from api.web.visitor import Visitor

_log = logging.getLogger(__name__)


def own_packets(visitor: Visitor) -> Whose | None:
    """Return which packets are the visitor's own business; None where there are none."""
    if Role.MANAGER in visitor.roles:
        reach = visitor.reach(Right.SEE_FIGURES).organisations
        everybody = all_organisations(visitor.qolhat)
        return Whose(everybody if reach is None else reach, everywhere=reach in (None, everybody))
    places = [place.code for place in visitor.places()]
    return Whose.at(places) if places else None


def all_organisations(qolhat: Qolhat) -> frozenset[int]:
    """Return the codes of the whole directory: named one by one they lead through the indexes."""
    return frozenset(each.code for each in qolhat.directory.organisations)


def count_alerts(visitor: Visitor) -> int | None:
    """Count what presses among the visitor's own; None: nothing is theirs, or nobody knows."""
    whose = own_packets(visitor)
    if whose is None:
        return None
    qolhat = visitor.qolhat
    try:
        with qolhat.views.reading() as reading:
            return pressing_of(reading, Moment(qolhat.now())).count(Urgency.PRESSING, whose)
    except StorageError:  # the page says more than its badge
        _log.exception("what presses cannot be counted")
        return None
