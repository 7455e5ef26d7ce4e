"""What somebody may do, and in whose papers: asked by the HTTP API and by the pages alike.

A packet is the business of the organisations that accepted it and decide about it, of the one where
it lies, and of every other where it was ever recorded: a packet that went astray must be findable
by those who had it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from domain.acts import ROLES_OF_ACT, ActKind
from domain.errors import NoRightError, NotYoursError, UnknownPacketError
from domain.numbers import PacketNumber, grouped, place_organisation
from domain.packet import Packet
from domain.rights import NOWHERE, Reach, Right, reach_of, reach_of_role
from infra.bootstrap import Qolhat


class Permitted:
    """A person with rights; the roles that give a right tell how far it reaches."""

    __slots__ = ()
    qolhat: Qolhat
    person: int
    rights: frozenset[Right]

    def may(self, *rights: Right | str) -> bool:
        """Tell whether the person's roles give one of these rights."""
        return not self.rights.isdisjoint(map(Right, rights))

    def require(self, *rights: Right) -> None:
        """Make sure that they give one of these rights. Raises NoRightError."""
        if self.rights.isdisjoint(rights):
            raise NoRightError(right=rights[0].value)

    def reach(self, right: Right) -> Reach:
        """Tell in which organisations this right is the person's."""
        qolhat = self.qolhat
        return reach_of(qolhat.staff.register, self.person, qolhat.now(), qolhat.directory, right)

    def require_reach(self, organisations: Iterable[int], right: Right) -> None:
        """Make sure that the right reaches one of these organisations. Raises NotYoursError."""
        if not self.reach(right).covers(organisations):
            raise NotYoursError

    def within(self, right: Right, organisation: int | None) -> Collection[int] | None:
        """Return the organisations of which a list may tell; None: all.

        The one asked for, or all in reach. Raises NoRightError, NotYoursError.
        """
        self.require(right)
        reach = self.reach(right)
        if organisation is None:
            return reach.organisations
        if not reach.covers([organisation]):
            raise NotYoursError
        return (organisation,)

    def require_packet(self, number: PacketNumber, right: Right) -> None:
        """Make sure that the right reaches this packet.

        Raises NoRightError, UnknownPacketError, NotYoursError.
        """
        self.require(right)
        self.require_reach(self._concerned(number), right)

    def require_act(self, organisations: Iterable[int], kind: ActKind) -> None:
        """Make sure that a role to which this act belongs reaches one of these organisations.

        Whoever manages a region and replaces an inspector does what belongs to windows in the
        inspector's organisation only. That nobody of the person's roles may do it at all is for
        the desk to say. Raises NotYoursError.
        """
        now, register = self.qolhat.now(), self.qolhat.staff.register
        if register.roles_of(self.person, now).isdisjoint(ROLES_OF_ACT[kind]):
            self.require_reach(organisations, Right.ACT)
            return
        reach = NOWHERE
        for post in register.posts_of(self.person, now):
            for role in post.roles & ROLES_OF_ACT[kind]:
                reach |= reach_of_role(role, post.organisation, post.scope, self.qolhat.directory)
        if not reach.covers(organisations):
            raise NotYoursError

    def require_act_on(self, number: PacketNumber, kind: ActKind) -> None:
        """Make sure that the person may do this to this packet, as far as roles and reach go.

        Raises NoRightError, UnknownPacketError, NotYoursError.
        """
        self.require(Right.ACT)
        self.require_act(self._concerned(number), kind)

    def _concerned(self, number: PacketNumber) -> frozenset[int]:
        """Return whose business a packet is. Raises UnknownPacketError."""
        events = self.qolhat.log.events_of(Packet.stream(number))
        if not events:
            raise UnknownPacketError(number=grouped(number))
        return organisations_of(events)


def organisations_of(events: Sequence[Packet.Event]) -> frozenset[int]:
    """Return every organisation whose business a packet with these events is."""
    been = {place_organisation(event.place) for event in events if event.place}
    deciding = {event.decided_by for event in events if isinstance(event, Packet.Registered)}
    settled = {
        place_organisation(event.to_place)
        for event in events
        if isinstance(event, Packet.ScanSettled) and event.to_place
    }
    return frozenset(been | deciding | settled)
