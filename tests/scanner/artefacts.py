"""One of each thing that we print, with Kazakh words."""

from __future__ import annotations

from collections.abc import Sequence

from domain.cards import DESK_CARDS, Card, StripWidth, card_code, strip_code
from domain.numbers import (
    badge_code,
    bag_code,
    packet_number,
    place_code,
    registry_code,
)
from domain.roles import Role
from scanner.artefact import Artefact, Paragraph
from scanner.labels import (
    SHEET_LABEL,
    action_card,
    badge,
    bag_tag,
    code_block,
    on_card_sheets,
    on_sheets,
    packet_label,
    place_card,
    separator,
    strip_labels,
    strip_page,
)

KAZAKH = "ӘҒҚҢӨҰҮҺІ әғқңөұүһі"
NUMBER = packet_number(267, 12)
NUMBERS = [packet_number(267, serial) for serial in range(1, 31)]
DAY = "2026 ж. 27 қар."
P = Paragraph

LABEL = packet_label(NUMBER, "003-7 Ғ", DAY)
TAG = bag_tag(
    bag_code(267, 7),
    [P("1-қап, барлығы 2", 17, bold=True), P("Үлгі ауданының орталығы", 11), P(KAZAKH, 16)],
    [P("30 құжат", 10, bold=True), P("Пломба: П-00112", 10)],
)
BADGE = badge(badge_code(267, 3), [P("Үлгі бөлімі", 8), P("Кілттоқаш Шілде", 14), P(KAZAKH, 10)])
PLACE = place_card(place_code(267, Role.OFFICE, 1), [P("Үлгі бөлімі", 10), P("2-терезе", 26)])
CARD = action_card(card_code(Card.SIGNED), "✒", "Қол қойылды")
SEPARATOR = separator(card_code(Card.SEPARATOR), [P("Бөлгіш парақ", 30, bold=True)])
REGISTRY_HEADER = code_block(registry_code(267, 5), "registry-header")
RECEIPT_HEADER = code_block(NUMBER, "receipt-header")
SMALL: dict[str, Artefact] = {
    "packet-label": LABEL,
    "bag-tag": TAG,
    "badge": BADGE,
    "place-card": PLACE,
    "action-card": CARD,
    "registry-header": REGISTRY_HEADER,
    "receipt-header": RECEIPT_HEADER,
}
SHEETS: dict[str, list[Artefact]] = {
    "label-sheet": on_sheets([packet_label(each, "003-7", DAY, SHEET_LABEL) for each in NUMBERS]),
    "card-sheet": on_card_sheets(
        [action_card(card_code(each), "✒", each.value) for each in DESK_CARDS]
    ),
    "separator": [SEPARATOR],
}


def caption(width: StripWidth) -> str:
    return f"{width.micrometres / 1000:.2f} мм"


def strip(dpi: int) -> Artefact:
    return strip_page(dpi, [P("Сынақ жолағы", 17, bold=True), P(KAZAKH, 10)], caption)


def labels_of_strip(dpi: int) -> list[Artefact]:
    return strip_labels(dpi, "Сынақ жолағы", caption)


def codes_of(pages: Sequence[Artefact]) -> list[str]:
    """What stands on pages, each once."""
    return sorted({str(bars.code) for page in pages for bars in page.bars})


def strip_codes(widths: Sequence[StripWidth]) -> list[str]:
    return sorted(str(strip_code(each)) for each in widths)
