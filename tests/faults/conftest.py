"""One country for all tests: what is killed is started again, and the next test finds it at work.

A country that was harmed is given up, and the next test gets a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from random import Random

import pytest

from tests.faults.checks import Auditor
from tests.faults.country import Country
from tests.faults.scenarios import Fault, Round, play
from tests.faults.servers import small_postgres
from tests.servers.kafka import OwnKafka
from tests.servers.offer import ServerUnavailableError
from tests.servers.postgres import OwnPostgres

Play = Callable[..., Round]


class Founder:
    """Founds a country, and another one when that was harmed."""

    def __init__(self, postgres: OwnPostgres, kafka: OwnKafka) -> None:
        self._servers = postgres, kafka
        self._stack = ExitStack()
        self._found: tuple[Country, Auditor] | None = None

    def found(self) -> tuple[Country, Auditor]:
        """Return a country at work, and somebody who remembers what was seen of it."""
        if self._found is None:
            country = self._stack.enter_context(Country(*self._servers))
            self._found = country, Auditor(country)
        return self._found

    def give_up(self) -> None:
        """End it."""
        self._found = None
        self._stack.close()


@pytest.fixture(scope="package")
def _founder(_own_kafka: OwnKafka) -> Iterator[Founder]:
    with ExitStack() as stack:
        try:
            postgres = stack.enter_context(small_postgres())
        except ServerUnavailableError as missing:
            pytest.skip(str(missing))
        founder = Founder(postgres, _own_kafka)
        stack.callback(founder.give_up)
        yield founder
    _own_kafka.ensure_running()


@pytest.fixture
def country(_founder: Founder) -> Country:
    """A country at work, on a PostgreSQL of its own whose disk is small."""
    return _founder.found()[0]


@pytest.fixture
def played(_founder: Founder, request: pytest.FixtureRequest) -> Iterator[Play]:
    """Do a fault while people work, and see that all is well after it."""
    country, auditor = _founder.found()
    chance, sound = Random(request.node.name), []

    def play_one(kind: str, *faults: Fault) -> Round:
        sound.append(False)
        done = play(country, auditor, kind, chance, *faults)
        print(done.figures())  # noqa: T201  shown by `pytest -rP`, and when it fails
        assert done.found.sound, country.supervisor.all_last_lines()
        sound.append(True)
        assert done.acknowledged
        return done

    yield play_one
    if not sound or not sound[-1]:
        _founder.give_up()
