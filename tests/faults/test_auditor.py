"""Who looks for losses finds one, and finds what is there twice or differs."""

from __future__ import annotations

from random import Random

import psycopg
import pytest

from tests.faults.checks import Auditor
from tests.faults.country import Country
from tests.faults.load import Acknowledged
from tests.faults.scenarios import repeat


@pytest.fixture
def busy(country: Country) -> Country:
    """A country in which something has been recorded."""
    with country.load.working():
        country.load.await_more(20)
    return country


def test_what_is_lost_or_twice_is_found(busy: Country) -> None:
    never = Acknowledged("never sent", "scan", 0.0)
    busy.load.diary.acknowledged.append(never)
    known = busy.repeated.copy()
    repeat(busy, Random(1))
    told, busy.repeated = busy.repeated, known
    try:
        found = Auditor(busy).check()
        assert found.lost == ["scan never sent"]
        assert 0 < len(found.twice) <= len(told)
    finally:
        busy.load.diary.acknowledged.remove(never)
        busy.repeated = told


def test_views_that_were_tampered_with_are_found_and_mended_by_a_rebuild(busy: Country) -> None:
    busy.await_views(1)
    with psycopg.connect(busy.dsn) as connection:
        connection.execute("DELETE FROM public_kafka.holdings")
    assert Auditor(busy).check().differing
    code, said = busy.run("rebuild")
    assert code == 0, said
    assert Auditor(busy).check().sound
