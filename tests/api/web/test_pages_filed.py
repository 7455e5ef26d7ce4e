"""A packet's scanned pages on its page, and those that wait for their packet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from httpx import Response

from api.messages import page_count, text
from domain.cards import Card, card_code
from domain.numbers import PacketNumber, grouped, packet_number
from domain.packet import Packet
from domain.roles import Role
from infra.requests import FilingAnswer, ScannedPage
from scanner.reader import read_codes
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.scanned import ReadHere, filing, page, saved, sheet
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, place

STRANGE = packet_number(CENTRE, 4_000_009)


@pytest.fixture
def day(office: Office) -> Day:
    """A day on which pictures are read in this process."""
    office.qolhat.reading = ReadHere()
    return Day(office)


def picture_of(*codes: object) -> bytes:
    """A JPEG of a sheet."""
    return saved("JPEG", sheet(*codes))


def file(day: Day, minute: float, name: str, *pages: ScannedPage, **how: Any) -> FilingAnswer:
    """Somebody scans a stack at their desk."""
    source = day.source(minute, how.pop("role", Role.OFFICE))
    answer = day.desk.file(filing(source, name, *pages, **how))
    day.shown()
    return answer


def upload(browser: Browser, number: PacketNumber, data: bytes) -> Response:
    """Choose a file on the packet's page and send it."""
    browser.get(f"/packets/{number}")
    action = f"/packets/{number}/pages"
    assert browser.has_form(action)
    sent = {"file": ("scan.jpg", data, "image/jpeg")}
    answer: Response = browser.client.post(action, data={"csrf": browser.csrf}, files=sent)
    return answer


def looks(office: Office, browser: Browser) -> list[tuple[str, str]]:
    """At what somebody has looked."""
    return [(look.subject, look.what) for look in office.qolhat.access.looks(person=browser.person)]


def filed(office: Office, number: PacketNumber) -> list[str]:
    """The pages of a packet, by its events."""
    events = office.qolhat.log.events_of(Packet.stream(number))
    return [ref for event in events if isinstance(event, Packet.PagesFiled) for ref in event.pages]


# --- a packet's pages ----------------------------------------------------------------------------


def test_pages_are_looked_at_by_whom_they_concern_and_that_is_recorded(
    office: Office, day: Day
) -> None:
    number = day.register(10)
    scanned = page(number, picture=picture_of(number)), page(picture=picture_of())
    file(day, 20, "stack.pdf", *scanned, role=Role.INSPECTOR)
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    shown = inspector.get(f"/packets/{number}").text
    assert page_count("packet.pages.count", 2, "en") in shown
    first, second = filed(office, number)
    before = len(looks(office, inspector))
    gallery = inspector.get(f"/packets/{number}/pages")
    for ref in (first, second):
        assert f'src="/packets/{number}/pages/{ref}.jpg?small=1"' in gallery.text
    assert len(looks(office, inspector)) == before + 1
    small = inspector.client.get(f"/packets/{number}/pages/{first}.jpg?small=1")
    whole = inspector.client.get(f"/packets/{number}/pages/{first}.jpg")
    assert {small.headers["content-type"], whole.headers["content-type"]} == {"image/jpeg"}
    assert small.headers["cache-control"] == "private, no-store"
    assert len(small.content) < len(whole.content)
    assert [each.text for each in read_codes(whole.content)] == [str(number)]
    assert looks(office, inspector)[:2] == [(str(number), "pages")] * 2
    assert inspector.client.get(f"/packets/{number}/pages/{'0' * 32}.jpg").status_code == 404


def test_all_pages_are_one_document(office: Office, day: Day) -> None:
    number = day.register(10)
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    assert inspector.get(f"/packets/{number}/pages.pdf").status_code == 404
    scanned = page(number, picture=picture_of(number)), page(picture=picture_of())
    file(day, 20, "stack.pdf", *scanned, role=Role.INSPECTOR)
    document = inspector.client.get(f"/packets/{number}/pages.pdf")
    assert document.headers["content-type"] == "application/pdf"
    pdf = pypdfium2.PdfDocument(document.content)
    assert len(pdf) == 2
    drawn = pdf[0].render(scale=2).to_pil()
    assert [each.text for each in read_codes(saved("PNG", drawn))] == [str(number)]
    assert looks(office, inspector)[0] == (str(number), "pages")


