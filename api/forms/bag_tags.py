"""The tag that hangs on a bag of a dispatch: its barcode, from whom to whom, its registry and seal.

A page of A6 for each bag; it tells nothing of the applicants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.forms.wording import BLANK, Wording, cleaned
from domain.numbers import grouped
from domain.workdays import Language
from domain.zones import local_day
from scanner.artefact import Artefact, Paragraph
from scanner.labels import A6, COMMON_DPI, Format, bag_tag, drawn


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
    pages = bag_tags(tags, language) or [Artefact("bag-tag", *A6)]
    title = Wording(language).say("tag.title")
    return drawn(pages, Format.PDF, COMMON_DPI, title, language)


def bag_tags(tags: Sequence[BagTag], language: Language) -> list[Artefact]:
    """Describe tags."""
    wording = Wording(language)
    return [bag_tag(tag.code, _told(tag, wording), _counted(tag, wording)) for tag in tags]


def _told(tag: BagTag, wording: Wording) -> list[Paragraph]:
    say = wording.say
    return [
        Paragraph(say("bag.place", place=tag.place, places=tag.places), 17, bold=True),
        Paragraph(say("dispatch.from"), 8),
        Paragraph(cleaned(tag.sender), 11),
        Paragraph(say("dispatch.to"), 8),
        Paragraph(cleaned(tag.recipient), 16, bold=True),
    ]


def _counted(tag: BagTag, wording: Wording) -> list[Paragraph]:
    say = wording.say
    return [
        Paragraph(say("bag.packets", packets=tag.packets), 10, bold=True),
        Paragraph(say("bag.seal", seal=cleaned(tag.seal) or BLANK), 10),
        Paragraph(say("tag.registry", number=grouped(tag.registry)), 10),
        Paragraph(wording.day(local_day(tag.closed_at, tag.zone)), 10),
    ]
