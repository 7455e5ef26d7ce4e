"""Commands for the store on a server: migrate it, move an embedded one to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.display import table
from api.cli.language import say
from api.cli.shell import AsJson, Shell
from infra.migrations import migrate as bring_up_to_date
from infra.move import move as move_store
from infra.settings import load_settings


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("migrate", help=say("help.command.migrate"))(migrate)
    app.command("move", help=say("help.command.move"))(move)


def migrate(as_json: AsJson = False) -> None:
    """Bring the PostgreSQL database to this release; servers start afterwards."""
    done = bring_up_to_date(load_settings())
    key = "migrate.done" if done.changed else "migrate.nothing"
    Shell(as_json).show(done, say(key, before=done.before or "–", after=done.after))


def move(
    source: Annotated[Path, typer.Option("--from", help=say("help.move-from"))],
    as_json: AsJson = False,
) -> None:
    """Copy an embedded store to the PostgreSQL of the settings, and prove that it is the same."""
    shell = Shell(as_json)
    with shell.progress(say("move.running")) as progress:
        done = move_store(load_settings(), source, progress)
    moved = table("title.moved", "table", "count", "sha256")
    for name, proof in done.tables.items():
        moved.add_row(name, str(proof.rows), proof.sha256)
    message = say("move.done", folder=source, events=done.events)
    shell.show(done, [moved, message, say("move.afterwards", folder=source)])
