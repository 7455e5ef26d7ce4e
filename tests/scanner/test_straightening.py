"""Bars are cut out and set upright; texture is told from bars before anybody decodes it."""

from __future__ import annotations

from math import radians

import cv2
import numpy as np
import pytest

from domain.numbers import packet_number
from scanner.locating import Grey, Region
from scanner.straightening import WIDTH, bars_in, cut_out, upright
from tests.scanner.bars import bars, sheet
from tests.stories import CENTRE

LABEL = bars(packet_number(CENTRE, 1))


def leaning(cut: Grey, skew: float) -> Grey:
    """Let upright bars lean by so many pixels a row."""
    height, width = cut.shape
    matrix = np.array([[1, skew, -skew * height / 2], [0, 1, 0]], np.float64)
    return np.asarray(
        cv2.warpAffine(cut, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def rows_differ(cut: Grey) -> float:
    """How much the first third of the rows differs from the last."""
    third = cut.shape[0] // 3
    above, below = cut[:third].mean(0), cut[-third:].mean(0)
    return float(np.abs(above - below).mean())


@pytest.mark.parametrize("turn", [0, 30, 75, 140])
def test_a_turned_label_is_cut_out_upright(turn: float) -> None:
    region = Region(400, 400, -radians(turn), 336, 80)
    cut = cut_out(sheet(LABEL, turn), region)
    assert abs(cut.shape[1] - WIDTH) < 3
    assert rows_differ(cut) < 6
    found = bars_in(cut)
    assert found is not None
    assert abs(found.skew) < 0.03
    assert found.edges >= 50


@pytest.mark.parametrize("skew", [-0.12, 0.06, 0.12])
def test_leaning_bars_are_set_up(skew: float) -> None:
    cut = cut_out(sheet(LABEL), Region(400, 400, 0, 336, 80))
    leant = leaning(cut, skew)
    found = bars_in(leant)
    assert found is not None
    assert found.skew == pytest.approx(skew, abs=0.04)
    assert rows_differ(upright(leant, found.skew)) < rows_differ(leant) / 2


def test_texture_is_no_bars() -> None:
    chance = np.random.default_rng(2)
    noise = chance.integers(0, 256, (200, WIDTH), np.uint8)
    assert bars_in(noise) is None
    assert bars_in(np.full((200, WIDTH), 200, np.uint8)) is None
    fence = np.tile(np.repeat([30, 220], 70).astype(np.uint8), (200, 5))
    assert bars_in(fence) is None  # too few edges for a code


def test_bars_promise_more_than_what_merely_looks_like_some() -> None:
    clear = bars_in(cut_out(sheet(LABEL), Region(400, 400, 0, 336, 80)))
    few = bars_in(cut_out(sheet(LABEL), Region(330, 400, 0, 190, 80)))
    assert clear is not None
    assert few is not None
    assert clear.promise > few.promise
