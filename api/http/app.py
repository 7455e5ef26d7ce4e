"""Puts the HTTP application together around a wired Qolhat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api.http import (
    audit,
    bags,
    changed,
    complaints,
    couriers,
    directory,
    discrepancies,
    due,
    exports,
    figures,
    filed_pages,
    indicators,
    ledger,
    packets,
    packing,
    pictures,
    places,
    prints,
    problems,
    registries,
    regulations,
    reports,
    runs,
    scans,
    system,
    table_pictures,
    unsettled,
    visits,
    what_if,
)
from api.http.guard import Guard
from api.http.media import PREFIX
from api.http.metrics import Metrics
from api.http.together import Together
from api.web import app as pages
from api.web.errors import answer_error
from infra.bootstrap import Qolhat

if TYPE_CHECKING:
    from infra.warnings.watch import Watch

_DESCRIPTION = """\
Where every paper packet is, who holds it, and how long each stage took.

Every write answers with a `position`; a question with `?after=<position>` waits until it shows.
Errors are problems (RFC 9457) in Kazakh, Russian or English by `Accept-Language`."""
_TAGS = {
    "packets": "Register, act, ask where a packet is.",
    "scans": "One scan or many, each with its answer.",
    "pictures": "The codes in a picture or document; nothing is recorded.",
    "places": "What each place holds.",
    "visits": "Stays in stages, and their figures.",
    "figures": "What stays add up to, as known on any day; indicators; couriers.",
    "reports": "Weekly, monthly and quarterly reports of services, and how timely they were.",
    "due": "What runs out next.",
    "unsettled": "Scans that wait for a decision.",
    "pages": "Scanned pages of packets, and those that wait for a decision.",
    "complaints": "Written complaints: the slip, the deadline, the answer.",
    "registries": "Lists of packets that go together, and their bags.",
    "bags": "Packed, sealed, handed over, opened, unpacked: the journey of a bag.",
    "discrepancies": "What did not come out of bags as it went in.",
    "runs": "Couriers' runs: how they went, their figures, their timetables.",
    "exports": "What was recorded, in the formats of other programs.",
    "evidence": "Signed days of the log, what checks found, proofs of packets.",
    "prints": "Labels, tags, cards and a test strip: PDF, PNG, SVG or ZPL.",
    "directory": "Organisations, their places and hours.",
    "regulations": "The editions by which packets live.",
    "system": "For the operator.",
}
_MODULES = (
    scans,  # first: routers are asked one after the other, and this one is asked all day
    packets,
    ledger,
    audit,
    pictures,
    places,
    visits,
    what_if,
    changed,
    figures,
    reports,
    due,
    indicators,
    couriers,
    unsettled,
    filed_pages,
    complaints,
    registries,
    packing,
    bags,
    table_pictures,
    discrepancies,
    runs,
    exports,
    prints,
    directory,
    regulations,
    system,
)


def create_app(qolhat: Qolhat, watch: Watch | None = None) -> FastAPI:
    """Return the application; while it runs, its views follow the log. The caller closes qolhat.

    `watch`: what tells who is about to be late; its figures are shown.
    """
    app = FastAPI(
        title="Qolhat",
        version="1",
        description=_DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        openapi_tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        docs_url=None,  # these pages load from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        lifespan=_following,
        license_info={"name": "Apache-2.0"},
    )
    app.state.qolhat = qolhat
    app.state.metrics = Metrics(qolhat, watch)
    app.state.scans = Together(qolhat.desk.scan)
    app.add_middleware(
        Guard,
        metrics=app.state.metrics,
        explain=answer_error,
        most_of_picture=qolhat.reading.limits.bytes,
    )
    problems.install(app)
    for module in _MODULES:
        app.include_router(module.router)
    pages.install(app)
    return app


@asynccontextmanager
async def _following(app: FastAPI) -> AsyncIterator[None]:
    qolhat: Qolhat = app.state.qolhat
    qolhat.runner.start()
    try:
        yield
    finally:
        await run_in_threadpool(qolhat.runner.stop)
