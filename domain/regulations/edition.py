"""One edition of one service's regulation, as its TOML file states it.

The structures mirror the file field by field; `read.py` checks what types cannot say. Every fact
names the paragraph it comes from; where the sources are silent the file says so, nothing is made
up.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec

from domain.acts import ActKind, Handing
from domain.norms import ClosedEnd, Norm, NormUnit, NotCounted
from domain.roles import Role

END = "end"


class Way(StrEnum):
    """Where the applicant asks: inside an authority, through a service centre, of an akim."""

    AUTHORITY = "authority"
    CENTRE = "centre"
    AKIM = "akim"


class Side(StrEnum):
    """Which organisation of the packet a stage belongs to."""

    ACCEPTING = "accepting"  # the centre (or the authority or akim, where there is no centre)
    DECIDING = "deciding"


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file: an unknown field is a fault, not a remark."""


class Names(Strict, frozen=True):
    """One text in the three languages."""

    kk: str
    ru: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in this language, Kazakh if the language is not held."""
        return {"ru": self.ru, "en": self.en}.get(language, self.kk)


class Period(Strict, frozen=True, rename={"first": "from", "last": "until"}):
    """Days of local law: the first is inside, `until` is the first day outside."""

    first: date
    last: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the day lies in the period."""
        return self.first <= day and (self.last is None or day < self.last)


class Adoption(Strict, frozen=True):
    """An operator's decision to apply the text, even where it is repealed or of another region."""

    operator: str
    territory: tuple[str, ...]
    period: Period


class NormText(Strict, frozen=True):
    """A norm as the file writes it."""

    unit: NormUnit
    amount: int = 1
    not_counted: frozenset[NotCounted] = frozenset()
    closed_end: ClosedEnd = ClosedEnd.STANDS

    @property
    def norm(self) -> Norm:
        """The norm for the calendar."""
        return Norm(self.amount, self.unit, self.not_counted, self.closed_end)


class Ending(Strict, frozen=True):
    """What ends a stage: an act of its holder, or a scan by the next one (who thereby accepts).

    `after` limits it to the time after that act (resubmitting follows a return); `to` names the
    stage that follows where it is not the next one.
    """

    act: ActKind | None = None
    scan: Role | None = None
    to: str | None = None
    after: ActKind | None = None


class Allowed(Strict, frozen=True):
    """An act that may be done in a stage without ending it, after another act or at any time."""

    act: ActKind
    after: ActKind | None = None


class Standstill(StrEnum):
    """What the time is during which a clock stands by an act."""

    PAUSED = "paused"
    WAITING_APPLICANT = "waiting-applicant"


class PauseGround(Strict, frozen=True):
    """A ground on which the clock of a stage may be stopped, as the paragraph `source` gives it.

    `stages`: where it may be used; `roles`: who may stop the clock by it, and let it run again.
    `longest`: after this time, from the stopping on, the clock runs again by itself.
    """

    key: str
    names: Names
    stages: tuple[str, ...]
    roles: tuple[Role, ...]
    source: str
    kind: Standstill = Standstill.PAUSED
    longest: NormText | None = None


class Stage(Strict, frozen=True):
    """A stage of the route: who holds the packet, what ends it, its norm if the sources give one.

    `allows`: acts in turn that leave the packet in the stage (a completed notice, drafted anew).
    `renders`: the scan that begins this stage marks the service as rendered.
    `waits_for_applicant`: the clock runs from the applicant's coming, not from the paper's.
    `pauses`: the grounds on which its clock may be stopped; files give them in tables of their own.
    """

    key: str
    names: Names
    holder: Role
    side: Side
    ends: tuple[Ending, ...]
    source: str
    allows: tuple[Allowed, ...] = ()
    norm: NormText | None = None
    norm_source: str | None = None
    renders: bool = False
    waits_for_applicant: bool = False
    pauses: tuple[PauseGround, ...] = ()

    def pause(self, ground: str) -> PauseGround | None:
        """Return the ground of this key, None where it does not stop the stage's clock."""
        return next((each for each in self.pauses if each.key == ground), None)


class Total(Strict, frozen=True):
    """The deadline of the whole service, or the word that the sources do not hold it."""

    source: str
    norm: NormText | None = None
    calendar: Side = Side.DECIDING
    remark: str | None = None


class Paper(Strict, frozen=True):
    """A paper that the applicant must enclose."""

    key: str
    names: Names


class Papers(Strict, frozen=True):
    """The papers required; `held` is false where the sources only refer to a standard."""

    held: bool
    source: str
    items: tuple[Paper, ...] = ()


class Ground(Strict, frozen=True):
    """A ground on which the service may be refused."""

    key: str
    names: Names


class Refusal(Strict, frozen=True):
    """The grounds of refusal; `held` is false where the sources only refer to a standard."""

    held: bool
    source: str
    grounds: tuple[Ground, ...] = ()
    suspension: str | None = None


class Limit(Strict, frozen=True):
    """The longest time an applicant may queue or be served on the day of asking [002 §7]."""

    key: str
    names: Names
    norm: NormText
    source: str


class Uncollected(Strict, frozen=True):
    """How long a result waits for the applicant, and who gets it then [002 §15]."""

    keep: NormText
    source: str


class Form(Strict, frozen=True):
    """A form of the regulation, as the list of its fields."""

    key: str
    names: Names
    fields: tuple[str, ...]
    source: str


class Reading(Strict, frozen=True):
    """How a silence or a disagreement of the sources is read here."""

    about: str
    read: str


class Service(Strict, frozen=True):
    """The state service that the edition regulates."""

    key: str
    names: Names
    result: str
    handing: tuple[Handing, ...]
    source: str


class Edition(
    Strict,
    frozen=True,
    dict=True,
    rename={
        "stages": "stage",
        "forms": "form",
        "limits": "limit",
        "readings": "reading",
        "pauses": "pause",
    },
):
    """A whole file. `id` is stored in every registration and therefore never changes."""

    id: str
    way: Way
    document: str
    territory: tuple[str, ...]
    legal: Period
    service: Service
    stages: tuple[Stage, ...]
    total: Total
    papers: Papers
    refusal: Refusal
    adopted: tuple[Adoption, ...] = ()
    uncollected: Uncollected | None = None
    forms: tuple[Form, ...] = ()
    limits: tuple[Limit, ...] = ()
    readings: tuple[Reading, ...] = ()
    pauses: tuple[PauseGround, ...] = ()

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """Answers about this route that were worked out once (`domain.walk`)."""
        return {}

    @cached_property
    def index_of(self) -> dict[str, int]:
        """The place of each stage in the order of the route."""
        return {stage.key: index for index, stage in enumerate(self.stages)}

    def next_after(self, index: int, ending: Ending) -> int:
        """Return the index of the stage that follows; the number of stages means the end."""
        target = ending.to
        if target is None:
            return index + 1
        return len(self.stages) if target == END else self.index_of[target]

    def stage(self, key: str) -> Stage:
        """Return the stage of this key. Raises KeyError."""
        return self.stages[self.index_of[key]]

    def pause(self, ground: str) -> PauseGround | None:
        """Return the ground for stopping a clock of this key, None if the edition gives none."""
        return next((each for each in self.pauses if each.key == ground), None)
