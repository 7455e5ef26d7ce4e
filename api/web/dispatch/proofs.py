"""Proof of a hand-over: who gave what to whom, when, with which badges and seal; found by its code.

The code stands on the courier's screen and on paper; here it is held against what was recorded.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as BadBase64Error
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api import forms
from api.dispatched import concerned, proof_code
from api.http.problems import NotFoundError
from api.web.dispatch.found import CodePath, Seeing, name_of
from api.web.prints import pdf
from api.web.station import place_name
from api.web.visitor import Visitor
from domain.dispatch.journey import HandOver, Journey
from domain.numbers import BadgeCode
from domain.rights import Right
from projections.bags import Bags

router = APIRouter(include_in_schema=False)
_HEX = re.compile(r"[0-9a-f]{12}")
_SEPARATORS = re.compile(r"[\s-]+")
_DATA_URL = "data:image/png;base64,"


@dataclass(frozen=True, slots=True)
class Proven:
    """A hand-over that was recorded under a code."""

    code: str
    bag: Journey
    hand_over: HandOver


def read_proof(given: str) -> str | None:
    """Read a code that was typed or scanned, in groups or not; None if it is none."""
    digits = _SEPARATORS.sub("", given.strip().lower())
    return digits if _HEX.fullmatch(digits) else None


def find_proof(visitor: Visitor, given: str) -> Proven | None:
    """Return what was recorded under a code; None if nothing was, or it is no code.

    Raises NotYoursError.
    """
    qolhat, code = visitor.qolhat, read_proof(given)
    if code is None:
        return None
    qolhat.runner.wait_for(qolhat.log.rows.last_position())
    with qolhat.views.reading() as reading:
        told = reading.view(Bags).proven(reading.connection, code)
    for bag, ref in told:
        journey = qolhat.desk.dispatch.journey(bag)
        hand_over = None if journey is None else _told(journey, ref)
        if journey is not None and hand_over is not None:
            visitor.require_reach(concerned(journey), Right.SEE_PACKETS)
            return Proven(code, journey, hand_over)
    return None


def _told(journey: Journey, ref: str) -> HandOver | None:
    """Return the hand-over of which this was told, first or again."""
    return next((h for h in journey.hand_overs if ref == h.ref or ref in h.confirmed), None)


# --- the page ------------------------------------------------------------------------------------


@router.get("/proof")
def proof(visitor: Seeing, code: Annotated[str, Query(max_length=60)] = "") -> HTMLResponse:
    """Ask for a code, and show what was recorded under it."""
    found = find_proof(visitor, code) if code.strip() else None
    status = 200 if found is not None or not code.strip() else 404
    return visitor.page(
        "dispatch/proof.html",
        status=status,
        code=code,
        found=found,
        shown=None if found is None else proof_code(found.code),
        signed=found is not None and found.hand_over.signature_ref is not None,
        names={} if found is None else _names(visitor, found.hand_over),
        badges=lambda person: _badges(visitor, found, person),
        organisation=lambda each: name_of(visitor, each),
        place_name=lambda each: place_name(visitor, each),
    )


def _names(visitor: Visitor, hand_over: HandOver) -> dict[int, str]:
    people = {hand_over.receiver, hand_over.giver or 0} - {0}
    return visitor.qolhat.personnel.names(people)


def _badges(visitor: Visitor, found: Proven | None, person: int | None) -> Sequence[BadgeCode]:
    """Return the badges that a person carried at the hand-over."""
    register = visitor.qolhat.staff.register
    if found is None or person is None or person not in register:
        return ()
    return register.badges_of(person, found.hand_over.at)


# --- the signature, and paper --------------------------------------------------------------------


def _open(visitor: Visitor, code: str) -> Proven:
    """Return what was recorded under a code. Raises NotFoundError, NotYoursError."""
    found = find_proof(visitor, code)
    if found is None:
        raise NotFoundError
    return found


def _signature(visitor: Visitor, found: Proven) -> bytes | None:
    """Return the drawn signature from the vault; who looks at it is noted."""
    ref = found.hand_over.signature_ref
    kept = None if ref is None else visitor.qolhat.vault.get(ref)
    if kept is None:
        return None
    visitor.saw([f"bag:{found.bag.number}"], "signature")
    try:
        return b64decode(str(kept["png"]).removeprefix(_DATA_URL), validate=True)
    except BadBase64Error:
        return None


@router.get("/proof/{code}/signature.png")
def signature(visitor: Seeing, code: CodePath) -> Response:
    """Show the signature that was drawn on the courier's screen."""
    drawn = _signature(visitor, _open(visitor, code))
    if drawn is None:
        raise NotFoundError
    return Response(drawn, media_type="image/png")


@router.get("/proof/{code}.pdf")
def printed(visitor: Seeing, code: CodePath) -> Response:
    """Print the proof."""
    found = _open(visitor, code)
    told, speech = found.hand_over, visitor.speech
    address = f"{str(visitor.request.base_url).rstrip('/')}/proof"
    made = forms.ProofForm(
        code=found.code,
        bags=[forms.ProofBag(found.bag.number, told.seal or "", len(found.bag.contents))],
        gave=_party(visitor, found, told.giver),
        took=_party(visitor, found, told.receiver),
        happened_at=told.at,
        zone=speech.zone,
        address=address,
        place=place_name(visitor, told.place),
        recorded_at=told.recorded_at,
        remarks=[speech.word("bag-deviation", each.value) for each in told.deviations],
        signature=_signature(visitor, found),
    )
    return pdf(forms.proof_pdf(made, speech.language), f"proof-{found.code}.pdf")


def _party(visitor: Visitor, found: Proven, person: int | None) -> forms.Party:
    if person is None:
        return forms.Party()
    name = visitor.qolhat.personnel.names([person]).get(person)
    return forms.Party(name, next(iter(_badges(visitor, found, person)), None))
