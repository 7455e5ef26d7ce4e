"""The command line: `qolhat`. Every command speaks Kazakh, Russian or English, and JSON."""

from __future__ import annotations

import sys

import click
import typer

from api.cli import far, keep, look, record, reference
from api.cli.shell import fail, say
from domain.errors import QolhatError

app = typer.Typer(
    name="qolhat",
    help=say("help.qolhat"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (look, record, keep, far, reference):
    commands.install(app)


def main() -> None:
    """Run a command; an error is told in the reader's language and ends with 1, never a trace."""
    try:
        code = app(standalone_mode=False)
    except QolhatError as error:
        fail(error)
        code = 1
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except BrokenPipeError:
        code = 0
    sys.exit(code)
