"""The registry of a dispatch, in two copies: who sends which packets to whom, in which bags.

A registry of 500 packets is printed while others work, so its pages are set once and both copies
show them: a page is a PDF form, and only its copy and its number are drawn for each copy. A line is
drawn straight on the canvas, its bars as one path of whole modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from itertools import accumulate
from typing import Any

from reportlab.lib.colors import black
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    PageTemplate,
    Spacer,
    Table,
)

from api.forms.barcodes import DOT, MODULE, QUIET_ZONE
from api.forms.sheet import (
    BODY,
    BOTTOM,
    CAPTION,
    LABEL,
    LEFT,
    RIGHT,
    STRONG,
    TITLE,
    TOP,
    WIDTH,
    Organisation,
    Story,
    beside_barcode,
    kept,
    line,
    paragraph,
    properties,
    rows,
)
from api.forms.witnesses import Witness, witness_box
from api.forms.wording import BLANK, Wording, cleaned
from domain.numbers import grouped
from domain.workdays import Language
from scanner.artefact import bars_of
from scanner.typeface import BOLD, REGULAR, size_to_fit

LINE_BARS = 7 * mm  # lower than a label's: of a list they are read in a steady hand
_LINE = 10 * mm  # with white above and below the bars, so that no line is read for its neighbour
_HEAD = 7 * mm
_TICK = 5 * mm
_BAG_ROOM = 24 * mm + _HEAD + 2 * _LINE  # a bag's head stays with its first lines
_RULES = 5
_COPIES = ("registry.copy-sender", "registry.copy-recipient")
_SIGNERS = ("registry.made-by", "registry.courier", "registry.received")
_COLUMNS = ("line.number", "line.barcode", "line.packet", "line.service", "line.tick", "line.note")
_WIDTHS = tuple(width * mm for width in (11, 52, 34, 26, 14, 38))
_LEFTS = (0.0, *accumulate(_WIDTHS[:-1]))
_TEXT = 9.0
_BASE = _LINE / 2 - 0.36 * _TEXT  # figures stand in the middle of a line
_EVERY_LINE = (  # a rule and a box to tick, as operators, from the line's lower left corner
    f"0 0 m {WIDTH:.3f} 0 l S "
    f"{_LEFTS[4] + 3 * mm:.3f} {(_LINE - _TICK) / 2:.3f} {_TICK:.3f} {_TICK:.3f} re S"
)
# Bars begin at a whole dot of a 203 dpi printer, after their quiet zone.
_BARS_LEFT = round((LEFT + _LEFTS[1]) / DOT) * DOT - LEFT + QUIET_ZONE
_UNIT = f"{MODULE:.5f} 0 0 {LINE_BARS:.3f} {_BARS_LEFT:.4f} {(_LINE - LINE_BARS) / 2:.3f} cm"
_GAP = 3 * mm
_SIGNATURE_WIDTHS = [40 * mm, _GAP, 52 * mm, _GAP, 32 * mm, _GAP, 42 * mm]
_SIGNATURE = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ("TOPPADDING", (0, 0), (-1, 0), 5 * mm),
    ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
    ("VALIGN", (0, 1), (-1, 1), "TOP"),
    *(("LINEBELOW", (column, 0), (column, 0), 0.4, black) for column in (2, 4, 6)),
]


@dataclass(frozen=True, slots=True)
class PacketLine:
    """A packet in a bag."""

    number: int
    service_key: str


@dataclass(frozen=True, slots=True)
class BagLines:
    """A bag and what was put into it; the seal's number is empty where it is written by hand."""

    code: int
    seal: str
    packets: tuple[PacketLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryForm:
    """A closed registry; the instant of closing is shown in the zone."""

    number: int
    sender: Organisation
    recipient: Organisation
    closed_at: datetime
    zone: str
    bags: tuple[BagLines, ...]
    made_by: str | None = None
    witness: Witness | None = None  # what the log was when the last day before it was closed

    @property
    def packets(self) -> int:
        """How many packets lie in all bags."""
        return sum(len(bag.packets) for bag in self.bags)


def registry_pdf(registry: RegistryForm, language: Language) -> bytes:
    """Set a registry on A4: a copy for the sender and one for the recipient, in one document.

    A pure function of its arguments: what it returns may be kept and given out again.
    """
    wording = Wording(language)
    title = wording.say("registry.title")
    data = BytesIO()
    template = BaseDocTemplate(data, pagesize=A4, **properties(wording, title))
    template.addPageTemplates([PageTemplate("page", [_frame()], onPage=_begin_page)])

    def copies(*args: Any, **options: Any) -> _Copies:
        return _Copies(*args, mark=_marker(registry, wording), **options)

    template.build(_story(registry, wording), canvasmaker=copies)
    return data.getvalue()


def _frame() -> Frame:
    padding = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0)
    return Frame(LEFT, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, **padding)


