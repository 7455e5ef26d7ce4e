"""Why a picture was not read, and what bounds the reading of any: nothing here opens a picture.

Every reason has an error of its own, with a code and texts; what was read before it is in `pages`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from domain.errors import RefusedError


class BadPicture(StrEnum):
    """Why a picture was not read, or not to its end."""

    NOT_A_PICTURE = "not-a-picture"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    TOO_LARGE = "too-large"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_MANY_PAGES = "too-many-pages"
    LOCKED = "locked"
    TOOK_TOO_LONG = "took-too-long"
    TOO_MUCH_MEMORY = "too-much-memory"
    READER_ENDED = "reader-ended"


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What one picture may cost; the settings `QOLHAT_PICTURE_*` say how much."""

    bytes: int = 32 * 1024 * 1024
    pixels: int = 100_000_000  # of a page: A3 at 600 dots an inch is 70 million
    pages: int = 200
    seconds: int = 30  # for a page, by the clock on the wall
    megabytes: int = 2048  # of memory, all that the reading process may have


class BadPictureError(RefusedError):
    """A picture that cannot be read; `reason` is among the facts.

    `pages` are those that were read before it went wrong: of a picture that is cut off, what it
    still shows; of a document, the pages before. Nobody may take them for the whole.
    """

    code = "bad-picture"
    reason: ClassVar[BadPicture] = BadPicture.NOT_A_PICTURE

    def __init__(self, **facts: object) -> None:
        super().__init__(**{**facts, "reason": self.reason})
        self.pages: tuple[Any, ...] = ()


class NotAPictureError(BadPictureError):
    """Something else than a picture, or a kind that is not read."""

    code = "not-a-picture"
    status = 415


class EmptyPictureError(BadPictureError):
    """Not a single byte."""

    code = "empty-picture"
    reason = BadPicture.EMPTY


class TruncatedPictureError(BadPictureError):
    """It begins like a picture, but is cut off or damaged."""

    code = "truncated-picture"
    reason = BadPicture.TRUNCATED


class LargePictureError(BadPictureError):
    """More bytes than are taken; `megabytes` says how many are."""

    code = "picture-too-large"
    status = 413
    reason = BadPicture.TOO_LARGE


class ManyPixelsError(BadPictureError):
    """More pixels than are read; `megapixels` says how many are."""

    code = "too-many-pixels"
    reason = BadPicture.TOO_MANY_PIXELS


class ManyPagesError(BadPictureError):
    """More pages than are read; `limit` says how many are."""

    code = "too-many-pages"
    reason = BadPicture.TOO_MANY_PAGES


class LockedPictureError(BadPictureError):
    """A document that opens with a password only."""

    code = "locked-picture"
    reason = BadPicture.LOCKED


class SlowPictureError(BadPictureError):
    """A page took longer than `limit` seconds to read; its reader was ended."""

    code = "picture-took-too-long"
    reason = BadPicture.TOOK_TOO_LONG


class HeavyPictureError(BadPictureError):
    """Reading it needs more memory than `megabytes`."""

    code = "picture-too-heavy"
    reason = BadPicture.TOO_MUCH_MEMORY


class ReaderEndedError(BadPictureError):
    """The process that read it ended; another reads the next."""

    code = "picture-reader-ended"
    reason = BadPicture.READER_ENDED


_KINDS: list[type[BadPictureError]] = BadPictureError.__subclasses__()
_OF_REASON = {kind.reason: kind for kind in _KINDS}


def bad_picture(reason: BadPicture, **facts: object) -> BadPictureError:
    """Return the error of a reason."""
    return _OF_REASON[reason](**facts)
