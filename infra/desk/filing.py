"""Scanned pages are filed to their packets, or kept until somebody says where they belong.

First the pictures go into the vault, then one commit records where the pages of the file went. A
file that comes again (the program was killed, somebody copied it twice) is known by its digest:
what was recorded stays as it is, the rest is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.cards import Card, card_of
from domain.commands import Stamp
from domain.errors import UnknownPacketError, WrongRoleError
from domain.filing import Marks, PageDoubt, Sorted, Stack
from domain.loose_pages import LoosePage, PageSettledError, UnknownPageError
from domain.numbers import CodeKind, PacketNumber, grouped
from domain.packet import Packet
from domain.rights import RIGHTS_OF_ROLE, Right
from infra.desk.correcting import SETTLERS
from infra.desk.counter import Counter
from infra.desk.errors import ReasonMissingError
from infra.requests import (
    FiledPage,
    FilingAnswer,
    FilingRequest,
    PageAnswer,
    PageSettleRequest,
    ScannedPage,
    Status,
)
from infra.store.group_commit import UnitOfWork
from infra.vault import Picture

FILERS = frozenset(role for role, rights in RIGHTS_OF_ROLE.items() if Right.SCAN in rights)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page with where it goes; `scanned` None: it is known, and stays where it is."""

    ref: str
    page: int
    sorted: Sorted
    scanned: ScannedPage | None

    @property
    def subject(self) -> str:
        """About whom the picture is: the packet, also where only its number stands on the page."""
        belongs = self.sorted.filed or self.sorted.doubt is PageDoubt.NOT_REGISTERED
        return str(self.sorted.packet) if belongs else f"page:{self.ref}"


def file(counter: Counter, request: FilingRequest) -> FilingAnswer:
    """File the pages of one file. Raises WrongRoleError, UnknownPlaceError, StorageError."""
    now = counter.now()
    stamp, _ = counter.stamp(request.source, now)
    _check_who_and_where(counter, stamp)
    _check_given(counter, request.given)
    stack = Stack(counter.registered, begun=request.begun, given=request.given)
    found = [(page, stack.sort(marks_of(page))) for page in request.pages]
    pages = list(_not_known(counter, request, found))
    pages = _kept(counter, pages, now)
    new = [page for page in pages if page.scanned is not None]
    position = _record(counter, new, _file_mark(counter, request.digest), stamp, now) if new else 0
    separators = sum(where.separates for _, where in found)
    told = tuple(
        FiledPage(p.ref, p.page, p.sorted.packet, p.sorted.doubt, p.scanned is None) for p in pages
    )
    return FilingAnswer(told, separators, stack.packet, position)


def marks_of(page: ScannedPage) -> Marks:
    """Tell what the codes on a page mean for its stack."""
    codes = [found.code for found in page.codes]
    packets = {c.value for c in codes if c is not None and c.kind is CodeKind.PACKET}
    cards = [card_of(code) for code in codes if code is not None]
    return Marks(
        frozenset(map(PacketNumber, packets)),
        separator=Card.SEPARATOR in cards,
        others=len(cards) > cards.count(Card.SEPARATOR),
        bad=None in codes,
    )


def _check_who_and_where(counter: Counter, stamp: Stamp) -> None:
    if not counter.staff.refresh().roles_of(stamp.person, stamp.happened_at) & FILERS:
        raise WrongRoleError(person=stamp.person)
    counter.directory.place(stamp.place)


def _check_given(counter: Counter, given: PacketNumber | None) -> None:
    if given is not None and not counter.registered(given):
        raise UnknownPacketError(number=grouped(given))


def _file_mark(counter: Counter, digest: str) -> str:
    return counter.vault.mark_of("file", digest)


# --- what is known already -----------------------------------------------------------------------


def _not_known(
    counter: Counter, request: FilingRequest, found: Sequence[tuple[ScannedPage, Sorted]]
) -> Iterator[_Page]:
    """Give every page that is no separator its reference, and see which are recorded already."""
    going = [(page, where) for page, where in found if not where.separates]
    refs = [_page_mark(counter, request, page) for page, _ in going]
    lying = counter.vault.pictured(refs)
    for ref, (page, where) in zip(refs, going, strict=True):
        known = _known(counter, ref, lying.get(ref), where)
        if known is not None and request.given not in (None, known.packet):
            ref = counter.vault.mark_of("page", ref, str(request.given))  # noqa: PLW2901  a copy
            known = _known(counter, ref, str(request.given), where)
        yield _Page(ref, page.page, known or where, None if known else page)


def _page_mark(counter: Counter, request: FilingRequest, page: ScannedPage) -> str:
    return counter.vault.mark_of("page", request.digest, str(page.page))


def _known(counter: Counter, ref: str, subject: str | None, where: Sorted) -> Sorted | None:
    """Return where a page was recorded before, wherever it would go now; None if it was not."""
    numbers = {int(subject)} if subject and subject.isdecimal() else set()
    numbers |= {where.packet} if where.packet else set()
    for number in sorted(numbers):
        events = counter.log.events_of(Packet.stream(PacketNumber(number)))
        if any(isinstance(e, Packet.PagesFiled) and ref in e.pages for e in events):
            return Sorted(PacketNumber(number))
    return _known_loose(counter, ref)


def _known_loose(counter: Counter, ref: str) -> Sorted | None:
    loose = _loose(counter, ref)
    if loose.kept is None:
        return None
    if loose.settled is not None and loose.settled.packet is not None:
        return Sorted(loose.settled.packet)
    return Sorted(loose.kept.packet, PageDoubt(loose.kept.doubt))


