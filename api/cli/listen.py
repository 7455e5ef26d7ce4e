"""`qolhat listen`: a scanner on a serial line, an HID-POS scanner, or a pipe, for a whole day.

Each code is recorded as `qolhat scan` records it, here or at a server, and answered by a line and a
sound: one bell for good, three for what somebody must look at.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from time import time_ns
from typing import Annotated, Any
from uuid import uuid4

import typer

from api.cli.display import Line, bell, harmless, table
from api.cli.distant import distant
from api.cli.failure import FAILED, MisuseError
from api.cli.language import say
from api.cli.record import is_wrong, line_of, recorded, storable, told_of
from api.cli.shell import AsJson, PersonNumber, PlaceText, Shell, Token, opened, source
from api.http.fields import read_place
from domain.errors import RefusedError
from domain.intake import RawScan
from infra.bootstrap import Qolhat
from infra.desk import utc_now
from infra.errors import StorageError
from infra.listening import Heard, Listening
from infra.requests import Answer, Source
from infra.scanners import DEFAULT_BAUD, Plugged, opener, plugged
from infra.settings import load_settings
from infra.unsent import Unsent

_GOOD, _BAD = 1, 3  # bells
_MICROSECOND = 1000  # nanoseconds


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("listen", help=say("help.command.listen"))(listen)


def listen(
    port: Annotated[str, typer.Option("--port", help=say("help.scanner-port"))] = "",
    baud: Annotated[int, typer.Option("--baud", help=say("help.baud"), min=1)] = DEFAULT_BAUD,
    listed: Annotated[bool, typer.Option("--list", help=say("help.list-scanners"))] = False,
    server: Annotated[str, typer.Option("--server", help=say("help.server"))] = "",
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    as_json: AsJson = False,
) -> None:
    """Record what a scanner reads, until Ctrl-C or the end of the input."""
    shell = Shell(as_json)
    if listed:
        _list(shell, plugged())
        return
    wanted = port or _the_only_one()
    with recording(server, token, person, place) as way, kept(wanted) as unsent:
        ear = Console(shell, wanted)
        hear_out(Listening(opener(wanted, baud), way.made, way.record, unsent, ear), ear)


def _list(shell: Shell, found: list[Plugged]) -> None:
    made = table("title.scanners", "scanner-port", "scanner")
    for each in found:
        made.add_row(each.port, each.name)
    shell.show(found, made)


def _the_only_one() -> str:
    """Return the port of the only scanner that says what it is. Raises MisuseError."""
    found = [each.port for each in plugged() if each.name]
    if len(found) != 1:
        raise MisuseError("which-scanner", found=", ".join(found) or "–")
    return found[0]


# --- where scans are recorded --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """How a code becomes a scan, and where scans go."""

    made: Callable[[str], RawScan]
    record: Callable[[Sequence[RawScan]], Sequence[Heard]]


@contextmanager
def recording(server: str, token: str, person: int | None, place: str) -> Iterator[Way]:
    """Record here, or at a server. Who asks wrongly learns it before scanning."""
    if server:
        asking = _asking_far_away(server, token, place)
        with distant(server, token) as far:
            yield Way(_maker(asking, utc_now), far.record)
        return
    with opened() as qolhat:
        asking = source(qolhat, token, person, place, "")
        yield Way(_maker(asking, qolhat.now), lambda scans: _record_here(qolhat, list(scans)))


def _asking_far_away(server: str, token: str, place: str) -> Source:
    """The server knows the person and the device by the token, but not where they are."""
    if not server.startswith(("http://", "https://")) or not token or not place:
        raise MisuseError("server-needs")
    return Source("", 0, 0, 0, read_place(place), utc_now())


def _maker(asking: Source, now: Callable[[], datetime]) -> Callable[[str], RawScan]:
    """Return what makes the scan of a code that was read this moment."""
    last = asking.counter
    place = str(asking.place or "")

    def made(code: str) -> RawScan:
        nonlocal last
        last = max(last + 1, time_ns() // _MICROSECOND)
        text = storable(code)
        return RawScan(uuid4().hex, text, place, asking.person, asking.device, last, now())

    return made


def _record_here(qolhat: Qolhat, scans: list[RawScan]) -> list[Heard]:
    answers = recorded(qolhat, scans)
    return [_heard(qolhat, *each) for each in zip(scans, answers, strict=True)]


def _heard(qolhat: Qolhat, scan: RawScan, answer: Answer) -> Heard:
    """Whatever kept a scan from being recorded, short of a refusal, may not do so for ever."""
    again = answer.error is not None and not isinstance(answer.error, RefusedError)
    return Heard(scan, answer.status, told_of(qolhat, answer), again)


# --- what is told --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Console:
    """Answers by lines and by bells."""

    shell: Shell
    port: str

    def heard(self, answers: Sequence[Heard]) -> None:
        """Show a line for each code, and ring."""
        for each in answers:
            told = f"{each.told} — {say('listen.kept')}" if each.again else each.told
            self._tell(_data(each), line_of(each.status, each.scan.code, told))
        if answers and not self.shell.as_json:
            bell(_BAD if any(is_wrong(each.status) for each in answers) else _GOOD)

    def unplugged(self) -> None:
        """Tell that the scanner has gone; what is scanned now is not heard."""
        self._tell({"event": "unplugged", "port": self.port}, say("listen.unplugged"))
        if not self.shell.as_json:
            bell(_BAD)

    def plugged_in(self) -> None:
        """Tell that the scanner is there again."""
        self._tell({"event": "plugged-in", "port": self.port}, say("listen.plugged-in"))

    def ready(self, waiting: int) -> None:
        """Tell that scanning may begin, and what waits from before."""
        data = {"event": "ready", "port": self.port, "waiting": waiting}
        self._tell(data, say("listen.ready", port=self.port))
        if waiting:
            self._tell({}, say("listen.earlier", count=waiting))

    def ended(self, listening: Listening) -> None:
        """Tell how much was recorded, and where the rest waits."""
        done, waiting = listening.recorded, len(listening.waiting)
        data = {"event": "ended", "recorded": done, "waiting": waiting}
        self._tell(data, say("listen.ended", count=done))
        if waiting:
            self._tell({}, say("listen.waiting", count=waiting, file=listening.unsent.file))

    def not_even_kept(self, listening: Listening) -> None:
        """Show once more what is recorded nowhere, so that somebody can write it down."""
        for each in listening.waiting:
            self._tell(
                {"event": "lost", "scan": each}, say("listen.nowhere", code=harmless(each.code))
            )

    def _tell(self, data: dict[str, Any], line: Line) -> None:
        if data or not self.shell.as_json:
            self.shell.line(data, line)


def _data(heard: Heard) -> dict[str, Any]:
    scan = heard.scan
    return {
        "event": "scan",
        "ref": scan.ref,
        "code": scan.code,
        "happened_at": scan.happened_at,
        "status": heard.status,
        "told": heard.told,
        "again": heard.again,
    }


# --- a day ---------------------------------------------------------------------------------------


@contextmanager
def kept(port: str) -> Iterator[Unsent]:
    """Take the file of what could not be recorded. Raises AlreadyListeningError, StorageError."""
    unsent = Unsent(load_settings().data_dir, port)
    try:
        yield unsent
    finally:
        unsent.close()


def hear_out(listening: Listening, ear: Console) -> None:
    """Listen until told to stop; what is not recorded then makes the command fail."""
    with stopped_by_signals() as stop:
        ear.ready(listening.begin())
        try:
            listening.run(stop)
        except StorageError:
            ear.not_even_kept(listening)
            raise
    ear.ended(listening)
    if listening.waiting:
        raise typer.Exit(FAILED)


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """Let Ctrl-C end what is being done, not interrupt it: a code may just have been read."""
    stop = Event()
    told_to = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, lambda *_: stop.set()) for each in told_to}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
