"""What the command line, the API and the pages share about evidence: heads and proofs on paper."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from api import forms
from api.entries import kind_of
from api.messages import word
from domain.workdays import Language
from infra.bootstrap import Qolhat
from infra.evidence.closing import ZONE
from infra.evidence.proofs import PacketProofs
from infra.evidence.witness import Head
from infra.store.mapper import read_event

_MOST_LETTERS = 2_900  # a QR code holds no more; what is longer is given as a text only


def witness_of(head: Head) -> forms.Witness:
    """Return a head as it is printed."""
    return forms.Witness(head.text, head.day, head.size, head.fingerprint, head.root.hex())


def witness_before(qolhat: Qolhat, at: datetime) -> forms.Witness | None:
    """Return the last head that was signed before an instant: the same however often it is asked.

    None if there is none. Raises StorageError.
    """
    head = qolhat.evidence.head_before(at)
    return None if head is None else witness_of(head)


def proof_slip(proofs: PacketProofs, language: str) -> bytes:
    """Set the proofs of a packet on paper."""
    events = [(row[0], read_event(*row[1:])) for row in proofs.events]
    slip = forms.ProofSlip(
        number=proofs.whole.packet,
        witness=witness_of(proofs.whole.head),
        events=[
            forms.ProvedEvent(word(*kind_of(event), language), event.happened_at, position)
            for position, event in events
        ],
        codes=[each.text for each in proofs.codes if len(each.text) <= _MOST_LETTERS],
        zone=ZONE,
    )
    return forms.proof_slip_pdf(slip, cast("Language", language))