def _loose(counter: Counter, ref: str) -> LoosePage:
    stream = LoosePage.stream(ref)
    return LoosePage.project(stream, counter.log.events_of(stream))


# --- recording -----------------------------------------------------------------------------------


def _kept(counter: Counter, pages: Sequence[_Page], now: datetime) -> list[_Page]:
    """Put the new pages' pictures into the vault; those of an erased packet wait instead."""
    kept = _put(counter, pages, now)
    erased = [page for page in pages if page.scanned is not None and page.ref not in kept]
    moved = {page.ref: replace(page, sorted=Sorted(None, PageDoubt.ERASED)) for page in erased}
    _put(counter, list(moved.values()), now)
    return [moved.get(page.ref, page) for page in pages]


def _put(counter: Counter, pages: Sequence[_Page], now: datetime) -> frozenset[str]:
    return counter.vault.put_pictures(
        [
            Picture(page.ref, page.subject, page.scanned.picture)
            for page in pages
            if page.scanned is not None
        ],
        now,
    )


def _record(
    counter: Counter, pages: Sequence[_Page], file_mark: str, stamp: Stamp, now: datetime
) -> int:
    """Record where the new pages of a file went, all in one commit; return the position."""
    filed = _by_packet(pages)
    loose = [page for page in pages if not page.sorted.filed]

    def work(unit: UnitOfWork) -> bool:
        for number, refs in filed.items():
            packet = unit.load(Packet, Packet.stream(number))
            packet.file_pages(_stamped(stamp, refs[0]), now, refs)
        for page in loose:
            doubt, packet_number = page.sorted.doubt, page.sorted.packet
            assert doubt is not None  # noqa: S101  else it would be filed
            waiting = unit.load(LoosePage, LoosePage.stream(page.ref))
            waiting.keep(_stamped(stamp, page.ref), now, doubt, packet_number, file_mark, page.page)
        return True

    return counter.log.commands.run(work).position


def _by_packet(pages: Sequence[_Page]) -> Mapping[PacketNumber, list[str]]:
    found: dict[PacketNumber, list[str]] = {}
    for page in pages:
        if page.sorted.filed and page.sorted.packet is not None:
            found.setdefault(page.sorted.packet, []).append(page.ref)
    return found


def _stamped(stamp: Stamp, ref: str) -> Stamp:
    """The same file gives the same ids, however often it comes."""
    return Stamp(ref, stamp.place, stamp.person, stamp.device, stamp.counter, stamp.happened_at)


# --- settling ------------------------------------------------------------------------------------


def settle(counter: Counter, request: PageSettleRequest) -> PageAnswer:
    """Decide about a page that waits.

    Raises UnknownPageError, PageSettledError, WrongRoleError, UnknownPacketError if the packet is
    not registered, ReasonMissingError, ErasedError, StorageError.
    """
    now = counter.now()
    stamp, _ = counter.stamp(request.source, now)
    if not counter.staff.refresh().roles_of(stamp.person, now) & SETTLERS:
        raise WrongRoleError(person=stamp.person)
    _check_given(counter, request.packet)
    if not counter.log.events_of(LoosePage.stream(request.page)):
        raise UnknownPageError(page=request.page)
    if request.packet is None:
        return _dismiss(counter, request, stamp, now)
    if _waits(counter, request.page):
        counter.vault.assign_picture(request.page, str(request.packet))
    text_ref = _reason(counter, request, str(request.packet), stamp, now)
    try:
        return _settled(counter, request, stamp, now, text_ref)
    except PageSettledError:  # by somebody else, a moment ago
        _assign_as_settled(counter, request.page)
        raise


def _waits(counter: Counter, page: str) -> bool:
    return _loose(counter, page).settled is None


def _assign_as_settled(counter: Counter, page: str) -> None:
    settled = _loose(counter, page).settled
    if settled is not None and settled.packet is not None:
        counter.vault.assign_picture(page, str(settled.packet))


def _dismiss(
    counter: Counter, request: PageSettleRequest, stamp: Stamp, now: datetime
) -> PageAnswer:
    """A page that is nothing is kept no longer; why, is."""
    if not (request.text or "").strip():
        raise ReasonMissingError
    text_ref = _reason(counter, request, f"page:{request.page}", stamp, now)
    answer = _settled(counter, request, stamp, now, text_ref)
    counter.vault.discard_pictures([request.page])
    return answer


def _reason(
    counter: Counter, request: PageSettleRequest, subject: str, stamp: Stamp, now: datetime
) -> str | None:
    ref = f"page/{request.page}/settled/{stamp.ref}"
    return counter.keep_text(subject, ref, request.text, now)


def _settled(
    counter: Counter,
    request: PageSettleRequest,
    stamp: Stamp,
    now: datetime,
    text_ref: str | None,
) -> PageAnswer:
    work = _settling(request, stamp, now, text_ref)
    done = counter.log.commands.run(work, LoosePage.stream(request.page))
    status = Status.ACCEPTED if done.answer else Status.DUPLICATE
    return PageAnswer(request.page, status, done.position)


def _settling(
    request: PageSettleRequest, stamp: Stamp, now: datetime, text_ref: str | None
) -> Callable[[UnitOfWork], bool]:
    def work(unit: UnitOfWork) -> bool:
        loose = unit.load(LoosePage, LoosePage.stream(request.page))
        new = loose.settle(stamp, now, request.packet, text_ref)
        if new and request.packet is not None:
            packet = unit.load(Packet, Packet.stream(request.packet))
            packet.file_pages(stamp, now, [request.page])
        return new

    return work
