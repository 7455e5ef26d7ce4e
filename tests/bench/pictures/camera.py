"""The camera: sees a plane in true perspective, integrates what falls on a pixel, knows its truth.

Points are continuous: the middle of the first pixel is at (0.5, 0.5). A plane's unit is a
millimetre.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from scanner.found import Corners
from tests.bench.pictures.printed import Printed, PrintedCode
from tests.bench.pictures.truth import Light, Matrix, Truth

_FINER = 3  # a pixel is the mean of so many by so many
_STEP_MM = 0.05


@dataclass(frozen=True, slots=True)
class View:
    """How a camera looks at a plane: degrees out of the plane about an axis, and its distance."""

    perspective: float = 0
    axis: float = 0  # degrees in the plane about which it is turned away
    distance_mm: float = 300

    def matrix(self, px_per_mm: float) -> Matrix:
        """Return plane to picture, the plane's origin at (0, 0), so many pixels a mm there."""
        away = np.deg2rad(self.axis)
        turn, _ = cv2.Rodrigues(
            np.array([np.cos(away), np.sin(away), 0]) * np.deg2rad(self.perspective)
        )
        seen = np.column_stack((turn[:, 0], turn[:, 1], (0, 0, self.distance_mm)))
        focus = px_per_mm * self.distance_mm
        return np.asarray(np.diag((focus, focus, 1)) @ seen, np.float64)


def moved(across: float, down: float) -> Matrix:
    """Return a shift."""
    return np.array([[1, 0, across], [0, 1, down], [0, 0, 1]], np.float64)


def turned(degrees: float) -> Matrix:
    """Return a turn, clockwise as it is looked at."""
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], np.float64)


def scaled(factor: float) -> Matrix:
    """Return a scaling."""
    return np.diag((factor, factor, 1)).astype(np.float64)


def centred(page: Printed) -> Matrix:
    """Return a paper's points with its middle at the origin."""
    width, height = page.size_mm
    return moved(-width / 2, -height / 2)


def project(matrix: Matrix, points: npt.ArrayLike) -> Matrix:
    """Return where points (n x 2) are seen."""
    plane = np.asarray(points, np.float64)
    seen = np.column_stack((plane, np.ones(len(plane)))) @ matrix.T
    return np.asarray(seen[:, :2] / seen[:, 2:], np.float64)


def outline(page: Printed, matrix: Matrix) -> Matrix:
    """Return where the corners of a paper are seen."""
    width, height = page.size_mm
    return project(matrix, ((0, 0), (width, 0), (width, height), (0, height)))


def module_px(code: PrintedCode, matrix: Matrix) -> float:
    """Return a module's width across the bars, in pixels, where it is narrowest."""
    left, top, right, bottom = code.box
    points = np.array([(x, y) for x in np.linspace(left, right, 5) for y in (top, bottom)])
    at = project(matrix, points)
    along = (project(matrix, points + np.array((_STEP_MM, 0))) - at) / _STEP_MM
    down = (project(matrix, points + np.array((0, _STEP_MM))) - at) / _STEP_MM
    area = np.abs(along[:, 0] * down[:, 1] - along[:, 1] * down[:, 0])
    return float((area / np.linalg.norm(down, axis=1)).min() * code.module_mm)


def truths_of(page: Printed, matrix: Matrix) -> tuple[Truth, ...]:
    """Return the codes of a paper as they are seen."""
    return tuple(
        Truth(code.text, code.symbology, _corners(code, matrix), module_px(code, matrix))
        for code in page.codes
    )


def _corners(code: PrintedCode, matrix: Matrix) -> Corners:
    left, top, right, bottom = code.box
    seen = project(matrix, ((left, top), (right, top), (right, bottom), (left, bottom)))
    first, second, third, fourth = ((float(x), float(y)) for x, y in seen)
    return first, second, third, fourth


def lay(
    ground: Light, page: Printed, matrix: Matrix, ink: tuple[float, float], finer: int = _FINER
) -> None:
    """Lay a paper over what is there; `ink` is how bright its black and its white are.

    Each pixel is the mean of `finer` by `finer`: 1 will do for what is not to be read.
    """
    height, width = ground.shape
    corners = outline(page, matrix)
    left, top = np.maximum(np.floor(corners.min(0)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, (width, height))
    if left >= right or top >= bottom:
        return
    size = int(right - left), int(bottom - top)
    seen, covers = _seen(page, moved(-left, -top) @ matrix, size, finer)
    black, white = ink
    part = ground[top:bottom, left:right]
    part += covers * (black + (white - black) / 255 * seen - part)


def _seen(page: Printed, matrix: Matrix, size: tuple[int, int], finer: int) -> tuple[Light, Light]:
    """Return a paper as it is seen in a window, and which share of each pixel it covers."""
    source, per_mm = _shrunk(page, _finest(page, matrix) * finer)
    index = moved(-0.5, -0.5) @ scaled(finer) @ matrix @ scaled(1 / per_mm) @ moved(0.5, 0.5)
    fine = (size[0] * finer, size[1] * finer)
    drawn = cv2.warpPerspective(source, index, fine, flags=cv2.INTER_LINEAR,
                                borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    mask = np.zeros((fine[1], fine[0]), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(outline(page, matrix) * finer).astype(np.int32), 255)
    seen, covers = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (drawn, mask))
    return np.asarray(seen, np.float32), np.asarray(covers, np.float32) / np.float32(255)


def _finest(page: Printed, matrix: Matrix) -> float:
    """Return the most pixels a millimetre along any edge of a paper."""
    corners, (width, height) = outline(page, matrix), page.size_mm
    edges = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    return float((edges / (width, height, width, height)).max())


def _shrunk(page: Printed, px_per_mm: float) -> tuple[npt.NDArray[np.uint8], float]:
    """Return a drawing that is no finer than it will be sampled, and its real pixels a mm."""
    factor = px_per_mm / page.px_per_mm
    if factor >= 0.75:
        return page.grey, page.px_per_mm
    small = cv2.resize(page.grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), page.px_per_mm * small.shape[1] / page.grey.shape[1]
