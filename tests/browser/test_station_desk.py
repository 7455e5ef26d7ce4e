"""The station with the scanner alone: results, cards, badges, questions, undo, sounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from domain.cards import Card, StripWidth, strip_code
from domain.numbers import CodeKind, grouped
from tests.browser.harness import PLACE, Fake
from tests.browser.scanner import Scanner
from tests.browser.station_steps import CUT, card, code, heard, listen, scan
from tests.browser.watching import Complaints

EXECUTORS = [{"key": "7", "label": "Executor Seven"}, {"key": "8", "label": "Executor Eight"}]
WHO = {"needs": "executor", "title": "Who?", "choices": EXECUTORS}
GROUNDS = {
    "needs": "grounds",
    "title": "Why?",
    "choices": [{"key": f"ground-{n}", "label": f"Ground {n}"} for n in range(1, 13)],
}
REASONS: dict[str, Any] = {"needs": "reasons", "title": "Write why", "choices": []}
INCOMING: dict[str, Any] = {"needs": "incoming-number", "title": "Incoming number", "choices": []}
MINUTE = 60_000


@pytest.fixture
def hearing(page: Page, fake: Fake) -> Page:
    """The station's page whose clock can be moved, with every sound noted."""
    listen(page)
    page.clock.install()
    page.goto(f"{fake.url}/station")
    expect(page.locator("#scan")).to_be_focused()
    return page


def _result(page: Page, name: str, text: str) -> None:
    expect(page.locator(f"#result .{name}")).to_have_text(text)


def _done(page: Page, tone: str = "green") -> None:
    expect(page.locator("#result")).to_have_attribute("data-tone", tone)
    expect(page.locator("#queue")).to_be_hidden()


# --- results -------------------------------------------------------------------------------------


def test_the_last_result_fills_the_screen(hearing: Page, fake: Fake) -> None:
    number = code()
    fake.said[number] = {"remarks": ["Out of turn", "Late"], "tone": "amber"}
    scan(hearing, number)
    _done(hearing, "amber")
    _result(hearing, "verdict", "Accepted")
    _result(hearing, "packet", grouped(int(number)))
    _result(hearing, "service", "7 · Benefit")
    _result(hearing, "move", "Inspector 1 → Office 2")
    _result(hearing, "next", "Hand on")
    _result(hearing, "left", "2 h left")
    expect(hearing.locator("#result .remarks li")).to_have_text(["Out of turn", "Late"])
    expect(hearing.locator("#result")).to_have_attribute("aria-busy", "false")
    assert heard(hearing) == ["amber"]


def test_a_test_strip_tells_its_width_and_is_recorded_nowhere(hearing: Page, fake: Fake) -> None:
    widths = (StripWidth(2, 203), StripWidth(5, 300), StripWidth(350))
    for width, said in zip(widths, ("0.25", "0.42", "0.35"), strict=True):
        scan(hearing, str(strip_code(width)))
        _result(hearing, "verdict", f"Read at {said} mm")
    scan(hearing, card(Card.SEPARATOR))
    _result(hearing, "verdict", "A sheet between packets")
    assert heard(hearing) == ["green"] * 3 + ["amber"]
    assert not fake.codes
    expect(hearing.locator("#queue")).to_be_hidden()
    expect(hearing.locator("#armed")).to_be_hidden()


def test_each_tone_has_its_shape_and_sound(hearing: Page, fake: Fake) -> None:
    shapes = set()
    for tone in ("green", "amber", "red"):
        number = code()
        fake.said[number] = {"tone": tone}
        scan(hearing, number)
        expect(hearing.locator("#result")).to_have_attribute("data-tone", tone)
        shapes.add(hearing.locator("#result .shape").text_content())
        expect(hearing.locator("#last li .mark").first).not_to_have_text("…")
    assert heard(hearing) == ["green", "amber", "red"]
    assert len(shapes) == 3