# --- two copies of the same pages ---------------------------------------------------------------

Mark = Callable[[Canvas, int, int, int], None]  # the copy from 0, the page from 1, and how many


class _Copies(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas that keeps each page as a form, and shows all of them in every copy."""

    def __init__(self, *args: Any, mark: Mark, **options: Any) -> None:
        super().__init__(*args, **options)
        self._mark = mark
        self._kept: list[str] = []

    def begin_page(self) -> None:
        """Go on with the next page."""
        self._kept.append(f"page-{len(self._kept) + 1}")
        self.beginForm(self._kept[-1])

    def showPage(self) -> None:  # noqa: N802  # reportlab's name
        """Put a page aside that has been set."""
        self.endForm()

    def save(self) -> None:
        """Show the pages of every copy and write the document."""
        for copy in range(len(_COPIES)):
            for page, form in enumerate(self._kept, 1):
                self.doForm(form)
                self._mark(self, copy, page, len(self._kept))
                super().showPage()
        self._doc.SaveToFile(self._filename, self)


def _begin_page(canvas: _Copies, _document: BaseDocTemplate) -> None:
    canvas.begin_page()


def _marker(registry: RegistryForm, wording: Wording) -> Mark:
    """Return what says on each page whose copy it is, and which of how many pages."""
    say = wording.say
    reference = (say("registry.title"), grouped(registry.number))

    def mark(canvas: Canvas, copy: int, page: int, pages: int) -> None:
        canvas.setFont(BOLD, 8.5)
        canvas.drawRightString(A4[0] - RIGHT, A4[1] - 9 * mm, say(_COPIES[copy]))
        canvas.setFont(REGULAR, 7.5)
        foot = "   ".join((*reference, say("form.page", page=page, pages=pages)))
        canvas.drawRightString(A4[0] - RIGHT, 8 * mm, foot)

    return mark


# --- what stands on the pages -------------------------------------------------------------------


def _story(registry: RegistryForm, wording: Wording) -> Story:
    say = wording.say
    firsts = accumulate((len(bag.packets) for bag in registry.bags), initial=1)
    return [
        beside_barcode([paragraph(say("registry.title"), TITLE)], registry.number),
        rows([
            (say("dispatch.from"), _reached(registry.sender, wording)),
            (say("dispatch.to"), _reached(registry.recipient, wording)),
            (say("registry.closed"), wording.moment(registry.closed_at, registry.zone)),
            (say("registry.bags"), str(len(registry.bags))),
            (say("registry.packets"), str(registry.packets)),
        ]),
        *(each for place, (bag, first) in enumerate(zip(registry.bags, firsts, strict=False), 1)
          for each in _bag(bag, first, (place, len(registry.bags)), wording)),
        *_end(registry, wording),
    ]  # fmt: skip


def _reached(organisation: Organisation, wording: Wording) -> str:
    """Name an organisation; how to reach it in the line below."""
    phone = wording.say("form.phone", phone=organisation.phone) if organisation.phone else ""
    return f"{organisation.name}\n{', '.join(filter(None, (organisation.address, phone)))}"


def _bag(bag: BagLines, first: int, place: tuple[int, int], wording: Wording) -> Story:
    say = wording.say
    head = [
        paragraph(say("bag.place", place=place[0], places=place[1]), STRONG),
        paragraph(say("bag.seal", seal=cleaned(bag.seal) or BLANK)),
        paragraph(say("bag.packets", packets=len(bag.packets))),
    ]
    return [
        CondPageBreak(_BAG_ROOM),
        Spacer(1, 4 * mm),
        beside_barcode(head, bag.code),
        _Lines(bag.packets, first, [say(each) for each in _COLUMNS]),
    ]


def _end(registry: RegistryForm, wording: Wording) -> Story:
    """Set the totals and what is written by hand; on one page, so that nobody signs a blank one."""
    total = wording.say("registry.total", packets=registry.packets, bags=len(registry.bags))
    return [
        Spacer(1, 3 * mm),
        kept([
            paragraph(total, STRONG),
            *_discrepancies(wording),
            *_signatures(registry.made_by, wording),
            *_witness(registry.witness, wording),
        ]),
    ]  # fmt: skip


def _witness(witness: Witness | None, wording: Wording) -> Story:
    """Set what both offices sign together with the registry."""
    return [Spacer(1, 4 * mm), witness_box(witness, wording)] if witness else []


def _discrepancies(wording: Wording) -> Story:
    """Rule lines for what was missing, too much or damaged."""
    head = paragraph(wording.say("registry.discrepancies"), LABEL)
    return [Spacer(1, 3 * mm), head, *(line(("", ""), None) for _ in range(_RULES))]


def _signatures(made_by: str | None, wording: Wording) -> Story:
    """Leave room for who made it, took it and received it: name, signature, date and time."""
    say = wording.say
    captions = [paragraph(say(key), CAPTION) for key in
                ("form.name", "form.signature", "registry.when")]  # fmt: skip
    below = ["", "", captions[0], "", captions[1], "", captions[2]]
    names = zip(_SIGNERS, (made_by, None, None), strict=True)
    return [
        Table(
            [[paragraph(say(signer), LABEL), "", _name(name), "", "", "", ""], below],
            _SIGNATURE_WIDTHS,
            style=_SIGNATURE,
        )
        for signer, name in names
    ]


def _name(name: str | None) -> Any:
    return paragraph(name, BODY) if cleaned(name) else ""


# --- the lines ----------------------------------------------------------------------------------


class _Lines(Flowable):  # type: ignore[misc]  # reportlab has no types
    """The packets of a bag, one a line, as many on a page as fit; each part has the head."""

    def __init__(self, packets: Sequence[PacketLine], first: int, head: Sequence[str]) -> None:
        super().__init__()
        self._packets, self._first, self._titles = packets, first, head

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Return the size, in points."""
        return WIDTH, _HEAD + len(self._packets) * _LINE

    def split(self, _width: float, height: float) -> list[_Lines]:
        """Part the lines that fit a height from the others; none if not even one fits."""
        fit = int((height - _HEAD) / _LINE)
        if fit < 1:
            return []
        rest = self._packets[fit:]
        return [
            _Lines(self._packets[:fit], self._first, self._titles),
            *([_Lines(rest, self._first + fit, self._titles)] if rest else []),
        ]

    def draw(self) -> None:
        """Draw head and lines from the top."""
        top = len(self._packets) * _LINE
        self._draw_head(top)
        texts = self.canv.beginText()
        for place, packet in enumerate(self._packets):
            bottom = top - (place + 1) * _LINE
            _write_line(texts, bottom + _BASE, self._first + place, packet)
            bars = _bars(packet.number)
            self.canv.addLiteral(f"q 1 0 0 1 0 {bottom:.3f} cm {_EVERY_LINE} {bars} Q")
        self.canv.drawText(texts)

    def _draw_head(self, bottom: float) -> None:
        canvas = self.canv
        canvas.setLineWidth(0.4)
        for title, left, width in zip(self._titles, _LEFTS, _WIDTHS, strict=True):
            canvas.setFont(BOLD, size_to_fit(title, BOLD, 8, width - 1 * mm))
            canvas.drawString(left, bottom + 2 * mm, title)
        canvas.setLineWidth(1)
        canvas.line(0, bottom, WIDTH, bottom)
        canvas.setLineWidth(0.4)


def _write_line(texts: PDFTextObject, base: float, place: int, packet: PacketLine) -> None:
    """Write a packet's line: its place, number and service."""
    service, size = _service(packet.service_key)
    written = (
        (_LEFTS[0], _TEXT, str(place)),
        (_LEFTS[2], _TEXT, grouped(packet.number)),
        (_LEFTS[3], size, service),
    )
    for left, height, said in written:
        texts.setFont(REGULAR, height)
        texts.setTextOrigin(left, base)
        texts.textOut(said)


@lru_cache(maxsize=64)  # a registry has many packets of few services
def _service(key: str) -> tuple[str, float]:
    """Return a service as it can be set, and the size at which it fits its column."""
    said = cleaned(key)
    return said, size_to_fit(said, REGULAR, _TEXT, _WIDTHS[3] - 1 * mm)


def _bars(code: int) -> str:
    """Return the operators that fill the bars of a code: one unit is a module, and the height."""
    bars = " ".join(f"{position} 0 {width} 1 re" for position, width in bars_of(code))
    return f"{_UNIT} {bars} f"
