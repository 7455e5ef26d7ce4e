"""`qolhat camera`: a camera over the desk, or a film of it; what it sees is scanned.

Each code counts when looks agree, and once while it is in view; it is recorded and answered as one
of `qolhat listen` is. There is no window: `--preview` names a picture that shows what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from api.cli.display import bell, harmless
from api.cli.language import say
from api.cli.listen import Console, hear_out, kept, recording, stopped_by_signals
from api.cli.shell import AsJson, PersonNumber, PlaceText, Shell, Token
from domain.numbers import grouped
from infra.cameras import CameraWire, opener, shown
from infra.listening import Listening, Pauses
from infra.scanners import EndedError, UnpluggedError

_LOOK = 0.5  # seconds that a frame is waited for


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("camera", help=say("help.command.camera"))(camera)


def camera(
    device: Annotated[str, typer.Option("--device", help=say("help.camera"))] = "0",
    preview: Annotated[Path | None, typer.Option("--preview", help=say("help.preview"))] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("help.dry-run"))] = False,
    server: Annotated[str, typer.Option("--server", help=say("help.server"))] = "",
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    as_json: AsJson = False,
) -> None:
    """Scan what a camera sees, until Ctrl-C or the end of the film."""
    shell, plug_in, name = Shell(as_json), opener(device, preview), shown(device)
    if dry_run:
        _only_look(shell, plug_in())
        return
    with recording(server, token, person, place) as way, kept(f"camera {name}") as unsent:
        ear = _Screen(shell, name)
        pauses = Pauses(reading=_LOOK)
        hear_out(Listening(plug_in, way.made, way.record, unsent, ear, pauses), ear)


def _only_look(shell: Shell, wire: CameraWire) -> None:
    """Tell what would be scanned; nothing is recorded, and no store is opened."""
    with stopped_by_signals() as stop:
        try:
            _look_on(shell, wire, stop)
        except UnpluggedError:
            shell.line({"event": "unplugged"}, say("camera.gone"))
        except EndedError:
            pass
        finally:
            wire.close()


def _look_on(shell: Shell, wire: CameraWire, stop: Event) -> None:
    while not stop.is_set():
        for code in wire.read(_LOOK):
            shell.line({"event": "seen", "code": code}, say("camera.seen", code=grouped(int(code))))
            if not shell.as_json:
                bell()


@dataclass(frozen=True, slots=True)
class _Screen(Console):
    """Says of a camera what has other words than of a scanner."""

    def ready(self, waiting: int) -> None:
        """Tell that it looks, and what waits from before."""
        data = {"event": "ready", "port": self.port, "waiting": waiting}
        self._tell(data, say("camera.ready", camera=harmless(self.port)))
        if waiting:
            self._tell({}, say("listen.earlier", count=waiting))

    def unplugged(self) -> None:
        """Tell that nothing is seen now."""
        self._tell({"event": "unplugged", "port": self.port}, say("camera.gone"))
        if not self.shell.as_json:
            bell()

    def plugged_in(self) -> None:
        """Tell that the camera sees again."""
        self._tell({"event": "plugged-in", "port": self.port}, say("camera.back"))