def test_the_same_packet_twice_is_one_scan(hearing: Page, fake: Fake) -> None:
    number = code()
    fake.hold()
    scan(hearing, number, number)
    _result(hearing, "verdict", "Already scanned")
    expect(hearing.locator("#result")).to_have_attribute("data-tone", "amber")
    assert heard(hearing) == ["amber"]
    expect(hearing.locator("#last li")).to_have_count(1)
    fake.go_on()
    _done(hearing)
    scan(hearing, number)  # answered: it is the server that knows
    fake.until(hearing, lambda f: f.codes == [number, number])


@pytest.mark.parametrize(
    ("text", "verdict", "tone"),
    [
        ("10267000000100", "Check digits wrong", "red"),
        ("12345", "Unknown code", "red"),
        ("HELLO-WORLD", "Unknown code", "red"),
        (str(7 * 10**13 + 98 - 7 * 10**13 % 97), "Unknown code", "amber"),
    ],
)
def test_an_unknown_code_is_said_at_once_and_kept(
    hearing: Page, fake: Fake, text: str, verdict: str, tone: str
) -> None:
    fake.said[text] = {"tone": "red", "kind": "unsettled", "verdict": "Unsettled", "number": ""}
    fake.hold()
    scan(hearing, text)
    _result(hearing, "verdict", verdict)
    expect(hearing.locator("#result")).to_have_attribute("data-tone", tone)
    expect(hearing.locator("#result .remarks li")).to_have_text(["Kept on this device"])
    assert heard(hearing) == [tone]
    fake.go_on()
    _result(hearing, "verdict", "Unsettled")
    assert fake.codes == [text]
    assert heard(hearing) == ([tone] if tone == "red" else [tone, "red"])  # once is enough


# --- cards ---------------------------------------------------------------------------------------


def test_a_card_acts_on_the_packet_before_it(hearing: Page, fake: Fake) -> None:
    number = code()
    scan(hearing, number, card(Card.SIGNED))
    _done(hearing)
    _result(hearing, "verdict", "signed")
    assert fake.acts[0] | {"ref": "", "counter": 0, "happened_at": ""} == {
        "ref": "", "counter": 0, "happened_at": "", "place": str(PLACE), "card": "signed",
        "numbers": [number],
    }  # fmt: skip
    expect(hearing.locator("#last li").first).to_contain_text("signed")
    expect(hearing.locator("#armed")).to_be_hidden()


def test_a_button_does_what_its_card_does(hearing: Page, fake: Fake) -> None:
    number = code()
    scan(hearing, number)
    hearing.locator("button[data-card=signed]").click()
    fake.until(hearing, lambda f: len(f.acts) == 1)
    assert fake.acts[0]["numbers"] == [number]


@pytest.mark.parametrize("how", ["Escape", "card", "button"])
def test_a_card_without_a_packet_is_for_all_that_follow(
    hearing: Page, fake: Fake, how: str
) -> None:
    scan(hearing, card(Card.SIGNED))
    expect(hearing.locator("#armed")).to_have_text("Card ready: signed")
    codes = [code() for _ in range(3)]
    scan(hearing, *codes)
    fake.until(hearing, lambda f: len(f.acts) == 3)
    assert [each["numbers"] for each in fake.acts] == [[each] for each in codes]
    _done(hearing)
    if how == "Escape":
        hearing.keyboard.press("Escape")
    elif how == "card":
        scan(hearing, card(Card.CLEAR))
    else:
        hearing.locator("button[data-card=clear]").click()
    expect(hearing.locator("#armed")).to_be_hidden()
    _result(hearing, "verdict", "Cleared")
    scan(hearing, code())
    fake.until(hearing, lambda f: len(f.scans) == 4)
    _done(hearing)
    assert len(fake.acts) == 3


