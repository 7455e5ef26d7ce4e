"""Couriers on the manager's audit: punctuality, discrepancies at hand-overs, losses localised.

Runs go twice a day [003 service 7 §11, rows 3 and 12]. Who carries little is not compared: shares
come with where the true one lies, and small numbers are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.web.asked import DayQuery, FlagQuery, OrganisationQuery, query_of
from api.web.dispatch.discrepancies import address_of
from api.web.figures.overview import RANKED
from api.web.runs.asking import Days, Shown, days_asked, shown_routes
from api.web.runs.figures import bar_of
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.dispatch.discrepancies import DiscrepancyKind
from domain.rights import Right
from domain.runs import ON_TIME, Punctuality
from domain.shares import Interval, share_interval
from domain.zones import local_day
from infra.courier_figures import FEW, MOST_LOSSES, Carried, CourierFigures, Loss, courier_figures

router = APIRouter()
_NOTHING = Carried()
_delayed, _amiss = attrgetter("delayed"), attrgetter("amiss")


@dataclass(frozen=True, slots=True)
class Line:
    """A route's figures, or a courier's; `address` leads to its runs ("": there is no such page).

    `punctual` None: no run was planned while anything was known.
    """

    name: str
    address: str
    punctual: Punctuality | None
    carried: Carried

    @property
    def judged(self) -> int:
        """How many runs could be compared with the timetable."""
        found = self.punctual
        return found.on_time + found.late + found.missed if found else 0

    @property
    def share(self) -> float | None:
        """The share of them that left on time."""
        return self.punctual.on_time / self.judged if self.punctual and self.judged else None

    @property
    def interval(self) -> Interval:
        """Where the true share lies in 19 of 20 cases."""
        return share_interval(self.punctual.on_time if self.punctual else 0, self.judged)

    @property
    def small(self) -> bool:
        """Tell whether there are too few runs to compare by."""
        return self.judged < FEW

    @property
    def delayed(self) -> tuple[float, int, str]:
        """Orders the least punctual first; few runs tell little, none nothing."""
        return self.interval.high if self.judged else 2.0, -self.judged, self.name

    @property
    def amiss(self) -> tuple[float, int, str]:
        """Orders those first who surely lost the most, then those with the most discrepancies."""
        lost, total = self.carried.interval, self.carried.discrepancies.total()
        return -lost.low if lost else 0.0, -total, self.name

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """The picture, a hundred wide: on time, late, not run; where each begins, how long."""
        if not self.punctual or not self.judged:
            return []
        counts = (
            ("on-the-way", self.punctual.on_time),
            ("waited-for-run", self.punctual.late),
            ("missed-run", self.punctual.missed),
        )
        return bar_of((name, count / self.judged) for name, count in counts)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Lines, the worst first; of `others` more only the number."""

    lines: list[Line]
    others: int

    @classmethod
    def of(cls, lines: Iterable[Line], badness: Callable[[Line], Any], most: int | None) -> Ranking:
        """Order lines, and keep the worst."""
        ordered = sorted(lines, key=badness)
        return cls(ordered[:most], len(ordered) - len(ordered[:most]))


@router.get("/figures/couriers")
def couriers(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
    since: DayQuery = None,
    until: DayQuery = None,
    everybody: FlagQuery = None,
) -> HTMLResponse:
    """Show the couriers of the routes asked about, over the days asked for.

    `everybody`: not only the worst of them.
    """
    shown = shown_routes(visitor, Right.SEE_FIGURES, organisation)
    days = days_asked(visitor, since, until)
    return visitor.page(
        "figures/couriers.html",
        asked=shown,
        choices=shown.choices,
        days=days,
        few=FEW,
        tolerance=ON_TIME,
        kinds=tuple(DiscrepancyKind),
        place_name=lambda place: place_name(visitor, place),
        discrepancy=address_of,
        all_address=_all_address(organisation, days),
        **_figures(visitor, shown, days, None if everybody else RANKED),
    )


def _figures(visitor: Visitor, shown: Shown, days: Days, most: int | None) -> dict[str, Any]:
    """Return the lines of the tables, the losses, and the names of those who had them."""
    if days.period is None:
        return {"any": False}
    routes = [each.route for each in shown.routes]
    told = MOST_LOSSES if most is None else min(most, MOST_LOSSES)
    found = courier_figures(visitor.qolhat, routes, days.period, most=told)
    people = {part.person for loss in found.losses for part in loss.custody}
    people |= {loss.item.found_by for loss in found.losses}
    of_routes, of_couriers = list(_routes(shown, found, days)), list(_couriers(visitor, found))
    return {
        "any": bool(of_routes or of_couriers),
        "delayed": [Ranking.of(each, _delayed, most) for each in (of_routes, of_couriers)],
        "amiss": [Ranking.of(each, _amiss, most) for each in (of_routes, of_couriers)],
        "losses": [(loss, _runs_of(shown, loss)) for loss in found.losses],
        "lost": found.lost,
        "untold": min(found.lost, MOST_LOSSES) - len(found.losses),
        "names": visitor.qolhat.personnel.names(people),
    }


def _all_address(organisation: int | None, days: Days) -> str:
    asked = {"organisation": organisation, "since": days.first, "until": days.last}
    return "/figures/couriers?" + urlencode(query_of(**asked, everybody=True))


def _routes(shown: Shown, found: CourierFigures, days: Days) -> Iterator[Line]:
    for each in shown.routes:
        pair = (each.route.branch, each.route.authority)
        punctual, carried = found.punctual_routes.get(pair), found.routes.get(pair)
        if punctual is None and carried is None:
            continue
        yield Line(
            f"{each.branch.name_kk} – {each.authority.name_kk}",
            _runs_address(each.route.branch, days.last),
            punctual,
            carried or _NOTHING,
        )


def _couriers(visitor: Visitor, found: CourierFigures) -> Iterator[Line]:
    people = found.punctual_couriers.keys() | found.couriers.keys()
    names = visitor.qolhat.personnel.names(people)
    for person in people:
        carried = found.couriers.get(person, _NOTHING)
        name = names.get(person, f"№ {person}")
        yield Line(name, "", found.punctual_couriers.get(person), carried)


def _runs_of(shown: Shown, loss: Loss) -> str:
    """Return where the runs of the day are told on which the packet's bag was handed over."""
    ends = {loss.item.origin, loss.item.destination}
    for each in shown.routes:
        if set(each.route.ends) == ends and loss.custody:
            carried = loss.custody[min(1, len(loss.custody) - 1)]
            return _runs_address(each.route.branch, local_day(carried.since, each.route.zone))
    return ""


def _runs_address(branch: int, day: date) -> str:
    return "/runs?" + urlencode(query_of(organisation=branch, day=day))
