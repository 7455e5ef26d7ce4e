"""Acts at a desk: on one packet or on many at once, each an event of its own packet [003; 002]."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from domain.acts import EXECUTORS, ActKind
from domain.commands import ActOnPacket, Stamp
from domain.errors import UnknownPacketError, WrongRoleError
from domain.numbers import PacketNumber, grouped, place_organisation
from domain.packet import Packet
from domain.regulations.edition import Edition
from infra.desk.counter import Counter
from infra.desk.errors import (
    BadIncomingNumberError,
    NoPausesError,
    NotAnExecutorError,
    UnknownGroundError,
    UnknownPauseGroundError,
)
from infra.requests import ActRequest, Answer, Status
from infra.store.group_commit import UnitOfWork
from infra.vault import ErasedError, Record

_OF_THE_CLOCK = frozenset({ActKind.PAUSED, ActKind.RESUMED})
_INCOMING = re.compile(r"[0-9A-Za-zА-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі№/.\- ]{1,32}")


def act(counter: Counter, numbers: Iterable[PacketNumber], request: ActRequest) -> list[Answer]:
    """Do the same to each packet; each may be refused alone.

    Raises WrongRoleError, UnknownPersonError, UnknownPlaceError, NotAnExecutorError,
    BadIncomingNumberError.
    """
    now = counter.now()
    stamp, claimed = counter.stamp(request.source, now)
    _check(counter, request, stamp)
    commands = [_command(each, request, stamp, claimed) for each in dict.fromkeys(numbers)]
    kept = counter.vault.put_unless_erased(_text_records(commands, request.text), now)
    works = [_work(counter, command, now, kept) for command in commands]
    streams = [Packet.stream(command.number) for command in commands]
    outcomes = counter.log.commands.run_all(works, streams)
    return [
        Answer(stamp.ref, Status.REFUSED, 0, error=outcome.error)
        if outcome.error is not None
        else outcome.answer(outcome.position)
        for outcome in outcomes
    ]


def _check(counter: Counter, request: ActRequest, stamp: Stamp) -> None:
    counter.check_role(stamp, request.kind)
    counter.directory.place(stamp.place)
    if request.kind is ActKind.RESOLUTION and request.executor is not None:
        _check_executor(counter, request.executor, stamp)
    if request.incoming_number and not _INCOMING.fullmatch(request.incoming_number):
        raise BadIncomingNumberError


def _check_executor(counter: Counter, executor: int, stamp: Stamp) -> None:
    """Make sure that the executor was one, where and when the resolution was written."""
    register, organisation = counter.staff.register, place_organisation(stamp.place)
    register.member(executor)
    if not register.has_role_in(executor, EXECUTORS, organisation, stamp.happened_at):
        raise NotAnExecutorError(person=executor)


def _work(
    counter: Counter, command: ActOnPacket, now: datetime, kept: frozenset[str]
) -> Callable[[UnitOfWork], Callable[[int], Answer]]:
    stream = Packet.stream(command.number)

    def work(unit: UnitOfWork) -> Callable[[int], Answer]:
        packet = unit.load(Packet, stream)
        if not packet.entries:
            raise UnknownPacketError(number=grouped(command.number))
        if command.text_ref is not None and command.text_ref not in kept:
            raise ErasedError(subject=str(command.number))
        _check_grounds(counter, packet, command)
        new = packet.act(command, now)
        return counter.prepare(command.number, command.stamp.ref, packet.entries, new=new)

    return work


def _check_grounds(counter: Counter, packet: Packet, command: ActOnPacket) -> None:
    if packet.registration is None or command.stamp.ref in packet.refs:
        return
    edition = counter.regulations.edition(packet.registration.edition)
    if command.kind in _OF_THE_CLOCK:
        _check_pause(counter, edition, command)
        return
    held = {ground.key for ground in edition.refusal.grounds}
    for ground in command.grounds:
        if ground not in held:
            raise UnknownGroundError(ground=ground, edition=edition.id)


def _check_pause(counter: Counter, edition: Edition, command: ActOnPacket) -> None:
    """Make sure that the edition gives the ground, and that this role may use it.

    Whether it is the stage's, and whether the clock runs, may not be known yet: that deviates.
    """
    if not edition.pauses:
        raise NoPausesError(edition=edition.id)
    grounds = {each.key: each for each in edition.pauses}
    for key in command.grounds:
        if key not in grounds:
            raise UnknownPauseGroundError(ground=key, edition=edition.id)
    stamp, chosen = command.stamp, [grounds[key] for key in command.grounds] or edition.pauses
    roles = counter.staff.register.roles_of(stamp.person, stamp.happened_at)
    if roles.isdisjoint(role for each in chosen for role in each.roles):
        raise WrongRoleError(person=stamp.person, act=command.kind.value)


def _command(
    number: PacketNumber, request: ActRequest, stamp: Stamp, claimed: datetime | None
) -> ActOnPacket:
    return ActOnPacket(
        stamp,
        number,
        request.kind,
        claimed,
        request.incoming_number,
        request.executor,
        request.entitled,
        request.outcome,
        request.grounds,
        f"{number}/{request.kind.value}/{stamp.ref}" if request.text else None,
        request.handing,
        request.began_at,
    )


def _text_records(commands: list[ActOnPacket], text: str | None) -> list[Record]:
    return [
        Record(command.text_ref, str(command.number), {"text": text})
        for command in commands
        if command.text_ref is not None
    ]
