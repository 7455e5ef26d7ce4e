"""A picture and what is true of it: which codes stand in it, where, how finely seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scanner.found import Corners

Grey = npt.NDArray[np.uint8]
Light = npt.NDArray[np.float32]  # grey before the sensor: 0 is black, 255 is white, more is glare
Matrix = npt.NDArray[np.float64]  # 3 x 3: a plane's points (mm) to a picture's (pixels)


@dataclass(frozen=True, slots=True)
class Truth:
    """A code in a picture; `module_px` is a module's width where it is seen at its narrowest."""

    text: str
    symbology: str
    corners: Corners
    module_px: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a camera or a scanner would give it, with its truths and how it was made."""

    name: str
    grey: Grey
    truths: tuple[Truth, ...]
    made: Mapping[str, float] = field(default_factory=dict)
