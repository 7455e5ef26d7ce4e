"""Labels, envelopes, badges and cards: of their size, read at a label printer's resolution."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.forms import (
    ActionCard,
    Badge,
    Organisation,
    PlaceCard,
    action_cards_pdf,
    badge_pdf,
    envelope_pdf,
    label_pdf,
    place_card_pdf,
)
from api.forms.barcodes import LEAST_HEIGHT, MODULE, QUIET_ZONE, barcode
from api.forms.cards import COLUMNS, ROWS, sign_of
from domain.cards import Card, card_code
from domain.numbers import CodeKind, badge_code, compose, packet_number, place_code
from domain.roles import Role
from domain.workdays import Language
from scanner.labels import QUIET_MODULES, modules_of
from tests.api.forms.reading import MM, Read
from tests.api.forms.samples import (
    ADDRESS,
    APPLICANT,
    AUTHORITY,
    BADGE,
    CARDS,
    DESK,
    ENVELOPE,
    EXECUTOR,
    LABEL,
    LANGUAGES,
    NUMBER,
    PERSONS,
    STAFF,
)

EDGES = [
    packet_number(0, 0),
    packet_number(9_999, 9_999_999),
    packet_number(5_000, 5_000_000),
    badge_code(1, 1),
    place_code(267, Role.COURIER, 999_999),
    compose(CodeKind.ACTION_CARD, 0, 14),
]


# --- the bars -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", EDGES)
def test_bars_are_wide_and_high_enough_with_quiet_on_both_sides(code: int) -> None:
    drawing = barcode(code)
    bars = [shape for shape in drawing.contents if hasattr(shape, "height")]
    assert MODULE >= 0.25 * MM
    assert pytest.approx(QUIET_MODULES * MODULE) == QUIET_ZONE
    assert min(bar.width for bar in bars) == pytest.approx(MODULE)
    assert {bar.height for bar in bars} == {LEAST_HEIGHT}
    assert pytest.approx(12 * MM) == LEAST_HEIGHT
    assert min(bar.x for bar in bars) == pytest.approx(QUIET_ZONE)
    assert max(bar.x + bar.width for bar in bars) == pytest.approx(drawing.width - QUIET_ZONE)


@pytest.mark.parametrize("code", EDGES)
def test_bars_are_the_modules_of_the_encoder(code: int) -> None:
    drawn = ["0"] * len(modules_of(code))
    for bar in (shape for shape in barcode(code).contents if hasattr(shape, "height")):
        first = round((bar.x - QUIET_ZONE) / MODULE)
        drawn[first : first + round(bar.width / MODULE)] = ["1"] * round(bar.width / MODULE)
    assert "".join(drawn) == modules_of(code)


# --- the packet's label -------------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("number", EDGES[:3])
def test_a_label_is_read_at_the_resolution_of_its_printer(number: int, dpi: int) -> None:
    label = replace(LABEL, number=packet_number(number // 10**9 % 10_000, number // 100 % 10**7))
    read = Read(label_pdf(label, "kk"))
    assert read.codes(dpi=dpi) == [str(number)]


def test_a_label_is_58_by_40_millimetres_and_names_nobody() -> None:
    read = Read(label_pdf(LABEL, "kk"))
    assert read.size() == (58, 40)
    assert read.text.replace("\u202f", " ") == "003-7 2026 ж. 27 қар. 1026 7000 0012 87"
    assert not any(name in read.text for person in PERSONS for name in person.split())
    assert read.all_inside(margin_mm=2)


def test_at_203_dpi_every_bar_of_a_label_is_whole_dots() -> None:
    dot = 72 / 203
    bars = [box for box in Read(label_pdf(LABEL, "kk")).paths() if box.top - box.bottom > 10 * MM]
    assert len(bars) > 30
    for edge in (edge / dot for bar in bars for edge in (bar.left, bar.right)):
        assert edge == pytest.approx(round(edge), abs=0.01)
    widths = {round((bar.right - bar.left) / dot) for bar in bars}
    assert widths <= {3, 6, 9, 12}


# --- the envelope -------------------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [203, 300])
def test_an_envelopes_label_names_sender_and_recipient(dpi: int) -> None:
    read = Read(envelope_pdf(ENVELOPE, "kk"))
    assert read.size() == (105, 74)
    for said in (AUTHORITY.name, AUTHORITY.address, APPLICANT, ADDRESS):
        assert said in read.text
    assert read.codes(dpi=dpi) == [str(NUMBER)]


def test_an_unknown_recipient_is_written_by_hand() -> None:
    read = Read(envelope_pdf(replace(ENVELOPE, address=None), "kk"))
    assert len([rule for rule in read.rules() if rule.right - rule.left > 60 * MM]) == 3
    assert APPLICANT in read.text
    assert not Read(envelope_pdf(ENVELOPE, "kk")).rules()


# --- long names ---------------------------------------------------------------------------------


def test_long_names_shrink_and_are_not_clipped() -> None:
    name, street = "Ұзынтегі " * 14, "Ұзынкөше " * 25
    sender = Organisation("Ұзынатау " * 25, "Мекенжай " * 25)
    pages = [
        envelope_pdf(replace(ENVELOPE, sender=sender, recipient=name, address=street), "kk"),
        badge_pdf(replace(STAFF, name=name, organisation=street), "kk"),
        place_card_pdf(replace(DESK, name=name, organisation=street), "kk"),
        action_cards_pdf([ActionCard(BADGE, name + street)], "kk"),
    ]
    for read in map(Read, pages):
        assert read.solid.count("Ұзынтегі") == 14
        assert read.solid.count("Ұзынкөше") == 25
        assert read.all_inside(margin_mm=3)
        assert len(read.codes()) == 1
    envelope = Read(pages[0])
    assert envelope.solid.count("Ұзынатау") == envelope.solid.count("Мекенжай") == 25


def test_long_texts_of_an_envelope_stay_out_of_each_other() -> None:
    sender = Organisation("Ұзынатау " * 25, "Мекенжай " * 25)
    read = Read(envelope_pdf(replace(ENVELOPE, sender=sender), "kk"))
    to = read.place("Кімге:")
    assert read.place("Мекенжай").bottom > to.top
    last = [box for letter, box in read.letters() if letter == "М"]
    assert min(box.bottom for box in last) > to.top


# --- badges, places, action cards ---------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_badge_has_name_role_and_organisation(language: Language) -> None:
    read = Read(badge_pdf(STAFF, language))
    role = {"kk": "Жауапты орындаушы", "ru": "Ответственный исполнитель", "en": "Executor"}[
        language
    ]
    assert read.size() == (86, 54)
    for said in (EXECUTOR, role, AUTHORITY.name):
        assert said in read.text
    assert read.codes(dpi=203) == [str(BADGE)]


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.COURIER, Role.AKIM])
def test_a_places_card_takes_the_role_from_its_code(role: Role) -> None:
    code = place_code(267, role, 5)
    read = Read(place_card_pdf(PlaceCard(code, "1-терезе", AUTHORITY.name), "en"))
    assert read.size() == (148, 105)
    assert role.value.capitalize() in read.text
    assert read.codes() == [str(code)]


def test_a_sheet_of_cards_holds_ten_and_goes_on() -> None:
    read = Read(action_cards_pdf(CARDS, "kk"))
    assert len(CARDS) > COLUMNS * ROWS == 10
    assert [len(read.codes(page)) for page in range(len(read.pages))] == [10, len(CARDS) - 10]
    for card in CARDS:
        assert card.title in read.text
    assert read.codes(0) == [str(card.code) for card in CARDS[:10]]


def test_no_card_is_no_sheet_but_an_empty_page() -> None:
    read = Read(action_cards_pdf([], "kk"))
    assert len(read.pages) == 1
    assert read.text == ""


def test_every_card_has_a_sign_of_its_own() -> None:
    signs = {card: sign_of(card_code(card)) for card in Card}
    assert len(set(signs.values())) == len(Card)
    assert sign_of(BADGE) not in signs.values()
    assert sign_of(compose(CodeKind.ACTION_CARD, 0, 9_000)) not in signs.values()
    text = Read(action_cards_pdf(CARDS, "kk")).text
    assert all(sign in text for sign in signs.values())


def test_badges_on_a_sheet_name_the_executors() -> None:
    sheet = [ActionCard(badge_code(267, serial), f"Орындаушы {serial}") for serial in (1, 2, 3)]
    read = Read(action_cards_pdf(sheet, "kk"))
    assert sorted(read.codes()) == sorted(str(card.code) for card in sheet)


def test_badges_are_told_apart() -> None:
    other = Badge(badge_code(267, 4), EXECUTOR, Role.HEAD, AUTHORITY.name)
    assert badge_pdf(other, "kk") != badge_pdf(STAFF, "kk")
