"""Labels: the packet's (58 x 40 mm, alone or on a form), and an envelope's for a posted result.

A packet's label tells nothing of the applicant: barcode, number, service and date.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from reportlab.graphics import renderPDF
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from api.forms.barcodes import DOT, barcode
from api.forms.sheet import LEFT, RIGHT, SMALL, STRONG, Organisation, cut_line, paragraph
from api.forms.small import Box, set_in, small_pages
from api.forms.wording import Wording, cleaned
from domain.numbers import PacketNumber
from domain.workdays import Language
from scanner import labels
from scanner.artefact import Artefact
from scanner.drawing_pdf import drawing_of
from scanner.labels import COMMON_DPI, Format, drawn

LABEL_SIZE = (labels.LABEL_SIZE[0] * mm, labels.LABEL_SIZE[1] * mm)
ENVELOPE_SIZE = (105 * mm, 74 * mm)  # A7
STRIP = 62 * mm  # what a label takes at the foot of a form, with the line above it
_FROM_PAGE = 11 * mm
_MARK = 4 * mm
_SENDER = ParagraphStyle("sender", SMALL, fontSize=7.5, leading=9.5)
_RECIPIENT = ParagraphStyle("recipient", STRONG, fontSize=11, leading=14)


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on a packet's label."""

    number: PacketNumber
    service_key: str
    day: date | None  # local, of the acceptance; None for a label printed beforehand


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who posts the result of a packet, and to whom."""

    number: PacketNumber
    sender: Organisation
    recipient: str | None
    address: str | None


def label_pdf(label: Label, language: Language) -> bytes:
    """Set a packet's label alone, for a label printer: a page of 58 x 40 mm."""
    title = Wording(language).say("label.title")
    return drawn([packet_label(label, language)], Format.PDF, COMMON_DPI, title, language)


def packet_label(
    label: Label, language: Language, size: tuple[float, float] = labels.LABEL_SIZE
) -> Artefact:
    """Describe a packet's label; the day is left out where it is not known."""
    day = "" if label.day is None else Wording(language).brief_day(label.day)
    return labels.packet_label(label.number, cleaned(label.service_key), day, size)


def strip_drawer(label: Label, wording: Wording) -> Callable[[Canvas], None]:
    """Return what draws a label with its cut marks at the foot of an A4 page."""

    def draw(canvas: Canvas) -> None:
        x, y = round(LEFT / DOT) * DOT, _FROM_PAGE  # bars begin at a whole dot
        renderPDF.draw(cut_line(wording.say("form.cut")), canvas, LEFT, STRIP - 6 * mm)
        renderPDF.draw(drawing_of(packet_label(label, wording.language), COMMON_DPI), canvas, x, y)
        _cut_marks(canvas, Box(x, y, *LABEL_SIZE))
        beside = x + LABEL_SIZE[0] + 2 * _MARK
        note = [paragraph(wording.say("label.note"), SMALL)]
        set_in(canvas, Box(beside, y, A4[0] - RIGHT - beside, LABEL_SIZE[1]), note, middle=True)

    return draw


def _cut_marks(canvas: Canvas, box: Box) -> None:
    """Mark the corners of a box from outside."""
    gap = 1 * mm
    canvas.setLineWidth(0.4)
    for x, outwards in ((box.x, -1), (box.x + box.width, 1)):
        for y, upwards in ((box.y, -1), (box.y + box.height, 1)):
            canvas.line(x + outwards * gap, y, x + outwards * _MARK, y)
            canvas.line(x, y + upwards * gap, x, y + upwards * _MARK)


def envelope_pdf(envelope: Envelope, language: Language) -> bytes:
    """Set the label of an envelope: sender, recipient, the packet's barcode; a page of A7."""
    wording = Wording(language)
    return small_pages(wording, wording.say("envelope.title"), ENVELOPE_SIZE,
                       [lambda canvas: _draw_envelope(canvas, envelope, wording)])  # fmt: skip


def _draw_envelope(canvas: Canvas, envelope: Envelope, wording: Wording) -> None:
    width, height = ENVELOPE_SIZE
    sender, edge = envelope.sender, 5 * mm
    half = width / 2 - edge
    set_in(canvas, Box(edge, height - 22 * mm, half, 17 * mm), [
        paragraph(wording.say("envelope.from"), _SENDER),
        *(paragraph(each, _SENDER) for each in (sender.name, sender.address, sender.phone) if each),
    ])  # fmt: skip
    to = paragraph(wording.say("envelope.to"), SMALL)
    left = 30 * mm
    box = Box(left, 25 * mm, width - left - edge, 23 * mm)
    if not (cleaned(envelope.recipient) and cleaned(envelope.address)):
        _rules(canvas, box)
    set_in(
        canvas, box, [to, paragraph(envelope.recipient, _RECIPIENT), paragraph(envelope.address)]
    )
    bars = barcode(envelope.number)
    renderPDF.draw(bars, canvas, width - edge - bars.width, 4 * mm)


def _rules(canvas: Canvas, box: Box) -> None:
    """Rule a box to be written on by hand."""
    canvas.setLineWidth(0.4)
    for line in range(3):
        y = box.y + line * 7 * mm
        canvas.line(box.x, y, box.x + box.width, y)
