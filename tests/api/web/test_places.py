"""Places: what lies where, the most urgent first; forty are done at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from markupsafe import escape

from api.messages import page_count, page_text, text, word
from domain.acts import ActKind
from domain.cards import Card
from domain.numbers import PacketNumber, grouped
from domain.packet import Packet
from domain.roles import Role, Scope
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY, place

HEAD, OFFICE, EXECUTOR = (place(role) for role in (Role.HEAD, Role.OFFICE, Role.EXECUTOR))


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


def order_on(browser: Browser, numbers: list[PacketNumber]) -> list[PacketNumber]:
    assert browser.shown is not None
    page = browser.shown.text
    found = [n for n in numbers if f'href="/packets/{n}"' in page]
    return sorted(found, key=lambda n: page.index(f'href="/packets/{n}"'))


def test_a_place_shows_what_lies_there_the_overdue_first(office: Office, day: Day) -> None:
    waiting = day.at_the_office(5)
    day.act(6, ActKind.INCOMING, Role.OFFICE, waiting)  # a quarter of an hour to send it on: 21
    first, second = day.at_the_office(10), day.at_the_office(12)  # half an hour: 41 and 43
    day.shown()
    office.clock.at = MORNING + timedelta(minutes=30)
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    clerk.get(f"/places/{OFFICE}")
    assert order_on(clerk, [second, first, waiting]) == [waiting, first, second]
    assert clerk.shown is not None
    assert page_count("packet.place.count", 3, "en") in clerk.shown.text
    assert clerk.says("packet.place.urgent", late="1", soon="2")
    assert clerk.says("packet.urgency.late")
    assert "003" in clerk.shown.text or "State allowances" in clerk.shown.text
    assert "Сынақбаева" not in clerk.shown.text


def test_the_list_of_places_counts_what_is_late_and_what_is_soon(office: Office, day: Day) -> None:
    day.at_the_office(10)
    day.at_the_head(50)
    day.shown()
    clerk = office.log_in(day.people[Role.OFFICE])
    answer = clerk.get("/places")
    assert answer.status_code == 200
    assert answer.text.index(str(OFFICE)) < answer.text.index(str(HEAD))  # one's own first
    assert f'href="/places/{OFFICE}"' in answer.text
    assert "■" in answer.text
    assert not clerk.has_form("/places")


def test_a_manager_of_the_country_chooses_an_organisation(office: Office, day: Day) -> None:
    manager = office.enter(Role.MANAGER, scope=Scope.COUNTRY)
    manager.get("/places")
    name = office.qolhat.directory.organisation(CENTRE).name_kk
    answer = manager.submit("/places", q=str(CENTRE))
    assert escape(name) in answer.text
    assert f'href="/places?organisation={CENTRE}"' in answer.text
    assert str(place(Role.INSPECTOR)) in manager.get(f"/places?organisation={CENTRE}").text
    assert manager.get(f"/places/{OFFICE}").status_code == 200
    assert not manager.has_form(f"/places/{OFFICE}/acts")


def test_another_organisation_s_places_are_not_shown(office: Office, day: Day) -> None:
    stranger = office.enter(Role.HEAD, OTHER_AUTHORITY)
    assert stranger.get(f"/places/{OFFICE}").status_code == 403
    assert stranger.get(f"/places/{OFFICE}/rows").status_code == 403
    assert stranger.get(f"/places?organisation={AUTHORITY}").status_code == 403
    assert stranger.get("/places/30267100000108").status_code == 422
    unknown = str(place(Role.OFFICE, 9999))
    assert stranger.get(f"/places/{unknown}").status_code == 404


def test_the_head_signs_what_is_ticked_and_what_is_scanned(office: Office, day: Day) -> None:
    ticked, scanned = day.at_the_head(10), day.at_the_head(20)
    day.shown()
    head = office.log_in(day.people[Role.HEAD], "en")
    head.get(f"/places/{HEAD}")
    foreign = "1026 7000 0001 24"
    answer = head.submit(
        f"/places/{HEAD}/acts",
        card=Card.SIGNED,
        number=[ticked],
        numbers=f"{grouped(scanned)}\r\nabc\n{foreign}\n{ticked}",
    )
    assert answer.status_code == 200
    for number in (ticked, scanned):
        assert Packet.NoticeSigned in day.kinds(number)
        assert day.kinds(number).count(Packet.NoticeSigned) == 1
    assert text("problems", "bad-code.title", "en") in answer.text
    assert head.says("packet.pile.counts", done="0", remarked="2", refused="2")  # out of turn


def test_what_is_sent_twice_is_recorded_once(office: Office, day: Day) -> None:
    number = day.at_the_head(10)
    day.shown()
    head = office.log_in(day.people[Role.HEAD], "en")
    head.get(f"/places/{HEAD}")
    fields = head.form(f"/places/{HEAD}/acts").fields | {"card": "signed", "number": [str(number)]}
    for _ in range(2):
        assert head.post(f"/places/{HEAD}/acts", **fields).status_code == 200
    assert day.kinds(number).count(Packet.NoticeSigned) == 1
    assert head.shown is not None
    assert word("answer", "duplicate", "en") in head.shown.text
    fields["card"] = "returned"  # the same page, another button: that is another act
    head.post(f"/places/{HEAD}/acts", **fields)
    assert Packet.NoticeReturned in day.kinds(number)


def test_everything_that_was_listed_is_ticked_without_scripts(office: Office, day: Day) -> None:
    numbers = [day.at_the_head(10 * i) for i in (1, 2, 3)]
    day.shown()
    head = office.log_in(day.people[Role.HEAD], "en")
    head.get(f"/places/{HEAD}")
    executor = day.people[Role.EXECUTOR]
    path = f"/places/{HEAD}/acts"
    head.submit(path, card="resolution", all="yes", executor=executor)
    assert all(Packet.ResolutionWritten in day.kinds(number) for number in numbers)
    assert head.says("packet.pile.counts", done="3", remarked="0", refused="0")


def test_what_must_be_known_is_asked_for(office: Office, day: Day) -> None:
    number = day.at_the_head(10)
    day.shown()
    path = f"/places/{HEAD}/acts"
    head = office.log_in(day.people[Role.HEAD], "en")
    head.get(f"/places/{HEAD}")
    head.submit(path, card="resolution", number=[number])
    executor = day.people[Role.EXECUTOR]
    head.submit(path, executor=executor)
    assert Packet.ResolutionWritten in day.kinds(number)
    day.scan(20, number, Role.EXECUTOR)
    day.shown()

    executor_page = office.log_in(executor, "en")
    path = f"/places/{EXECUTOR}/acts"
    executor_page.get(f"/places/{EXECUTOR}")
    executor_page.submit(path, card="refused", number=[number])
    again = executor_page.submit(path)
    assert executor_page.says("packet.pile.asked-again")
    assert Packet.NoticeDrafted not in day.kinds(number)
    assert again.status_code == 200
    executor_page.submit(path, text="Үлгі себеп")
    assert Packet.NoticeDrafted in day.kinds(number)


def test_a_wrong_incoming_number_is_said_where_it_was_typed(office: Office, day: Day) -> None:
    number = day.at_the_office(10)
    day.shown()
    path = f"/places/{OFFICE}/acts"
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    clerk.get(f"/places/{OFFICE}")
    clerk.submit(path, card="incoming", number=[number])
    wrong = clerk.submit(path, incoming_number="12 @ 4")
    assert wrong.status_code == 422
    assert "12 @ 4" in wrong.text
    clerk.submit(path, incoming_number="12-4/76")
    assert Packet.IncomingRegistered in day.kinds(number)


def test_nothing_ticked_is_said_and_what_was_typed_stays(office: Office, day: Day) -> None:
    path = f"/places/{HEAD}/acts"
    head = office.log_in(day.people[Role.HEAD], "en")
    head.get(f"/places/{HEAD}")
    answer = head.submit(path, card="signed")
    assert answer.status_code == 422
    assert text("problems", "nothing-chosen.title", "en") in answer.text


def test_only_cards_of_the_place_and_only_at_one_s_own(office: Office, day: Day) -> None:
    number = day.at_the_head(10)
    day.shown()
    head = office.log_in(day.people[Role.HEAD])
    head.get(f"/places/{HEAD}")
    ref = head.form(f"/places/{HEAD}/acts").fields["ref"]
    sent = {"ref": ref, "number": [str(number)]}
    assert head.post(f"/places/{HEAD}/acts", card="issued", **sent).status_code == 403
    assert head.post(f"/places/{EXECUTOR}/acts", card="granted", **sent).status_code == 403
    assert head.post(f"/places/{HEAD}/acts", card="nonsense", **sent).status_code == 422
    kinds = day.kinds(number)
    assert Packet.Issued not in kinds
    assert Packet.NoticeDrafted not in kinds


def test_a_packet_of_others_is_refused_alone(office: Office, day: Day) -> None:
    mine, theirs = day.at_the_head(10), day.register(20)
    day.shown()
    stranger = office.enter(Role.HEAD, OTHER_AUTHORITY, language="en")
    path = f"/places/{place(Role.HEAD, OTHER_AUTHORITY)}"
    stranger.get(path)
    answer = stranger.submit(f"{path}/acts", card="signed", numbers=f"{mine}\n{theirs}")
    assert answer.text.count(text("problems", "not-yours.title", "en")) == 2
    assert page_text("packet.pile.back", "en") in answer.text
    assert Packet.NoticeSigned not in day.kinds(mine)


def test_what_is_not_shown_is_said(
    office: Office, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.web.places.MOST_SHOWN", 1)
    first, second = day.at_the_office(10), day.at_the_office(12)
    day.shown()
    clerk = office.log_in(day.people[Role.OFFICE], "en")
    clerk.get(f"/places/{OFFICE}")
    assert order_on(clerk, [first, second]) == [first]
    assert clerk.shown is not None
    assert page_count("packet.place.hidden", 1, "en") in clerk.shown.text
    assert page_count("packet.place.count", 2, "en") in clerk.shown.text


def test_a_place_that_was_closed_is_listed_while_something_lies_there(
    office: Office, day: Day
) -> None:
    day.at_the_office(10)
    day.shown()
    clerk = office.log_in(day.people[Role.OFFICE])
    directory = office.qolhat.directory
    for code in (OFFICE, HEAD):
        directory.close(code)
    page = clerk.get("/places").text
    assert f'href="/places/{OFFICE}"' in page
    assert f'href="/places/{HEAD}"' not in page


def test_whoever_stands_in_elsewhere_sees_those_places_too(office: Office, day: Day) -> None:
    clerk = office.employ(Role.OFFICE, OTHER_AUTHORITY)
    until = MORNING + timedelta(days=9)
    office.qolhat.personnel.name_stand_in(clerk, day.people[Role.OFFICE], until, since=MORNING)
    page = office.log_in(clerk).get("/places").text
    theirs = place(Role.OFFICE, OTHER_AUTHORITY)
    assert page.index(str(theirs)) < page.index(str(OFFICE))  # one's own organisation first


def test_rows_alone_are_no_page(office: Office, day: Day) -> None:
    number = day.at_the_head(10)
    day.shown()
    head = office.log_in(day.people[Role.HEAD])
    page, rows = head.get(f"/places/{HEAD}").text, head.get(f"/places/{HEAD}/rows").text
    assert f'id="tick-{number}"' in rows
    assert "<html" not in rows
    marks = {text.split('data-mark="')[1][:16] for text in (page, rows)}
    assert len(marks) == 1
