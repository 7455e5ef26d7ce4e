"""What is printed from the command line: whatever carries a code, in four formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.cards import DESK_CARDS, Card, card_code
from domain.numbers import bag_code, grouped, packet_number, parse
from domain.roles import Role
from scanner.labels import Format
from scanner.reader import OURS, read, read_codes
from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.scanner.printed import printed
from tests.stories import CENTRE, place


def codes(file: Path, form: Format, dpi: int = 203) -> list[str]:
    """What a reader finds on what was printed."""
    pages = printed(file.read_bytes(), form, dpi)
    return sorted({found.text for page in pages for found in read(page, OURS)})


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("form", Format)
def test_a_label_is_printed_that_a_scanner_reads(
    qolhat: Terminal, day: Day, tmp_path: Path, form: Format, dpi: int
) -> None:
    file = tmp_path / f"label.{form.value.upper()}"
    told = qolhat("label", grouped(day.carried), "--out", file, "--dpi", dpi)
    assert (told.code, told.text) == (0, f"Written: {file}")
    assert codes(file, form, dpi) == [str(day.carried)]


def test_the_format_is_said_or_is_the_files_ending(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    file = tmp_path / "label.prn"
    file.write_text("an older label, replaced")
    data = qolhat("label", day.carried, "--format", "zpl", "--out", file, "--json").data
    assert data == {"file": str(file), "format": "zpl", "dpi": 203}
    assert file.read_bytes().startswith(b"^XA")


def test_a_label_printed_beforehand_has_its_number_alone(qolhat: Terminal, tmp_path: Path) -> None:
    number = packet_number(CENTRE, 9_000_001)
    assert qolhat("label", number, "--out", tmp_path / "label.svg").code == 0
    drawn = (tmp_path / "label.svg").read_text("utf-8")
    assert drawn.count("<text") == 1
    assert grouped(number) in drawn


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.HEAD])
def test_a_place_has_its_card(qolhat: Terminal, day: Day, tmp_path: Path, role: Role) -> None:
    assert qolhat("label", place(role), "--out", tmp_path / "place.png").code == 0
    assert codes(tmp_path / "place.png", Format.PNG) == [str(place(role))]


def test_a_badge_is_found_by_its_code(qolhat: Terminal, day: Day, tmp_path: Path) -> None:
    clerk = qolhat("people", "list", "--json").data[0]["person"]
    badge = qolhat("people", "badge", clerk, "--json").data["badge"]
    assert qolhat("label", badge, "--out", tmp_path / "badge.zpl").code == 0
    assert codes(tmp_path / "badge.zpl", Format.ZPL) == [str(badge)]


@pytest.mark.parametrize("card", [Card.SIGNED, Card.SEPARATOR])
def test_a_card_is_named_or_scanned(qolhat: Terminal, tmp_path: Path, card: Card) -> None:
    for said in (card.value, str(card_code(card))):
        assert qolhat("label", said, "--out", tmp_path / "card.pdf").code == 0
        assert codes(tmp_path / "card.pdf", Format.PDF) == [str(card_code(card))]


def test_packets_share_a_sheet_that_was_begun(qolhat: Terminal, day: Day, tmp_path: Path) -> None:
    numbers = [packet_number(CENTRE, 9_000_000 + serial) for serial in range(5)]
    file = tmp_path / "sheet.pdf"
    assert qolhat("labels", *numbers, "--start", 22, "--out", file).code == 0
    pages = printed(file.read_bytes(), Format.PDF, 300)
    assert [len(read(page, OURS)) for page in pages] == [3, 2]


def test_action_cards_are_a_sheet_or_labels(qolhat: Terminal, tmp_path: Path) -> None:
    for form in (Format.PDF, Format.ZPL):
        file = tmp_path / f"cards.{form.value}"
        assert qolhat("cards", "--out", file).code == 0
        assert codes(file, form) == sorted(str(card_code(each)) for each in DESK_CARDS)


def test_a_strip_says_which_width_was_read(qolhat: Terminal, tmp_path: Path) -> None:
    assert qolhat("test-strip", "--out", tmp_path / "strip.zpl", "--dpi", 300).code == 0
    read_back = codes(tmp_path / "strip.zpl", Format.ZPL)
    assert [parse(text).serial for text in read_back] == [300_002, 300_003, 300_004, 300_005]
    assert qolhat("test-strip", "--out", tmp_path / "strip.pdf").code == 0
    assert len(codes(tmp_path / "strip.pdf", Format.PDF)) > 8


def test_what_cannot_be_printed_or_written_is_refused(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    (tmp_path / "folder.png").mkdir()
    for name in ("label.doc", "label", "folder.png", "no-folder/label.svg"):
        told = in_every_language(qolhat, "label", day.carried, "--out", tmp_path / name)
        for said in told.values():
            assert (said.code, name in said.err) == (2, True)
    unknown = (day.carried + 1, "ABC", bag_code(CENTRE, 9_000_000), "50000099999900")
    for code in unknown:
        assert qolhat("label", code, "--out", tmp_path / "label.svg").code == 1
    assert qolhat("label", day.carried, "--out", tmp_path / "label.png", "--dpi", 72).code == 2
    sheet = qolhat("labels", day.carried, "--out", tmp_path / "sheet.zpl", "--json")
    assert (sheet.code, sheet.problem["code"]) == (1, "no-room-to-print")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "folder.png"]


def test_a_picture_of_a_label_is_read_as_the_worker_reads_it(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    file = tmp_path / "label.png"
    qolhat("label", day.carried, "--out", file)
    assert [each.text for each in read_codes(file.read_bytes())] == [str(day.carried)]
