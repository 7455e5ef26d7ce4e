"""The courier's page without a network: a run is recorded on the device, then synchronised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from api.web.rendering import static_path
from domain.numbers import grouped
from tests.browser.courier_harness import (
    BAGS,
    CLERK,
    CLERKS_PLACE,
    ME,
    MY_PLACE,
    PACKETS,
    RUN,
    STRANGER,
    FakeServer,
    check_chain,
    fake_courier,
)
from tests.browser.station_steps import CUT, code, heard, listen, scan
from tests.browser.watching import PHONE, Complaints, Pages

FAILED = "Failed to load resource"


@pytest.fixture
def server(new_page: Pages) -> Iterator[FakeServer]:
    with fake_courier() as started:
        yield started
        new_page.close()


@pytest.fixture
def phone(new_page: Pages, server: FakeServer) -> Page:
    """A courier's phone that has opened the page once."""
    page = new_page(**PHONE)
    listen(page)
    return open_page(page, server)


def open_page(page: Page, server: FakeServer) -> Page:
    page.goto(f"{server.url}/courier")
    expect(page.locator("#courier")).to_have_attribute("data-ready", "1")
    expect(page.locator("#me")).to_contain_text("Үлгі Тасушы")
    expect(page.locator("body")).to_have_attribute("data-offline", "ready")
    return page


def waiting(page: Page, number: int) -> None:
    expect(page.locator("#queue")).to_contain_text(f"Кезекте: {number}")


def tone(page: Page, expected: str) -> None:
    expect(page.locator("#result")).to_have_attribute("data-tone", expected)


def take(page: Page, *bags: str) -> None:
    """Take bags: one after the other, then one's own badge."""
    page.locator("#take").click()
    expect(page.locator("#basket")).to_be_visible()
    for bag in bags:
        scan(page, bag)
        expect(page.locator(f"#seal-{bag}")).to_be_visible()
    scan(page, ME)
    expect(page.locator("#proof")).to_be_visible()


def test_a_whole_run_without_a_network(
    phone: Page, server: FakeServer, complaints: Complaints
) -> None:
    """Two bags are taken, carried and handed over; the phone is closed; then it is synchronised."""
    complaints.allow(CUT)
    context: BrowserContext = phone.context
    context.set_offline(True)
    expect(phone.locator("#queue")).to_contain_text("Желі жоқ")
    take(phone, *BAGS[:2])
    expect(phone.locator("#proof .code")).to_have_count(2)
    phone.locator(f"#depart-{RUN}").click()
    expect(phone.locator("#result .verdict")).to_have_text("Шығу жазылды")
    waiting(phone, 3)
    phone.goto("about:blank")  # a tab that is being closed is told that there is a network
    phone.close()

    phone = context.new_page()
    open_page(phone, server)
    waiting(phone, 3)
    phone.locator(f"#arrive-{RUN}").click()
    scan(phone, PACKETS[0])
    expect(phone.locator("#result")).to_contain_text(grouped(int(PACKETS[0])))
    tone(phone, "green")
    phone.locator("#hand").click()
    scan(phone, *BAGS[:2])
    phone.locator(f"#seal-{BAGS[1]}").fill("S-1")
    phone.locator("#scan").focus()
    scan(phone, CLERK)
    expect(phone.locator("#proof")).to_contain_text("Үлгі Кеңсе")
    codes = phone.locator("#proof .code").all_inner_texts()
    waiting(phone, 9)
    assert server.posts == []

    context.set_offline(False)
    waiting(phone, 0)
    check_chain(server.entries)
    kinds = [entry["kind"] for entry in server.entries]
    assert kinds == ["accept"] * 2 + ["depart", "arrive", "scan"] + ["offer"] * 2 + ["accept"] * 2
    handed = server.entries[-2:]
    assert [each["code"] for each in handed] == list(BAGS[:2])
    assert {each["facts"]["receiver"] for each in handed} == {CLERK}
    assert {each["facts"]["giver"] for each in handed} == {ME}
    assert handed[1]["facts"]["seal"] == "S-1"
    assert {each["place"] for each in handed} == {CLERKS_PLACE}
    for said, entry in zip(codes, handed, strict=True):
        digits = entry["hash"]
        assert said.endswith(f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}")
    assert len({entry["boot"] for entry in server.entries}) == 2
    assert {entry["person"] for entry in server.entries} == {7}


