"""Who looks for losses finds one, and finds what is there twice or differs."""

from __future__ import annotations

from random import Random

import psycopg
import pytest

from tests.faults.checks import Auditor, Found
from tests.faults.country import Country
from tests.faults.load import Acknowledged
from tests.faults.scenarios import FAULTS


@pytest.fixture
def busy(country: Country) -> Country:
    """A country in which something has been recorded and shown."""
    with country.load.working():
        country.load.await_more(20)
    assert Auditor(country).check().sound
    return country


def found_by(country: Country) -> Found:
    """What somebody finds who has not looked before."""
    return Auditor(country).check()


def test_what_was_acknowledged_and_is_not_stored_is_found(busy: Country) -> None:
    never = Acknowledged("never sent", "scan", 0.0)
    busy.load.diary.acknowledged.append(never)
    try:
        assert found_by(busy).lost == ["scan never sent"]
    finally:
        busy.load.diary.acknowledged.remove(never)


def test_what_is_in_kafka_twice_is_found(busy: Country) -> None:
    before = busy.repeated.copy()
    FAULTS["repeat"](busy, Random(1))
    told, busy.repeated = busy.repeated, before
    try:
        assert len(found_by(busy).twice) > 0
    finally:
        busy.repeated = told


def test_a_view_that_was_tampered_with_is_found_and_mended_by_a_rebuild(busy: Country) -> None:
    with psycopg.connect(busy.dsn) as connection:
        table = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables"
            " WHERE schemaname = 'public_kafka' AND tablename ~ '^holdings_[0-9]+$'"
        ).fetchone()
        assert table is not None
        connection.execute(f"DELETE FROM {table[0]}".encode())
    assert found_by(busy).differing
    code, said = busy.run("rebuild")
    assert code == 0, said
    assert found_by(busy).sound
