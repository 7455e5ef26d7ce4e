"""Which couriers' routes are asked about: said once for the HTTP API and for the pages.

A route is the business of both its ends: of the centre's branch and of the authority.
"""

from __future__ import annotations

from api.permitted import Permitted
from domain.errors import RefusedError
from domain.rights import Right
from domain.runs import Route

MOST_ROUTES = 60  # whose runs are read for one answer; the country has fewer today
DAYS = 28  # that figures look back: four weeks, each weekday as often


class TooManyRoutesError(RefusedError):
    """More routes lie in reach than are shown at once; one organisation must be named."""

    code = "too-many-routes"


def routes_in_reach(asker: Permitted, *rights: Right) -> list[Route]:
    """Return all routes where the asker has one of these rights. Raises NoRightError."""
    asker.require(*rights)
    runs = asker.qolhat.courier_runs
    reaches = [asker.reach(right) for right in rights if asker.may(right)]
    return [each for each in runs.routes_of(None) if any(r.covers(each.ends) for r in reaches)]


def routes_asked(asker: Permitted, right: Right, organisation: int | None) -> list[Route]:
    """Return the routes of an organisation, or all in reach.

    Raises NoRightError, NotYoursError, UnknownOrganisationError, TooManyRoutesError.
    """
    if organisation is not None:
        asker.qolhat.directory.organisation(organisation)
    found = asker.qolhat.courier_runs.routes_of(asker.within(right, organisation))
    if len(found) > MOST_ROUTES:
        raise TooManyRoutesError(routes=len(found), most=MOST_ROUTES)
    return found


def route_asked(asker: Permitted, branch: int, *rights: Right) -> Route:
    """Return the route of a branch, where the asker has one of these rights.

    Raises NoRightError, NotYoursError, UnknownOrganisationError, NoRouteError.
    """
    asker.require(*rights)
    route = asker.qolhat.courier_runs.route_from(branch)
    if not any(asker.reach(right).covers(route.ends) for right in rights if asker.may(right)):
        asker.require_reach(route.ends, rights[0])
    return route
