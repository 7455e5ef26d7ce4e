"""The proof of a hand-over: which bags went from whom to whom, where and when; how to verify it.

It is shown and printed at once, also when the server has not heard of the hand-over yet; then the
time of recording is a blank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from PIL import Image as Pictures
from reportlab.lib.colors import black
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Image, Spacer, Table

from api.forms.barcodes import QUIET_ZONE, barcode
from api.forms.sheet import (
    BODY,
    LABEL,
    SMALL,
    STRONG,
    TITLE,
    WIDTH,
    Page,
    Story,
    counted,
    document,
    kept,
    paragraph,
    rows,
    signature,
)
from api.forms.wording import BLANK, Wording, cleaned
from domain.numbers import grouped
from domain.workdays import Language
from scanner.pictures import BadPictureError

MOST_SIDE = 2_000  # pixels: a signature drawn on a screen has far fewer
_GROUP = 4
_BLANK_REMARKS = 2
_CODE_WIDTH = 62 * mm
_CODE = ParagraphStyle("proof-code", STRONG, fontSize=15, leading=18, alignment=1)
_SIGNATURE_SIZE = (60 * mm, 25 * mm)
_BOX = [
    ("BOX", (0, 0), (-1, -1), 0.8, black),
    ("LINEBEFORE", (1, 0), (1, 0), 0.4, black),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
]
_BAGS = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, black),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 4),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
]


@dataclass(frozen=True, slots=True)
class ProofBag:
    """A bag that was handed over; the seal's number is empty where nobody noted it."""

    code: int
    seal: str = ""
    packets: int | None = None  # unknown to a device that was never told


@dataclass(frozen=True, slots=True)
class Party:
    """Who gave or took: the name, and the code of the badge. What is not known is a blank."""

    name: str | None = None
    badge: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofForm:
    """A hand-over; its instants are shown in the zone."""

    code: str  # hexadecimal digits, with or without groups
    bags: Sequence[ProofBag]
    gave: Party
    took: Party
    happened_at: datetime
    zone: str
    address: str  # where the code is verified
    place: str | None = None
    recorded_at: datetime | None = None
    remarks: Sequence[str] = ()
    signature: bytes | None = None  # a picture (PNG) of the taker's signature


def proof_pdf(proof: ProofForm, language: Language) -> bytes:
    """Set a proof on A4. Raises BadPictureError if the signature is no picture, or too large."""
    wording = Wording(language)
    drawn = None if proof.signature is None else _flattened(proof.signature)
    page = Page(wording, wording.say("proof.title"), grouped_proof(proof.code))
    return document(page, lambda: _proof(proof, drawn, wording))


def grouped_proof(code: str) -> str:
    """Write a code of proof in groups for reading aloud: `3f9a-07c2-b81e`."""
    digits = "".join(letter for letter in cleaned(code).lower() if letter.isalnum())
    return "-".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def _proof(proof: ProofForm, drawn: bytes | None, wording: Wording) -> Story:
    say, zone = wording.say, proof.zone
    recorded = proof.recorded_at
    return [
        paragraph(say("proof.title"), TITLE),
        Spacer(1, 3 * mm),
        _verified(proof, wording),
        Spacer(1, 4 * mm),
        _bags(proof.bags, wording),
        Spacer(1, 3 * mm),
        rows([
            (say("proof.gave"), _party(proof.gave, wording)),
            (say("proof.took"), _party(proof.took, wording)),
            (say("proof.place"), proof.place),
            (say("proof.happened"), wording.moment(proof.happened_at, zone)),
            (say("proof.recorded"), None if recorded is None else wording.moment(recorded, zone)),
        ]),
        Spacer(1, 3 * mm),
        paragraph(say("proof.remarks"), LABEL),
        *counted(proof.remarks, _BLANK_REMARKS),
        Spacer(1, 3 * mm),
        *_signed(proof.took, drawn, wording),
    ]  # fmt: skip


def _verified(proof: ProofForm, wording: Wording) -> Table:
    """Box the code with the address at which it is verified."""
    where = [paragraph(wording.say("proof.verify"), SMALL), paragraph(proof.address, BODY)]
    label = paragraph(wording.say("proof.code"), SMALL)
    code = [label, paragraph(grouped_proof(proof.code), _CODE)]
    return Table([[where, code]], [WIDTH - _CODE_WIDTH, _CODE_WIDTH], style=_BOX)


def _bags(bags: Sequence[ProofBag], wording: Wording) -> Table:
    """Set a row for each bag: barcode, seal, how many packets."""
    say = wording.say
    width = barcode(bags[0].code).width + QUIET_ZONE if bags else WIDTH / 3
    title = paragraph(say("proof.bags", bags=len(bags)), LABEL)
    data = [[title, ""], *([barcode(bag.code), _told(bag, wording)] for bag in bags)]
    return Table(data, [width, WIDTH - width], style=_BAGS, repeatRows=1)


def _told(bag: ProofBag, wording: Wording) -> Story:
    count = BLANK if bag.packets is None else bag.packets
    return [
        paragraph(wording.say("bag.seal", seal=cleaned(bag.seal) or BLANK)),
        paragraph(wording.say("bag.packets", packets=count)),
    ]


def _party(party: Party, wording: Wording) -> str:
    """Name somebody, the code of the badge below."""
    badge = wording.say("proof.badge", badge=grouped(party.badge)) if party.badge else ""
    return f"{cleaned(party.name) or BLANK}\n{badge}" if badge else cleaned(party.name)


def _signed(took: Party, drawn: bytes | None, wording: Wording) -> Story:
    """Set the signature that was drawn on the device, or leave room to sign by hand."""
    label = wording.say("proof.signature")
    if drawn is None:
        return [kept(signature(wording, label, took.name))]
    picture = Image(BytesIO(drawn), *_SIGNATURE_SIZE, kind="proportional", hAlign="LEFT")
    return [kept([paragraph(label, LABEL), picture, paragraph(took.name)])]


# --- the signature ------------------------------------------------------------------------------


def _flattened(picture: bytes) -> bytes:
    """Set a drawn signature on white, in grey; nothing else the file says is kept.

    Raises BadPictureError.
    """
    try:
        ink = _opened(picture)
    except Exception as error:  # whatever it stumbles over: it is no picture
        raise BadPictureError from error
    paper = Pictures.new("RGBA", ink.size, "white")
    flat = BytesIO()
    Pictures.alpha_composite(paper, ink).convert("L").save(flat, "PNG")
    return flat.getvalue()


def _opened(picture: bytes) -> Pictures.Image:
    with Pictures.open(BytesIO(picture), formats=("PNG",)) as opened:
        if max(opened.size) > MOST_SIDE:  # a few bytes may claim gigabytes of pixels
            raise BadPictureError
        return opened.convert("RGBA")
