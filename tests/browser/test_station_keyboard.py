"""The station's keyboard: a scanner is understood wherever the focus is, a person is left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from domain.cards import Card
from domain.numbers import BadCodeError, grouped, parse
from tests.browser.harness import Fake
from tests.browser.scanner import LAYOUTS, Layout, Scanner, written
from tests.browser.station_steps import CHANCE, card, code, scan

SLOWLY = 70  # milliseconds between a person's keys


def _type(page: Page, text: str) -> None:
    page.keyboard.type(text, delay=SLOWLY)


@pytest.mark.parametrize("caps", [False, True], ids=["", "caps"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_does_not_matter(station: Page, fake: Fake, layout: Layout, caps: bool) -> None:
    by_position, by_character = ([code() for _ in range(200)] for _ in range(2))
    scan(station, *by_position, layout=layout, caps=caps)
    scan(station, *by_character, layout=layout, caps=caps, named=False)
    fake.until(station, lambda f: len(f.scans) >= 400)
    assert fake.codes == by_position + by_character
    assert {each["how"] for each in fake.scans} == {"scanner"}
    assert max(size for _, size in fake.requests) == 50
    counters = [each["counter"] for each in fake.scans]
    assert counters == sorted(set(counters))


@pytest.mark.parametrize("end", ["Enter", "Tab", ""])
def test_a_real_scanner(station: Page, fake: Fake, end: Literal["Enter", "Tab", ""]) -> None:
    codes = []
    for layout in LAYOUTS:
        for caps in (False, True):
            codes.append(code())
            Scanner(station, layout, caps=caps, end=end).scan(codes[-1])
            expect(station.locator("#result .packet")).to_have_text(grouped(int(codes[-1])))
    fake.until(station, lambda f: len(f.scans) >= len(codes))
    assert fake.codes == codes
    assert {each["how"] for each in fake.scans} == {"scanner"}
    expect(station.locator("#scan")).to_be_focused()
    expect(station.locator("#scan")).to_have_value("")


@pytest.mark.parametrize("end", ["Enter", "Tab", ""])
@pytest.mark.parametrize("field", ["#note", "#long", "#pick"])
def test_a_scan_leaves_nothing_in_another_field(
    station: Page, fake: Fake, field: str, end: Literal["Enter", "Tab", ""]
) -> None:
    if field != "#pick":
        station.locator(field).fill("a letter")
        station.locator(field).press("ArrowLeft")
    station.locator(field).focus()
    before = station.locator(field).input_value()
    number = code()
    Scanner(station, end=end).scan(number)
    fake.until(station, lambda f: f.codes == [number])
    expect(station.locator(field)).to_have_value(before)
    expect(station.locator(field)).to_be_focused()
    assert station.url == f"{fake.url}/station"
    if field != "#pick":
        _type(station, "+")
        expect(station.locator(field)).to_have_value("a lette+r")


def test_a_scan_in_the_middle_of_a_word_leaves_the_word(station: Page, fake: Fake) -> None:
    station.locator("#note").focus()
    number = code()
    station.keyboard.type("Number 1", delay=45)  # a quick typist, and somebody else scans
    Scanner(station).scan(number)
    fake.until(station, lambda f: f.codes == [number])
    expect(station.locator("#note")).to_have_value("Number 1")


def test_a_scan_presses_no_button(station: Page, fake: Fake) -> None:
    station.locator("#mute").focus()
    number = code()
    Scanner(station).scan(number)
    fake.until(station, lambda f: f.codes == [number])
    expect(station.locator("#mute")).to_have_attribute("aria-pressed", "false")
    station.keyboard.press("Enter")
    expect(station.locator("#mute")).to_have_attribute("aria-pressed", "true")
    station.keyboard.press("Space")
    expect(station.locator("#mute")).to_have_attribute("aria-pressed", "false")
    assert len(fake.scans) == 1


def test_a_person_types_into_another_field(station: Page, fake: Fake) -> None:
    station.locator("#note").focus()
    number = code()
    _type(station, number)
    expect(station.locator("#note")).to_have_value(number)
    station.keyboard.press("Enter")
    station.wait_for_url("**/elsewhere*")
    assert not fake.scans


def test_a_person_types_a_number_and_enter(station: Page, fake: Fake) -> None:
    number = code()
    _type(station, grouped(int(number)))
    expect(station.locator("#scan")).to_have_value(grouped(int(number)))
    station.wait_for_timeout(300)
    assert not fake.scans
    station.keyboard.press("Enter")
    fake.until(station, lambda f: f.codes == [number])
    assert fake.scans[0]["how"] == "typed"
    expect(station.locator("#last li .doing")).to_have_text("typed")


def test_a_person_corrects_what_they_typed(station: Page, fake: Fake) -> None:
    number = code()
    _type(station, number[:6] + "00" + number[6:])
    for _ in range(8):
        station.keyboard.press("ArrowLeft")
    station.keyboard.press("Backspace")
    station.keyboard.press("Backspace")
    expect(station.locator("#scan")).to_have_value(number)
    station.keyboard.press("NumpadEnter")
    fake.until(station, lambda f: f.codes == [number])
    assert fake.scans[0]["how"] == "typed"


def test_the_numeric_keypad_types_digits(station: Page, fake: Fake) -> None:
    number = code()
    for digit in number:
        station.keyboard.press(f"Numpad{digit}")
    station.keyboard.press("NumpadEnter")
    fake.until(station, lambda f: f.codes == [number])


def test_a_scan_drops_what_was_left_in_the_field(station: Page, fake: Fake) -> None:
    _type(station, "12")
    station.wait_for_timeout(400)
    number = code()
    Scanner(station).scan(number)
    fake.until(station, lambda f: f.codes == [number])
    expect(station.locator("#scan")).to_have_value("")


def test_keys_go_to_the_scan_field_when_nothing_has_the_focus(station: Page, fake: Fake) -> None:
    number = code()
    station.locator("#empty").select_text()
    station.evaluate("document.activeElement.blur()")
    _type(station, number[:3])
    expect(station.locator("#scan")).to_be_focused()
    expect(station.locator("#scan")).to_have_value(number[:3])


def test_a_key_that_is_held_counts_once(station: Page) -> None:
    station.keyboard.down("7")
    for _ in range(5):
        station.keyboard.down("7")  # repeats until it is let go of
    station.keyboard.up("7")
    expect(station.locator("#scan")).to_have_value("7")


def test_combinations_stay_the_browsers(station: Page, fake: Fake) -> None:
    _type(station, "12")
    station.keyboard.press("Control+a")
    _type(station, "3")
    expect(station.locator("#scan")).to_have_value("3")
    station.keyboard.press("Alt+4")
    station.keyboard.press("Control+Enter")
    expect(station.locator("#scan")).to_have_value("3")
    assert not fake.scans


def test_tab_moves_on_and_back(station: Page) -> None:
    station.keyboard.press("Tab")
    expect(station.locator("button[data-card=incoming]")).to_be_focused()
    station.keyboard.press("Shift+Tab")
    expect(station.locator("#scan")).to_be_focused()


@pytest.mark.parametrize("between", ["\n", "\r\n"])
def test_pasted_numbers_are_scans(station: Page, fake: Fake, between: str) -> None:
    numbers = [code() for _ in range(3)]
    lines = [grouped(int(numbers[0])), "", f"  {written(numbers[1], 'kk')} ", numbers[2]]
    station.context.grant_permissions(["clipboard-read", "clipboard-write"])
    station.evaluate("text => navigator.clipboard.writeText(text)", between.join(lines))
    station.keyboard.press("Control+v")
    fake.until(station, lambda f: len(f.scans) >= 3)
    assert fake.codes == numbers
    assert {each["how"] for each in fake.scans} == {"pasted"}
    station.locator("#note").focus()
    station.keyboard.press("Control+v")
    station.wait_for_timeout(100)
    expect(station.locator("#note")).not_to_have_value("")
    assert len(fake.scans) == 3


def test_an_input_method_writes_a_code_at_once(station: Page, fake: Fake) -> None:
    number = code()
    station.keyboard.insert_text(number)  # as the scanners of phones do: no key is pressed
    fake.until(station, lambda f: f.codes == [number])
    assert fake.scans[0]["how"] == "scanner"
    expect(station.locator("#scan")).to_have_value("")


def test_a_slow_scanner_with_a_hiccup(station: Page, fake: Fake) -> None:
    number = code()
    Scanner(station, end="").scan(number[:5])
    station.wait_for_timeout(400)
    Scanner(station).scan(number[5:])
    fake.until(station, lambda f: f.codes == [number])
    assert fake.scans[0]["how"] == "scanner"


def test_an_unknown_code_without_enter_is_a_scan_too(station: Page, fake: Fake) -> None:
    Scanner(station, end="").scan("ABC-12345678")
    fake.until(station, lambda f: f.codes == ["ABC-12345678"])


# --- the focus -----------------------------------------------------------------------------------


def test_a_click_on_empty_space_gives_the_focus_back(station: Page) -> None:
    station.locator("#note").focus()
    station.locator("#empty").click()
    expect(station.locator("#scan")).to_be_focused()


def test_a_text_can_be_marked_for_copying(station: Page) -> None:
    station.locator("#empty").dblclick(position={"x": 5, "y": 5})
    assert station.evaluate("getSelection().toString().trim()") == "Empty"


def test_a_button_gives_the_focus_back_to_a_mouse_but_not_to_a_key(station: Page) -> None:
    button = station.locator("button[data-card=signed]")
    button.click()
    expect(station.locator("#scan")).to_be_focused()
    button.focus()
    station.keyboard.press("Enter")
    expect(button).to_be_focused()


def test_the_focus_comes_back_when_what_had_it_goes(station: Page) -> None:
    station.locator("#note").focus()
    station.evaluate("document.activeElement.blur()")
    expect(station.locator("#scan")).to_be_focused()


# --- the numbers ---------------------------------------------------------------------------------


def _fault(text: str) -> str | None:
    try:
        parse(text)
    except BadCodeError as error:
        return error.fault.value
    return None


def _texts() -> list[str]:
    good = [code() for _ in range(50)]
    spoilt = [each[:-1] + str((int(each[-1]) + 1) % 10) for each in good[:20]]
    foreign = [str(body * 100 + 98 - body * 100 % 97) for body in (0, 7 * 10**11, 9 * 10**11)]
    shapes = [*map(grouped, map(int, good[:10])), f" {good[0]}\t", f"{good[1][:4]}-{good[1][4:]}"]
    odd = ["", "  ", "123", "1" * 15, "٣" * 14, "1026\u00a07000", "KZ12", good[2] + "1"]
    noise = ["".join(CHANCE.choices("0123456789 -K", k=15)) for _ in range(200)]
    return [*good, *spoilt, *foreign, *shapes, *odd, *noise]


def test_numbers_are_taken_apart_as_on_the_server(station: Page) -> None:
    texts = _texts()
    found: list[list[Any]] = station.evaluate(
        """async texts => {
          const { parse, faultOf, grouped } = await import("/static/common/codes.js");
          return texts.map((text) => [faultOf(text), parse(text), grouped(text)]);
        }""",
        texts,
    )
    for text, (fault, taken, _) in zip(texts, found, strict=True):
        assert fault == _fault(text), text
        if fault is None:
            meant = parse(text)
            apart = {"kind": meant.kind, "block": meant.block, "serial": meant.serial}
            assert taken == {"digits": str(meant.value), **apart}
        else:
            assert taken is None
    assert found[0][2] == grouped(int(texts[0]))


def test_axe_finds_nothing(station: Page, fake: Fake, axe: Callable[[Page], None]) -> None:
    many = [{"key": str(key), "label": f"Executor {key}"} for key in range(12)]
    fake.needs = [{"needs": "executor", "title": "Who?", "choices": many}]
    fake.hold()
    scan(station, code(), card(Card.RESOLUTION), "?")
    axe(station)
    fake.go_on()
    expect(station.locator("#choices button")).to_have_count(12)
    axe(station)
