"""Everything that is printed, as its printer makes it: whole dots, wide, high, quiet, readable."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from domain.cards import StripWidth, strip_width
from domain.numbers import MAX_BLOCK, MAX_SERIAL, PacketNumber, grouped, packet_number, parse
from scanner.artefact import (
    BAR_HEIGHT_MM,
    LEAST_MODULE_MM,
    MILLIMETRES_PER_INCH,
    MOST_DOTS,
    QUIET_MODULES,
    Artefact,
    Bars,
    Box,
    NoRoomError,
    Paragraph,
    Texts,
    in_millimetres,
    modules_of,
)
from scanner.drawing_zpl import _graphic, _repeated
from scanner.labels import (
    CODE_WIDTH,
    MEDIA_TYPES,
    SHEET_LABEL,
    Format,
    PacketLabel,
    code_block,
    draw_png,
    drawn,
    on_sheets,
    packet_label,
    strip_widths,
)
from scanner.reader import OURS, read
from scanner.setting import POINT, set_lines
from tests.scanner.artefacts import (
    DAY,
    KAZAKH,
    LABEL,
    NUMBER,
    NUMBERS,
    SHEETS,
    SMALL,
    TAG,
    codes_of,
    labels_of_strip,
    strip,
    strip_codes,
)
from tests.scanner.printed import SVG, pages_of_pdf, printed
from tests.scanner.zpl import Dots, Printer, UnknownCommandError, unpacked

PRINTERS = (203, 300)  # dots per inch of label printers
EDGES = [
    packet_number(0, 0),
    packet_number(1, 1),
    packet_number(9_999, 9_999_999),
    packet_number(5_000, 5_000_000),
]
ANY_NUMBER = st.builds(packet_number, st.integers(0, MAX_BLOCK), st.integers(0, MAX_SERIAL))
HEIGHT_SLACK = 1  # dot
each_printer = pytest.mark.parametrize("dpi", PRINTERS)
each_format = pytest.mark.parametrize("form", Format)
each_small = pytest.mark.parametrize("kind", SMALL)
Row = NDArray[np.int8]


def codes(pages: Sequence[Dots]) -> list[str]:
    """What our reader finds on printed pages, each once."""
    return sorted({found.text for page in pages for found in read(page, OURS)})


def runs(row: Row) -> list[int]:
    """How wide every bar and space of a row is."""
    edges = np.flatnonzero(np.diff(row)) + 1
    return [len(run) for run in np.split(row, edges)]


# --- printed, then read back ---------------------------------------------------------------------


@each_small
@each_format
@each_printer
def test_what_is_printed_is_read_back(kind: str, form: Format, dpi: int) -> None:
    pages = printed(drawn([SMALL[kind]], form, dpi, "Сынақ"), form, dpi)
    assert codes(pages) == codes_of([SMALL[kind]])


@pytest.mark.parametrize("kind", SHEETS)
@pytest.mark.parametrize("form", [Format.PDF, Format.PNG, Format.SVG])
@each_printer
def test_whole_sheets_are_read_back(kind: str, form: Format, dpi: int) -> None:
    pages = printed(drawn(SHEETS[kind], form, dpi), form, dpi)
    assert codes(pages) == codes_of(SHEETS[kind])


@each_printer
def test_a_pdf_is_read_back_without_greys_too(dpi: int) -> None:
    pages = pages_of_pdf(drawn(list(SMALL.values()), Format.PDF, dpi), dpi, smooth=False)
    assert [codes([page]) for page in pages] == [codes_of([each]) for each in SMALL.values()]


@given(ANY_NUMBER, st.sampled_from(PRINTERS))
@settings(max_examples=20, deadline=None)
def test_every_number_is_read_back(number: PacketNumber, dpi: int) -> None:
    picture = printed(draw_png(PacketLabel(number), dpi), Format.PNG, dpi)
    assert codes(picture) == [str(number)]


@pytest.mark.parametrize("number", EDGES)
@pytest.mark.parametrize("dpi", [150, 600, 1200])
def test_printers_of_other_resolutions_do_as_well(number: PacketNumber, dpi: int) -> None:
    picture = printed(drawn([packet_label(number, "", "")], Format.PNG, dpi), Format.PNG, dpi)
    assert codes(picture) == [str(number)]


@each_printer
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_label_is_read_from_every_side(dpi: int, turns: int) -> None:
    (picture,) = printed(drawn([LABEL], Format.PNG, dpi), Format.PNG, dpi)
    assert codes([np.ascontiguousarray(np.rot90(picture, turns))]) == [str(NUMBER)]


@each_printer
def test_another_reader_finds_pure_digits_in_code_128(dpi: int) -> None:
    (picture,) = printed(drawn([LABEL], Format.PNG, dpi), Format.PNG, dpi)
    (found,) = zxingcpp.read_barcodes(picture)
    assert (found.text, found.format) == (str(NUMBER), zxingcpp.BarcodeFormat.Code128)


# --- dot by dot ----------------------------------------------------------------------------------


def part(page: Dots, box: Box, dpi: int) -> Row:
    """What is printed in a box: 1 is black."""
    left, top = round(box.x * dpi / MILLIMETRES_PER_INCH), round(box.y * dpi / MILLIMETRES_PER_INCH)
    high, wide = (math.floor(length * dpi / MILLIMETRES_PER_INCH) for length in
                  (box.height, box.width))  # fmt: skip
    return (page[top : top + high, left : left + wide] < 128).astype(np.int8)


def quiet_and_runs(page: Dots, bars: Bars, dpi: int) -> tuple[int, int, list[int]]:
    """The white on both sides of a code, over its whole height, and its bars and spaces."""
    ink = part(page, bars.box, dpi)
    assert np.all(ink == ink[0]), "bars are straight and nothing stands within"
    left, *code, right = runs(ink[0])
    return left, right, code


def whole_dots(page: Dots, bars: Bars, dpi: int) -> int:
    """Check the dots of a code; return how many a module has."""
    left, right, code = quiet_and_runs(page, bars, dpi)
    module = min(code)
    modules = "".join(("1" if place % 2 == 0 else "0") * (run // module)
                      for place, run in enumerate(code))  # fmt: skip
    assert all(run % module == 0 for run in code)
    assert modules == modules_of(bars.code)
    assert min(left, right) >= QUIET_MODULES * module - 1
    return module


@each_small
@pytest.mark.parametrize("form", [Format.PNG, Format.SVG, Format.ZPL])
@each_printer
def test_modules_are_whole_dots_between_quiet_zones(kind: str, form: Format, dpi: int) -> None:
    artefact = SMALL[kind]
    (page,) = printed(drawn([artefact], form, dpi), form, dpi)
    if form is Format.ZPL and artefact.width > 106:
        page = np.ascontiguousarray(np.rot90(page))  # it was turned to fit the print head
    (bars,) = artefact.bars
    module = whole_dots(page, bars, dpi)
    assert module == bars.placed(dpi).module
    assert in_millimetres(module, dpi) >= LEAST_MODULE_MM == 0.25
    assert bars.box.height >= BAR_HEIGHT_MM == 12


@each_printer
def test_in_a_pdf_every_bar_is_whole_dots_too(dpi: int) -> None:
    artefact, dot = LABEL, 72 / dpi
    page = pypdfium2.PdfDocument(drawn([artefact], Format.PDF, dpi))[0]
    bars = [box for each in page.get_objects(filter=[2])
            if (box := each.get_bounds())[3] - box[1] > 30]  # fmt: skip
    assert len(bars) > 20
    edges = [(left / dot, right / dot) for left, _, right, _ in bars]
    assert all(abs(edge - round(edge)) < 0.01 for pair in edges for edge in pair)
    assert {round(right - left) // artefact.bars[0].placed(dpi).module
            for left, right in edges} <= {1, 2, 3, 4}  # fmt: skip


@pytest.mark.parametrize(("dpi", "dots"), [(203, 3), (300, 5)])
def test_a_label_of_58_mm_has_the_widest_modules_that_fit(dpi: int, dots: int) -> None:
    (bars,) = LABEL.bars
    assert bars.placed(dpi).module == dots
    assert bars.modules * (dots + 1) > bars.box.width * dpi / MILLIMETRES_PER_INCH


def test_two_dots_of_a_coarse_printer_are_just_enough_and_one_is_not() -> None:
    narrow = code_block(NUMBER, width=34)
    assert narrow.bars[0].placed(203).module == 2
    with pytest.raises(NoRoomError):
        drawn([code_block(NUMBER, width=33)], Format.PNG, 203)
    with pytest.raises(NoRoomError):
        Bars(NUMBER, Box(0, 0, 100, 11.9))


def test_no_module_is_wider_than_printers_know() -> None:
    assert code_block(NUMBER, width=500).bars[0].placed(203).module == MOST_DOTS == 10


@each_printer
def test_bars_are_high_enough_and_the_printer_is_told_its_density(dpi: int) -> None:
    image = Image.open(BytesIO(drawn([code_block(NUMBER)], Format.PNG, dpi)))
    ink = ~np.asarray(image.convert("1"))
    column = ink[:, ink[0].argmax()]
    assert in_millimetres(int(column.argmin()), dpi) >= BAR_HEIGHT_MM
    assert [round(float(each)) for each in image.info["dpi"]] == [dpi, dpi]
    assert image.size[0] == round(CODE_WIDTH * dpi / MILLIMETRES_PER_INCH)


@given(ANY_NUMBER)
@settings(max_examples=50, deadline=None)
def test_every_code_is_as_wide_as_any_other(number: PacketNumber) -> None:
    modules = modules_of(number)
    assert len(modules) == 112  # start, seven pairs of digits, check, stop
    assert modules.startswith("11010011100")  # start C: two digits a sign
    assert modules.endswith("1100011101011")  # stop


# --- texts ---------------------------------------------------------------------------------------


@each_small
def test_kazakh_texts_and_the_number_stand_in_the_pdf(kind: str) -> None:
    artefact = SMALL[kind]
    page = pypdfium2.PdfDocument(drawn([artefact], Format.PDF, 203))[0]
    text = page.get_textpage().get_text_range()
    for texts in artefact.texts:
        for paragraph in texts.paragraphs:
            assert "".join(paragraph.text.split()) in "".join(text.split())
    assert grouped(artefact.bars[0].code) in text


@each_small
def test_texts_of_an_svg_are_texts_and_fill_the_same_place_everywhere(kind: str) -> None:
    root = ET.fromstring(drawn([SMALL[kind]], Format.SVG, 203, "Сынақ", "kk"))
    lines = [line for texts in SMALL[kind].texts for line in set_lines(texts)]
    shown = list(root.iter(f"{SVG}text"))
    assert [each.text for each in shown] == [line.text for line in lines]
    for each, line in zip(shown, lines, strict=True):
        assert float(each.attrib["textLength"]) == pytest.approx(line.width, abs=0.001)
    assert root.findtext(f"{SVG}title") == "Сынақ"


def letters(form: Format, dpi: int) -> Iterator[bytes]:
    """The picture of each Kazakh letter alone."""
    for letter in KAZAKH.replace(" ", ""):
        text = Texts(Box(5, 5, 20, 10), (Paragraph(letter, 12),))
        page = Artefact("letter", 40, 20, (), (text,))
        (picture,) = printed(drawn([page], form, dpi), form, dpi)
        assert (picture < 128).any()
        yield picture.tobytes()


@pytest.mark.parametrize("form", [Format.PNG, Format.ZPL])
@each_printer
def test_every_kazakh_letter_is_printed_and_each_is_another(form: Format, dpi: int) -> None:
    pictures = list(letters(form, dpi))
    assert len(set(pictures)) == len(pictures) == 18


@each_printer
@each_small
def test_a_label_printer_prints_what_the_picture_shows(kind: str, dpi: int) -> None:
    (picture,) = printed(drawn([SMALL[kind]], Format.PNG, dpi), Format.PNG, dpi)
    (label,) = printed(drawn([SMALL[kind]], Format.ZPL, dpi), Format.ZPL, dpi)
    if SMALL[kind].width > 106:
        label = np.rot90(label)
    assert np.array_equal(picture, label)


LONG = "Ұзынатау " * 30


@pytest.mark.parametrize("size", [8, 20])
def test_long_texts_break_and_shrink_until_they_fit(size: float) -> None:
    box = Box(3, 4, 40, 15)
    lines = set_lines(Texts(box, (Paragraph(LONG.strip(), size), Paragraph("Ү" * 80, size))))
    assert " ".join(line.text for line in lines).count("Ұзынатау") == 30
    assert "".join(line.text for line in lines).count("Ү") == 80
    for line in lines:
        assert line.x >= box.x
        assert line.x + line.width <= box.x + box.width + 0.001
        assert box.y < line.base <= box.y + box.height


def test_an_unbroken_text_gets_smaller_instead() -> None:
    texts = Texts(Box(0, 0, 20, 5), (Paragraph("003-7" * 10, 10),), unbroken=True)
    (line,) = set_lines(texts)
    assert line.width == pytest.approx(20)
    assert line.size < 10 * POINT


@pytest.mark.parametrize("kind", [*SMALL])
def test_no_text_stands_in_a_quiet_zone(kind: str) -> None:
    artefact = SMALL[kind]
    (bars,) = artefact.bars
    for texts in artefact.texts:
        for line in set_lines(texts):
            above = line.base + 0.25 * line.size <= bars.box.y
            below = line.base - 0.8 * line.size >= bars.box.y + bars.box.height
            beside = line.left >= bars.box.x + bars.box.width
            assert above or below or beside, line


# --- sheets of labels ----------------------------------------------------------------------------


def test_a_half_used_sheet_is_used_up() -> None:
    labels = [packet_label(each, "003-7", DAY, SHEET_LABEL) for each in NUMBERS]
    first, second = on_sheets(labels, start=5)
    assert [len(sheet.bars) for sheet in (first, second)] == [20, 10]
    begun = first.bars[0].box
    assert (begun.x > 70, 37 < begun.y < 2 * 37) == (True, True)  # the second of the second row
    assert second.bars[0].box.y < 37


def test_a_sheet_of_24_stands_on_a4_to_the_millimetre() -> None:
    labels = [packet_label(each, "", "", SHEET_LABEL) for each in NUMBERS[:24]]
    (sheet,) = on_sheets(labels)
    assert (sheet.width, sheet.height) == (210, 297)
    assert {round(bars.box.x, 2) for bars in sheet.bars} == {5, 75, 145}
    tops = sorted({round(bars.box.y, 2) for bars in sheet.bars})
    assert {round(after - before, 2) for before, after in pairwise(tops)} == {37}
    assert len(tops) == 8


@pytest.mark.parametrize("start", [0, 25, -1])
def test_a_sheet_has_no_such_place(start: int) -> None:
    with pytest.raises(ValueError, match=str(start)):
        on_sheets([LABEL], start)


def test_no_label_is_an_empty_sheet() -> None:
    (sheet,) = on_sheets([])
    assert not sheet.bars


# --- ZPL -----------------------------------------------------------------------------------------


@each_printer
def test_no_text_is_taken_for_a_command(dpi: int) -> None:
    wild = packet_label(NUMBER, "^XZ~JR^XA^FDҚұжат^FS", "~DG^FO0,0")
    program = drawn([wild], Format.ZPL, dpi)
    assert program.count(b"^XA") == program.count(b"^XZ") == 1
    assert b"~" not in program
    assert codes(Printer().run(program)) == [str(NUMBER)]


@each_printer
def test_labels_go_to_the_printer_together(dpi: int) -> None:
    labels = [packet_label(each, "003-7", DAY) for each in NUMBERS[:3]]
    pages = Printer().run(drawn(labels, Format.ZPL, dpi))
    assert [codes([page]) for page in pages] == [[str(each)] for each in NUMBERS[:3]]
    size = (round(40 * dpi / MILLIMETRES_PER_INCH), round(58 * dpi / MILLIMETRES_PER_INCH))
    assert {page.shape for page in pages} == {size}


def test_a_tag_wider_than_a_print_head_is_turned() -> None:
    (page,) = Printer().run(drawn([TAG], Format.ZPL, 203))
    assert page.shape == (round(148 * 203 / 25.4), round(105 * 203 / 25.4))


def test_what_no_label_printer_is_wide_enough_for_is_refused() -> None:
    with pytest.raises(NoRoomError):
        drawn(SHEETS["separator"], Format.ZPL, 203)


def test_a_picture_of_text_is_sent_short() -> None:
    assert len(drawn([LABEL], Format.ZPL, 300)) < 6_000


@given(st.lists(st.text("0123456789ABCDEF", min_size=8, max_size=8), min_size=1, max_size=9))
@settings(max_examples=50, deadline=None)
def test_a_bitmap_comes_out_as_it_went_in(rows: list[str]) -> None:
    image = Image.frombytes("1", (32, len(rows)), bytes.fromhex("".join(rows)))
    sent = re.fullmatch(r"\^GFA,(\d+),\1,4,(.*)\^FS", _graphic(image))
    assert sent is not None
    assert unpacked(sent[2], 4) == rows


@pytest.mark.parametrize("times", [2, 20, 22, 400, 418, 420, 1000])
def test_long_repetitions_are_counted(times: int) -> None:
    assert unpacked("".join(_repeated("F", times)), times // 2) == ["F" * times]


def test_the_printer_of_these_tests_refuses_what_it_does_not_know() -> None:
    for program in (b"^XA^ZZ^XZ", b"^XA~JR^XZ", b"loose^XA^XZ"):
        with pytest.raises(UnknownCommandError):
            Printer().run(program)


# --- the test strip ------------------------------------------------------------------------------


@each_printer
def test_a_strip_shows_widths_from_too_narrow_to_wide(dpi: int) -> None:
    widths = [each.micrometres for each in strip_widths(dpi)]
    assert widths == sorted(widths)
    assert widths[0] < 250 <= widths[1]
    assert widths[-1] > 500
    assert len({bars.code for bars in strip(dpi).bars}) == len(strip(dpi).bars)


@pytest.mark.parametrize(("dpi", "count"), [(203, 5), (300, 6), (600, 7), (1200, 7)])
def test_a_strip_of_any_printer_fits_its_page(dpi: int, count: int) -> None:
    assert len(strip_widths(dpi)) == count
    drawn([strip(dpi)], Format.PDF, dpi)


@each_printer
def test_a_strip_on_paper_is_read_and_tells_its_widths(dpi: int) -> None:
    read_back = codes(printed(drawn([strip(dpi)], Format.PDF, dpi), Format.PDF, dpi))
    shown = strip_codes([strip_width(parse(str(bars.code))) or StripWidth(0) for bars in
                         strip(dpi).bars])  # fmt: skip
    clear = strip_codes([each for each in strip_widths(dpi) if each.micrometres >= 250])
    assert set(clear) <= set(read_back) <= set(shown)
    widths = [strip_width(parse(text)) for text in read_back]
    assert all(width is not None and 100 < width.micrometres < 700 for width in widths)


@pytest.mark.parametrize("form", [Format.ZPL, Format.PNG])
@pytest.mark.parametrize(("dpi", "dots"), [(203, [1, 2, 3]), (300, [2, 3, 4, 5])])
def test_a_label_printer_prints_a_label_for_each_width(
    form: Format, dpi: int, dots: list[int]
) -> None:
    labels = labels_of_strip(dpi)
    pages = printed(drawn(labels, form, dpi), form, dpi)
    assert len(labels) == len(dots)
    assert codes(pages) == strip_codes([StripWidth(each, dpi) for each in dots])
    if form is Format.ZPL:
        modules = [whole_dots(page, label.bars[0], dpi)
                   for page, label in zip(pages, labels, strict=True)]  # fmt: skip
        assert modules == dots


def test_widths_in_millimetres_are_for_paper_only() -> None:
    for form in (Format.PNG, Format.ZPL):
        with pytest.raises(NoRoomError):
            drawn([strip(203)], form, 203)


def test_every_format_has_its_media_type() -> None:
    assert set(MEDIA_TYPES) == set(Format)
