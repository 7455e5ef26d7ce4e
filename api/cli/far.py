"""The command that publishes the store's events to Kafka."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.language import say
from api.cli.shell import AsJson, Shell, opened
from infra.bootstrap import relay as make_relay

Once = Annotated[bool, typer.Option("--once", help=say("help.once"))]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("relay", help=say("help.command.relay"))(relay)


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
