"""A store knows which one it is, and which life of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from infra.bootstrap import Qolhat, bootstrap
from infra.settings import Settings
from infra.store.identity import StoreIdentity, identity_of, metadata, renew_epoch
from infra.store.mapper import to_micros


def test_a_store_is_the_same_whenever_it_is_opened(settings: Settings) -> None:
    with bootstrap(settings) as qolhat:
        first = identity_of(qolhat.log)
    with bootstrap(settings) as qolhat:
        assert identity_of(qolhat.log) == first


def test_its_epoch_is_when_it_was_made_or_last_restored(settings: Settings) -> None:
    before = to_micros(datetime.now(UTC))
    with bootstrap(settings) as qolhat:
        made, renewed = identity_of(qolhat.log), renew_epoch(qolhat.log)
        assert identity_of(qolhat.log) == renewed
    assert made.store == renewed.store
    assert before <= made.epoch < renewed.epoch


def test_an_epoch_is_later_even_if_the_clock_went_back(qolhat: Qolhat) -> None:
    epochs = [renew_epoch(qolhat.log).epoch for _ in range(5)]
    assert epochs == sorted(set(epochs))


def test_many_who_open_a_new_store_find_the_same(qolhat: Qolhat) -> None:
    engine = qolhat.log.database()
    metadata.drop_all(engine)  # as if it had been made by an older version
    engine.dispose()
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: identity_of(qolhat.log), range(4)))
    assert len(found) == 1
    assert isinstance(found.pop(), StoreIdentity)
