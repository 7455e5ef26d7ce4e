"""What goes wrong, how often, and whom it strikes.

Troubles are dealt, not thrown: of a trouble with a share of two per cent every fiftieth packet that
can have it gets it, beginning at a place drawn by chance. So a short day shows each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from random import Random

from domain.acts import ActKind, Handing
from domain.norms import Norm, NormUnit
from domain.regulations.edition import Edition, Stage, Way
from domain.roles import Role
from domain.route import ending_by_act, ending_by_scan, same_hands
from infra.demonstration.chance import dice


class Trouble(StrEnum):
    """Everything that makes a packet's way differ from the plainest one."""

    # at the scan that begins a stage
    DAMAGED_CODE = "damaged-code"
    BADGE_SCANNED = "badge-scanned"
    FOREIGN_PLACE = "foreign-place"  # a place that is not the person's
    SKIPPED_SCAN = "skipped-scan"
    VOIDED_SCAN = "voided-scan"
    SENT_TWICE = "sent-twice"
    OFFLINE = "offline"  # the device sends its scans hours later
    CLOCK_AHEAD = "clock-ahead"  # the device's clock is an hour ahead
    WRONG_AUTHORITY = "wrong-authority"
    # in a stage
    LOST = "lost"
    LATE = "late"  # somebody sits on the packet for a day
    WITHDRAWN = "withdrawn"
    # on the whole way
    LATE_REGISTRATION = "late-registration"  # the branch had no network; a printed label was used
    REGISTERED_TWICE = "registered-twice"
    REFUSED = "refused"
    RETURNED = "returned"
    RETURNED_TWICE = "returned-twice"
    UNCOLLECTED = "uncollected"
    POSTED = "posted"
    COMING_UNRECORDED = "coming-unrecorded"


SHARES: dict[Trouble, float] = {
    Trouble.DAMAGED_CODE: 0.02,
    Trouble.BADGE_SCANNED: 0.015,
    Trouble.FOREIGN_PLACE: 0.02,
    Trouble.SKIPPED_SCAN: 0.025,
    Trouble.VOIDED_SCAN: 0.02,
    Trouble.SENT_TWICE: 0.02,
    Trouble.OFFLINE: 0.02,
    Trouble.CLOCK_AHEAD: 0.015,
    Trouble.WRONG_AUTHORITY: 0.03,
    Trouble.LOST: 0.02,
    Trouble.LATE: 0.06,
    Trouble.WITHDRAWN: 0.015,
    Trouble.LATE_REGISTRATION: 0.02,
    Trouble.REGISTERED_TWICE: 0.01,
    Trouble.REFUSED: 0.09,
    Trouble.RETURNED: 0.08,
    Trouble.RETURNED_TWICE: 0.025,
    Trouble.UNCOLLECTED: 0.05,
    Trouble.POSTED: 0.3,
    Trouble.COMING_UNRECORDED: 0.1,
}
_AT_A_SCAN = frozenset(tuple(Trouble)[:8])
_IN_A_STAGE = frozenset({Trouble.LOST, Trouble.LATE, Trouble.WITHDRAWN})
# Where the sources give no norm people still take their time; the certificate's ten minutes at an
# authority [002 §7] must do for six stages.
_ASSUMED: dict[tuple[Way, str], Norm] = {
    (Way.CENTRE, "incoming"): Norm(30, NormUnit.MINUTE),
    (Way.CENTRE, "to-head"): Norm(15, NormUnit.MINUTE),
    (Way.CENTRE, "resolution"): Norm(1, NormUnit.HOUR),
    (Way.CENTRE, "right"): Norm(1, NormUnit.HOUR),
    (Way.CENTRE, "draft"): Norm(1, NormUnit.WORKING_DAY),
    (Way.CENTRE, "sign"): Norm(1, NormUnit.HOUR),
}
_ASSUMED_INSIDE = Norm(2, NormUnit.MINUTE)
_ASSUMED_ELSEWHERE = Norm(15, NormUnit.MINUTE)
_QUICK_MINUTES = 10


def pace_norm(edition: Edition, stage: Stage) -> Norm:
    """Return the norm by which people work: the edition's, else an assumption."""
    if stage.norm is not None:
        return stage.norm.norm
    if edition.way is Way.CENTRE:
        return _ASSUMED.get((edition.way, stage.key), _ASSUMED_ELSEWHERE)
    return _ASSUMED_INSIDE


def is_quick(edition: Edition, stage: Stage) -> bool:
    """Tell whether the applicant waits for it in the corridor."""
    norm = pace_norm(edition, stage)
    return norm.unit is NormUnit.MINUTE and norm.amount <= _QUICK_MINUTES


@dataclass(frozen=True, slots=True)
class Lot:
    """What one packet was dealt: troubles that strike at a stage, and those of the whole way."""

    at_scans: dict[str, Trouble] = field(default_factory=dict)
    in_stages: dict[str, Trouble] = field(default_factory=dict)
    on_the_way: tuple[Trouble, ...] = ()


