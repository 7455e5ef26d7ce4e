"""What is sent and answered about couriers' runs, their figures and their timetables.

Couriers are told by their numbers. Waiting is working time of the sender, the way plain time; a
delay and a way are plain time. Times of timetables are local ones of the branch.
"""

from __future__ import annotations

from datetime import date, datetime

from pydantic import ConfigDict, Field

from api.http.fields import OrganisationField
from api.http.schemas.words import In, OrganisationRef, Out, Word

EXAMPLE_TIMES = ["11:00", "13:30", "16:00"]


class RunRoute(Out):
    """The two ends between which a courier runs."""

    branch: OrganisationRef
    authority: OrganisationRef


class RunOut(Out):
    """A run as it was planned and as it went."""

    key: str = Field(examples=["267-32-20261123-1100"])
    route: RunRoute
    planned_at: datetime
    state: Word
    departed_at: datetime | None
    arrived_at: datetime | None
    delay_seconds: float | None = Field(description="Negative: it left before its time.")
    travel_seconds: float | None
    couriers: list[int]
    bags_out: int = Field(description="To the authority.")
    packets_out: int
    bags_back: int = Field(description="Back to the branch.")
    packets_back: int


class RunList(Out):
    """The runs of a day, route by route."""

    day: date
    items: list[RunOut]


class PunctualityOut(Out):
    """How some runs compare with the timetable; those still to leave are left out."""

    on_time: int
    late: int
    missed: int
    unknown: int = Field(description="Of them only the arrival is known.")
    median_delay_seconds: float | None
    median_travel_seconds: float | None


class RoutePunctuality(Out):
    """One route."""

    route: RunRoute
    punctuality: PunctualityOut


class CourierPunctuality(Out):
    """One courier; a run that two carried counts for both."""

    person: int
    punctuality: PunctualityOut


class PartOut(Out):
    """A part of the waiting: `missed-run`, `waited-for-run` or `on-the-way`."""

    part: str = Field(examples=["missed-run"])
    mean_seconds: float
    median_seconds: float
    percentile_90_seconds: float
    share: float | None = Field(description="Of all parts together.")


class WaitingOut(Out):
    """Where the time of the packets went that were taken in the period."""

    sender: OrganisationRef | None = Field(description="None: all of them.")
    count: int
    parts: list[PartOut]


class RunFiguresOut(Out):
    """Punctuality and waiting over some days."""

    since: date
    until: date
    routes: list[RoutePunctuality]
    couriers: list[CourierPunctuality]
    waiting: list[WaitingOut] = Field(description="Of all packets, then by sender.")


class WaitsOut(Out):
    """Waiting of many packets for their run."""

    mean_seconds: float
    total_seconds: float
    percentile_90_seconds: float


class ReplayOut(Out):
    """What packets would have waited by other times: recorded arrivals, replayed.

    `before` is by the timetable of then, `after` by the times asked about, both by the same rule;
    `recorded_mean_seconds` is what they did wait.
    """

    route: RunRoute
    sender: OrganisationRef
    since: date
    until: date
    times: list[str] = Field(examples=[EXAMPLE_TIMES])
    count: int
    left_out: int = Field(description="Packets that found no run within a month.")
    before: WaitsOut
    after: WaitsOut
    gain_seconds: float = Field(description="Of the mean; negative: they would wait more.")
    recorded_mean_seconds: float
    travel_mean_seconds: float


class TimesFromOut(Out):
    """Times that hold from a local day on."""

    starts: date
    times: list[str] = Field(examples=[EXAMPLE_TIMES])
    by: int = Field(description="Who set them.")
    set_at: datetime


class TimetableOut(Out):
    """The timetable of a route; without `changes` the settings' times hold."""

    route: RunRoute
    today: date
    times: list[str] = Field(examples=[["11:00", "16:00"]], description="Of today's runs.")
    changes: list[TimesFromOut] = Field(description="The latest decision first.")


class TimetableList(Out):
    """The timetables of some routes."""

    items: list[TimetableOut]


class TimetableIn(In):
    """Other times from a day on; sent again it changes nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"branch": 267, "times": [*EXAMPLE_TIMES], "starts": "2026-12-01"}]
        }
    )

    branch: OrganisationField = Field(description="The centre's branch of the route.")
    times: list[str] = Field(
        min_length=1, max_length=20, description="One to six, `HH:MM`, rising, local ones."
    )
    starts: date = Field(description="From which local day on; not before today.")


class TimetableAnswered(Out):
    """What holds now; `changed` false: that day began with these times already."""

    changed: bool
    timetable: TimetableOut
    position: int
