"""Codes that bear witness: a day's signed head on a registry, the proofs of a packet on a slip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from api.forms.sheet import (
    LABEL,
    SMALL,
    STRONG,
    TITLE,
    WIDTH,
    Page,
    Story,
    beside_barcode,
    document,
    kept,
    paragraph,
    rows,
)
from api.forms.wording import Wording
from domain.numbers import grouped
from domain.workdays import Language

WITNESS_SIDE = 32 * mm  # modules of half a millimetre: read by any phone, and from a copy
PROOF_SIDE = 62 * mm
_GAP = 4 * mm
_PLAIN = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
]


@dataclass(frozen=True, slots=True)
class Witness:
    """A signed head: its text for the code, and what of it is said in words."""

    text: str
    day: date
    events: int
    key: str
    root: str


@dataclass(frozen=True, slots=True)
class ProvedEvent:
    """An event under the head; its instants are shown in the zone."""

    what: str
    happened_at: datetime
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSlip:
    """What is handed to whoever wants proof that a packet's events are in the log."""

    number: int
    witness: Witness
    events: Sequence[ProvedEvent]
    codes: Sequence[str]
    zone: str


def qr_code(text: str, side: float, level: str = "M") -> Drawing:
    """Draw a QR code of this side (in points), its quiet zone included."""
    widget = QrCodeWidget(text, barLevel=level, barBorder=4, barWidth=side, barHeight=side)
    drawing = Drawing(side, side)
    drawing.add(widget)
    return drawing


def witness_box(witness: Witness, wording: Wording) -> Table:
    """Set the code of a head beside a few lines of words."""
    say = wording.say
    facts = {"day": wording.day(witness.day), "events": witness.events}
    words = [
        paragraph(say("witness.title"), STRONG),
        paragraph(say("witness.about", **facts), SMALL),
        paragraph(say("witness.key", print=witness.key), SMALL),
        paragraph(witness.root, SMALL),
    ]
    code = qr_code(witness.text, WITNESS_SIDE)
    columns = [WITNESS_SIDE + _GAP, WIDTH - WITNESS_SIDE - _GAP]
    return Table([[code, words]], columns, style=_PLAIN, hAlign="LEFT")


def proof_slip_pdf(slip: ProofSlip, language: Language) -> bytes:
    """Set a packet's proofs on A4."""
    wording = Wording(language)
    title = wording.say("proof-slip.title")
    return document(Page(wording, title, grouped(slip.number)), lambda: _slip(slip, wording))


def _slip(slip: ProofSlip, wording: Wording) -> Story:
    say = wording.say
    head = [paragraph(say("proof-slip.title"), TITLE), paragraph(say("proof-slip.about"), SMALL)]
    listed = [
        (f"{each.position}", f"{each.what}, {wording.moment(each.happened_at, slip.zone)}")
        for each in slip.events
    ]
    return [
        beside_barcode(head, slip.number),
        witness_box(slip.witness, wording),
        Spacer(1, 4 * mm),
        paragraph(say("proof-slip.events"), LABEL),
        rows(listed),
        *(each for place, code in enumerate(slip.codes, 1)
          for each in _code(code, (place, len(slip.codes)), wording)),
    ]  # fmt: skip


def _code(code: str, place: tuple[int, int], wording: Wording) -> Story:
    told = wording.say("proof-slip.code", place=place[0], places=place[1])
    return [Spacer(1, 4 * mm), kept([paragraph(told, LABEL), qr_code(code, PROOF_SIDE, "L")])]
