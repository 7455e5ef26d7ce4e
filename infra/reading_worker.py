"""The process that opens and reads pictures: whatever a picture does to it, the server stays.

It is started by `infra.reading` with one socket and nothing else: no settings, no keys, no store.
It writes no files, has bounded memory and time, and ends when the other end of the socket does.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import resource
import signal
import sys
from collections.abc import Iterator
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from traceback import extract_tb

import cv2
import msgspec
from PIL import Image

from infra.reading_frames import Asked, Ended, Found, PageSeen
from scanner.bad_pictures import BadPicture, BadPictureError, PictureLimits
from scanner.found import FoundCode
from scanner.pictures import OpenedPage, open_pages
from scanner.reader import read

_QUALITY = 88
_MOST_LENGTH = 200  # times as long as wide
_MEGABYTE = 2**20
_MOST_FILES = 64
_FIRST_TO_END = b"1000"  # the system, short of memory, ends this process before others


def main() -> None:
    """Read what is asked, picture after picture, until nobody asks."""
    megabytes, descriptor = int(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is told by the socket when to end
    logging.disable()  # libraries quote what they stumble over
    Image.MAX_IMAGE_PIXELS = None  # the limits are ours
    cv2.setNumThreads(1)  # there are as many workers as there is work for
    _restrain(megabytes)
    with Connection(descriptor) as line:
        line.send_bytes(b"")  # ready
        while True:
            try:
                asked = line.recv_bytes()
            except (EOFError, OSError):
                return
            _answer(line, asked)


def _restrain(megabytes: int) -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_bytes(_FIRST_TO_END)
    _limit(resource.RLIMIT_CORE, 0)  # no picture of anybody's papers is left behind
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _MOST_FILES)
    _limit(resource.RLIMIT_AS, megabytes * _MEGABYTE)


def _limit(what: int, most: int) -> None:
    """Set a limit, where the system has it."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


def _limit_time(seconds: int) -> None:
    """Bound the processor's time from now on: also a process that nobody watches any more ends."""
    spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _limit(resource.RLIMIT_CPU, math.ceil(spent) + seconds)


def _answer(line: Connection, message: bytes) -> None:
    """Send every page as it is read, then how it ended."""
    try:
        asked = msgspec.msgpack.decode(message, type=Asked)
        for page in _pages(asked):
            line.send_bytes(msgspec.msgpack.encode(page))
        ended = Ended()
    except BadPictureError as error:
        facts = {name: fact for name, fact in error.facts.items() if isinstance(fact, int)}
        ended = Ended(error.reason.value, facts)
    except Exception as error:  # noqa: BLE001  whatever it was, the other end is told
        ended = _broken(error)
    line.send_bytes(msgspec.msgpack.encode(ended))


def _broken(error: Exception) -> Ended:
    """Tell what nobody thought of by its kind and place, not by what it quotes."""
    if isinstance(error, MemoryError) or getattr(error, "code", 0) == cv2.Error.StsNoMem:
        megabytes = int(sys.argv[1])
        return Ended(BadPicture.TOO_MUCH_MEMORY.value, {"megabytes": megabytes})
    places = extract_tb(error.__traceback__)
    where = f"{Path(places[-1].filename).name}:{places[-1].lineno}"
    return Ended(BadPicture.READER_ENDED.value, told=f"{type(error).__name__} at {where}")


def _pages(asked: Asked) -> Iterator[PageSeen]:
    limits = PictureLimits(**asked.limits)
    _limit_time(limits.seconds + 1)
    for page in open_pages(asked.picture, limits, coloured=asked.pictured):
        yield _seen(page, asked.symbologies)
        _limit_time(limits.seconds + 1)


def _seen(page: OpenedPage, symbologies: list[str] | None) -> PageSeen:
    height, width = page.grey.shape
    found = [] if _is_a_line(page) else _read(page, symbologies)
    image = None if page.coloured is None else _jpeg(page.coloured)
    return PageSeen(page.page, page.pages, width, height, [_found(each) for each in found], image)


def _read(page: OpenedPage, symbologies: list[str] | None) -> list[FoundCode]:
    return read(page.grey) if symbologies is None else read(page.grey, symbologies)


def _is_a_line(page: OpenedPage) -> bool:
    """Tell whether a page has no room for a code; made smaller, nothing would be left of it."""
    shorter, longer = sorted(page.grey.shape)
    return bool(shorter * _MOST_LENGTH < longer)


def _found(code: FoundCode) -> Found:
    return Found(
        code.text, code.symbology, code.corners, code.code is not None, code.confidence, code.how
    )


def _jpeg(image: Image.Image) -> bytes:
    made = BytesIO()
    image.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


if __name__ == "__main__":
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries speak their minds there
    main()
