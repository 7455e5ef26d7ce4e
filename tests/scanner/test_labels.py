"""Labels as a printer gets them: whole dots, wide enough, quiet on both sides, and readable."""

from __future__ import annotations

import re
from io import BytesIO

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from domain.numbers import MAX_BLOCK, MAX_SERIAL, PacketNumber, grouped, packet_number, parse
from scanner.labels import (
    BAR_HEIGHT_MM,
    LEAST_MODULE_MM,
    MILLIMETRES_PER_INCH,
    QUIET_MODULES,
    PacketLabel,
    draw_png,
    draw_svg,
)
from scanner.reader import read_codes

PRINTERS = (203, 300)  # dots per inch of label printers
NUMBER = packet_number(267, 1)
EDGES = [
    packet_number(0, 0),
    packet_number(1, 1),
    packet_number(267, 12),
    packet_number(9_999, 9_999_999),
    packet_number(5_000, 5_000_000),
]
NUMBERS = st.builds(
    packet_number, st.integers(0, MAX_BLOCK), st.integers(0, MAX_SERIAL)
)  # fmt: skip


Row = NDArray[np.int8]


def dots(picture: bytes) -> Row:
    """The first row of a picture: 1 is black."""
    image = np.asarray(Image.open(BytesIO(picture)).convert("1"))
    row: Row = (~image[0]).astype(np.int8)
    return row


def runs(row: Row) -> list[int]:
    """How wide every bar and space of a row is."""
    edges = np.flatnonzero(np.diff(row)) + 1
    return [len(run) for run in np.split(row, edges)]


def millimetres(length: int, dpi: int) -> float:
    """A length in dots on paper."""
    return length * MILLIMETRES_PER_INCH / dpi


# --- drawn, then read back ----------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [*PRINTERS, 150, 600, 1200])
@pytest.mark.parametrize("number", EDGES)
def test_what_is_drawn_is_read_back(number: PacketNumber, dpi: int) -> None:
    (read,) = read_codes(draw_png(PacketLabel(number), dpi))
    assert (read.text, read.code, read.symbology) == (str(number), parse(str(number)), "Code128")


@given(NUMBERS, st.sampled_from(PRINTERS))
@settings(max_examples=30, deadline=None)
def test_every_number_is_read_back(number: PacketNumber, dpi: int) -> None:
    assert [read.text for read in read_codes(draw_png(PacketLabel(number), dpi))] == [str(number)]


@pytest.mark.parametrize("dpi", PRINTERS)
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_label_is_read_from_every_side(dpi: int, turns: int) -> None:
    image = cv2.imdecode(
        np.frombuffer(draw_png(PacketLabel(NUMBER), dpi), np.uint8), cv2.IMREAD_GRAYSCALE
    )
    assert image is not None
    turned = cv2.imencode(".png", np.rot90(image, turns))[1].tobytes()
    assert [read.text for read in read_codes(turned)] == [str(NUMBER)]


@pytest.mark.parametrize("dpi", PRINTERS)
def test_another_reader_finds_pure_digits_in_code_128(dpi: int) -> None:
    image = np.asarray(Image.open(BytesIO(draw_png(PacketLabel(NUMBER), dpi))).convert("L"))
    (read,) = zxingcpp.read_barcodes(image)
    assert (read.text, read.format) == (str(NUMBER), zxingcpp.BarcodeFormat.Code128)


# --- as large as it must be ---------------------------------------------------------------------


@pytest.mark.parametrize("dpi", PRINTERS)
@pytest.mark.parametrize("number", EDGES)
def test_modules_are_whole_dots_and_wide_enough(number: PacketNumber, dpi: int) -> None:
    left, *code, right = runs(dots(draw_png(PacketLabel(number), dpi)))
    module = min(code)
    assert all(run % module == 0 for run in code)
    assert module * len(PacketLabel(number).modules) == sum(code)
    assert millimetres(module, dpi) >= LEAST_MODULE_MM == 0.25
    assert (left, right) == (QUIET_MODULES * module, QUIET_MODULES * module)
    assert QUIET_MODULES == 10


@pytest.mark.parametrize("dpi", PRINTERS)
def test_bars_are_high_enough_and_the_printer_is_told_its_density(dpi: int) -> None:
    image = Image.open(BytesIO(draw_png(PacketLabel(NUMBER), dpi)))
    column = ~np.asarray(image.convert("1"))[:, dots(draw_png(PacketLabel(NUMBER), dpi)).argmax()]
    assert millimetres(int(column.argmin()), dpi) >= BAR_HEIGHT_MM - 0.1
    assert [round(float(each)) for each in image.info["dpi"]] == [dpi, dpi]


@given(NUMBERS)
@settings(max_examples=50, deadline=None)
def test_every_label_is_as_wide_as_any_other(number: PacketNumber) -> None:
    modules = PacketLabel(number).modules
    assert len(modules) == 112  # start, seven pairs of digits, check, stop
    assert modules.startswith("11010011100")  # start C: two digits a sign
    assert modules.endswith("1100011101011")  # stop


def test_the_number_stands_below_the_bars_for_reading_aloud() -> None:
    drawn = draw_svg(PacketLabel(NUMBER)).decode()
    assert grouped(NUMBER) in drawn
    image = np.asarray(Image.open(BytesIO(draw_png(PacketLabel(NUMBER)))).convert("1"))
    bars = round(BAR_HEIGHT_MM * 300 / MILLIMETRES_PER_INCH)
    below = ~image[bars:]
    assert 0 < below.sum() < below.size / 4


# --- in millimetres -----------------------------------------------------------------------------

BAR = re.compile(r'<rect x="([\d.]+)mm" y="[\d.]+mm" width="([\d.]+)mm" height="([\d.]+)mm"')


@pytest.mark.parametrize("number", EDGES)
def test_the_svg_has_the_same_bars_in_millimetres(number: PacketNumber) -> None:
    label = PacketLabel(number)
    drawn = draw_svg(label).decode()
    modules = [" "] * (QUIET_MODULES * 2 + len(label.modules))
    for left, width, height in BAR.findall(drawn):
        first, count = (round(float(mm) / LEAST_MODULE_MM) for mm in (left, width))
        modules[first : first + count] = "1" * count
        assert float(height) >= BAR_HEIGHT_MM
    quiet = "0" * QUIET_MODULES
    assert "".join(modules).replace(" ", "0") == f"{quiet}{label.modules}{quiet}"
    width = re.search(r'<svg [^>]*width="([\d.]+)mm"', drawn)
    assert width is not None
    assert float(width[1]) == len(modules) * LEAST_MODULE_MM
