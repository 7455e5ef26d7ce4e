"""What was found in a picture: a text, where it stood, what it is, and how sure that is.

Only a code whose check digits pass carries a `Code`: that, the code spaces and the question whether
the number is registered stand between a picture and an event.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.numbers import Code

FOREIGN = "foreign"
Point = tuple[float, float]  # across and down, in pixels of the picture as it is looked at
Corners = tuple[Point, Point, Point, Point]  # clockwise, from the left of the code's first line


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A code found in a picture; `confidence` is between 0 and 1.

    `symbology` is named as zxing-cpp names it: Code128, Code39, EAN13, EAN8, UPCE, QRCode,
    DataMatrix. `how` tells the step of reading that got it, for benches and for the curious.
    """

    text: str
    symbology: str
    corners: Corners
    code: Code | None
    confidence: float
    how: str = ""

    @property
    def kind(self) -> str:
        """The code space: packet, bag, place, badge, action-card, registry; or `foreign`."""
        if self.code is None:
            return FOREIGN
        return self.code.kind.name.lower().replace("_", "-")
