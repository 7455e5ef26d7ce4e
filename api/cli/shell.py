"""What every command shares: language, tables or JSON, clear errors, who is asking."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import time_ns
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.messages import LANGUAGES, best_language, text, word
from domain.directory import OrganisationKind
from domain.errors import QolhatError, RefusedError
from domain.numbers import (
    BadCodeError,
    CodeFault,
    CodeKind,
    PacketNumber,
    PlaceCode,
    grouped,
    parse,
    place_organisation,
    place_role,
    take_apart,
)
from domain.zones import zone
from infra.bootstrap import Qolhat, bootstrap
from infra.personnel import token_hash
from infra.replay import parse_instant
from infra.requests import Source
from infra.settings import Settings, load_settings

TOKEN_VARIABLE = "QOLHAT_TOKEN"  # noqa: S105  the name of a variable
LANGUAGE_VARIABLE = "QOLHAT_LANGUAGE"
WIDE = 160  # columns where the output is no terminal: a file, a pipe, a log


def language() -> str:
    """Return the reader's language: by `QOLHAT_LANGUAGE`, else Kazakh."""
    wanted = os.environ.get(LANGUAGE_VARIABLE, "")
    return wanted if wanted in LANGUAGES else best_language(wanted)


def say(key: str, **facts: object) -> str:
    """Return a text of the command line in the reader's language."""
    return text("console", key, language(), **facts)


def term(kind: str, name: object) -> str:
    """Return a word of the field in the reader's language; a dash for nothing."""
    return "–" if name is None else word(kind, name, language())


AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]
Numbers = Annotated[list[str], typer.Argument(help=say("help.numbers"), metavar="N")]
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

    def show(self, data: Any, lines: Table | str | Sequence[Table | str]) -> None:
        """Print the data as JSON, or else the lines made for people."""
        if self.as_json:
            print(json.dumps(plain(data), ensure_ascii=False, indent=1))  # noqa: T201
            return
        console = Console(width=None if sys.stdout.isatty() else WIDE)
        for line in [lines] if isinstance(lines, str | Table) else lines:
            console.print(line, highlight=False)

    @contextmanager
    def progress(self, what: str) -> Iterator[Any]:
        """Show a bar while something long is done; yields a function of (done, of)."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task(what, total=None)
            yield lambda done, of: bars.update(task, completed=done, total=of)


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Qolhat]:
    """Open the store that the environment names."""
    with bootstrap(settings or load_settings()) as qolhat:
        yield qolhat


def plain(value: Any) -> Any:
    """Turn answers into what JSON can hold: instants in ISO 8601, lengths of time in seconds."""
    built = msgspec.to_builtins(value, builtin_types=(timedelta,), str_keys=True, enc_hook=str)
    return json.loads(json.dumps(built, default=timedelta.total_seconds))


_UNBROKEN = frozenset({"token", "packet", "code"})  # to be copied


def table(title: str, *columns: str) -> Table:
    """Return an empty table with headings in the reader's language."""
    made = Table(title=say(title) if title else None, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(say(f"column.{column}"), overflow="fold", no_wrap=column in _UNBROKEN)
    return made


def local(at: datetime | None, zone_name: str = "Asia/Almaty") -> str:
    """Write an instant in local time; the zones of the country have been one since 2024."""
    return "–" if at is None else f"{at.astimezone(zone(zone_name)):%Y-%m-%d %H:%M}"


def span(length: timedelta | None) -> str:
    """Write a length of working time in days of 24 hours never: hours and minutes."""
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
    """Read packet numbers. Raises BadCodeError."""
    numbers = []
    for each in texts:
        code = parse(each)
        if code.kind is not CodeKind.PACKET:
            raise BadCodeError(CodeFault.FOREIGN)
        numbers.append(PacketNumber(code.value))
    return numbers


def read_place(typed: str) -> PlaceCode:
    """Read the code of a place. Raises BadCodeError."""
    code = parse(typed)
    if code.kind is not CodeKind.PLACE:
        raise BadCodeError(CodeFault.FOREIGN)
    return PlaceCode(code.value)


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

    Raises WhoError, UnknownTokenError, UnknownPersonError, BadTimeError, BadCodeError.
    """
    register = qolhat.staff.refresh()
    device = 0
    if token:
        enrolled = register.by_token(token_hash(token))
        if enrolled is None:
            raise UnknownTokenError
        person, device = enrolled.person, enrolled.device
    if person is None:
        raise WhoError
    now = qolhat.now()
    happened_at = read_time(at) or now
    places = register.places_of(person, happened_at)
    return Source(
        ref or uuid.uuid4().hex,
        person,
        device,
        time_ns() // 1000,
        read_place(place) if place else next(iter(places), PlaceCode(0)),
        happened_at,
    )


def number_text(number: int | None) -> str:
    """Write a number in groups for reading."""
    return "–" if number is None else grouped(number)


def block_of(number: PacketNumber) -> int:
    """Return the issuer's block of a packet's number."""
    return take_apart(number).block


def fail(error: QolhatError) -> None:
    """Tell an error in the reader's language, with what the reader can do."""
    title = text("problems", f"{error.code}.title", language(), **error.facts)
    detail = text("problems", f"{error.code}.detail", language(), **error.facts)
    if "--json" in sys.argv:
        problem = {
            "type": f"/problems/{error.code}",
            "code": error.code,
            "title": title,
            "detail": detail,
            "status": error.status,
        }
        print(json.dumps(problem, ensure_ascii=False), file=sys.stderr)  # noqa: T201
        return
    console = Console(stderr=True)
    console.print(f"✗ {title}", style="bold red", highlight=False)
    console.print(detail, highlight=False)


def as_utc(at: datetime) -> datetime:
    """Return an instant in UTC."""
    return at.astimezone(UTC)