def test_an_unknown_badge_is_recorded_too(phone: Page, server: FakeServer) -> None:
    phone.locator("#hand").click()
    scan(phone, BAGS[0])
    expect(phone.locator(f"#seal-{BAGS[0]}")).to_be_visible()
    scan(phone, ME)
    expect(phone.locator("#result .verdict")).to_contain_text("өз бейджіңіз")
    phone.locator("#signing summary").click()
    phone.locator("#canvas").hover()
    phone.mouse.down()
    for x, y in ((40, 10), (-40, -20), (60, 30)):
        box = phone.locator("#canvas").bounding_box()
        assert box is not None
        phone.mouse.move(box["x"] + 150 + x, box["y"] + 60 + y, steps=5)
    phone.mouse.up()
    phone.locator("#scan").focus()
    scan(phone, STRANGER)
    expect(phone.locator("#proof")).to_contain_text("белгісіз")
    tone(phone, "amber")
    server.until(phone, lambda fake: len(fake.of("accept")) == 1)
    (accepted,) = server.of("accept")
    assert (accepted["facts"]["receiver"], accepted["place"]) == (STRANGER, "")
    signature = accepted["facts"]["signature"]
    assert signature.startswith("data:image/png;base64,")
    assert 500 < len(signature) < 30_000
    expect(phone.locator("#proof img")).to_have_attribute("src", signature)
    assert heard(phone)[-1] == "amber"


def test_givers_seals_and_broken_seals_are_recorded(phone: Page, server: FakeServer) -> None:
    """A seal that is another one is taken down as it is seen, and looks so."""
    server.held = True  # nobody waits for the server
    phone.locator(f"#broken-{BAGS[2]}").click()
    phone.locator(f"#seal-{BAGS[2]}").fill("cut")
    phone.locator("#confirm").click()
    expect(phone.locator("#result .verdict")).to_have_text("Пломба бұзылған")
    phone.locator(f"#take-{BAGS[0]}").click()
    phone.locator(f"#seal-{BAGS[0]}").fill("S-9")
    scan(phone, CLERK)
    expect(phone.locator("#basket .giver")).to_contain_text("Үлгі Кеңсе")
    phone.locator("#confirm").click()
    tone(phone, "amber")
    expect(phone.locator("#result")).to_contain_text("сәйкес емес")
    phone.emulate_media(media="print")
    expect(phone.locator("#proof")).to_be_visible()
    for others in ("#bags", "#result", "#print", ".top"):
        expect(phone.locator(others)).to_be_hidden()
    phone.emulate_media(media="screen")
    expect(phone.locator("#bags .amber-text")).to_have_count(2)  # the server has not told yet
    server.held = False
    waiting(phone, 0)
    broken, taken = server.entries
    assert (broken["kind"], broken["facts"]) == ("broken", {"seal": "cut"})
    assert taken["facts"] == {"receiver": ME, "giver": CLERK, "seal": "S-9"}
    assert taken["place"] == MY_PLACE


# --- the way to the server -----------------------------------------------------------------------


def test_lost_answers_record_nothing_twice(
    phone: Page, server: FakeServer, complaints: Complaints
) -> None:
    """The same log comes twice and by halves: each entry is recorded once, the chain is whole."""
    complaints.allow(f"{CUT}|{FAILED}")
    server.lose_answers = 2
    phone.context.set_offline(True)
    scan(phone, *PACKETS[:3])
    waiting(phone, 3)
    phone.context.set_offline(False)
    server.until(phone, lambda fake: len(fake.posts) >= 2)
    scan(phone, *PACKETS[3:6])
    server.until(phone, lambda fake: len(fake.refs) == 6)
    waiting(phone, 0)
    assert len(server.posts) >= 3
    assert [entry["code"] for entry in server.entries] == list(PACKETS[:6])
    assert len(server.refs) == 6
    check_chain(server.entries)


