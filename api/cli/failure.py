"""Tells what went wrong: in the reader's language, with what the reader can do, never a trace.

Exit codes: 1 refused or failed, 2 a command that cannot be understood, 3 recorded but waiting for
somebody's decision, 130 interrupted.
"""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from traceback import extract_tb
from typing import Any

import typer
from rich.text import Text

from api.cli.display import console, harmless, json_text
from api.cli.language import language, say
from api.cli.reasons import in_words, reason_of
from api.messages import text
from domain.errors import QolhatError

FAILED, MISUSED, IN_DOUBT, INTERRUPTED = 1, 2, 3, 130
_BAD_REQUEST = 400


class MisuseError(typer.BadParameter):
    """What was typed cannot be carried out; the text stands in the console's catalogue."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(say(f"usage.{key}", **facts))


class UnwritableFileError(QolhatError):
    """A file was not written, though its name would have done."""

    code = "unwritable-file"


def check_readable(file: Path) -> None:
    """Refuse a file that is not there, is a folder or may not be read. Raises MisuseError."""
    try:
        with file.open("rb"):
            return
    except OSError as error:
        raise MisuseError("unreadable", file=file, reason=reason_of(error)) from error


def check_writable(file: Path) -> None:
    """Refuse a name under which no file can be written. Raises MisuseError."""
    try:
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, "")
        existed = file.exists()
        with file.open("ab"):
            pass
        if not existed:
            file.unlink()
    except OSError as error:
        raise MisuseError("unwritable", file=file, reason=reason_of(error)) from error


def problem(error: QolhatError) -> dict[str, Any]:
    """Return an error as programs want it (RFC 9457)."""
    facts = dict(error.facts)
    if "reason" in facts:
        facts["reason"] = in_words(facts["reason"], error.code)
    return {
        "type": f"/problems/{error.code}",
        "code": error.code,
        "title": text("problems", f"{error.code}.title", language(), **facts),
        "detail": text("problems", f"{error.code}.detail", language(), **facts),
        "status": error.status,
    }


def fail(error: QolhatError) -> int:
    """Tell an error with what the reader can do; return the exit code."""
    _tell(problem(error))
    return FAILED


def fail_unexpectedly(error: Exception) -> int:
    """Tell of an error nobody thought of: its kind and its place in the program, no contents."""
    places = extract_tb(error.__traceback__)
    where = f"{Path(places[-1].filename).name}:{places[-1].lineno}" if places else "?"
    told = problem(QolhatError())
    told["detail"] += " " + say("unexpected", kind=type(error).__name__, where=where)
    _tell(told)
    return FAILED


def misuse(error: typer.TyperException) -> int:
    """Tell that the command was not understood, and where help is; return the exit code."""
    if type(error).__name__ == "NoArgsIsHelpError":  # the help was shown instead
        return MISUSED
    context = getattr(error, "ctx", None)
    hint = say("usage.help", command=context.command_path) if context else ""
    _tell(
        {
            "type": "/problems/usage",
            "code": "usage",
            "title": say("usage.title"),
            "detail": f"{_misuse_in_words(error)} {hint}".strip(),
            "status": _BAD_REQUEST,
        }
    )
    return MISUSED


def _misuse_in_words(error: Any) -> str:
    """Say what typer found; its own exceptions can only be told apart by their names."""
    if isinstance(error, MisuseError):
        return error.message
    parameter = getattr(error, "param", None)
    name = _name(parameter)
    match type(error).__name__:
        case "MissingParameter":
            return say("usage.missing", name=name)
        case "NoSuchOption":
            return say("usage.no-such-option", name=error.option_name)
        case "BadOptionUsage":
            return say("usage.option-without-value", name=error.option_name)
        case "BadParameter" if parameter is not None:
            return say("usage.bad-value", name=name, expected=_expected(parameter, error.ctx))
        case _:
            return say("usage.other", message=error.format_message())


def _name(parameter: Any) -> str:
    if parameter is None:
        return ""
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.display_name_raw)


def _expected(parameter: Any, context: Any) -> str:
    """Say which values fit: the choices, the range, or a whole number."""
    described: str = parameter.display_type(context).strip("<>")
    least, most = getattr(parameter, "min", None), getattr(parameter, "max", None)
    if least is not None or most is not None:
        return f"{'…' if least is None else least} – {'…' if most is None else most}"
    return say("usage.whole-number") if described == "int" else described.replace("|", ", ")


def _tell(told: dict[str, Any]) -> None:
    if "--json" in sys.argv:
        print(json_text(told), file=sys.stderr)  # noqa: T201
        return
    out = console(stderr=True)
    out.print(Text(f"✗ {harmless(told['title'])}", style="bold red"))
    out.print(Text(harmless(told["detail"])))
