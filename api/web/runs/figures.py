"""How punctual couriers and routes are, and where the waiting of packets went.

Missed, waited for, on the way: what could be shortened by the courier, by another timetable, and
by neither [003 service 7 §11, rows 2, 3 and 12].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.web.asked import DayQuery, OrganisationQuery
from api.web.manager import FEW
from api.web.runs.asking import Shown, days_asked, menu, shown_routes
from api.web.visitor import Visitor, allowed
from domain.directory import Organisation
from domain.rights import Right
from domain.runs import ON_TIME, Period, Punctuality, WaitingFigures
from infra.run_figures import RunFigures, run_figures

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PunctualityLine:
    """Punctuality of a courier or a route; a share of few runs says little."""

    name: str
    found: Punctuality

    @property
    def judged(self) -> int:
        """How many runs could be compared with the timetable."""
        return self.found.on_time + self.found.late + self.found.missed

    @property
    def share(self) -> float | None:
        """The share of them that left on time."""
        return self.found.on_time / self.judged if self.judged else None

    @property
    def few(self) -> bool:
        """Tell whether there are too few to compare by."""
        return self.judged < FEW


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """The waiting of the packets of one sender; of all, if there is none."""

    sender: Organisation | None
    found: WaitingFigures

    @property
    def few(self) -> bool:
        """Tell whether there are too few packets to compare by."""
        return self.found.count < FEW

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """The parts as a bar of a hundred: which, where it begins, how long it is."""
        return bar_of((part.part.value, part.share or 0.0) for part in self.found.parts)


def bar_of(shares: Iterable[tuple[str, float]]) -> list[tuple[str, float, float]]:
    """Return shares as parts of a bar of a hundred: which, where it begins, how long it is."""
    begins, found = 0.0, list[tuple[str, float, float]]()
    for name, share in shares:
        found.append((name, round(begins, 2), round(100 * share, 2)))
        begins += 100 * share
    return found


@router.get("/runs/figures")
def figures(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
    since: DayQuery = None,
    until: DayQuery = None,
) -> HTMLResponse:
    """Show the figures of the routes asked about, over the days asked for."""
    shown = shown_routes(visitor, Right.SEE_FIGURES, organisation)
    days = days_asked(visitor, since, until)
    lines = {} if days.period is None else _lines(visitor, shown, days.period)
    return visitor.page(
        "runs/figures.html",
        shown=shown,
        menu=menu(visitor, "figures"),
        days=days,
        lines=lines,
        tolerance=ON_TIME,
        few=FEW,
    )


def _lines(visitor: Visitor, shown: Shown, period: Period) -> dict[str, list[Any]]:
    """Return the lines of the three tables."""
    qolhat, routes = visitor.qolhat, [each.route for each in shown.routes]
    found = run_figures(qolhat.courier_runs, routes, period, qolhat.now())
    return {
        "routes": list(_routes(shown, found)),
        "couriers": _couriers(visitor, found.by_courier),
        "waiting": list(_waiting(visitor, found)),
    }


def _routes(shown: Shown, found: RunFigures) -> Iterator[PunctualityLine]:
    for each in shown.routes:
        pair = (each.route.branch, each.route.authority)
        if pair in found.by_route:
            yield PunctualityLine(
                f"{each.branch.name_kk} – {each.authority.name_kk}", found.by_route[pair]
            )


def _couriers(visitor: Visitor, by_courier: dict[int, Punctuality]) -> list[PunctualityLine]:
    names = visitor.qolhat.personnel.names(by_courier)
    named = [(person, names.get(person, f"№ {person}")) for person in by_courier]
    ordered = visitor.speech.sorted_by_name(named)
    return [PunctualityLine(name, by_courier[person]) for person, name in ordered]


def _waiting(visitor: Visitor, found: RunFigures) -> Iterator[WaitingLine]:
    """Return the waiting of all packets, then by sender."""
    if not found.waiting.count:
        return
    yield WaitingLine(None, found.waiting)
    senders = [visitor.qolhat.directory.organisation(code) for code in found.by_sender]
    for sender in sorted(senders, key=lambda each: (each.name_kk, each.code)):
        yield WaitingLine(sender, found.by_sender[sender.code])
