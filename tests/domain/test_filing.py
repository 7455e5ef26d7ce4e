"""A stack of scanned pages is taken apart at codes and separators; nothing is guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commands import Stamp
from domain.filing import Marks, PageDoubt, Sorted, Stack
from domain.loose_pages import LoosePage, PageSettledError, UnknownPageError
from domain.numbers import PacketNumber, packet_number
from domain.packet import Packet
from domain.roles import Role
from tests.stories import CENTRE, MORNING, Story, place

FIRST, SECOND, STRANGE = (packet_number(CENTRE, serial) for serial in (1, 2, 3))
PLAIN, SEPARATOR = Marks(), Marks(separator=True)
DAMAGED, BADGE = Marks(bad=True), Marks(others=True)
SEPARATES = Sorted()
AT = MORNING + timedelta(minutes=30)
STAMP = Stamp("page", place(Role.HEAD), 5, 1, 1, AT)


def page_of(*numbers: PacketNumber, **more: bool) -> Marks:
    """A page with packets' codes."""
    return Marks(frozenset(numbers), **more)


def known(number: PacketNumber) -> bool:
    """All but the strange one are registered."""
    return number != STRANGE


def sort(*pages: Marks, **how: PacketNumber) -> list[Sorted]:
    """Sort a whole stack."""
    stack = Stack(known, **how)
    return [stack.sort(page) for page in pages]


def waits(doubt: PageDoubt, number: PacketNumber | None = None) -> Sorted:
    """A page that waits."""
    return Sorted(number, doubt)


def test_pages_without_a_code_follow_the_packet_until_the_next_or_a_separator() -> None:
    stack = [page_of(FIRST), PLAIN, PLAIN, page_of(SECOND), PLAIN, SEPARATOR, PLAIN]
    assert sort(*stack) == [
        *[Sorted(FIRST)] * 3,
        *[Sorted(SECOND)] * 2,
        SEPARATES,
        waits(PageDoubt.NO_CODE),
    ]


def test_a_page_without_a_packet_before_it_waits() -> None:
    assert sort(PLAIN, page_of(FIRST)) == [waits(PageDoubt.NO_CODE), Sorted(FIRST)]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (page_of(FIRST, SECOND), waits(PageDoubt.SEVERAL_PACKETS)),
        (page_of(STRANGE), waits(PageDoubt.NOT_REGISTERED, STRANGE)),
        (DAMAGED, waits(PageDoubt.BAD_CODE)),
        (BADGE, waits(PageDoubt.OTHER_KIND)),
        (Marks(bad=True, others=True), waits(PageDoubt.BAD_CODE)),
    ],
)
def test_what_is_not_certain_waits_and_so_does_what_follows_it(page: Marks, why: Sorted) -> None:
    """It may be the first page of another packet: nothing after it belongs to the one before."""
    assert sort(page_of(FIRST), page, PLAIN, page_of(SECOND)) == [
        Sorted(FIRST),
        why,
        waits(PageDoubt.NO_CODE),
        Sorted(SECOND),
    ]


def test_a_packets_code_counts_more_than_what_else_is_on_the_page() -> None:
    page = page_of(FIRST, bad=True, others=True, separator=True)
    assert sort(page) == [Sorted(FIRST)]


def test_a_stack_of_several_files_goes_on_where_the_file_before_ended() -> None:
    assert sort(PLAIN, SEPARATOR, PLAIN, begun=FIRST) == [
        Sorted(FIRST),
        SEPARATES,
        waits(PageDoubt.NO_CODE),
    ]


def test_what_a_person_files_to_a_packet_needs_no_code_but_shows_no_other() -> None:
    assert sort(PLAIN, DAMAGED, page_of(FIRST), given=FIRST) == [Sorted(FIRST)] * 3
    other = waits(PageDoubt.OTHER_PACKET, SECOND)
    found = sort(PLAIN, page_of(SECOND), PLAIN, given=FIRST)
    assert found == [Sorted(FIRST), other, waits(PageDoubt.NO_CODE)]


PAGES = st.builds(
    Marks,
    st.frozensets(st.sampled_from([FIRST, SECOND, STRANGE]), max_size=2),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(PAGES, max_size=12))
def test_a_page_is_filed_only_to_the_last_certain_number_before_it(pages: list[Marks]) -> None:
    last: PacketNumber | None = None
    for page, found in zip(pages, sort(*pages), strict=True):
        if found.filed:
            last = next(iter(page.packets), last)
            assert found.packet == last
            assert page.packets <= {last}
            assert page.packets or not (page.bad or page.others or page.separator)
        else:
            last = None
        assert found.separates == (page.separator and not page.packets)


# --- what is recorded ----------------------------------------------------------------------------


def test_a_page_is_filed_once_and_moves_nothing() -> None:
    story = Story().registered().scanned(20, Role.COLLECTING)
    stays, packet = story.stays, story.packet
    assert packet.file_pages(STAMP, AT, ["a", "b", "a"])
    assert not packet.file_pages(STAMP, AT, ["b", "a"])
    assert packet.file_pages(STAMP, AT, ["b", "c"])
    filed = [event for event in packet.entries if isinstance(event, Packet.PagesFiled)]
    assert [event.pages for event in filed] == [("a", "b"), ("c",)]
    assert (story.stays, story.deviations) == (stays, [])


def loose() -> LoosePage:
    """A page that waits."""
    page = LoosePage.blank(LoosePage.stream("page"))
    assert page.keep(STAMP, AT, PageDoubt.NO_CODE, None, "file", 1)
    return page


def test_a_page_waits_once_and_is_settled_once() -> None:
    page = loose()
    assert not page.keep(STAMP, AT, PageDoubt.BAD_CODE, None, "file", 1)
    assert page.settle(STAMP, AT, FIRST)
    assert not page.settle(STAMP, AT, FIRST)
    for otherwise in (SECOND, None):
        with pytest.raises(PageSettledError):
            page.settle(STAMP, AT, otherwise)


def test_a_page_that_was_never_kept_cannot_be_settled() -> None:
    with pytest.raises(UnknownPageError):
        LoosePage.blank(LoosePage.stream("page")).settle(STAMP, AT, None)
