"""Reads codes from a grey picture: OpenCV finds and straightens, zxing-cpp decodes.

The whole frame first; then, patiently, every place where bars may stand, made clearer way after
way, until a text passes. Ours pass by their check digits; a text of somebody else's that has to be
coaxed out must be read twice, since symbols of one dimension are misread now and then. OpenCV's own
decoder is never asked for a text: it invents some.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from math import dist

import numpy as np
import zxingcpp

from domain.numbers import LENGTH, BadCodeError, Code, parse
from scanner.found import Corners, FoundCode
from scanner.likeness import read_by_likeness
from scanner.locating import Grey, Region, find_bars, shrunk
from scanner.pictures import open_picture
from scanner.sharpening import PATIENT_WAYS, QUICK_WAYS, Way
from scanner.straightening import Bars, bars_in, cut_out, upright

OURS = frozenset({"Code128"})
MATRIX = frozenset({"QRCode", "DataMatrix"})  # they mend errors, and are not misread
ALL_SYMBOLOGIES = frozenset({"Code128", "Code39", "EAN13", "EAN8", "UPCA", "UPCE"}) | MATRIX
_SIZES = (2000, 1000, 500)  # pixels a side at which bars are looked for
_TWICE = 2
_ALIKE = (0.8, 1.6)  # lengths of a region and of the code in it
_MANY_DIGITS = 10
_LONG_ENOUGH = 4  # shorter texts are found in mere stripes
_PATIENCE = 8  # places that are read in vain before the rest is left; what is read renews it
_EDGES_OF_OURS = 32  # a number of ours has 56; blur takes some
_CERTAIN, _OF_OURS, _TOLD_TWICE, _TOLD_ONCE = 0.999, 0.99, 0.9, 0.6


def read(grey: Grey, symbologies: Collection[str] = ALL_SYMBOLOGIES) -> list[FoundCode]:
    """Return every code in an upright grey picture, each text once."""
    reading = _Reading(grey, symbologies)
    reading.read_frame()
    if reading.linear:
        reading.read_bars()
    return reading.found


def read_codes(picture: bytes) -> list[FoundCode]:
    """Return our codes in a picture of one page, each once. Raises BadPictureError."""
    return [each for each in read(open_picture(picture), OURS) if each.code is not None]


def code_of(text: str) -> Code | None:
    """Return the code that a text is, if its check digits pass and its kind is one of ours."""
    try:
        return parse(text)
    except BadCodeError:
        return None


class _Reading:
    """One picture, what was found in it so far, and what was told but not yet believed."""

    def __init__(self, grey: Grey, symbologies: Collection[str]) -> None:
        self.grey = np.ascontiguousarray(grey)
        self.linear = frozenset(symbologies) - MATRIX
        self._all = _formats(symbologies)
        self._bars = _formats(self.linear)
        self._found: dict[tuple[str, str], FoundCode] = {}
        self._told: Counter[tuple[str, str]] = Counter()
        # The decoder tells a level strip of slanting bars; the region of the bars covers them all.
        self._level: set[tuple[str, str]] = set()

    @property
    def found(self) -> list[FoundCode]:
        """What was found, in the order of finding."""
        return list(self._found.values())

    def read_frame(self) -> None:
        """Read the whole picture as it is."""
        for each in zxingcpp.read_barcodes(
            self.grey, formats=self._all, text_mode=zxingcpp.TextMode.Plain
        ):
            self._hear(each, _corners(each), "frame", believed=True)
        self._level = {key for key in self._found if key[0] in self.linear}

    def read_bars(self) -> None:
        """Read every place where bars may stand and nothing was found yet."""
        left = []
        for region in self._places():
            cut = cut_out(self.grey, region)
            bars = bars_in(cut)
            if bars is not None:
                straight = upright(cut, bars.skew)
                if not self._read_quickly(straight, region):
                    left.append((bars, region, straight))
        self._read_patiently(sorted(left, key=lambda each: -each[0].promise))

    def _read_patiently(self, left: Sequence[tuple[Bars, Region, Grey]]) -> None:
        """Read what promises most; in vain only so often: most bars are no code's."""
        patience = _PATIENCE
        for bars, region, cut in left:
            if patience and not self._is_read(region):
                patience += 1 if self._read_hard(bars, cut, region) else -1

    def _places(self) -> Iterator[Region]:
        seen: list[Region] = []
        widest = max(self.grey.shape)
        small = self.grey
        for size in _SIZES:
            if size != _SIZES[-1] and size > 1.6 * widest:
                continue
            small = shrunk(small, size)
            for region in find_bars(small, widest / max(small.shape)):
                self._outline(region)
                if self._is_read(region) or any(map(region.resembles, seen)):
                    continue
                seen.append(region)
                yield region

    def _is_read(self, region: Region) -> bool:
        return bool(self._read_in(region))

    def _read_in(self, region: Region) -> set[tuple[str, str]]:
        return {k for k, each in self._found.items() if region.holds(*_middle(each.corners))}

    def _outline(self, region: Region) -> None:
        """Give what the decoder has read in a region the corners of the whole bars."""
        for key in self._level & self._read_in(region):
            found = self._found[key]
            self._found[key] = replace(found, corners=_outlined(found.corners, region))
            self._level.discard(key)

    def _read_quickly(self, cut: Grey, region: Region) -> bool:
        return any(self._read_way(way, cut, _corners_of(region)) for way in QUICK_WAYS)

    def _read_hard(self, bars: Bars, cut: Grey, region: Region) -> bool:
        """Try everything else; tell whether a text is believed."""
        corners = _corners_of(region)
        if bars.edges >= _EDGES_OF_OURS and self.linear & OURS:
            text = read_by_likeness(cut)
            if text is not None:
                self._believe(("Code128", text), corners, code_of(text), _OF_OURS, "likeness")
                return True
        return any(self._read_way(way, cut, corners) for way in PATIENT_WAYS)

    def _read_way(self, way: Way, cut: Grey, corners: Corners) -> bool:
        """Decode bars made clearer in one way; tell whether a text is believed."""
        for picture in way.pictures(cut):
            told = zxingcpp.read_barcodes(
                np.ascontiguousarray(picture),
                formats=self._bars,
                text_mode=zxingcpp.TextMode.Plain,
                try_rotate=False,
                try_invert=False,
                try_downscale=False,
            )
            believed = [self._hear(each, corners, way.name) for each in told]
            if any(believed):
                return True
        return False

    def _hear(
        self, told: zxingcpp.Barcode, corners: Corners, how: str, *, believed: bool = False
    ) -> bool:
        """Take a text up; tell whether it is believed."""
        key = (told.format.name, told.text)
        if not told.text:
            return False
        if key in self._found:
            return True
        self._told[key] += 1
        code = code_of(told.text) if key[0] in OURS else None
        confidence = _confidence(key, code, self._told[key], believed=believed)
        if confidence:
            self._believe(key, corners, code, confidence, how)
        return bool(confidence)

    def _believe(
        self, key: tuple[str, str], corners: Corners, code: Code | None, confidence: float, how: str
    ) -> None:
        symbology, text = key
        found = FoundCode(text, symbology, corners, code, confidence, how)
        self._found.setdefault(key, found)


