"""A picture is sent: its codes come back, told or drawn, and nothing is recorded."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from httpx import Response
from PIL import Image

from domain.cards import Card, card_code
from domain.numbers import CodeKind, badge_code, compose, packet_number
from domain.roles import Role
from scanner.reader import read_codes
from tests.api.http.counter import V1, Counter
from tests.scanner.samples import NUMBER, claiming, label, many_pages, pdf, saved, tiff
from tests.scanner.test_reader import beneath, drawn
from tests.stories import CENTRE, place

PATH = f"{V1}/pictures"


def sent(counter: Counter, picture: bytes, kind: str = "image/png", **how: Any) -> Response:
    """Send a picture as the body of a request."""
    headers = {"content-type": kind} | how.pop("headers", {})
    return counter.ask("POST", PATH, content=picture, headers=headers, **how)


def known(counter: Counter, *texts: str) -> dict[str, bool | None]:
    """What the answer says of the codes on a sheet."""
    (page,) = sent(counter, beneath(*map(drawn, texts))).json()["pages"]
    return {code["text"]: code["registered"] for code in page["codes"]}


def test_every_code_of_every_page_comes_back(shared: Counter) -> None:
    answer = sent(shared, pdf(label(), Image.new("L", (300, 200), 255)), "application/pdf")
    first, second = answer.json()["pages"]
    (code,) = first["codes"]
    assert answer.status_code == 200
    assert (first["page"], first["pages"], second["codes"]) == (1, 2, [])
    assert (code["text"], code["symbology"], code["kind"]) == (str(NUMBER), "Code128", "packet")
    assert [len(corner) for corner in code["corners"]] == [2, 2, 2, 2]


@pytest.mark.parametrize("kind", ["image/jpeg", "IMAGE/WEBP; x=y", "application/octet-stream"])
def test_what_it_is_said_to_be_does_not_matter(shared: Counter, kind: str) -> None:
    assert sent(shared, saved(label()), kind).json()["pages"][0]["codes"]


def test_a_form_may_carry_it(shared: Counter) -> None:
    form = {"file": ("any name.txt", saved(label(), "JPEG"), "text/plain")}
    answer = shared.ask("POST", PATH, files=form, data={"more": "x"})
    assert answer.json()["pages"][0]["codes"][0]["text"] == str(NUMBER)


def test_nothing_is_recorded(counter: Counter) -> None:
    before = counter.qolhat.log.rows.last_position()
    assert sent(counter, saved(label())).status_code == 200
    assert counter.qolhat.log.rows.last_position() == before


def test_it_says_whether_a_code_is_known_here(counter: Counter) -> None:
    registered = counter.post("/packets", counter.registration()).json()["number"]
    unknown = packet_number(CENTRE, 999_999)
    badge = counter.qolhat.personnel.issue_badge(counter.people[Role.COURIER])
    strange = badge_code(CENTRE, 9_999_999)
    assert known(counter, registered, str(unknown), str(badge), str(strange)) == {
        registered: True, str(unknown): False, str(badge): True, str(strange): False
    }  # fmt: skip


def test_places_cards_bags_and_foreign_codes(shared: Counter) -> None:
    here, nowhere = str(place(Role.COURIER)), str(compose(CodeKind.PLACE, 9_998, 3_000_001))
    card, bag = str(card_code(Card.SIGNED)), str(compose(CodeKind.BAG, CENTRE, 9_999_999))
    registry = str(compose(CodeKind.REGISTRY, CENTRE, 9_999_999))
    assert known(shared, here, nowhere, card, bag, registry, "PARCEL-4711") == {
        here: True, nowhere: False, card: True, bag: False, registry: False, "PARCEL-4711": None
    }  # fmt: skip


def test_nobody_is_named(counter: Counter) -> None:
    badge = counter.qolhat.personnel.issue_badge(counter.people[Role.COURIER])
    answer = sent(counter, drawn(str(badge)))
    (code,) = answer.json()["pages"][0]["codes"]
    assert set(code) == {"text", "symbology", "kind", "corners", "confidence", "registered"}


@pytest.mark.parametrize(
    "how", [{"headers": {"accept": "image/jpeg"}}, {"params": {"annotated": 1}}]
)
def test_a_page_is_drawn_if_it_is_wished(shared: Counter, how: dict[str, Any]) -> None:
    token = {"authorization": f"Bearer {shared.tokens[Role.INSPECTOR]}"}
    how["headers"] = how.get("headers", {}) | token | {"content-type": "image/png"}
    answer = shared.client.post(PATH, content=saved(label()), **how)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert [code.text for code in read_codes(answer.content)] == [str(NUMBER)]
    with Image.open(BytesIO(answer.content)) as image:
        assert image.size == label().size


def test_another_page_is_drawn_and_one_that_is_not_there_is_not(shared: Counter) -> None:
    document = pdf(Image.new("L", (300, 200), 255), label())
    token = {"authorization": f"Bearer {shared.tokens[Role.INSPECTOR]}", "accept": "image/jpeg"}
    answer = shared.client.post(f"{PATH}?page=2", content=document, headers=token)
    assert [code.text for code in read_codes(answer.content)] == [str(NUMBER)]
    assert sent(shared, document, params={"page": 3, "annotated": 1}).status_code == 404


@pytest.mark.parametrize(
    ("picture", "status", "code"),
    [
        (b"", 422, "empty-picture"),
        (b"hello", 415, "not-a-picture"),
        (saved(label())[:200], 422, "truncated-picture"),
        (claiming(50_000, 50_000), 422, "too-many-pixels"),
        (pdf(label(), password="x"), 422, "locked-picture"),
        (many_pages(201), 422, "too-many-pages"),
    ],
    ids=["empty", "text", "cut", "pixels", "locked", "pages"],
)
def test_why_it_is_not_read_is_told(
    shared: Counter, picture: bytes, status: int, code: str
) -> None:
    answer = sent(shared, picture)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["pages"] == [] or code == "truncated-picture"
    assert answer.json()["reason"] in code or code in answer.json()["reason"] + "-picture"


def test_what_was_read_before_it_went_wrong_is_told_too(shared: Counter) -> None:
    whole = tiff(label(), label(), compression="raw")
    told = sent(shared, whole[: len(whole) * 4 // 5]).json()
    assert (told["code"], told["reason"]) == ("truncated-picture", "truncated")
    assert told["pages"][0]["codes"][0]["text"] == str(NUMBER)


def test_a_picture_too_large_is_not_even_taken(shared: Counter) -> None:
    most = shared.qolhat.reading.limits.bytes
    answer = sent(shared, bytes(most + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "picture-too-large")
    answer = shared.ask("POST", PATH, files={"file": bytes(most + 100_000)})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize("kind", ["application/json", "text/html", "nonsense"])
def test_other_kinds_of_bodies_are_not_taken(shared: Counter, kind: str) -> None:
    assert sent(shared, b"{}", kind).status_code == 415


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\nnonsense", b"--x\r\n\r\n--x--\r\n"])
def test_a_broken_form_is_refused(shared: Counter, body: bytes) -> None:
    answer = sent(shared, body, "multipart/form-data; boundary=x")
    assert answer.status_code in {400, 422}
    assert sent(shared, body, "multipart/form-data").status_code == 400


def test_a_form_without_a_file_is_empty(shared: Counter) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n'
    answer = sent(shared, body, "multipart/form-data; boundary=x")
    assert (answer.status_code, answer.json()["code"]) == (422, "empty-picture")


def test_too_many_at_once_come_again(shared: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.qolhat.reading, "room", 0)
    answer = sent(shared, saved(label()))
    assert (answer.status_code, answer.json()["code"]) == (503, "pictures-busy")
    assert answer.headers["retry-after"] == "5"
