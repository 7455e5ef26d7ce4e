"""Scanners that are no keyboards: on a serial line, as HID-POS devices, or on standard input.

Each is a wire from which codes are read as they come. A pulled cable is told by UnpluggedError;
whoever listens plugs in again.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, BinaryIO, Protocol

import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from domain.errors import QolhatError
from scanner.hid_pos import REPORT_BYTES, USAGE_PAGE, Reports
from scanner.lines import Lines

STANDARD_INPUT = "-"
HID = "hid"
DEFAULT_BAUD = 9600
_AT_ONCE = 4096  # bytes
_HEX = 16


class ScannerMissingError(QolhatError):
    """There is no such scanner, or it may not be opened; the facts say which and why."""

    code = "scanner-missing"


class UnpluggedError(Exception):
    """The cable was pulled, or the device has gone otherwise."""


class EndedError(Exception):
    """Nothing more will come: standard input has ended."""


class Wire(Protocol):
    """A scanner that is plugged in."""

    def read(self, seconds: float) -> list[str]:
        """Wait so long for codes, and return what came. Raises UnpluggedError, EndedError."""

    def rest(self) -> list[str]:
        """Return what there is of a code whose end has not come."""

    def close(self) -> None:
        """Let go of the device."""


@dataclass(frozen=True, slots=True)
class Plugged:
    """A scanner that is there: by which port it is opened, and what it says it is."""

    port: str
    name: str


def plugged() -> list[Plugged]:
    """List the serial ports and the HID-POS scanners of this machine."""
    ports = [Plugged(each.device, _description(each)) for each in list_ports.comports()]
    return sorted(ports, key=lambda each: each.port) + [_named(each) for each in _hid_scanners()]


def _description(port: ListPortInfo) -> str:
    """Return what a port says it is; a socket of the machine's own says nothing."""
    return "" if port.description in (None, "n/a") else port.description


def opener(port: str, baud: int = DEFAULT_BAUD) -> Callable[[], Wire]:
    """Return what opens a port: `-`, `hid`, `hid:VENDOR:PRODUCT[:SERIAL]`, or a serial port.

    It raises ScannerMissingError.
    """
    if port == STANDARD_INPUT:
        return StandardInput
    kind, _, wanted = port.partition(":")
    if kind == HID:
        return lambda: HidWire(port, wanted)
    return lambda: SerialWire(port, baud)


def _missing(port: str, error: OSError) -> ScannerMissingError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ScannerMissingError(port=port, reason=reason)


# --- serial --------------------------------------------------------------------------------------


class SerialWire:
    """A scanner on a serial line, also one that makes itself a serial port over USB."""

    def __init__(self, port: str, baud: int) -> None:
        """Open the port. Raises ScannerMissingError."""
        alone = True if os.name == "posix" else None  # Windows gives a port to one alone anyhow
        try:
            self._serial = serial.Serial(port, baud, exclusive=alone)
        except OSError as error:
            raise _missing(port, error) from error
        except ValueError as error:  # such a speed is none
            raise ScannerMissingError(port=port, reason=str(error)) from error
        self._lines = Lines()

    def read(self, seconds: float) -> list[str]:
        """Return the codes that came; a pause ends a code as well."""
        try:
            if self._serial.timeout != seconds:
                self._serial.timeout = seconds
            piece = self._serial.read(1)
            if not piece:
                return self._lines.rest()
            return self._lines.take(piece + self._serial.read(self._serial.in_waiting))
        except (OSError, TypeError) as error:  # pyserial stumbles over a port that was closed
            raise UnpluggedError from error

    def rest(self) -> list[str]:
        """Return the beginning of a code that was cut off."""
        return self._lines.rest()

    def close(self) -> None:
        """Close the port."""
        self._serial.close()


# --- HID-POS -------------------------------------------------------------------------------------


def _hid() -> Any:
    """On Linux the kernel's driver tells what a device is for; libusb's does not."""
    with_kernel = sys.platform == "linux" and find_spec("hidraw") is not None
    return importlib.import_module("hidraw" if with_kernel else "hid")


def _hid_scanners() -> list[dict[str, Any]]:
    return [each for each in _hid().enumerate() if each["usage_page"] == USAGE_PAGE]


def _named(found: dict[str, Any]) -> Plugged:
    words = (found.get("manufacturer_string"), found.get("product_string"))
    return Plugged(f"{HID}:{_identity(found)}", " ".join(word for word in words if word))


def _identity(found: dict[str, Any]) -> str:
    parts = [f"{found['vendor_id']:04x}", f"{found['product_id']:04x}"]
    serial_number = found.get("serial_number")
    return ":".join([*parts, serial_number] if serial_number else parts)


class HidWire:
    """An HID-POS scanner: it sends reports, not keys, so that no layout can spoil them."""

    def __init__(self, port: str, wanted: str) -> None:
        """Open the first scanner whose identity begins as wanted. Raises ScannerMissingError."""
        fits = (each for each in _hid_scanners() if _identity(each).startswith(wanted))
        found = next(fits, None)
        if found is None:
            raise _missing(port, OSError(errno.ENOENT, ""))
        self._device = _hid().device()
        try:
            self._device.open_path(found["path"])
        except OSError as error:
            raise _missing(port, error) from error
        self._reports, self._lines = Reports(), Lines()

    def read(self, seconds: float) -> list[str]:
        """Return the code that came; it needs no end, and may have one."""
        try:
            report = bytes(self._device.read(REPORT_BYTES, round(seconds * 1000)))
        except (OSError, ValueError) as error:
            raise UnpluggedError from error
        code = self._reports.take(report) if report else self._reports.rest()
        return [] if code is None else [*self._lines.take(code), *self._lines.rest()]

    def rest(self) -> list[str]:
        """Return the beginning of a code that was cut off."""
        code = self._reports.rest()
        return [] if code is None else [*self._lines.take(code), *self._lines.rest()]

    def close(self) -> None:
        """Close the device."""
        self._device.close()


# --- standard input ------------------------------------------------------------------------------


class StandardInput:
    """Lines typed into this terminal, or sent through a pipe; a pause ends none of them."""

    def __init__(self) -> None:
        """Begin to read, in a thread: not every system can wait for input for a while."""
        self._lines = Lines(sys.stdin.encoding)
        self._pieces: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=self._read_on, args=(sys.stdin.buffer,), daemon=True).start()

    def _read_on(self, stream: BinaryIO) -> None:
        piece = b"?"
        while piece:
            piece = _piece_of(stream)
            self._pieces.put(piece)

    def read(self, seconds: float) -> list[str]:
        """Return the lines that came. Raises EndedError."""
        try:
            piece = self._pieces.get(timeout=seconds)
        except Empty:
            return []
        if not piece:
            raise EndedError
        return self._lines.take(piece)

    def rest(self) -> list[str]:
        """Return the last line, if it had no end."""
        return self._lines.rest()

    def close(self) -> None:
        """Leave standard input open: it is not ours."""


def _piece_of(stream: BinaryIO) -> bytes:
    """Read beneath the buffer where that is possible: a program may not end while it is locked."""
    try:
        return os.read(stream.fileno(), _AT_ONCE)
    except (OSError, ValueError):  # no file at all, as in tests; or it was closed
        pass
    try:
        return stream.read(_AT_ONCE)
    except (OSError, ValueError):
        return b""
