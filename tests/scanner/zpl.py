"""A label printer for tests: carries out the ZPL that we send, dot by dot, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import barcode
import numpy as np
from numpy.typing import NDArray

Dots = NDArray[np.uint8]  # 0 is black, 255 is white
_COMMAND = re.compile(r"\^([A-Z@][A-Z0-9@])([^\^~]*)")


class UnknownCommandError(ValueError):
    """Something that this printer does not know, or that stands between commands."""


@dataclass
class Printer:
    """The state between ^XA and ^XZ; `at` is the upper left corner of the field."""

    across: int = 0
    down: int = 0
    at: tuple[int, int] = (0, 0)
    module: int = 0
    code: tuple[str, int] = ("N", 0)
    labels: list[Dots] = field(default_factory=list)

    def run(self, program: bytes) -> list[Dots]:
        """Print labels."""
        text = program.decode("ascii").replace("\n", "")
        if "~" in text or "".join(match[0] for match in _COMMAND.finditer(text)) != text:
            raise UnknownCommandError(text[:200])
        for name, given in _COMMAND.findall(text):
            getattr(self, f"do_{name.lower()}", self.unknown)(given)
        return self.labels

    def unknown(self, given: str) -> None:
        raise UnknownCommandError(given)

    def do_xa(self, given: str) -> None:
        assert given == ""

    def do_xz(self, given: str) -> None:
        assert given == ""

    def do_lh(self, given: str) -> None:
        assert given == "0,0"

    def do_pw(self, given: str) -> None:
        self.across = int(given)

    def do_ll(self, given: str) -> None:
        self.labels.append(np.full((int(given), self.across), 255, np.uint8))

    def do_fo(self, given: str) -> None:
        left, top = given.split(",")
        self.at = int(left), int(top)
        assert min(self.at) >= 0

    def do_by(self, given: str) -> None:
        self.module = int(given)
        assert 1 <= self.module <= 10, "the widest that printers know"

    def do_bc(self, given: str) -> None:
        way, height, line, above, check, mode = given.split(",")
        assert (line, above, check, mode) == ("N", "N", "N", "N")
        self.code = way, int(height)

    def do_fd(self, given: str) -> None:
        assert re.fullmatch(r">;(\d\d)+", given), "start C, then pairs of digits"
        bits = "".join(barcode.get("code128", given[2:]).build())
        row = np.array([int(bit) for bit in bits], np.uint8).repeat(self.module)
        way, height = self.code
        bars = np.tile(row, (height, 1))
        self.print(np.rot90(bars, -1) if way == "R" else bars)

    def do_gb(self, given: str) -> None:
        width, height, thick = map(int, given.split(","))
        box = np.ones((height, width), np.uint8)
        box[thick : height - thick, thick : width - thick] = 0
        self.print(box)

    def do_gf(self, given: str) -> None:
        how, sent, total, row_bytes, data = given.split(",", 4)
        assert how == "A"
        assert sent == total
        rows = unpacked(data, int(row_bytes))
        assert len(rows) * int(row_bytes) == int(total)
        bits = [np.unpackbits(np.frombuffer(bytes.fromhex(row), np.uint8)) for row in rows]
        self.print(np.array(bits))

    def do_fs(self, given: str) -> None:
        assert given == ""

    def print(self, ink: Dots) -> None:
        """Burn dots; white ones leave what is there. Nothing may stand beside the label."""
        (left, top), label = self.at, self.labels[-1]
        rows, columns = np.nonzero(ink)
        assert top + rows.max() < label.shape[0]
        assert left + columns.max() < label.shape[1]
        label[top + rows, left + columns] = 0


def unpacked(data: str, row_bytes: int) -> list[str]:
    """Undo the shortening of ^GFA: counts, `,` for white to the end of a row, `:` for the same."""
    digits, row, times = row_bytes * 2, "", 0
    rows: list[str] = []
    for letter in data:
        if "G" <= letter <= "Y":
            times += ord(letter) - ord("G") + 1
        elif "g" <= letter <= "z":
            times += 20 * (ord(letter) - ord("g") + 1)
        elif letter == ":":
            assert row == ""
            row = rows[-1]
        elif letter == ",":
            row = row.ljust(digits, "0")
        else:
            assert letter in "0123456789ABCDEF", letter
            row, times = row + letter * (times or 1), 0
        assert len(row) <= digits
        if len(row) == digits:
            rows.append(row)
            row = ""
    assert row == ""
    return rows