def test_who_only_carries_the_packet_sees_that_there_are_pages(office: Office, day: Day) -> None:
    number = day.register(10)
    file(day, 20, "a.jpg", page(number, picture=picture_of(number)), role=Role.INSPECTOR)
    day.scan(25, number, Role.COLLECTING)
    (ref,) = filed(office, number)
    carrier = office.log_in(day.people[Role.COLLECTING], "en")
    shown = carrier.get(f"/packets/{number}").text
    assert page_count("packet.pages.count", 1, "en") in shown
    assert f"/packets/{number}/pages.pdf" not in shown
    for path in ("pages", "pages.pdf", f"pages/{ref}.jpg"):
        assert carrier.get(f"/packets/{number}/{path}").status_code == 403
    stranger = office.enter(Role.OFFICE, OTHER_AUTHORITY)
    assert stranger.get(f"/packets/{number}/pages").status_code == 403


def test_erased_pages_are_there_no_more(office: Office, day: Day) -> None:
    number = day.register(10)
    file(day, 20, "a.jpg", page(number, picture=picture_of(number)), role=Role.INSPECTOR)
    (ref,) = filed(office, number)
    day.desk.erase(number, day.source(30, Role.INSPECTOR))
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    assert inspector.get(f"/packets/{number}/pages").status_code == 200
    assert inspector.says("packet.pages.none")
    assert inspector.get(f"/packets/{number}/pages/{ref}.jpg").status_code == 404


# --- adding pages --------------------------------------------------------------------------------


def test_a_file_is_added_on_the_packets_page(office: Office, day: Day) -> None:
    number = day.register(10)
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    answer = upload(inspector, number, picture_of(number))
    assert answer.url.path == f"/packets/{number}"
    assert page_count("packet.pages.count", 1, "en") in answer.text
    upload(inspector, number, picture_of(number))
    assert len(filed(office, number)) == 1
    upload(inspector, number, picture_of())  # no code that can be read: a person says whose it is
    assert len(filed(office, number)) == 2


def test_another_packets_page_is_refused_and_waits(office: Office, day: Day) -> None:
    number, other = day.register(10), day.register(12)
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    answer = upload(inspector, number, picture_of(other))
    assert answer.status_code == 409
    assert grouped(other) in answer.text
    assert text("problems", "other-packets-page.title", "en") in answer.text
    assert (filed(office, number), filed(office, other)) == ([], [])
    listed = inspector.get("/unsettled").text
    assert "a page of another packet" in listed
    answer = upload(inspector, number, picture_of(number, other))
    assert text("problems", "pages-wait.title", "en") in answer.text


def test_what_is_no_picture_is_refused(office: Office, day: Day) -> None:
    number = day.register(10)
    inspector = office.log_in(day.people[Role.INSPECTOR], "en")
    for data, code in ((b"", "empty-picture"), (b"text", "not-a-picture")):
        answer = upload(inspector, number, data)
        assert text("problems", f"{code}.title", "en") in answer.text
    assert filed(office, number) == []


# --- pages that wait -----------------------------------------------------------------------------


def waiting(day: Day, minute: float, name: str, *codes: object) -> str:
    """A page that waits at the office; return its reference."""
    return file(day, minute, name, page(*codes, picture=picture_of(*codes))).pages[0].ref


def test_a_page_is_given_to_its_packet(office: Office, day: Day) -> None:
    number = day.register(10)
    day.scan(20, number, Role.OFFICE)
    ref = waiting(day, 30, "lost.jpg")
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    listed = clerk.get("/unsettled").text
    assert page_count("packet.loose.count", 1, "en") in listed
    assert f"/unsettled-pages/{ref}/picture.jpg?small=1" in listed
    path = f"/unsettled-pages/{ref}"
    clerk.get(path)
    assert clerk.client.get(f"{path}/picture.jpg").headers["content-type"] == "image/jpeg"
    assert looks(office, clerk) == [(f"page:{ref}", "loose-page")]
    missing = clerk.submit(path, decision="apply")
    assert text("problems", "page-number-missing.title", "en") in missing.text
    assert 'aria-invalid="true"' in missing.text
    wrong = clerk.submit(path, decision="apply", number="10267000000124", text="жыртылған")
    assert 'value="10267000000124"' in wrong.text
    assert "жыртылған" in wrong.text
    unknown = clerk.submit(path, decision="apply", number=str(STRANGE))
    assert unknown.status_code == 404
    clerk.submit(path, decision="apply", number=grouped(number))
    assert clerk.path == "/unsettled"
    assert clerk.says("packet.unsettled.done.page-apply")
    assert filed(office, number) == [ref]
    assert clerk.get(path).status_code == 200
    assert clerk.client.get(f"{path}/picture.jpg").status_code == 404
    assert clerk.get(f"/packets/{number}/pages/{ref}.jpg").status_code == 200


