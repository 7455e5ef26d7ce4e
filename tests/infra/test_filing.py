"""Scanned pages at the desk, on every store: filed once, erased with their packet, settled."""

from __future__ import annotations

from typing import Any

import pytest

from domain.cards import Card, card_code
from domain.errors import UnknownPacketError, WrongRoleError
from domain.filing import PageDoubt
from domain.loose_pages import PageSettledError, UnknownPageError
from domain.numbers import PacketNumber, packet_number
from domain.packet import Packet
from domain.roles import Role
from infra.desk.errors import ReasonMissingError
from infra.requests import FilingAnswer, PageAnswer, PageSettleRequest, ScannedPage, Status
from infra.vault import ErasedError
from infra.views.rebuild import verify
from projections.loose_pages import LoosePageRow, LoosePages
from projections.unsettled import Fate, Unsettled
from tests.office import Office
from tests.scanned import filing, page
from tests.stories import AUTHORITY, CENTRE, PEOPLE, place

SEPARATOR = card_code(Card.SEPARATOR)
STRANGE = packet_number(CENTRE, 4_000_009)


def file(office: Office, minute: float, name: str, *pages: ScannedPage, **how: Any) -> FilingAnswer:
    """The office scans a stack."""
    source = office.source(minute, how.pop("role", Role.OFFICE))
    return office.qolhat.desk.file(filing(source, name, *pages, **how))


def settle(
    office: Office, minute: float, ref: str, packet: PacketNumber | None, text: str | None = None
) -> PageAnswer:
    """The office says where a page belongs."""
    source = office.source(minute, Role.OFFICE)
    return office.qolhat.desk.settle_page(PageSettleRequest(source, ref, packet, text))


def filed(office: Office, number: PacketNumber) -> list[str]:
    """The pages of a packet, by its events."""
    events = office.qolhat.log.events_of(Packet.stream(number))
    return [ref for event in events if isinstance(event, Packet.PagesFiled) for ref in event.pages]


def waiting(office: Office, **where: Any) -> list[LoosePageRow]:
    """The pages that wait, as the views show them."""
    office.qolhat.runner.catch_up()
    with office.qolhat.views.reading() as reading:
        return reading.view(LoosePages).waiting(reading.connection, **where)


def row_of(office: Office, ref: str) -> LoosePageRow:
    """A page, whatever became of it."""
    office.qolhat.runner.catch_up()
    with office.qolhat.views.reading() as reading:
        row = reading.view(LoosePages).of(reading.connection, ref)
    assert row is not None
    return row


def test_the_pages_of_a_stack_go_to_their_packets_and_move_nothing(office: Office) -> None:
    first, second = office.until_the_courier(), office.until_the_courier(12)
    pages = page(first), page(), page(SEPARATOR), page(second), page()
    answer = file(office, 90, "stack.pdf", *pages)
    assert [(each.page, each.packet) for each in answer.pages] == [
        (1, first), (2, first), (4, second), (5, second),
    ]  # fmt: skip
    assert (answer.separators, answer.ends, answer.waiting) == (1, second, ())
    refs = filed(office, first)
    assert refs == [answer.pages[0].ref, answer.pages[1].ref]
    assert office.qolhat.vault.picture(refs[1]) == b"stack.pdf, page 2"
    assert waiting(office) == []
    assert office.place_of(first) == place(Role.COURIER)
    assert verify(office.qolhat.log, office.qolhat.views).differences == ()


def test_the_same_file_is_filed_once(office: Office) -> None:
    number = office.until_the_courier()
    pages = page(number), page(), page(number, STRANGE)
    first = file(office, 90, "stack.pdf", *pages)
    last = office.qolhat.log.rows.last_position()
    again = file(office, 95, "stack.pdf", *pages, role=Role.HEAD)
    assert office.qolhat.log.rows.last_position() == last
    assert [each.known for each in again.pages] == [True] * 3
    assert [(e.ref, e.packet, e.doubt) for e in again.pages] == [
        (e.ref, e.packet, e.doubt) for e in first.pages
    ]


