"""Reads pictures from outside, in processes of their own: the worst they can do is to end one.

A worker is started at the first picture and kept. One that takes too long is ended, one that broke
is replaced; so many pictures at once are read as there are workers, a few wait, more are refused.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import msgspec

from domain.errors import RefusedError
from domain.numbers import BadCodeError, Code, parse
from infra.reading_frames import Asked, Ended, Found, Frame, PageSeen
from scanner.bad_pictures import BadPicture, BadPictureError, PictureLimits, bad_picture
from scanner.found import FoundCode

_STARTING = 60.0  # seconds in which a worker has to be ready; the libraries are large
_ENDING = 2.0  # seconds it has to end by itself
MOST_PICTURES = 500  # after them a worker is replaced: libraries leak
_MOST_FRAME = 2**30
_RETRY_SECONDS = 5
_SHARE_OF_A_PAGE = 0.1  # of its seconds: a long document takes no page's limit for every page
_INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
_WEARING = frozenset({BadPicture.TOO_MUCH_MEMORY, BadPicture.READER_ENDED})
_log = logging.getLogger(__name__)


class PicturesBusyError(RefusedError):
    """So many pictures are being read at this moment that no more can wait."""

    code = "pictures-busy"
    status = 503


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page of a picture and the codes on it; corners are in pixels of `width` x `height`.

    `image` is the page as a JPEG of that size, if it was asked for.
    """

    page: int  # from 1
    pages: int
    width: int
    height: int
    codes: tuple[FoundCode, ...]
    image: bytes | None = None


