"""Pictures as people send them, and as nobody should: read right, or refused with a reason."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from scanner.bad_pictures import BadPicture, BadPictureError, PictureLimits
from scanner.pictures import MOST_SIDE, open_pages, open_picture
from scanner.reader import read
from tests.scanner.samples import (
    A4,
    NUMBER,
    ORIENTATION,
    PILLOWS,
    animated,
    bomb,
    claiming,
    deep,
    label,
    many_pages,
    pdf,
    phone_picture,
    saved,
    tiff,
)

LIMITS = PictureLimits()


def texts(picture: bytes) -> list[list[str]]:
    """What is read on each page."""
    return [[code.text for code in read(page.grey)] for page in open_pages(picture, LIMITS)]


def refused(picture: bytes, limits: PictureLimits = LIMITS) -> BadPicture:
    """Why a picture is not read."""
    with pytest.raises(BadPictureError) as caught:
        list(open_pages(picture, limits))
    assert caught.value.facts["reason"] is caught.value.reason
    return caught.value.reason


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PILLOWS)
def test_every_kind_of_picture_is_read(kind: str) -> None:
    assert texts(saved(label(), kind)) == [[str(NUMBER)]]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_however_a_png_holds_its_colours(mode: str) -> None:
    assert texts(saved(label().convert(mode), "PNG")) == [[str(NUMBER)]]


@pytest.mark.parametrize("bits", ["I;16", "12", "png-16", "float"])
def test_sixteen_bits_and_fractions_become_eight(bits: str) -> None:
    picture = deep(bits)
    assert texts(picture) == [[str(NUMBER)]]
    assert np.array_equal(open_picture(picture), np.asarray(label()))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_printers_colours_are_read(kind: str) -> None:
    picture = saved(label().convert("CMYK"), kind)
    assert texts(picture) == [[str(NUMBER)]]
    assert open_picture(picture)[0, 0] > 250  # paper is white, not black


def test_what_is_transparent_is_paper() -> None:
    black = Image.new("RGBA", label().size, (0, 0, 0, 0))
    black.putalpha(Image.eval(label(), lambda shade: 255 - shade))
    assert texts(saved(black, "PNG")) == [[str(NUMBER)]]
    assert texts(saved(black, "WEBP", lossless=True)) == [[str(NUMBER)]]


def test_a_transparent_colour_of_a_palette_is_paper() -> None:
    palette = label().convert("P")
    picture = saved(palette, "GIF", transparency=palette.getpixel((0, 0)))
    assert texts(picture) == [[str(NUMBER)]]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_stands_as_the_camera_was_held(kind: str, orientation: int) -> None:
    mark = Image.new("L", (64, 32), 255)
    mark.paste(0, (0, 0, 16, 8))  # top left, as it is looked at
    stored = mark if orientation == 1 else mark.transpose(_STORED[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    upright = open_picture(saved(stored, kind, exif=exif))
    assert upright.shape == (32, 64)
    assert upright[3, 7] < 60
    assert min(upright[28, 7], upright[3, 56], upright[28, 56]) > 200


_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("nonsense", [0, 9, 65535])
def test_an_orientation_that_makes_no_sense_is_none(nonsense: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = nonsense
    assert texts(saved(label(), "JPEG", exif=exif)) == [[str(NUMBER)]]


@pytest.mark.parametrize("turns", range(4))
def test_a_phones_own_format_is_read(turns: int) -> None:
    picture = phone_picture(turns)
    assert texts(picture) == [[str(NUMBER)]]
    assert np.array_equal(open_picture(picture), np.rot90(open_picture(phone_picture()), turns))


def test_a_phones_picture_that_is_cut_off_or_claims_too_much_is_refused() -> None:
    picture = phone_picture()
    assert refused(picture[:100]) is BadPicture.TRUNCATED
    assert refused(picture[: len(picture) // 2]) is BadPicture.TRUNCATED
    claimed = struct.pack(">II", 50_000, 50_000)
    at = picture.index(b"ispe") + 8
    assert refused(picture[:at] + claimed + picture[at + 8 :]) in {
        BadPicture.TOO_MANY_PIXELS, BadPicture.TRUNCATED
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_counts(kind: str) -> None:
    assert texts(animated(kind)) == [[str(NUMBER)]]


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_a_scanners_tiff_has_pages(compression: str) -> None:
    empty = Image.new("L", (200, 100), 255)
    assert texts(tiff(label(), empty, label(), compression=compression)) == [
        [str(NUMBER)], [], [str(NUMBER)]
    ]  # fmt: skip


def test_a_fax_is_read() -> None:
    assert texts(saved(label().convert("1"), "TIFF", compression="group4")) == [[str(NUMBER)]]


def test_colours_are_kept_if_they_are_wanted() -> None:
    red = Image.new("RGB", (40, 20), (200, 10, 10))
    (page,) = open_pages(saved(red, "PNG"), LIMITS, coloured=True)
    assert page.coloured is not None
    assert page.coloured.getpixel((5, 5)) == (200, 10, 10)
    assert (page.coloured.width, page.coloured.height) == page.grey.shape[::-1]


def test_a_document_is_read_page_by_page() -> None:
    empty = Image.new("L", (400, 300), 255)
    assert texts(pdf(label(), empty, label())) == [[str(NUMBER)], [], [str(NUMBER)]]


def test_a_scanned_page_keeps_its_resolution() -> None:
    (page,) = open_pages(pdf(label(600), dpi=600), LIMITS)
    assert abs(page.grey.shape[1] - label(600).width) <= 2
    (page,) = open_pages(many_pages(1), LIMITS)
    assert [round(side / 300 * 72) for side in page.grey.shape] == [round(A4[1]), round(A4[0])]


def test_a_page_as_large_as_a_wall_is_drawn_smaller() -> None:
    limits = PictureLimits(pixels=1_000_000)
    document = many_pages(1).replace(b"595.28 841.89", b"14400 14400 ")
    assert document != many_pages(1)
    (page,) = open_pages(document, limits)
    assert 900_000 < page.grey.size <= limits.pixels


@pytest.mark.parametrize("size", [b"9000000 0.5", b"0.5 9000000", b"0.001 0.001", b"1e9 1e9"])
def test_a_page_of_any_shape_is_drawn_within_the_limits(size: bytes) -> None:
    document = many_pages(1).replace(b"595.28 841.89", size)
    assert size in document
    (page,) = open_pages(document, LIMITS)
    assert max(page.grey.shape) <= MOST_SIDE
    assert page.grey.size <= LIMITS.pixels


def test_a_documents_script_is_never_run() -> None:
    document = pdf(label(), script="while \\(true\\) app.alert\\(1\\);")
    assert b"/JavaScript" in document
    assert texts(document) == [[str(NUMBER)]]


# --- what is refused ------------------------------------------------------------------------------


def test_nothing_is_no_picture() -> None:
    assert refused(b"") is BadPicture.EMPTY


@pytest.mark.parametrize(
    "content", [b"\0", b"hello", b"<svg/>", b"%!PS-Adobe-3.0", b"PK\3\4", bytes(5000), b"8BPS"]
)
def test_something_else_is_no_picture(content: bytes) -> None:
    assert refused(content) is BadPicture.NOT_A_PICTURE


def test_what_a_file_says_counts_and_not_its_name() -> None:
    jpeg, png = saved(label(), "JPEG"), saved(label(), "PNG")
    assert refused(b"\x89PNG\r\n\x1a\n" + jpeg) is BadPicture.TRUNCATED
    assert refused(b"\xff\xd8\xff" + png) is BadPicture.TRUNCATED
    assert refused(b"BM" + png) is BadPicture.TRUNCATED
    assert refused(b"%PDF-1.7\n" + png) is BadPicture.TRUNCATED


@pytest.mark.parametrize("kind", PILLOWS)
def test_a_picture_that_is_cut_off_is_never_taken_for_whole(kind: str) -> None:
    whole = saved(label(), kind)
    for share in (0.02, 0.3, 0.6, 0.9):
        assert refused(whole[: int(len(whole) * share)]) is BadPicture.TRUNCATED


def test_what_is_there_of_it_is_read_all_the_same() -> None:
    sheet = Image.new("L", (label().width, 4 * label().height), 255)
    sheet.paste(label(), (0, 0))
    whole = saved(sheet, "JPEG")
    opening = open_pages(whole[: len(whole) * 3 // 4], LIMITS)
    assert [code.text for code in read(next(opening).grey)] == [str(NUMBER)]
    with pytest.raises(BadPictureError) as caught:
        next(opening)
    assert caught.value.reason is BadPicture.TRUNCATED


def test_more_bytes_than_are_taken_are_not_opened() -> None:
    picture = saved(label(), "BMP")
    assert refused(picture, PictureLimits(bytes=len(picture) - 1)) is BadPicture.TOO_LARGE
    assert list(open_pages(picture, PictureLimits(bytes=len(picture))))


def test_fifty_thousand_by_fifty_thousand_is_not_decoded() -> None:
    assert refused(claiming(50_000, 50_000)) is BadPicture.TOO_MANY_PIXELS
    assert refused(_bmp(50_000, 50_000)) is BadPicture.TOO_MANY_PIXELS
    assert refused(_gif(50_000, 50_000)) is BadPicture.TOO_MANY_PIXELS


def test_neither_is_a_bomb_of_white_rows() -> None:
    picture = bomb(50_000, 50_000)
    assert len(picture) < 1_000_000
    assert refused(picture) is BadPicture.TOO_MANY_PIXELS


def test_a_smaller_bomb_is_a_white_picture() -> None:
    (page,) = open_pages(bomb(5_000, 4_000), LIMITS)
    assert page.grey.min() == 255


def test_more_rows_than_the_header_says_are_not_unpacked() -> None:
    rows = zlib.compress(bytes(200_000_000), 9)
    (page,) = open_pages(claiming(8, 8, rows), LIMITS)
    assert page.grey.shape == (8, 8)


def test_a_picture_as_long_as_no_decoder_takes_it() -> None:
    assert refused(saved(Image.new("1", (65_501, 1)), "PNG")) is BadPicture.TOO_MANY_PIXELS


def test_the_pictures_within_a_document_are_measured_too() -> None:
    limits = PictureLimits(pixels=20_000)
    assert refused(pdf(label()), limits) is BadPicture.TOO_MANY_PIXELS


def test_a_document_with_a_password_is_locked() -> None:
    assert refused(pdf(label(), password="secret")) is BadPicture.LOCKED


def test_five_hundred_pages_are_too_many() -> None:
    assert refused(many_pages(500)) is BadPicture.TOO_MANY_PAGES
    small = Image.new("1", (8, 8))
    assert refused(tiff(*[small] * 4), PictureLimits(pages=3)) is BadPicture.TOO_MANY_PAGES
    assert len(texts(tiff(*[small] * 3))) == 3


def test_a_document_that_is_cut_off_or_empty_is_refused() -> None:
    whole = pdf(label())
    assert refused(whole[: len(whole) // 2]) is BadPicture.TRUNCATED
    assert refused(b"%PDF-1.7") is BadPicture.TRUNCATED


def _bmp(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1000, 0, 0, 54) + header + bytes(1000)


def _gif(width: int, height: int) -> bytes:
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    return b"GIF89a" + screen + frame + b"\x02\x02\x44\x01\x00;"
