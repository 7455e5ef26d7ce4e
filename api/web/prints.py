"""Forms of a packet as PDF: receipt or slip with label, notice, certificate, referral, envelope.

Which forms there are follows the edition [003 annexes 2 to 6; 002 §13]; what stands in them comes
from the events and the vault. Whoever prints a form with a name in it has looked at personal data.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Path, Response

from api import forms
from api.http.fields import read_packet
from api.http.problems import NotFoundError
from api.printing import Printer, cards_print, label_of, label_print
from api.web.facts import PacketFacts, facts_of
from api.web.held import NOTHING, Held, held_of, may_see_names
from api.web.printer import ChosenPrinter
from api.web.visitor import Visitor, allowed
from domain.acts import Handing, Outcome
from domain.norms import Due
from domain.packet import Packet
from domain.regulations.edition import Edition, Way
from domain.rights import Right
from domain.roles import Role
from domain.survey import ServedAs
from scanner.labels import Format

router = APIRouter(include_in_schema=False)
Seeing = Annotated[Visitor, Depends(allowed(Right.SEE_PACKETS))]
PDF = "application/pdf"
_AID, _NOTICE = "003-6", "notice"
Printing = Callable[["_Print"], bytes]


def printable(visitor: Visitor, facts: PacketFacts) -> list[str]:
    """Return the keys of the forms that this visitor can print of a packet."""
    if facts.edition is None:
        return []
    names = may_see_names(visitor, facts)
    return [key for key in _keys(facts, facts.edition) if names or key == "label"]


def _keys(facts: PacketFacts, edition: Edition) -> list[str]:
    keys = ["receipt" if edition.way is Way.CENTRE else "slip", "label"]
    outcome, result = facts.progress.outcome, edition.service.result
    if outcome is not None:
        refused = outcome == Outcome.REFUSED.value
        keys.append(_NOTICE if refused or result not in _PRINTS else result)
    if Handing.POSTED in edition.service.handing:
        keys.append("envelope")
    return keys


@router.get("/packets/{number}/forms/{key}.pdf")
def form(
    visitor: Seeing,
    number: Annotated[str, Path(max_length=40)],
    key: Annotated[str, Path(max_length=40)],
) -> Response:
    """Print a form."""
    facts = facts_of(visitor.qolhat, read_packet(number))
    visitor.require_reach(facts.organisations, Right.SEE_PACKETS)
    if facts.edition is None or key not in printable(visitor, facts):
        raise NotFoundError
    held = NOTHING if key == "label" else held_of(visitor, facts, f"form {key}")
    printed = _PRINTS[key](_Print(visitor, facts, facts.edition, held or NOTHING))
    return pdf(printed, f"{key}-{facts.number}.pdf")


def pdf(content: bytes, name: str) -> Response:
    """Answer with a PDF that the browser shows."""
    return Response(content, 200, {"content-disposition": f'inline; filename="{name}"'}, PDF)


@router.get("/packets/{number}/label")
def label(
    visitor: Seeing, number: Annotated[str, Path(max_length=40)], chosen: ChosenPrinter
) -> Response:
    """Print the label for the printer beside this computer."""
    facts = facts_of(visitor.qolhat, read_packet(number))
    visitor.require_reach(facts.organisations, Right.SEE_PACKETS)
    made = label_print(visitor.qolhat, facts.number, visitor.speech.language)
    return chosen.answer(visitor, made)


@router.get("/station/cards.pdf")
def cards(visitor: Annotated[Visitor, Depends(allowed(Right.SCAN))]) -> Response:
    """Print the action cards: one sheet serves every desk."""
    printed = cards_print(Format.PDF, visitor.speech.language)
    drawn = printed.drawn(Printer(), visitor.speech.language)
    return pdf(drawn.content, drawn.name)


def letterhead(visitor: Visitor, code: int) -> forms.Organisation:
    """Return how an organisation heads its papers."""
    found = visitor.qolhat.directory.organisation(code)
    return forms.Organisation(found.name_kk, found.address, found.phone, found.email)


class _Print:
    """One form of one packet, about to be printed."""

    def __init__(self, visitor: Visitor, facts: PacketFacts, edition: Edition, held: Held) -> None:
        self.visitor, self.facts, self.edition, self.held = visitor, facts, edition, held
        self.language = visitor.speech.language
        self.progress = facts.progress
        self.accepting = visitor.qolhat.directory.organisation(self.progress.accepting)

    # --- what stands in more than one form ----------------------------------------------------

    @property
    def service(self) -> str:
        return self.edition.service.names.in_language(self.language)

    @property
    def papers(self) -> list[forms.Paper]:
        return [forms.Paper(name, count) for name, count in self.held.papers]

    @property
    def deciding(self) -> forms.Organisation:
        return letterhead(self.visitor, self.progress.deciding)

    def name_of(self, person: int | None) -> str | None:
        if person is None:
            return None
        return self.visitor.qolhat.personnel.names([person]).get(person)

    def last(self, kind: type[Packet.Event]) -> Any:
        """Return the last event of a kind that counts."""
        entries = self.facts.timeline.entries
        return next((entry for entry in reversed(entries) if isinstance(entry, kind)), None)

    def day_of(self, due: Due | None) -> date | None:
        return None if due is None else due.at.astimezone(ZoneInfo(self.accepting.zone)).date()

    def look_up(self) -> forms.LookUp:
        qolhat = self.visitor.qolhat
        address = f"{str(self.visitor.request.base_url).rstrip('/')}/receipt"
        code = qolhat.vault.receipt_code(self.facts.number)
        return forms.LookUp(code, address, self.promised())

    def survey(self) -> forms.SurveyInvite | None:
        """Return the invitation to say what one thinks of the service; not for every packet."""
        progress, request = self.progress, self.visitor.request
        served = ServedAs(progress.accepting, progress.deciding, self.edition.service.key)
        code = self.visitor.qolhat.surveys.codes.code_of(self.facts.number, served)
        if code is None:
            return None
        return forms.SurveyInvite(code, f"{str(request.base_url).rstrip('/')}/survey")

    def promised(self) -> date | None:
        """Return the day on which the result is there, as was known at the acceptance."""
        at_first = msgspec.structs.replace(self.progress, pauses=())
        return self.day_of(self.visitor.qolhat.clocks.total_due(at_first, self.edition))

    def signed(self) -> Packet.Event | None:
        """Return the signing of the last draft."""
        ends = (Packet.NoticeSigned, Packet.NoticeDrafted, Packet.NoticeReturned)
        entries = self.facts.timeline.entries
        last = next((entry for entry in reversed(entries) if isinstance(entry, ends)), None)
        return last if isinstance(last, Packet.NoticeSigned) else None

    def signer(self) -> forms.Signer:
        """Return who signed; before that the head, whose line stays open."""
        signed, akim = self.signed(), self.edition.way is Way.AKIM
        if signed is None:
            return forms.Signer(akim=akim)
        member = self.visitor.qolhat.staff.register.member(signed.person)
        own = (post for post in member.posts if post.spell.covers(signed.happened_at))
        acting = not any(post.roles & {Role.HEAD, Role.AKIM} for post in own)
        return forms.Signer(self.name_of(signed.person), akim=akim, acting=acting)

    def reasons(self) -> list[str]:
        """Return why the service was refused: grounds of the edition, and what was written."""
        draft = self.last(Packet.NoticeDrafted)
        if draft is None:
            return []
        known = {g.key: g.names.in_language(self.language) for g in self.edition.refusal.grounds}
        reasons = [known[key] for key in draft.grounds if key in known]
        written = self.visitor.qolhat.vault.get(draft.text_ref) if draft.text_ref else None
        if written is None:
            return reasons
        if self.held == NOTHING:  # else it is recorded already
            self.visitor.saw([str(self.facts.number)], f"form {_NOTICE}")
        return [*reasons, str(written["text"])]

    def incoming(self) -> str | None:
        event = self.last(Packet.IncomingRegistered)
        return None if event is None else event.incoming_number

    # --- the forms ----------------------------------------------------------------------------

    def receipt(self) -> bytes:
        registration = self.facts.registration
        assert registration is not None  # noqa: S101  a packet with an edition has one
        made = forms.Receipt(
            centre=letterhead(self.visitor, self.accepting.code),
            zone=self.accepting.zone,
            number=self.facts.number,
            accepted=registration.happened_at,
            service=self.service,
            service_key=self.edition.service.key,
            papers=self.papers,
            issue_at=self.promised(),
            issue_place=self.accepting.address or self.accepting.name_kk,
            inspector=self.name_of(registration.person),
            look_up=self.look_up(),
            survey=self.survey(),
        )
        return forms.receipt_pdf(made, self.language)

    def slip(self) -> bytes:
        registration = self.facts.registration
        assert registration is not None  # noqa: S101  a packet with an edition has one
        made = forms.Slip(
            authority=letterhead(self.visitor, self.accepting.code),
            zone=self.accepting.zone,
            number=self.facts.number,
            accepted=registration.happened_at,
            service=self.service,
            service_key=self.edition.service.key,
            applicant=self.held.name,
            registration=self.incoming(),
            accepted_by=self.name_of(registration.person),
            papers=self.papers,
            look_up=self.look_up(),
            survey=self.survey(),
        )
        return forms.slip_pdf(made, self.language)

    def label(self) -> bytes:
        return forms.label_pdf(label_of(self.visitor.qolhat, self.facts.number), self.language)

    def notice(self) -> bytes:
        assert self.progress.outcome is not None  # noqa: S101  only drafted notices are printable
        made = forms.Notice(
            authority=self.deciding,
            number=self.facts.number,
            service=self.service,
            outcome=Outcome(self.progress.outcome),
            reasons=self.reasons(),
            day=self._signed_on(),
            applicant=self.held.name,
            address=self.held.address,
            signer=self.signer(),
            executor=self.name_of(self.progress.executor),
            executor_phone=self.deciding.phone or None,
        )
        return forms.notice_pdf(made, self.language)

    def certificate(self) -> bytes:
        if self.edition.service.key != _AID:
            made = forms.UnemployedCertificate(
                authority=self.deciding,
                number=self.facts.number,
                day=self._signed_on(),
                applicant=self.held.name,
                signer=self.signer(),
            )
            return forms.unemployed_certificate_pdf(made, self.language)
        day = self._signed_on()
        aid = forms.AidCertificate(
            authority=self.deciding,
            number=self.facts.number,
            day=day,
            quarter=None if day is None else (day.month + 2) // 3,
            year=None if day is None else day.year,
            applicant=self.held.name,
            registration=self.incoming(),
            family=self.held.family or None,
            signer=self.signer(),
        )
        return forms.aid_certificate_pdf(aid, self.language)

    def referral(self) -> bytes:
        made = forms.Referral(
            authority=self.deciding,
            number=self.facts.number,
            applicant=self.held.name,
            head=self.signer().name,
            day=self._signed_on(),
        )
        return forms.referral_pdf(made, self.language)

    def envelope(self) -> bytes:
        made = forms.Envelope(self.facts.number, self.deciding, self.held.name, self.held.address)
        return forms.envelope_pdf(made, self.language)

    def _signed_on(self) -> date | None:
        signed = self.signed()
        if signed is None:
            return None
        zone = self.visitor.qolhat.directory.organisation(self.progress.deciding).zone
        return signed.happened_at.astimezone(ZoneInfo(zone)).date()


_PRINTS: dict[str, Printing] = {
    "receipt": _Print.receipt,
    "slip": _Print.slip,
    "label": _Print.label,
    _NOTICE: _Print.notice,
    "certificate": _Print.certificate,
    "referral": _Print.referral,
    "envelope": _Print.envelope,
}
