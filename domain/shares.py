"""A share told from a sample, and how far the true one may lie from it."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

_LIKELY = NormalDist().inv_cdf(0.975)  # on both sides: in 19 of 20 samples


class Interval(NamedTuple):
    """Where a share lies, with both ends, 0 to 1."""

    low: float
    high: float


def share_interval(hits: int, count: int) -> Interval:
    """Return Wilson's interval of a share: between which the true one lies in 19 of 20 cases.

    Good for few as for many, and for none or all. Raises ValueError if there are no cases, or not
    between none and all of them hit.
    """
    if count <= 0 or not 0 <= hits <= count:
        raise ValueError(f"{hits} of {count} is no share")
    share, z2 = hits / count, _LIKELY**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = _LIKELY / (1 + z2 / count) * sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))
