"""In which order stages are shown: by service, and as their routes go."""

from __future__ import annotations

from collections.abc import Iterable

from domain.progress import VisitKind
from domain.regulations.edition import Edition
from infra.bootstrap import Qolhat
from projections.figures import Figure


def in_order(qolhat: Qolhat, found: Iterable[Figure]) -> list[tuple[Edition, list[Figure]]]:
    """Put figures of stages under their editions, in the order of services and of their routes.

    What belongs to no edition is left out.
    """
    of_edition: dict[str, list[Figure]] = {}
    for figure in found:
        if figure.of.edition:
            of_edition.setdefault(figure.of.edition, []).append(figure)
    editions = [qolhat.regulations.edition(each) for each in of_edition]
    editions.sort(key=lambda each: (each.service.key, each.id))
    return [
        (each, sorted(of_edition[each.id], key=lambda figure: _place_on(each, figure)))
        for each in editions
    ]


def _place_on(edition: Edition, figure: Figure) -> tuple[int, int, str]:
    """Order by stage; a hand-over comes before the stage it leads to, what is astray at the end."""
    index = edition.index_of.get(figure.of.stage or "", len(edition.stages))
    kind = figure.of.kind or ""
    return index, int(kind == VisitKind.STAGE.value), kind
