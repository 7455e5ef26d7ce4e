"""Adds the pages to the application: routes, static files, errors as pages."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.web import (
    access,
    account,
    admin,
    applicant,
    audit,
    complaints,
    courier,
    courier_logs,
    courier_sync,
    courier_today,
    dispatch,
    due,
    errors,
    figures,
    filed_pages,
    home,
    indicators,
    ledger,
    live,
    login,
    manager,
    packets,
    pile,
    places,
    printing,
    prints,
    registering,
    reports,
    runs,
    search,
    standing,
    station,
    survey,
    unsettled,
    visits,
)
from api.web.rendering import STATIC_FOLDER, static_version

_MODULES = (
    home,
    login,
    account,
    admin,
    station,
    registering,
    complaints,
    printing,
    prints,
    packets,
    ledger,
    filed_pages,
    places,
    live,
    pile,
    applicant,
    survey,
    unsettled,
    search,
    manager,
    audit,
    figures,
    reports,
    indicators,
    due,
    visits,
    standing,
    access,
    courier,
    courier_logs,
    courier_sync,
    courier_today,
    dispatch,
    runs,
)
_FOREVER = "public, max-age=31536000, immutable"


class _Lasting(StaticFiles):
    """Files whose address changes with them: a browser asks for each once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = _FOREVER
        return response


def install(app: FastAPI) -> None:
    """Add everything that people see."""
    errors.install(app)
    app.mount(f"/static/{static_version()}", _Lasting(directory=STATIC_FOLDER), name="static")
    for module in _MODULES:
        app.include_router(module.router)
