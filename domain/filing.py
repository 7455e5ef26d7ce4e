"""A stack of scanned pages: which packet each page belongs to, and which waits for a decision.

A page with a packet's code begins that packet's pages; pages without any code follow it, until the
next packet's code or a separator sheet. What is not certain is never guessed: the page waits, and
so do the pages without a code after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from domain.numbers import PacketNumber


class PageDoubt(StrEnum):
    """Why a page waits for somebody's decision."""

    NO_CODE = "no-code"  # none that can be read, and no packet's page before it
    BAD_CODE = "bad-code"  # only a damaged code, or one that is not ours
    OTHER_KIND = "other-kind"  # only the codes of other things: a bag, a badge, a card
    SEVERAL_PACKETS = "several-packets"
    NOT_REGISTERED = "not-registered"
    OTHER_PACKET = "other-packet"  # somebody filed it to one packet, it shows another's code
    ERASED = "erased"  # its packet's personal data were erased


@dataclass(frozen=True, slots=True)
class Marks:
    """What was read on a page: packets' numbers, a separator, codes of other things, bad codes."""

    packets: frozenset[PacketNumber] = frozenset()
    separator: bool = False
    others: bool = False
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Sorted:
    """Where a page goes: to a packet, or (with a doubt) to those that wait; else it separates.

    With a doubt, `packet` is the one whose number stands on the page, if it is one.
    """

    packet: PacketNumber | None = None
    doubt: PageDoubt | None = None

    @property
    def filed(self) -> bool:
        """Tell whether the page goes to its packet."""
        return self.packet is not None and self.doubt is None

    @property
    def separates(self) -> bool:
        """Tell whether the page is a separator sheet, which goes nowhere."""
        return self.packet is None and self.doubt is None


class Stack:
    """Sorts the pages of one stack, one after the other.

    `packet` is the one whose pages are going on; at the beginning none, or that to which somebody
    files the whole stack (`given`): then a page of it need not carry a code that can be read.
    """

    def __init__(
        self,
        registered: Callable[[PacketNumber], bool],
        *,
        begun: PacketNumber | None = None,
        given: PacketNumber | None = None,
    ) -> None:
        self._registered = registered
        self._given = given
        self.packet = given or begun

    def sort(self, page: Marks) -> Sorted:
        """Tell where the next page goes."""
        found = self._sort(page)
        self.packet = found.packet if found.filed else None
        return found

    def _sort(self, page: Marks) -> Sorted:
        if len(page.packets) > 1:
            return Sorted(None, PageDoubt.SEVERAL_PACKETS)
        if page.packets:
            (number,) = page.packets
            return self._numbered(number)
        if page.separator:
            return Sorted()
        doubt = self._doubt(page)
        return Sorted(self.packet) if doubt is None else Sorted(None, doubt)

    def _numbered(self, number: PacketNumber) -> Sorted:
        if self._given not in (None, number):
            return Sorted(number, PageDoubt.OTHER_PACKET)
        if not self._registered(number):
            return Sorted(number, PageDoubt.NOT_REGISTERED)
        return Sorted(number)

    def _doubt(self, page: Marks) -> PageDoubt | None:
        if self.packet is None:
            return _unread(page)
        return None if self._given == self.packet else _unread_after(page)


def _unread(page: Marks) -> PageDoubt:
    """Say what is wrong with a page that names no packet."""
    return _unread_after(page) or PageDoubt.NO_CODE


def _unread_after(page: Marks) -> PageDoubt | None:
    """Say why a page without a packet's code does not follow the one before: it has another."""
    if page.bad:
        return PageDoubt.BAD_CODE
    return PageDoubt.OTHER_KIND if page.others else None
