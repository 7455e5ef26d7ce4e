"""Takes apart what an HID-POS scanner sends: reports of 64 bytes, a long code in several of them.

A report (USB HID Point of Sale, usage page 0x8C; hidapi gives the report's id first): the id, the
length of the data, the AIM identifier of the symbology (three bytes), up to 56 bytes of data, two
bytes of the maker's own, and a last byte whose lowest bit says that the code goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.lines import LONGEST_CODE

USAGE_PAGE = 0x8C
REPORT_BYTES = 64
_SCANNED_DATA = 2  # the id of the reports that hold data
_LENGTH, _DATA, _END_OF_DATA, _GOES_ON = 1, 5, 61, 63
_MORE = 0x01


@dataclass(slots=True)
class Reports:
    """Puts the reports of one scanner together."""

    _begun: bytearray = field(default_factory=bytearray)

    def take(self, report: bytes) -> bytes | None:
        """Take a report in; return a whole code once it is there.

        A report that holds no data (a setting, a status), or is cut off, is left out.
        """
        if len(report) <= _DATA or report[0] != _SCANNED_DATA:
            return None
        length = min(report[_LENGTH], _END_OF_DATA - _DATA)
        self._begun += report[_DATA : _DATA + length]
        goes_on = len(report) > _GOES_ON and report[_GOES_ON] & _MORE
        return None if goes_on and len(self._begun) < LONGEST_CODE else self.rest()

    def rest(self) -> bytes | None:
        """Return what there is of a code whose end never came, and forget it."""
        code, self._begun = bytes(self._begun), bytearray()
        return code or None
