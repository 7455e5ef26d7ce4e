"""Pages as a flatbed scanner drops them: what was read on them, or real pictures of sheets."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from typing import Any

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageSequence, UnidentifiedImageError

from infra.reading import PageRead, Reading
from infra.requests import FilingRequest, ScannedPage, Source
from scanner.bad_pictures import BadPicture, bad_picture
from scanner.found import FoundCode
from scanner.reader import OURS, code_of, read

_CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def found(text: object) -> FoundCode:
    """A code that was read."""
    return FoundCode(str(text), "Code128", _CORNERS, code_of(str(text)), 0.9)


def page(*codes: object, picture: bytes = b"") -> ScannedPage:
    """A page with these codes; its number is given by the file."""
    return ScannedPage(0, tuple(map(found, codes)), picture)


def filing(source: Source, name: str, *pages: ScannedPage, **how: Any) -> FilingRequest:
    """A file with these pages; files of one name are the same file."""
    numbered = tuple(
        ScannedPage(number, each.codes, each.picture or f"{name}, page {number}".encode())
        for number, each in enumerate(pages, start=1)
    )
    return FilingRequest(source, sha256(name.encode()).hexdigest(), numbered, **how)


# --- real sheets ---------------------------------------------------------------------------------


def sheet(*codes: object, text: str = "") -> Image.Image:
    """Draw a sheet of A4 at 100 dots an inch with these barcodes on it."""
    drawn = Image.new("L", (827, 1169), 255)
    draw = ImageDraw.Draw(drawn)
    for row, code in enumerate(codes):
        made = zxingcpp.create_barcode(str(code), zxingcpp.BarcodeFormat.Code128)
        bars = Image.fromarray(np.array(made.to_image(scale=2, add_quiet_zones=True)))
        drawn.paste(bars, (100, 100 + row * 200))
    for line in range(20):
        draw.text((100, 700 + line * 16), f"{text} {line}", fill=40)
    return drawn


def saved(kind: str, *sheets: Image.Image) -> bytes:
    """Write sheets as a file of this kind: JPEG, PNG, TIFF or PDF."""
    made, (first, *rest) = BytesIO(), sheets
    more: dict[str, Any] = {"save_all": True, "append_images": rest} if rest else {}
    first.save(made, kind, dpi=(100, 100), resolution=100, **more)
    return made.getvalue()


class ReadHere(Reading):
    """Reads pictures in this process: a worker takes a second to start. Bad ones are bad."""

    def pages(self, data: bytes, **_: Any) -> Iterator[PageRead]:
        """Read every page with the real reader."""
        if not data:
            raise bad_picture(BadPicture.EMPTY)
        try:
            opened = Image.open(BytesIO(data))
        except UnidentifiedImageError:
            raise bad_picture(BadPicture.NOT_A_PICTURE) from None
        frames = [frame.copy() for frame in ImageSequence.Iterator(opened)]
        for number, frame in enumerate(frames, start=1):
            grey, made = frame.convert("L"), BytesIO()
            grey.save(made, "JPEG")
            codes = tuple(read(np.asarray(grey), OURS))
            yield PageRead(number, len(frames), *grey.size, codes, made.getvalue())
