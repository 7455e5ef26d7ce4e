"""What every command shares: its options, the store it opens, who is asking, how it answers."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import time_ns
from typing import Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from api.cli.display import Line, console, harmless, json_text, show_lines
from api.cli.failure import FAILED, problem
from api.cli.language import say, term
from api.cli.reasons import reason_of
from api.http.fields import BadRefError, is_ref, read_packet, read_place
from domain.directory import OrganisationKind
from domain.errors import QolhatError, RefusedError
from domain.numbers import PacketNumber, PlaceCode, grouped, place_organisation, place_role
from domain.zones import zone
from infra.bootstrap import Qolhat, bootstrap
from infra.personnel import token_hash
from infra.replay import parse_instant
from infra.requests import Source
from infra.settings import Settings, load_settings

TOKEN_VARIABLE = "QOLHAT_TOKEN"  # noqa: S105  the name of a variable
_MICROSECOND = 1000  # nanoseconds
_NICE = 5  # a third of the processor where somebody else wants it, all of it otherwise

AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]
Numbers = Annotated[list[str], typer.Argument(help=say("help.numbers"))]
Token = Annotated[str, typer.Option(help=say("help.token"), envvar=TOKEN_VARIABLE)]
PersonNumber = Annotated[int | None, typer.Option("--person", help=say("help.person"))]
PlaceText = Annotated[str, typer.Option("--place", help=say("help.place"))]
At = Annotated[str, typer.Option("--at", help=say("help.at"))]
Ref = Annotated[str, typer.Option("--ref", help=say("help.ref"))]
Organisation = Annotated[int | None, typer.Option("--organisation", "-o", help=say("help.org"))]
Limit = Annotated[int, typer.Option(help=say("help.limit"), min=1)]


class WhoError(RefusedError):
    """The command does not know for whom it works."""

    code = "who-is-asking"


class UnknownTokenError(RefusedError):
    """No device has this token."""

    code = "unknown-token"
    status = 401


class BadTimeError(RefusedError):
    """A time without a zone, or none at all."""

    code = "bad-time"


@dataclass(slots=True)
class Shell:
    """Shows answers: tables for people, JSON for programs."""

    as_json: bool = False

    def show(self, data: Any, lines: Line | Sequence[Line]) -> None:
        """Print the data as one JSON document, or else the lines made for people."""
        with _delivering():
            if self.as_json:
                print(json_text(plain(data), indent=1))  # noqa: T201
            else:
                show_lines([lines] if isinstance(lines, Line) else lines)

    def tell(self, data: Any, line: Line) -> None:
        """Print one of many answers as soon as it is there: one JSON object a line, or a line."""
        with _delivering():
            if self.as_json:
                print(json_text(plain(data)))  # noqa: T201
            else:
                show_lines([line])

    def line(self, data: Any, text: Line) -> None:
        """Print what has just happened: JSON documents a line each, or a line for people."""
        with _delivering():
            if self.as_json:
                print(json_text(plain(data)))  # noqa: T201
            else:
                show_lines([text])

    @contextmanager
    def progress(self, what: str) -> Iterator[Any]:
        """Show a bar while something long is done; yields a function of (done, of)."""
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        out = console(stderr=True)
        with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bars:
            task = bars.add_task(harmless(what), total=None)
            yield lambda done, of: bars.update(task, completed=done, total=of)


@contextmanager
def _delivering() -> Iterator[None]:
    """End clearly when nobody takes the answer: what was recorded stays recorded."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        _give_up_output()
        if not isinstance(error, BrokenPipeError):
            told = say("output.failed", reason=reason_of(error))
            print(told, file=sys.stderr)  # noqa: T201
        raise typer.Exit(FAILED) from error


def _give_up_output() -> None:
    """Leave nothing in the buffer that would fail again when the program ends."""
    with contextlib.suppress(io.UnsupportedOperation, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Qolhat]:
    """Open the store that the environment names."""
    with bootstrap(settings or load_settings()) as qolhat:
        yield qolhat


def give_way() -> None:
    """Let others on this machine work first: who stands at a desk waits for the server."""
    if hasattr(os, "nice"):  # not on every system
        os.nice(_NICE)


def plain(value: Any) -> Any:
    """Turn answers into what JSON can hold: instants in ISO 8601, lengths of time in seconds."""
    built = msgspec.to_builtins(
        value, builtin_types=(timedelta,), str_keys=True, enc_hook=_plain_other
    )
    return json.loads(json.dumps(built, default=timedelta.total_seconds))


def _plain_other(value: Any) -> Any:
    return problem(value) if isinstance(value, QolhatError) else str(value)


def local(at: datetime | None, zone_name: str = "Asia/Almaty") -> str:
    """Write an instant in local time; the zones of the country have been one since 2024."""
    return "–" if at is None else f"{at.astimezone(zone(zone_name)):%Y-%m-%d %H:%M}"


def span(length: timedelta | None) -> str:
    """Write a length of working time in hours and minutes, never in days: a day has no length."""
    if length is None:
        return "–"
    sign, seconds = ("−", -length) if length < timedelta(0) else ("", length)
    minutes, rest = divmod(int(seconds.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return say("span.hours", sign=sign, hours=hours, minutes=f"{minutes:02}")
    if minutes or not rest:
        return say("span.minutes", sign=sign, minutes=minutes)
    return say("span.seconds", sign=sign, seconds=rest)


def where(qolhat: Qolhat, place: PlaceCode | None) -> str:
    """Name a place for people: its role, and its organisation by kind and district."""
    if not place:
        return "–"
    number = qolhat.directory.place(place).number
    organisation = short_name(qolhat, place_organisation(place))
    return f"{term('role', place_role(place).value)} {number}, {organisation}"


def short_name(qolhat: Qolhat, code: int) -> str:
    """Name an organisation in a few words: kind and district, or its name where it has none."""
    found = qolhat.directory.organisation(code)
    if not found.district:
        return found.name_kk
    village = f" {found.name_kk.split()[0]}" if found.kind is OrganisationKind.RURAL_AKIM else ""
    return f"{term('kind', found.kind.value)}{village}, {found.district}"


def packet_numbers(texts: Iterable[str]) -> list[PacketNumber]:
    """Read packet numbers. Raises BadCodeError, OtherKindError."""
    return [read_packet(each) for each in texts]


def read_time(typed: str) -> datetime | None:
    """Read a time given on the command line; None for nothing. Raises BadTimeError."""
    if not typed:
        return None
    at = parse_instant(typed)
    if at is None:
        raise BadTimeError(text=typed)
    return at


def source(
    qolhat: Qolhat, token: str, person: int | None, place: str, at: str, ref: str = ""
) -> Source:
    """Tell who is asking, by token or by number; the place is the person's first by default.

    Raises WhoError, UnknownTokenError, UnknownPersonError, BadTimeError, BadCodeError,
    OtherKindError, BadRefError.
    """
    if ref and not is_ref(ref):
        raise BadRefError
    register = qolhat.staff.refresh()
    device = 0
    if token:
        enrolled = register.by_token(token_hash(token))
        if enrolled is None:
            raise UnknownTokenError
        person, device = enrolled.person, enrolled.device
    if person is None:
        raise WhoError
    happened_at = read_time(at) or qolhat.now()
    places = register.places_of(person, happened_at)
    return Source(
        ref or uuid.uuid4().hex,
        person,
        device,
        time_ns() // _MICROSECOND,
        read_place(place) if place else next(iter(places), PlaceCode(0)),
        happened_at,
    )


def number_text(number: int | None) -> str:
    """Write a number in groups for reading."""
    return "–" if number is None else grouped(number)
