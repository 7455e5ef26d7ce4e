"""Writes HEIC pictures: HEVC with samples as they are (I_PCM), in the container of phones.

No library that writes HEIC may be used here, but to write it without compressing needs little:
every block of 16 x 16 is a slice of its own, which says "one block, samples follow", and there they
are. [ITU-T H.265 7.3 and 9.3.4, ISO/IEC 14496-15 8.3, ISO/IEC 23008-12]
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
_BLOCK = 16
_VPS, _SPS, _PPS, _IDR = 32, 33, 34, 19
# The bits of the arithmetic coder, always the same since every slice begins it anew: "not split,
# samples follow", and "the slice ends"; each with the bit that stops it.
_SAMPLES_FOLLOW, _SLICE_ENDS = "100001101", "111111101"
_LEVEL = 186  # 6.2


class _Bits:
    """Writes bits, the highest first."""

    def __init__(self) -> None:
        self._text = ""

    def put(self, value: int, count: int = 1) -> _Bits:
        self._text += f"{value:0{count}b}"
        return self

    def raw(self, text: str) -> _Bits:
        self._text += text
        return self

    def codes(self, *values: int) -> _Bits:
        """Write Exp-Golomb codes."""
        for value in values:
            text = f"{value + 1:b}"
            self._text += "0" * (len(text) - 1) + text
        return self

    def zeros(self) -> _Bits:
        """Fill the byte up."""
        self._text += "0" * (-len(self._text) % 8)
        return self

    def content(self) -> bytes:
        assert len(self._text) % 8 == 0
        return bytes(int(self._text[at : at + 8], 2) for at in range(0, len(self._text), 8))

    def stopped(self) -> bytes:
        """End with a one and zeros."""
        return self.put(1).zeros().content()


def _unit(kind: int, payload: bytes) -> bytes:
    """Wrap a NAL unit: two zeros are never followed by less than a four."""
    made, zeros = bytearray([kind << 1, 1]), 0
    for byte in payload:
        if zeros == 2 and byte <= 3:
            made.append(3)
            zeros = 0
        made.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(made)


def _profile(bits: _Bits) -> _Bits:
    """Main Still Picture, progressive."""
    return bits.put(3, 8).put(0x7000_0000, 32).put(9, 4).put(0, 44).put(_LEVEL, 8)


def _video_parameters() -> bytes:
    bits = _Bits().put(0, 4).put(3, 2).put(0, 6).put(0, 3).put(1).put(0xFFFF, 16)
    _profile(bits).put(1).codes(0, 0, 0).put(0, 6).codes(0).put(0, 2)
    return _unit(_VPS, bits.stopped())


def _sequence_parameters(width: int, height: int) -> bytes:
    bits = _profile(_Bits().put(0, 4).put(0, 3).put(1)).codes(0, 1, width, height)
    bits.put(0).codes(0, 0, 0).put(1).codes(0, 0, 0)
    bits.codes(1, 0, 0, 2, 0, 0)  # blocks of 16 alone; transforms of 4 to 16
    bits.put(0, 3).put(1).put(7, 4).put(7, 4).codes(1, 0).put(1)  # samples of 8 bits, as they are
    return _unit(_SPS, bits.codes(0).put(0, 5).stopped())


def _picture_parameters() -> bytes:
    bits = _Bits().codes(0, 0).put(0, 2).put(0, 3).put(0, 2).codes(0, 0, 0).put(0, 3).codes(0, 0)
    bits.put(0, 7).put(1).put(0).put(1)  # nothing is smoothed
    return _unit(_PPS, bits.put(0, 2).codes(0).put(0, 2).stopped())


def _slice(number: int, of: int, block: Grey) -> bytes:
    bits = _Bits().put(int(number == 0)).put(0).codes(0)
    if number:
        bits.put(number, (of - 1).bit_length())
    bits.codes(2, 0).put(1).zeros().raw(_SAMPLES_FOLLOW).zeros()
    colourless = bytes([128]) * (_BLOCK * _BLOCK // 2)
    end = _Bits().raw(_SLICE_ENDS).zeros().content()
    return _unit(_IDR, bits.content() + block.tobytes() + colourless + end)


def heic(grey: Grey, turns: int = 0) -> bytes:
    """A HEIC file; the sides are whole blocks of 16, turned by quarters against the clock."""
    height, width = grey.shape
    across, down = width // _BLOCK, height // _BLOCK
    assert (across * _BLOCK, down * _BLOCK) == (width, height)
    blocks = [
        np.ascontiguousarray(grey[y : y + _BLOCK, x : x + _BLOCK])
        for y in range(0, height, _BLOCK)
        for x in range(0, width, _BLOCK)
    ]
    slices = [_slice(number, len(blocks), block) for number, block in enumerate(blocks)]
    parameters = [_video_parameters(), _sequence_parameters(width, height), _picture_parameters()]
    data = b"".join(struct.pack(">I", len(each)) + each for each in slices)
    return _file(_configuration(parameters), width, height, turns, data)


# --- the container --------------------------------------------------------------------------------


def _box(kind: bytes, *contents: bytes) -> bytes:
    inner = b"".join(contents)
    return struct.pack(">I", len(inner) + 8) + kind + inner


def _full(kind: bytes, *contents: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *contents)


def _configuration(parameters: list[bytes]) -> bytes:
    head = struct.pack(">BBIHIB", 1, 3, 0x7000_0000, 0x9000, 0, _LEVEL)
    head += struct.pack(">HBBBBHBB", 0xF000, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0x0F, len(parameters))
    kinds = (_VPS, _SPS, _PPS)
    return head + b"".join(
        struct.pack(">BHH", 0x80 | kind, 1, len(each)) + each
        for kind, each in zip(kinds, parameters, strict=True)
    )


def _file(configuration: bytes, width: int, height: int, turns: int, data: bytes) -> bytes:
    kind = _box(b"ftyp", b"heic", bytes(4), b"mif1", b"heic")
    properties = _box(
        b"ipco",
        _box(b"hvcC", configuration),
        _full(b"ispe", struct.pack(">II", width, height)),
        _box(b"irot", bytes([turns])),
    )
    uses = _full(b"ipma", struct.pack(">IHBBBB", 1, 1, 3, 0x81, 0x02, 0x83))

    def meta(at: int) -> bytes:
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4), b"pict", bytes(13)),
            _full(b"pitm", struct.pack(">H", 1)),
            _full(b"iloc", struct.pack(">HHHHHII", 0x4400, 1, 1, 0, 1, at, len(data))),
            _full(b"iinf", struct.pack(">H", 1),
                  _full(b"infe", struct.pack(">HH", 1, 0), b"hvc1", b"\0", version=2)),
            _box(b"iprp", properties, uses),
        )  # fmt: skip

    at = len(kind) + len(meta(0)) + 8
    return kind + meta(at) + _box(b"mdat", data)
