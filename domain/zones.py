"""Local dates of an organisation's zone, with the zone's history."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo


@cache
def zone(name: str) -> ZoneInfo:
    """Return a zone of the tz database."""
    return ZoneInfo(name)


def local_day(at: datetime, zone_name: str) -> date:
    """Return the local date of an instant."""
    return at.astimezone(zone(zone_name)).date()
