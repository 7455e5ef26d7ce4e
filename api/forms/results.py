"""The results of services: notice, certificates, referral [003 annexes 2 to 4; 002 §5].

Each carries the packet's barcode: the result comes back by the packet's number [003 s7 §11].
Where a source states no form (the certificate of 002), only what every certificate has is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from api.forms.sheet import (
    CENTRED,
    SMALL,
    STRONG,
    TITLE,
    TITLE_CENTRED,
    WIDTH,
    Organisation,
    Page,
    Story,
    beside_barcode,
    counted,
    cut_line,
    document,
    kept,
    letterhead,
    line,
    paragraph,
    rows,
    signature,
)
from api.forms.wording import BLANK, SHORT_BLANK, Wording, cleaned
from domain.acts import Outcome
from domain.numbers import PacketNumber, grouped
from domain.workdays import Language

_BLANK_REASONS = 3
_BLANK_FAMILY = 5  # as many as the form of 003 has


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs a result: the head or, where there is no authority, the akim; or who stands in."""

    name: str | None = None
    akim: bool = False
    acting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What an applicant is told: granted, or refused with reasons."""

    authority: Organisation
    number: PacketNumber
    service: str
    outcome: Outcome
    reasons: Sequence[str] = ()
    outgoing: str | None = None
    day: date | None = None
    applicant: str | None = None
    address: str | None = None
    signer: Signer = Signer()
    executor: str | None = None
    executor_phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AidCertificate:
    """The certificate of service 6; a family that is None is left to be filled by hand."""

    authority: Organisation
    number: PacketNumber
    outgoing: str | None = None
    day: date | None = None
    quarter: int | None = None  # 1 to 4
    year: int | None = None
    applicant: str | None = None
    registration: str | None = None
    family: Sequence[str] | None = None
    signer: Signer = Signer()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnemployedCertificate:
    """The certificate of 002: registered as unemployed."""

    authority: Organisation
    number: PacketNumber
    outgoing: str | None = None
    day: date | None = None
    applicant: str | None = None
    since: date | None = None  # left out if None: no source asks for it
    signer: Signer = Signer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """The referral of service 4; its tear-off part comes back from the organisation."""

    authority: Organisation
    number: PacketNumber
    referral: str | None = None  # the referral's own number
    applicant: str | None = None
    period: str | None = None
    organisation: str | None = None
    measure: str | None = None
    head: str | None = None
    day: date | None = None


def notice_pdf(notice: Notice, language: Language) -> bytes:
    """Set a notice on the authority's letterhead, on A4."""
    wording = Wording(language)
    page = Page(wording, wording.say("notice.title"), grouped(notice.number))
    return document(page, lambda: _notice(notice, wording))


def _notice(notice: Notice, wording: Wording) -> Story:
    say = wording.say
    return [
        *_headed(notice, wording),
        *_addressee(notice, wording),
        Spacer(1, 6 * mm),
        paragraph(say("notice.title"), TITLE_CENTRED),
        Spacer(1, 4 * mm),
        paragraph(say("notice.tells", authority=notice.authority.name)),
        Spacer(1, 2 * mm),
        rows([(say("form.service"), notice.service)]),
        Spacer(1, 4 * mm),
        *_decision(notice, wording),
        Spacer(1, 6 * mm),
        kept([*_signed(notice.signer, wording), *_executor(notice, wording)]),
    ]


def _addressee(notice: Notice, wording: Wording) -> Story:
    """Set who is written to in the right half, as letters have it."""
    half = WIDTH * 0.45
    return [
        line(("", ""), notice.applicant, wording.say("form.name"), indent=half),
        line(("", ""), notice.address, wording.say("notice.caption-address"), indent=half),
    ]


def _decision(notice: Notice, wording: Wording) -> Story:
    if notice.outcome is Outcome.GRANTED:
        return [paragraph(wording.say("notice.granted"), STRONG)]
    return [
        paragraph(wording.say("notice.refused"), STRONG),
        Spacer(1, 2 * mm),
        paragraph(wording.say("notice.reasons")),
        *counted(notice.reasons, _BLANK_REASONS),
    ]


def _executor(notice: Notice, wording: Wording) -> Story:
    name = wording.say("notice.executor", name=cleaned(notice.executor) or BLANK)
    phone = wording.say("form.phone", phone=cleaned(notice.executor_phone) or BLANK)
    return [Spacer(1, 2 * mm), paragraph(name, SMALL), paragraph(phone, SMALL)]


def aid_certificate_pdf(certificate: AidCertificate, language: Language) -> bytes:
    """Set the certificate of belonging to recipients of targeted social aid, on A4."""
    wording = Wording(language)
    page = Page(wording, wording.say("aid.title"), grouped(certificate.number))
    return document(page, lambda: _aid(certificate, wording))


