"""A registry: bags for one destination; closing freezes it [003 service 7 §11, row 2]."""

from __future__ import annotations

import pytest

from domain.commands import Stamp
from domain.dispatch.errors import BagsUnsealedError, RegistryClosedError, UnknownRegistryError
from domain.dispatch.registry import Registry
from domain.roles import Role
from tests.domain.dispatch.road import FIRST, REGISTRY, SECOND, Road, minute
from tests.stories import AUTHORITY, CENTRE


def stamp(at: float, ref: str) -> Stamp:
    """The collecting department does it."""
    return Road().stamp(at, Role.COLLECTING, ref=ref)


@pytest.fixture
def registry() -> Registry:
    """A registry for the authority with one bag."""
    registry = Registry.blank(Registry.stream(REGISTRY))
    registry.start(stamp(20, "new"), minute(20), AUTHORITY)
    registry.add(stamp(20, "new"), minute(20), FIRST)
    return registry


def test_it_knows_its_number_sender_and_bags(registry: Registry) -> None:
    registry.add(stamp(21, "add"), minute(21), SECOND)
    assert (registry.number, registry.sender, registry.opened.to) == (REGISTRY, CENTRE, AUTHORITY)
    assert registry.bags == [FIRST, SECOND]
    assert registry.added == {"new": FIRST, "add": SECOND}


def test_it_is_begun_once_and_a_bag_is_added_once(registry: Registry) -> None:
    registry.start(stamp(22, "other"), minute(22), 33)
    registry.add(stamp(22, "more"), minute(22), FIRST)
    assert (registry.opened.to, registry.bags) == (AUTHORITY, [FIRST])


def test_closing_freezes_it(registry: Registry) -> None:
    assert registry.close(stamp(40, "close"), minute(40), 3, all_sealed=True)
    assert not registry.close(stamp(40, "close"), minute(40), 3, all_sealed=True)
    assert registry.closed is not None
    assert registry.closed.papers == 3
    with pytest.raises(RegistryClosedError):
        registry.close(stamp(41, "again"), minute(41), 4, all_sealed=True)
    with pytest.raises(RegistryClosedError):
        registry.add(stamp(41, "add"), minute(41), SECOND)
    registry.add(stamp(41, "known"), minute(41), FIRST)  # says nothing new


@pytest.mark.parametrize(("packets", "all_sealed"), [(3, False), (0, True)])
def test_it_closes_when_all_its_bags_are_sealed_and_there_is_one(
    registry: Registry, packets: int, all_sealed: bool
) -> None:
    with pytest.raises(BagsUnsealedError):
        registry.close(stamp(40, "close"), minute(40), packets, all_sealed=all_sealed)
    assert registry.closed is None


def test_one_that_was_never_begun_is_unknown() -> None:
    blank = Registry.blank(Registry.stream(REGISTRY))
    with pytest.raises(UnknownRegistryError):
        blank.check_open()
    with pytest.raises(UnknownRegistryError):
        blank.add(stamp(20, "add"), minute(20), FIRST)
    with pytest.raises(UnknownRegistryError):
        _ = blank.sender
