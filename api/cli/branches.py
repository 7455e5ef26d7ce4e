"""Commands for far branches: send what was recorded, gather it in the country, look at both."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.display import Sheet, table
from api.cli.language import language, say, term
from api.cli.shell import AsJson, Limit, Shell, local, number_text, opened
from api.messages import text
from infra.bootstrap import Qolhat

if TYPE_CHECKING:
    from infra.branches.book import BranchState, InDoubt
    from infra.branches.country import SetAside

Once = Annotated[bool, typer.Option("--once", help=say("help.once"))]
Patience = Annotated[float, typer.Option(help=say("help.patience"), min=0, max=3600)]
_PATIENCE_SECONDS = 15.0


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("send", help=say("help.command.send"))(send)
    app.command("gather", help=say("help.command.gather"))(gather)
    app.command("branch", help=say("help.command.branch"))(branch)


def send(
    once: Once = False,
    again: Annotated[bool, typer.Option("--again", help=say("help.send-again"))] = False,
    patience: Patience = _PATIENCE_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Send what a far branch has recorded, and hear what the country answers."""
    from infra.branches.wiring import branch_link  # noqa: PLC0415  half a second: a Kafka client

    shell = Shell(as_json)
    with opened() as qolhat:
        link = branch_link(qolhat)
        try:
            if again:
                link.book.send_again()
            if not once:
                signal.signal(signal.SIGTERM, lambda *_: link.stop())
                settings = qolhat.settings
                facts = {"branch": settings.branch, "address": settings.kafka_bootstrap}
                shell.show(None, say("send.following", **facts))
                link.follow()
                return
            sent, waiting = link.send(), link.hear_all(patience)
        finally:
            link.disconnect()
        state = link.state()
        data = {"sent": sent, "waiting": waiting, "in_doubt": state.in_doubt}
        shell.show(data, [say("send.sent", count=sent), *_told(state)])


def gather(
    once: Once = False,
    again: Annotated[bool, typer.Option("--again", help=say("help.gather-again"))] = False,
    as_json: AsJson = False,
) -> None:
    """Record in the country what far branches send, and answer them."""
    from infra.branches.wiring import gatherer  # noqa: PLC0415  as above

    shell = Shell(as_json)
    with opened() as qolhat:
        gathering = gatherer(qolhat)
        try:
            if not once and not again:
                signal.signal(signal.SIGTERM, lambda *_: gathering.stop())
                settings = qolhat.settings
                facts = {"address": settings.kafka_bootstrap, "topic": settings.kafka_scans_topic}
                shell.show(None, say("gather.following", **facts))
                gathering.follow()
                return
            gathered = gathering.again() if again else gathering.catch_up()
        finally:
            gathering.disconnect()
        figures = {"recorded": gathered.recorded, "known": gathered.known, "aside": gathered.aside}
        shell.show(figures, say("gather.gathered", **figures))


def branch(limit: Limit = 50, as_json: AsJson = False) -> None:
    """Tell how far a branch is with the country; in the country, how far each branch is."""
    shell = Shell(as_json)
    with opened() as qolhat:
        if qolhat.settings.branch:
            _show_branch(shell, qolhat, limit)
        else:
            _show_country(shell, qolhat, limit)


def _show_branch(shell: Shell, qolhat: Qolhat, limit: int) -> None:
    from infra.branches.wiring import branch_book  # noqa: PLC0415  as above

    book = branch_book(qolhat)
    state, doubts = book.state(qolhat.log.rows.last_position()), book.in_doubt(limit)
    facts = {
        "branch": qolhat.settings.branch,
        "sent_up_to": state.position,
        "unsent": state.unsent,
        "waiting": state.waiting,
        "answered": state.answered,
        "in_doubt": doubts,
        "sent_at": state.sent_at,
        "heard_at": state.heard_at,
    }
    lines = [say("branch.of", branch=qolhat.settings.branch), *_told(state)]
    shell.show(facts, [*lines, *([_doubt_table(doubts)] if doubts else [])])


def _told(state: BranchState) -> list[str]:
    return [
        say("branch.unsent", count=state.unsent, position=state.position),
        say("branch.waiting", waiting=state.waiting, answered=state.answered),
        say("branch.in-doubt", count=state.in_doubt),
        say("branch.contact", sent=local(state.sent_at), heard=local(state.heard_at)),
    ]


def _doubt_table(doubts: Sequence[InDoubt]) -> Sheet:
    made = table("title.branch-doubts", "line", "what", "code", "answer", "remarks", "since")
    for each in doubts:
        why = _error(each.error) if each.error else term("doubt", each.doubt)
        made.add_row(
            str(each.position),
            each.topic,
            number_text(each.number),
            term("answer", each.status),
            why,
            local(each.answered_at),
        )
    return made


def _show_country(shell: Shell, qolhat: Qolhat, limit: int) -> None:
    heard, aside = qolhat.far.branches(), qolhat.far.set_aside(limit)
    listed = [
        {
            "branch": each.branch,
            "id": each.id,
            "topic": each.topic,
            "error": each.error,
            "detail": each.detail,
        }
        for each in aside
    ]
    made = table("title.branches", "name", "line", "last")
    for each in heard:
        made.add_row(each.branch, str(each.position), local(each.heard_at))
    tables = [made, *([_aside_table(aside)] if aside else [])]
    shell.show({"branches": heard, "set_aside": listed}, tables)


def _aside_table(aside: Sequence[SetAside]) -> Sheet:
    made = table("title.far-aside", "name", "what", "finding", "remarks")
    for each in aside:
        made.add_row(each.branch, each.topic, _error(each.error), each.detail)
    return made


def _error(code: str | None) -> str:
    return text("problems", f"{code}.title", language())
