"""What stays add up to, and what is asked: figures of a period, an office, a stage or a person.

Which stays are meant, by what they are told apart, and the shares and lengths that follow from
their sums [004]. `projections.rollups` keeps the sums.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from fractions import Fraction

from domain.shares import Interval, share_interval
from domain.sketch import quantile

FEW = 20  # stays; of fewer a share tells little
MEDIAN, NINETIETH, NINETY_NINTH = Fraction(1, 2), Fraction(9, 10), Fraction(99, 100)
SUMS = (
    "count", "judged", "within", "counted", "working", "overrun", "repeated", "repeated_counted",
    "deviating",
)  # fmt: skip


class Span(StrEnum):
    """Over how long stays are added up: by the organisation's wall, when they ended."""

    WEEK = "week"
    MONTH = "month"


class Level(IntEnum):
    """For whom stays are added up; further up the organisation and the person are 0."""

    COUNTRY = 0
    ORGANISATION = 1
    PERSON = 2


class By(StrEnum):
    """What figures may be told apart by."""

    PERIOD = "period"
    ORGANISATION = "organisation"
    PERSON = "person"
    SERVICE = "service"
    EDITION = "edition"
    KIND = "kind"
    STAGE = "stage"


@dataclass(frozen=True, slots=True)
class RollupFilter:
    """Which sums are meant; None: all. `since` (inside) and `until` (not) are days of leaving.

    Of a period its first day decides, so that they should be first days of weeks or of months.
    """

    span: Span = Span.WEEK
    organisations: Collection[int] | None = None
    person: int | None = None
    service: str | None = None
    edition: str | None = None
    kind: str | None = None
    stage: str | None = None
    since: date | None = None
    until: date | None = None


ALL_SUMS = RollupFilter()


@dataclass(frozen=True, slots=True)
class Of:
    """What a figure is about; None: not told apart by it. `period` is its first day."""

    period: date | None = None
    organisation: int | None = None
    person: int | None = None
    service: str | None = None
    edition: str | None = None
    kind: str | None = None
    stage: str | None = None


@dataclass(slots=True)
class Figure:
    """What stays add up to. Times are working time, added up in whole milliseconds.

    `judged` are the stays that could be compared with a norm, `within` those in time. `overrun` is
    the working time past the due instants; `repeated` are the stays in a stage that had been begun
    before, `repeated_counted` their time; `deviating` those with a deviation. `buckets`: how many
    stays lasted how long (`domain.sketch`).
    """

    of: Of
    count: int = 0
    judged: int = 0
    within: int = 0
    counted: timedelta = timedelta(0)
    working: timedelta = timedelta(0)
    overrun: timedelta = timedelta(0)
    repeated: int = 0
    repeated_counted: timedelta = timedelta(0)
    deviating: int = 0
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, other: Figure) -> None:
        """Take in what other stays add up to."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    @property
    def share_within(self) -> float | None:
        """The share of judged stays that were in time, 0 to 1; None if none could be judged."""
        return self.within / self.judged if self.judged else None

    @property
    def interval(self) -> Interval | None:
        """Between which shares the true one lies, likely; None if none could be judged."""
        return share_interval(self.within, self.judged) if self.judged else None

    @property
    def small(self) -> bool:
        """Tell whether there are too few stays for a share to say much."""
        return self.judged < FEW

    @property
    def mean(self) -> timedelta | None:
        """The mean time that counted; None without stays."""
        return self.counted / self.count if self.count else None

    @property
    def median(self) -> timedelta | None:
        """The median of the time that counted, within two per cent."""
        return quantile(self.buckets, MEDIAN)

    @property
    def percentile_90(self) -> timedelta | None:
        """The time that nine of ten stays did not exceed, within two per cent."""
        return quantile(self.buckets, NINETIETH)

    @property
    def percentile_99(self) -> timedelta | None:
        """The time that 99 of 100 stays did not exceed, within two per cent."""
        return quantile(self.buckets, NINETY_NINTH)

    @property
    def longest(self) -> timedelta | None:
        """The longest time that counted, within two per cent."""
        return quantile(self.buckets, Fraction(1))

    @property
    def late(self) -> int:
        """How many stays were past the norm."""
        return self.judged - self.within

    @property
    def packets(self) -> int:
        """How many packets were there for the first time."""
        return self.count - self.repeated

    @property
    def per_packet(self) -> timedelta | None:
        """The mean time of a packet, repetitions included; None without packets."""
        return self.counted / self.packets if self.packets > 0 else None

    @property
    def waiting(self) -> timedelta:
        """The working time before the norm began to run: the applicant was waited for."""
        return self.working - self.counted
