"""What the vault holds of a packet: the applicant and the papers enclosed, as they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.web.facts import PacketFacts
from api.web.visitor import Visitor
from domain.regulations.edition import Edition
from domain.rights import Right
from infra.desk import applicant_ref, papers_ref


@dataclass(frozen=True, slots=True)
class Held:
    """The applicant's data and the enclosed papers (name and count)."""

    applicant: Mapping[str, Any] = field(default_factory=dict)
    papers: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str | None:
        """Surname, name, patronymic."""
        parts = (self.applicant.get(key) for key in ("surname", "given_name", "patronymic"))
        return " ".join(part for part in parts if part) or None

    @property
    def address(self) -> str | None:
        """Where the result may be posted."""
        return self.applicant.get("address")

    @property
    def family(self) -> tuple[str, ...]:
        """Names of family members."""
        return tuple(self.applicant.get("family") or ())


NOTHING = Held()


def may_see_names(visitor: Visitor, facts: PacketFacts) -> bool:
    """Tell whether the applicant's data are this visitor's business."""
    return visitor.reach(Right.SEE_PERSONAL).covers(facts.parties)


def held_of(visitor: Visitor, facts: PacketFacts, what: str) -> Held | None:
    """Read the applicant's data and record who looked; None if they are not theirs to see."""
    if not may_see_names(visitor, facts):
        return None
    registration = facts.registration
    if registration is None:
        return NOTHING
    applicant, papers = (
        make(facts.number, registration.ref) for make in (applicant_ref, papers_ref)
    )
    found = visitor.qolhat.vault.get_many([applicant, papers])
    if found:
        visitor.saw([str(facts.number)], what)
    listed = found.get(papers, {}).get("papers", ())
    return Held(
        found.get(applicant, {}),
        tuple(_paper(each, facts.edition, visitor.speech.language) for each in listed),
    )


def _paper(paper: Mapping[str, Any], edition: Edition | None, language: str) -> tuple[str, int]:
    """Name a paper: as it was typed, or as the edition names it."""
    name, key = paper.get("name"), paper.get("key")
    if name is None and edition is not None:
        known = {each.key: each.names.in_language(language) for each in edition.papers.items}
        name = known.get(str(key))
    return str(name or key), int(paper.get("count", 1))
