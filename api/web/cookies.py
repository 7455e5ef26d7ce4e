"""Cookies of the pages: the session, the station (a browser), the language, the printer.

Over TLS their names begin with `__Host-`: no other host or path can set them. Nothing in them is
readable by scripts but the language.
"""

from __future__ import annotations

from fastapi import Request, Response

SESSION, STATION, LANGUAGE, PRINTER = "qolhat", "station", "language", "printer"
_YEAR = 365 * 24 * 3600


def read_cookie(request: Request, name: str) -> str | None:
    """Return a cookie's value."""
    return request.cookies.get(_full_name(request, name))


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie: the session's ends with the browser, the others stay for a year."""
    response.set_cookie(
        _full_name(request, name),
        value,
        max_age=None if name == SESSION else _YEAR,
        secure=is_secure(request),
        httponly=name != LANGUAGE,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(
        _full_name(request, name), secure=is_secure(request), httponly=True, samesite="lax"
    )


def is_secure(request: Request) -> bool:
    """Tell whether the browser came over TLS, to us or to the proxy that we believe."""
    return bool(request.scope["scheme"] == "https")


def _full_name(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request) else name
