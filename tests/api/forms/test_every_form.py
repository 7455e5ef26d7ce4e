"""What is true of every form: language, typeface, properties, barcodes, blanks."""

from __future__ import annotations

import ast
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import files

import pytest
from reportlab.pdfbase import pdfmetrics

from api.forms import notice_pdf, receipt_pdf
from api.forms.wording import Wording, cleaned
from api.messages import catalogue
from domain.acts import Outcome
from domain.cards import Card, card_code
from domain.numbers import grouped
from domain.workdays import Language
from scanner.typeface import BOLD, REGULAR
from tests.api.forms import samples
from tests.api.forms.reading import Read
from tests.api.forms.samples import BARE, FORMS, LANGUAGES, Make

REFUSED = Outcome.REFUSED
KAZAKH = "ӘҒҚҢӨҰҮҺІәғқңөұүһі"
CODES = {
    "cards": {str(card_code(card)) for card in Card},
    "badge": {str(samples.BADGE)},
    "place": {str(samples.PLACE)},
    "registry": {str(samples.REGISTRY_CODE), str(samples.BAG), str(samples.NUMBER)},
    "tag": {str(samples.BAG)},
    "proof": {str(samples.BAG), str(samples.OTHER_BAG)},
}
BARE_CODES = {
    "cards": {str(samples.BADGE)},
    "registry": {str(samples.REGISTRY_CODE), str(samples.BAG)},
    "proof": {str(samples.BAG)},
}
every_form = pytest.mark.parametrize("form", FORMS)
every_language = pytest.mark.parametrize("language", LANGUAGES)


# --- language and letters -----------------------------------------------------------------------


@every_language
@every_form
def test_a_form_says_its_title_in_its_language(form: str, language: Language) -> None:
    read = Read(FORMS[form](language))
    title = catalogue("forms", language)[f"{form}.title"]
    assert read.properties["Title"] == title
    assert f"/Lang ({language})".encode() in read.raw
    if form not in {"envelope", "label", "cards", "badge", "place", "referral", "tag"}:
        assert title in read.text


@pytest.mark.parametrize("form", BARE)
def test_no_other_language_slips_in(form: str) -> None:
    if form in {"label", "cards"}:
        return  # they say nothing of their own but a date and what they are given
    kazakh, russian, english = (Read(BARE[form](language)).text for language in LANGUAGES)
    assert len({kazakh, russian, english}) == 3
    assert not set(russian) & set(KAZAKH)
    assert not re.search("[\u0400-\u04ff]", english)


@pytest.mark.parametrize("letter", KAZAKH + "₸№«»—")
def test_both_fonts_have_every_kazakh_letter(letter: str) -> None:
    for font in (REGULAR, BOLD):
        assert pdfmetrics.getFont(font).face.charToGlyph.get(ord(letter), 0) > 0


def test_every_kazakh_letter_is_read_back() -> None:
    notice = replace(samples.GRANTED, applicant=KAZAKH, address="500 ₸, № 7")
    text = Read(notice_pdf(notice, "kk")).text
    assert KAZAKH in text
    assert "500 ₸, № 7" in text


def test_every_kazakh_letter_is_drawn_and_each_is_another() -> None:
    reasons = [f"Н{letter}Н" for letter in KAZAKH]
    read = Read(notice_pdf(replace(samples.GRANTED, outcome=REFUSED, reasons=reasons), "kk"))
    picture, scale = read.picture(dpi=150), 150 / 72
    pictures = set()
    for reason in reasons:
        place = read.place(reason)
        left, top = int(place.left * scale), int(picture.height - place.top * scale)
        pictures.add(picture.crop((left - 3, top - 8, left + 60, top + 30)).tobytes())
    assert len(pictures) == len(KAZAKH)


@every_form
def test_the_fonts_are_embedded_as_subsets(form: str) -> None:
    raw = FORMS[form]("kk")
    names = set(re.findall(rb"/FontName /([\w+-]+)", raw))
    assert names
    assert all(re.match(rb"[A-Z]{6}\+DejaVuSans", name) for name in names)
    assert raw.count(b"/FontFile2") == len(names)
    assert len(raw) < 120_000