def _confidence(key: tuple[str, str], code: Code | None, told: int, *, believed: bool) -> float:
    """Tell how sure a text is; 0 while it is not believed."""
    symbology, text = key
    if symbology in MATRIX:
        return _CERTAIN
    if code is not None:
        return _CERTAIN if believed else _OF_OURS
    if told >= _TWICE:
        return _TOLD_TWICE
    many_digits = text.isdecimal() and len(text) >= _MANY_DIGITS
    if believed:  # by the decoder, in the picture as it is; wrong check digits are told twice
        return 0.0 if many_digits and len(text) == LENGTH else _TOLD_ONCE
    # Code 128 checks itself by a remainder of 103, EAN by one of 10, Code 39 not at all. Many
    # digits may be one of ours of which a symbol was lost.
    checked = symbology in OURS and len(text) >= _LONG_ENOUGH and not many_digits
    return _TOLD_ONCE if checked else 0.0


def _formats(symbologies: Collection[str]) -> zxingcpp.BarcodeFormats:
    return zxingcpp.BarcodeFormats([getattr(zxingcpp.BarcodeFormat, each) for each in symbologies])


def _middle(corners: Corners) -> tuple[float, float]:
    across, down = zip(*corners, strict=True)
    return sum(across) / 4, sum(down) / 4


def _corners(found: zxingcpp.Barcode) -> Corners:
    at = found.position
    left, right, below, beneath = (
        (float(each.x), float(each.y))
        for each in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
    )
    return left, right, below, beneath


def _outlined(strip: Corners, region: Region) -> Corners:
    """Return a region's corners in the order of the strip's, if both are about as long."""
    if not _ALIKE[0] < region.length / max(1.0, dist(strip[0], strip[1])) < _ALIKE[1]:
        return strip
    corners = _corners_of(region)
    turned = corners[2:] + corners[:2]
    return min(corners, turned, key=lambda each: dist(each[0], strip[0]) + dist(each[1], strip[1]))


def _corners_of(region: Region) -> Corners:
    along, across = region.length / 2, region.height / 2
    return (
        region.at(-along, -across),
        region.at(along, -across),
        region.at(along, across),
        region.at(-along, across),
    )
