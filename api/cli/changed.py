"""`qolhat changed`: stays whose figures a late record, a correction or a calendar changed."""

from __future__ import annotations

from typing import Annotated

import typer

from api.changed import changed_page
from api.cli.exports import Since, Until, day_of
from api.cli.language import say
from api.cli.rescored import changed_data, changed_table
from api.cli.shell import AsJson, Shell, number_text, opened
from api.http.fields import read_packet


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("changed", help=say("help.command.changed"))(changed)


def changed(
    organisation: Annotated[int, typer.Option("--organisation", "-o", help=say("help.org"))],
    since: Since = "",
    until: Until = "",
    after: Annotated[str, typer.Option(help=say("help.changed-after"))] = "",
    as_json: AsJson = False,
) -> None:
    """List an organisation's stays of a period that were scored anew, from what to what, and why.

    Some hundred packets are looked at in one go; `--after` goes on.
    """
    with opened() as qolhat:
        qolhat.directory.organisation(organisation)
        qolhat.runner.catch_up()
        begins = int(read_packet(after)) if after else 0
        found = changed_page(qolhat, organisation, day_of(since), day_of(until), begins)
        data = {
            "stays": [changed_data(each) for each in found.stays],
            "looked_at": found.looked_at,
            "after": found.after,
        }
        looked = say("changed.looked-at", packets=found.looked_at)
        more = [say("changed.more", number=number_text(found.after))] if found.after else []
        Shell(as_json).show(data, [changed_table(qolhat, found.stays), looked, *more])
