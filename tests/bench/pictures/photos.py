"""Real photographs with what must be read: not of this repository, looked for beside it.

`QOLHAT_PHOTOS` names the folder of sets, else `../shared/photos`. Beside NAME.png stands NAME.txt;
where that is empty nothing of one dimension may be read, product codes (EAN, UPC) aside.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from tests.bench.pictures.truth import Picture, Truth

_NOWHERE = ((0.0, 0.0),) * 4
_SUFFIXES = {".png", ".jpg", ".jpeg"}


def folder() -> Path:
    """Return where the sets are; perhaps they are not."""
    beside = Path(__file__).parents[3].parent / "shared" / "photos"
    return Path(os.environ.get("QOLHAT_PHOTOS", beside))


def sets() -> list[Path]:
    """Return the folder of each set; empty where there are no photographs."""
    here = folder()
    return sorted(each for each in here.iterdir() if each.is_dir()) if here.is_dir() else []


def photos(where: Path) -> list[Picture]:
    """Open the photographs of a set."""
    return [_photo(each) for each in sorted(where.iterdir()) if each.suffix.lower() in _SUFFIXES]


def _photo(path: Path) -> Picture:
    with Image.open(path) as opened:
        image = opened.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        grey = np.array(Image.alpha_composite(white, image).convert("L"), np.uint8)
    text = path.with_suffix(".txt").read_text(encoding="utf-8", errors="replace")
    truths = (Truth(text, "", _NOWHERE, 0),) if text else ()
    return Picture(f"{path.parent.name}-{path.stem}", grey, truths)
