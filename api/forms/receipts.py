"""What an applicant is given on handing in: receipt, slip, complaint slip [002 §13, §24; 003].

The receipt of a centre [003 s7 annex 6; 002 §13] and the slip of an authority [003 annexes 2, 5]
carry the packet's label to be cut out, so that one sheet is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reportlab.lib.colors import black
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from api.forms.labels import STRIP, Label, strip_drawer
from api.forms.sheet import (
    BODY,
    LABEL,
    SMALL,
    STRONG,
    TITLE,
    WIDTH,
    Organisation,
    Page,
    Story,
    beside_barcode,
    document,
    kept,
    letterhead,
    paragraph,
    rows,
    signature,
)
from api.forms.witnesses import qr_code
from api.forms.wording import BLANK, SHORT_BLANK, Wording, cleaned
from domain.numbers import PacketNumber, grouped
from domain.workdays import Language
from domain.zones import local_day

_BLANK_PAPERS = 4
_CODE = ParagraphStyle("code", STRONG, fontSize=15, leading=18, alignment=1)
_SURVEY_CODE = ParagraphStyle("survey-code", STRONG, fontSize=12, leading=15)
_CODE_WIDTH = 50 * mm
_QR_SIDE = 25 * mm
_BOX = [
    ("BOX", (0, 0), (-1, -1), 0.8, black),
    ("LINEBEFORE", (1, 0), (1, 0), 0.4, black),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
]
_SURVEY_BOX = [
    ("BOX", (0, 0), (-1, -1), 0.4, black),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("ALIGN", (1, 0), (1, 0), "CENTER"),
    ("TOPPADDING", (0, 0), (-1, -1), 1),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
]
_PAPERS = [
    ("GRID", (0, 0), (-1, -1), 0.4, black),
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
]


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper enclosed, and how many of it."""

    name: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class LookUp:
    """How the applicant follows the packet without log-in: the page, and the code on the form."""

    code: str
    address: str
    expected: date | None = None  # the day the result is expected; left out where nothing is known


@dataclass(frozen=True, slots=True)
class SurveyInvite:
    """How the applicant says what they think of the service: the page, and the code for it."""

    code: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The receipt of a centre; times are instants, shown in the zone."""

    centre: Organisation
    zone: str
    number: PacketNumber
    accepted: datetime
    service: str
    service_key: str
    papers: Sequence[Paper] = ()
    issue_at: datetime | date | None = None  # of a date the hour is filled in by hand
    issue_place: str | None = None
    inspector: str | None = None
    look_up: LookUp | None = None
    survey: SurveyInvite | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """The slip of an authority (or an akim); times are instants, shown in the zone."""

    authority: Organisation
    zone: str
    number: PacketNumber
    accepted: datetime
    service: str
    service_key: str
    applicant: str | None = None
    registration: str | None = None  # the incoming number, where there is one
    accepted_by: str | None = None
    papers: Sequence[Paper] = ()
    look_up: LookUp | None = None
    survey: SurveyInvite | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be asked."""

    name: str
    phone: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintSlip:
    """The slip for a written complaint [002 §24]; times are instants, shown in the zone."""

    organisation: Organisation
    zone: str
    number: PacketNumber
    taken: datetime
    answer: datetime | None = None
    contacts: Sequence[Contact] = ()
    taken_by: str | None = None


def receipt_pdf(receipt: Receipt, language: Language) -> bytes:
    """Set a receipt with the label of its packet, on A4."""
    wording = Wording(language)
    day = local_day(receipt.accepted, receipt.zone)
    label = Label(receipt.number, receipt.service_key, day)
    page = _page(wording, wording.say("receipt.title"), label)
    return document(page, lambda: _receipt(receipt, wording))


def _receipt(receipt: Receipt, wording: Wording) -> Story:
    say, zone = wording.say, receipt.zone
    return [
        *letterhead(receipt.centre, wording),
        _headed(say("receipt.title"), say("receipt.about"), receipt.number),
        rows([
            (say("receipt.number"), grouped(receipt.number)),
            (say("receipt.accepted"), wording.moment(receipt.accepted, zone)),
            (say("form.service"), receipt.service),
        ]),
        *_papers(receipt.papers, wording),
        Spacer(1, 2 * mm),
        rows([
            (say("receipt.issue-time"), _issue(receipt, wording)),
            (say("receipt.issue-place"), receipt.issue_place),
        ]),
        *_looked_up(receipt.look_up, wording),
        *_surveyed(receipt.survey, wording),
        kept([
            *signature(wording, say("receipt.inspector"), receipt.inspector),
            Spacer(1, 2 * mm),
            paragraph(say("receipt.keep"), SMALL),
        ]),
    ]  # fmt: skip


def _issue(receipt: Receipt, wording: Wording) -> str | None:
    match receipt.issue_at:
        case datetime() as at:
            return wording.moment(at, receipt.zone)
        case date() as day:
            return f"{wording.day(day)}, {SHORT_BLANK}"
    return None


