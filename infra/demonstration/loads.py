"""One bag of the simulation: what its registry names, and what really lies in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.numbers import BagCode, RegistryCode
from infra.demonstration.mishaps import Mishap
from infra.demonstration.papers import Paper
from infra.demonstration.workers import Bureau, Worker


@dataclass(slots=True, eq=False)
class Load:
    """A bag between a branch and its authority. `inside` is what will be found in it.

    `strays` are packets of other branches that got into it on the way; `absent` is the packet of
    the registry that is not in it.
    """

    branch: Bureau
    packer: Worker
    opener: Worker
    registry: RegistryCode
    code: BagCode
    seal: str
    listed: list[Paper]
    inside: list[Paper]
    mishap: Mishap | None = None
    absent: Paper | None = None
    strays: list[Paper] = field(default_factory=list)

    @property
    def seen_seal(self) -> str:
        """The number that the receiver reads from the seal."""
        return f"{self.seal}1" if self.mishap is Mishap.OTHER_SEAL else self.seal
