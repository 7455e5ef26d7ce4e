"""For those who operate the server: alive, ready, and its figures. No token is needed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api.http.metrics import Metrics
from api.http.problems import NotReadyError, documented, log_unexpected, problem_response
from infra.bootstrap import Qolhat

router = APIRouter(tags=["system"])
MOST_LAG = 5_000  # events; the views take in some ten thousand a second
_SHOWN = 20


def _qolhat(request: Request) -> Qolhat:
    wired: Qolhat = request.app.state.qolhat
    return wired


def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


Wired = Annotated[Qolhat, Depends(_qolhat)]


@router.get("/healthz", summary="The process is alive")
async def alive() -> dict[str, str]:
    """Answers as long as the process does; asks nothing of the store."""
    return {"status": "alive"}


@router.get("/readyz", summary="The server can take requests", responses=documented(503))
def ready(request: Request, qolhat: Wired) -> JSONResponse:
    """The store answers and the views keep up.

    Events that the views set aside are shown and make it `degraded`, not unready: scans are still
    recorded, and taking the server away would stop them.
    """
    checks = _checks(qolhat)
    if not checks["store"] or not checks["views"]["ok"]:
        return problem_response(request, NotReadyError(), checks=checks)
    status = "degraded" if checks["set_aside"]["count"] else "ready"
    return JSONResponse({"status": status, "checks": checks})


def _checks(qolhat: Qolhat) -> dict[str, Any]:
    try:
        position = qolhat.log.rows.last_position()
        lag = qolhat.runner.lag()
        aside = qolhat.views.set_aside()
    except Exception as error:  # noqa: BLE001  whatever it is, the store does not answer
        log_unexpected(error)
        return {"store": False, "views": {"ok": False}, "set_aside": {"count": 0, "events": []}}
    events = [{"position": each.position, "topic": each.topic} for each in aside[:_SHOWN]]
    return {
        "store": True,
        "position": position,
        "views": {"ok": lag <= MOST_LAG, "lag": lag, "following": qolhat.runner.following},
        "set_aside": {"count": len(aside), "events": events},
    }


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text format."}},
)
def metrics(figures: Annotated[Metrics, Depends(_metrics)]) -> Response:
    """Figures without personal data and without numbers of packets."""
    return Response(figures.text(), media_type=CONTENT_TYPE_LATEST)
