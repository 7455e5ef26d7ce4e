"""Prints over HTTP: every artefact in every format, for any printer, read back."""

from __future__ import annotations

import pytest
from httpx import Response

from domain.cards import DESK_CARDS, Card, card_code
from domain.numbers import bag_code
from domain.roles import Role
from scanner.labels import MEDIA_TYPES, Format
from scanner.reader import OURS, read
from tests.api.http.carrying import Carrying
from tests.api.http.counter import V1, Counter, check_problem
from tests.scanner.printed import printed
from tests.stories import CENTRE, place


def codes(answer: Response, form: Format, dpi: int = 203) -> list[str]:
    """What a reader finds on everything that was printed."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPES[form]
    pages = printed(answer.content, form, dpi)
    return sorted({found.text for page in pages for found in read(page, OURS)})


def ask(counter: Counter, path: str, **params: object) -> Response:
    return counter.ask("GET", f"{V1}{path}", params=params)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("dpi", [203, 300])
def test_labels_tags_and_cards_in_every_format(counter: Counter, form: Format, dpi: int) -> None:
    carrying, number = Carrying(counter), counter.register()
    _, bag = carrying.packed(number)
    how = {"format": form.value, "dpi": dpi}
    assert codes(ask(counter, f"/packets/{number}/label", **how), form, dpi) == [number]
    assert codes(ask(counter, f"/bags/{bag}/tag", **how), form, dpi) == [bag]
    here = place(Role.INSPECTOR)
    assert codes(ask(counter, f"/places/{here}/card", **how), form, dpi) == [str(here)]
    signed = str(card_code(Card.SIGNED))
    assert codes(ask(counter, "/action-cards/signed", **how), form, dpi) == [signed]


@pytest.mark.parametrize("form", Format)
def test_the_format_may_be_negotiated(counter: Counter, form: Format) -> None:
    number = counter.register()
    headers = {"Accept": f"text/html, {MEDIA_TYPES[form]};q=0.9, */*"}
    answer = counter.ask("GET", f"{V1}/packets/{number}/label", headers=headers)
    assert codes(answer, form) == [number]
    assert answer.headers["content-disposition"].endswith(f'"label-{number}.{form.value}"')


def test_without_a_wish_it_is_pdf(counter: Counter) -> None:
    number = counter.register()
    assert codes(ask(counter, f"/packets/{number}/label"), Format.PDF) == [number]


def test_a_sheet_of_labels_is_used_up(counter: Counter) -> None:
    numbers = [counter.register(10), counter.register(12)]
    answer = ask(counter, "/labels", number=numbers, start=24)
    pages = printed(answer.content, Format.PDF, 203)
    assert [[each.text for each in read(page, OURS)] for page in pages] == [[n] for n in numbers]


def test_all_cards_and_a_test_strip(counter: Counter) -> None:
    cards = sorted(str(card_code(card)) for card in DESK_CARDS)
    assert codes(ask(counter, "/action-cards"), Format.PDF) == cards
    strip = ask(counter, "/test-strip", format="zpl", dpi=300)
    assert len(codes(strip, Format.ZPL, 300)) == 4


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/labels", {"number": ["10267000009999"]}, 422, "bad-code"),
        ("/labels", {"number": ["1"] * 241}, 413, "too-many"),
        ("/labels", {}, 422, "invalid-request"),
        ("/test-strip", {"format": "exe"}, 422, "invalid-request"),
        ("/test-strip", {"dpi": 1201}, 422, "invalid-request"),
        ("/action-cards/separator", {"format": "zpl"}, 422, "no-room-to-print"),
        ("/action-cards/none", {}, 422, "invalid-request"),
        (f"/bags/{bag_code(CENTRE, 9_000)}/tag", {}, 404, "unknown-bag"),
    ],
)
def test_what_cannot_be_printed_is_refused(
    shared: Counter, path: str, params: dict[str, object], status: int, code: str
) -> None:
    answer = ask(shared, path, **params)
    assert (answer.status_code, check_problem(answer)["code"]) == (status, code)
