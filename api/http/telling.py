"""Tells what the desk and the views answered, in the reader's language.

Only codes, numbers and words of the field pass through here; names of people never do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from api.http import schemas as out
from api.http.problems import problem_for
from api.messages import word
from domain.directory import Organisation
from domain.errors import UnknownOrganisationError
from domain.norms import NormUnit
from domain.numbers import PlaceCode, grouped, place_organisation, place_role
from domain.regulations.book import EVERYWHERE
from domain.regulations.edition import Edition
from domain.zones import local_day
from infra.bootstrap import Qolhat
from infra.requests import Answer, Standing

_COUNTRY_ZONE = "Asia/Almaty"


@dataclass(frozen=True, slots=True)
class Teller:
    """Speaks one language about one Qolhat."""

    qolhat: Qolhat
    language: str

    def word(self, kind: str, code: str) -> out.Word:
        """Return a code of the field with its word."""
        return out.Word(code=code, text=word(kind, code, self.language))

    def maybe(self, kind: str, code: str | None) -> out.Word | None:
        """Return the word of a code, if there is one."""
        return None if code is None else self.word(kind, code)

    def maybe_word(self, named: tuple[str, str] | None) -> out.Word | None:
        """Return the word of a kind and a code, if there are any."""
        return None if named is None else self.word(*named)

    def words(self, kind: str, codes: Iterable[str]) -> list[out.Word]:
        """Return the words of some codes."""
        return [self.word(kind, str(code)) for code in codes]

    # --- who and where ------------------------------------------------------------------------

    def organisation(self, code: int) -> out.OrganisationRef:
        """Name an organisation; one that the directory lost keeps its code."""
        try:
            name = self.qolhat.directory.organisation(code).name_kk
        except UnknownOrganisationError:
            name = ""
        return out.OrganisationRef(code=code, name=name)

    def maybe_organisation(self, code: int | None) -> out.OrganisationRef | None:
        """Name an organisation, if there is one."""
        return self.organisation(code) if code else None

    def place(self, code: PlaceCode) -> out.PlaceRef:
        """Name a place by its role and its organisation."""
        return out.PlaceRef(
            code=str(code),
            role=self.word("role", place_role(code).value),
            organisation=self.organisation(place_organisation(code)),
        )

    def maybe_place(self, code: PlaceCode | None) -> out.PlaceRef | None:
        """Name a place, if it is known."""
        return self.place(code) if code else None

    # --- regulations --------------------------------------------------------------------------

    def repealed(self, edition: Edition) -> bool:
        """Tell whether the text is out of legal force today."""
        today = local_day(self.qolhat.now(), _COUNTRY_ZONE)
        return edition.legal.last is not None and edition.legal.last <= today

    def edition(self, edition_id: str | None) -> out.EditionRef | None:
        """Name an edition."""
        if edition_id is None:
            return None
        edition = self.qolhat.regulations.edition(edition_id)
        return out.EditionRef(id=edition.id, repealed=self.repealed(edition))

    def mark(self, edition_id: str, accepting: int, accepted_at: datetime) -> out.EditionMark:
        """Name the edition by which a packet lives, and who applies it beyond the law."""
        edition = self.qolhat.regulations.edition(edition_id)
        organisation = self.qolhat.directory.organisation(accepting)
        law = _is_law(edition, organisation, accepted_at)
        return out.EditionMark(
            id=edition.id,
            repealed=self.repealed(edition),
            service=self.service(edition),
            way=self.word("way", edition.way.value),
            adopted_by=None if law else self.qolhat.regulations.operator,
        )

    def service(self, edition: Edition) -> out.ServiceRef:
        """Name the service of an edition."""
        service = edition.service
        return out.ServiceRef(key=service.key, name=service.names.in_language(self.language))

    def service_of(self, edition_id: str | None) -> out.ServiceRef | None:
        """Name the service of an edition, if there is one."""
        return self.service(self.qolhat.regulations.edition(edition_id)) if edition_id else None

    def stage(self, edition_id: str, key: str) -> out.StageRef:
        """Name a stage of an edition."""
        stage = self.qolhat.regulations.edition(edition_id).stage(key)
        return out.StageRef(key=key, name=stage.names.in_language(self.language))

    def maybe_stage(self, edition_id: str | None, key: str | None) -> out.StageRef | None:
        """Name a stage, if there is one."""
        return self.stage(edition_id, key) if edition_id and key else None

    def norm(self, amount: int | None, unit: str | None) -> out.NormOut | None:
        """Write a norm, if there is one."""
        if amount is None or unit is None:
            return None
        return out.NormOut(amount=amount, unit=self.word("unit", NormUnit(unit).value))

    # --- answers ------------------------------------------------------------------------------

    def standing(self, standing: Standing) -> out.Standing:
        """Tell where a packet stands after a command."""
        return out.Standing(
            number=str(standing.number),
            grouped=grouped(standing.number),
            status=self.word("status", standing.status),
            place=self.maybe_place(standing.place),
            person=standing.person,
            since=standing.since,
            stage=self.maybe_stage(standing.edition, standing.stage),
            waiting=standing.waiting,
            edition=self.edition(standing.edition),
        )

    def answer(self, answer: Answer) -> out.Answer:
        """Tell what became of a command."""
        return out.Answer(
            ref=answer.ref,
            status=answer.status.value,
            status_text=word("answer", answer.status.value, self.language),
            packet=self.standing(answer.standing) if answer.standing else None,
            deviations=self.words("deviation", answer.deviations),
            doubt=self.maybe("doubt", answer.doubt),
            fault=self.maybe("fault", answer.fault),
            problem=problem_for(answer.error, self.language) if answer.error else None,
            repaired=self.maybe("layout", answer.layout),
        )


def _is_law(edition: Edition, organisation: Organisation, at: datetime) -> bool:
    """Tell whether the text was law for this organisation on that day."""
    territory = {EVERYWHERE, organisation.region}
    covered = edition.legal.covers(local_day(at, organisation.zone))
    return covered and not territory.isdisjoint(edition.territory)