class Dealer:
    """Deals troubles to packets in the order of their acceptance."""

    def __init__(self, seed: int) -> None:
        self._owed = {trouble: dice(seed, trouble.value).random() for trouble in Trouble}
        self._stages: dict[tuple[str, Trouble], list[str]] = {}

    def deal(self, edition: Edition, luck: Random) -> Lot:
        """Deal one packet its lot."""
        lot = Lot()
        whole: list[Trouble] = []
        for trouble, share in SHARES.items():
            stages = self._stages_for(trouble, edition)
            if not stages:
                continue
            self._owed[trouble] += share
            if self._owed[trouble] >= 1 and self._place(trouble, stages, lot, whole, luck):
                self._owed[trouble] -= 1
        return Lot(lot.at_scans, lot.in_stages, tuple(whole))

    def _stages_for(self, trouble: Trouble, edition: Edition) -> list[str]:
        """Return the keys of the stages where the trouble can strike; none: not in this edition."""
        found = self._stages.get((edition.id, trouble))
        if found is None:
            stages = enumerate(edition.stages)
            found = [stage.key for index, stage in stages if _can_strike(trouble, edition, index)]
            self._stages[edition.id, trouble] = found
        return found

    def _place(
        self, trouble: Trouble, stages: list[str], lot: Lot, whole: list[Trouble], luck: Random
    ) -> bool:
        """Put the trouble into the lot; False if something else is there, then the next has it."""
        stage = stages[
            int(len(stages) * luck.random() ** 1.7)
        ]  # early ones more often: seen sooner
        if trouble in _AT_A_SCAN or trouble is Trouble.WRONG_AUTHORITY:
            return lot.at_scans.setdefault(stage, trouble) is trouble
        if trouble in _IN_A_STAGE:
            return lot.in_stages.setdefault(stage, trouble) is trouble
        if trouble is Trouble.LATE_REGISTRATION and lot.at_scans:
            return False  # a packet must be scanned somewhere before it is acted upon
        if trouble is Trouble.RETURNED_TWICE and Trouble.RETURNED in whole:
            return False
        whole.append(trouble)
        return True


def _can_strike(trouble: Trouble, edition: Edition, index: int) -> bool:
    """Tell whether it can strike at this stage; what is of the whole way counts as the first's."""
    if trouble in _AT_A_SCAN or trouble is Trouble.LOST:
        return _scanned_alone(trouble, edition, index)
    rule = _RULES.get(trouble)
    return index == 0 if rule is None else rule(edition, index)


def _scanned_alone(trouble: Trouble, edition: Edition, index: int) -> bool:
    """Tell whether a stage begins with a scan: what a courier has, is carried in a bag.

    What comes out of the bag may be put aside unscanned; whatever else goes wrong with bags is a
    mishap.
    """
    if index == 0 or same_hands(edition.stages[index - 1], edition.stages[index]):
        return False
    if edition.stages[index].holder is Role.COURIER:
        return False
    out_of_bag = edition.stages[index - 1].holder is Role.COURIER
    return not out_of_bag or trouble in (Trouble.SKIPPED_SCAN, Trouble.LOST)


def _ends_by(act: ActKind, edition: Edition, index: int) -> bool:
    return ending_by_act(edition.stages[index], act) is not None


def _in_a_branch(edition: Edition, index: int) -> bool:
    return edition.way is Way.CENTRE and index == 0


def _taken_from_courier(edition: Edition, index: int) -> bool:
    holders = [stage.holder for stage in edition.stages[max(0, index - 1) : index + 1]]
    return holders == [Role.COURIER, Role.OFFICE]


def _can_be_late(edition: Edition, index: int) -> bool:
    stage = edition.stages[index]
    if stage.norm is None or stage.waits_for_applicant or is_quick(edition, stage):
        return False
    if _ends_by(ActKind.REGISTERED, edition, index):
        return False
    return ending_by_scan(stage, Role.COURIER, None) is None


def _waits_in_a_branch(edition: Edition, index: int) -> bool:
    return edition.way is Way.CENTRE and edition.stages[index].waits_for_applicant


def _can_be_posted(edition: Edition, index: int) -> bool:
    return edition.stages[index].waits_for_applicant and Handing.POSTED in edition.service.handing


_RULES: dict[Trouble, Callable[[Edition, int], bool]] = {
    Trouble.WRONG_AUTHORITY: _taken_from_courier,
    Trouble.LATE: _can_be_late,
    Trouble.WITHDRAWN: partial(_ends_by, ActKind.RIGHT),
    Trouble.RETURNED: partial(_ends_by, ActKind.RETURNED),
    Trouble.RETURNED_TWICE: partial(_ends_by, ActKind.RETURNED),
    Trouble.LATE_REGISTRATION: _in_a_branch,
    Trouble.UNCOLLECTED: _waits_in_a_branch,
    Trouble.POSTED: _can_be_posted,
}
