"""The registry of a dispatch: two copies, every barcode read at 200 dpi, nothing clipped."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from api.forms import BagLines, Organisation, PacketLine, RegistryForm, registry_pdf
from api.forms.barcodes import MODULE, QUIET_ZONE
from api.forms.registries import LINE_BARS
from api.forms.wording import Wording
from domain.numbers import bag_code, grouped, packet_number
from domain.workdays import Language
from tests.api.forms.reading import MM, Box, Read
from tests.api.forms.samples import CLERK, LANGUAGES, NUMBER, REGISTRY, REGISTRY_CODE

SCAN = 200  # dpi, of a plain office scanner
KAZAKH = "ӘҒҚҢӨҰҮҺІәғқңөұүһі"
SAY = Wording("kk").say


def packed(packets: int, bags: int) -> RegistryForm:
    """A registry of so many packets, in bags as full as one another."""
    lines = [PacketLine(packet_number(267, 9_000 + serial), f"003-{serial % 9 + 1}")
             for serial in range(packets)]  # fmt: skip
    each = -(-packets // bags)
    return replace(
        REGISTRY,
        bags=tuple(
            BagLines(bag_code(267, bag), f"П-{bag:05}", tuple(lines[bag * each : (bag + 1) * each]))
            for bag in range(bags)
        ),
    )


@cache
def read(packets: int, bags: int) -> Read:
    return Read(registry_pdf(packed(packets, bags), "kk"))


def numbers_of(registry: RegistryForm) -> list[str]:
    """Every number that has a barcode in a copy."""
    packets = [str(line.number) for bag in registry.bags for line in bag.packets]
    return [str(registry.number), *(str(bag.code) for bag in registry.bags), *packets]


# --- barcodes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("packets", "bags"), [(1, 1), (30, 2), (500, 5)])
def test_every_barcode_of_both_copies_is_read_at_200_dpi(packets: int, bags: int) -> None:
    pages = read(packets, bags)
    found = [code for page in range(len(pages.pages)) for code in pages.codes(page, SCAN)]
    once = numbers_of(packed(packets, bags))
    assert len(once) == 1 + bags + packets
    assert Counter(found) == Counter(dict.fromkeys(once, 2))


def test_each_line_is_read_alone_and_is_the_number_beside_it() -> None:
    pages = read(30, 2)
    for line in packed(30, 2).bags[0].packets:
        place = pages.place(grouped(line.number))
        middle = (place.bottom + place.top) / 2
        part = Box(0, middle - 4.5 * MM, place.left, middle + 4.5 * MM)
        assert pages.codes(0, SCAN, part) == [str(line.number)]


def test_bars_of_a_line_are_whole_dots_of_a_label_printer_and_keep_their_quiet() -> None:
    pages, dot = read(1, 1), 72 / 203
    number = pages.place(grouped(packed(1, 1).bags[0].packets[0].number))
    near = [box for box in pages.paths() if box.right < number.left
            and box.bottom < number.bottom and box.top > number.top]  # fmt: skip
    bars = max(near, key=lambda box: box.right - box.left)  # all bars are one path
    assert MODULE >= 0.25 * MM
    assert bars.top - bars.bottom == pytest.approx(LINE_BARS, abs=0.1)
    for edge in (bars.left / dot, bars.right / dot):
        assert edge == pytest.approx(round(edge), abs=0.02)
    letters = [box for _, box in pages.letters()
               if box.bottom < bars.top and box.top > bars.bottom]  # fmt: skip
    quiet = Box(bars.left - QUIET_ZONE, bars.bottom, bars.right + QUIET_ZONE, bars.top)
    assert not [box for box in letters if box.right > quiet.left and box.left < quiet.right]


# --- two copies ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("packets", "bags"), [(1, 1), (30, 2)])
def test_the_first_copy_is_the_senders_and_the_second_the_recipients(
    packets: int, bags: int, language: Language
) -> None:
    say = Wording(language).say
    texts = Read(registry_pdf(packed(packets, bags), language)).texts
    half = len(texts) // 2
    assert len(texts) == 2 * half
    for page, text in enumerate(texts):
        copy, place = divmod(page, half)
        mine, other = say("registry.copy-sender"), say("registry.copy-recipient")
        assert ((mine in text), (other in text)) == ((True, False), (False, True))[copy]
        assert say("form.page", page=place + 1, pages=half) in text
        assert grouped(REGISTRY_CODE) in text


def test_both_copies_say_the_same() -> None:
    texts = read(500, 5).texts
    half = len(texts) // 2
    copies = (SAY("registry.copy-sender"), SAY("registry.copy-recipient"))
    for mine, other in zip(texts[:half], texts[half:], strict=True):
        assert mine.replace(copies[0], "") == other.replace(copies[1], "")


# --- heads, lines, totals -----------------------------------------------------------------------


def test_a_registry_names_both_organisations_and_when_it_was_closed() -> None:
    text = read(1, 1).text
    for said in (REGISTRY.sender.name, REGISTRY.recipient.name, "2026 ж. 23 қараша, 01:30", CLERK):
        assert text.replace("\u202f", " ").count(said) == 2


def test_the_head_of_the_table_stands_over_the_lines_of_every_page() -> None:
    pages = read(500, 5)
    for page, text in enumerate(pages.texts):
        lines = [number for number in packed_numbers() if number in text]
        assert bool(lines) == (SAY("line.packet") in text)
        if lines:
            head = pages.place(SAY("line.packet"), page)
            assert head.bottom > pages.place(lines[0], page).top


def packed_numbers() -> list[str]:
    return [grouped(line.number) for bag in packed(500, 5).bags for line in bag.packets]


def test_lines_are_numbered_through_all_bags_and_each_has_a_box_to_tick() -> None:
    pages = read(30, 2)
    half = len(pages.pages) // 2
    boxes = [box for page in range(half) for box in pages.paths(page)
             if 4.5 * MM < box.right - box.left < 6 * MM
             and 4.5 * MM < box.top - box.bottom < 6 * MM]  # fmt: skip
    assert len(boxes) == 30
    said = "".join(pages.texts[:half]).split()
    for place, line in enumerate((line for bag in packed(30, 2).bags for line in bag.packets), 1):
        at = said.index(grouped(line.number).split()[2], said.index(str(place)))
        assert str(place) in said[at - 8 : at]


def test_each_bag_has_its_seal_and_count_and_the_end_has_the_totals() -> None:
    text = read(30, 2).text
    for bag in (0, 1):
        assert SAY("bag.place", place=bag + 1, places=2) in text
        assert SAY("bag.seal", seal=f"П-{bag:05}") in text
    assert text.count(SAY("bag.packets", packets=15)) == 4
    assert text.count(SAY("registry.total", packets=30, bags=2)) == 2


def test_a_bags_head_stands_on_the_page_of_its_first_line() -> None:
    pages, registry = read(500, 5), packed(500, 5)
    for place, bag in enumerate(registry.bags, 1):
        head = SAY("bag.place", place=place, places=5)
        text = next(text for text in pages.texts if head in text)
        assert all(grouped(line.number) in text for line in bag.packets[:2])


# --- by hand ------------------------------------------------------------------------------------


def test_the_signatures_stand_on_the_page_of_the_totals() -> None:
    for pages in (read(1, 1), read(30, 2), read(500, 5)):
        last = pages.texts[-1]
        for key in ("registry.received", "registry.discrepancies"):
            assert SAY(key) in " ".join(last.split())
        assert "Барлығы: пакет" in last
        assert last.count(SAY("registry.when")) == last.count(SAY("form.signature")) == 3
        assert len(pages.rules(len(pages.pages) - 1)) >= 5 + 3 * 3


def test_a_seal_or_a_name_not_known_is_a_blank() -> None:
    bag = replace(REGISTRY.bags[0], seal="")
    bare = Read(registry_pdf(replace(REGISTRY, made_by=None, bags=(bag,)), "kk"))
    filled = Read(registry_pdf(REGISTRY, "kk"))
    assert bare.text.count("_" * 20) == 2
    assert "_" * 20 not in filled.text
    assert CLERK not in bare.text
    assert len(bare.rules()) == len(filled.rules())  # the rule is there to be written on


def test_a_registry_without_bags_and_a_bag_without_packets_are_set() -> None:
    nothing = Read(registry_pdf(replace(REGISTRY, bags=()), "en"))
    empty = Read(registry_pdf(replace(REGISTRY, bags=(BagLines(bag_code(1, 1), "", ()),)), "en"))
    assert "Total: packets – 0, bags – 0" in nothing.text
    assert "Total: packets – 0, bags – 1" in empty.text


# --- long and strange ---------------------------------------------------------------------------


def test_long_names_wrap_and_nothing_leaves_the_page() -> None:
    long = Organisation("Ұзынатау " * 40, "Мекенжай " * 30)
    line = PacketLine(NUMBER, "Өтеұзақкілт " * 6)
    bags = (BagLines(bag_code(267, 1), "Ұзынпломба " * 12, (line,)),)
    pages = Read(registry_pdf(
        replace(REGISTRY, sender=long, recipient=long, made_by="Ұзынтегі " * 12, bags=bags), "kk",
    ))  # fmt: skip
    for said, times in (("Ұзынатау", 160), ("Мекенжай", 120), ("Өтеұзақкілт", 12),
                        ("Ұзынпломба", 24), ("Ұзынтегі", 24)):  # fmt: skip
        assert pages.solid.count(said) == times, said
    assert pages.all_inside()
    found = [code for page in range(len(pages.pages)) for code in pages.codes(page, SCAN)]
    assert found.count(str(NUMBER)) == 2


def test_kazakh_letters_of_a_line_and_of_a_name_are_read_back() -> None:
    line = PacketLine(NUMBER, KAZAKH)
    bags = (replace(REGISTRY.bags[0], seal=KAZAKH, packets=(line,)),)
    text = Read(registry_pdf(replace(REGISTRY, made_by=KAZAKH, bags=bags), "kk")).text
    assert text.count(KAZAKH) == 3 * 2


# --- large --------------------------------------------------------------------------------------


def test_a_large_registry_is_a_small_file_for_its_pages_are_kept_once() -> None:
    pages = read(500, 5)
    half = len(pages.pages) // 2
    assert pages.raw.count(b"/Subtype /Form") == half
    assert len(pages.raw) < 250_000
