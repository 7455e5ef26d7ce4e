"""The forms of the regulations as PDF: dataclasses in, bytes out [003 annexes; 002 §11, §13, §24].

Nothing here knows the store, the vault or the web: who calls looks everything up and fills it in.
Every form takes its language; its texts are in the catalogue `forms`.
"""

from api.forms.bag_tags import BagTag, bag_tags_pdf
from api.forms.cards import (
    ActionCard,
    Badge,
    PlaceCard,
    action_cards_pdf,
    badge_pdf,
    place_card_pdf,
)
from api.forms.labels import Envelope, Label, envelope_pdf, label_pdf
from api.forms.proofs import Party, ProofBag, ProofForm, grouped_proof, proof_pdf
from api.forms.receipts import (
    ComplaintSlip,
    Contact,
    LookUp,
    Paper,
    Receipt,
    Slip,
    SurveyInvite,
    complaint_slip_pdf,
    receipt_pdf,
    slip_pdf,
)
from api.forms.registries import BagLines, PacketLine, RegistryForm, registry_pdf
from api.forms.results import (
    AidCertificate,
    Notice,
    Referral,
    Signer,
    UnemployedCertificate,
    aid_certificate_pdf,
    notice_pdf,
    referral_pdf,
    unemployed_certificate_pdf,
)
from api.forms.sheet import Organisation
from api.forms.witnesses import (
    ProofSlip,
    ProvedEvent,
    Witness,
    proof_slip_pdf,
)

__all__ = [
    "ActionCard",
    "AidCertificate",
    "Badge",
    "BagLines",
    "BagTag",
    "ComplaintSlip",
    "Contact",
    "Envelope",
    "Label",
    "LookUp",
    "Notice",
    "Organisation",
    "PacketLine",
    "Paper",
    "Party",
    "PlaceCard",
    "ProofBag",
    "ProofForm",
    "ProofSlip",
    "ProvedEvent",
    "Receipt",
    "Referral",
    "RegistryForm",
    "Signer",
    "Slip",
    "SurveyInvite",
    "UnemployedCertificate",
    "Witness",
    "action_cards_pdf",
    "aid_certificate_pdf",
    "badge_pdf",
    "bag_tags_pdf",
    "complaint_slip_pdf",
    "envelope_pdf",
    "grouped_proof",
    "label_pdf",
    "notice_pdf",
    "place_card_pdf",
    "proof_pdf",
    "proof_slip_pdf",
    "receipt_pdf",
    "referral_pdf",
    "registry_pdf",
    "slip_pdf",
    "unemployed_certificate_pdf",
]
