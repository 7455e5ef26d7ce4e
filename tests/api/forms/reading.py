"""Reads a PDF back with pdfium, as a viewer or a printer would: its texts, rules and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from PIL import Image
from pypdfium2.raw import FPDF_PAGEOBJ_PATH  # type: ignore[import-untyped]

POINTS = 72
MM = POINTS / 25.4


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page, in points from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    def within(self, other: Box, slack: float = 0.5) -> bool:
        return (
            self.left >= other.left - slack
            and self.bottom >= other.bottom - slack
            and self.right <= other.right + slack
            and self.top <= other.top + slack
        )


class Read:
    """A PDF that was read back."""

    def __init__(self, pdf: bytes) -> None:
        self.raw = pdf
        self.document = pypdfium2.PdfDocument(pdf)
        self.pages = list(self.document)

    @property
    def texts(self) -> list[str]:
        """What stands on every page."""
        return [str(page.get_textpage().get_text_range()) for page in self.pages]

    @property
    def text(self) -> str:
        """What stands on all pages, lines joined."""
        return " ".join(" ".join(self.texts).split())

    @property
    def solid(self) -> str:
        """What stands on all pages, without any space: long words are broken at line ends."""
        return "".join(self.text.split())

    @property
    def properties(self) -> dict[str, str]:
        return cast("dict[str, str]", self.document.get_metadata_dict())

    def size(self, page: int = 0) -> tuple[float, float]:
        """How wide and high a page is, in millimetres."""
        width, height = self.pages[page].get_size()
        return round(width / MM, 1), round(height / MM, 1)

    def letters(self, page: int = 0) -> list[tuple[str, Box]]:
        """Every letter of a page with its place; spaces are left out."""
        read = self.pages[page].get_textpage()
        text = read.get_text_range()
        assert len(text) == read.count_chars()
        return [(letter, Box(*read.get_charbox(place)))
                for place, letter in enumerate(text) if letter.strip()]  # fmt: skip

    def place(self, text: str, page: int = 0) -> Box:
        """Where a text stands first."""
        read = self.pages[page].get_textpage()
        found = read.search(text, match_case=True).get_next()
        assert found is not None, text
        start, count = found
        boxes = [Box(*read.get_charbox(place)) for place in range(start, start + count)]
        return Box(
            min(box.left for box in boxes), min(box.bottom for box in boxes),
            max(box.right for box in boxes), max(box.top for box in boxes),
        )  # fmt: skip

    def rules(self, page: int = 0) -> list[Box]:
        """The horizontal rules of a page that are long enough to be written on."""
        return [box for box in self.paths(page)
                if box.right - box.left > 25 * MM and box.top - box.bottom < 3]  # fmt: skip

    def paths(self, page: int = 0) -> list[Box]:
        """Everything that is drawn on a page and no letter: rules, frames, bars."""
        paths = self.pages[page].get_objects(filter=[FPDF_PAGEOBJ_PATH])
        return [Box(*path.get_bounds()) for path in paths]

    def blank_beside(self, label: str, page: int = 0) -> bool:
        """Whether right of a label there is an empty rule to write on."""
        place = self.place(label, page)
        read = self.pages[page].get_textpage()
        rules = (rule for rule in self.rules(page) if rule.left > place.right)
        near = [rule for rule in rules if abs(rule.bottom - place.bottom) < 8 * MM]
        return any(
            not read.get_text_bounded(rule.left, rule.top, rule.right, rule.top + 5 * MM).strip()
            for rule in near
        )

    def picture(self, page: int = 0, dpi: int = 300) -> Image.Image:
        """A page as a printer of this resolution makes it."""
        drawn: Any = self.pages[page].render(scale=dpi / POINTS, grayscale=True).to_pil()
        return cast("Image.Image", drawn)

    def codes(self, page: int = 0, dpi: int = 300, part: Box | None = None) -> list[str]:
        """What a scanner finds on a page, or on a part of it (in points)."""
        picture = self.picture(page, dpi)
        if part is not None:
            scale = dpi / POINTS
            high = picture.height
            picture = picture.crop((
                int(part.left * scale), int(high - part.top * scale),
                int(part.right * scale), int(high - part.bottom * scale),
            ))  # fmt: skip
        # A plain decoder: what is printed must not need our reader's patience.
        return [read.text for read in zxingcpp.read_barcodes(picture) if read.valid]

    def all_inside(self, margin_mm: float = 3) -> bool:
        """Whether every letter of every page lies on the page, within a margin."""
        edge = margin_mm * MM
        for page, leaf in enumerate(self.pages):
            width, height = leaf.get_size()
            paper = Box(edge, edge, width - edge, height - edge)
            if not all(box.within(paper) for _, box in self.letters(page)):
                return False
        return True
