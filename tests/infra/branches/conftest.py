"""Two far branches and the country, each with a store of its own, and a real Kafka between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.bootstrap import Qolhat
from infra.branches.gathering import Gathered, Gatherer
from infra.branches.sending import BranchLink
from infra.branches.wiring import branch_link, gatherer
from tests.infra.branches.world import (
    NAMES,
    OTHER_CENTRE,
    Day,
    Desk,
    hire_everybody,
    open_store,
)
from tests.office import SettableClock
from tests.servers.kafka import KafkaServer
from tests.stories import AUTHORITY, CENTRE

PATIENCE = 60


@dataclass
class Country:
    """Everybody at their own stores; `links` are the branches' ends of the line."""

    desks: dict[int, Desk]
    day: Day
    settings: dict[str, Any]
    opened: ExitStack
    links: dict[int, BranchLink] = field(default_factory=dict)

    @property
    def store(self) -> Qolhat:
        """The country's store."""
        return self.desks[AUTHORITY].qolhat

    def link(self, organisation: int) -> BranchLink:
        """A branch's end of the line; another one if the last was killed."""
        if organisation not in self.links:
            link = self.links[organisation] = branch_link(self.desks[organisation].qolhat)
            self.opened.callback(link.disconnect)
        return self.links[organisation]

    def gatherer(self) -> Gatherer:
        """Another gatherer of the country."""
        made = gatherer(self.store)
        self.opened.callback(made.disconnect)
        return made

    def gather(self) -> Gathered:
        """Take in all that is there, and leave the group."""
        made = self.gatherer()
        try:
            return made.catch_up(PATIENCE)
        finally:
            made.disconnect()


@pytest.fixture(scope="session")
def hired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which everybody is known, to be copied."""
    return hire_everybody(tmp_path_factory.mktemp("hired") / "store")


@pytest.fixture
def apart(hired: Path, tmp_path: Path, kafka_server: KafkaServer) -> Iterator[Country]:
    """Two branches and the country, with empty topics of three partitions."""
    clock = SettableClock()
    settings = {
        "kafka_bootstrap": kafka_server.bootstrap,
        "kafka_scans_topic": kafka_server.fresh_topic(3),
        "kafka_answers_topic": kafka_server.fresh_topic(3),
    }
    with ExitStack() as stack:
        desks = {}
        for organisation in (CENTRE, OTHER_CENTRE, AUTHORITY):
            branch = "" if organisation == AUTHORITY else NAMES[organisation]
            folder = tmp_path / NAMES[organisation]
            store = stack.enter_context(open_store(hired, folder, clock, branch, **settings))
            desks[organisation] = Desk(store, clock, organisation)
        day = Day(desks[CENTRE], desks[OTHER_CENTRE], desks[AUTHORITY])
        yield Country(desks, day, settings, stack)
