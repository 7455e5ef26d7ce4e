"""Couriers by HTTP: punctuality, discrepancies and losses, as the page tells them."""

from __future__ import annotations

from typing import Any

from domain.roles import Role
from tests.api.http.counter import Counter
from tests.infra.views.carriage import Carriage
from tests.infra.views.test_discrepancies import with_one_missing
from tests.office import Office as Desk
from tests.stories import AUTHORITY, CENTRE, PEOPLE


def test_a_loss_is_told_with_its_custody(counter: Counter) -> None:
    clock: Any = counter.clock  # another class of the same kind
    bag, missing = with_one_missing(Carriage(Desk(counter.qolhat, clock)))
    counter.appoint(Role.MANAGER, AUTHORITY)
    counter.qolhat.runner.catch_up()
    told = counter.get("/figures/couriers", Role.MANAGER, since="2026-11-16", until="2026-11-16")
    (route,) = told["routes"]
    assert route["route"]["branch"]["code"] == CENTRE
    assert route["carried"]["discrepancies"]["missing"] == route["carried"]["lost"] == 1
    assert route["carried"]["share_lost"] == 0.5
    assert route["carried"]["interval"]["low"] < 0.5 < route["carried"]["interval"]["high"]
    (courier,) = told["couriers"]
    assert courier["person"] == PEOPLE[Role.COURIER]
    (loss,) = told["losses"]
    assert (loss["bag"], loss["packet"], loss["settled_as"]) == (str(bag), str(missing), None)
    assert [each["place"]["role"]["code"] for each in loss["custody"]] == [
        "collecting",
        "courier",
        "office",
    ]
    assert loss["custody"][-1]["until"] == loss["missed_at"]
