"""The routers of resources: bodies that are not declared as JSON are turned away unread."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from api.http.problems import MediaTypeError, documented

PREFIX = "/api/v1"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class JsonRoute(APIRoute):
    """A route whose body, if one is sent, is JSON."""

    def answering(self) -> Handler:
        """Return what answers a request once its media type is known."""
        return super().get_route_handler()

    def get_route_handler(self) -> Handler:
        """Check the media type first."""
        handle = self.answering()

        async def checked(request: Request) -> Response:
            if _has_body(request) and not _is_json(request):
                raise MediaTypeError
            return await handle(request)

        return checked


def _has_body(request: Request) -> bool:
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _is_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


def resource(tag: str, kind: type[JsonRoute] = JsonRoute) -> APIRouter:
    """Return the router of a resource; any of its answers may be one of these problems."""
    return APIRouter(
        prefix=PREFIX,
        tags=[tag],
        route_class=kind,
        responses=documented(401, 403, 422, 500, 503),
    )
