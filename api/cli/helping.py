"""Help in the reader's language: what typer itself says in English is said by the catalogues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

from api.cli.failure import MisuseError
from api.cli.language import say

Function = TypeVar("Function", bound=Callable[..., Any])


def _in_the_readers_language(option: Any) -> Any:
    """Say what --help does."""
    if option is not None:
        option.help = say("help.help")
    return option


def _usage(english: str) -> str:
    return english.replace("Usage:", say("help.usage"), 1)


def _in_context(ctx: Any, error: Any) -> Any:
    """Say of which command the error is: not every one knows it."""
    error.ctx = getattr(error, "ctx", None) or ctx
    return error


class _Command(TyperCommand):
    """A command that takes no more arguments than it names."""

    def get_help_option(self, ctx: Any) -> Any:
        return _in_the_readers_language(super().get_help_option(ctx))

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse what is left over in the reader's language."""
        ctx.allow_extra_args = True
        try:
            rest: list[str] = super().parse_args(ctx, args)
        except typer.TyperException as error:
            _in_context(ctx, error)
            raise
        if ctx.args:
            raise _in_context(ctx, MisuseError("too-many", extra=" ".join(ctx.args)))
        return rest


class _Group(TyperGroup):
    """Commands under one name."""

    def get_help_option(self, ctx: Any) -> Any:
        return _in_the_readers_language(super().get_help_option(ctx))

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Refuse an unknown command in the reader's language."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            known = ", ".join(self.list_commands(ctx))
            raise _in_context(ctx, MisuseError("no-command", name=args[0], known=known))
        return super().resolve_command(ctx, args)


class App(typer.Typer):
    """An application whose help is in the reader's language."""

    def __init__(self, help_key: str, **settings: Any) -> None:
        super().__init__(
            cls=_Group,
            help=say(help_key),
            no_args_is_help=True,
            add_completion=False,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"]},
            **settings,
        )

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Function], Function]:
        """Add a command."""
        return super().command(name, cls=_Command, **settings)


def name_the_panels() -> None:
    """Give typer's own headings and marks in the reader's language."""
    rich_utils.ARGUMENTS_PANEL_TITLE = say("help.panel.arguments")
    rich_utils.OPTIONS_PANEL_TITLE = say("help.panel.options")
    rich_utils.COMMANDS_PANEL_TITLE = say("help.panel.commands")
    rich_utils.REQUIRED_LONG_STRING = f"[{say('help.required')}]"
    rich_utils.DEFAULT_STRING = f"[{say('help.default')}: {{}}]"
    rich_utils.ENVVAR_STRING = f"[{say('help.variable')}: {{}}]"
