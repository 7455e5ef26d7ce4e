"""Sheets that belong to no organisation: the test strip of a printer, the separator of stacks.

Both are read by whoever stands at the printer or the scanner, so they speak all three languages.
"""

from __future__ import annotations

from babel.numbers import format_decimal

from api.forms.wording import Wording
from api.messages import LOCALES
from domain.cards import Card, StripWidth, card_code
from domain.workdays import Language
from scanner import labels
from scanner.artefact import Artefact, Paragraph
from scanner.labels import Format

_ALL: tuple[Language, ...] = ("kk", "ru", "en")
_STEPS = ("strip.print", "strip.scan", "strip.result")


def strip_pages(form: Format, dpi: int, language: Language) -> list[Artefact]:
    """Describe a test strip: a page of A4, or labels of 58 x 40 mm where it is no PDF."""
    wording = Wording(language)

    def caption(width: StripWidth) -> str:
        millimetres = format_decimal(
            width.micrometres / 1000, "0.00", locale=LOCALES[language], decimal_quantization=True
        )
        if not width.dpi:
            return wording.say("strip.millimetres", width=millimetres)
        return wording.say("strip.dots", dots=width.amount, dpi=width.dpi, width=millimetres)

    if form is not Format.PDF:
        return labels.strip_labels(dpi, wording.say("strip.title"), caption)
    told = [each for one in _languages(language) for each in _told(one)]
    return [labels.strip_page(dpi, told, caption)]


def _languages(first: Language) -> list[Language]:
    return [first, *(each for each in _ALL if each != first)]


def _told(language: Language) -> list[Paragraph]:
    say = Wording(language).say
    steps = [Paragraph(f"{n}. {say(key)}", 8.5) for n, key in enumerate(_STEPS, 1)]
    return [Paragraph(say("strip.title"), 13, bold=True), *steps, Paragraph("\u00a0", 5)]


def separator_sheet(language: Language) -> Artefact:
    """Describe a separator sheet."""
    told = []
    for each in _languages(language):
        say = Wording(each).say
        told += [Paragraph(say("separator.title"), 26, bold=True),
                 Paragraph(say("separator.told"), 11), Paragraph("\u00a0", 8)]  # fmt: skip
    return labels.separator(card_code(Card.SEPARATOR), told)
