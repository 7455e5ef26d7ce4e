"""What Prometheus is told of the relay: how much it sent, and how far behind it is."""

from __future__ import annotations

import pytest

from infra.errors import StorageError
from infra.kafka.relay import Relay
from infra.kafka.relay_figures import RelayFigures
from infra.kafka.relayed import Relayed, RelayedBook
from infra.store.identity import StoreIdentity
from tests.office import Office


def told(figures: RelayFigures) -> dict[str, float]:
    """The figures by their names."""
    return {each.name: each.samples[0].value for each in figures.collect()}


def test_what_was_sent_and_what_waits_is_told(office: Office, publisher: Relay) -> None:
    figures = RelayFigures(office.qolhat)
    before = office.qolhat.log.rows.last_position()
    assert told(figures)["qolhat_relay_lag_events"] == before
    publisher.catch_up()
    office.register()
    assert told(figures) == {
        "qolhat_relay_events": before,
        "qolhat_relay_failures": 0,
        "qolhat_relay_lag_events": office.qolhat.log.rows.last_position() - before,
    }


def test_where_the_store_does_not_answer_the_figures_are_missing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: RelayedBook, __: StoreIdentity) -> Relayed:
        raise StorageError(detail="away")

    monkeypatch.setattr(RelayedBook, "read", fail)
    assert told(RelayFigures(office.qolhat)) == {}
