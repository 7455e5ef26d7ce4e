"""What is printed of our codes, for the pages, the HTTP API and the command line alike.

Somebody chooses a format and a printer's resolution; whatever is printed is drawn for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from api import forms
from api.dispatched import RegistryFacts, bag_journey, registry_facts
from api.forms.bag_tags import bag_tags
from api.forms.cards import action_card, place_card, staff_badge
from api.forms.labels import packet_label
from api.forms.strips import separator_sheet, strip_pages
from api.forms.wording import Wording
from api.messages import word
from api.web.facts import facts_of
from domain.cards import DESK_CARDS, Card, card_code, card_of
from domain.dispatch.journey import Journey
from domain.errors import RefusedError, UnknownPacketError, UnknownPersonError
from domain.numbers import (
    BadgeCode,
    BagCode,
    Code,
    CodeKind,
    PacketNumber,
    PlaceCode,
    RegistryCode,
    grouped,
)
from domain.workdays import Language
from infra.bootstrap import Qolhat
from scanner.artefact import Artefact, NoRoomError
from scanner.labels import (
    COMMON_DPI,
    LABEL_SIZE,
    LEAST_DPI,
    MEDIA_TYPES,
    MOST_DPI,
    SHEET_LABEL,
    Format,
    code_block,
    drawn,
    on_card_sheets,
    on_sheets,
)

MOST_LABELS = 240  # ten sheets at once


class NoRoomToPrintError(RefusedError):
    """A page that no label printer is wide enough for, or bars that would be too narrow."""

    code = "no-room-to-print"
    status = 422


class NotPrintableError(RefusedError):
    """A code of which we print nothing."""

    code = "not-printable"
    status = 404


@dataclass(frozen=True, slots=True)
class Printer:
    """In which format, and for how many dots an inch, somebody wants things printed."""

    form: Format = Format.PDF
    dpi: int = COMMON_DPI

    def __str__(self) -> str:
        return f"{self.form.value}-{self.dpi}"


@dataclass(frozen=True, slots=True)
class Printed:
    """Something drawn: its bytes, media type and a name for its file."""

    content: bytes
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class Print:
    """Pages about to be drawn; `key` is that of their title, `name` their file's without ending."""

    pages: Sequence[Artefact]
    key: str
    name: str

    def drawn(self, printer: Printer, language: Language) -> Printed:
        """Draw for a printer. Raises NoRoomToPrintError."""
        title = Wording(language).say(f"{self.key}.title")
        try:
            content = drawn(self.pages, printer.form, printer.dpi, title, language)
        except NoRoomError as error:
            raise NoRoomToPrintError(format=printer.form.value.upper()) from error
        media_type = MEDIA_TYPES[printer.form]
        return Printed(content, media_type, f"{self.name}.{printer.form.value}")


def printer_of(said: str | None) -> Printer:
    """Read a printer as it was remembered: `zpl-203`; the usual one for anything else."""
    form, _, dpi = (said or "").partition("-")
    known = form in set(Format) and dpi.isdecimal() and len(dpi) <= len(str(MOST_DPI))
    if not known or not LEAST_DPI <= int(dpi) <= MOST_DPI:
        return Printer()
    return Printer(Format(form), int(dpi))


# --- packets -------------------------------------------------------------------------------------


def label_print(qolhat: Qolhat, number: PacketNumber, language: Language) -> Print:
    """Print the label of a packet."""
    label = packet_label(label_of(qolhat, number), language, LABEL_SIZE)
    return Print([label], "label", f"label-{number}")


def label_of(qolhat: Qolhat, number: PacketNumber) -> forms.Label:
    """Return what stands on a packet's label; the number alone where it is not registered."""
    try:
        facts = facts_of(qolhat, number)
    except UnknownPacketError:
        return forms.Label(number, "", None)
    if facts.edition is None:
        return forms.Label(number, "", None)
    accepting = qolhat.directory.organisation(facts.progress.accepting)
    day = (facts.progress.accepted_at or facts.now).astimezone(ZoneInfo(accepting.zone)).date()
    return forms.Label(number, facts.edition.service.key, day)


def sheet_print(
    qolhat: Qolhat, numbers: Iterable[PacketNumber], start: int, language: Language
) -> Print:
    """Print labels on A4 sheets of 24, beginning at a place that is still free."""
    labels = [packet_label(label_of(qolhat, each), language, SHEET_LABEL) for each in numbers]
    return Print(on_sheets(labels, start), "label", "labels")


# --- bags, places, people ------------------------------------------------------------------------


