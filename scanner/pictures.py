"""Opens pictures that may be anything: pages, grey and upright, or an error that says why not.

JPEG, PNG, WebP, HEIC, TIFF, BMP, GIF and PDF, told by what they begin with, never by their names.
The size is taken from the header: what is too large is not decoded. Nothing here can be trusted not
to crash, so what comes from outside is opened by `infra.reading`, in a process of its own.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from scanner.bad_pictures import BadPicture, BadPictureError, PictureLimits, bad_picture

__all__ = ["BadPicture", "BadPictureError", "OpenedPage", "PictureLimits", "open_pages",
           "open_picture"]  # fmt: skip

Grey = npt.NDArray[np.uint8]
MOST_SIDE = 65_500  # pixels: a JPEG has no more, nor do decoders of codes take more
_MEGA = 1_000_000
_WITH_ALPHA = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
_DEEP = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """A page as it is looked at: `grey` is (height, width); `coloured` is RGB, if it was wanted."""

    page: int  # from 1
    pages: int
    grey: Grey
    coloured: Image.Image | None = None


def open_picture(picture: bytes, limits: PictureLimits | None = None) -> Grey:
    """Open a picture's first page in grey. Raises BadPictureError."""
    for page in open_pages(picture, limits or PictureLimits()):
        return page.grey
    raise bad_picture(BadPicture.TRUNCATED)