def test_a_kill_between_vault_and_log_loses_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = office.until_the_courier()
    commands = office.qolhat.log.commands
    with monkeypatch.context() as patch:
        patch.setattr(type(commands), "run", lambda *_: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            file(office, 90, "stack.pdf", page(number), page(STRANGE))
    assert filed(office, number) == []
    answer = file(office, 91, "stack.pdf", page(number), page(STRANGE))
    assert filed(office, number) == [answer.pages[0].ref]
    assert [row.ref for row in waiting(office)] == [answer.pages[1].ref]


def test_a_stack_of_files_is_known_again_without_the_files_before(office: Office) -> None:
    """The program was killed after the second file: the third time nobody knows what was begun."""
    number = office.until_the_courier()
    begun = file(office, 90, "1.jpg", page(number)).ends
    followed = file(office, 90, "2.jpg", page(), begun=begun)
    again = file(office, 95, "2.jpg", page())
    assert again.pages[0].ref == followed.pages[0].ref
    assert (again.pages[0].known, again.pages[0].packet, again.waiting) == (True, number, ())


def test_what_is_not_certain_waits_with_its_picture(office: Office) -> None:
    number = office.until_the_courier()
    damaged = f"{number + 1}"
    answer = file(office, 90, "s.pdf", page(), page(damaged), page(STRANGE), page(number, STRANGE))
    rows = waiting(office)
    assert [(row.page, row.doubt, row.number) for row in rows] == [
        (1, "no-code", None),
        (2, "bad-code", None),
        (3, "not-registered", STRANGE),
        (4, "several-packets", None),
    ]
    assert len({row.file for row in rows}) == 1
    assert {(row.organisation, row.person) for row in rows} == {(AUTHORITY, PEOPLE[Role.OFFICE])}
    assert waiting(office, organisations={CENTRE}) == []
    assert len(waiting(office, organisations={AUTHORITY}, limit=2)) == 2
    assert office.qolhat.vault.picture(answer.pages[2].ref) == b"s.pdf, page 3"
    with office.qolhat.views.reading() as reading:  # pages are no scans
        assert reading.view(Unsettled).count(reading.connection) == 0
        assert reading.view(LoosePages).count(reading.connection, {AUTHORITY}) == 4
    assert verify(office.qolhat.log, office.qolhat.views).differences == ()


def test_somebody_says_to_which_packet_a_page_belongs(office: Office) -> None:
    number = office.until_the_courier()
    (told,) = file(office, 90, "lost.jpg", page()).pages
    assert settle(office, 95, told.ref, number, "бірінші беті").status is Status.ACCEPTED
    assert settle(office, 96, told.ref, number).status is Status.DUPLICATE
    assert filed(office, number) == [told.ref]
    row = row_of(office, told.ref)
    assert (row.fate, row.number, row.settled_by) == (Fate.APPLIED, number, PEOPLE[Role.OFFICE])
    assert office.qolhat.vault.get(str(row.text_ref)) == {"text": "бірінші беті"}
    assert waiting(office) == []
    with pytest.raises(PageSettledError):
        settle(office, 97, told.ref, office.until_the_courier(60))
    assert office.qolhat.vault.pictured([told.ref]) == {told.ref: str(number)}
    (again,) = file(office, 99, "lost.jpg", page()).pages
    assert (again.known, again.packet, again.doubt) == (True, number, None)
    assert verify(office.qolhat.log, office.qolhat.views).differences == ()


def test_a_page_that_is_nothing_is_kept_no_longer_and_the_reason_is(office: Office) -> None:
    (told,) = file(office, 90, "blank.jpg", page()).pages
    with pytest.raises(ReasonMissingError):
        settle(office, 95, told.ref, None, "  ")
    assert settle(office, 95, told.ref, None, "бос бет").status is Status.ACCEPTED
    assert settle(office, 96, told.ref, None, "бос бет").status is Status.DUPLICATE
    assert office.qolhat.vault.picture(told.ref) is None
    row = row_of(office, told.ref)
    assert row.fate == Fate.DISMISSED
    assert office.qolhat.vault.get(str(row.text_ref)) == {"text": "бос бет"}
    with pytest.raises(PageSettledError):
        settle(office, 97, told.ref, office.until_the_courier(60))


def test_a_page_is_settled_only_to_a_packet_that_is_registered(office: Office) -> None:
    (told,) = file(office, 90, "lost.jpg", page(STRANGE)).pages
    with pytest.raises(UnknownPacketError):
        settle(office, 95, told.ref, STRANGE)
    with pytest.raises(UnknownPageError):
        settle(office, 95, "0" * 32, None, "жоқ")
    assert len(waiting(office)) == 1


def test_erasing_a_packets_data_erases_its_pages(office: Office) -> None:
    number, other = office.until_the_courier(), office.until_the_courier(12)
    told = file(office, 90, "a.pdf", page(number), page(), page(SEPARATOR), page()).pages
    settle(office, 92, told[2].ref, number)
    (kept,) = file(office, 93, "b.pdf", page(other)).pages
    office.qolhat.desk.erase(number, office.source(100, Role.OFFICE))
    vault = office.qolhat.vault
    assert vault.pictured([each.ref for each in (*told, kept)]) == {kept.ref: str(other)}
    late = file(office, 110, "c.pdf", page(number), page())
    assert [each.doubt for each in late.pages] == [PageDoubt.ERASED] * 2
    with pytest.raises(ErasedError):
        settle(office, 115, late.pages[0].ref, number)
    assert len(waiting(office)) == 2


def test_a_person_files_to_a_packet_what_shows_no_other(office: Office) -> None:
    number, other = office.until_the_courier(), office.until_the_courier(12)
    answer = file(office, 90, "a.pdf", page(), page(other), given=number)
    assert filed(office, number) == [answer.pages[0].ref]
    (waits,) = answer.waiting
    assert (waits.doubt, waits.packet) == (PageDoubt.OTHER_PACKET, other)
    assert filed(office, other) == []
    with pytest.raises(UnknownPacketError):
        file(office, 91, "b.pdf", page(), given=STRANGE)


def test_one_file_may_be_filed_to_two_packets_by_hand(office: Office) -> None:
    number, other = office.until_the_courier(), office.until_the_courier(12)
    for _ in range(2):
        for given in (number, other):
            file(office, 90, "family.pdf", page(), given=given)
    first, second = filed(office, number), filed(office, other)
    assert (len(first), len(second)) == (1, 1)
    office.qolhat.desk.erase(number, office.source(100, Role.OFFICE))
    assert office.qolhat.vault.picture(first[0]) is None
    assert office.qolhat.vault.picture(second[0]) == b"family.pdf, page 1"


def test_who_may_not_scan_files_nothing(office: Office) -> None:
    number = office.until_the_courier()
    source = office.source(90, Role.OFFICE)
    office.qolhat.personnel.dismiss(PEOPLE[Role.OFFICE], since=office.at(80))
    with pytest.raises(WrongRoleError):
        office.qolhat.desk.file(filing(source, "a.pdf", page(number)))