class Reading:
    """Reads pictures; may be used from several threads at once."""

    def __init__(
        self, limits: PictureLimits | None = None, *, workers: int = 2, waiting: int = 8
    ) -> None:
        self.limits = limits or PictureLimits()
        self.room = workers + waiting  # how many more would be let in
        self.idle: list[_Worker] = []
        self._free = threading.BoundedSemaphore(workers)
        self._guard = threading.Lock()
        self._busy: set[_Worker] = set()
        self._closed = False

    def read(
        self,
        data: bytes,
        *,
        symbologies: Collection[str] | None = None,
        pictured: bool = False,
    ) -> list[PageRead]:
        """Read every code on every page; all symbologies, unless some are named.

        Raises BadPictureError (its `pages` are those that were read before), PicturesBusyError.
        """
        pages: list[PageRead] = []
        try:
            pages.extend(self.pages(data, symbologies=symbologies, pictured=pictured))
        except BadPictureError as error:
            error.pages = tuple(pages) or error.pages
            raise
        return pages

    def pages(
        self,
        data: bytes,
        *,
        symbologies: Collection[str] | None = None,
        pictured: bool = False,
    ) -> Iterator[PageRead]:
        """Read page after page, as `read`: a long document is never whole in memory."""
        if not data:
            raise bad_picture(BadPicture.EMPTY)
        if len(data) > self.limits.bytes:
            raise bad_picture(BadPicture.TOO_LARGE, megabytes=self.limits.bytes // 2**20)
        wanted = None if symbologies is None else sorted(symbologies)
        asked = Asked(data, wanted, pictured, asdict(self.limits))
        with self._worker() as worker:
            for page in worker.read(asked, self.limits):
                yield _page(page)

    def start(self) -> int:
        """Start a worker ahead of the first picture; return the number of its process."""
        with self._worker() as worker:
            return worker.process_id

    def close(self) -> None:
        """End all workers; what they are reading is not finished."""
        with self._guard:
            self._closed = True
            idle, self.idle = self.idle, []
            busy = list(self._busy)
        for worker in busy:
            worker.kill()
        for worker in idle:
            worker.end()

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        """Lend a worker; it is kept for the next picture if it has finished this one."""
        with self._turn():
            worker = self._take()
            try:
                yield worker
            finally:
                self._give_back(worker)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for one's turn. Raises PicturesBusyError."""
        self._let_in()
        try:
            if not self._free.acquire(timeout=self.limits.seconds):
                raise PicturesBusyError(seconds=_RETRY_SECONDS)
            try:
                yield
            finally:
                self._free.release()
        finally:
            with self._guard:
                self.room += 1

    def _let_in(self) -> None:
        with self._guard:
            if self._closed or not self.room:
                raise PicturesBusyError(seconds=_RETRY_SECONDS)
            self.room -= 1

    def _take(self) -> _Worker:
        """Return a worker that is alive. Raises PicturesBusyError."""
        with self._guard:
            if self._closed:
                raise PicturesBusyError(seconds=_RETRY_SECONDS)
            worker = self.idle.pop() if self.idle else None
        if worker is None or not worker.alive:
            worker = self._new()
        with self._guard:
            if self._closed:
                worker.kill()
            self._busy.add(worker)
        return worker

    def _new(self) -> _Worker:
        try:
            return _Worker(self.limits.megabytes)
        except OSError as error:  # the system is short of memory, of processes or of files
            _log.error("no process that reads pictures could be started: %s", error.strerror)
            raise PicturesBusyError(seconds=_RETRY_SECONDS) from error

    def _give_back(self, worker: _Worker) -> None:
        with self._guard:
            self._busy.discard(worker)
            kept = worker.reusable and not self._closed
            if kept:
                self.idle.append(worker)
        if not kept:
            worker.end()


class _Worker:
    """A process that reads one picture at a time, and the line to it."""

    def __init__(self, megabytes: int) -> None:
        self._line, theirs = Pipe()
        with theirs:
            self._process = _start(megabytes, theirs)
        self._pictures = 0
        self._finished = True
        self._pages, self._waited = 0, 0.0  # of the picture that is read; seconds
        with suppress(EOFError, OSError):  # one that did not start is found out when it is asked
            if self._line.poll(_STARTING):
                self._line.recv_bytes()  # it is ready
            else:
                self.kill()

    @property
    def process_id(self) -> int:
        """The number by which the system knows it."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def reusable(self) -> bool:
        """Whether it has finished its last picture and may read another."""
        return self._finished and self._pictures < MOST_PICTURES

    def read(self, asked: Asked, limits: PictureLimits) -> Iterator[PageSeen]:
        """Ask, and return page after page. Raises BadPictureError."""
        self._finished = False
        self._pictures += 1
        self._pages, self._waited = 0, 0.0
        self._ask(asked)
        frame = self._next(limits)
        while isinstance(frame, PageSeen):
            last = frame.page == frame.pages
            after = self._next(limits) if last else None  # who takes no more leaves it free
            yield frame
            frame = after or self._next(limits)
        if frame.told:
            _log.error("a picture could not be read: %s", frame.told)
        if frame.reason:
            reason = BadPicture(frame.reason)
            if reason in _WEARING:
                self._pictures = MOST_PICTURES
            raise bad_picture(reason, **frame.facts)

    def _ask(self, asked: Asked) -> None:
        try:
            self._line.send_bytes(msgspec.msgpack.encode(asked))
        except OSError as error:
            raise self._ended() from error

    def _next(self, limits: PictureLimits) -> Frame:
        """Wait for a page, or for the end. Raises BadPictureError."""
        began = time.monotonic()
        left = limits.seconds * (1 + self._pages * _SHARE_OF_A_PAGE) - self._waited
        if not self._line.poll(max(0.0, min(limits.seconds, left))):
            self.kill()
            raise bad_picture(BadPicture.TOOK_TOO_LONG, limit=limits.seconds)
        self._waited += time.monotonic() - began
        try:
            frame: Frame = msgspec.msgpack.decode(
                self._line.recv_bytes(_MOST_FRAME), type=PageSeen | Ended
            )
        except (EOFError, OSError, msgspec.MsgspecError) as error:
            raise self._ended() from error
        self._finished = isinstance(frame, Ended)
        self._pages = max(self._pages, frame.pages if isinstance(frame, PageSeen) else 0)
        return frame

    def _ended(self) -> BadPictureError:
        self.kill()
        _log.error("a process that read a picture ended: %s", self._process.returncode)
        return bad_picture(BadPicture.READER_ENDED)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Let it end by itself, if it does so soon."""
        self._line.close()
        try:
            self._process.wait(_ENDING if self._finished else 0)
        except subprocess.TimeoutExpired:
            self.kill()


def _start(megabytes: int, line: Connection) -> subprocess.Popen[bytes]:
    """Start a process that has the line and nothing else: no settings, no secrets."""
    known = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    given = {
        "PYTHONPATH": os.pathsep.join(each for each in sys.path if each) or ".",
        "OMP_NUM_THREADS": "1",  # each thread of these libraries takes address space
        "OPENBLAS_NUM_THREADS": "1",
    }
    return subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-m", "infra.reading_worker", str(megabytes), str(line.fileno())],
        pass_fds=[line.fileno()],
        env=known | given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what is typed to end the server is not told to it
    )


def _page(seen: PageSeen) -> PageRead:
    codes = tuple(_code(each) for each in seen.codes)
    return PageRead(seen.page, seen.pages, seen.width, seen.height, codes, seen.image)


def _code(found: Found) -> FoundCode:
    code = _parsed(found.text) if found.ours else None
    return FoundCode(found.text, found.symbology, found.corners, code, found.confidence, found.how)


def _parsed(text: str) -> Code | None:
    try:
        return parse(text)
    except BadCodeError:
        return None