def open_pages(
    picture: bytes, limits: PictureLimits, *, coloured: bool = False
) -> Iterator[OpenedPage]:
    """Open one page after the other.

    Of a picture that is cut off comes what is there, then the error. Raises BadPictureError.
    """
    if not picture:
        raise bad_picture(BadPicture.EMPTY)
    if len(picture) > limits.bytes:
        raise bad_picture(BadPicture.TOO_LARGE, megabytes=limits.bytes // 2**20)
    kind = _kind_of(picture)
    if not kind:
        raise bad_picture(BadPicture.NOT_A_PICTURE)
    opened = _pdf_pages if kind == "PDF" else _image_pages
    try:
        yield from opened(picture, kind, limits, coloured=coloured)
    except MemoryError as error:
        raise bad_picture(BadPicture.TOO_MUCH_MEMORY, megabytes=limits.megabytes) from error


def _kind_of(picture: bytes) -> str:
    """Tell the kind by what the bytes begin with; an empty text for none that is read."""
    head = picture[:1024]
    for kind, starts in (
        ("JPEG", (b"\xff\xd8\xff",)),
        ("PNG", (b"\x89PNG\r\n\x1a\n",)),
        ("GIF", (b"GIF87a", b"GIF89a")),
        ("BMP", (b"BM",)),
        ("TIFF", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    ):
        if head.startswith(starts):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "HEIF"
    return "PDF" if b"%PDF-" in head else ""


# --- images --------------------------------------------------------------------------------------


def _image_pages(
    picture: bytes, kind: str, limits: PictureLimits, *, coloured: bool
) -> Iterator[OpenedPage]:
    image = _open_image(picture, kind)
    pages = _count(image, limits) if kind == "TIFF" else 1
    for page in range(1, pages + 1):
        whole = _decode(image, page, limits, grey=not coloured)
        grey, colours = _upright(image, coloured=coloured)
        yield OpenedPage(page, pages, grey, colours)
        if not whole:
            raise bad_picture(BadPicture.TRUNCATED)


def _open_image(picture: bytes, kind: str) -> Image.Image:
    if kind == "HEIF":
        import pi_heif  # type: ignore[import-untyped]  # noqa: PLC0415  few need it

        pi_heif.register_heif_opener()
    try:
        return Image.open(BytesIO(picture), formats=(kind, "MPO") if kind == "JPEG" else (kind,))
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        raise bad_picture(BadPicture.TOO_MANY_PIXELS, megapixels=_limit_of_pillow()) from error
    except Exception as error:  # whatever it stumbles over
        raise bad_picture(BadPicture.TRUNCATED) from error


def _limit_of_pillow() -> int:
    return 2 * (Image.MAX_IMAGE_PIXELS or 0) // _MEGA


def _count(image: Image.Image, limits: PictureLimits) -> int:
    """Count the pages of a TIFF, but no further than they are read."""
    pages = 1
    try:
        for pages in range(1, limits.pages + 2):
            image.seek(pages)
    except EOFError:
        pass
    except Exception as error:
        raise bad_picture(BadPicture.TRUNCATED) from error
    if pages > limits.pages:
        raise bad_picture(BadPicture.TOO_MANY_PAGES, limit=limits.pages)
    return pages


def _decode(image: Image.Image, page: int, limits: PictureLimits, *, grey: bool) -> bool:
    """Decode a page; False if it is cut off and only a part of it is there."""
    try:
        if page > 1 or image.format == "TIFF":
            image.seek(page - 1)
        check_pixels(image.width, image.height, limits)
        if grey and image.format in {"JPEG", "MPO"}:
            image.draft("L", image.size)  # leaves the colours out
        image.load()
    except (MemoryError, BadPictureError):
        raise
    except Exception:  # noqa: BLE001  whatever it stumbles over
        return _decode_the_rest(image)
    return True


def _decode_the_rest(image: Image.Image) -> bool:
    """Decode what is there of a picture that is cut off; always False. Raises BadPictureError."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        image.load()
    except MemoryError:
        raise
    except Exception as error:
        raise bad_picture(BadPicture.TRUNCATED) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
    return False


def check_pixels(width: float, height: float, limits: PictureLimits) -> None:
    """Refuse what is too large to be decoded. Raises BadPictureError."""
    if width * height > limits.pixels or max(width, height) > MOST_SIDE:
        raise bad_picture(BadPicture.TOO_MANY_PIXELS, megapixels=limits.pixels // _MEGA)


def _upright(image: Image.Image, *, coloured: bool) -> tuple[Grey, Image.Image | None]:
    flat = _flattened(image)
    with contextlib.suppress(Exception):  # an orientation that makes no sense is none
        flat = _turned(image, flat)
    if not coloured:
        return np.asarray(flat.convert("L"), np.uint8), None
    colours = flat.convert("RGB")
    return np.asarray(colours.convert("L"), np.uint8), colours


def _turned(image: Image.Image, flat: Image.Image) -> Image.Image:
    """Turn as the camera was held."""
    method = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    return flat if method is None else flat.transpose(method)


_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _flattened(image: Image.Image) -> Image.Image:
    """Make eight bits a channel of it, and paper of what is transparent."""
    if image.mode in _DEEP:
        return Image.fromarray(_of_eight_bits(np.asarray(image)))
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("RGB")
    if image.mode == "LAB":
        return image.getchannel(0)
    return image if image.mode in {"L", "RGB"} else _plain(image)


def _plain(image: Image.Image) -> Image.Image:
    """Turn black and white, a palette, CMYK and the like into grey or red, green and blue."""
    return image.convert("L" if image.mode == "1" else "RGB")


def _of_eight_bits(deep: npt.NDArray[Any]) -> Grey:
    """Bring 16 bits (whatever holds them) or fractions to the range of eight."""
    if deep.dtype.kind == "f":
        deep = np.nan_to_num(deep)
    least, most = float(deep.min()), float(deep.max())
    if deep.dtype.kind != "f" and least >= 0 and most <= 0xFFFF:
        bits = next(bits for bits in (8, 10, 12, 16) if most < 1 << bits)  # what the scanner has
        return (deep.astype(np.uint16) >> (bits - 8)).astype(np.uint8)
    scaled = (deep - least) * (255.0 / max(most - least, 1e-9))
    return scaled.astype(np.uint8)


# --- documents -----------------------------------------------------------------------------------

_POINTS = 72  # an inch
_DPI, _MOST_DPI = 300, 600  # of a page that is drawn; of one that was scanned, as it was scanned
_MOST_DRAWN = 40_000_000  # pixels: A2; what is larger is a poster, and no scan
_DEEPEST = 8  # pictures within forms within forms


def _pdf_pages(
    picture: bytes, _kind: str, limits: PictureLimits, *, coloured: bool
) -> Iterator[OpenedPage]:
    """Draw the pages of a document. Scripts are not run: this PDFium has no engine for them."""
    document = _open_document(picture)
    try:
        pages = len(document)
        if pages > limits.pages:
            raise bad_picture(BadPicture.TOO_MANY_PAGES, limit=limits.pages)
        for page in range(1, pages + 1):
            drawn = _draw(document, page - 1, limits, coloured=coloured)
            grey = np.asarray(drawn.convert("L"), np.uint8)
            yield OpenedPage(page, pages, grey, drawn if coloured else None)
    finally:
        document.close()


def _open_document(picture: bytes) -> Any:
    import pypdfium2  # type: ignore[import-untyped]  # noqa: PLC0415  few need it

    try:
        return pypdfium2.PdfDocument(picture)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        reason = BadPicture.LOCKED if locked else BadPicture.TRUNCATED
        raise bad_picture(reason) from error


def _draw(document: Any, index: int, limits: PictureLimits, *, coloured: bool) -> Image.Image:
    """Draw a page as finely as it was scanned, but with no more pixels than are read."""
    from pypdfium2 import PdfiumError  # noqa: PLC0415  as above

    try:
        page = document[index]
        scale = _scale(page, limits)
        drawn: Image.Image = page.render(scale=scale, grayscale=not coloured).to_pil()
        page.close()
    except PdfiumError as error:
        raise bad_picture(BadPicture.TRUNCATED) from error
    return _flattened(drawn)


def _scale(page: Any, limits: PictureLimits) -> float:
    """Return into how many pixels a point is drawn. Raises BadPictureError."""
    width, height = map(float, page.get_size())
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise bad_picture(BadPicture.TRUNCATED)
    dpi = _dpi(page, limits)
    most = min(limits.pixels, _MOST_DRAWN) if dpi == _DPI else limits.pixels
    within_area = math.sqrt(most / (width * height))
    within_sides = MOST_SIDE / max(width, height)
    # A little less: what remains of a pixel is drawn as a whole one.
    return min(dpi / _POINTS, within_area * 0.999, within_sides * 0.999)


def _dpi(page: Any, limits: PictureLimits) -> float:
    """Return the dots an inch of the finest picture on a page, within reason."""
    from pypdfium2 import PdfiumError, raw  # noqa: PLC0415  as above

    finest: float = _DPI
    for each in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
        try:
            across, down = each.get_px_size()
            left, bottom, right, top = each.get_bounds()
        except PdfiumError:
            continue
        check_pixels(across, down, limits)
        longest = max(right - left, top - bottom)
        if longest > _POINTS:  # a small one is a logo or a stamp
            finest = max(finest, float(max(across, down) * _POINTS / longest))
    return min(finest, _MOST_DPI)
