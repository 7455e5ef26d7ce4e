"""Printing from the pages: for the printer beside the computer, which is chosen once."""

from __future__ import annotations

import pytest

from api.messages import text
from domain.cards import DESK_CARDS, Card, card_code
from domain.numbers import PacketNumber, packet_number
from domain.roles import Role
from scanner.labels import Format
from scanner.reader import OURS, read
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.scanner.printed import printed
from tests.stories import AUTHORITY, CENTRE, place

Printing = tuple[Browser, PacketNumber]


@pytest.fixture
def at_the_window(office: Office) -> Printing:
    day = Day(office)
    return office.log_in(day.people[Role.INSPECTOR]), day.register(0)


def codes(content: bytes, form: Format, dpi: int) -> list[str]:
    """What a reader finds on everything that was printed."""
    pages = printed(content, form, dpi)
    return sorted({found.text for page in pages for found in read(page, OURS)})


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("dpi", [203, 300])
def test_a_label_is_printed_as_is_chosen(at_the_window: Printing, form: Format, dpi: int) -> None:
    browser, number = at_the_window
    answer = browser.get(f"/packets/{number}/label", format=form.value, dpi=dpi)
    assert codes(answer.content, form, dpi) == [str(number)]
    shown = "attachment" if form is Format.ZPL else "inline"
    name = f'{shown}; filename="label-{number}.{form.value}"'
    assert answer.headers["content-disposition"] == name


def test_the_printer_is_remembered(at_the_window: Printing) -> None:
    browser, number = at_the_window
    assert browser.get(f"/packets/{number}/label").content.startswith(b"%PDF")
    browser.get(f"/packets/{number}/label", format="zpl", dpi=300)
    assert browser.get("/prints/cards").content.startswith(b"^XA")
    browser.get(f"/packets/{number}")
    form = browser.form(f"/packets/{number}/label")
    assert form.fields == {"format": ["zpl"], "dpi": ["300"]}


def test_what_somebody_wrote_into_the_cookie_does_no_harm(at_the_window: Printing) -> None:
    browser, number = at_the_window
    for said in ("zpl", "exe-203", "zpl-0", "zpl-99999999", "-", "pdf-20x"):
        browser.client.cookies.set("printer", said)
        assert browser.get(f"/packets/{number}/label").content.startswith(b"%PDF")
        browser.client.cookies.delete("printer")


@pytest.mark.parametrize(
    "asked", [{"format": "exe"}, {"dpi": "72"}, {"dpi": "5000"}, {"dpi": "many"}]
)
def test_a_printer_that_is_none_is_refused(at_the_window: Printing, asked: dict[str, str]) -> None:
    browser, number = at_the_window
    assert browser.get(f"/packets/{number}/label", **asked).status_code == 422


def test_a_sheet_of_labels_begins_where_the_last_one_ended(at_the_window: Printing) -> None:
    browser, number = at_the_window
    answer = browser.get("/prints/labels", numbers=f"{number}\n{number}", start=24, format="pdf")
    pages = printed(answer.content, Format.PDF, 203)
    assert [[each.text for each in read(page, OURS)] for page in pages] == [[str(number)]] * 2


def test_a_sheet_says_what_is_wrong_and_keeps_what_was_typed(at_the_window: Printing) -> None:
    browser, number = at_the_window
    unknown = packet_number(CENTRE, 9_000_000)
    for numbers, code in (
        ("", "no-label"),
        (f"{number}, {unknown}", "unknown-packet"),
        ("12345", "bad-code"),
        (", ".join([str(number)] * 241), "too-many"),
    ):
        answer = browser.get("/prints/labels", numbers=numbers, start=3)
        assert answer.status_code >= 400
        assert text("problems", f"{code}.title", "kk") in answer.text
        assert browser.form("/prints/labels").fields["start"] == ["3"]
        assert numbers in answer.text
    answer = browser.get("/prints/labels", numbers=str(number), format="zpl")
    assert text("problems", "no-room-to-print.title", "kk") in answer.text


def test_cards_separator_and_strip_are_for_everybody(at_the_window: Printing) -> None:
    browser, _ = at_the_window
    sheet = browser.get("/prints/cards", format="pdf").content
    assert codes(sheet, Format.PDF, 203) == sorted(str(card_code(card)) for card in DESK_CARDS)
    browser.get("/prints/cards", format="zpl")
    separator = browser.get("/prints/separator.pdf").content
    assert codes(separator, Format.PDF, 203) == [str(card_code(Card.SEPARATOR))]
    strip = browser.get("/prints/strip", format="zpl", dpi=203).content
    assert len(codes(strip, Format.ZPL, 203)) == 3


def test_a_places_card_and_a_badge_are_printed_for_the_printer_beside(office: Office) -> None:
    day = Day(office)
    clerk = day.people[Role.HEAD]
    badge = office.qolhat.personnel.issue_badge(clerk)
    administrator = office.log_in(office.employ(Role.ADMINISTRATOR, AUTHORITY))
    card = administrator.get(f"/admin/places/{place(Role.HEAD)}/card", format="zpl", dpi=300)
    assert codes(card.content, Format.ZPL, 300) == [str(place(Role.HEAD))]
    printed_badge = administrator.get(f"/admin/people/{clerk}/badge")
    assert codes(printed_badge.content, Format.ZPL, 300) == [str(badge)]
