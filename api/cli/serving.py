"""The command that serves: HTTP or, with a certificate, HTTPS; behind a proxy if one is named."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
import uvicorn
from fastapi import FastAPI

from api.cli.failure import MisuseError
from api.cli.language import say
from api.cli.reasons import reason_of
from api.cli.shell import AsJson, Shell
from api.http.app import create_app
from api.warning_letters import Letters
from domain.errors import QolhatError
from infra.bootstrap import Qolhat, bootstrap, relay, server_lock, warning_watch
from infra.evidence.night import Night
from infra.settings import Settings, load_settings

if TYPE_CHECKING:
    from infra.branches.sending import BranchLink
    from infra.kafka.relay import Relay

_PATIENCE = 5  # seconds for open answers when it ends; live pages would never end by themselves


class PortTakenError(QolhatError):
    """Another program listens on the port, or it is not ours to take."""

    code = "port-taken"


class BadCertificateError(QolhatError):
    """The certificate and its key cannot be used."""

    code = "bad-certificate"


class Tls(NamedTuple):
    """The files of a certificate (with the chain up to the root, PEM) and of its key."""

    certificate: Path
    key: Path


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help=say("help.command.serve"))(serve)


def serve(
    host: Annotated[str, typer.Option(help=say("help.host"))] = "",
    port: Annotated[int, typer.Option(help=say("help.port"), min=0, max=65535)] = 0,
    tls_cert: Annotated[Path | None, typer.Option(help=say("help.tls-cert"))] = None,
    tls_key: Annotated[Path | None, typer.Option(help=say("help.tls-key"))] = None,
    without_relay: Annotated[
        bool, typer.Option("--without-relay", help=say("help.without-relay"))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Serve the pages and the HTTP API until it is stopped."""
    settings = load_settings()
    host, port = host or settings.host, port or settings.port
    tls = _tls(tls_cert or settings.tls_cert, tls_key or settings.tls_key)
    signal.signal(signal.SIGTERM, _end)
    with ExitStack() as stack:
        qolhat = stack.enter_context(bootstrap(settings))
        stack.enter_context(server_lock(settings))
        _check_port(host, port)
        if settings.kafka_bootstrap and not without_relay:
            publishing = _publishing(qolhat)
            stack.callback(publishing.stop)
            publishing.start()
        watch = warning_watch(qolhat, Letters(settings.language, qolhat.regulations))
        if watch is not None:
            stack.callback(watch.stop)
            watch.start()
        night = Night(qolhat)
        stack.callback(night.stop)
        night.start()
        leave_alone_what_stays()
        announce = _announcement(host, port, tls, Shell(as_json))
        _Server(_config(create_app(qolhat, watch), settings, host, port, tls), announce).run()


def _publishing(qolhat: Qolhat) -> Relay | BranchLink:
    """Return what tells others: the country everybody who listens, a far branch the country."""
    if not qolhat.settings.branch:
        return relay(qolhat)
    from infra.branches.wiring import branch_link  # noqa: PLC0415  half a second: a Kafka client

    return branch_link(qolhat)


def leave_alone_what_stays() -> None:
    """Let the garbage collector pass over what has been loaded: else it stops everybody for it."""
    gc.collect()
    gc.freeze()


def _end(*_: object) -> None:
    """Leave through the open contexts, so that the files are closed; uvicorn has finished."""
    sys.exit(0)


def _config(
    app: FastAPI, settings: Settings, host: str, port: int, tls: Tls | None
) -> uvicorn.Config:
    proxies = settings.proxy
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,  # else every line is made before it is thrown away
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        timeout_graceful_shutdown=_PATIENCE,
        proxy_headers=bool(proxies),  # else anybody could claim another's address
        forwarded_allow_ips="*" if "*" in proxies else list(proxies),
    )


class _Server(uvicorn.Server):
    """Says where it serves once it does."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce
        logging.getLogger("uvicorn.error").addFilter(_is_no_cancellation)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """Leave out the traces of answers that were cut off at the end: one line tells their number."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _announcement(host: str, port: int, tls: Tls | None, shell: Shell) -> Callable[[], None]:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  compared only
    scheme = "https" if tls else "http"
    address = f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"
    return lambda: shell.show({"address": address}, say("serving", address=address))


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(host=host, port=port, reason=reason_of(error)) from error


# --- TLS ----------------------------------------------------------------------------------------


def _tls(certificate: Path | None, key: Path | None) -> Tls | None:
    """Return the pair if it can be used. Raises MisuseError, BadCertificateError."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise MisuseError("half-tls")
    try:
        for file in (certificate, key):
            file.open("rb").close()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        reason = say("reason.other-key" if _is_other_key(error) else "reason.no-pem")
        raise BadCertificateError(file=certificate, key=key, reason=reason) from error
    except OSError as error:
        reason = reason_of(error)
        raise BadCertificateError(file=certificate, key=key, reason=reason) from error
    return Tls(certificate, key)


def _is_other_key(error: ssl.SSLError) -> bool:
    return error.reason in {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"}


def _no_password() -> str:
    """Nobody sits there to type the password of a key when the server starts."""
    return ""