def test_a_long_queue_goes_in_batches(
    phone: Page, server: FakeServer, complaints: Complaints
) -> None:
    """A cut in the middle loses nothing: what was answered is not sent again."""
    complaints.allow(f"{CUT}|{FAILED}")
    packets = [code() for _ in range(230)]
    phone.context.set_offline(True)
    scan(phone, *packets)
    waiting(phone, 230)
    server.broken.append((503, {"code": "storage", "title": "Кейінірек"}))
    phone.context.set_offline(False)
    waiting(phone, 0)
    assert [len(post["entries"]) for post in server.posts] == [200, 30]
    assert [entry["code"] for entry in server.entries] == packets
    check_chain(server.entries)


def test_what_the_server_cannot_take_yet_waits_and_what_it_refuses_is_said(
    phone: Page, server: FakeServer
) -> None:
    server.said[PACKETS[0]] = {"status": "retry", "tone": "amber", "verdict": "Кейінірек"}
    server.said[PACKETS[1]] = {"status": "refused", "tone": "red", "verdict": "Қабылданбады"}
    scan(phone, *PACKETS[:3])
    expect(phone.locator("#refused")).to_contain_text("Қабылданбады")
    waiting(phone, 1)
    server.said.clear()
    phone.locator("#send").click()
    waiting(phone, 0)
    phone.locator("#refused button").click()
    expect(phone.locator("#refused")).to_be_hidden()
    expect(phone.locator("#history li")).to_have_count(3)
    scan(phone, PACKETS[3])
    server.until(phone, lambda fake: len(fake.refs) == 3)
    assert [entry["seq"] for entry in server.entries] == [1, 3, 4]
    sent = [entry["seq"] for post in server.posts for entry in post["entries"]]
    assert [sent.count(seq) for seq in (2, 3, 4)] == [1, 1, 1]  # only the first one again


def test_a_restored_server_gets_again_what_it_lost(phone: Page, server: FakeServer) -> None:
    scan(phone, *PACKETS[:4])
    expect(phone.locator("#history li[data-status=recorded]")).to_have_count(4)
    server.restore(1)
    scan(phone, PACKETS[4])
    server.until(phone, lambda fake: len(fake.refs) == 5)
    assert [entry["code"] for entry in server.entries] == list(PACKETS[:5])
    check_chain(server.entries)


def test_the_session_ends_and_nothing_is_lost(
    phone: Page, server: FakeServer, complaints: Complaints
) -> None:
    complaints.allow("401")
    server.logged_in = False
    scan(phone, *PACKETS[:2])
    expect(phone.locator("#session")).to_be_visible()
    expect(phone.locator("#session a")).to_have_attribute("href", "/login?next=/courier")
    waiting(phone, 2)
    phone.locator("#log-out").click()
    expect(phone.locator("#result")).to_contain_text("ештеңе ұмытылмады")
    server.logged_in, server.csrf = True, "of the next session"
    phone.locator("#send").click()
    waiting(phone, 0)
    expect(phone.locator("#session")).to_be_hidden()
    check_chain(server.entries)


def test_who_logs_out_is_forgotten(phone: Page, server: FakeServer, complaints: Complaints) -> None:
    complaints.allow("401")
    take(phone, BAGS[0])
    expect(phone.locator("#history li[data-status=recorded]")).to_have_count(1)
    phone.locator("#log-out").click()
    phone.wait_for_url("**/login?next=/courier")
    phone.goto(f"{server.url}/courier")
    expect(phone.locator("#me")).to_contain_text("ешкім кірмеген")
    expect(phone.locator("#session")).to_be_visible()
    expect(phone.locator("#history li")).to_have_text("Әлі ештеңе жазылмаған")
    assert phone.evaluate(_KEPT) == {"log": 0, "facts": ["persist-asked"]}


_KEPT = """() => new Promise((resolve) => {
  const opening = indexedDB.open("qolhat.courier");
  opening.onsuccess = () => {
    const reading = opening.result.transaction(["log", "facts"]);
    const log = reading.objectStore("log").count();
    const facts = reading.objectStore("facts").getAllKeys();
    reading.oncomplete = () => resolve({ log: log.result, facts: facts.result });
  };
})"""


