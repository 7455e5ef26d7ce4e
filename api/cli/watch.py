"""Commands of scanned pages: file what a flatbed scanner drops into a folder, and look at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated, Any

import typer
import watchfiles
from rich.text import Text

from api.cli.display import Line, bell, table
from api.cli.failure import FAILED, IN_DOUBT, MisuseError, problem
from api.cli.language import say, term
from api.cli.reasons import reason_of
from api.cli.record import marked, placed
from api.cli.shell import (
    AsJson,
    PersonNumber,
    PlaceText,
    Shell,
    Token,
    local,
    number_text,
    opened,
    source,
)
from api.filed import PageOfPacket, pages_of
from api.http.fields import read_packet
from domain.errors import QolhatError
from infra.bootstrap import Qolhat
from infra.errors import storage_error
from infra.inbox import Dropped, Inbox, InboxRules
from infra.requests import FiledPage, FilingAnswer, Source, Status

_LOOK_MILLISECONDS = 1000
_TOGETHER_MILLISECONDS = 200
_PATIENCE = 10.0  # seconds for which `--once` waits for a file that is still being written
_PAUSE = 0.2  # seconds


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("watch", help=say("help.command.watch"))(watch)
    app.command("pages", help=say("help.command.pages"))(pages)


def watch(
    folder: Annotated[Path, typer.Argument(help=say("help.folder"))],
    separators: Annotated[bool, typer.Option("--separators", help=say("help.separators"))] = False,
    delete: Annotated[bool, typer.Option("--delete", help=say("help.delete"))] = False,
    once: Annotated[bool, typer.Option("--once", help=say("help.watch-once"))] = False,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    as_json: AsJson = False,
) -> None:
    """File every page that is dropped into a folder to its packet."""
    shell = Shell(as_json)
    with opened() as qolhat:

        def asking() -> Source:
            return placed(source(qolhat, token, person, place, ""))

        asking()  # who asks wrongly learns it at once
        inbox = Inbox(qolhat, folder, asking, _explained, InboxRules(separators, delete))
        _prepare(inbox, folder)
        if not once:
            shell.show(None, say("watch.following", folder=folder))
        seen: set[Status] = set()
        for dropped in _once(inbox) if once else _for_ever(inbox, folder):
            seen.add(_status(dropped))
            shell.tell(_data(dropped), _line(dropped))
    if Status.REFUSED in seen:
        raise typer.Exit(FAILED)
    if Status.UNSETTLED in seen:
        raise typer.Exit(IN_DOUBT)


def _prepare(inbox: Inbox, folder: Path) -> None:
    try:
        inbox.prepare()
    except OSError as error:
        raise MisuseError("folder", folder=folder, reason=reason_of(error)) from error


def _once(inbox: Inbox) -> Iterator[Dropped]:
    """File what is there, waiting a little for what is still being written."""
    moved = monotonic()
    while True:
        for dropped in inbox.sweep():
            yield dropped
            moved = monotonic()
        if inbox.is_idle or monotonic() - moved > _PATIENCE:
            return
        sleep(_PAUSE)


def _for_ever(inbox: Inbox, folder: Path) -> Iterator[Dropped]:
    """File what comes, whenever the folder changes and every second."""
    away = False
    for _ in _looks(folder):
        try:
            yield from inbox.sweep()
            away = False
        except OSError as error:  # as a network's folder is from time to time
            if not away:
                yield Dropped(folder, error=storage_error(error), left=True)
            away = True
            sleep(_PATIENCE)


def _looks(folder: Path) -> Iterator[None]:
    """Yield when something has changed, else every second; by the clock alone if need be."""
    try:
        for _ in watchfiles.watch(
            folder,
            recursive=False,
            watch_filter=None,
            debounce=_TOGETHER_MILLISECONDS,
            rust_timeout=_LOOK_MILLISECONDS,
            yield_on_timeout=True,
        ):
            yield
    except OSError:  # the system watches no more folders, or not this one
        while True:
            yield
            sleep(_LOOK_MILLISECONDS / 1000)


# --- what is told --------------------------------------------------------------------------------


def _status(dropped: Dropped) -> Status:
    if dropped.answer is None:
        return Status.REFUSED
    return Status.UNSETTLED if dropped.answer.waiting else Status.ACCEPTED


def _error_of(dropped: Dropped) -> QolhatError:
    return dropped.error if isinstance(dropped.error, QolhatError) else QolhatError()


def _explained(error: QolhatError) -> str:
    told = problem(error)
    return f"{told['title']}. {told['detail']}"


def _data(dropped: Dropped) -> dict[str, Any]:
    data: dict[str, Any] = {"file": str(dropped.file), "left": dropped.left}
    if dropped.answer is None:
        return data | {"error": problem(_error_of(dropped))}
    return data | {"pages": dropped.answer.pages, "separators": dropped.answer.separators}


def _line(dropped: Dropped) -> Text:
    status = _status(dropped)
    if status is not Status.ACCEPTED:
        bell()
    if dropped.answer is not None:
        told = " · ".join(_parts(dropped.answer)) or say("watch.nothing")
    else:
        why = problem(_error_of(dropped))["detail"]
        told = say("watch.left", why=why) if dropped.left else say("watch.unreadable", why=why)
    return marked(status, f"{dropped.file.name}  {told}")


def _parts(answer: FilingAnswer) -> Iterator[str]:
    for known, group in groupby(answer.pages, key=lambda page: page.known):
        pages = list(group)
        yield from _filed_parts(pages, known=known)
        for page in pages:
            if page.doubt is not None:
                why = term("page-doubt", page.doubt.value)
                yield say("watch.waits", page=page.page, why=why)


def _filed_parts(pages: list[FiledPage], *, known: bool) -> Iterator[str]:
    counts: dict[int, int] = {}
    for page in pages:
        if page.packet is not None and page.doubt is None:
            counts[page.packet] = counts.get(page.packet, 0) + 1
    for number, count in counts.items():
        told = say("watch.filed", number=number_text(number), count=count)
        yield f"{told} ({say('watch.known')})" if known else told


# --- looking -------------------------------------------------------------------------------------


def pages(
    number: Annotated[str, typer.Argument(help=say("help.number"))],
    out: Annotated[Path | None, typer.Option("--out", help=say("help.out"))] = None,
    token: Token = "",
    person: PersonNumber = None,
    as_json: AsJson = False,
) -> None:
    """List the scanned pages of a packet; write their pictures into a folder."""
    packet = read_packet(number)
    with opened() as qolhat:
        found = pages_of(qolhat, packet)
        listed = table("title.pages", "page", "happened", "person", "page-ref")
        for page in found:
            listed.add_row(str(page.seq), local(page.filed_at), str(page.person), page.ref)
        shown: list[Line] = [listed]
        if out is not None:
            asking = source(qolhat, token, person, "", "")
            qolhat.access.note(asking.person, [str(packet)], "pages", asking.device)
            shown += [str(file) for file in _written(qolhat, found, out, str(packet))]
        Shell(as_json).show(found, shown)


def _written(qolhat: Qolhat, found: Sequence[PageOfPacket], out: Path, name: str) -> Iterator[Path]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for page in found:
            picture = qolhat.vault.picture(page.ref)
            if picture is not None:
                file = out / f"{name}-{page.seq:03}.jpg"
                file.write_bytes(picture)
                yield file
    except OSError as error:
        raise MisuseError("folder", folder=out, reason=reason_of(error)) from error