def test_another_card_takes_the_place_of_the_first(hearing: Page, fake: Fake) -> None:
    scan(hearing, card(Card.SIGNED), code(), card(Card.RETURNED))
    expect(hearing.locator("#armed")).to_have_text("Card ready: returned")
    number = code()
    scan(hearing, number)
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert [each["card"] for each in fake.acts] == ["signed", "returned"]
    assert fake.acts[1]["numbers"] == [number]


def test_after_two_minutes_a_card_means_no_packet_any_more(hearing: Page, fake: Fake) -> None:
    scan(hearing, code())
    _done(hearing)
    hearing.clock.fast_forward(2 * MINUTE)
    scan(hearing, card(Card.SIGNED))
    expect(hearing.locator("#armed")).to_be_visible()
    assert not fake.acts


def test_a_card_never_acts_on_a_packet_that_is_not_on_the_screen(hearing: Page, fake: Fake) -> None:
    scan(hearing, code(), "WHAT-IS-THIS", card(Card.SIGNED))
    expect(hearing.locator("#armed")).to_be_visible()
    fake.until(hearing, lambda f: len(f.scans) == 2)
    assert not fake.acts


def test_an_act_on_what_is_no_packet_after_all_is_not_sent(hearing: Page, fake: Fake) -> None:
    number = code()
    fake.said[number] = {"kind": "unsettled", "number": "", "tone": "red", "verdict": "Unknown"}
    scan(hearing, card(Card.SIGNED), number)
    rows = hearing.locator("#last li")
    expect(rows.first).to_contain_text("Not done")
    expect(rows.first).to_have_attribute("data-tone", "amber")
    expect(rows.nth(1)).to_have_attribute("data-tone", "red")
    assert not fake.acts


def test_a_refused_act_is_said_and_needs_no_reading(
    hearing: Page, fake: Fake, complaints: Complaints
) -> None:
    complaints.allow("Failed to load resource")
    scan(hearing, code())
    _done(hearing)
    fake.broken = [(403, {"code": "wrong-role", "title": "Not yours", "detail": "Only the head"})]
    scan(hearing, card(Card.SIGNED))
    _done(hearing, "red")
    _result(hearing, "verdict", "Not yours")
    expect(hearing.locator("#result .remarks li")).to_have_text(["Only the head"])
    expect(hearing.locator("#refused")).to_be_hidden()
    assert heard(hearing) == ["green", "red"]


# --- questions -----------------------------------------------------------------------------------


def test_an_executor_is_chosen_by_a_digit(hearing: Page, fake: Fake) -> None:
    fake.needs = [WHO]
    number = code()
    scan(hearing, number, card(Card.RESOLUTION))
    choices = hearing.locator("#choices button")
    expect(choices).to_have_text(["1 Executor Seven", "2 Executor Eight"])
    expect(hearing.locator("#choices h2")).to_have_text(f"Who? · {grouped(int(number))}")
    expect(hearing.locator("#scan")).to_be_focused()
    assert heard(hearing)[-1] == "amber"
    hearing.keyboard.press("Digit2")
    expect(hearing.locator("#choices")).to_be_hidden()
    expect(hearing.locator("#scan")).to_have_value("")
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert fake.acts[1]["executor"] == "8"
    assert fake.acts[1]["numbers"] == [number]
    assert fake.acts[1]["ref"] != fake.acts[0]["ref"]
    expect(hearing.locator("#last li")).to_have_count(2)


def test_an_executor_is_chosen_by_mouse(hearing: Page, fake: Fake) -> None:
    fake.needs = [WHO]
    scan(hearing, code(), card(Card.RESOLUTION))
    hearing.locator("#choices button", has_text="Executor Seven").click()
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert fake.acts[1]["executor"] == "7"
    expect(hearing.locator("#scan")).to_be_focused()


def test_an_executor_is_chosen_by_tab_and_enter(hearing: Page, fake: Fake) -> None:
    fake.needs = [WHO]
    scan(hearing, code(), card(Card.RESOLUTION))
    expect(hearing.locator("#choices")).to_be_visible()
    hearing.keyboard.press("Tab")
    hearing.keyboard.press("Tab")
    hearing.keyboard.press("Enter")
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert fake.acts[1]["executor"] == "8"
    expect(hearing.locator("#scan")).to_be_focused()


