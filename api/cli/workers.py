"""The command that fills views from Kafka: as many of them as the topic has partitions."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.language import say
from api.cli.reasons import reason_of
from api.cli.serving import PortTakenError
from api.cli.shell import AsJson, Shell, give_way
from infra.bootstrap import view_worker
from infra.settings import Settings, load_settings
from infra.views.group import ViewGroup

if TYPE_CHECKING:
    from infra.kafka.worker import ViewWorker

_ADDRESS = "0.0.0.0"  # noqa: S104  Prometheus is on another machine


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker", help=say("help.command.worker"))(worker)


def worker(
    once: Annotated[bool, typer.Option("--once", help=say("help.once"))] = False,
    metrics_port: Annotated[int, typer.Option(help=say("help.metrics-port"), min=0, max=65535)] = 0,
    as_json: AsJson = False,
) -> None:
    """Fill all views from Kafka, in a database of their own."""
    shell, settings = Shell(as_json), load_settings()
    with view_worker(settings) as (working, views):
        if metrics_port:
            _serve_figures(working, metrics_port)
        if once:
            _take_once(shell, working, views)
        else:
            _follow(shell, working, settings)


def _take_once(shell: Shell, working: ViewWorker, views: ViewGroup) -> None:
    taken = working.catch_up()
    position, counts = views.position(), working.counts
    data = {"taken": taken, "events": counts.events, "position": position}
    stands = say("worker.stands", position=position)
    shell.show(data | {"set_aside": counts.set_aside}, [say("worker.taken", count=taken), stands])


def _follow(shell: Shell, working: ViewWorker, settings: Settings) -> None:
    signal.signal(signal.SIGTERM, lambda *_: working.stop())
    address, topic = settings.kafka_bootstrap, settings.kafka_topic
    give_way()
    shell.show(None, say("worker.following", address=address, topic=topic))
    working.follow()


def _serve_figures(working: ViewWorker, port: int) -> None:
    """Answer Prometheus. Raises PortTakenError."""
    from infra.kafka.figures import serve_figures  # noqa: PLC0415  only where it is asked for

    try:
        serve_figures(working, port, _ADDRESS)
    except OSError as error:
        raise PortTakenError(host=_ADDRESS, port=port, reason=reason_of(error)) from error
