"""What the simulation came to: who can log in, what was sent and answered, what went wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from domain.roles import Role
from infra.demonstration.mishaps import Mishap
from infra.demonstration.plan import Plan
from infra.demonstration.staffing import LogIn
from infra.demonstration.tracking import Dispatched
from infra.demonstration.troubles import Trouble


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a simulation.

    `events` is the length of the event log, with the staff's events. `duplicates` were known
    already and count nowhere else; `deviations` left the route, `unsettled` waited for a decision.
    `acts`, `doubts` and `deviating` count by kind, `troubles` and `mishaps` what was done by the
    simulation, `surveys` how many applicants answered.
    """

    plan: Plan
    log_ins: tuple[LogIn, ...]
    people: int
    events: int
    registered: int
    scans: int
    voided: int
    settled: int
    complaints: int
    complaints_answered: int
    surveys: int
    duplicates: int
    deviations: int
    unsettled: int
    lost: int
    found: int
    acts: dict[str, int]
    doubts: dict[str, int]
    deviating: dict[str, int]
    troubles: dict[Trouble, int]
    mishaps: dict[Mishap, int]
    dispatched: Dispatched


_SHOWN_ROLES = (
    Role.INSPECTOR,
    Role.COLLECTING,
    Role.COURIER,
    Role.OFFICE,
    Role.HEAD,
    Role.EXECUTOR,
    Role.AKIM,
    Role.MANAGER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
)


def shown_log_ins(log_ins: list[LogIn], organisations: list[int]) -> tuple[LogIn, ...]:
    """Choose one person of each role in these organisations, in the order of a packet's way."""
    chosen = []
    for role in _SHOWN_ROLES:
        for organisation in organisations:
            fitting = (p for p in log_ins if p.role is role and p.organisation == organisation)
            chosen += [person for person in (next(fitting, None),) if person is not None]
    return tuple(chosen)


def of_kind(tally: Counter[str], prefix: str) -> dict[str, int]:
    """Return the counts whose names begin with this word, by the rest of the name."""
    start = f"{prefix} "
    return {
        name.removeprefix(start): count
        for name, count in sorted(tally.items())
        if name.startswith(start)
    }