def test_an_executor_is_chosen_by_badge(hearing: Page, fake: Fake) -> None:
    fake.needs = [WHO]
    badge = code(CodeKind.BADGE)
    scan(hearing, code(), card(Card.RESOLUTION))
    expect(hearing.locator("#choices")).to_be_visible()
    Scanner(hearing, "kk").scan(badge)
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert fake.acts[1]["badge"] == badge
    expect(hearing.locator("#choices")).to_be_hidden()


def test_a_badge_before_the_question_is_its_answer(hearing: Page, fake: Fake) -> None:
    fake.needs = [WHO]
    badge = code(CodeKind.BADGE)
    fake.hold()
    scan(hearing, code(), card(Card.RESOLUTION), badge)
    fake.go_on()
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert fake.acts[1]["badge"] == badge
    expect(hearing.locator("#choices")).to_be_hidden()


def test_a_card_with_a_badge_is_for_all_that_follow(hearing: Page, fake: Fake) -> None:
    badge = code(CodeKind.BADGE)
    scan(hearing, card(Card.RESOLUTION), badge)
    expect(hearing.locator("#armed")).to_have_text(
        f"Card ready: resolution · {grouped(int(badge))}"
    )
    scan(hearing, code(), code())
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert [each["badge"] for each in fake.acts] == [badge, badge]


def test_one_choice_of_an_executor_is_for_all_that_follow(hearing: Page, fake: Fake) -> None:
    fake.needs = [WHO, WHO]
    codes = [code() for _ in range(3)]
    scan(hearing, card(Card.RESOLUTION), *codes[:2])
    fake.until(hearing, lambda f: len(f.acts) == 2)
    expect(hearing.locator("#choices h2")).to_contain_text(grouped(int(codes[0])))
    hearing.locator("#choices button").first.click()
    expect(hearing.locator("#choices")).to_be_hidden()
    expect(hearing.locator("#armed")).to_have_text("Card ready: resolution · Executor Seven")
    scan(hearing, codes[2])
    fake.until(hearing, lambda f: len(f.acts) == 5)
    said = [(each["numbers"][0], each.get("executor")) for each in fake.acts[2:]]
    assert said == [(each, "7") for each in codes]


def test_of_many_choices_one_types_the_number(hearing: Page, fake: Fake) -> None:
    fake.needs = [GROUNDS]
    scan(hearing, code(), card(Card.REFUSED))
    expect(hearing.locator("#choices button")).to_have_count(12)
    hearing.keyboard.type("12", delay=70)
    hearing.keyboard.press("Enter")
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert fake.acts[1]["grounds"] == ["ground-12"]
    assert len(fake.scans) == 1


def test_reasons_are_written(hearing: Page, fake: Fake) -> None:
    fake.needs = [REASONS]
    number, other = code(), code()
    scan(hearing, number, card(Card.REFUSED))
    expect(hearing.locator("#answer")).to_be_focused()
    hearing.keyboard.type("Қағаз жоқ 1", delay=50)
    Scanner(hearing).scan(other)  # somebody is not waiting
    fake.until(hearing, lambda f: f.codes == [number, other])
    expect(hearing.locator("#answer")).to_have_value("Қағаз жоқ 1")
    hearing.get_by_role("button", name="Send").click()
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert fake.acts[1]["text"] == "Қағаз жоқ 1"
    assert fake.acts[1]["numbers"] == [number]
    expect(hearing.locator("#scan")).to_be_focused()


@pytest.mark.parametrize("text", ["12/К-345", ""])
def test_an_incoming_number_is_typed_or_left_out(hearing: Page, fake: Fake, text: str) -> None:
    fake.needs = [INCOMING]
    scan(hearing, code(), card(Card.INCOMING))
    expect(hearing.locator("#answer")).to_be_focused()
    hearing.keyboard.type(text, delay=70)
    hearing.keyboard.press("Enter")
    fake.until(hearing, lambda f: len(f.acts) == 2)
    assert fake.acts[1]["incoming_number"] == text


