"""One process that reads pictures for many stores: each would start its own, and take its time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from infra.reading import PageRead, Reading


class OneReading:
    """Reads pictures until the tests are over, however many stores are closed meanwhile."""

    def __init__(self) -> None:
        self.kept = Reading(workers=1)
        self.limits = self.kept.limits

    def pages(
        self, data: bytes, *, symbologies: Collection[str] | None = None, pictured: bool = False
    ) -> Iterator[PageRead]:
        return self.kept.pages(data, symbologies=symbologies, pictured=pictured)

    def close(self) -> None:
        """Its store is closed; the next test reads on."""


@contextmanager
def one_reading() -> Iterator[OneReading]:
    """Read pictures for the tests of a module."""
    made = OneReading()
    try:
        yield made
    finally:
        made.kept.close()
