"""Forms about nobody: an example of each, and the same with nothing but what it must have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from api.forms import (
    ActionCard,
    AidCertificate,
    Badge,
    BagLines,
    BagTag,
    ComplaintSlip,
    Contact,
    Envelope,
    Label,
    LookUp,
    Notice,
    Organisation,
    PacketLine,
    Paper,
    Party,
    PlaceCard,
    ProofBag,
    ProofForm,
    Receipt,
    Referral,
    RegistryForm,
    Signer,
    Slip,
    UnemployedCertificate,
    action_cards_pdf,
    aid_certificate_pdf,
    badge_pdf,
    bag_tags_pdf,
    complaint_slip_pdf,
    envelope_pdf,
    label_pdf,
    notice_pdf,
    place_card_pdf,
    proof_pdf,
    receipt_pdf,
    referral_pdf,
    registry_pdf,
    slip_pdf,
    unemployed_certificate_pdf,
)
from domain.acts import Outcome
from domain.cards import Card, card_code
from domain.numbers import badge_code, bag_code, packet_number, place_code, registry_code
from domain.roles import Role
from domain.workdays import Language

NUMBER = packet_number(267, 12)
BADGE = badge_code(267, 3)
PLACE = place_code(267, Role.OFFICE, 1)
BAG, OTHER_BAG = bag_code(267, 7), bag_code(267, 8)
REGISTRY_CODE = registry_code(267, 5)
ZONE = "Asia/Almaty"
AT = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)  # 01:30 of the next day in the zone
DAY = date(2026, 11, 27)
APPLICANT = "Терезежапырақ Қаңтар Ақпанұлы"
CLERK = "Қаламтамшы Көкек"
HEAD = "Сандықшеге Маусым"
EXECUTOR = "Кілттоқаш Шілде"
ADDRESS = "Үлгі ауданы, Сынақ ауылы, Көрсетілім көшесі, 7"
SERVICE = "18 жасқа дейінгі балалы отбасыларға мемлекеттік жәрдемақылар тағайындау"
PERSONS = (APPLICANT, CLERK, HEAD, EXECUTOR)

AUTHORITY = Organisation(
    name="«Үлгі ауданының жұмыспен қамту және әлеуметтік бағдарламалар бөлімі» ММ",
    address="Үлгі ауданы, Сынақ ауылы, Мысал көшесі, 1",
    phone="8 (000) 000-00-00",
    email="bolim@example.kz",
)
CENTRE = Organisation("Үлгі ауданының халыққа қызмет көрсету орталығы", "Мысал көшесі, 2")
LOOK_UP = LookUp("7KQF-2M9X", "https://qolhat.example.kz/p", DAY)

RECEIPT = Receipt(
    centre=CENTRE,
    zone=ZONE,
    number=NUMBER,
    accepted=AT,
    service=SERVICE,
    service_key="003-7",
    papers=(Paper("Жеке куәліктің көшірмесі"), Paper("Туу туралы куәліктің көшірмесі", 3)),
    issue_at=DAY,
    issue_place="Мысал көшесі, 2, 3-терезе",
    inspector=CLERK,
    look_up=LOOK_UP,
)
SLIP = Slip(
    authority=AUTHORITY,
    zone=ZONE,
    number=NUMBER,
    accepted=AT,
    service=SERVICE,
    service_key="003-7",
    applicant=APPLICANT,
    registration="К-15/112",
    accepted_by=CLERK,
    look_up=LOOK_UP,
)
COMPLAINT = ComplaintSlip(
    organisation=AUTHORITY,
    zone=ZONE,
    number=NUMBER,
    taken=AT,
    answer=datetime(2026, 12, 7, 10, 0, tzinfo=UTC),
    contacts=(Contact(EXECUTOR, "8 (000) 000-00-01", "5-кабинет"), Contact(HEAD)),
    taken_by=CLERK,
)
GRANTED = Notice(
    authority=AUTHORITY,
    number=NUMBER,
    service=SERVICE,
    outcome=Outcome.GRANTED,
    outgoing="15-07/112",
    day=DAY,
    applicant=APPLICANT,
    address=ADDRESS,
    signer=Signer(HEAD),
    executor=EXECUTOR,
    executor_phone="8 (000) 000-00-01",
)
AID = AidCertificate(
    authority=AUTHORITY,
    number=NUMBER,
    outgoing="17",
    day=DAY,
    quarter=3,
    year=2026,
    applicant=APPLICANT,
    registration="112-А",
    family=("Терезежапырақ Көкек", "Терезежапырақ Шілде"),
    signer=Signer(HEAD),
)
UNEMPLOYED = UnemployedCertificate(
    authority=AUTHORITY,
    number=NUMBER,
    outgoing="18",
    day=DAY,
    applicant=APPLICANT,
    since=date(2026, 10, 1),
    signer=Signer(HEAD),
)
REFERRAL = Referral(
    authority=AUTHORITY,
    number=NUMBER,
    referral="45",
    applicant=APPLICANT,
    period="6 ай",
    organisation="«Үлгі зауыты» ЖШС",
    measure="қоғамдық жұмыстар",
    head=HEAD,
    day=DAY,
)
ENVELOPE = Envelope(NUMBER, AUTHORITY, APPLICANT, ADDRESS)
LABEL = Label(NUMBER, "003-7", DAY)
CARDS = tuple(ActionCard(card_code(card), f"{card.value} әрекеті") for card in Card)
STAFF = Badge(BADGE, EXECUTOR, Role.EXECUTOR, AUTHORITY.name)
DESK = PlaceCard(PLACE, "2-терезе", AUTHORITY.name)
REGISTRY = RegistryForm(
    number=REGISTRY_CODE,
    sender=CENTRE,
    recipient=AUTHORITY,
    closed_at=AT,
    zone=ZONE,
    made_by=CLERK,
    bags=(BagLines(BAG, "П-00112", (PacketLine(NUMBER, "003-7"),)),),
)
TAG = BagTag(
    code=BAG,
    registry=REGISTRY_CODE,
    sender=CENTRE.name,
    recipient=AUTHORITY.name,
    place=1,
    places=2,
    packets=30,
    closed_at=AT,
    zone=ZONE,
    seal="П-00112",
)
PROOF = ProofForm(
    code="3f9a07c2b81e",
    bags=(ProofBag(BAG, "П-00112", 30), ProofBag(OTHER_BAG)),
    gave=Party(CLERK, badge_code(267, 4)),
    took=Party(EXECUTOR, BADGE),
    place="Мысал көшесі, 1, кеңсе",
    happened_at=AT,
    recorded_at=datetime(2026, 11, 22, 21, 45, tzinfo=UTC),
    zone=ZONE,
    remarks=("Пломбаның нөмірі өзге",),
    address="https://qolhat.example.kz/proof",
)

Make = Callable[[Language], bytes]
FORMS: dict[str, Make] = {
    "receipt": lambda language: receipt_pdf(RECEIPT, language),
    "slip": lambda language: slip_pdf(SLIP, language),
    "complaint": lambda language: complaint_slip_pdf(COMPLAINT, language),
    "notice": lambda language: notice_pdf(GRANTED, language),
    "aid": lambda language: aid_certificate_pdf(AID, language),
    "unemployed": lambda language: unemployed_certificate_pdf(UNEMPLOYED, language),
    "referral": lambda language: referral_pdf(REFERRAL, language),
    "envelope": lambda language: envelope_pdf(ENVELOPE, language),
    "label": lambda language: label_pdf(LABEL, language),
    "cards": lambda language: action_cards_pdf(CARDS, language),
    "badge": lambda language: badge_pdf(STAFF, language),
    "place": lambda language: place_card_pdf(DESK, language),
    "registry": lambda language: registry_pdf(REGISTRY, language),
    "tag": lambda language: bag_tags_pdf([TAG], language),
    "proof": lambda language: proof_pdf(PROOF, language),
}
_PLAIN = Organisation("Sample office")
BARE: dict[str, Make] = {
    "receipt": lambda language: receipt_pdf(
        Receipt(centre=_PLAIN, zone=ZONE, number=NUMBER, accepted=AT, service="Sample service",
                service_key="003-7"), language),
    "slip": lambda language: slip_pdf(
        Slip(authority=_PLAIN, zone=ZONE, number=NUMBER, accepted=AT, service="Sample service",
             service_key="003-7"), language),
    "complaint": lambda language: complaint_slip_pdf(
        ComplaintSlip(organisation=_PLAIN, zone=ZONE, number=NUMBER, taken=AT), language),
    "notice": lambda language: notice_pdf(
        Notice(authority=_PLAIN, number=NUMBER, service="Sample service",
               outcome=Outcome.REFUSED), language),
    "aid": lambda language: aid_certificate_pdf(
        AidCertificate(authority=_PLAIN, number=NUMBER), language),
    "unemployed": lambda language: unemployed_certificate_pdf(
        UnemployedCertificate(authority=_PLAIN, number=NUMBER), language),
    "referral": lambda language: referral_pdf(
        Referral(authority=_PLAIN, number=NUMBER), language),
    "envelope": lambda language: envelope_pdf(Envelope(NUMBER, _PLAIN, None, None), language),
    "label": lambda language: label_pdf(LABEL, language),
    "cards": lambda language: action_cards_pdf([ActionCard(BADGE, "Sample")], language),
    "badge": lambda language: badge_pdf(Badge(BADGE, "Sample", Role.HEAD, "Office"), language),
    "place": lambda language: place_card_pdf(PlaceCard(PLACE, "Sample", "Office"), language),
    "registry": lambda language: registry_pdf(
        RegistryForm(number=REGISTRY_CODE, sender=_PLAIN, recipient=_PLAIN, closed_at=AT,
                     zone=ZONE, bags=(BagLines(BAG, "", ()),)), language),
    "tag": lambda language: bag_tags_pdf(
        [BagTag(code=BAG, registry=REGISTRY_CODE, sender="Sample", recipient="Sample", place=1,
                places=1, packets=0, closed_at=AT, zone=ZONE)], language),
    "proof": lambda language: proof_pdf(
        ProofForm(code="3f9a07c2b81e", bags=[ProofBag(BAG)], gave=Party(), took=Party(),
                  happened_at=AT, zone=ZONE, address="https://example.kz"), language),
}  # fmt: skip
LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")
