"""Commands about Kafka: publish the store's events, make the topics, begin another life."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.language import say
from api.cli.reasons import reason_of
from api.cli.serving import PortTakenError
from api.cli.shell import AsJson, Shell, give_way, opened
from infra.bootstrap import Qolhat, kafka_topics
from infra.bootstrap import relay as make_relay
from infra.settings import load_settings
from infra.store.identity import renew_epoch

if TYPE_CHECKING:
    from infra.kafka.relay import Relay
    from infra.kafka.topics import TopicFound

Once = Annotated[bool, typer.Option("--once", help=say("help.once"))]
_ADDRESS = "0.0.0.0"  # noqa: S104  Prometheus is on another machine


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("relay", help=say("help.command.relay"))(relay)
    app.command("topics", help=say("help.command.topics"))(topics)
    app.command("restored", help=say("help.command.restored"))(restored)


def relay(
    once: Once = False,
    metrics_port: Annotated[int, typer.Option(help=say("help.metrics-port"), min=0, max=65535)] = 0,
    as_json: AsJson = False,
) -> None:
    """Publish every event of the store to Kafka, in the order of recording."""
    shell = Shell(as_json)
    with opened() as qolhat:
        publishing = make_relay(qolhat)
        if metrics_port:
            _serve_figures(qolhat, metrics_port)
        if once:
            _publish_once(shell, publishing)
        else:
            _follow(shell, publishing, qolhat)


def _publish_once(shell: Shell, publishing: Relay) -> None:
    try:
        count = publishing.catch_up()
    finally:
        publishing.stop()
    shell.show({"sent": count}, say("relay.sent", count=count))


def _follow(shell: Shell, publishing: Relay, qolhat: Qolhat) -> None:
    signal.signal(signal.SIGTERM, lambda *_: publishing.end())
    address, topic = qolhat.settings.kafka_bootstrap, qolhat.settings.kafka_topic
    give_way()
    shell.show(None, say("relay.following", address=address, topic=topic))
    publishing.follow()


def _serve_figures(qolhat: Qolhat, port: int) -> None:
    """Answer Prometheus. Raises PortTakenError."""
    from infra.kafka.figures import serve_collector  # noqa: PLC0415  only where it is asked for
    from infra.kafka.relay_figures import RelayFigures  # noqa: PLC0415  as above

    try:
        serve_collector(RelayFigures(qolhat), port, _ADDRESS)
    except OSError as error:
        raise PortTakenError(host=_ADDRESS, port=port, reason=reason_of(error)) from error


def topics(as_json: AsJson = False) -> None:
    """Make Kafka's topics, and tell what differs in those that exist."""
    found = kafka_topics(load_settings())
    lines = [line for topic in found for line in _told(topic)]
    if any(each.setting == "partitions" for topic in found for each in topic.differences):
        lines.append(say("topics.partitions-stay"))
    Shell(as_json).show(found, lines)


def _told(topic: TopicFound) -> list[str]:
    key = "topics.made" if topic.made else "topics.exists"
    differing = [
        say(
            "topics.differs",
            topic=topic.name,
            setting=each.setting,
            planned=each.planned,
            found=each.found,
        )
        for each in topic.differences
    ]
    return [say(key, topic=topic.name, partitions=topic.partitions), *differing]


def restored(as_json: AsJson = False) -> None:
    """Let the store begin another life, after it was restored by other means than ours."""
    with opened() as qolhat:
        identity = renew_epoch(qolhat.log)
    data = {"store": str(identity.store), "epoch": identity.epoch}
    Shell(as_json).show(data, say("restored.done", epoch=identity.epoch))
