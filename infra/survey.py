"""Answers of applicants: anonymous, one a packet, kept as sums and nothing else (ADR 41).

A code follows from the packet's number and from what the packet is about, by keys derived from the
vault's. Of an answer two things are written in one transaction: a keyed mark of its code, so that
there is no second one, and one more in the sums of its month. Neither leads to the other, nor to
the packet; whoever has the keys and all numbers can find out that a packet's code was used, but not
what was answered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import sqlalchemy as sa

from domain.directory import Directory, Organisation
from domain.directory.organisation import AUTHORITIES
from domain.errors import RefusedError
from domain.numbers import PacketNumber
from domain.regulations.book import Regulations
from domain.regulations.edition import Way
from domain.survey import (
    NONCE_BITS,
    TAG_BITS,
    Answers,
    NothingAnsweredError,
    Opinion,
    Question,
    ServedAs,
    read_code,
    write_code,
)
from domain.zones import local_day
from infra.accounts.guesses import Guesses, network_of
from infra.accounts.tables import Keeper, failing_clearly
from infra.database import make_tables
from infra.desk.registering import way_of
from infra.vault import VaultKeys
from projections.tables import add_up, among

metadata = sa.MetaData()
_ANSWERED = sa.Table(
    "survey_answered",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sqlite_with_rowid=False,  # in order of the marks, which is none in time
)
_SUMS = sa.Table(
    "survey_sums",
    metadata,
    sa.Column("month", sa.Text, primary_key=True),
    sa.Column("accepting", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("deciding", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("question", sa.Text, primary_key=True),
    sa.Column("opinion", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)


class WrongSurveyCodeError(RefusedError):
    """The code looks like one of ours, and was never printed on a receipt."""

    code = "wrong-survey-code"
    status = 404


class AlreadyAnsweredError(RefusedError):
    """With this code somebody has answered before; the first answer stands."""

    code = "already-answered"
    status = 409


class SurveyCodes:
    """Codes of packets, and what a code is about."""

    def __init__(self, keys: VaultKeys, directory: Directory, regulations: Regulations) -> None:
        self._keys = keys
        self._directory = directory
        self._regulations = regulations

    def code_of(self, number: PacketNumber, served: ServedAs) -> str | None:
        """Return the code for a packet's receipt; None where it could not be read again.

        That is where a centre's packet is decided in another region.
        """
        if served not in self._possible:
            return None
        nonce = self._bits("survey-nonce", str(number), NONCE_BITS)
        return write_code(nonce, self._tag(nonce, served))

    def about(self, typed: str) -> ServedAs:
        """Return what a code is about. Raises BadSurveyCodeError, WrongSurveyCodeError."""
        nonce, tag = read_code(typed)
        for served in self._possible:
            if self._tag(nonce, served) == tag:
                return served
        raise WrongSurveyCodeError

    def mark(self, typed: str) -> bytes:
        """Return by what it is known that a code was used. Raises BadSurveyCodeError."""
        return self._keys.hash("survey-mark", write_code(*read_code(typed)))

    def _tag(self, nonce: int, served: ServedAs) -> int:
        return self._bits("survey-tag", f"{nonce}/{served}", TAG_BITS)

    def _bits(self, kind: str, value: str, count: int) -> int:
        return int.from_bytes(self._keys.hash(kind, value)) >> 256 - count

    @cached_property
    def _possible(self) -> dict[ServedAs, None]:
        """What packets can be about: a few thousand, which are tried one after the other."""
        services: dict[Way, set[str]] = {way: set() for way in Way}
        for edition in self._regulations:
            services[edition.way].add(edition.service.key)
        found: dict[ServedAs, None] = {}
        for each in self._directory.organisations:
            way = way_of(each.kind)
            for deciding in self._deciding(each, way):
                for service in sorted(services[way]) if way else ():
                    found[ServedAs(each.code, deciding, service)] = None
        return found

    def _deciding(self, organisation: Organisation, way: Way | None) -> Iterator[int]:
        if way is not Way.CENTRE:
            yield organisation.code
            return
        for each in self._directory.organisations:
            if each.kind in AUTHORITIES and each.region == organisation.region:
                yield each.code


@dataclass(frozen=True, slots=True)
class SumsFilter:
    """Which answers are meant: months from the first to before the last; None: all.

    Of `organisations` one took the papers or decided.
    """

    since: date
    until: date
    organisations: Collection[int] | None = None
    service: str | None = None


Sums = dict[Question, dict[Opinion, int]]


class Surveys(Keeper):
    """Takes answers and adds them up. Every method raises StorageError if the database fails."""

    def __init__(
        self,
        engine: sa.Engine,
        now: Callable[[], datetime],
        guesses: Guesses,
        codes: SurveyCodes,
        directory: Directory,
    ) -> None:
        super().__init__(engine, now)
        self._guesses = guesses
        self._directory = directory
        self.codes = codes

    def prepare(self) -> None:
        """Make the tables where they are missing."""
        with failing_clearly():
            make_tables(self._engine, metadata)

    def answer(self, code: str, answers: Answers, address: str) -> None:
        """Count the answers of one applicant; `address` is where they come from.

        Raises NothingAnsweredError, BadSurveyCodeError, WrongSurveyCodeError,
        AlreadyAnsweredError, TooManyGuessesError.
        """
        if not answers:
            raise NothingAnsweredError
        mark = self.codes.mark(code)
        name = f"survey:{network_of(address)}"
        self._guesses.count(name, name)
        served = self.codes.about(code)
        self._add(mark, served, answers)
        self._guesses.clear(name, name)

    def _add(self, mark: bytes, served: ServedAs, answers: Answers) -> None:
        zone = self._directory.organisation(served.accepting).zone
        month = f"{local_day(self._now(), zone):%Y-%m}"
        what = (month, served.accepting, served.deciding, served.service)
        rows = [(*what, question.value, answers[question].value, 1) for question in sorted(answers)]
        with self._writing() as connection:
            try:
                connection.execute(_ANSWERED.insert().values(mark=mark))
            except sa.exc.IntegrityError as error:
                raise AlreadyAnsweredError from error
            add_up(connection, _SUMS, rows)

    def sums(self, which: SumsFilter) -> dict[str, Sums]:
        """Return how many gave each answer to each question, by month (`2026-11`)."""
        c = _SUMS.c
        of, months = which.organisations, (f"{which.since:%Y-%m}", f"{which.until:%Y-%m}")
        query = (
            sa.select(c.month, c.question, c.opinion, sa.func.sum(c.count))
            .where(
                c.month >= months[0],
                c.month < months[1],
                among(c.accepting, None, of) | among(c.deciding, None, of),
                sa.true() if which.service is None else c.service == which.service,
            )
            .group_by(c.month, c.question, c.opinion)
        )
        found: dict[str, Sums] = {}
        with self._reading() as connection:
            for month, question, opinion, count in connection.execute(query):
                sums = found.setdefault(month, {})
                sums.setdefault(Question(question), {})[Opinion(opinion)] = int(count)
        return found