def test_what_another_courier_did_waits_for_them(
    phone: Page, server: FakeServer, complaints: Complaints
) -> None:
    """Who works with the device next can log out, and takes nobody's entries along."""
    complaints.allow("401")
    server.said[PACKETS[0]] = {"status": "retry", "tone": "amber", "verdict": "Басқа адамдікі"}
    scan(phone, PACKETS[0])
    waiting(phone, 1)
    server.day["person"] = {**server.day["person"], "person": 9, "name": "Үлгі Екінші"}
    phone.reload()
    expect(phone.locator("#me")).to_contain_text("Үлгі Екінші")
    expect(phone.locator("#queue")).to_contain_text("Басқа адамның жазбалары: 1")
    phone.locator("#log-out").click()
    phone.wait_for_url("**/login?next=/courier")
    server.logged_in = True
    server.day["person"] |= {"person": 7, "name": "Үлгі Тасушы"}
    server.said.clear()
    open_page(phone, server)
    waiting(phone, 0)
    check_chain(server.entries)


# --- the device ----------------------------------------------------------------------------------


# The browser asks how much room is left when what it knew of is used up: more than there ever was.
_TOO_MUCH = """() => new Promise((resolve) => {
  const opening = indexedDB.open("qolhat.courier");
  opening.onsuccess = () => {
    const writing = opening.result.transaction("facts", "readwrite");
    writing.objectStore("facts").put("x".repeat(9_000_000), "too-much");
    writing.onabort = () => resolve(writing.error.name);
    writing.oncomplete = () => resolve("kept");
  };
})"""


def test_a_full_disk_acknowledges_nothing(
    new_page: Pages, server: FakeServer, complaints: Complaints
) -> None:
    """Red and the sound of an error; what could not be stored is sent at once, or stored later."""
    complaints.allow(CUT)
    phone = new_page(**PHONE)
    listen(phone)
    devtools = phone.context.new_cdp_session(phone)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 8_000_000})
    open_page(phone, server)
    phone.context.set_offline(True)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 1})
    assert phone.evaluate(_TOO_MUCH) == "QuotaExceededError"
    scan(phone, PACKETS[0])
    tone(phone, "red")
    expect(phone.locator("#result .verdict")).to_have_text("САҚТАЛМАДЫ")
    expect(phone.locator("#storage")).to_contain_text("1")
    assert heard(phone)[-1] == "red"
    waiting(phone, 1)
    phone.context.set_offline(False)
    expect(phone.locator("#storage")).to_be_hidden()
    assert [entry["code"] for entry in server.entries] == [PACKETS[0]]
    tone(phone, "green")  # the server has it: that is an acknowledgement
    waiting(phone, 0)

    phone.context.set_offline(True)
    scan(phone, PACKETS[1])
    tone(phone, "red")
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": server.url})
    expect(phone.locator("#storage")).to_be_hidden()
    waiting(phone, 1)
    phone.context.set_offline(False)
    waiting(phone, 0)
    assert sorted(entry["code"] for entry in server.refs.values()) == sorted(PACKETS[:2])


_NO_STORAGE = """
IDBFactory.prototype.open = () => { throw new DOMException("forbidden", "UnknownError"); };
"""


def test_where_nothing_can_be_kept_the_network_is_enough(
    new_page: Pages, server: FakeServer, complaints: Complaints
) -> None:
    complaints.allow(CUT)
    phone = new_page(**PHONE)
    phone.add_init_script(_NO_STORAGE)
    open_page(phone, server)
    expect(phone.locator("#storage")).to_be_visible()
    scan(phone, PACKETS[0])
    tone(phone, "green")
    phone.context.set_offline(True)
    scan(phone, PACKETS[1])
    tone(phone, "red")
    waiting(phone, 1)
    phone.context.set_offline(False)
    tone(phone, "green")
    waiting(phone, 0)
    assert [entry["code"] for entry in server.entries] == list(PACKETS[:2])
    check_chain(server.entries)


_TWO_HOURS_SLOW = """
const now = Date.now.bind(Date);
window.Date = class extends Date {
  constructor(...given) { given.length > 0 ? super(...given) : super(now() - 7_200_000); }
  static now() { return now() - 7_200_000; }
};
"""


