"""The country's views contain every branch once, whatever was repeated or delayed."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from infra.bootstrap import Qolhat, bootstrap
from infra.branches.country import SetAside
from infra.branches.deciding import Deciding
from infra.branches.envelope import Envelope
from infra.kafka.messages import partition_of
from infra.migrations import migrate
from infra.requests import Status
from infra.settings import Settings, StoreKind
from infra.views.rebuild import verify
from tests.infra.branches.world import (
    NAMES,
    OTHER_CENTRE,
    Day,
    Desk,
    Step,
    envelopes_of,
    in_turns,
    open_store,
    rows_of,
)
from tests.office import SettableClock
from tests.stories import AUTHORITY, CENTRE


@dataclass
class Told:
    """A day that was told to one store, and the same day told to three."""

    at_once: dict[str, list[dict[str, object]]]
    day: Day
    sent: list[list[Envelope]]


@pytest.fixture(scope="module")
def told(hired: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The day in one store, and what two branches would send of it."""
    folder, clock = tmp_path_factory.mktemp("day"), SettableClock()
    with ExitStack() as stack:
        single = stack.enter_context(open_store(hired, folder / "single", clock, "single"))
        desks = [Desk(single, clock, each) for each in (CENTRE, OTHER_CENTRE, AUTHORITY)]
        together = Day(desks[0], desks[1], desks[2])
        in_turns(together.of_a_centre(desks[0], 10))
        in_turns(together.of_a_centre(desks[1], 40))
        in_turns(together.of_the_authority())
        apart = []
        for organisation, minute in ((CENTRE, 10), (OTHER_CENTRE, 40)):
            name = NAMES[organisation]
            store = stack.enter_context(open_store(hired, folder / name, clock, name))
            desk = Desk(store, clock, organisation)
            in_turns(together.of_a_centre(desk, minute))
            apart.append(desk)
        assert [desk.packets for desk in apart] == [desk.packets for desk in desks[:2]]
        sent = [envelopes_of(desk.qolhat) for desk in apart]
        yield Told(rows_of(single), Day(apart[0], apart[1], desks[2]), sent)


@pytest.fixture
def country(hired: Path, tmp_path: Path) -> Iterator[Qolhat]:
    """The country's store, into which nobody has sent anything yet."""
    with open_store(hired, tmp_path / "country", SettableClock()) as wired:
        yield wired


def _authority_at(country: Qolhat, told: Told) -> list[Step]:
    clock = country.now
    assert isinstance(clock, SettableClock)
    desk = Desk(country, clock, AUTHORITY)
    clock.at = desk.at(1000)
    return Day(told.day.first, told.day.second, desk).of_the_authority()


def test_two_branches_and_the_authority_are_as_one_store(country: Qolhat, told: Told) -> None:
    """Sent in time, every view is what it would be had all worked in the country's store."""
    steps = _authority_at(country, told)
    decisions = [d for sent in told.sent for d in Deciding(country.counter).decide(sent)]
    in_turns(steps)
    known = {d.envelope.row[3] for d in decisions if d.status is Status.DUPLICATE}
    assert known <= {"pkt.car"}  # concluded from the bag's journey, whichever came first
    assert Status.REFUSED not in {d.status for d in decisions}
    assert rows_of(country) == told.at_once


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_delayed_repeated_or_overtaken_the_views_are_the_same(
    country: Qolhat, told: Told, seed: int
) -> None:
    """Three partitions, two branches that send again, a gatherer that dies: still once."""
    chance = random.Random(seed)
    partitions = _sent_again_and_again(told.sent, chance)
    waiting = deque(_authority_at(country, told))
    deciding = Deciding(country.counter)
    while any(partitions) or waiting:
        if waiting and chance.random() < 0.3 and _can_be_done(country, told, len(waiting)):
            waiting.popleft()()
            continue
        partition = chance.choice(partitions)
        batch = [partition.popleft() for _ in range(min(len(partition), chance.randint(1, 12)))]
        for _ in range(chance.choice((1, 1, 2))):  # the offset was not committed
            deciding.decide(batch)
    # What was scanned before its registration was known waited meanwhile, and is told to have.
    late = rows_of(country, without={"unsettled"})
    assert late == {name: rows for name, rows in told.at_once.items() if name in late}
    assert verify(country.log, country.views).differences == ()


def _sent_again_and_again(
    sent: list[list[Envelope]], chance: random.Random
) -> list[deque[Envelope]]:
    """Put what branches send into partitions by key; a sender that died begins earlier."""
    partitions: list[deque[Envelope]] = [deque() for _ in range(3)]
    places = [0 for _ in sent]
    while any(place < len(all_) for place, all_ in zip(places, sent, strict=True)):
        which = chance.randrange(len(sent))
        begun = max(0, places[which] - chance.choice((0, 0, 0, 7, 40)))
        ended = places[which] + chance.randint(1, 9)
        for envelope in sent[which][begun:ended]:
            partitions[partition_of(envelope.row[1].bytes, 3)].append(envelope)
        places[which] = ended
    return partitions


def _can_be_done(country: Qolhat, told: Told, left: int) -> bool:
    """Bags can be taken over only when they are known; packets can always be scanned."""
    if left <= len(_authority_at(country, told)) - Day.of_bags:
        return True
    bags = told.day.first.packed, told.day.second.packed
    return all(country.desk.dispatch.journey(bag) is not None for bag in bags)


def test_a_country_on_postgresql_keeps_its_branches_in_the_migrated_tables(
    told: Told, tmp_path: Path, postgres_dsn: str
) -> None:
    """What is set aside, and who was heard, lies where `qolhat migrate` has made room for it."""
    settings = Settings(
        data_dir=tmp_path, store=StoreKind.POSTGRES, postgres_dsn=SecretStr(postgres_dsn)
    )
    migrate(settings)
    with bootstrap(settings, now=SettableClock()) as country:
        (first, *rest), at = told.sent[0], country.now()
        clock = country.now
        assert isinstance(clock, SettableClock)
        clock.at = at + timedelta(days=1)
        decisions = Deciding(country.counter).decide([first, *rest])
        aside = SetAside(first.id, first.branch, first.row[3], "reused-ref", "", 1, b"{}")
        country.far.note(decisions, [aside])
        assert [each.id for each in country.far.set_aside()] == [first.id]
        country.far.note(decisions, [])
        assert country.far.count_aside() == 0
        assert [each.branch for each in country.far.branches()] == [first.branch]
        again = Deciding(country.counter).decide([first, *rest])
        assert {each.status for each in again} == {Status.DUPLICATE}