def test_one_answer_may_lead_to_another_question(hearing: Page, fake: Fake) -> None:
    fake.needs = [WHO, REASONS]
    scan(hearing, code(), card(Card.RESOLUTION))
    hearing.locator("#choices button").first.click()
    expect(hearing.locator("#answer")).to_be_focused()
    hearing.keyboard.type("because", delay=50)
    hearing.get_by_role("button", name="Send").press("Enter")
    fake.until(hearing, lambda f: len(f.acts) == 3)
    assert (fake.acts[2]["executor"], fake.acts[2]["text"]) == ("7", "because")


def test_a_question_that_is_dropped_is_marked(hearing: Page, fake: Fake) -> None:
    fake.needs = [WHO]
    scan(hearing, code(), card(Card.RESOLUTION))
    expect(hearing.locator("#choices")).to_be_visible()
    hearing.keyboard.press("Escape")
    expect(hearing.locator("#choices")).to_be_hidden()
    expect(hearing.locator("#last li").first).to_contain_text("Not done")
    assert len(fake.acts) == 1


# --- badges and places ---------------------------------------------------------------------------


def test_a_badge_hands_the_station_over(hearing: Page, fake: Fake) -> None:
    badge, number = code(CodeKind.BADGE), code()
    scan(hearing, number, badge)
    hearing.wait_for_url(f"**/login?badge={badge}")
    assert fake.codes == [number]


def test_a_place_moves_the_station(hearing: Page, fake: Fake) -> None:
    place = code(CodeKind.PLACE)
    scan(hearing, place)
    hearing.wait_for_url(f"**/station?place={place}")
    assert not fake.scans


@pytest.mark.parametrize("kind", [CodeKind.BADGE, CodeKind.PLACE])
def test_without_the_network_the_station_stays_where_it_is(
    hearing: Page, fake: Fake, complaints: Complaints, kind: CodeKind
) -> None:
    complaints.allow(CUT)
    hearing.context.set_offline(True)
    scan(hearing, code(kind))
    _result(hearing, "verdict", "No network")
    assert heard(hearing) == ["red"]
    assert hearing.url == f"{fake.url}/station"
    number = code()
    scan(hearing, number)
    _result(hearing, "packet", grouped(int(number)))
    expect(hearing.locator("#queue")).to_contain_text("1 scan waits")


@pytest.mark.parametrize("kind", [CodeKind.BAG, CodeKind.REGISTRY])
def test_bags_and_registries_are_scans(hearing: Page, fake: Fake, kind: CodeKind) -> None:
    number = code(kind)
    scan(hearing, number)
    fake.until(hearing, lambda f: f.codes == [number])
    _done(hearing)


# --- undo ----------------------------------------------------------------------------------------


def _by_key(page: Page) -> None:
    page.keyboard.press("F2")


def _by_card(page: Page) -> None:
    scan(page, card(Card.UNDO))


def _by_button(page: Page) -> None:
    page.locator("button[data-card=undo]").click()


@pytest.mark.parametrize("undo", [_by_key, _by_card, _by_button])
def test_the_last_scan_is_taken_back(
    hearing: Page, fake: Fake, undo: Callable[[Page], None]
) -> None:
    numbers = code(), code()
    scan(hearing, *numbers)
    fake.until(hearing, lambda f: len(f.scans) == 2)
    undo(hearing)
    fake.until(hearing, lambda f: len(f.voids) == 1)
    assert fake.voids[0]["number"] == numbers[1]
    assert fake.voids[0]["scan"] == fake.scans[1]["ref"]
    assert fake.voids[0]["place"] == str(PLACE)
    assert "reason" not in fake.voids[0]
    _result(hearing, "verdict", "Taken back")
    expect(hearing.locator("button[data-card=undo]")).to_be_hidden()
    hearing.keyboard.press("F2")
    _result(hearing, "verdict", "Nothing to take back")
    assert len(fake.voids) == 1


