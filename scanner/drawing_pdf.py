"""Draws artefacts as PDF: bars as vectors, in whole dots of a printer, and texts as texts.

Equal input gives equal bytes; pages are printed at their true size.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.pdfgen.canvas import Canvas

from scanner.artefact import Artefact, in_millimetres
from scanner.setting import POINT, Line, set_lines

CREATOR = "Qolhat"


def draw(pages: Sequence[Artefact], dpi: int, title: str, language: str) -> bytes:
    """Draw one document for a printer of this resolution, a page each. Raises NoRoomError."""
    data = BytesIO()
    canvas = new_canvas(data, title, language)
    for page in pages:
        canvas.setPageSize((page.width / POINT, page.height / POINT))
        renderPDF.draw(drawing_of(page, dpi), canvas, 0, 0)
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def new_canvas(data: BytesIO, title: str, language: str) -> Canvas:
    """Begin a document; its properties name nobody."""
    canvas = Canvas(data, lang=language, invariant=1)
    canvas.setTitle(title)
    canvas.setSubject(title)
    canvas.setAuthor(CREATOR)
    canvas.setCreator(CREATOR)
    canvas.setViewerPreference("PrintScaling", "None")
    return canvas


def drawing_of(artefact: Artefact, dpi: int) -> Drawing:
    """Return an artefact as a drawing, to be set on a page with other things."""
    drawing = Drawing(artefact.width / POINT, artefact.height / POINT)
    for box in artefact.frames:
        drawing.add(_rect(artefact, box.x, box.y, box.width, box.height, fillColor=None,
                          strokeWidth=0.4, strokeDashArray=[2, 2]))  # fmt: skip
    for bars in artefact.bars:
        for left, width in bars.placed(dpi).edges:
            across = in_millimetres(left, dpi), in_millimetres(width, dpi)
            drawing.add(_rect(artefact, across[0], bars.box.y, across[1], bars.box.height,
                              strokeColor=None, strokeWidth=0))  # fmt: skip
    for texts in artefact.texts:
        for line in set_lines(texts):
            drawing.add(_string(artefact, line))
    return drawing


def _rect(
    artefact: Artefact, x: float, y: float, width: float, height: float, **style: object
) -> Rect:
    """Return a rectangle: a PDF counts upwards from the lower edge."""
    bottom = artefact.height - y - height
    return Rect(x / POINT, bottom / POINT, width / POINT, height / POINT, **style)


def _string(artefact: Artefact, line: Line) -> String:
    base = (artefact.height - line.base) / POINT
    return String(line.x / POINT, base, line.text, fontName=line.font,
                  fontSize=line.size / POINT, textAnchor=line.align.value)  # fmt: skip
