"""When a code that a camera sees counts: after reads that agree, and once while it is in view.

One frame may be misread and still pass the check digits, once in ninety-seven times. So the same
code must be read at one place several times in a row; another code there in between begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import dist

from scanner.found import FoundCode, Point

READS = 3
WITHIN = 1.0  # seconds from one read of a code to the next that agrees with it
GONE = 3.0  # seconds after which a code that was out of the picture counts again


@dataclass(slots=True)
class _Run:
    """Reads of one code that followed each other without another code at its place."""

    found: FoundCode
    last: float
    reads: int = 0


class Agreement:
    """Watches what the frames of one camera hold. Times are seconds of any clock that goes on."""

    def __init__(self, *, reads: int = READS, within: float = WITHIN, gone: float = GONE) -> None:
        self._reads, self._within, self._gone = reads, within, gone
        self._runs: dict[str, _Run] = {}
        self._told: dict[str, float] = {}  # when each accepted code was seen last

    def saw(self, codes: Iterable[FoundCode], at: float) -> list[FoundCode]:
        """Take what was read in one frame; return the codes that are accepted by it.

        Only codes of ours are looked at. Several may be in view: each counts for itself.
        """
        seen = {each.text: each for each in codes if each.code is not None}
        self._forget(at)
        contested = set(_contested(list(seen.values())))
        return [
            found
            for text, found in seen.items()
            if self._agree(found, at, contested=text in contested) and self._is_new(text, at)
        ]

    def _forget(self, at: float) -> None:
        self._runs = {
            text: run for text, run in self._runs.items() if at - run.last <= self._within
        }
        self._told = {text: last for text, last in self._told.items() if at - last <= self._gone}

    def _agree(self, found: FoundCode, at: float, *, contested: bool) -> bool:
        """Count a read; tell whether enough of them agree."""
        text = found.text
        if text in self._told:
            self._told[text] = at
        for other in [t for t, run in self._runs.items() if t != text and _meet(run.found, found)]:
            del self._runs[other]
        if contested:
            self._runs.pop(text, None)
            return False
        run = self._runs.setdefault(text, _Run(found, at))
        run.found, run.last, run.reads = found, at, run.reads + 1
        return run.reads >= self._reads

    def _is_new(self, text: str, at: float) -> bool:
        new = text not in self._told
        self._told[text] = at
        return new


def _contested(seen: list[FoundCode]) -> Iterator[str]:
    """Return the texts that share their place with another one in the same frame."""
    for one in seen:
        if any(one is not other and _meet(one, other) for other in seen):
            yield one.text


def _meet(one: FoundCode, other: FoundCode) -> bool:
    """Tell whether two reads can be of one label: the middle of one lies within the other's bars.

    A read may hold a part of the bars only, so the longer of the two tells how far they reach.
    """
    across = max(_length(one), _length(other))
    return dist(_middle(one), _middle(other)) < across / 4


def _middle(found: FoundCode) -> Point:
    xs, ys = zip(*found.corners, strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)


def _length(found: FoundCode) -> float:
    left, right = found.corners[:2]
    return dist(left, right)
