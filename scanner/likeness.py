"""Reads our own numbers by their likeness, where a decoder that looks for edges gives up.

Blurred, small or slanted bars have no edges left that could be measured; but a number of ours is
always nine symbols of Code 128-C and a stop, 112 modules. So the slopes of the light along the bars
are compared with those that each symbol must have: first where the start and the stop stand, then
how the modules widen between them (the perspective), then which symbols are the most alike. Only
the best symbols count, only if Code 128's check symbol and our check digits both pass, and only if
all of it is very much alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

import cv2
import numpy as np
import numpy.typing as npt
from barcode.charsets import code128

from domain.numbers import LENGTH, BadCodeError, parse
from scanner.locating import Floats, Grey

MODULES = 112
_SYMBOL = 11  # modules
_DATA = LENGTH // 2
_CHECKED = 103  # the check symbol is a remainder of it
_START = code128.START_CODES["C"]
_STOP = code128.STOP + "11"
_FINE = 3  # samples a module
_BLURS = (0.45, 0.75, 1.0)  # standard deviations, in modules
_USUAL = 1  # the blur with which ends are looked for and slants are tried
_QUIET = 4  # modules of the quiet zones that are looked at
_NARROWEST, _WIDEST = 2.6, 6.4  # pixels a module in a cut
_PITCHES = np.geomspace(_NARROWEST, _WIDEST, 18)
_ENDS = 0.45  # of a cut, from either side: where start and stop may stand
_MOST_ENDS = 3
_LEAST_ENDS = 1.4  # likenesses of start and stop together; texture has less
_SLANTS = np.linspace(-0.4, 0.4, 41)
_SHIFTS = (-1.5, -0.75, 0.0, 0.75, 1.5)  # pixels: less than half a module
_NEAR = np.array(list(product(_SHIFTS, _SHIFTS, (-0.015, -0.0075, 0.0, 0.0075, 0.015))))
_WORTH_REFINING = 0.75
_ALIKE, _ALIKE_TWICE = 0.9, 0.82
_PARTS = ((0.0, 1.0), (0.0, 0.5), (0.5, 1.0))  # of a cut's height
_DARK = 4.0
_SOFT = 1.2  # pixels

Samples = npt.NDArray[np.float64]


def read_by_likeness(cut: Grey) -> str | None:
    """Return the number that upright bars are surely alike, or None."""
    before: set[str] = set()
    for top, bottom in _PARTS:
        line = _slopes(cut, top, bottom)
        told = [*_told(line), *_told(np.ascontiguousarray(-line[::-1]))]
        for text, likeness in told:
            if text and (likeness >= _ALIKE or text in before):
                return text
        if max((likeness for _, likeness in told), default=0) < _WORTH_REFINING:
            return None  # nothing like it: these bars are somebody else's
        before.update(text for text, _ in told)
    return None


def _slopes(cut: Grey, top: float, bottom: float) -> Floats:
    """Return how the logarithm of the light changes along the middle of some rows.

    A shadow's edge is then one slope among many, whatever its depth.
    """
    first = int(top * cut.shape[0])
    rows = cut[first : max(first + 1, int(bottom * cut.shape[0]))].astype(np.float32)
    light = np.log(rows.mean(0) + _DARK)
    soft = cv2.GaussianBlur(light[None], (0, 0), _SOFT)[0]
    return np.asarray(np.gradient(soft), np.float32)


def _told(slopes: Floats) -> Iterator[tuple[str, float]]:
    """Yield for each likely start and stop the number between them and its likeness (1: the same).

    The text is empty where there is no number.
    """
    for first, last in _spans(slopes):
        slanted = np.column_stack([np.broadcast_to((first, last), (len(_SLANTS), 2)), _SLANTS])
        widened, likeness, _ = _best(slopes, slanted, _symbols()[_USUAL : _USUAL + 1])
        if likeness < _WORTH_REFINING:
            yield "", likeness
            continue
        _, likeness, values = _best(slopes, widened + _NEAR, _symbols())
        yield (_text(values) if likeness >= _ALIKE_TWICE else ""), likeness


def _places_of(spans: Samples) -> Samples:
    """Return where the sampled modules of spans stand, in pixels: lines seen in perspective.

    A span is its first edge, its last edge, and its slant: how modules widen between them.
    """
    first, last, slant = (each[:, None, None] for each in spans.T)
    part = _places() / MODULES
    return np.asarray(first + (last - first) * part * (1 + slant) / (1 + slant * part))


def _best(
    slopes: Floats, spans: Samples, blurred: Sequence[Floats]
) -> tuple[Samples, float, list[int]]:
    """Return the span whose symbols are most alike, how alike (mean), and the symbols."""
    seen = _unit(_sampled(slopes, _places_of(spans)))
    best: tuple[float, int, list[int]] = (-1.0, 0, [])
    for symbols in blurred:
        alike = seen @ symbols.T  # span by span: too small for the threads of a matrix library
        means = alike.max(-1).mean(-1)
        k = int(means.argmax())
        if means[k] > best[0]:
            best = (float(means[k]), k, [int(each) for each in alike[k].argmax(-1)])
    return spans[best[1]], best[0], best[2]


def _text(values: Sequence[int]) -> str:
    """Return the number of these symbols if both checks pass, otherwise an empty text."""
    *data, check = values
    weighed = sum(place * value for place, value in enumerate(data, start=1))
    if (_START + weighed) % _CHECKED != check or max(data) > 99:
        return ""
    text = "".join(f"{value:02d}" for value in data)
    try:
        parse(text)
    except BadCodeError:
        return ""
    return text


def _spans(slopes: Floats) -> Iterator[tuple[float, float]]:
    """Yield where a number may begin and end, the likeliest first."""
    wide = len(slopes)
    starts, begun = _alike_at(slopes, _start())
    stops, ended = _alike_at(slopes, _stop())
    firsts, lasts = np.arange(int(_ENDS * wide)), np.arange(int((1 - _ENDS) * wide), wide)
    pitch = (lasts[None] - firsts[:, None]) / MODULES
    fits = (pitch > _NARROWEST) & (pitch < _WIDEST)
    for local in (begun[firsts][:, None], ended[lasts][None]):
        fits &= (local > 0.6 * pitch) & (local < 1.6 * pitch)  # what perspective may do
    alike = np.where(fits, starts[firsts][:, None] + stops[lasts][None], -1.0)
    for _ in range(_MOST_ENDS):
        i, j = (int(each) for each in np.unravel_index(int(alike.argmax()), alike.shape))
        if alike[i, j] < _LEAST_ENDS:
            return
        yield float(firsts[i]), float(lasts[j])
        alike[max(0, i - 3) : i + 4, max(0, j - 3) : j + 4] = -1.0


def _alike_at(slopes: Floats, patterns: Sequence[_Pattern]) -> tuple[Samples, Samples]:
    """Return how alike each pixel is to an end at its best width of modules, and that width."""
    reach = max(each.reach for each in patterns)
    padded = np.pad(slopes, reach)[None]
    alike = np.full(len(slopes), -1.0)
    pitch = np.zeros(len(slopes))
    for each in patterns:
        found = cv2.matchTemplate(padded, each.slopes[None], cv2.TM_CCORR_NORMED)[0]
        here = found[reach - each.origin :][: len(slopes)]
        better = here > alike
        alike[better], pitch[better] = here[better], each.pitch
    return alike, pitch


def _sampled(slopes: Floats, places: Samples) -> Floats:
    """Return the slopes between pixels; nothing beyond the ends."""
    at = np.interp(places.ravel(), np.arange(len(slopes)), slopes, left=0.0, right=0.0)
    return np.asarray(at.reshape(places.shape), np.float32)


def _unit(samples: npt.NDArray[np.floating]) -> Floats:
    """Return samples of length one: how strong the contrast is does not matter."""
    lengths = np.sqrt((samples * samples).sum(-1, keepdims=True)) + 1e-9
    return np.asarray(samples / lengths, np.float32)


# --- what must be seen ---------------------------------------------------------------------------


def _grid(first: float, last: float) -> Samples:
    """Return the middles of the samples between two modules."""
    return np.arange(first * _FINE, last * _FINE) / _FINE + 0.5 / _FINE


def _pattern(bars: str, modules: Samples, blur: float) -> Samples:
    """Return the slopes of bars that begin at module 0; its neighbours are `bars`' own ends."""
    slopes = np.zeros(len(modules))
    # A character on either side tells what the neighbours are; the first bar begins at module 0.
    for edge, (before, after) in enumerate(pairwise(bars)):
        if before != after:
            darker = -1.0 if after == "1" else 1.0
            slopes += darker * np.exp(-0.5 * ((modules - edge) / blur) ** 2)
    return slopes


