"""The sheet on which a form is set: page, letterhead, rows, lines to be filled, signatures.

Values wrap and go on to the next page; nothing is clipped. What has no value is a ruled blank, to
be filled by hand. Equal input gives equal bytes; the document's properties name nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing, Line, String
from reportlab.lib.colors import black
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    HRFlowable,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from api.forms.barcodes import QUIET_ZONE, barcode
from api.forms.wording import Wording, cleaned
from scanner.drawing_pdf import CREATOR
from scanner.typeface import BOLD, REGULAR, width_of

LEFT, RIGHT, TOP, BOTTOM = 20 * mm, 15 * mm, 13 * mm, 14 * mm
WIDTH = A4[0] - LEFT - RIGHT
_LABELS = 62 * mm
_BLANK_ROW = 6 * mm  # room for handwriting
_STAMP = 20 * mm
_HAIR = 0.4

Story = list[Any]  # flowables; reportlab has no types

BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=10, leading=14, splitLongWords=True)
STRONG = ParagraphStyle("strong", BODY, fontName=BOLD)
LABEL = ParagraphStyle("label", BODY, fontSize=8.5, leading=11.5)
SMALL = ParagraphStyle("small", BODY, fontSize=8, leading=10.5)
CENTRED = ParagraphStyle("centred", BODY, alignment=TA_CENTER)
CAPTION = ParagraphStyle("caption", SMALL, fontSize=7, leading=9, alignment=TA_CENTER)
RIGHTWARDS = ParagraphStyle("rightwards", BODY, alignment=TA_RIGHT)
TITLE = ParagraphStyle("title", BODY, fontName=BOLD, fontSize=17, leading=21)
TITLE_CENTRED = ParagraphStyle("title-centred", TITLE, alignment=TA_CENTER, spaceAfter=1 * mm)
HOUSE = ParagraphStyle("house", STRONG, fontSize=11.5, leading=15, alignment=TA_CENTER)
HOUSE_SMALL = ParagraphStyle("house-small", SMALL, alignment=TA_CENTER)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who issues a form; its letterhead. What is empty is left out."""

    name: str
    address: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The kind of page: its title in the document's properties, and what is drawn on the first."""

    wording: Wording
    title: str
    reference: str = ""  # stands at the foot, where there are several pages
    strip: float = 0.0  # height kept free at the bottom of the first page, in points
    draw_strip: Callable[[Canvas], None] | None = None


def paragraph(text: str | None, style: ParagraphStyle = BODY) -> Paragraph:
    """Set a text as it is: nothing in it is markup."""
    return Paragraph(escape(cleaned(text)), style)


def document(page: Page, story: Callable[[], Story]) -> bytes:
    """Set a story on A4; the pages are numbered if there are several."""
    data, pages = _set(page, story(), 1)
    return data if pages == 1 else _set(page, story(), pages)[0]


def _set(page: Page, story: Story, pages: int) -> tuple[bytes, int]:
    def first(canvas: Canvas, _document: BaseDocTemplate) -> None:
        if page.draw_strip is not None:
            page.draw_strip(canvas)
        number(canvas, _document)

    def number(canvas: Canvas, _document: BaseDocTemplate) -> None:
        if pages > 1:
            _foot(canvas, page, pages)

    data = BytesIO()
    template = BaseDocTemplate(data, pagesize=A4, **properties(page.wording, page.title))
    template.addPageTemplates([
        PageTemplate("first", [_frame(page.strip)], onPageEnd=first, autoNextPageTemplate="later"),
        PageTemplate("later", [_frame(0)], onPageEnd=number),
    ])  # fmt: skip
    template.build(story)
    return data.getvalue(), template.page


def properties(wording: Wording, title: str) -> dict[str, Any]:
    """Return a document's properties: never a person's name. Printed at its true size."""
    return {
        "title": title,
        "subject": title,
        "author": CREATOR,
        "creator": CREATOR,
        "lang": wording.language,
        "invariant": 1,
        "printScaling": "None",
    }


def _frame(strip: float) -> Frame:
    bottom = max(BOTTOM, strip)
    padding = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0)
    return Frame(LEFT, bottom, WIDTH, A4[1] - TOP - bottom, **padding)


def _foot(canvas: Canvas, page: Page, pages: int) -> None:
    """Number a page, on the right: on the left may be a label to be cut out."""
    number = page.wording.say("form.page", page=canvas.getPageNumber(), pages=pages)
    canvas.setFont(REGULAR, 7.5)
    foot = "   ".join((page.title, page.reference, number))
    canvas.drawRightString(A4[0] - RIGHT, 8 * mm, foot)


def letterhead(organisation: Organisation, wording: Wording) -> Story:
    """Head a form with the organisation and how to reach it."""
    phone = wording.say("form.phone", phone=organisation.phone) if organisation.phone else ""
    contacts = [each for each in (organisation.address, phone, organisation.email) if each]
    return [
        paragraph(organisation.name, HOUSE),
        *([paragraph(" · ".join(contacts), HOUSE_SMALL)] if contacts else []),
        Spacer(1, 2 * mm),
        HRFlowable("100%", 1.4, color=black, spaceBefore=0, spaceAfter=1.2),
        HRFlowable("100%", 0.4, color=black, spaceBefore=0, spaceAfter=4 * mm),
    ]


