"""Written complaints are taken with a slip, and answered [002 §24].

Their texts go into the vault under the packet, so that they are erased with it. A text is never
overwritten: what is refused, or known already, leaves those that are kept as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec

from domain.acts import COMPLAINT_ROLES
from domain.commands import Stamp
from domain.complaints import AnswerComplaint, TakeComplaint
from domain.errors import RefusedError, UnknownPacketError, UnknownPersonError, WrongRoleError
from domain.numbers import PacketNumber, grouped
from domain.packet import Packet
from infra.desk.counter import Counter
from infra.desk.errors import ReusedRefError
from infra.requests import Answer, ComplaintAnswerRequest, ComplaintRequest, Status

Command = TakeComplaint | AnswerComplaint


def complain(counter: Counter, request: ComplaintRequest) -> Answer:
    """Take a complaint. Raises AnswerTooEarlyError, UnknownPersonError and others."""
    now = counter.now()
    stamp, claimed = counter.stamp(request.source, now)
    _check_who_and_where(counter, stamp)
    if not counter.staff.register.roles_of(request.ask, stamp.happened_at):
        raise UnknownPersonError(person=request.ask)
    text_ref = f"{request.number}/complaint/{stamp.ref}" if request.text else None
    command = TakeComplaint(
        stamp, request.number, request.answer_by, request.ask, text_ref, claimed
    )
    if _is_known(counter, command, Packet.ComplaintTaken):
        text_ref = None
    with _kept(counter, command.number, text_ref, request.text, now):
        return _recorded(counter, command, lambda packet: packet.complain(command, now))


def answer(counter: Counter, request: ComplaintAnswerRequest) -> Answer:
    """Answer a complaint. Raises UnknownComplaintError, ComplaintAnsweredError and others."""
    now = counter.now()
    stamp, claimed = counter.stamp(request.source, now)
    _check_who_and_where(counter, stamp)
    text_ref = f"{request.number}/complaint-answered/{stamp.ref}" if request.text else None
    command = AnswerComplaint(stamp, request.number, request.complaint, text_ref, claimed)
    if _is_known(counter, command, Packet.ComplaintAnswered):
        text_ref = None
    with _kept(counter, command.number, text_ref, request.text, now):
        return _recorded(counter, command, lambda packet: packet.answer_complaint(command, now))


def _check_who_and_where(counter: Counter, stamp: Stamp) -> None:
    if not counter.staff.refresh().roles_of(stamp.person, stamp.happened_at) & COMPLAINT_ROLES:
        raise WrongRoleError(person=stamp.person)
    counter.directory.place(stamp.place)


def _is_known(counter: Counter, command: Command, kind: type[Packet.Event]) -> bool:
    """Tell whether this was recorded before. Raises UnknownPacketError, ReusedRefError.

    A device that counts its requests from one again must not be told that its complaint is known.
    """
    events: list[Packet.Event] = counter.log.events_of(Packet.stream(command.number))
    if not events:
        raise UnknownPacketError(number=grouped(command.number))
    stamp = command.stamp
    known = next((event for event in events if event.ref == stamp.ref), None)
    if known is None:
        return False
    if type(known) is kind and (known.person, known.device) == (stamp.person, stamp.device):
        return True
    raise ReusedRefError(ref=stamp.ref)


@contextmanager
def _kept(
    counter: Counter, number: PacketNumber, ref: str | None, text: str | None, now: datetime
) -> Iterator[None]:
    """Put the text into the vault before the event refers to it; take it back if refused."""
    kept = ref and counter.keep_text(str(number), ref, text, now)
    try:
        yield
    except RefusedError:
        if kept:
            counter.vault.discard([kept])
        raise


def _recorded(counter: Counter, command: Command, decide: Callable[[Packet], bool]) -> Answer:
    """Let the packet decide. A complaint about one not registered yet does not wait for that."""
    recorded = counter.run(command.number, command.stamp.ref, decide)
    if recorded.status is Status.UNSETTLED:
        return msgspec.structs.replace(recorded, status=Status.ACCEPTED, doubt=None)
    return recorded
