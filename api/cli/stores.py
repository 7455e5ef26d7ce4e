"""Commands for the store on a server: migrate it."""

from __future__ import annotations

import typer

from api.cli.language import say
from api.cli.shell import AsJson, Shell
from infra.migrations import migrate as bring_up_to_date
from infra.settings import load_settings


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("migrate", help=say("help.command.migrate"))(migrate)


def migrate(as_json: AsJson = False) -> None:
    """Bring the PostgreSQL database to this release; servers start afterwards."""
    done = bring_up_to_date(load_settings())
    key = "migrate.done" if done.changed else "migrate.nothing"
    Shell(as_json).show(done, say(key, before=done.before or "–", after=done.after))
