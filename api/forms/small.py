"""Pages of a fixed size (labels, badges, cards): texts wrap in their box and shrink to fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepInFrame

from api.forms.sheet import Story
from api.forms.wording import Wording
from scanner.drawing_pdf import new_canvas

Draw = Callable[[Canvas], None]


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page: its lower left corner and its size, in points."""

    x: float
    y: float
    width: float
    height: float


def small_pages(
    wording: Wording, title: str, size: tuple[float, float], draws: Iterable[Draw]
) -> bytes:
    """Make a document of pages of one size (in points), each drawn by its function."""
    data = BytesIO()
    canvas = new_canvas(data, title, wording.language)
    canvas.setPageSize(size)
    for draw in draws:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def set_in(canvas: Canvas, box: Box, texts: Story, *, middle: bool = False) -> None:
    """Set texts into a box, from its top or in its middle; they shrink until all of them fit."""
    frame = KeepInFrame(box.width, box.height, texts, mode="shrink")
    _, height = frame.wrapOn(canvas, box.width, box.height)
    spare = box.height - height
    frame.drawOn(canvas, box.x, box.y + (spare / 2 if middle else spare))
