"""A picture of packets as a page shows it: made smaller, with a mark at every packet.

It is kept nowhere: the page that shows it sends it back with what is confirmed, and gets it again.
"""

from __future__ import annotations

import base64
from binascii import Error as NotBase64Error
from io import BytesIO

import msgspec
from PIL import Image

from api.http.problems import InvalidRequestError
from api.table_picture import TablePicture, middle
from domain.numbers import PacketNumber
from scanner.found import Corners

WIDE = 1000  # to how many units every picture is scaled, so that marks are of one size
MOST_MARKS = 500
_LONGEST_SIDE = 1600  # pixels
_MOST_BYTES = 500_000
_QUALITIES = (75, 60, 45, 30, 15)
_JPEG = b"\xff\xd8\xff"


class Mark(msgspec.Struct, frozen=True):
    """A packet in the picture, in the drawing's units."""

    number: PacketNumber
    corners: Corners

    @property
    def points(self) -> str:
        """The outline as SVG has it."""
        return _points(self.corners)

    @property
    def middle(self) -> tuple[float, float]:
        """Where the mark stands."""
        x, y = middle(self.corners)
        return round(x, 1), round(y, 1)


class Drawing(msgspec.Struct, frozen=True):
    """The picture (base64 of a JPEG) and what stands in it, the first line first."""

    height: float
    jpeg: str
    marks: list[Mark]
    unsure: list[Corners]
    tags: list[int]

    @property
    def numbers(self) -> list[PacketNumber]:
        """The packets in the picture."""
        return [each.number for each in self.marks]

    def place_of(self, number: PacketNumber) -> int:
        """Return which mark of the drawing a packet has, from 1."""
        return self.numbers.index(number) + 1

    @property
    def doubtful(self) -> list[str]:
        """The outlines of places that show a damaged number."""
        return [_points(each) for each in self.unsure]


def draw(picture: TablePicture) -> Drawing:
    """Make a drawing of a picture that was read together with its page."""
    page = picture.page
    assert page.image is not None  # noqa: S101  it was asked for
    scale = WIDE / page.width
    return Drawing(
        round(page.height * scale, 1),
        base64.b64encode(_smaller(page.image)).decode(),
        [Mark(n, _scaled(c, scale)) for n, c in picture.places.items()][:MOST_MARKS],
        [_scaled(corners, scale) for corners in picture.unsure][:MOST_MARKS],
        list(picture.tags),
    )


def write_drawing(drawing: Drawing) -> str:
    """Write a drawing down for a form's hidden field."""
    return msgspec.json.encode(drawing).decode()


def read_drawing(given: str) -> Drawing:
    """Read a drawing that a page sends back. Raises InvalidRequestError."""
    try:
        drawing = msgspec.json.decode(given, type=Drawing)
        picture = base64.b64decode(drawing.jpeg, validate=True)
    except (msgspec.DecodeError, NotBase64Error, ValueError) as error:
        raise InvalidRequestError from error
    if not picture.startswith(_JPEG) or len(drawing.marks) > MOST_MARKS:
        raise InvalidRequestError
    return drawing


def _smaller(image: bytes) -> bytes:
    """Make a JPEG of few bytes: it goes to a phone and back."""
    with Image.open(BytesIO(image)) as opened:
        opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        opened.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        for quality in _QUALITIES:
            written = BytesIO()
            opened.convert("RGB").save(written, "JPEG", quality=quality, optimize=True)
            if written.tell() <= _MOST_BYTES:
                break
        return written.getvalue()


def _scaled(corners: Corners, scale: float) -> Corners:
    one, two, three, four = ((round(x * scale, 1), round(y * scale, 1)) for x, y in corners)
    return one, two, three, four


def _points(corners: Corners) -> str:
    return " ".join(f"{x},{y}" for x, y in corners)