_AROUND = _grid(-0.5, _SYMBOL + 0.5)  # a symbol and half a module of its neighbours


@lru_cache(maxsize=1)
def _places() -> Samples:
    """Return where symbols 1 to 8 are sampled: seven of digits, and the check."""
    return np.stack([_SYMBOL * place + _AROUND for place in range(1, _DATA + 2)])


@lru_cache(maxsize=1)
def _symbols() -> tuple[Floats, ...]:
    """Return for each blur what each value looks like."""
    # A symbol begins with a bar after a space, and ends with a space before a bar.
    bars = [f"0{each}1" for each in code128.CODES[:_CHECKED]]
    return tuple(
        _unit(np.stack([_pattern(each, _AROUND, blur) for each in bars])) for blur in _BLURS
    )


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The slopes of an end, pixel by pixel; `origin` is the pixel of the number's own edge."""

    slopes: Floats
    origin: int
    pitch: float

    @property
    def reach(self) -> int:
        """How many pixels it may stand out on either side."""
        return len(self.slopes)


def _ends(bars: str, first: float, last: float) -> tuple[_Pattern, ...]:
    """Return an end's patterns for every width of modules."""
    found = []
    for pitch in _PITCHES:
        pixels = np.arange(round(first * pitch), round(last * pitch) + 1)
        slopes = _pattern(bars, pixels / pitch, _BLURS[_USUAL]).astype(np.float32)
        found.append(_Pattern(slopes, -int(pixels[0]), float(pitch)))
    return tuple(found)


@lru_cache(maxsize=1)
def _start() -> tuple[_Pattern, ...]:
    return _ends(f"0{code128.CODES[_START]}1", -_QUIET, _SYMBOL + 0.5)


@lru_cache(maxsize=1)
def _stop() -> tuple[_Pattern, ...]:
    """The stop ends the number: it is turned about so that its last edge is the origin."""
    wide = len(_STOP)
    return tuple(
        _Pattern(each.slopes, each.origin + round(wide * each.pitch), each.pitch)
        for each in _ends(f"0{_STOP}0", -0.5, wide + _QUIET)
    )
