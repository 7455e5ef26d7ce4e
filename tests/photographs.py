"""Photographs of packets that lie on a table, made as a test wants them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from io import BytesIO

import barcode
from PIL import Image, ImageDraw, ImageFilter

MODULE = 3  # pixels
_QUIET = 10  # modules
_BARS = 110  # pixels
_MARGIN = 40
_PAPER = (244, 243, 238)
_WOOD = (150, 120, 90)
_STEP = (620, 360)  # from one packet to the next


def label(code: object, paper: Sequence[int] = _PAPER) -> Image.Image:
    """A label with a code, on a piece of paper."""
    bars = "".join(barcode.get("code128", str(code)).build())
    width = (len(bars) + 2 * _QUIET) * MODULE
    drawn = Image.new("RGB", (width + _MARGIN, _BARS + 2 * _MARGIN), tuple(paper))
    pen = ImageDraw.Draw(drawn)
    for nth, bar in enumerate(bars):
        left = _MARGIN // 2 + (_QUIET + nth) * MODULE
        if bar == "1":
            pen.rectangle((left, _MARGIN, left + MODULE - 1, _MARGIN + _BARS), fill=(25, 25, 30))
    pen.text((_MARGIN, _MARGIN + _BARS + 8), str(code), fill=(25, 25, 30))
    return drawn


def table(codes: Iterable[object], columns: int = 2, *, tilt: float = 12, seed: int = 1) -> bytes:
    """A photograph of packets in rows, each turned a little; a JPEG."""
    chance, laid = random.Random(seed), list(codes)
    rows = max(1, -(-len(laid) // columns))
    scene = Image.new("RGB", (_STEP[0] * columns, _STEP[1] * rows), _WOOD)
    for nth, code in enumerate(laid):
        turned = label(code).rotate(
            chance.uniform(-tilt, tilt), Image.Resampling.BICUBIC, expand=True, fillcolor=_WOOD
        )
        row, column = divmod(nth, columns)
        left = column * _STEP[0] + (_STEP[0] - turned.width) // 2
        scene.paste(turned, (left, row * _STEP[1] + (_STEP[1] - turned.height) // 2))
    written = BytesIO()
    scene.filter(ImageFilter.GaussianBlur(0.6)).save(written, "JPEG", quality=85)
    return written.getvalue()
