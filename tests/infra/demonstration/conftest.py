"""The simulation that most stories look at: it is run once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.infra.demonstration.simulated import LARGE, Simulated, simulated


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """Three days, the views caught up."""
    with simulated(tmp_path_factory.mktemp("large"), LARGE) as done:
        yield done
