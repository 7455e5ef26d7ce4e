"""What the reader makes of pictures: our codes, and nothing that is not there."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import barcode
import numpy as np
import pytest
from barcode.writer import ImageWriter
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.numbers import CodeKind, badge_code, compose, packet_number
from domain.roles import Role
from scanner.labels import PacketLabel, draw_png
from scanner.pictures import BadPictureError
from scanner.reader import read_codes
from tests.stories import CENTRE, place

NUMBER = packet_number(CENTRE, 1)


def drawn(text: str, symbology: str = "code128") -> bytes:
    """A barcode as another program draws it."""
    made = BytesIO()
    barcode.get(symbology, text, writer=ImageWriter()).write(made)
    return made.getvalue()


def png(image: Image.Image) -> bytes:
    """A picture as bytes."""
    made = BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def beneath(*pictures: bytes) -> bytes:
    """Pictures on one sheet, one beneath another."""
    images = [Image.open(BytesIO(each)).convert("L") for each in pictures]
    width, height = max(each.width for each in images) + 80, sum(i.height + 80 for i in images)
    sheet = Image.new("L", (width, height), 255)
    top = 40
    for image in images:
        sheet.paste(image, (40, top))
        top += image.height + 80
    return png(sheet)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (NUMBER, CodeKind.PACKET),
        (compose(CodeKind.BAG, CENTRE, 3), CodeKind.BAG),
        (place(Role.COURIER), CodeKind.PLACE),
        (badge_code(CENTRE, 7), CodeKind.BADGE),
        (compose(CodeKind.ACTION_CARD, CENTRE, 2), CodeKind.ACTION_CARD),
        (compose(CodeKind.REGISTRY, CENTRE, 9), CodeKind.REGISTRY),
    ],
)
def test_codes_of_every_kind_are_told_apart(value: int, kind: CodeKind) -> None:
    (read,) = read_codes(drawn(str(value)))
    assert read.code is not None
    assert (read.code.kind, read.code.value, read.text) == (kind, value, str(value))


def test_many_codes_on_a_sheet_are_each_read_once() -> None:
    labels = [draw_png(PacketLabel(packet_number(CENTRE, serial)), 203) for serial in (1, 2, 3, 2)]
    found = {read.text for read in read_codes(beneath(*labels))}
    assert len(read_codes(beneath(*labels))) == 3
    assert found == {str(packet_number(CENTRE, serial)) for serial in (1, 2, 3)}


@pytest.mark.parametrize(
    "text",
    [
        "PARCEL-4711",
        "12345678901234",
        str(NUMBER + 1),  # a check digit wrong
        str(NUMBER)[:-1],
        f"{NUMBER}0",
        str(9 * 10**13 + (98 - 9 * 10**13 % 97)),  # sound, but of no kind of ours
    ],
)
def test_a_foreign_code_128_gives_nothing(text: str) -> None:
    assert read_codes(drawn(text)) == []
    assert [r.text for r in read_codes(beneath(drawn(text), drawn(str(NUMBER))))] == [str(NUMBER)]


@pytest.mark.parametrize(("symbology", "text"), [("ean13", "590123412345"), ("code39", "QOLHAT")])
def test_barcodes_of_other_symbologies_give_nothing(symbology: str, text: str) -> None:
    assert read_codes(drawn(text, symbology)) == []


@pytest.mark.parametrize("shade", [0, 127, 255])
def test_an_empty_sheet_gives_nothing(shade: int) -> None:
    assert read_codes(png(Image.new("L", (400, 300), shade))) == []
    assert read_codes(png(Image.new("L", (1, 1), shade))) == []


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_noise_is_never_taken_for_a_code(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (200, 300), np.uint8)
    assert read_codes(png(Image.fromarray(noise))) == []


@pytest.mark.parametrize("form", ["JPEG", "BMP", "WEBP", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pictures_come_in_other_forms_and_in_colour(form: str, mode: str) -> None:
    image = Image.open(BytesIO(draw_png(PacketLabel(NUMBER)))).convert(mode)
    made = BytesIO()
    image.save(made, form)
    assert [read.text for read in read_codes(made.getvalue())] == [str(NUMBER)]


def test_a_transparent_picture_is_read_on_white() -> None:
    image = Image.open(BytesIO(draw_png(PacketLabel(NUMBER)))).convert("RGBA")
    assert [read.text for read in read_codes(png(image))] == [str(NUMBER)]


WHOLE = draw_png(PacketLabel(NUMBER))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"no picture at all",
        "сурет емес".encode() * 1000,
        WHOLE[:20],
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
    ],
)
def test_bytes_that_are_no_picture_are_refused(content: bytes) -> None:
    with pytest.raises(BadPictureError):
        read_codes(content)


def claiming(width: int, height: int) -> bytes:
    """A few bytes whose header claims a picture of this size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


@pytest.mark.parametrize("size", [(100_000, 100_000), (30_000, 30_000), (2_000_000, 41)])
def test_a_picture_that_would_fill_the_memory_is_refused_unopened(size: tuple[int, int]) -> None:
    with pytest.raises(BadPictureError):
        read_codes(claiming(*size))


@given(st.integers(0, len(WHOLE)), st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_damaged_picture_is_refused_or_read_rightly_never_wrongly(at: int, into: bytes) -> None:
    damaged = WHOLE[:at] + into
    try:
        found = [read.text for read in read_codes(damaged)]
    except BadPictureError:
        return
    assert found in ([], [str(NUMBER)])