def _aid(certificate: AidCertificate, wording: Wording) -> Story:
    say, around = wording.say, wording.around
    quarter, year = (str(each or SHORT_BLANK) for each in (certificate.quarter, certificate.year))
    family = certificate.family
    listed = [
        Spacer(1, 3 * mm),
        paragraph(say("aid.family")),
        *counted(family or (), _BLANK_FAMILY),
    ]
    return [
        *_headed(certificate, wording),
        paragraph(say("aid.title"), TITLE_CENTRED),
        paragraph(say("aid.about", quarter=quarter, year=year), CENTRED),
        Spacer(1, 5 * mm),
        line(around("aid.applicant"), certificate.applicant, say("form.name")),
        line(around("aid.registration"), certificate.registration),
        *([] if family is not None and not family else listed),
        Spacer(1, 4 * mm),
        paragraph(say("aid.purpose")),
        Spacer(1, 6 * mm),
        kept(_signed(certificate.signer, wording)),
    ]


def unemployed_certificate_pdf(certificate: UnemployedCertificate, language: Language) -> bytes:
    """Set the certificate of registration as unemployed, on A4."""
    wording = Wording(language)
    page = Page(wording, wording.say("unemployed.title"), grouped(certificate.number))
    return document(page, lambda: _unemployed(certificate, wording))


def _unemployed(certificate: UnemployedCertificate, wording: Wording) -> Story:
    say, around, since = wording.say, wording.around, certificate.since
    return [
        *_headed(certificate, wording),
        paragraph(say("unemployed.title"), TITLE_CENTRED),
        paragraph(say("unemployed.about"), CENTRED),
        Spacer(1, 5 * mm),
        line(around("unemployed.applicant"), certificate.applicant, say("form.name")),
        *([line(around("unemployed.since"), wording.day(since))] if since else []),
        Spacer(1, 6 * mm),
        kept(_signed(certificate.signer, wording)),
    ]


def referral_pdf(referral: Referral, language: Language) -> bytes:
    """Set a referral with its tear-off part, on A4; both carry the barcode."""
    wording = Wording(language)
    page = Page(wording, wording.say("referral.title"), grouped(referral.number))
    return document(page, lambda: [*_referral(referral, wording), *_tear_off(referral, wording)])


def _referral(referral: Referral, wording: Wording) -> Story:
    say, filled = wording.say, partial(_filled, wording)
    number = cleaned(referral.referral) or SHORT_BLANK
    title = paragraph(say("referral.numbered", number=number), TITLE)
    issued = say("referral.issued", day=wording.day(referral.day) if referral.day else BLANK)
    return [
        *letterhead(referral.authority, wording),
        beside_barcode([title], referral.number),
        filled("referral.applicant", referral.applicant, "form.name"),
        filled("referral.period", referral.period, "referral.caption-period"),
        filled("referral.organisation", referral.organisation, "referral.caption-organisation"),
        filled("referral.measure", referral.measure, "referral.caption-measure"),
        kept(
            [
                *signature(wording, say("referral.head"), referral.head),
                paragraph(issued),
                paragraph(say("form.stamp"), SMALL),
                Spacer(1, 14 * mm),
            ]
        ),
    ]


def _tear_off(referral: Referral, wording: Wording) -> Story:
    """Set what the organisation returns; when and by which order is written there, by hand."""
    say, filled = wording.say, partial(_filled, wording)
    number = cleaned(referral.referral) or SHORT_BLANK
    title = paragraph(say("referral.confirmation", number=number), STRONG)
    part = [
        cut_line(say("form.cut")),
        Spacer(1, 3 * mm),
        beside_barcode([paragraph(say("referral.returned"), SMALL), title], referral.number),
        filled("referral.begun-applicant", referral.applicant, "form.name"),
        filled("referral.begun-at", referral.organisation, "referral.caption-organisation"),
        filled("referral.begun-on", None, "referral.caption-day"),
        filled("referral.begun-measure", referral.measure, "referral.caption-measure"),
        filled("referral.order", None, "referral.caption-order"),
        *signature(wording, say("referral.organisation-head"), None),
        paragraph(say("form.stamp"), SMALL),
    ]
    return [kept(part)]


def _filled(wording: Wording, key: str, value: str | None, caption: str) -> Table:
    return line(wording.around(key), value, wording.say(caption))


def _headed(form: Notice | AidCertificate | UnemployedCertificate, wording: Wording) -> Story:
    """Begin a result: letterhead, number and date of going out, the packet's barcode."""
    say = wording.say
    number = say("form.number", number=cleaned(form.outgoing) or BLANK)
    day = say("form.dated", day=wording.day(form.day) if form.day else BLANK)
    return [
        *letterhead(form.authority, wording),
        beside_barcode([paragraph(number), Spacer(1, 2 * mm), paragraph(day)], form.number),
        Spacer(1, 4 * mm),
    ]


def _signed(signer: Signer, wording: Wording) -> Story:
    position = wording.say("signer.akim") if signer.akim else wording.say("signer.head")
    if signer.acting:
        position = wording.say("signer.acting", position=position)
    return signature(wording, position, signer.name, stamp=True)