def test_why_it_is_taken_back_may_be_chosen_and_scanning_goes_on(hearing: Page, fake: Fake) -> None:
    why = hearing.locator("#undo-reason")
    expect(why).to_be_hidden()
    scan(hearing, code())
    _done(hearing)
    why.select_option("other-packet")
    why.focus()
    scan(hearing, card(Card.UNDO))  # the scanner types into nothing
    fake.until(hearing, lambda f: len(f.voids) == 1)
    assert fake.voids[0]["reason"] == "other-packet"
    expect(why).to_be_hidden()
    number = code()
    scan(hearing, number)
    fake.until(hearing, lambda f: f.codes[-1:] == [number])
    _done(hearing)
    expect(why).to_have_value("")


def test_a_scan_is_taken_back_within_a_minute(hearing: Page, fake: Fake) -> None:
    button = hearing.locator("button[data-card=undo]")
    expect(button).to_be_hidden()
    scan(hearing, code())
    _done(hearing)
    expect(button).to_be_visible()
    expect(button).to_contain_text("F2")
    expect(button).to_have_attribute("aria-keyshortcuts", "F2")
    hearing.clock.fast_forward(MINUTE)
    expect(button).to_be_hidden()
    hearing.keyboard.press("F2")
    _result(hearing, "verdict", "Nothing to take back")
    assert heard(hearing) == ["green", "amber"]
    assert not fake.voids


def test_what_the_server_cannot_take_back_is_not_offered(hearing: Page, fake: Fake) -> None:
    number = code()
    fake.said[number] = {"undo": False}
    scan(hearing, number)
    _done(hearing)
    expect(hearing.locator("button[data-card=undo]")).to_be_hidden()


def test_a_scan_twice_leaves_the_first_to_be_taken_back(hearing: Page, fake: Fake) -> None:
    number = code()
    scan(hearing, number)
    _done(hearing)
    fake.said[number] = {"undo": False, "tone": "amber", "verdict": "Here already"}
    scan(hearing, number)
    _result(hearing, "verdict", "Here already")
    hearing.keyboard.press("F2")
    fake.until(hearing, lambda f: len(f.voids) == 1)
    assert fake.voids[0]["scan"] == fake.scans[0]["ref"]


# --- sounds --------------------------------------------------------------------------------------

_NOTES = """
window.notes = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  window.notes.push([this.frequency.value, this.type]);
  return start.call(this, at);
};
"""


def test_the_three_sounds_differ(page: Page, fake: Fake) -> None:
    page.add_init_script(_NOTES)
    page.goto(f"{fake.url}/station")
    page.keyboard.press("Escape")  # browsers are silent until a key is pressed
    played = []
    for tone in ("green", "amber", "red"):
        number = code()
        fake.said[number] = {"tone": tone}
        page.evaluate("window.notes.length = 0")
        Scanner(page).scan(number)
        expect(page.locator("#result")).to_have_attribute("data-tone", tone)
        played.append(page.evaluate("window.notes"))
    green, amber, red = played
    assert len(green) == len(red) == 1
    assert len(amber) == 2
    assert green[0][0] > amber[0][0] > red[0][0]


def test_silence_is_remembered(page: Page, fake: Fake) -> None:
    page.add_init_script(_NOTES)
    listen(page)
    page.goto(f"{fake.url}/station")
    mute = page.locator("#mute")
    mute.click()
    expect(mute).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(mute).to_have_attribute("aria-pressed", "true")
    Scanner(page).scan(code())
    _done(page)
    assert heard(page) == ["green"]
    assert page.evaluate("window.notes") == []
    mute.click()
    page.reload()
    expect(mute).to_have_attribute("aria-pressed", "false")
