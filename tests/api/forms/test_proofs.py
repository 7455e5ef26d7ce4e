"""The proof of a hand-over: who, what, where, both times; and the code by which it is verified."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image, ImageDraw
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE  # type: ignore[import-untyped]

from api.forms import Party, ProofBag, grouped_proof, proof_pdf
from api.forms.proofs import MOST_SIDE
from api.forms.wording import Wording
from domain.numbers import bag_code, grouped
from domain.workdays import Language
from scanner.pictures import BadPictureError
from tests.api.forms.reading import Read
from tests.api.forms.samples import (
    BADGE,
    BAG,
    BARE,
    CLERK,
    EXECUTOR,
    LANGUAGES,
    OTHER_BAG,
    PROOF,
)

KAZAKH = "ӘҒҚҢӨҰҮҺІәғқңөұүһі"
SAY = Wording("kk").say


def drawn(size: tuple[int, int] = (300, 120), mode: str = "RGBA") -> bytes:
    """A signature as the device draws it: dark ink on nothing."""
    picture = Image.new(mode, size)
    ink = ImageDraw.Draw(picture)
    ink.line([(10, 90), (80, 15), (150, 100), (290, 40)], fill=(0, 0, 90, 255), width=6)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


# --- what it says -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_proof_says_who_gave_and_took_what_where_and_when(language: Language) -> None:
    wording, text = Wording(language), Read(proof_pdf(PROOF, language)).text
    assert PROOF.recorded_at is not None
    for key, value in (
        ("proof.gave", CLERK),
        ("proof.took", EXECUTOR),
        ("proof.place", PROOF.place),
        ("proof.happened", wording.moment(PROOF.happened_at, PROOF.zone)),
        ("proof.recorded", wording.moment(PROOF.recorded_at, PROOF.zone)),
    ):
        assert " ".join(f"{wording.say(key)} {value}".split()) in text
    assert wording.say("proof.badge", badge=grouped(BADGE)) in text
    assert wording.say("bag.seal", seal="П-00112") in text
    assert wording.say("bag.packets", packets=30) in text
    assert PROOF.remarks[0] in text


def test_happened_and_recorded_are_two_times() -> None:
    text = Read(proof_pdf(PROOF, "kk")).text.replace("\u202f", " ")
    assert "Тапсырылған күн мен уақыт 2026 ж. 23 қараша, 01:30" in text
    assert "Жүйеге жазылған күн мен уақыт 2026 ж. 23 қараша, 02:45" in text


def test_the_bags_of_a_proof_are_read_at_200_dpi() -> None:
    read = Read(proof_pdf(PROOF, "kk"))
    assert read.codes(dpi=200) == [str(BAG), str(OTHER_BAG)]


def test_many_bags_go_on_to_the_next_page() -> None:
    bags = [ProofBag(bag_code(267, serial), f"П-{serial:05}", serial) for serial in range(40)]
    read = Read(proof_pdf(replace(PROOF, bags=bags), "kk"))
    found = [code for page in range(len(read.pages)) for code in read.codes(page, 200)]
    assert found == [str(bag.code) for bag in bags]
    assert len(read.pages) > 2
    assert all("3f9a-07c2-b81e" in text for text in read.texts)  # at the foot of each


# --- the code -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["3f9a07c2b81e", "3F9A-07C2-B81E", " 3f9a 07c2 b81e\u200b"])
def test_the_code_of_a_proof_stands_in_groups_beside_where_it_is_verified(code: str) -> None:
    assert grouped_proof(code) == "3f9a-07c2-b81e"
    text = Read(proof_pdf(replace(PROOF, code=code), "kk")).text
    assert "3f9a-07c2-b81e" in text
    assert f"{SAY('proof.verify')} {PROOF.address}" in text


# --- what is not known --------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["proof.gave", "proof.took", "proof.place", "proof.recorded"])
def test_what_is_not_known_is_a_rule_to_write_on(key: str) -> None:
    assert Read(BARE["proof"]("kk")).blank_beside(SAY(key))
    assert not Read(proof_pdf(PROOF, "kk")).blank_beside(SAY(key))


def test_seal_count_and_a_badges_owner_not_known_are_blanks() -> None:
    bare = replace(PROOF, bags=[ProofBag(BAG)], took=Party(None, BADGE))
    text = Read(proof_pdf(bare, "kk")).text
    assert text.count("_" * 24) == 3
    assert SAY("proof.badge", badge=grouped(BADGE)) in text


def test_without_a_drawn_signature_there_is_room_to_sign() -> None:
    by_hand = Read(proof_pdf(PROOF, "kk"))
    signed = Read(proof_pdf(replace(PROOF, signature=drawn()), "kk"))
    assert SAY("form.signature") in by_hand.text
    assert SAY("form.signature") not in signed.text
    assert "1. 2. " in Read(proof_pdf(replace(PROOF, remarks=()), "kk")).text


# --- the signature ------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
def test_a_drawn_signature_is_ink_on_white_in_its_proportion(mode: str) -> None:
    signed = replace(PROOF, signature=drawn(mode=mode))
    pages = Read(proof_pdf(signed, "kk"))
    (picture,) = pages.pages[0].get_objects(filter=[FPDF_PAGEOBJ_IMAGE])
    left, bottom, right, top = picture.get_bounds()
    assert (right - left) / (top - bottom) == pytest.approx(300 / 120, rel=0.01)
    dots = picture.get_bitmap().to_pil().convert("L")
    assert dots.getextrema()[0] < 60
    assert (dots.getpixel((0, 0)) == 255) == (mode == "RGBA")
    assert proof_pdf(signed, "kk") == pages.raw
    assert pages.codes(dpi=200) == [str(BAG), str(OTHER_BAG)]


@pytest.mark.parametrize(
    "bad",
    [b"", b"no picture", drawn()[:60], b"\xff\xd8\xff\xe0", drawn((MOST_SIDE + 1, 2))],
    ids=["empty", "text", "cut", "jpeg", "large"],
)
def test_a_signature_that_is_no_picture_or_too_large_is_refused(bad: bytes) -> None:
    with pytest.raises(BadPictureError):
        proof_pdf(replace(PROOF, signature=bad), "kk")


# --- long and strange ---------------------------------------------------------------------------


def test_long_values_wrap_and_nothing_leaves_the_page() -> None:
    name, remark = "Ұзынтегі " * 20, "Өтеұзақескертпе " * 60
    long = replace(PROOF, gave=Party(name, BADGE), place="Алысжер " * 40, remarks=[remark] * 3,
                   address="https://qolhat.example.kz/" + "proof" * 20)  # fmt: skip
    read = Read(proof_pdf(long, "kk"))
    assert read.solid.count("Ұзынтегі") == 20
    assert read.solid.count("Алысжер") == 40
    assert read.solid.count("Өтеұзақескертпе") == 180
    assert "proof" * 20 in read.solid
    assert read.all_inside()


def test_kazakh_letters_are_read_back() -> None:
    kazakh = replace(PROOF, took=Party(KAZAKH, BADGE), place=KAZAKH, remarks=[KAZAKH])
    assert Read(proof_pdf(kazakh, "kk")).text.count(KAZAKH) == 3 + 1  # under the signature as well