def test_the_licence_of_the_fonts_stands_beside_them() -> None:
    licence = files("scanner").joinpath("fonts", "LICENSE.txt").read_text("utf-8")
    assert "Bitstream Vera" in licence
    assert "DejaVu changes are in public domain" in licence


# --- properties ---------------------------------------------------------------------------------


@every_form
def test_the_properties_name_nobody(form: str) -> None:
    read = Read(FORMS[form]("kk"))
    said = " ".join(read.properties.values())
    names = {word for person in samples.PERSONS for word in person.split()}
    assert not any(name in said for name in names)
    assert read.properties["Author"] == read.properties["Creator"] == "Qolhat"
    assert b"/PrintScaling /None" in read.raw


@every_form
def test_the_same_form_is_the_same_bytes(form: str) -> None:
    assert FORMS[form]("kk") == FORMS[form]("kk")


def test_forms_made_at_the_same_time_do_not_disturb_each_other() -> None:
    makes: list[Make] = [FORMS[form] for form in ("receipt", "notice", "badge", "envelope")] * 3
    alone = [make("kk") for make in makes]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(lambda make: make("kk"), makes))
    assert together == alone


# --- barcodes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [FORMS, BARE])
@every_form
def test_every_barcode_is_read_back(form: str, make: dict[str, Make]) -> None:
    read = Read(make[form]("kk"))
    found = {code for page in range(len(read.pages)) for code in read.codes(page)}
    expected = CODES.get(form, {str(samples.NUMBER)})
    if make is BARE:
        expected = BARE_CODES.get(form, expected)
    assert found == expected
    assert all(grouped(int(code)) in read.text for code in found)


# --- what has no value --------------------------------------------------------------------------


@every_language
@pytest.mark.parametrize("form", BARE)
def test_what_is_missing_is_never_written_as_none(form: str, language: Language) -> None:
    assert "None" not in Read(BARE[form](language)).text


def test_what_is_missing_is_a_rule_to_write_on() -> None:
    say = Wording("kk").say
    bare, filled = Read(BARE["receipt"]("kk")), Read(FORMS["receipt"]("kk"))
    label = say("receipt.issue-place")
    assert bare.blank_beside(label)
    assert not filled.blank_beside(label)
    assert Read(BARE["slip"]("kk")).text.count("_" * 20) == 1


# --- long, strange, foreign ---------------------------------------------------------------------


def test_markup_in_a_value_is_text() -> None:
    strange = "<b>A & B</b> <para> &lt; %s {name}"
    text = Read(notice_pdf(replace(samples.GRANTED, applicant=strange), "kk")).text
    assert strange in text


def test_a_value_is_set_in_composed_letters_and_on_one_line() -> None:
    assert cleaned("и\u0306 \n\t A\u200b\u0000 \u00ad") == "й A"
    assert cleaned("2026\u202fж.") == "2026\u202fж."
    assert cleaned(None) == ""


@every_form
def test_nothing_leaves_the_page(form: str) -> None:
    assert Read(FORMS[form]("kk")).all_inside()


# --- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("kk", "2026 ж. 23 қараша, 01:30"),
        ("ru", "23 ноября 2026 г., 01:30"),
        ("en", "23 November 2026, 01:30"),
    ],
)
def test_times_are_local_and_in_the_forms_language(language: Language, said: str) -> None:
    assert said in Read(receipt_pdf(samples.RECEIPT, language)).text


# --- the catalogue ------------------------------------------------------------------------------


def _literals() -> set[str]:
    """Every text that stands in the code of the forms, docstrings left out."""
    folder = files("api.forms")
    modules = [each for each in folder.iterdir() if each.name.endswith(".py")]
    nodes = [node for each in modules for node in ast.walk(ast.parse(each.read_text("utf-8")))]
    told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return {node.value for node in nodes if id(node) not in told
            and isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip


@every_language
def test_the_forms_say_all_that_is_in_the_catalogue_and_nothing_else(language: Language) -> None:
    keys = {each for each in _literals() if re.fullmatch(r"[a-z-]+\.[a-z-]+", each)}
    assert keys - {"api.forms"} == set(catalogue("forms", language))


def test_no_text_of_a_form_stands_in_the_code() -> None:
    letters = "[\u0400-\u04ff]|[A-Za-z]{3,} [a-z]{2,}"
    assert {each for each in _literals() if re.search(letters, each)} == set()