def test_a_clock_that_is_two_hours_wrong_is_said_and_changes_nothing(
    new_page: Pages, server: FakeServer
) -> None:
    phone = new_page(**PHONE)
    phone.add_init_script(_TWO_HOURS_SLOW)
    open_page(phone, server)
    expect(phone.locator("#clock")).to_contain_text("2:00:0")
    expect(phone.locator("#clock")).to_contain_text("артта")
    server.findings = [{"kind": "wrong-clock", "text": "Сағат екі сағат артта"}]
    scan(phone, PACKETS[0])
    expect(phone.locator("#findings")).to_contain_text("Сағат екі сағат артта")
    (entry,) = server.entries
    happened, told = (datetime.fromisoformat(entry[name]) for name in ("happened_at", "server_at"))
    assert timedelta(minutes=119) < told - happened < timedelta(minutes=121)


def test_two_tabs_write_one_log(phone: Page, server: FakeServer, complaints: Complaints) -> None:
    complaints.allow(CUT)
    other = open_page(phone.context.new_page(), server)
    phone.context.set_offline(True)
    for page, packets in ((phone, PACKETS[:3]), (other, PACKETS[3:6])):
        scan(page, *packets)
    waiting(phone, 6)
    waiting(other, 6)
    phone.context.set_offline(False)
    waiting(phone, 0)
    waiting(other, 0)
    assert len(server.entries) == len(server.refs) == 6
    assert len({entry["boot"] for entry in server.entries}) == 2
    check_chain(server.entries)
    assert sum(len(post["entries"]) for post in server.posts) == 6  # one of them sent


_A_LONG_WHILE = """async (address) => {
  const { Store } = await import(address);
  const store = new Store();
  const done = (facts) => ({
    draft: { ref: crypto.randomUUID(), kind: "scan", happened_at: "", boot: "", mono: 0, person: 7,
              place: "", code: "", facts },
    group: "", shown: {},
  });
  const kept = await store.append(Array.from({ length: 2010 }, () => done({})));
  const answers = kept.map(({ seq, entry }) => ({ seq, ref: entry.ref, status: "recorded" }));
  await store.settle(answers, "2026-11-22T10:00:00+00:00", 2010);
  const left = await store.recent(5000);
  const [last] = await store.append([done({ signature: "x".repeat(30_000) })]);
  await store.append(Array.from({ length: 99 }, () => done({ signature: "x".repeat(30_000) })));
  const batch = await store.unanswered(7, 0, 200);
  return {
    left: left.length, oldest: left.at(-1).seq, chained: last.entry.prev === kept.at(-1).entry.hash,
    seq: last.seq, batch: batch.length, waiting: await store.waiting(),
  };
}"""


def test_a_day_is_kept_and_no_request_is_too_long(
    phone: Page, server: FakeServer, complaints: Complaints
) -> None:
    """Answered entries are forgotten after 2,000 others; the chain goes on all the same."""
    complaints.allow(CUT)
    phone.context.set_offline(True)
    assert phone.evaluate(_A_LONG_WHILE, static_path("courier/store.js")) == {
        "left": 2000,
        "oldest": 11,
        "chained": True,
        "seq": 2011,
        "batch": 32,
        "waiting": 100,
    }


def test_a_long_log_of_another_day_gives_way_to_a_new_one(phone: Page, server: FakeServer) -> None:
    waiting(phone, 0)
    told = phone.evaluate(
        """async () => {
            const address = performance.getEntriesByType("resource")
                .map((each) => each.name).find((name) => name.endsWith("/courier/store.js"));
            const { Store } = await import(address);
            const store = new Store();
            const before = await store.logId();
            const happened_at = "2026-11-20T09:00:00+05:00";
            const draft = (i) => ({ ref: `r${i}`, kind: "scan", happened_at, boot: "b", mono: i,
                person: 999, place: "", code: "x", facts: {} });
            const kept = await store.append(Array.from({ length: 500 }, (_, i) =>
                ({ draft: draft(i), group: "g", shown: {} })));
            const at = Date.parse("2026-11-20T20:00:00+05:00");
            const waits = await store.beginAnew(at);
            const [status, tone, verdict] = ["recorded", "green", ""];
            const answers = kept.map(({ seq, entry: { ref } }) =>
                ({ seq, ref, status, tone, verdict }));
            await store.settle(answers, "", 500);
            const sameDay = await store.beginAnew(at - 2 * 3600000);
            const nextDay = await store.beginAnew(at);
            const left = (await store.recent(5)).length;
            return [waits, sameDay, nextDay, left, before !== await store.logId()];
        }"""
    )
    assert told == [False, False, True, 0, True]