def tags_print(
    qolhat: Qolhat, facts: RegistryFacts, bags: Sequence[Journey], language: Language
) -> Print:
    """Print the tags of a registry's bags."""
    tags = [_tag(qolhat, facts, bags, nth) for nth in range(1, len(bags) + 1)]
    return Print(bag_tags(tags, language), "tag", f"tags-{facts.number}")


def tag_print(qolhat: Qolhat, bag: BagCode, language: Language) -> Print:
    """Print the tag of one bag. Raises UnknownBagError."""
    facts = registry_facts(qolhat, bag_journey(qolhat, bag).registry)
    shown = [each for each in facts.bags if each.contents or each.number == bag]
    nth = [each.number for each in shown].index(bag) + 1
    tag = _tag(qolhat, facts, shown, nth)
    return Print(bag_tags([tag], language), "tag", f"tag-{bag}")


def _tag(qolhat: Qolhat, facts: RegistryFacts, bags: Sequence[Journey], nth: int) -> forms.BagTag:
    bag, organisation = bags[nth - 1], qolhat.directory.organisation
    return forms.BagTag(
        code=bag.number,
        registry=facts.number,
        sender=organisation(facts.sender).name_kk,
        recipient=organisation(facts.to).name_kk,
        place=nth,
        places=len(bags),
        packets=len(bag.contents),
        closed_at=facts.closed_at or qolhat.now(),
        zone=organisation(facts.sender).zone,
        seal=bag.seal or "",
    )


def place_print(qolhat: Qolhat, code: PlaceCode, language: Language) -> Print:
    """Print the card of a place. Raises UnknownPlaceError."""
    place = qolhat.directory.place(code)
    name = f"{word('role', place.role.value, language)} {place.number}"
    house = qolhat.directory.organisation(place.organisation).official_name
    card = forms.PlaceCard(code, name[:1].upper() + name[1:], house)
    return Print([place_card(card, language)], "place", f"place-{code}")


def badge_print(badge: forms.Badge, name: str, language: Language) -> Print:
    """Print a badge."""
    return Print([staff_badge(badge, language)], "badge", name)


# --- what serves everybody -----------------------------------------------------------------------


def cards_print(form: Format, language: Language) -> Print:
    """Print the action cards: ten on a sheet of A4, or each alone on a label printer."""
    cards = [_card(each, language) for each in DESK_CARDS]
    return Print(cards if form is Format.ZPL else on_card_sheets(cards), "cards", "cards")


def card_print(card: Card, language: Language) -> Print:
    """Print one action card; the separator is a whole sheet."""
    if card is Card.SEPARATOR:
        return Print([separator_sheet(language)], "separator", "separator")
    return Print([_card(card, language)], "cards", f"card-{card.value}")


def _card(card: Card, language: Language) -> Artefact:
    return action_card(forms.ActionCard(card_code(card), word("card", card.value, language)))


def strip_print(printer: Printer, language: Language) -> Print:
    """Print a test strip for this printer."""
    pages = strip_pages(printer.form, printer.dpi, language)
    return Print(pages, "strip", f"test-strip-{printer.dpi}")


# --- any code ------------------------------------------------------------------------------------


def print_of(qolhat: Qolhat, code: Code, language: Language) -> Print:
    """Print what carries a code: label, tag, card, badge, or the head of a registry.

    Raises UnknownBagError, UnknownPlaceError, UnknownPersonError, NotPrintableError.
    """
    value = code.value
    match code.kind:
        case CodeKind.PACKET:
            return label_print(qolhat, PacketNumber(value), language)
        case CodeKind.BAG:
            return tag_print(qolhat, BagCode(value), language)
        case CodeKind.PLACE:
            return place_print(qolhat, PlaceCode(value), language)
        case CodeKind.BADGE:
            return _print_of_badge(qolhat, BadgeCode(value), language)
        case CodeKind.REGISTRY:
            facts = registry_facts(qolhat, RegistryCode(value))
            head = code_block(facts.number, "registry-header", width=LABEL_SIZE[0])
            return Print([head], "registry", f"registry-{value}")
    card = card_of(code)
    if card is None:
        raise NotPrintableError(number=grouped(value))
    return card_print(card, language)


def _print_of_badge(qolhat: Qolhat, code: BadgeCode, language: Language) -> Print:
    member = qolhat.staff.refresh().by_badge(code)
    if member is None:
        raise UnknownPersonError(person=grouped(code))
    name = qolhat.personnel.names([member.person]).get(member.person, f"№ {member.person}")
    house = qolhat.directory.organisation(member.organisation).official_name
    badge = forms.Badge(code, name, min(member.roles), house)
    return badge_print(badge, f"badge-{member.person}", language)
