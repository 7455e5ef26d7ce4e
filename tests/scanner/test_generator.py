"""The generator of pictures: the same seed, the same picture; its truths are true."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from scanner.reader import code_of, read
from tests.bench.pictures import flatbed, scenes
from tests.bench.pictures.conditions import Conditions
from tests.bench.pictures.printed import random_number, wrong_number
from tests.bench.pictures.scenes import Pose
from tests.bench.pictures.truth import Picture


def easy(seed: int, pose: Pose) -> Picture:
    """A clean picture of one label."""
    return scenes.single(np.random.default_rng(seed), pose, Conditions())


def small(rng: np.random.Generator) -> Picture:
    """A picture of one label in any state; a small one, for the sake of time."""
    return scenes.random_frontal(rng, 1.5)


@pytest.mark.parametrize("made", [small, scenes.hard_shadow, scenes.glare])
def test_the_same_seed_makes_the_same_picture(
    made: Callable[[np.random.Generator], Picture],
) -> None:
    # Seeds of small frames.
    first, again, other = (made(np.random.default_rng(seed)) for seed in (3, 3, 1))
    assert np.array_equal(first.grey, again.grey)
    assert first.truths == again.truths
    assert first.truths != other.truths


@pytest.mark.parametrize("perspective", [0, 30])
def test_a_clean_picture_is_read_where_it_is_said_to_be(perspective: float) -> None:
    picture = easy(1, Pose(ppm=2, tilt=20, perspective=perspective, axis=70))
    (truth,), found = picture.truths, read(picture.grey)
    assert [each.text for each in found] == [truth.text]
    outline = np.array(truth.corners, np.float32)
    middle = np.array(found[0].corners).mean(0)
    assert cv2.pointPolygonTest(outline, (float(middle[0]), float(middle[1])), False) > 0


def test_bars_stand_within_the_corners_and_paper_around_them() -> None:
    picture = easy(2, Pose(ppm=3))
    left, top, right, bottom = (
        np.array(picture.truths[0].corners)[[0, 2]].round().astype(int).ravel()
    )
    bars = picture.grey[top + 2 : bottom - 2, left:right]
    assert 0.3 < (bars < 128).mean() < 0.7
    assert (picture.grey[top + 2 : bottom - 2, left - 20 : left - 2] > 150).all()


@pytest.mark.parametrize("perspective", [0, 45])
def test_a_module_is_nowhere_narrower_than_asked(perspective: float) -> None:
    truth = easy(3, Pose(ppm=1.2, perspective=perspective)).truths[0]
    assert truth.module_px == pytest.approx(1.2)


def test_a_slanting_label_is_seen_less_finely_than_from_straight_above() -> None:
    frontal, slanting = (
        easy(3, Pose(ppm=1.2, frontal=True, perspective=perspective, axis=90)).truths[0].module_px
        for perspective in (0, 45)
    )
    assert frontal == pytest.approx(1.2)
    assert slanting < 0.8 * frontal


def test_a_registry_tells_every_number_on_its_pages() -> None:
    pages = flatbed.registry(np.random.default_rng(4))
    assert sum(len(page.truths) for page in pages) == flatbed.LABELS + 2  # its own, and the bag's


def test_wrong_numbers_are_nobodys() -> None:
    rng = np.random.default_rng(5)
    assert all(code_of(str(random_number(rng))) is not None for _ in range(50))
    assert all(code_of(str(wrong_number(rng))) is None for _ in range(50))
