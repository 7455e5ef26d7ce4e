"""Routes for what is asked all day: FastAPI documents them, but does not stand in their way.

Whatever an endpoint may ask for, FastAPI finds out anew at each request; for a scan that takes
several times as long as to record it. An endpoint here takes the call, the request and the body.
"""

from __future__ import annotations

import json
from typing import Any, get_type_hints

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from api.http.calls import identified
from api.http.identity import bearer
from api.http.media import Handler, JsonRoute
from api.http.problems import BadRequestError

_MISSING = {"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}


class DirectRoute(JsonRoute):
    """A route of an endpoint `async def (call, request, body)`."""

    def answering(self) -> Handler:
        """Return what answers a request once its media type is known."""
        hints = get_type_hints(self.endpoint, include_extras=True)
        body: TypeAdapter[Any] = TypeAdapter(hints["body"])

        async def answer(request: Request) -> Response:
            call = await identified(request, await bearer(request))
            given = _checked(body, await request.body())
            answered: Response = await self.endpoint(call, request, given)
            return answered

        return answer


def _checked(expected: TypeAdapter[Any], body: bytes) -> Any:
    """Return the body as its endpoint takes it.

    Raises RequestValidationError, HTTPException as FastAPI does.
    """
    if not body:
        raise RequestValidationError([_MISSING])
    try:
        return expected.validate_python(json.loads(body))
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        ) from error
    except json.JSONDecodeError as error:
        raise RequestValidationError([_MISSING | {"type": "json_invalid"}]) from error
    except (ValueError, RecursionError) as error:  # no text; too deep; a number of thousands
        raise HTTPException(BadRequestError.status) from error
