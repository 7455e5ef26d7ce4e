"""Writes the mail that tells who is about to be late (ADR 18): numbers, stages and places only."""

from __future__ import annotations

from dataclasses import dataclass

from api.web.rendering import Speech
from domain.numbers import grouped, place_number, place_role
from domain.regulations.book import Regulations
from infra.settings import Language
from infra.warnings.mail import Letter
from infra.warnings.message import Group, Message, TermToTell


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes in one language; times are those of each organisation's zone."""

    language: Language
    regulations: Regulations

    def __call__(self, message: Message) -> Letter:
        """Write a letter."""
        speech = Speech(self.language)
        parts = [speech.say("figures.mail.intro")]
        parts += [self._group(group) for group in message.groups]
        parts.append(speech.say("figures.mail.once"))
        subject = speech.count("figures.mail.subject", len(message.packets))
        return Letter(subject, "\n\n".join(parts) + "\n")

    def _group(self, group: Group) -> str:
        speech = Speech(self.language, group.organisation.zone)
        lines = (f"  {self._line(speech, each)}" for each in group.terms)
        return "\n".join([group.organisation.official_name, *lines])

    def _line(self, speech: Speech, told: TermToTell) -> str:
        term = told.term
        stage = self.regulations.edition(term.edition).stage(term.stage)
        left = "figures.due.over-by" if told.over else "figures.due.left-of"
        return speech.say(
            "figures.mail.line",
            number=grouped(term.number),
            left=speech.say(left, span=speech.span(told.left)),
            due=speech.moment(term.due_at),
            clock=speech.word("clock", term.clock),
            stage=stage.names.in_language(self.language),
            place=f"{speech.word('role', place_role(term.place).value)} {place_number(term.place)}",
        )
