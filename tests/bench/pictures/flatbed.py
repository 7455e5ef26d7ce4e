"""Pages from a flatbed scanner at 150 dpi: our own registry, and sheets of thirty labels."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import zxingcpp

from api.forms import BagLines, Organisation, PacketLine, RegistryForm, registry_pdf
from domain.numbers import bag_code, registry_code
from tests.bench.pictures.camera import lay, moved, scaled, truths_of, turned
from tests.bench.pictures.conditions import Conditions, taken
from tests.bench.pictures.printed import (
    POINT_MM,
    Printed,
    PrintedCode,
    random_number,
    rendered,
    strip,
)
from tests.bench.pictures.truth import Grey, Picture

DPI = 150
LABELS = 30
_PER_MM = DPI / 25.4
_A4_MM = (210.0, 297.0)
_FINE = 400 / 72  # pixels a point of the drawing that is scanned
_COLUMNS = 3
_CODE128 = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128])


def registry(rng: np.random.Generator) -> list[Picture]:
    """Scan the pages of one copy of a registry of thirty packets in a bag."""
    form, numbers = _form(rng)
    pdf = registry_pdf(form, "kk")
    pages: list[Picture] = []
    while numbers:
        printed = _found(rendered(pdf, len(pages), _FINE), numbers)
        numbers = numbers - {code.text for code in printed.codes}
        pages.append(scanned(printed, rng, "registry"))
    return pages


def sheet(rng: np.random.Generator) -> list[Picture]:
    """Scan a sheet of thirty labels, set close in three columns; a module of two dots or three."""
    dots = int(rng.integers(2, 4))
    page, codes = np.full(((297 * 9), (210 * 9)), 255, np.uint8), []
    for place in range(LABELS):
        label = strip(random_number(rng), dots, height_mm=11)
        at = 4 + place % _COLUMNS * 68, 8 + place // _COLUMNS * 28
        codes.append(_pasted(page, label, at))
    return [scanned(Printed(page, 9, tuple(codes)), rng, "sheet")]


def _pasted(page: Grey, label: Printed, at: tuple[float, float]) -> PrintedCode:
    """Draw a label on a page; return its code there."""
    light = page.astype(np.float32)
    matrix = scaled(9) @ moved(*at)
    lay(light, label, matrix, (0, 255))
    page[:] = light.round().astype(np.uint8)
    code = label.codes[0]
    left, top, right, bottom = code.box
    box = (left + at[0], top + at[1], right + at[0], bottom + at[1])
    return PrintedCode(code.text, code.symbology, box, code.module_mm)


def scanned(page: Printed, rng: np.random.Generator, name: str) -> Picture:
    """Lay a page a little askew on the glass, and scan it."""
    width, height = (round(side * _PER_MM) for side in _A4_MM)
    skew = float(rng.uniform(-2, 2))
    middle = moved(_A4_MM[0] / 2, _A4_MM[1] / 2)
    matrix = scaled(_PER_MM) @ middle @ turned(skew) @ np.linalg.inv(middle)
    glass = np.full((height, width), 250, np.float32)
    lay(glass, page, matrix, (float(rng.uniform(20, 60)), float(rng.uniform(225, 250))))
    conditions = Conditions(
        blur=float(rng.uniform(0.3, 0.7)),
        noise=float(rng.uniform(1, 4)),
        jpeg=int(rng.integers(60, 95)),
    )
    grey = taken(glass, conditions, rng)
    return Picture(name, grey, truths_of(page, matrix), conditions.told() | {"skew": skew})


def _form(rng: np.random.Generator) -> tuple[RegistryForm, frozenset[str]]:
    """Return a registry and every number that has bars in it."""
    numbers = [random_number(rng) for _ in range(LABELS)]
    lines = tuple(PacketLine(number, f"003-{number % 40 + 1}") for number in numbers)
    bag, own = bag_code(267, int(rng.integers(10**6))), registry_code(267, int(rng.integers(10**6)))
    form = RegistryForm(
        number=own,
        sender=Organisation("Үлгі ауданының халыққа қызмет көрсету орталығы", "Мысал көшесі, 2"),
        recipient=Organisation("«Үлгі ауданының бөлімі» ММ", "Мысал көшесі, 1"),
        closed_at=datetime(2026, 11, 22, 10, 30, tzinfo=UTC),
        zone="Asia/Almaty",
        bags=(BagLines(bag, "П-00007", lines),),
    )
    return form, frozenset(map(str, (own, bag, *numbers)))


def _found(page: Grey, numbers: frozenset[str]) -> Printed:
    """Say which of the numbers are on a clean drawing of a page, and where.

    Raises ValueError if there are none: the drawing is wrong then, and the loop would not end.
    """
    per_mm, codes = _FINE / POINT_MM, []
    for each in zxingcpp.read_barcodes(page, formats=_CODE128):
        if each.text in numbers:
            at = each.position
            edges = (at.top_left.x, at.top_left.y, at.bottom_right.x, at.bottom_right.y)
            left, top, right, bottom = (edge / per_mm for edge in edges)
            box = (left, top, right, bottom)
            codes.append(PrintedCode(each.text, "Code128", box, (right - left) / 112))
    if not codes:
        raise ValueError(numbers)
    return Printed(page, per_mm, tuple(codes))
