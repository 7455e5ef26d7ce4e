"""The tag of a bag: read from afar and by a scanner, and silent about applicants."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.forms import bag_tags_pdf
from api.forms.wording import Wording
from domain.numbers import bag_code, grouped
from domain.workdays import Language
from tests.api.forms.reading import MM, Read
from tests.api.forms.samples import AUTHORITY, BAG, CENTRE, LANGUAGES, REGISTRY_CODE, TAG

KAZAKH = "ӘҒҚҢӨҰҮҺІәғқңөұүһі"


@pytest.mark.parametrize("dpi", [200, 203, 300])
def test_a_tag_is_a_page_of_a6_with_the_barcode_of_its_bag_alone(dpi: int) -> None:
    read = Read(bag_tags_pdf([TAG], "kk"))
    assert read.size() == (148, 105)
    assert read.codes(dpi=dpi) == [str(BAG)]


def test_every_bag_of_a_registry_has_a_tag_of_its_own() -> None:
    tags = [replace(TAG, code=bag_code(267, place), place=place, places=12)
            for place in range(1, 13)]  # fmt: skip
    read = Read(bag_tags_pdf(tags, "kk"))
    assert [read.codes(page, 200) for page in range(12)] == [[str(tag.code)] for tag in tags]
    assert all(f"{place}-қап, барлығы 12" in text for place, text in enumerate(read.texts, 1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tag_says_from_whom_to_whom_what_and_when(language: Language) -> None:
    say, text = Wording(language).say, Read(bag_tags_pdf([TAG], language)).text
    for said in (
        say("bag.place", place=1, places=2),
        f"{say('dispatch.from')} {CENTRE.name}",
        f"{say('dispatch.to')} {AUTHORITY.name}",
        say("bag.packets", packets=30),
        say("bag.seal", seal="П-00112"),
        say("tag.registry", number=grouped(REGISTRY_CODE)),
    ):
        assert said in text


def test_the_day_of_a_tag_is_local() -> None:
    assert "2026 ж. 23 қараша" in Read(bag_tags_pdf([TAG], "kk")).text.replace("\u202f", " ")


def test_a_seal_not_known_is_written_by_hand() -> None:
    assert "_" * 20 in Read(bag_tags_pdf([replace(TAG, seal=" ")], "kk")).text
    assert "_" not in Read(bag_tags_pdf([TAG], "kk")).text


def test_long_names_shrink_and_stay_clear_of_the_bars() -> None:
    long = replace(TAG, sender="Ұзынатау " * 40, recipient="Жырақжер " * 40, seal="Пломба " * 20)
    read = Read(bag_tags_pdf([long], "kk"))
    assert read.solid.count("Ұзынатау") == read.solid.count("Жырақжер") == 40
    assert read.solid.count("Пломба") == 20 + 1  # and the label before it
    assert read.all_inside()
    assert read.codes(dpi=200) == [str(BAG)]
    bars = [box for box in read.paths() if box.top - box.bottom > 20 * MM]
    assert bars
    lowest = min(box.bottom for letter, box in read.letters() if letter == "Ж")
    assert lowest > max(bar.top for bar in bars)


def test_kazakh_letters_are_read_back() -> None:
    tag = replace(TAG, sender=KAZAKH, recipient=KAZAKH, seal=KAZAKH)
    assert Read(bag_tags_pdf([tag], "kk")).text.count(KAZAKH) == 3


def test_no_bag_is_no_tag_but_an_empty_page() -> None:
    assert Read(bag_tags_pdf([], "kk")).text == ""
