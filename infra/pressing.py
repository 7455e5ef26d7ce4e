"""Asks the views what presses, at one moment (ADR 18)."""

from __future__ import annotations

from infra.views.group import Reading
from projections.country_sums import CountrySums
from projections.due import DueView
from projections.pressing import Moment, Pressing


def pressing_of(reading: Reading, moment: Moment) -> Pressing:
    """Return who answers what presses; what is asked of the whole country, sums tell."""
    views = reading.view(DueView), reading.view(CountrySums)
    return Pressing(*views, reading.connection, moment)
