"""The station's queue: what was scanned is kept, sent in order, and recorded once."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from api.messages import LANGUAGES, catalogue
from api.web.rendering import STATIC_FOLDER
from domain.cards import Card
from domain.numbers import CodeKind, grouped
from tests.browser.harness import PLACE, TEXTS, Fake
from tests.browser.station_steps import CUT, card, code, heard, kept, listen, scan
from tests.browser.watching import Complaints

SENDING = "**/station/{scans,acts,void}"
FAILED = "Failed to load resource"
INVALID = (422, {"code": "invalid-request", "title": "Wrong", "detail": "This cannot be taken"})


def _reopen(page: Page, fake: Fake) -> None:
    page.goto(f"{fake.url}/station")
    expect(page.locator("#scan")).to_be_focused()


def test_a_scan_says_who_where_and_when(station: Page, fake: Fake) -> None:
    scan(station, code())
    fake.until(station, lambda f: bool(f.scans))
    sent = fake.scans[0]
    assert set(sent) == {"ref", "code", "how", "happened_at", "counter", "place"}
    assert sent["place"] == str(PLACE)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
                        sent["ref"])  # fmt: skip
    at = datetime.fromisoformat(sent["happened_at"])
    assert at.utcoffset() == timedelta(hours=5)  # Almaty's
    assert abs(datetime.now(at.tzinfo) - at) < timedelta(minutes=1)


def test_a_browser_without_uuids_makes_its_own(page: Page, fake: Fake) -> None:
    page.add_init_script("delete Crypto.prototype.randomUUID;")
    _reopen(page, fake)
    assert page.evaluate("crypto.randomUUID") is None
    scan(page, code(), code())
    fake.until(page, lambda f: len(f.scans) == 2)
    assert len({each["ref"] for each in fake.scans}) == 2
    assert all(re.fullmatch(r"[0-9a-f-]{36}", each["ref"]) for each in fake.scans)


# --- a slow network ------------------------------------------------------------------------------


def test_scans_queue_while_the_server_is_slow(station: Page, fake: Fake) -> None:
    codes = [code() for _ in range(5)]
    fake.hold()
    for number, each in enumerate(codes, 1):
        scan(station, each)
        fake.until(station, lambda f: f.arrived == 1)
        expect(station.locator("#result .packet")).to_have_text(grouped(int(each)))
        expect(station.locator("#result")).to_have_attribute("data-tone", "pending")
        expect(station.locator("#scan")).to_have_value("")
        expect(station.locator("#last li")).to_have_count(number)
    expect(station.locator("#queue")).to_be_visible()
    expect(station.locator("#queue")).to_have_text("5 scans wait")
    fake.go_on()
    expect(station.locator("#queue")).to_be_hidden()
    assert fake.codes == codes
    assert fake.requests == [("scans", 1), ("scans", 4)]  # one in flight, then all that waited
    expect(station.locator("#result")).to_have_attribute("data-tone", "green")
    expect(station.locator("#result .packet")).to_have_text(grouped(int(codes[-1])))
    assert kept(station, "qolhat.queue.") == []


def test_the_counter_speaks_in_plural_forms(station: Page, fake: Fake) -> None:
    fake.hold()
    scan(station, code())
    expect(station.locator("#queue")).to_have_text("1 scan waits")
    scan(station, code())
    expect(station.locator("#queue")).to_have_text("2 scans wait")


def test_an_earlier_answer_never_covers_a_later_scan(page: Page, fake: Fake) -> None:
    listen(page)
    _reopen(page, fake)
    wrong, right = code(), code()
    fake.said[wrong] = {"tone": "red", "verdict": "Not here"}
    fake.hold()
    scan(page, wrong)
    fake.until(page, lambda f: f.arrived == 1)
    scan(page, right)
    fake.answer_one()
    row = page.locator("#last li", has_text=grouped(int(wrong)))
    expect(row).to_have_attribute("data-tone", "red")
    expect(row).to_contain_text("Not here")
    assert heard(page) == ["red"]
    expect(page.locator("#result")).to_have_attribute("data-tone", "pending")
    expect(page.locator("#result .packet")).to_have_text(grouped(int(right)))
    fake.go_on()
    expect(page.locator("#result .verdict")).to_have_text("Accepted")
    assert heard(page) == ["red", "green"]


# --- no network ----------------------------------------------------------------------------------


def test_the_network_is_cut_and_comes_back(
    station: Page, fake: Fake, complaints: Complaints
) -> None:
    complaints.allow(CUT)
    codes = [code() for _ in range(3)]
    station.context.set_offline(True)
    scan(station, *codes)
    expect(station.locator("#queue")).to_contain_text("No network")
    expect(station.locator("#queue")).to_contain_text("3 scans wait")
    station.context.set_offline(False)
    fake.until(station, lambda f: len(f.scans) == 3)
    assert fake.codes == codes
    expect(station.locator("#queue")).to_be_hidden()


def test_the_queue_survives_a_closed_page(
    page: Page, fake: Fake, context_of: BrowserContext, complaints: Complaints
) -> None:
    complaints.allow(CUT)
    _reopen(page, fake)
    context_of.route(SENDING, lambda route: route.abort())
    codes = [code() for _ in range(3)]
    scan(page, *codes)
    refs = [each["body"]["ref"] for each in kept(page, "qolhat.queue.")]
    page.close()
    other = context_of.new_page()
    _reopen(other, fake)
    expect(other.locator("#queue")).to_contain_text("3 scans wait")
    expect(other.locator("#last li[data-tone=pending]")).to_have_count(3)
    context_of.unroute(SENDING)
    other.evaluate("window.dispatchEvent(new Event('online'))")
    # What was under way while the network came back may have been sent a second time.
    fake.until(other, lambda f: {each["ref"] for each in f.scans} == set(refs))
    assert list(dict.fromkeys(fake.codes)) == codes
    expect(other.locator("#last li[data-tone=green]")).to_have_count(3)


def test_an_answer_that_was_lost_is_asked_for_again(
    station: Page, fake: Fake, complaints: Complaints
) -> None:
    complaints.allow(CUT)

    def lose(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    station.route("**/station/scans", lose, times=1)
    number = code()
    scan(station, number)
    fake.until(station, lambda f: len(f.scans) == 2)
    assert fake.codes == [number, number]
    assert fake.scans[0] == fake.scans[1]  # the same scan, so it is recorded once
    expect(station.locator("#last li[data-tone=green]")).to_have_count(1)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_asked_again(
    station: Page, fake: Fake, complaints: Complaints, status: int
) -> None:
    complaints.allow(FAILED)
    fake.broken = [(status, {"code": "trouble", "title": "Trouble"})] * 2
    scan(station, code())
    fake.until(station, lambda f: len(f.scans) == 1)
    expect(station.locator("#queue")).to_be_hidden()
    assert kept(station, "qolhat.refused.") == []


def test_what_could_not_be_stored_is_sent_again(station: Page, fake: Fake) -> None:
    number = code()
    fake.said[number] = {"kind": "refused", "tone": "red", "retry": True}
    scan(station, number)
    fake.until(station, lambda f: len(f.scans) == 1)
    expect(station.locator("#queue")).to_contain_text("1 scan waits")
    fake.said.clear()
    fake.until(station, lambda f: len(f.scans) == 2)
    expect(station.locator("#result")).to_have_attribute("data-tone", "green")


# --- refusals ------------------------------------------------------------------------------------


def test_one_bad_scan_of_many_does_not_hold_up_the_others(
    station: Page, fake: Fake, complaints: Complaints
) -> None:
    complaints.allow(FAILED)
    codes = [code() for _ in range(4)]
    fake.hold()
    scan(station, codes[0])
    fake.until(station, lambda f: f.arrived == 1)
    scan(station, *codes[1:])
    fake.answer_one()
    fake.until(station, lambda f: f.arrived == 2)
    fake.broken = [INVALID, INVALID]  # the other three together, then the first of them
    fake.go_on()
    fake.until(station, lambda f: len(f.scans) == 3)
    assert fake.codes == [codes[0], *codes[2:]]
    refused = station.locator("#refused li")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text(f"{grouped(int(codes[1]))} · Wrong · This cannot be taken")
    expect(station.locator("#queue")).to_be_hidden()


def test_what_was_refused_stays_until_it_is_read(station: Page, fake: Fake) -> None:
    number = code()
    fake.said[number] = {"kind": "refused", "tone": "red", "verdict": "Refused", "remarks": ["Why"]}
    scan(station, number)
    expect(station.locator("#refused")).to_contain_text("Refused · Why")
    _reopen(station, fake)
    expect(station.locator("#refused li")).to_have_count(1)
    station.locator("#refused button", has_text="Read").click()
    expect(station.locator("#refused")).to_be_hidden()
    _reopen(station, fake)
    expect(station.locator("#refused")).to_be_hidden()


def test_a_scan_of_which_the_server_says_nothing_is_shown(station: Page, fake: Fake) -> None:
    station.route("**/station/scans", lambda route: route.fulfill(json={"answers": []}))
    number = code()
    scan(station, number)
    expect(station.locator("#refused")).to_contain_text(grouped(int(number)))
    expect(station.locator("#queue")).to_be_hidden()


# --- people --------------------------------------------------------------------------------------


def test_another_person_does_not_send_what_is_not_theirs(
    station: Page, fake: Fake, complaints: Complaints
) -> None:
    complaints.allow(CUT)
    station.route("**/station/scans", lambda route: route.abort())
    theirs, mine = [code(), code()], code()
    scan(station, *theirs)
    fake.person = 5
    station.unroute("**/station/scans")
    _reopen(station, fake)
    expect(station.locator("#queue")).to_have_text("Of others: 2")
    scan(station, mine)
    fake.until(station, lambda f: f.codes == [mine])
    expect(station.locator("#queue")).to_have_text("Of others: 2")
    fake.person = 4
    _reopen(station, fake)
    fake.until(station, lambda f: list(dict.fromkeys(f.codes)) == [mine, *theirs])
    expect(station.locator("#queue")).to_be_hidden()


def test_the_end_of_a_session_holds_the_queue(
    page: Page, fake: Fake, complaints: Complaints
) -> None:
    complaints.allow(FAILED)
    listen(page)
    _reopen(page, fake)
    fake.person = None
    scan(page, code())
    link = page.locator("#queue a", has_text="Log in again")
    expect(link).to_have_attribute("href", "/login?next=/station")
    expect(page.locator("#queue")).to_contain_text("1 scan waits")
    assert heard(page) == ["amber"]
    scan(page, code())
    expect(page.locator("#queue")).to_contain_text("2 scans wait")
    page.wait_for_timeout(700)
    fake.person = 4
    assert not fake.scans
    _reopen(page, fake)
    fake.until(page, lambda f: len(f.scans) == 2)


@pytest.mark.parametrize("problem", ["foreign-request", "other-person"])
def test_a_page_of_an_earlier_session_sends_nothing(
    station: Page, fake: Fake, complaints: Complaints, problem: str
) -> None:
    complaints.allow(FAILED)
    fake.broken = [(409, {"code": problem, "title": "No"})]
    scan(station, code())
    expect(station.locator("#queue a")).to_be_visible()
    assert len(kept(station, "qolhat.queue.")) == 1
    assert kept(station, "qolhat.refused.") == []


# --- storage, and two pages ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };",
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException(); } });",
    ],
    ids=["full", "forbidden"],
)
def test_without_storage_scans_are_kept_in_the_page(page: Page, fake: Fake, trouble: str) -> None:
    page.add_init_script(trouble)
    listen(page)
    _reopen(page, fake)
    fake.hold()
    codes = [code(), code()]
    scan(page, *codes)
    expect(page.locator("#queue")).to_contain_text("The storage is full")
    expect(page.locator("#queue")).to_contain_text("2 scans wait")
    assert heard(page) == ["amber"]
    scan(page, code(CodeKind.PLACE))
    expect(page.locator("#result .verdict")).to_have_text("The storage is full")
    assert page.url == f"{fake.url}/station"  # it would be lost by going elsewhere
    fake.go_on()
    fake.until(page, lambda f: f.codes == codes)
    expect(page.locator("#queue")).to_have_text("The storage is full")


def test_two_pages_send_each_scan_once(
    page: Page, fake: Fake, context_of: BrowserContext, complaints: Complaints
) -> None:
    complaints.allow(CUT)
    other = context_of.new_page()
    _reopen(page, fake)
    _reopen(other, fake)
    context_of.route(SENDING, lambda route: route.abort())
    mine, theirs = [code(), code()], [code(), code()]
    scan(page, *mine)
    scan(other, *theirs)
    expect(page.locator("#queue")).to_contain_text("4 scans wait")
    context_of.unroute(SENDING)
    for each in (page, other):
        each.evaluate("window.dispatchEvent(new Event('online'))")
    fake.until(page, lambda f: len(f.scans) >= 4)
    for each, numbers in ((page, mine), (other, theirs)):
        expect(each.locator("#queue")).to_be_hidden()
        expect(each.locator("#last li[data-tone=green]")).to_have_count(2)
        expect(each.locator("#result .packet")).to_have_text(grouped(int(numbers[-1])))
    assert sorted(set(fake.codes)) == sorted(mine + theirs)


def test_a_question_is_asked_where_the_card_was_scanned(
    page: Page, fake: Fake, context_of: BrowserContext, complaints: Complaints
) -> None:
    complaints.allow(CUT)
    other = context_of.new_page()
    _reopen(page, fake)
    _reopen(other, fake)
    context_of.route(SENDING, lambda route: route.abort())
    fake.needs = [{"needs": "reasons", "title": "Why?", "choices": []}]
    scan(page, code(), card(Card.REFUSED))
    expect(other.locator("#queue")).to_contain_text("2 scans wait")
    context_of.unroute(SENDING)
    for each in (other, page):
        each.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#answer")).to_be_visible()
    expect(other.locator("#answer")).to_be_hidden()
    assert len(fake.acts) == 1


def test_the_last_scans_outlive_a_change_of_place(station: Page, fake: Fake) -> None:
    codes = [code() for _ in range(52)]
    scan(station, *codes)
    fake.until(station, lambda f: len(f.scans) == 52)
    rows = station.locator("#last li")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text(grouped(int(codes[-1])))
    expect(station.locator("#last li[data-tone=green]")).to_have_count(50)
    _reopen(station, fake)
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("Accepted")
    expect(rows.last).to_contain_text(grouped(int(codes[2])))
    fake.person = 5
    _reopen(station, fake)
    expect(rows).to_have_count(0)


# --- the words -----------------------------------------------------------------------------------


def _keys_said() -> set[str]:
    scripts = "".join(path.read_text() for path in Path(STATIC_FOLDER, "station").glob("*.js"))
    return set(re.findall(r'\bsay\(\s*"([^"]+)"', scripts)) | {"wrong-check", "unknown-code"}


def test_everything_the_scripts_say_is_in_every_language() -> None:
    said = _keys_said()
    assert said == set(TEXTS)
    for language in LANGUAGES:
        texts = catalogue("station", language)
        assert {key for key in said if not texts.get(f"station.js.{key}")} == set(), language


def test_the_scripts_hold_no_words_of_their_own() -> None:
    for path in Path(STATIC_FOLDER, "station").glob("*.js"):
        assert not re.search("[А-Яа-яӘәІіҢңҒғҮүҰұҚқӨөҺһ]", path.read_text()), path.name


def test_a_missing_text_is_an_error_of_the_page(
    page: Page, fake: Fake, complaints: Complaints
) -> None:
    complaints.allow("no text")
    fake.texts.pop("pending")
    _reopen(page, fake)
    scan(page, code())
    fake.until(page, lambda f: len(f.scans) == 1)
    assert any("no text pending" in each for each in complaints.said)


def test_an_armed_card_is_sent_after_its_scan(
    station: Page, fake: Fake, complaints: Complaints
) -> None:
    complaints.allow(CUT)
    station.context.set_offline(True)
    codes = [code(), code()]
    scan(station, card(Card.SIGNED), *codes)
    expect(station.locator("#queue")).to_contain_text("4 scans wait")
    station.context.set_offline(False)
    fake.until(station, lambda f: len(f.acts) == 2)
    assert [kind for kind, _ in fake.requests] == ["scans", "acts", "scans", "acts"]
    assert [each["numbers"] for each in fake.acts] == [[each] for each in codes]
