"""Commands for more than one machine: publish events to Kafka, fill views from there."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.language import say
from api.cli.look import counts_table
from api.cli.shell import AsJson, Shell, opened
from infra.bootstrap import relay as make_relay
from infra.bootstrap import view_worker
from infra.settings import load_settings
from projections.holdings import Holdings

Once = Annotated[bool, typer.Option("--once", help=say("help.once"))]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("relay", help=say("help.command.relay"))(relay)
    app.command("worker", help=say("help.command.worker"))(worker)


def relay(once: Once = False, as_json: AsJson = False) -> None:
    """Publish every event of the store to Kafka, in the order of recording."""
    shell = Shell(as_json)
    with opened() as qolhat:
        publishing = make_relay(qolhat)
        if once:
            try:
                count = publishing.catch_up()
            finally:
                publishing.stop()
            shell.show({"sent": count}, say("relay.sent", count=count))
            return
        settings = qolhat.settings
        address, topic = settings.kafka_bootstrap, settings.kafka_topic
        shell.show(None, say("relay.following", address=address, topic=topic))
        publishing.follow()


def worker(once: Once = False, as_json: AsJson = False) -> None:
    """Fill the view of holdings from Kafka, in a database of its own."""
    shell, settings = Shell(as_json), load_settings()
    with view_worker(settings) as (working, views):
        if not once:
            address, topic = settings.kafka_bootstrap, settings.kafka_topic
            shell.show(None, say("worker.following", address=address, topic=topic))
            working.follow()
        taken = working.catch_up()
        with views.reading() as reading:
            counts = reading.view(Holdings).counts(reading.connection)
        with opened() as qolhat:
            table = counts_table(qolhat, counts)
        data = {"taken": taken, "places": dict(counts)}
        shell.show(data, [table, say("worker.taken", count=taken)])