def test_the_pages_after_it_go_with_it_up_to_what_is_another_matter(
    office: Office, day: Day
) -> None:
    """The label of a stack's first page cannot be read: it is not settled page by page."""
    number = day.register(10)
    day.scan(20, number, Role.OFFICE)
    torn = page("1026", picture=picture_of())
    blank = page(picture=picture_of())
    stack = torn, blank, blank, page(card_code(Card.SEPARATOR)), blank, torn
    told = file(day, 30, "stack.pdf", *stack).pages
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    path = f"/unsettled-pages/{told[0].ref}"
    assert page_count("packet.loose.following", 2, "en") in clerk.get(path).text
    clerk.submit(path, decision="apply", number=str(number), following="true")
    assert filed(office, number) == [each.ref for each in told[:3]]
    assert page_count("packet.loose.count", 2, "en") in clerk.get("/unsettled").text
    clerk.get(f"/unsettled-pages/{told[3].ref}")
    assert 'name="following"' not in clerk.get(f"/unsettled-pages/{told[3].ref}").text


def test_a_page_that_is_nothing_is_discarded_with_a_reason(office: Office, day: Day) -> None:
    ref = waiting(day, 30, "blank.jpg", STRANGE)
    clerk = office.log_in(day.people[Role.OFFICE], "ru")
    path = f"/unsettled-pages/{ref}"
    assert grouped(STRANGE) in clerk.get(path).text
    missing = clerk.submit(path, decision="dismiss")
    assert text("problems", "discard-reason-missing.title", "ru") in missing.text
    clerk.submit(path, decision="dismiss", text="сынақ парағы")
    assert clerk.says("packet.unsettled.done.page-dismiss")
    again = clerk.post(path, decision="apply", number=str(day.register(40)))
    assert again.status_code == 409
    assert office.qolhat.vault.picture(ref) is None


def test_a_page_waits_where_it_was_scanned(office: Office, day: Day) -> None:
    number = day.register(10)
    ref = waiting(day, 30, "lost.jpg")
    path = f"/unsettled-pages/{ref}"
    elsewhere = office.log_in(day.people[Role.INSPECTOR], "en")
    assert page_count("packet.loose.count", 0, "en") in elsewhere.get("/unsettled").text
    assert elsewhere.get(path).status_code == 403
    assert elsewhere.post(path, decision="apply", number=str(number)).status_code == 403
    auditor = office.enter(Role.AUDITOR, language="en")
    listed = auditor.get("/unsettled", organisation=AUTHORITY).text
    assert f"{path}/picture.jpg" not in listed
    assert auditor.get(path).status_code == 200
    assert not auditor.has_form(path)
    assert auditor.get(f"{path}/picture.jpg").status_code == 403
    assert auditor.get(f"/unsettled-pages/{'0' * 32}").status_code == 404


def test_a_page_is_given_only_to_a_packet_in_reach(office: Office, day: Day) -> None:
    number = day.register(10)  # of another home
    clerk = office.enter(Role.OFFICE, OTHER_AUTHORITY, language="en")
    there = place(Role.OFFICE, OTHER_AUTHORITY)
    source = replace(day.source(30, Role.OFFICE), person=clerk.person, place=there)
    (told,) = day.desk.file(filing(source, "x.jpg", page(picture=picture_of()))).pages
    day.shown()
    path = f"/unsettled-pages/{told.ref}"
    clerk.get(path)
    assert clerk.submit(path, decision="apply", number=str(number)).status_code == 403
    assert filed(office, number) == []
