"""A folder into which a flatbed scanner drops files: each is filed, then put aside.

First the vault has the pages, then the log says where they went, then the file is moved: whenever
the program is killed, the file is still there and is known again. A file that is still being
written is not touched. Nothing that a file does stops the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.errors import QolhatError
from domain.numbers import PacketNumber
from domain.zones import zone
from infra.bootstrap import Qolhat
from infra.errors import storage_error
from infra.requests import FilingAnswer, FilingRequest, ScannedPage, Source
from scanner.bad_pictures import BadPicture, BadPictureError, bad_picture
from scanner.page_pictures import compact
from scanner.reader import OURS

try:
    import fcntl
except ImportError:  # no Unix
    fcntl = None  # type: ignore[assignment]

DONE, UNSETTLED = "done", "unsettled"
_UNFINISHED = frozenset({".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart"})
_ZONE = "Asia/Almaty"
_State = tuple[int, int]  # bytes, time of the last change


@dataclass(frozen=True, slots=True)
class InboxRules:
    """How a folder is worked.

    A file is one stack of its own; with `separators` all files that come within `stack_seconds` of
    one another are one stack, in the order of their names. A file is left alone until it has not
    changed for `quiet_seconds`, an empty one for `empty_seconds`; one that could not be filed is
    tried again after `retry_seconds`. `delete`: files that were filed are not kept.
    """

    separators: bool = False
    delete: bool = False
    quiet_seconds: float = 2.0
    empty_seconds: float = 30.0
    stack_seconds: float = 60.0
    retry_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Dropped:
    """What became of a file: filed (`answer`), or not (`error`); `left`: it is still in the folder.

    What is left is tried again later, and told again only if something else is the matter.
    """

    file: Path
    answer: FilingAnswer | None = None
    error: Exception | None = None
    left: bool = False


class Inbox:
    """One folder and how far its files are."""

    def __init__(
        self,
        qolhat: Qolhat,
        folder: Path,
        asking: Callable[[], Source],
        explain: Callable[[QolhatError], str],
        rules: InboxRules | None = None,
    ) -> None:
        """`asking` says who files, `explain` puts an error into the words of the reader."""
        self._qolhat = qolhat
        self._folder = folder
        self._asking = asking
        self._explain = explain
        self._rules = rules or InboxRules()
        self._seen: dict[Path, tuple[_State, float]] = {}
        self._told: dict[Path, tuple[_State, str]] = {}
        self._tried: dict[Path, float] = {}
        self._begun: PacketNumber | None = None
        self._filed_at = 0.0

    def prepare(self) -> None:
        """Make the folders for what is done, and for what cannot be read. Raises OSError."""
        (self._folder / DONE).mkdir(exist_ok=True)
        (self._folder / UNSETTLED).mkdir(exist_ok=True)

    @property
    def is_idle(self) -> bool:
        """Tell whether every file was tried; those that are left stand in somebody's way."""
        return all(file in self._told for file in self._files())

    def sweep(self) -> Iterator[Dropped]:
        """File what is ready, in the order of names. Raises OSError if the folder is gone."""
        files = list(self._files())
        for known in (self._seen, self._told, self._tried):
            for gone in known.keys() - set(files):
                del known[gone]
        for file in files:
            state = self._ready(file)
            if state is None:
                if self._rules.separators:
                    return  # those after it may belong to its packet
                continue
            dropped = self._take(file)
            if self._is_news(dropped, state):
                yield dropped
            if dropped.left and self._rules.separators:
                return

    def _files(self) -> Iterator[Path]:
        with os.scandir(self._folder) as entries:
            found = [Path(entry.path) for entry in entries if _is_candidate(entry)]
        yield from sorted(found, key=lambda file: _natural(file.name))

    # --- is it whole? -------------------------------------------------------------------------

    def _ready(self, file: Path) -> _State | None:
        """Return the state of a file that nobody writes any more; None: not yet."""
        try:
            stat = file.stat()
        except OSError:  # taken away meanwhile
            return None
        state, now = (stat.st_size, stat.st_mtime_ns), time.monotonic()
        known, since = self._seen.get(file, (None, now))
        if known != state:
            self._seen[file] = state, now
            since = now
        rules = self._rules
        if now - since < (rules.quiet_seconds if stat.st_size else rules.empty_seconds):
            return None
        if now - self._tried.get(file, -rules.retry_seconds) < rules.retry_seconds:
            return None
        return None if _is_open_for_writing(file) else state

    def _is_news(self, dropped: Dropped, state: _State) -> bool:
        """What is left is told once, until something about it changes."""
        if not dropped.left:
            return True
        self._tried[dropped.file] = time.monotonic()
        told = state, type(dropped.error).__name__
        news = self._told.get(dropped.file) != told
        self._told[dropped.file] = told
        return news

    # --- filing -------------------------------------------------------------------------------

    def _take(self, file: Path) -> Dropped:
        """File one file and put it aside; whatever goes wrong is told, nothing is raised."""
        try:
            return self._file(file)
        except BadPictureError as error:
            self._begun = None
            return self._set_aside(file, error)
        except OSError as error:
            return Dropped(file, error=storage_error(error), left=True)
        except Exception as error:  # noqa: BLE001  nothing may stop the watching
            return Dropped(file, error=error, left=True)

    def _file(self, file: Path) -> Dropped:
        data = self._read(file)
        pages = tuple(
            ScannedPage(page.page, page.codes, compact(page.image or b""))
            for page in self._qolhat.reading.pages(data, symbologies=OURS, pictured=True)
        )
        digest = hashlib.sha256(data).hexdigest()
        begun = self._going_on()
        request = FilingRequest(self._asking(), digest, pages, begun=begun)
        answer = self._qolhat.desk.file(request)
        self._begun, self._filed_at = answer.ends, time.monotonic()
        self._put_away(file)
        return Dropped(file, answer)

    def _read(self, file: Path) -> bytes:
        """Read a file, but not one that no picture may be as large as. Raises BadPictureError."""
        most = self._qolhat.reading.limits.bytes
        with file.open("rb") as opened:
            data = opened.read(most + 1)
        if len(data) > most:
            raise bad_picture(BadPicture.TOO_LARGE, megabytes=most // 2**20)
        return data

    def _going_on(self) -> PacketNumber | None:
        """Return the packet that the file before has begun, if it is of the same stack."""
        if not self._rules.separators:
            return None
        paused = time.monotonic() - self._filed_at > self._rules.stack_seconds
        return None if paused else self._begun

    # --- putting aside ------------------------------------------------------------------------

    def _put_away(self, file: Path) -> None:
        if self._rules.delete:
            file.unlink()
            return
        day = self._qolhat.now().astimezone(zone(_ZONE)).date()
        _move(file, self._folder / DONE / day.isoformat())

    def _set_aside(self, file: Path, error: BadPictureError) -> Dropped:
        """Put a file that cannot be read where somebody finds it, with a text that says why."""
        folder = self._folder / UNSETTLED
        try:
            folder.mkdir(exist_ok=True)
            target = _free_name(folder, file.name)
            target.with_name(f"{target.name}.txt").write_text(
                f"{file.name}: {self._explain(error)}\n", encoding="utf-8"
            )
            file.replace(target)
        except OSError as failure:
            return Dropped(file, error=storage_error(failure), left=True)
        return Dropped(file, error=error)


def _is_candidate(entry: os.DirEntry[str]) -> bool:
    """Tell whether it is a file to be filed: nothing hidden or half done, and no link elsewhere."""
    name = entry.name
    if name.startswith((".", "~")) or Path(name).suffix.lower() in _UNFINISHED:
        return False
    return entry.is_file(follow_symlinks=False)


def _natural(name: str) -> list[tuple[int, str]]:
    """Order names as people count: page 2 before page 10."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _is_open_for_writing(file: Path) -> bool:
    """Ask the system whether somebody has the file open for writing, where it can tell."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    with contextlib.suppress(OSError), file.open("rb") as opened:
        fcntl.fcntl(opened, fcntl.F_SETSIG, signal.SIGURG)  # a writer's coming must not end us
        try:
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return True
        fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _move(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file.replace(_free_name(folder, file.name))


def _free_name(folder: Path, name: str) -> Path:
    """Return the name in the folder, or the first of its kind that is not taken."""
    target, count = folder / name, 1
    while target.exists():
        count += 1
        target = folder / f"{Path(name).stem}-{count}{Path(name).suffix}"
    return target
