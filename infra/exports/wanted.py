"""Which packets are to be exported, and with them which bags, registries and runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from domain.errors import RefusedError
from domain.zones import zone

COUNTRY_ZONE = "Asia/Almaty"
_DAY = timedelta(days=1)


class DaysBackwardsError(RefusedError):
    """The last day lies before the first."""

    code = "days-backwards"


class UnknownServiceKeyError(RefusedError):
    """No edition is of this service."""

    code = "unknown-service-key"
    status = 404


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is meant; None: all. A thing is exported whole, or not at all.

    `since` is inside, `until` is not (UTC): when a packet was registered (one that is not: first
    seen), a bag or registry begun, a run first reported. `organisations`: that accepted it, decide
    about it or ever had it. `service`: the packets of one service, with what carried them.
    """

    since: datetime | None = None
    until: datetime | None = None
    organisations: Collection[int] | None = None
    service: str | None = None

    @property
    def is_all(self) -> bool:
        """Tell whether nothing is left out."""
        limits = (self.since, self.until, self.organisations, self.service)
        return all(each is None for each in limits)

    def covers(self, begun: datetime) -> bool:
        """Tell whether what began then is meant."""
        if self.since is not None and begun < self.since:
            return False
        return self.until is None or begun < self.until

    def concerns(self, organisations: Iterable[int]) -> bool:
        """Tell whether what is the business of these organisations is meant."""
        wanted = self.organisations
        return wanted is None or any(each in wanted for each in organisations)


def wanted_of(
    services: Collection[str],
    since: date | None,
    until: date | None,
    organisations: Collection[int] | None,
    service: str | None,
) -> Wanted:
    """Say what is meant by days of the country, both inside, and by a service that is known.

    Raises DaysBackwardsError, UnknownServiceKeyError.
    """
    if since is not None and until is not None and until < since:
        raise DaysBackwardsError(since=since.isoformat(), until=until.isoformat())
    if service is not None and service not in services:
        raise UnknownServiceKeyError(service=service, known=", ".join(sorted(services)))
    after = None if until is None else until + _DAY
    return Wanted(_midnight(since), _midnight(after), organisations, service)


def _midnight(day: date | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), zone(COUNTRY_ZONE)).astimezone(UTC)
