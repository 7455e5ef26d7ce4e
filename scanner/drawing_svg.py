"""Draws an artefact as SVG in millimetres; its bars are whole dots of a printer all the same."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from scanner.artefact import Artefact, Bars, in_millimetres
from scanner.setting import Line, set_lines
from scanner.typeface import BOLD

_NAMESPACE = "http://www.w3.org/2000/svg"
_FONTS = "DejaVu Sans, Verdana, sans-serif"


def draw(artefact: Artefact, dpi: int, title: str, language: str) -> bytes:
    """Draw for a printer of this resolution. Raises NoRoomError."""
    width, height = _length(artefact.width), _length(artefact.height)
    seen = f'viewBox="0 0 {width} {height}" xml:lang={quoteattr(language)}'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="{_NAMESPACE}" width="{width}mm" height="{height}mm" {seen}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_frames(artefact),
        *(_line(line) for texts in artefact.texts for line in set_lines(texts)),
        '<g shape-rendering="crispEdges">',
        *(bar for bars in artefact.bars for bar in _bars(bars, dpi)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines).encode()


def _frames(artefact: Artefact) -> Iterator[str]:
    for box in artefact.frames:
        place = " ".join(f'{name}="{_length(getattr(box, name))}"'
                         for name in ("x", "y", "width", "height"))  # fmt: skip
        yield f'<rect {place} fill="none" stroke="#000" stroke-width="0.15" stroke-dasharray="1"/>'


def _line(line: Line) -> str:
    """Write a line; where another font must do, it takes the same width."""
    weight = ' font-weight="bold"' if line.font == BOLD else ""
    return (
        f'<text x="{_length(line.x)}" y="{_length(line.base)}" font-family="{_FONTS}"{weight}'
        f' font-size="{_length(line.size)}" text-anchor="{line.align}"'
        f' textLength="{_length(line.width)}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(line.text)}</text>"
    )


def _bars(bars: Bars, dpi: int) -> Iterator[str]:
    top, height = _length(bars.box.y), _length(bars.box.height)
    for left, width in bars.placed(dpi).edges:
        across = f'x="{_exact(left, dpi)}" width="{_exact(width, dpi)}"'
        yield f'<rect {across} y="{top}" height="{height}"/>'


def _exact(dots: float, dpi: int) -> str:
    return f"{in_millimetres(dots, dpi):.6f}"


def _length(millimetres: float) -> str:
    return f"{millimetres:.3f}".rstrip("0").rstrip(".")