def slip_pdf(slip: Slip, language: Language) -> bytes:
    """Set a slip with the label of its packet, on A4."""
    wording = Wording(language)
    label = Label(slip.number, slip.service_key, local_day(slip.accepted, slip.zone))
    page = _page(wording, wording.say("slip.title"), label)
    return document(page, lambda: _slip(slip, wording))


def _slip(slip: Slip, wording: Wording) -> Story:
    say = wording.say
    dear = say("slip.dear", applicant=cleaned(slip.applicant) or BLANK)
    return [
        *letterhead(slip.authority, wording),
        _headed(say("slip.title"), say("slip.about"), slip.number),
        paragraph(dear, STRONG),
        paragraph(say("slip.accepted")),
        Spacer(1, 2 * mm),
        rows([
            (say("slip.day"), wording.moment(slip.accepted, slip.zone)),
            (say("slip.registration"), slip.registration or grouped(slip.number)),
            (say("form.service"), slip.service),
        ]),
        *(_papers(slip.papers, wording) if slip.papers else []),
        *_looked_up(slip.look_up, wording),
        *_surveyed(slip.survey, wording),
        kept(signature(wording, say("slip.accepted-by"), slip.accepted_by)),
    ]  # fmt: skip


def complaint_slip_pdf(slip: ComplaintSlip, language: Language) -> bytes:
    """Set the slip for a written complaint, on A4."""
    wording = Wording(language)
    page = Page(wording, wording.say("complaint.title"), grouped(slip.number))
    return document(page, lambda: _complaint(slip, wording))


def _complaint(slip: ComplaintSlip, wording: Wording) -> Story:
    say = wording.say
    answer = wording.moment(slip.answer, slip.zone) if slip.answer else None
    contacts = "\n".join(_contact(each, wording) for each in slip.contacts)
    return [
        *letterhead(slip.organisation, wording),
        _headed(say("complaint.title"), say("complaint.about"), slip.number),
        rows([
            (say("form.packet"), grouped(slip.number)),
            (say("complaint.taken"), wording.moment(slip.taken, slip.zone)),
            (say("complaint.answer"), answer),
            (say("complaint.contacts"), contacts),
        ]),
        kept(signature(wording, say("complaint.taken-by"), slip.taken_by)),
    ]  # fmt: skip


def _contact(contact: Contact, wording: Wording) -> str:
    phone = wording.say("form.phone", phone=contact.phone) if contact.phone else ""
    return ", ".join(cleaned(each) for each in (contact.name, contact.room, phone) if cleaned(each))


def _page(wording: Wording, title: str, label: Label) -> Page:
    return Page(wording, title, grouped(label.number), STRIP, strip_drawer(label, wording))


def _headed(title: str, about: str, number: PacketNumber) -> Table:
    return beside_barcode([paragraph(title, TITLE), Spacer(1, 1 * mm), paragraph(about)], number)


def _papers(papers: Sequence[Paper], wording: Wording) -> Story:
    """List the papers, or leave ruled rows for them."""
    say = wording.say
    head = [
        paragraph(say(each), LABEL) for each in ("papers.number", "papers.name", "papers.count")
    ]
    listed = [[paragraph(str(place)), paragraph(each.name), paragraph(str(each.count))]
              for place, each in enumerate(papers, 1)]  # fmt: skip
    blank = [[paragraph(str(place)), "", ""] for place in range(1, _BLANK_PAPERS + 1)]
    total = str(sum(each.count for each in papers)) if papers else ""
    foot = ["", paragraph(say("papers.total"), STRONG), paragraph(total, STRONG)]
    columns = [10 * mm, WIDTH - 35 * mm, 25 * mm]
    table = Table([head, *(listed or blank), foot], columns, style=_PAPERS, repeatRows=1)
    return [Spacer(1, 2 * mm), paragraph(say("receipt.papers"), LABEL), Spacer(1, 1 * mm), table]


def _looked_up(look_up: LookUp | None, wording: Wording) -> Story:
    """Box the code with the address of the applicant's page."""
    if look_up is None:
        return []
    say = wording.say
    where = [paragraph(say("look-up.text"), SMALL), paragraph(look_up.address, BODY)]
    if look_up.expected is not None:
        where.append(paragraph(say("look-up.expected", day=wording.day(look_up.expected)), STRONG))
    code = [paragraph(say("look-up.code"), SMALL), paragraph(look_up.code, _CODE)]
    table = Table([[where, code]], [WIDTH - _CODE_WIDTH, _CODE_WIDTH], style=_BOX)
    return [Spacer(1, 4 * mm), kept([table])]


def _surveyed(survey: SurveyInvite | None, wording: Wording) -> Story:
    """Box the invitation to the survey: words and code, beside them a QR code that opens it."""
    if survey is None:
        return []
    say = wording.say
    words = [
        paragraph(say("survey.text"), SMALL),
        paragraph(survey.address, BODY),
        paragraph(survey.code, _SURVEY_CODE),
    ]
    drawn = qr_code(f"{survey.address}?code={survey.code}", _QR_SIDE)
    table = Table([[words, drawn]], [WIDTH - _CODE_WIDTH, _CODE_WIDTH], style=_SURVEY_BOX)
    return [Spacer(1, 2 * mm), kept([table])]
