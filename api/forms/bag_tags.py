"""The tag that hangs on a bag of a dispatch: its barcode, from whom to whom, its registry and seal.

A page of A6 for each bag; it tells nothing of the applicants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from reportlab.graphics import renderPDF
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from api.forms.barcodes import LEAST_HEIGHT, barcode
from api.forms.sheet import BODY, SMALL, STRONG, Story, paragraph
from api.forms.small import Box, Draw, set_in, small_pages
from api.forms.wording import BLANK, Wording, cleaned
from domain.numbers import grouped
from domain.workdays import Language
from domain.zones import local_day

TAG_SIZE = (148 * mm, 105 * mm)  # A6
_EDGE = 6 * mm
_BARS = 2 * LEAST_HEIGHT
_HEAD = ParagraphStyle("tag-head", STRONG, fontSize=17, leading=21)
_FROM = ParagraphStyle("tag-from", BODY, fontSize=11, leading=14)
_TO = ParagraphStyle("tag-to", STRONG, fontSize=16, leading=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class BagTag:
    """What stands on a bag's tag; the instant is shown as the day in the zone."""

    code: int
    registry: int
    sender: str
    recipient: str
    place: int  # which of the registry's bags, from 1
    places: int
    packets: int
    closed_at: datetime
    zone: str
    seal: str = ""  # empty where it is written by hand


def bag_tags_pdf(tags: Sequence[BagTag], language: Language) -> bytes:
    """Set tags, each a page of A6; an empty page if there is none."""
    wording = Wording(language)
    draws: list[Draw] = [partial(_draw_tag, tag, wording) for tag in tags]
    return small_pages(wording, wording.say("tag.title"), TAG_SIZE, draws or [_draw_nothing])


def _draw_nothing(_canvas: Canvas) -> None:
    """Leave a page empty: a document has at least one."""


def _draw_tag(tag: BagTag, wording: Wording, canvas: Canvas) -> None:
    width, height = TAG_SIZE
    bars = barcode(tag.code, _BARS, text_size=14)
    foot = _EDGE + bars.height + 2 * mm
    set_in(canvas, Box(_EDGE, foot, width - 2 * _EDGE, height - foot - _EDGE), _told(tag, wording))
    renderPDF.draw(bars, canvas, _EDGE, _EDGE)
    beside = 2 * _EDGE + bars.width
    facts = Box(beside, _EDGE, width - beside - _EDGE, bars.height)
    set_in(canvas, facts, _counted(tag, wording), middle=True)


def _told(tag: BagTag, wording: Wording) -> Story:
    say = wording.say
    return [
        paragraph(say("bag.place", place=tag.place, places=tag.places), _HEAD),
        paragraph(say("dispatch.from"), SMALL),
        paragraph(tag.sender, _FROM),
        paragraph(say("dispatch.to"), SMALL),
        paragraph(tag.recipient, _TO),
    ]


def _counted(tag: BagTag, wording: Wording) -> Story:
    say = wording.say
    return [
        paragraph(say("bag.packets", packets=tag.packets), STRONG),
        paragraph(say("bag.seal", seal=cleaned(tag.seal) or BLANK)),
        paragraph(say("tag.registry", number=grouped(tag.registry))),
        paragraph(wording.day(local_day(tag.closed_at, tag.zone))),
    ]
