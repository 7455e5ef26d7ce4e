"""Who reads: ours, zxing-cpp alone and zbar; what they got right, wrong, and how long they took."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from time import perf_counter
from typing import Any

import zxingcpp

from scanner import reader
from tests.bench.pictures.truth import Grey, Picture

Found = dict[str, str]  # texts and their symbologies
Reader = Callable[[Grey], Found]
OURS, ZXING, ZBAR = "ours", "zxing-cpp alone", "zbar"
_ZBAR_KNOWS = reader.ALL_SYMBOLOGIES - {"DataMatrix"}
_ANYWHERE = {each.lower() for each in reader.MATRIX} | {"ean13", "ean8", "upca", "upce"}


def plain(text: str) -> str:
    """Return a text without control characters and without a thirteen-digit UPC-A's zero."""
    kept = "".join(each for each in text if unicodedata.category(each) != "Cc")
    return kept[1:] if len(kept) == 13 and kept.isdigit() and kept[0] == "0" else kept


def ours(grey: Grey, symbologies: frozenset[str] = reader.ALL_SYMBOLOGIES) -> Found:
    """Read as the product does."""
    return {plain(each.text): each.symbology for each in reader.read(grey, symbologies)}


def zxing(grey: Grey, symbologies: frozenset[str] = reader.ALL_SYMBOLOGIES) -> Found:
    """Read the whole frame by zxing-cpp as it comes, with the same formats."""
    found = zxingcpp.read_barcodes(
        grey, formats=_formats(symbologies), text_mode=zxingcpp.TextMode.Plain
    )
    return {plain(each.text): each.format.name for each in found}


@cache
def _formats(symbologies: frozenset[str]) -> zxingcpp.BarcodeFormats:
    names = sorted(symbologies)
    return zxingcpp.BarcodeFormats([getattr(zxingcpp.BarcodeFormat, name) for name in names])


@cache
def _zbar() -> Any:
    """Open zbar; None where the system has no libzbar0."""
    try:
        from pyzbar import pyzbar  # noqa: PLC0415 -- the bench goes on without it
    except ImportError:
        return None
    return pyzbar


def zbar(grey: Grey, symbologies: frozenset[str] = reader.ALL_SYMBOLOGIES) -> Found:
    """Read by zbar with the same formats; it knows no Data Matrix."""
    symbols = [_zbar().ZBarSymbol[name.upper()] for name in sorted(symbologies & _ZBAR_KNOWS)]
    found = _zbar().decode(grey, symbols=symbols)
    return {plain(each.data.decode(errors="replace")): each.type for each in found}


def readers(symbologies: frozenset[str] = reader.ALL_SYMBOLOGIES) -> dict[str, Reader]:
    """Return those that are here, reading these symbologies: ours first."""
    here = {OURS: ours, ZXING: zxing} | ({} if _zbar() is None else {ZBAR: zbar})
    return {name: partial(read, symbologies=symbologies) for name, read in here.items()}


@dataclass(slots=True)
class Score:
    """What a reader did with a set of pictures."""

    pictures: int = 0
    codes: int = 0
    read: int = 0
    wrong: int = 0
    invented: int = 0  # of the wrong: texts of our code spaces
    linear: int = 0  # of the wrong: of one dimension, and no product's
    seconds: float = 0

    @property
    def rate(self) -> float:
        """Share of the codes that were read; 1 where there are none."""
        return self.read / self.codes if self.codes else 1

    def __str__(self) -> str:
        share = f"{self.read}/{self.codes} {self.rate:.1%}, " if self.codes else ""
        each = 1000 * self.seconds / max(1, self.pictures)
        return f"{share}{self.wrong} wrong ({self.linear} 1-D, {self.invented} ours), {each:.0f} ms"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader got from one picture."""

    missed: frozenset[str]
    wrong: frozenset[str]


Wanted = Callable[[str], bool]


def is_ours(text: str) -> bool:
    """Tell whether a text is of our code spaces."""
    return reader.code_of(text) is not None


def score(
    pictures: Iterable[Picture],
    wanted: Wanted = lambda _text: True,
    told: Callable[[str, Picture, Reading], None] = lambda *_: None,
    symbologies: frozenset[str] = reader.ALL_SYMBOLOGIES,
) -> dict[str, Score]:
    """Let everybody read every picture; `told` hears what each got from each.

    Of the truths those `wanted` must be read; the others may be, and are not wrong.
    """
    by = readers(symbologies)
    scores = {name: Score() for name in by}
    for picture in pictures:
        for name, read in by.items():
            told(name, picture, _add(scores[name], picture, read, wanted))
    return scores


def _add(into: Score, picture: Picture, read: Reader, wanted: Wanted) -> Reading:
    truths = {plain(truth.text) for truth in picture.truths}
    must = {text for text in truths if wanted(text)}
    started = perf_counter()
    found = read(picture.grey)
    into.seconds += perf_counter() - started
    into.pictures += 1
    into.codes += len(must)
    into.read += len(must & found.keys())
    wrong = found.keys() - truths
    into.wrong += len(wrong)
    into.invented += sum(map(is_ours, wrong))
    into.linear += sum(found[text].lower() not in _ANYWHERE for text in wrong)
    return Reading(frozenset(must - found.keys()), frozenset(wrong))
