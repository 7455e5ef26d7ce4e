"""Who asks, whose things are asked for, and what may come of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Every role, the scopes of managers and administrators, and those who may do nothing."""

    INSPECTOR = "inspector"
    COLLECTING = "collecting"
    COURIER = "courier"
    OFFICE = "office"
    HEAD = "head"
    EXECUTOR = "executor"
    AKIM = "akim"
    MANAGER = "manager"
    MANAGER_OF_REGION = "manager of a region"
    MANAGER_OF_COUNTRY = "manager of the country"
    ADMINISTRATOR = "administrator"
    ADMINISTRATOR_OF_REGION = "administrator of a region"
    ADMINISTRATOR_OF_COUNTRY = "administrator of the country"
    AUDITOR = "auditor"
    INSPECTING_MANAGER = "manager of a region who is an inspector, too"
    AUDITING_ADMINISTRATOR = "administrator who is the auditor, too"
    ONE_TIME = "inspector with a one-time password"
    DISMISSED = "dismissed inspector"
    NOBODY = "nobody"


class Where(StrEnum):
    """Whose things: those of one's own organisation, of one of the same region, of another one."""

    OWN = "own"
    NEIGHBOUR = "same region"
    FAR = "another region"


class Verdict(StrEnum):
    """What comes of a request."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    SET_ASIDE = "kept, but moves nothing"
    LOG_IN = "log in first"
    TURNED_AWAY = "turned away"
    CHANGE_PASSWORD = "change the password first"


_HERE = frozenset({Where.OWN})
_REGION = frozenset({Where.OWN, Where.NEIGHBOUR})
_COUNTRY = frozenset(Where)
_WIDE = {
    Who.MANAGER_OF_REGION: _REGION,
    Who.ADMINISTRATOR_OF_REGION: _REGION,
    Who.MANAGER_OF_COUNTRY: _COUNTRY,
    Who.ADMINISTRATOR_OF_COUNTRY: _COUNTRY,
    Who.AUDITOR: _COUNTRY,
}
# Somebody with two offices has of each what belongs to it, where it belongs.
_OFFICES = {
    Who.INSPECTING_MANAGER: (Who.INSPECTOR, Who.MANAGER_OF_REGION),
    Who.AUDITING_ADMINISTRATOR: (Who.AUDITOR, Who.ADMINISTRATOR),
    Who.ONE_TIME: (Who.INSPECTOR,),
}


def offices(who: Who) -> tuple[Who, ...]:
    """Return as who somebody works."""
    return _OFFICES.get(who, (who,))


def reach(who: Who) -> frozenset[Where]:
    """Return whose things are somebody's business at all."""
    if who in (Who.NOBODY, Who.DISMISSED):
        return frozenset()
    return frozenset[Where]().union(*(_WIDE.get(each, _HERE) for each in offices(who)))


@dataclass(frozen=True)
class Access:
    """Who may use something, in their reach. `elsewhere` comes of it outside of the reach."""

    name: str
    allowed: frozenset[Who]
    elsewhere: Verdict = Verdict.FORBIDDEN
    without_log_in: bool = False
    before_change: bool = False  # also with a one-time password
    of_dismissed: Verdict | None = None  # where even those without log-in may ask

    def verdict(self, who: Who, where: Where, *, is_page: bool) -> Verdict:
        """Return what must come of it."""
        if self.without_log_in:
            told = self.of_dismissed if who is Who.DISMISSED else None
            return told or Verdict.ALLOWED
        if who is Who.NOBODY:
            return Verdict.LOG_IN
        if who is Who.DISMISSED:
            return Verdict.TURNED_AWAY
        if who is Who.ONE_TIME and is_page and not self.before_change:
            return Verdict.CHANGE_PASSWORD
        may = [each for each in offices(who) if each in self.allowed]
        if any(where in _WIDE.get(each, _HERE) for each in may):
            return Verdict.ALLOWED
        return self.elsewhere if may else Verdict.FORBIDDEN

    def includes(self, who: Who, where: Where) -> bool:
        """Tell whether somebody may, wherever that is asked."""
        return self.verdict(who, where, is_page=False) is Verdict.ALLOWED


def access(name: str, *allowed: Iterable[Who], **more: object) -> Access:
    """Name a group of routes that the same people may use."""
    return Access(name, frozenset[Who]().union(*map(frozenset, allowed)), **more)  # type: ignore[arg-type]


# --- people --------------------------------------------------------------------------------------

