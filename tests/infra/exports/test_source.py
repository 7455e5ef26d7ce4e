"""One reading of the log: up to one position, whatever is recorded meanwhile; what is meant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

import infra.exports.source
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.exports import Exporter, Format, Source, Wanted, wanted_of
from infra.exports.source import BAG, PACKET, REGISTRY
from infra.exports.stories import PacketStory
from infra.exports.wanted import DaysBackwardsError, UnknownServiceKeyError
from infra.store.mapper import read_event
from tests.infra.demonstration.simulated import Simulated
from tests.infra.exports.conftest import export_of, heading
from tests.infra.views.carriage import Carriage
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, place


def source_of(qolhat: Qolhat, wanted: Wanted | None = None) -> Source:
    """Begin to read."""
    return Exporter(qolhat, wanted or Wanted(), heading).source


def numbers(source: Source) -> list[PacketNumber]:
    return [story.number for story in source.packets()]


# --- one position ------------------------------------------------------------------------------


def test_what_is_recorded_while_it_is_read_is_left_out(office: Office) -> None:
    """Neither as an event nor as a part of a packet that is read later."""
    number = office.until_the_courier()
    source = source_of(office.qolhat)
    before = list(source.events())
    office.scan(200, number, Role.OFFICE)
    other, _ = office.register(201)
    assert [position for position, _, _ in source.events()] == [each[0] for each in before]
    (story,) = source.packets()
    assert story.timeline is not None
    assert (story.number, story.timeline.progress.place) == (number, place(Role.COURIER))
    assert numbers(source_of(office.qolhat)) == [number, other]


def test_a_page_ends_anywhere(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [office.until_the_courier(10 + step) for step in range(5)]
    for size in (1, 2, 3):
        monkeypatch.setattr(infra.exports.source, "_AT_ONCE", size)
        monkeypatch.setattr(infra.exports.source, "_KEPT", size)
        assert numbers(source_of(office.qolhat)) == wanted
        assert export_of(office.qolhat, Format.CSV)


def test_an_event_that_cannot_be_understood_is_left_out_and_counted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = office.until_the_courier()
    source = source_of(office.qolhat)

    def broken(stream: object, version: int, topic: str, state: bytes) -> object:
        return read_event(stream, version, topic, b"{]" if topic == "pkt.scan" else state)

    monkeypatch.setattr(infra.exports.source, "read_event", broken)
    (story,) = source.packets()
    assert (story.number, [type(e) for e in story.events]) == (number, [Packet.Registered])
    assert source.unreadable == 2


def test_a_packet_whose_edition_is_gone_keeps_its_events(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.until_the_courier()
    source = source_of(office.qolhat)

    def gone(edition: str) -> None:
        raise KeyError(edition)

    monkeypatch.setattr(source.regulations, "edition", gone)
    (story,) = source.packets()
    assert (story.timeline, story.edition, len(story.events)) == (None, None, 3)


def test_progress_ends_where_the_log_ends(day: Simulated) -> None:
    told: list[tuple[int, int]] = []
    exporter = Exporter(day.qolhat, Wanted(), heading, lambda *far: told.append(far))
    assert b"".join(exporter.pieces(Format.OCEL))
    assert told[-1] == (2 * exporter.about.position, 2 * exporter.about.position)
    assert told == sorted(told)


# --- what is meant -----------------------------------------------------------------------------


def test_a_packet_is_the_business_of_whoever_had_it_or_decides(office: Office) -> None:
    number = office.until_the_courier()
    for organisation, found in ((CENTRE, [number]), (AUTHORITY, [number]), (OTHER_AUTHORITY, [])):
        wanted = Wanted(organisations=(organisation,))
        assert numbers(source_of(office.qolhat, wanted)) == found


def test_a_packet_is_meant_by_the_day_on_which_it_was_registered(office: Office) -> None:
    number = office.until_the_courier()
    registered = office.at(10)
    second = timedelta(seconds=1)
    for wanted, found in (
        (Wanted(since=registered), [number]),
        (Wanted(since=registered + second), []),
        (Wanted(until=registered), []),
        (Wanted(until=registered + second), [number]),
    ):
        assert numbers(source_of(office.qolhat, wanted)) == found


def test_bags_are_of_a_service_by_what_they_carried(office: Office) -> None:
    carriage = Carriage(office)
    (packet,) = carriage.registered(1)
    registry, bag = carriage.begin()
    carriage.put(bag, packet)
    carriage.seal(bag, registry)
    for service, families in (("003-7", {PACKET, BAG, REGISTRY}), ("002", set())):
        source = source_of(office.qolhat, Wanted(service=service))
        found = {
            PACKET if isinstance(thing, PacketStory) else thing.family
            for thing in source.things({PACKET, BAG, REGISTRY})
        }
        assert found == families
        assert {event.TOPIC[:3] for _, event, _ in source.events()} == families


def test_days_are_the_countrys_and_both_are_inside() -> None:
    wanted = wanted_of(["002"], date(2026, 11, 16), date(2026, 11, 16), None, "002")
    assert wanted.since == datetime(2026, 11, 15, 19, tzinfo=UTC)
    assert wanted.until == datetime(2026, 11, 16, 19, tzinfo=UTC)
    with pytest.raises(DaysBackwardsError):
        wanted_of([], date(2026, 11, 17), date(2026, 11, 16), None, None)
    with pytest.raises(UnknownServiceKeyError):
        wanted_of(["002"], None, None, None, "004")
