"""Our numbers are read by their likeness: blurred, small, slanting; never somebody else's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import zxingcpp

from domain.numbers import CodeKind, badge_code, compose, packet_number
from scanner.likeness import read_by_likeness
from scanner.locating import Grey
from scanner.reader import read
from tests.scanner.bars import bars, blurred, sheet
from tests.stories import CENTRE

NUMBERS = [
    packet_number(CENTRE, 1),
    packet_number(9_999, 9_999_999),
    badge_code(CENTRE, 7),
    compose(CodeKind.BAG, 32, 4_711),
    compose(CodeKind.REGISTRY, 1, 0),
]


def cut(code: int, finest: float = 4.5, blur: float = 0, noise: float = 0) -> Grey:
    """A code as it is cut out: at `finest` pixels a module, out of focus by `blur` of a module."""
    seen = bars(code, finest)
    wide = cv2.copyMakeBorder(seen, 0, 0, 40, 40, cv2.BORDER_CONSTANT, value=180)
    soft = blurred(np.asarray(wide, np.uint8), blur * finest) if blur else wide
    shaken = soft + np.random.default_rng(code % 1000).normal(0, noise, soft.shape)
    return np.asarray(np.clip(shaken, 0, 255), np.uint8)


def in_perspective(flat: Grey, far: float) -> Grey:
    """The same, its right end `far` times as small as its left."""
    height, width = flat.shape
    seen = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    size = np.array([[0, 0], [width * 0.9, 0], [width * 0.9, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(seen, size)
    matrix = np.diag([1.0, 1.0, 1.0]) @ matrix
    matrix[2, 0] = (1 / far - 1) / width
    turned = cv2.warpPerspective(flat, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("blur", [0, 0.7, 1.0])
def test_a_number_is_read_however_blurred(number: int, blur: float) -> None:
    assert read_by_likeness(cut(number, blur=blur, noise=3)) == str(number)


def test_it_reads_where_edges_cannot_be_measured_any_more() -> None:
    seen = cut(NUMBERS[0], blur=0.9, noise=3)
    assert [each.text for each in zxingcpp.read_barcodes(seen)] == []
    assert read_by_likeness(seen) == str(NUMBERS[0])


def test_a_number_upside_down_is_the_same_number() -> None:
    seen = np.ascontiguousarray(cut(NUMBERS[1], blur=0.6)[::-1, ::-1])
    assert read_by_likeness(seen) == str(NUMBERS[1])


@pytest.mark.parametrize("far", [0.75, 0.9, 1.2])
def test_modules_may_widen_from_one_end_to_the_other(far: float) -> None:
    assert read_by_likeness(in_perspective(cut(NUMBERS[2], blur=0.5), far)) == str(NUMBERS[2])


@pytest.mark.parametrize("light", [0.3, 0.15])
def test_the_edge_of_a_shadow_is_one_slope_among_many(light: float) -> None:
    seen = cut(NUMBERS[3])
    leaning = np.tri(seen.shape[0], seen.shape[1], seen.shape[1] // 2 - 45) > 0
    shadow = np.asarray(np.where(leaning, seen, np.round(seen * light)), np.uint8)
    assert read_by_likeness(blurred(shadow, 2)) == str(NUMBERS[3])


@pytest.mark.parametrize("wrong", [1, 40, 96])
def test_wrong_check_digits_are_never_read_whatever_they_are_like(wrong: int) -> None:
    damaged = NUMBERS[0] - NUMBERS[0] % 100 + (NUMBERS[0] % 100 + wrong) % 97
    assert read_by_likeness(cut(damaged)) is None


def test_numbers_of_a_kind_that_is_not_ours_are_left_to_others() -> None:
    body = 9 * 10**13
    assert read_by_likeness(cut(body + 98 - body % 97)) is None


@pytest.mark.parametrize("seed", range(8))
def test_any_other_bars_are_nothing(seed: int) -> None:
    chance = np.random.default_rng(seed)
    row = np.repeat(chance.integers(0, 2, 130), 5)
    seen = (235 - 200 * row)[None].repeat(80, 0) + chance.normal(0, 3, (80, len(row)))
    assert read_by_likeness(np.asarray(np.clip(seen, 0, 255), np.uint8)) is None


def test_nothing_is_like_nothing() -> None:
    assert read_by_likeness(np.full((60, 700), 200, np.uint8)) is None
    assert read_by_likeness(np.zeros((1, 8), np.uint8)) is None


def test_the_reader_asks_for_it_last() -> None:
    """A label of 1.2 pixels a module, out of focus by as much."""
    small = blurred(sheet(bars(NUMBERS[0], 1.2, 40), 12, side=400), 1.1)
    (found,) = read(small)
    assert (found.text, found.how, found.kind) == (str(NUMBERS[0]), "likeness", "packet")
