"""All editions together: which one a packet lives by is decided on the day it is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import msgspec

from domain.errors import UnknownServiceError
from domain.regulations.edition import Edition, Way
from domain.regulations.read import FaultyRegulationError

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class InForce:
    """An edition found for a day; `adopted_by` names the operator who applies it beyond the law."""

    edition: Edition
    adopted_by: str | None


class Regulations:
    """The editions known to this operator; none is ever taken away: history needs them all."""

    def __init__(self, editions: Iterable[tuple[str, Edition]], operator: str = "") -> None:
        """Take (file, edition) pairs, and the operator whose adoptions count.

        Raises FaultyRegulationError when two editions share an id.
        """
        self.operator = operator
        self._editions: dict[str, Edition] = {}
        for file, edition in editions:
            if edition.id in self._editions:
                raise FaultyRegulationError(file, "id", f"«{edition.id}» stands in another file")
            self._editions[edition.id] = edition

    @property
    def version(self) -> str:
        """A label that changes whenever any edition's text does."""
        texts = msgspec.json.encode(list(self._editions.values()), order="deterministic")
        return sha256(texts).hexdigest()

    def __iter__(self) -> Iterator[Edition]:
        return iter(self._editions.values())

    def __len__(self) -> int:
        return len(self._editions)

    def edition(self, edition_id: str) -> Edition:
        """Return the edition that a registration names. Raises KeyError if its file is gone."""
        return self._editions[edition_id]

    def in_force(self, service: str, way: Way, region: str, day: date) -> InForce:
        """Find the edition by which a packet accepted that (local) day in that region lives.

        A text in legal force goes before an adopted one, a later edition before an earlier.
        Raises UnknownServiceError.
        """
        fitting = [e for e in self if e.service.key == service and e.way is way]
        legal = [e for e in fitting if _legal(e, region, day)]
        if legal:
            return InForce(max(legal, key=lambda e: e.legal.first), None)
        adopted = [
            edition
            for edition in fitting
            if edition.legal.first <= day and self._adopts(edition, region, day)
        ]
        if adopted:
            return InForce(max(adopted, key=lambda e: e.legal.first), self.operator)
        raise UnknownServiceError(
            service=service, way=way.value, region=region, day=day.isoformat()
        )

    def _adopts(self, edition: Edition, region: str, day: date) -> bool:
        return any(
            adoption.operator == self.operator
            and adoption.period.covers(day)
            and _within(adoption.territory, region)
            for adoption in edition.adopted
        )


def _legal(edition: Edition, region: str, day: date) -> bool:
    return edition.legal.covers(day) and _within(edition.territory, region)


def _within(territory: tuple[str, ...], region: str) -> bool:
    return EVERYWHERE in territory or region in territory
