"""The command line: `qolhat`. Every command speaks Kazakh, Russian or English, and JSON."""

from __future__ import annotations

import io
import sqlite3
import sys

import sqlalchemy as sa
import typer

from api.cli import (
    audit,
    branches,
    camera,
    changed,
    dispatch,
    exports,
    far,
    keep,
    listen,
    look,
    pictures,
    printing,
    record,
    reference,
    reports,
    serving,
    stores,
    table,
    watch,
    what_if,
    workers,
)
from api.cli.failure import INTERRUPTED, fail, fail_unexpectedly, misuse
from api.cli.helping import App, name_the_panels
from domain.errors import QolhatError
from infra.errors import storage_error

name_the_panels()
app = App("help.qolhat", name="qolhat")
_MODULES = (
    look,
    record,
    listen,
    camera,
    dispatch,
    pictures,
    table,
    watch,
    serving,
    keep,
    audit,
    exports,
    what_if,
    changed,
    reports,
    stores,
    far,
    workers,
    branches,
    printing,
    reference,
)
for commands in _MODULES:
    commands.install(app)


def main() -> None:
    """Run a command; an error is told in the reader's language, never as a trace."""
    _accept_any_letter()
    sys.exit(_run())


def _accept_any_letter() -> None:
    """A letter that the terminal cannot show must not stop a command that was carried out."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run() -> int:
    try:
        return int(app(standalone_mode=False) or 0)
    except QolhatError as error:
        return fail(error)
    except typer.TyperException as error:
        return misuse(error)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (OSError, sqlite3.Error, sa.exc.DBAPIError) as error:
        return fail(storage_error(getattr(error, "orig", None) or error))
    except Exception as error:  # noqa: BLE001  whatever it is, people must not see a trace
        return fail_unexpectedly(error)
