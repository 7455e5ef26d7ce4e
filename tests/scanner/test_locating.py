"""Where bars stand: found at any tilt, in shadow, beside edges; on a blank sheet nowhere."""

from __future__ import annotations

from math import degrees

import numpy as np
import pytest

from domain.numbers import packet_number
from scanner.locating import Region, find_bars, shrunk
from tests.scanner.bars import bars, shaded, sheet
from tests.stories import CENTRE

NUMBER = packet_number(CENTRE, 1)
LABEL = bars(NUMBER)


def best(regions: list[Region]) -> Region:
    """The largest region."""
    assert regions
    return regions[0]


@pytest.mark.parametrize("turn", [0, 17, 45, 88, 120])
def test_a_label_is_found_where_it_lies_and_as_it_is_turned(turn: float) -> None:
    found = best(find_bars(sheet(LABEL, turn)))
    assert found.holds(400, 400)
    assert abs(found.x - 400) < 8
    assert abs(found.y - 400) < 8
    assert abs((degrees(found.angle) + turn + 90) % 180 - 90) < 3
    assert 300 < found.length < 380  # of 336
    assert 80 < found.height < 110


def test_what_is_found_in_a_smaller_picture_is_told_in_pixels_of_the_larger() -> None:
    large = sheet(bars(NUMBER, 6, 180), side=1600)
    small = shrunk(large, 800)
    assert small.shape == (800, 800)
    found = best(find_bars(small, 2))
    assert abs(found.x - 800) < 16
    assert 600 < found.length < 760


@pytest.mark.parametrize("light", [0.3, 0.15])
def test_half_a_label_in_hard_shadow_belongs_to_it(light: float) -> None:
    """The shadow's edge runs across the sheet and touches the bars."""
    found = find_bars(shaded(sheet(LABEL, 10), light))
    assert any(each.holds(400, 400) and each.length > 280 for each in found)


def test_two_labels_that_touch_are_two_places() -> None:
    paper = sheet(LABEL)
    paper[460:796, 355:445] = np.rot90(LABEL)[:336]
    angles = {round(degrees(each.angle) / 90) % 2 for each in find_bars(paper)}
    assert angles == {0, 1}


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (11, 300), (400, 400)])
def test_a_blank_sheet_of_any_shape_has_no_bars(shade: int, size: tuple[int, int]) -> None:
    blank = np.full(size, shade, np.uint8)
    assert find_bars(shrunk(blank, 500)) == []


def test_noise_has_no_bars() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (400, 400), np.uint8)
    assert find_bars(noise) == []


def test_places_that_are_about_the_same_resemble_each_other() -> None:
    here = Region(100, 100, 0.1, 200, 50)
    assert here.resembles(Region(104, 98, 0.12, 210, 70))
    assert not here.resembles(Region(130, 100, 0.1, 200, 50))
    assert not here.resembles(Region(100, 100, 0.3, 200, 50))
    assert not here.resembles(Region(100, 100, 0.1, 300, 50))
