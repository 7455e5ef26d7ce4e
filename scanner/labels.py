"""Labels, tags, cards and sheets: what stands where on each thing that carries one of our codes.

All words are given by who calls. `drawn` turns any of them into SVG, PNG, PDF or ZPL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.cards import StripWidth, strip_code
from domain.numbers import PacketNumber, grouped
from scanner import drawing_pdf, drawing_png, drawing_svg, drawing_zpl
from scanner.artefact import (
    BAR_HEIGHT_MM,
    MILLIMETRES_PER_INCH,
    QUIET_MODULES,
    Align,
    Artefact,
    Bars,
    Box,
    Paragraph,
    Texts,
    composed,
    in_millimetres,
    modules_of,
    stacked,
)
from scanner.setting import POINT
from scanner.typeface import REGULAR, width_of

__all__ = ["BAR_HEIGHT_MM", "MILLIMETRES_PER_INCH", "QUIET_MODULES", "modules_of"]

COMMON_DPI = 203  # the coarsest printer we print on
LEAST_DPI, MOST_DPI = 150, 1200
LABEL_SIZE = (58.0, 40.0)
A4 = (210.0, 297.0)
A6 = (148.0, 105.0)
CARD_SIZE = (90.0, 52.0)
BADGE_SIZE = (86.0, 54.0)
SHEET_COLUMNS, SHEET_ROWS = 3, 8
SHEET_LABEL = (70.0, 37.0)
CARD_COLUMNS, CARD_ROWS = 2, 5
CODE_WIDTH = in_millimetres(3 * (112 + 2 * QUIET_MODULES), COMMON_DPI)  # three dots a module
_EDGE = 4.0
_GAP = 1.2  # between bars and their number
_NUMBER = 12.0


class Format(StrEnum):
    """As what something is drawn."""

    PDF = "pdf"
    PNG = "png"
    SVG = "svg"
    ZPL = "zpl"


MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.PNG: "image/png",
    Format.SVG: "image/svg+xml",
    Format.ZPL: "application/zpl",
}


def drawn(
    pages: Sequence[Artefact], form: Format, dpi: int, title: str = "", language: str = "kk"
) -> bytes:
    """Draw pages for a printer of this resolution; a picture shows them below one another.

    Raises NoRoomError where bars cannot be drawn, or the paper is too wide for a label printer.
    """
    if form is Format.PDF:
        return drawing_pdf.draw(pages, dpi, title, language)
    if form is Format.ZPL:
        return drawing_zpl.draw(pages, dpi)
    if form is Format.PNG:
        return drawing_png.draw(stacked(pages), dpi)
    return drawing_svg.draw(stacked(pages), dpi, title, language)


# --- a code alone --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PacketLabel:
    """The code of a packet, with nothing beside it."""

    number: PacketNumber


def draw_png(label: PacketLabel, dpi: int = 300) -> bytes:
    """Draw the code of a packet as PNG."""
    return drawn([code_block(label.number)], Format.PNG, dpi)


def draw_svg(label: PacketLabel, dpi: int = COMMON_DPI) -> bytes:
    """Draw the code of a packet as SVG."""
    return drawn([code_block(label.number)], Format.SVG, dpi, grouped(label.number))


def code_block(
    code: int,
    kind: str = "code",
    *,
    width: float = CODE_WIDTH,
    height: float = BAR_HEIGHT_MM,
    size: float = 10.0,
) -> Artefact:
    """Set bars (height in mm) with their number (size in points) below: the head of a paper."""
    bars, number = _coded(code, Box(0, 0, width, height + _below(size)), size)
    return Artefact(kind, width, height + _below(size), (bars,), (number,))


def _below(size: float) -> float:
    """Return what the number takes below its bars."""
    return _GAP + 1.25 * size * POINT


def _coded(code: int, box: Box, size: float) -> tuple[Bars, Texts]:
    """Fill a box with bars, and with the number for reading aloud below them."""
    foot = _below(size)
    bars = Bars(code, replace(box, height=box.height - foot))
    below = Box(box.x, box.y + box.height - foot + _GAP, box.width, foot - _GAP + 0.01)
    return bars, Texts(below, (Paragraph(grouped(code), size),), Align.MIDDLE, unbroken=True)


# --- a packet's label ----------------------------------------------------------------------------


def packet_label(
    number: PacketNumber, service: str, day: str, size: tuple[float, float] = LABEL_SIZE
) -> Artefact:
    """Set the label of a packet: service and day above the bars; it names nobody."""
    width, height = size
    head, side = 4.6, 1.0 if size == LABEL_SIZE else 5.0  # office printers leave the edge white
    day_width = width_of(day, REGULAR, 8 * POINT) + 0.5
    left = Box(_EDGE, _EDGE, width - 2 * _EDGE - day_width - 2, head)
    right = Box(width - _EDGE - day_width, _EDGE + 0.6, day_width, head)
    code = Box(side, _EDGE + head + 0.6, width - 2 * side, height - 2 * _EDGE - head - 0.6)
    bars, written = _coded(number, code, _NUMBER)
    texts = (
        Texts(left, (Paragraph(service, 10, bold=True),), unbroken=True),
        Texts(right, (Paragraph(day, 8),), Align.END, unbroken=True),
        written,
    )
    return Artefact("packet-label", width, height, (bars,), texts)


def on_sheets(labels: Sequence[Artefact], start: int = 1) -> list[Artefact]:
    """Put labels of 70 x 37 mm on A4 sheets of 24, from a place (1-24) that is still free.

    Raises ValueError if there is no such place.
    """
    places = SHEET_COLUMNS * SHEET_ROWS
    if not 1 <= start <= places:
        raise ValueError(start)
    edge = (A4[1] - SHEET_ROWS * SHEET_LABEL[1]) / 2
    sheets: dict[int, list[Artefact]] = {0: []}
    for place, label in enumerate(labels, start - 1):
        row, column = divmod(place % places, SHEET_COLUMNS)
        moved = label.moved(column * SHEET_LABEL[0], edge + row * SHEET_LABEL[1])
        sheets.setdefault(place // places, []).append(moved)
    return [composed("label-sheet", *A4, parts) for _, parts in sorted(sheets.items())]


# --- tags, badges, cards -------------------------------------------------------------------------


def bag_tag(code: int, told: Sequence[Paragraph], counted: Sequence[Paragraph]) -> Artefact:
    """Set the tag of a bag: from whom to whom above, what is in it beside the bars."""
    width, height = A6
    edge, high, wide = 6.0, 32.0, 72.0
    top = height - edge - high
    bars, number = _coded(code, Box(edge, top, wide, high), 14)
    above = Box(edge, edge, width - 2 * edge, top - edge - 2)
    beside = Box(edge + wide + 4, top, width - 2 * edge - wide - 4, high)
    texts = (Texts(above, tuple(told)), Texts(beside, tuple(counted), middle=True), number)
    return Artefact("bag-tag", width, height, (bars,), texts)


def badge(code: int, told: Sequence[Paragraph]) -> Artefact:
    """Set the badge of somebody who works here."""
    return _centred("badge", code, BADGE_SIZE, told, high=18.5, wide=76)


def place_card(code: int, told: Sequence[Paragraph]) -> Artefact:
    """Set the card of a place."""
    return _centred("place-card", code, A6, told, high=31, wide=100)


def _centred(
    kind: str,
    code: int,
    size: tuple[float, float],
    told: Sequence[Paragraph],
    *,
    high: float,
    wide: float,
) -> Artefact:
    """Set texts in the middle, the code below them."""
    width, height = size
    edge = 5.0
    top = height - edge - high
    bars, number = _coded(code, Box((width - wide) / 2, top, wide, high), 10)
    above = Box(edge, edge, width - 2 * edge, top - edge - 1)
    texts = (Texts(above, tuple(told), Align.MIDDLE, middle=True), number)
    return Artefact(kind, width, height, (bars,), texts)


def action_card(code: int, sign: str, title: str) -> Artefact:
    """Set an action card; its sign is found without reading."""
    width, height = CARD_SIZE
    edge, high = 5.0, 19.5
    top = height - edge - high
    bars, number = _coded(code, Box(edge, top, width - 2 * edge, high), 10)
    room = top - edge - 2
    texts = (
        Texts(Box(edge, edge, 18, room), (Paragraph(sign, 34),), Align.MIDDLE, middle=True),
        Texts(Box(26, edge, width - 26 - edge, room), (Paragraph(title, 15, bold=True),),
              middle=True),
        number,
    )  # fmt: skip
    return Artefact("action-card", width, height, (bars,), texts)


def on_card_sheets(cards: Sequence[Artefact]) -> list[Artefact]:
    """Put action cards on A4, ten a sheet, framed to be cut out; an empty page if there is none."""
    (width, height), many = CARD_SIZE, CARD_COLUMNS * CARD_ROWS
    left, top = (A4[0] - CARD_COLUMNS * width) / 2, (A4[1] - CARD_ROWS * height) / 2
    sheets = []
    for first in range(0, max(len(cards), 1), many):
        parts = []
        for place, card in enumerate(cards[first : first + many]):
            row, column = divmod(place, CARD_COLUMNS)
            framed = replace(card, frames=(Box(0, 0, width, height),))
            parts.append(framed.moved(left + column * width, top + row * height))
        sheets.append(composed("card-sheet", *A4, parts))
    return sheets


def separator(code: int, told: Sequence[Paragraph]) -> Artefact:
    """Set a sheet that parts the packets of a stack: its code twice, to be read either way up."""
    width, height = A4
    wide, high, edge = 150.0, 60.0, 20.0
    left = (width - wide) / 2
    above, below = (_coded(code, Box(left, top, wide, high), 16)
                    for top in (edge, height - edge - high))  # fmt: skip
    middle = Box(edge, edge + high + 10, width - 2 * edge, height - 2 * (edge + high + 10))
    texts = (above[1], below[1], Texts(middle, tuple(told), Align.MIDDLE, middle=True))
    return Artefact("separator", width, height, (above[0], below[0]), texts)


# --- the test strip ------------------------------------------------------------------------------

Caption = Callable[[StripWidth], str]
_STRIP_MICROMETRES = (200, 250, 300, 350, 400, 450, 500)
_NARROWEST, _WIDEST = 0.12, 0.65  # mm; beyond, nobody prints
_FINE_DPI = 300  # finer printers skip some widths


def strip_widths(dpi: int) -> list[StripWidth]:
    """Return the widths that a strip shows in dots of a printer, from narrow to wide."""
    step = max(1, round(dpi / _FINE_DPI))
    dots = [each for each in range(1, 10 * step)
            if _NARROWEST <= in_millimetres(each, dpi) <= _WIDEST]  # fmt: skip
    return [StripWidth(each, dpi) for each in dots[::step]]


def strip_page(dpi: int, told: Sequence[Paragraph], caption: Caption) -> Artefact:
    """Set a test strip on A4: widths in dots of the printer on the left, in mm on the right."""
    width, height = A4
    edge, column, top = 12.0, 92.0, 112.0
    given = [StripWidth(each) for each in _STRIP_MICROMETRES]
    parts = [
        _strip_row(each, caption, Box(left, top + 24 * row, column, 21))
        for left, widths in ((edge, strip_widths(dpi)), (width - edge - column, given))
        for row, each in enumerate(widths)
    ]
    head = Texts(Box(edge, edge, width - 2 * edge, top - edge - 6), tuple(told))
    return composed("test-strip", width, height, [Artefact("", 0, 0, (), (head,)), *parts])


def strip_labels(dpi: int, title: str, caption: Caption) -> list[Artefact]:
    """Set a test strip for a label printer: a label of 58 x 40 mm for each width that fits it."""
    width, height = LABEL_SIZE
    labels = []
    for each in strip_widths(dpi):
        row = _strip_row(each, caption, Box(1, 9, width - 2, 27), indent=_EDGE - 1)
        if row.bars[0].modules * in_millimetres(each.amount, dpi) <= width - 2:
            head = Texts(Box(_EDGE, 3, width - 2 * _EDGE, 4), (Paragraph(title, 8, bold=True),))
            labels.append(replace(row, kind="test-strip", width=width, height=height,
                                  texts=(head, *row.texts)))  # fmt: skip
    return labels


def _strip_row(strip: StripWidth, caption: Caption, box: Box, indent: float = 0.0) -> Artefact:
    """Set one code of a strip: its width above the bars."""
    code, above = strip_code(strip), 4.4
    line = Box(box.x + indent, box.y, box.width - indent, above)
    text = Texts(line, (Paragraph(caption(strip), 9, bold=True),), unbroken=True)
    room = Box(box.x, box.y + above, box.width, box.height - above)
    bars, number = _coded(code, room, 7)
    dots, micrometres = (strip.amount, 0) if strip.dpi else (0, strip.amount)
    fixed = replace(bars, dots=dots, micrometres=micrometres)
    return Artefact("", 0, 0, (fixed,), (text, number))
