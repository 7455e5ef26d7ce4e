"""Which stays of an organisation were scored anew, and why: a calendar or a record came later.

Nothing of it is kept: packets are taken page by page, in the order of their numbers, and of each it
is worked out from its events (`domain.rescoring`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from domain.numbers import PacketNumber, place_organisation
from domain.packet import Packet
from domain.rescoring import (
    CalendarRescoring,
    Rescoring,
    calendar_rescorings_of,
    rescorings_of,
)
from domain.timeline import timeline_of
from infra.exports.wanted import Wanted
from infra.store.log import EventLog
from infra.views.group import Reading
from projections.tables import micros
from projections.view import Knowledge
from projections.visits import Visits

PACKETS = 200  # looked at in one go


@dataclass(frozen=True, slots=True)
class ChangedStay:
    """A stay that was scored anew. `edition`: the packet's own, None if it has none yet."""

    number: PacketNumber
    edition: str | None
    found: Rescoring | CalendarRescoring


@dataclass(frozen=True, slots=True)
class ChangedStays:
    """A page of them. `looked_at`: how many packets; `after`: whose number the next follow."""

    stays: list[ChangedStay]
    looked_at: int
    after: PacketNumber | None


def changed_stays(
    reading: Reading,
    log: EventLog,
    knowledge: Knowledge,
    wanted: Wanted,
    after: int = 0,
    packets: int = PACKETS,
) -> ChangedStays:
    """List the changed stays, ended in a period, of the next packets that had such stays there.

    A packet none of whose stays in the organisations ended in the period, as is known now, is not
    looked at. Raises UnknownOrganisationError, StorageError.
    """
    numbers = _numbers(reading, wanted, after, packets)
    stays = [
        each
        for number in numbers
        for each in _of_packet(log, knowledge, number)
        if _is_wanted(wanted, each.found)
    ]
    return ChangedStays(stays, len(numbers), numbers[-1] if len(numbers) == packets else None)


def _numbers(reading: Reading, wanted: Wanted, after: int, packets: int) -> list[PacketNumber]:
    c = reading.view(Visits).visits.c
    query = sa.select(c.number).where(c.number > after, c.left_at.is_not(None))
    if wanted.organisations is not None:
        query = query.where(c.organisation.in_(sorted(wanted.organisations)))
    if wanted.since is not None:
        query = query.where(c.left_at >= micros(wanted.since))
    if wanted.until is not None:
        query = query.where(c.left_at < micros(wanted.until))
    query = query.distinct().order_by(c.number).limit(packets)
    return [PacketNumber(number) for number in reading.connection.execute(query).scalars()]


def _of_packet(log: EventLog, knowledge: Knowledge, number: PacketNumber) -> Iterator[ChangedStay]:
    events = log.events_of(Packet.stream(number))
    editions, clocks = knowledge.regulations, knowledge.clocks
    timeline = timeline_of(events, editions)
    edition = timeline.progress.edition
    for late in rescorings_of(events, editions, clocks):
        yield ChangedStay(number, edition, late)
    for moved in calendar_rescorings_of(timeline, editions, clocks):
        yield ChangedStay(number, edition, moved)


def _is_wanted(wanted: Wanted, found: Rescoring | CalendarRescoring) -> bool:
    whose = wanted.organisations
    return (
        (whose is None or place_organisation(found.place) in whose)
        and (wanted.since is None or found.left_at >= wanted.since)
        and (wanted.until is None or found.left_at < wanted.until)
    )
