"""Every night days are closed, the log audited and the views compared; once, by one server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.errors import StorageError
from infra.evidence import night as nights
from infra.evidence.audit import Kind
from infra.evidence.book import Check
from infra.evidence.night import Night
from infra.evidence.wiring import auditing
from projections.holdings import Holdings
from tests.infra.evidence.altering import alter
from tests.office import Office, SettableClock

MIDNIGHT = timedelta(hours=15, minutes=20)  # after the morning of the stories, about


@pytest.fixture
def night(qolhat: Qolhat, office: Office, clock: SettableClock) -> Night:
    number, _ = office.register(10)
    office.scan(20, number, Role.COLLECTING)
    clock.at += timedelta(days=1)
    return Night(qolhat)


def _at(clock: SettableClock, hour: int, days: int = 0) -> None:
    """Set the clock to an hour of Kazakhstan (UTC+5)."""
    clock.at = clock.at.replace(hour=(hour - 5) % 24, minute=30) + timedelta(days=days)


def test_a_night_closes_and_checks_once(night: Night, qolhat: Qolhat, clock: SettableClock) -> None:
    found = night.round()
    assert found is not None
    assert found.is_good
    assert found.events == qolhat.log.rows.last_position()
    assert found.rows > 0
    assert night.round() is None
    assert qolhat.evidence.checks(9) == [found]
    assert auditing(qolhat).run().is_good


def test_by_day_only_what_was_missed_for_long_is_done(night: Night, clock: SettableClock) -> None:
    _at(clock, 12)
    assert night.round() is not None  # never before
    _at(clock, 12, days=1)
    assert night.round() is None
    _at(clock, 12, days=2)
    assert night.round() is not None
    _at(clock, 2, days=1)
    assert night.round() is not None


def test_a_view_that_differs_is_told(night: Night, qolhat: Qolhat) -> None:
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        table = next(iter(reading.view(Holdings).tables.values())).name
    with qolhat.views.writing.begin() as connection:
        connection.execute(sa.text(f"DELETE FROM {table}"))
    found = night.round()
    assert found is not None
    assert not found.is_good
    assert found.differences == 1
    assert found.told["tables"][0]["only_anew"] > 0


def test_an_altered_event_is_told_and_what_was_told_cannot_be_hushed_up(
    night: Night, qolhat: Qolhat, clock: SettableClock
) -> None:
    night.round()
    alter(qolhat, "UPDATE stored_events SET version = version + 9 WHERE position = 2")
    found = nights.check(qolhat)
    assert found.findings == 2
    assert found.told["findings"][0]["position"] == 2
    alter(qolhat, "UPDATE evidence_checks SET findings = 0")
    assert Kind.CHECK in {each.kind for each in auditing(qolhat).run().findings}


def test_another_server_that_checks_is_not_disturbed(night: Night, qolhat: Qolhat) -> None:
    with qolhat.evidence.alone() as free, qolhat.evidence.alone() as other:
        assert free
        on_a_server = qolhat.settings.store == "postgres"
        assert other is not on_a_server
        if on_a_server:
            assert night.round() is None


def test_its_thread_goes_on_after_a_failure(
    night: Night, qolhat: Qolhat, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, rounds = Event(), 0

    def fail_once() -> Check | None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise RuntimeError
        done.set()
        return replace(nights.check(qolhat), findings=1)

    monkeypatch.setattr(nights, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(nights, "ROUND_SECONDS", 0.01)
    monkeypatch.setattr(night, "round_apart", fail_once)
    night.start()
    assert done.wait(20)
    night.stop()


def test_a_servers_night_is_a_process_of_its_own(qolhat: Qolhat, office: Office) -> None:
    office.register(10)
    night = Night(qolhat)
    found = night.round_apart()
    assert found is not None
    assert found.is_good
    assert qolhat.evidence.checks(1) == [found]
    assert night.round_apart() is None


def test_a_night_that_breaks_off_is_told_of(
    qolhat: Qolhat, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = qolhat.settings.model_copy(update={"vault_key": SecretStr("no key")})
    monkeypatch.setattr(qolhat, "settings", settings)
    with pytest.raises(StorageError):
        Night(qolhat).round_apart()
    assert qolhat.evidence.checks(1) == []
