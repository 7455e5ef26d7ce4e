"""Pictures of one packet's label in every kind that is read, and those that nobody should send."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from domain.numbers import packet_number
from scanner.labels import PacketLabel, draw_png
from tests.scanner.heic import heic
from tests.stories import CENTRE

NUMBER = packet_number(CENTRE, 1)
INCH = 72  # points
A4 = (595.28, 841.89)
PILLOWS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
ORIENTATION = 0x0112


def label(dpi: int = 300) -> Image.Image:
    """The label of a packet with white around it, grey."""
    drawn = Image.open(BytesIO(draw_png(PacketLabel(NUMBER), dpi))).convert("L")
    sheet = Image.new("L", (drawn.width + 80, drawn.height + 120), 255)
    sheet.paste(drawn, (40, 40))
    return sheet


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as bytes of a kind."""
    made = BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def phone_picture(turns: int = 0) -> bytes:
    """The label as a HEIC file, turned by quarters as the phone was held."""
    drawn = label(203)
    sheet = Image.new("L", (drawn.width // 16 * 16 + 16, drawn.height // 16 * 16 + 16), 255)
    sheet.paste(drawn, (0, 0))
    return heic(np.asarray(sheet), turns)


def tiff(*images: Image.Image, **options: Any) -> bytes:
    """Pages of a scanner in one file."""
    return saved(images[0], "TIFF", save_all=True, append_images=images[1:], **options)


def pdf(*images: Image.Image, password: str = "", script: str = "", dpi: float = 300) -> bytes:
    """A document of scanned pages, each as large as its picture."""
    made = BytesIO()
    canvas = Canvas(made, encrypt=password or None)
    for image in images:
        size = (image.width * INCH / dpi, image.height * INCH / dpi)
        canvas.setPageSize(size)
        canvas.drawImage(ImageReader(image), 0, 0, *size)
        canvas.showPage()
    if not images:
        canvas.showPage()
    canvas.save()
    return _with_script(made.getvalue(), script) if script else made.getvalue()


def _with_script(document: bytes, script: str) -> bytes:
    """Let the document run a script when it is opened."""
    action = f"/OpenAction << /S /JavaScript /JS ({script}) >> /Type /Catalog".encode()
    return document.replace(b"/Type /Catalog", action, 1)


def many_pages(pages: int) -> bytes:
    """A document of so many empty pages."""
    made = BytesIO()
    canvas = Canvas(made, pagesize=A4)
    for _ in range(pages):
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def claiming(width: int, height: int, content: bytes = b"") -> bytes:
    """A PNG whose header claims a size, whatever comes after."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", content) + _chunk(b"IEND", b"")


@cache
def bomb(width: int, height: int) -> bytes:
    """A whole PNG of white rows: a thousandth of what it becomes."""
    packer, row = zlib.compressobj(9), b"\0" + b"\xff" * ((width + 7) // 8)
    packed = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    return claiming(width, height, packed)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def document_of(*objects: bytes) -> bytes:
    """A document of these objects; the first is its catalogue."""
    made, places = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
    return bytes(made) + b"trailer\n<</Root 1 0 R/Size %d>>\n%%%%EOF\n" % (len(objects) + 1)


def page_that_does(content: bytes, *others: bytes) -> bytes:
    """A document of one page with this content (a stream); `/F` is the first of the others."""
    return document_of(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</XObject<</F 5 0 R>>>>>>",
        content,
        *others,
    )


def stream(content: bytes, more: bytes = b"") -> bytes:
    """An object with a content."""
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (more, len(content), content)


def packed(content: bytes, times: int) -> bytes:
    """An object with a content many times over, packed."""
    packer = zlib.compressobj(9)
    small = b"".join([*(packer.compress(content) for _ in range(times)), packer.flush()])
    return stream(small, b"/Filter/FlateDecode")


def endless_document() -> bytes:
    """A page whose form draws itself twice."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>"
    return page_that_does(stream(b"/F Do"), stream(b"/F Do /F Do", form))


def swelling_document(megabytes: int) -> bytes:
    """A page whose content is a thousandth of what it becomes."""
    return page_that_does(packed(b" " * 1_000_000, megabytes))


def animated(kind: str) -> bytes:
    """A moving picture whose first frame is the label."""
    empty = Image.new("L", label().size, 255)
    return saved(label(), kind, save_all=True, append_images=[empty, empty], duration=100)


def deep(bits: str) -> bytes:
    """The label in 16 bits a pixel, as scanners of films make it."""
    grey = np.asarray(label()).astype(np.uint16) * 257
    if bits == "I;16":
        return saved(Image.fromarray(grey), "TIFF")
    if bits == "12":
        return saved(Image.fromarray(grey >> 4), "TIFF")
    if bits == "png-16":
        return saved(Image.fromarray(grey), "PNG")
    return saved(Image.fromarray((grey / 65535).astype(np.float32)), "TIFF")


def seeds() -> Iterator[bytes]:
    """One small picture of every kind, to be damaged."""
    small = label(203)
    for kind in PILLOWS:
        yield saved(small, kind)
    yield saved(small.convert("RGB"), "JPEG", progressive=True, optimize=True)
    yield saved(small.convert("CMYK"), "JPEG")
    yield saved(small.convert("RGBA"), "PNG", interlace=True)
    yield saved(small.convert("1"), "TIFF", compression="group4")
    yield tiff(small, small, compression="tiff_lzw")
    yield saved(small.convert("RGB"), "WEBP", lossless=True)
    yield deep("I;16")
    yield phone_picture()
    yield animated("GIF")
    yield pdf(small, small)
    yield pdf(small, password="secret")
    yield many_pages(3)
