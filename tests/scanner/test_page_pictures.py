"""Pages are kept small and legible: grey where there is no colour, read back by a scanner."""

from __future__ import annotations

from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image, ImageDraw

from scanner.page_pictures import LONGEST, as_pdf, compact, thumbnail
from scanner.reader import read_codes
from tests.scanned import saved, sheet

NUMBER = "10267000000123"
A_STAMP = (600, 600, 700, 700)


def opened(picture: bytes) -> Image.Image:
    """Open what is kept."""
    return Image.open(BytesIO(picture))


def coloured(box: tuple[int, int, int, int]) -> bytes:
    """A sheet with something blue on it, as a scanner saves it."""
    page = sheet(NUMBER).convert("RGB")
    ImageDraw.Draw(page).ellipse(box, outline=(30, 40, 200), width=8)
    made = BytesIO()
    page.save(made, "JPEG", quality=95)
    return made.getvalue()


def test_a_large_scan_becomes_small_and_its_code_is_still_read() -> None:
    large = sheet(NUMBER).resize((827 * 6, 1169 * 6)).convert("RGB")
    scanned = saved("JPEG", large)
    kept = compact(scanned)
    assert max(opened(kept).size) == LONGEST
    assert opened(kept).mode == "L"
    assert len(kept) < len(scanned) / 4
    assert [each.text for each in read_codes(kept)] == [NUMBER]


def test_a_stamp_keeps_its_colour_and_the_noise_of_a_lamp_does_not() -> None:
    assert opened(compact(coloured(A_STAMP))).mode == "RGB"
    assert opened(compact(coloured((600, 600, 603, 603)))).mode == "L"


def test_what_is_small_already_is_kept_as_it_is() -> None:
    made = BytesIO()
    sheet(NUMBER).save(made, "JPEG", quality=20, optimize=True)
    assert compact(made.getvalue()) == made.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_thumbnail_is_too_small_to_be_read(mode: str) -> None:
    page = saved("JPEG", sheet(NUMBER).convert(mode))
    assert max(opened(thumbnail(page, 220)).size) == 220
    assert read_codes(thumbnail(page, 220)) == []


def test_a_document_has_a_sheet_for_each_page_turned_as_the_page_is() -> None:
    pages = [saved("JPEG", sheet(NUMBER)), saved("JPEG", sheet().rotate(90, expand=True))]
    document = pypdfium2.PdfDocument(as_pdf(pages, "Құжат"))
    sizes = [tuple(map(round, page.get_size())) for page in document]
    assert sizes == [(595, 842), (842, 595)]
    assert document.get_metadata_dict()["Title"] == "Құжат"
