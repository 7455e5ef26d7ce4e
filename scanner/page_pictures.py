"""Pictures of scanned pages: small enough to be kept for years, and legible all the same.

A page of A4 at about 200 dots an inch stays as sharp as a fax in "fine" mode; what has no colour
is kept in grey. A JPEG of a typed page takes 100-400 kB.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

LONGEST = 2400  # pixels: A4 at 205 dots an inch
_QUALITY = 78
_SAMPLE = (120, 120)
_COLOURED = 40  # of 255: how far apart the channels of a coloured pixel are
_FEW = 0.002  # of all pixels: a stamp is more, the noise of a scanner's lamp is not


def compact(picture: bytes) -> bytes:
    """Return the JPEG of a page as it is kept; the same bytes where that saves nothing."""
    with Image.open(BytesIO(picture)) as opened:
        page: Image.Image = opened.convert("RGB") if opened.mode != "L" else opened.copy()
    page.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    if page.mode != "L" and not _is_coloured(page):
        page = page.convert("L")
    made = BytesIO()
    page.save(made, "JPEG", quality=_QUALITY, optimize=True)
    return min(made.getvalue(), picture, key=len)


def _is_coloured(page: Image.Image) -> bool:
    """Tell whether there is a stamp, a signature in ink or anything else that grey would lose."""
    small = page.resize(_SAMPLE, Image.Resampling.BOX)
    pixels = zip(*(channel.tobytes() for channel in small.split()), strict=True)
    coloured = sum(max(pixel) - min(pixel) > _COLOURED for pixel in pixels)
    return bool(coloured > _FEW * _SAMPLE[0] * _SAMPLE[1])


def thumbnail(picture: bytes, longest: int) -> bytes:
    """Return a small JPEG of a page; no side is longer than so many pixels."""
    with Image.open(BytesIO(picture)) as opened:
        opened.draft("L", (longest, longest))
        page = opened.convert("L")
    page.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    made = BytesIO()
    page.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


def as_pdf(pictures: Iterable[bytes], title: str) -> bytes:
    """Put pages (JPEG) into one document, each on a sheet of A4 turned as the page is."""
    made = BytesIO()
    canvas = Canvas(made, pagesize=A4)
    canvas.setTitle(title)
    for picture in pictures:
        page = ImageReader(BytesIO(picture))
        width, height = page.getSize()
        sheet = A4 if height >= width else A4[::-1]
        scale = min(sheet[0] / width, sheet[1] / height)
        size = width * scale, height * scale
        canvas.setPageSize(sheet)
        left, bottom = (sheet[0] - size[0]) / 2, (sheet[1] - size[1]) / 2
        canvas.drawImage(page, left, bottom, *size)
        canvas.showPage()
    canvas.save()
    return made.getvalue()
