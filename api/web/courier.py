"""The courier's page: installed on a phone, it works without a network.

What is served here is only its shell, the same for everybody: no name and no packet is in it. Who
works with it, and with what, the page learns from /courier/today and keeps on the device. A service
worker keeps the shell and every file that it needs; when one of them changes, so does the worker,
and the browser replaces all of them together.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.http.problems import language_of
from api.messages import LANGUAGES, catalogue
from api.web.camera import WITH_CAMERA
from api.web.rendering import STATIC_FOLDER, Speech, render, static_path, static_version
from api.web.visitor import Visitor, allowed
from domain.errors import NoRightError
from domain.rights import Right
from domain.roles import Role
from domain.workdays import Language

router = APIRouter(include_in_schema=False)
SHELL, WORKER, MANIFEST = "/courier", "/courier/sw.js", "/courier/manifest.webmanifest"
_TEXTS = "courier.js."
_KEPT_FOLDERS = ("camera", "common", "station", "courier", "vendor/zxing-wasm")
_KEPT_KINDS = frozenset({".js", ".wasm", ".png"})
_WORKER_FILE = "courier/worker.js"
_COLOUR = "#0b4f6c"  # of the head of every page


async def carrying(visitor: Annotated[Visitor, Depends(allowed(Right.SCAN))]) -> Visitor:
    """A visitor who is a courier. Raises NoRightError."""
    if Role.COURIER not in visitor.roles:
        raise NoRightError(right=Right.SCAN.value)
    return visitor


Carrying = Annotated[Visitor, Depends(carrying)]


@router.get(SHELL)
def courier(visitor: Carrying) -> HTMLResponse:
    """Show the shell: the page without anybody's data."""
    return shell_page(visitor.speech)


def shell_page(speech: Speech) -> HTMLResponse:
    """Answer with the shell in a language, under the policy that it needs."""
    return HTMLResponse(shell(speech), headers=WITH_CAMERA)


def shell(speech: Speech) -> str:
    """Write the shell; of the speech only the language matters."""
    return render(
        "courier.html",
        speech,
        visitor=None,
        path=SHELL,
        manifest=f"{MANIFEST}?language={speech.language}",
        worker=WORKER,
        texts=_texts(speech),
    )


def _texts(speech: Speech) -> dict[str, str]:
    """Return what the page's scripts may have to say."""
    keys = (key for key in catalogue("courier", speech.language) if key.startswith(_TEXTS))
    return {key.removeprefix(_TEXTS): speech.say(key) for key in keys}


# --- what the browser needs to keep the page ------------------------------------------------------


@router.get(WORKER)
def service_worker(request: Request) -> Response:
    """Answer with the service worker: the list of what it keeps, then its code.

    Everybody may have it: a browser renews it also where no session is left.
    """
    return worker_script(Speech(language_of(request)))


def worker_script(speech: Speech) -> Response:
    """Write the service worker that keeps the shell in this language."""
    kept = {"version": _version(speech), "shell": SHELL, "files": kept_files()}
    worker = json.dumps(static_path(_WORKER_FILE))
    code = f"self.KEPT = {json.dumps(kept)};\nimportScripts({worker});\n"
    return Response(code, media_type="text/javascript", headers={"service-worker-allowed": SHELL})


def _version(speech: Speech) -> str:
    """Return a label that changes with the files, the template, the texts and the language."""
    return f"{static_version()}-{sha256(shell(speech).encode()).hexdigest()[:12]}"


@cache
def kept_files() -> list[str]:
    """Return the addresses of all files without which the page would not work."""
    found = (file for folder in _KEPT_FOLDERS for file in (STATIC_FOLDER / folder).rglob("*"))
    names = {str(file.relative_to(STATIC_FOLDER)) for file in found if file.suffix in _KEPT_KINDS}
    names = (names - {_WORKER_FILE}) | {"style.css", "icon.svg"}
    return [static_path(name) for name in sorted(names)]


@router.get(MANIFEST)
def manifest(request: Request, language: Annotated[str, Query(max_length=2)] = "") -> JSONResponse:
    """Say how the page is called and looks where it is installed; asked for without cookies."""
    spoken = cast("Language", language) if language in LANGUAGES else language_of(request)
    return JSONResponse(manifest_of(Speech(spoken)), media_type="application/manifest+json")


def manifest_of(speech: Speech) -> dict[str, Any]:
    """Describe the installed page in a language."""
    pictures = [(static_path(f"courier/icon-{size}.png"), f"{size}x{size}") for size in (192, 512)]
    icons = [
        {"src": address, "sizes": size, "type": "image/png", "purpose": "any maskable"}
        for address, size in pictures
    ]
    icons.append({"src": static_path("icon.svg"), "sizes": "any", "type": "image/svg+xml"})
    return {
        "id": SHELL,
        "name": f"{speech.say('pages.name')} · {speech.say('courier.title')}",
        "short_name": speech.say("courier.title"),
        "lang": speech.language,
        "start_url": SHELL,
        "scope": SHELL,
        "display": "standalone",
        "background_color": "#f3f5f7",
        "theme_color": _COLOUR,
        "icons": icons,
    }