AT_A_WINDOW = {Who.INSPECTOR, Who.OFFICE, Who.AKIM}
DECIDING = {Who.HEAD, Who.EXECUTOR}
CARRYING = {Who.COLLECTING, Who.COURIER}
WORKERS = AT_A_WINDOW | DECIDING | CARRYING
MANAGERS = {Who.MANAGER, Who.MANAGER_OF_REGION, Who.MANAGER_OF_COUNTRY}
ADMINISTRATORS = {Who.ADMINISTRATOR, Who.ADMINISTRATOR_OF_REGION, Who.ADMINISTRATOR_OF_COUNTRY}
AUDITORS = {Who.AUDITOR}

# --- what they may do: the words and [003 service 7 §11; 002 §24] ------------------------

PUBLIC = access("PUBLIC", Who, without_log_in=True)
LOGS_IN = access("LOGS_IN", Who, without_log_in=True, of_dismissed=Verdict.TURNED_AWAY)
LOGS_IN_BY_BADGE = access("LOGS_IN_BY_BADGE", Who, without_log_in=True, of_dismissed=Verdict.LOG_IN)
LOGGED_IN = access("LOGGED_IN", WORKERS, MANAGERS, ADMINISTRATORS, AUDITORS)
OWN_ACCOUNT = access("OWN_ACCOUNT", WORKERS, MANAGERS, ADMINISTRATORS, AUDITORS, before_change=True)
SCANS = access("SCANS", WORKERS)
# No scan is refused: one from a place that is not theirs waits until somebody settles it.
SCANS_AT_A_PLACE = access("SCANS_AT_A_PLACE", WORKERS, elsewhere=Verdict.SET_ASIDE)
CARRIES = access("CARRIES", {Who.COURIER})
REGISTERS = access("REGISTERS", AT_A_WINDOW)
ACTS = access("ACTS", WORKERS, MANAGERS)
DOES_AT_A_DESK = access("DOES_AT_A_DESK", WORKERS - {Who.COURIER})  # couriers only carry
_HEADS, _EXECUTORS = {Who.HEAD, Who.AKIM}, {Who.EXECUTOR, Who.AKIM}
DOES = {
    "incoming": access("incoming", {Who.OFFICE}),
    "resolution": access("resolution", _HEADS),
    "right": access("right", _EXECUTORS),
    "drafted": access("drafted", _EXECUTORS),
    "returned": access("returned", _HEADS),
    "signed": access("signed", _HEADS),
    "sent-back": access("sent-back", {Who.OFFICE}),
    "issued": access("issued", _EXECUTORS, {Who.INSPECTOR}),
    "handed-back": access("handed-back", {Who.INSPECTOR, Who.COLLECTING}),
    "withdrawn": access("withdrawn", AT_A_WINDOW),
    "lost": access("lost", WORKERS, MANAGERS),
    "found": access("found", WORKERS, MANAGERS),
    "relabelled": access("relabelled", WORKERS),
    "paused": access("paused", AT_A_WINDOW | DECIDING),
    "resumed": access("resumed", AT_A_WINDOW | DECIDING),
}
SETTLES = access("SETTLES", WORKERS - {Who.COURIER}, MANAGERS)
READS_UNSETTLED = access("READS_UNSETTLED", SETTLES.allowed, AUDITORS)
READS_PACKETS = access("READS_PACKETS", WORKERS, MANAGERS, AUDITORS)
SEES_PERSONAL = access("SEES_PERSONAL", WORKERS - CARRYING, AUDITORS)
# A search for others' papers is answered, and finds nothing.
FINDS_PACKETS = access("FINDS_PACKETS", READS_PACKETS.allowed, elsewhere=Verdict.ALLOWED)
FINDS_PEOPLE = access("FINDS_PEOPLE", SEES_PERSONAL.allowed, elsewhere=Verdict.ALLOWED)
TAKES_COMPLAINTS = access("TAKES_COMPLAINTS", WORKERS - CARRYING)
READS_COMPLAINTS = access("READS_COMPLAINTS", WORKERS - CARRYING, MANAGERS, AUDITORS)
PACKS = access("PACKS", {Who.COLLECTING, Who.OFFICE, Who.AKIM})
# Somebody to whom a bag is brought by mistake takes it over at their own place.
TAKES_BAGS = access("TAKES_BAGS", WORKERS, elsewhere=Verdict.ALLOWED)
SEES_FIGURES = access("SEES_FIGURES", MANAGERS, AUDITORS)
# No courier runs to an akim: the route is not theirs.
READS_TIMETABLES = access(
    "READS_TIMETABLES", WORKERS - {Who.AKIM}, MANAGERS, ADMINISTRATORS, AUDITORS
)
SEES_STAFF = access("SEES_STAFF", ADMINISTRATORS, AUDITORS)
ADMINISTERS = access("ADMINISTERS", ADMINISTRATORS)
SEES_ACCESS = access("SEES_ACCESS", ADMINISTRATORS, AUDITORS)