_PLAIN: list[tuple[Any, ...]] = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


def beside_barcode(left: Story, code: int) -> Table:
    """Set flowables on the left of a barcode, whose outer quiet zone is the margin."""
    drawn = barcode(code)
    columns = [WIDTH - drawn.width + QUIET_ZONE, drawn.width]
    style = [*_PLAIN, ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Table([[left, drawn]], columns, style=style, hAlign="LEFT", spaceAfter=3 * mm)


_LINE = [
    *_PLAIN,
    ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
    ("TOPPADDING", (0, 0), (-1, 0), 3),
    ("BOTTOMPADDING", (0, 0), (-1, 0), 1),
    ("LINEBELOW", (1, 0), (1, 0), _HAIR, black),
]


_ROWS = [
    *_PLAIN,
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("TOPPADDING", (0, 0), (0, -1), 4),  # the smaller label on the line of its value
    ("TOPPADDING", (1, 0), (1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ("RIGHTPADDING", (0, 0), (0, -1), 4 * mm),
    ("LINEBELOW", (1, 0), (1, -1), _HAIR, black),
]


def rows(fields: Iterable[tuple[str, str | None]]) -> Table:
    """Set fields one below another: what it is, and the value on a rule; a blank if there is none.

    A value with line breaks is set on as many lines.
    """
    data = []
    for label, value in fields:
        lines = [each for each in (value or "").splitlines() if cleaned(each)]
        data.append([paragraph(label, LABEL), [paragraph(each) for each in lines] or _blank()])
    return Table(data, [_LABELS, WIDTH - _LABELS], style=_ROWS, splitInRow=1)


def _blank() -> Spacer:
    return Spacer(1, _BLANK_ROW)


def line(
    around: tuple[str, str],
    value: str | None,
    caption: str = "",
    *,
    style: ParagraphStyle = CENTRED,
    indent: float = 0.0,
) -> Table:
    """Set a value on a rule, with words before and after it and a caption below.

    The rule begins at least at the indent, in points.
    """
    before, after = around
    left, right = max(_room(before), indent), _room(after)
    middle = paragraph(value, style) if cleaned(value) else _blank()
    data = [[paragraph(before), middle, paragraph(after, RIGHTWARDS)]]
    if caption:
        data.append(["", paragraph(caption, CAPTION), ""])
    begins = ("VALIGN", (0, 0), (0, 0), "TOP" if cleaned(value) else "BOTTOM")
    columns = [left, WIDTH - left - right, right]
    return Table(data, columns, style=[*_LINE, begins], splitInRow=1)


def _room(text: str) -> float:
    return width_of(text, REGULAR, BODY.fontSize) + 2 * mm if text else 0.0


_SIGNATURE = [
    *_PLAIN,
    ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
    ("VALIGN", (0, 1), (-1, 1), "TOP"),
    ("TOPPADDING", (0, 0), (-1, 0), 6 * mm),
    ("BOTTOMPADDING", (0, 0), (-1, 0), 1),
    ("LINEBELOW", (2, 0), (2, 0), _HAIR, black),
    ("LINEBELOW", (4, 0), (4, 0), _HAIR, black),
]
_SIGNATURE_GAP = 4 * mm
_SIGNATURE_COLUMNS = [
    WIDTH * 0.38 - _SIGNATURE_GAP,
    _SIGNATURE_GAP,
    WIDTH * 0.22,
    _SIGNATURE_GAP,
    WIDTH * 0.4 - _SIGNATURE_GAP,
]


def signature(wording: Wording, position: str, name: str | None, *, stamp: bool = False) -> Story:
    """Leave room to sign: position, rule, name; and below, if wanted, room for a stamp."""
    signed = paragraph(name) if cleaned(name) else _blank()
    sign, who = (paragraph(wording.say(key), CAPTION) for key in ("form.signature", "form.name"))
    data = [[paragraph(position), "", "", "", signed], ["", "", sign, "", who]]
    room = [paragraph(wording.say("form.stamp"), SMALL), Spacer(1, _STAMP)] if stamp else []
    return [Table(data, _SIGNATURE_COLUMNS, style=_SIGNATURE), *room]


def kept(story: Story) -> KeepTogether:
    """Keep flowables on one page; what is kept may not hold anything kept itself."""
    return KeepTogether(story)


def cut_line(text: str) -> Drawing:
    """Draw a dashed line across the page, with scissors and a word."""
    drawing = Drawing(WIDTH, 5 * mm)
    words = f"✂ {text}"
    start = width_of(words, REGULAR, 7) + 2 * mm
    drawing.add(String(0, 2 * mm - 2.4, words, fontName=REGULAR, fontSize=7))
    drawing.add(Line(start, 2 * mm, WIDTH, 2 * mm, strokeWidth=0.5, strokeDashArray=[3, 2]))
    return drawing


def counted(entries: Sequence[str], blanks: int) -> Story:
    """Number entries one below another; ruled blanks if there are none."""
    values: Sequence[str | None] = entries or [None] * blanks
    return [line((f"{number}.", ""), value, style=BODY) for number, value in enumerate(values, 1)]
