"""Bars upon a sheet, for the tests of how they are found, straightened and read."""

from __future__ import annotations

import cv2
import numpy as np

from scanner.labels import modules_of
from scanner.locating import Grey

QUIET = 10


def bars(code: int, module: float = 3, height: int = 90) -> Grey:
    """Return a code's bars with their quiet zones, dark on light."""
    row = np.array([int(each) for each in f"{'0' * QUIET}{modules_of(code)}{'0' * QUIET}"])
    fine = np.repeat(235.0 - 200 * row, 16)[None].repeat(height, 0).astype(np.float32)
    size = (round(len(row) * module), height)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.uint8)


def sheet(label: Grey, turn: float = 0, side: int = 800, ground: int = 150) -> Grey:
    """Return a square sheet with a label in its middle, turned by some degrees."""
    paper = np.full((side, side), ground, np.uint8)
    top, left = (side - label.shape[0]) // 2, (side - label.shape[1]) // 2
    paper[top : top + label.shape[0], left : left + label.shape[1]] = label
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), turn, 1)
    turned = cv2.warpAffine(paper, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def blurred(grey: Grey, sigma: float) -> Grey:
    """Return the picture out of focus."""
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.uint8)


def shaded(grey: Grey, left: float) -> Grey:
    """Return the picture with a hard shadow on its right half that leaves a part of the light."""
    light = np.ones(grey.shape, np.float32)
    light[:, grey.shape[1] // 2 :] = left
    return np.asarray(np.round(grey * light), np.uint8)
