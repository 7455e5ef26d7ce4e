"""Scanners that are no keyboards: what they send becomes codes, and a pulled cable is noticed."""

from __future__ import annotations

import io
import os
import sys
import tty
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import scanners
from infra.scanners import (
    EndedError,
    HidWire,
    Plugged,
    ScannerMissingError,
    SerialWire,
    StandardInput,
    UnpluggedError,
    Wire,
    opener,
    plugged,
)
from scanner.lines import LONGEST_CODE, Lines
from tests.scanner.test_hid_pos import report

CODE, OTHER = "10267000000123", "20267000000108"


def read(wire: Wire, count: int) -> list[str]:
    """Read until so many codes have come."""
    found: list[str] = []
    while len(found) < count:
        found += [line for line in wire.read(0.2) if line]
    return found


# --- lines ---------------------------------------------------------------------------------------


@given(st.lists(st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]))),
       st.sampled_from(["\r", "\n", "\r\n"]), st.integers(1, 20))  # fmt: skip
def test_lines_come_whole_however_they_are_cut(lines: list[str], end: str, size: int) -> None:
    sent = "".join(line + end for line in lines).encode()
    cutter = Lines()
    got = [line for at in range(0, len(sent), size) for line in cutter.take(sent[at : at + size])]
    assert [line for line in got + cutter.rest() if line] == [line for line in lines if line]


def test_a_line_without_an_end_is_kept_and_what_is_no_text_stays_visible() -> None:
    lines = Lines()
    assert lines.take(b"\xff1026") == []
    assert lines.rest() == ["\\xff1026"]
    assert lines.rest() == []


def test_a_line_that_never_ends_is_cut() -> None:
    assert [len(line) for line in Lines().take(b"7" * (LONGEST_CODE + 1))] == [LONGEST_CODE + 1]


# --- serial --------------------------------------------------------------------------------------


class Cable:
    """A serial line: what the scanner holds, and the port at the computer's end."""

    def __init__(self) -> None:
        self.scanner, there = os.openpty()
        tty.setraw(there)
        self.port = os.ttyname(there)
        self._ends = [self.scanner, there]

    def send(self, text: str) -> None:
        """The scanner reads something."""
        os.write(self.scanner, text.encode())

    def pull(self) -> None:
        """The cable is pulled."""
        while self._ends:
            os.close(self._ends.pop())


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    yield made
    made.pull()


def test_a_serial_scanner_sends_lines(cable: Cable) -> None:
    wire = opener(cable.port)()
    cable.send(f"{CODE}\r\n{OTHER}\r")
    assert read(wire, 2) == [CODE, OTHER]
    wire.close()


def test_a_pause_ends_a_code_too(cable: Cable) -> None:
    wire = SerialWire(cable.port, 9600)
    cable.send(CODE)
    assert read(wire, 1) == [CODE]
    wire.close()


def test_a_pulled_cable_is_noticed(cable: Cable) -> None:
    wire = SerialWire(cable.port, 9600)
    cable.send("1026")
    assert wire.read(0.2) == []
    cable.pull()
    with pytest.raises(UnpluggedError):
        wire.read(0.2)
    assert wire.rest() == ["1026"]
    wire.close()


def test_a_port_that_is_not_there_is_named() -> None:
    with pytest.raises(ScannerMissingError) as missing:
        opener("/dev/there-is-none")()
    assert dict(missing.value.facts) == {
        "port": "/dev/there-is-none", "reason": "No such file or directory"
    }  # fmt: skip


def test_two_do_not_read_from_one_port(cable: Cable) -> None:
    """Each would get half of the codes."""
    wire = SerialWire(cable.port, 9600)
    with pytest.raises(ScannerMissingError):
        SerialWire(cable.port, 9600)
    wire.close()


# --- HID-POS -------------------------------------------------------------------------------------


class Hid:
    """The module `hid` of a machine with a keyboard, a mouse and perhaps scanners."""

    def __init__(self, *scanners: str) -> None:
        self.reports: list[bytes] = []
        self.gone = False
        self.opened: list[bytes] = []
        self.found = [self._entry(1, b"keyboard", "")]
        self.found += [self._entry(0x8C, each.encode(), each) for each in scanners]

    @staticmethod
    def _entry(page: int, path: bytes, serial_number: str) -> dict[str, Any]:
        return {"usage_page": page, "path": path, "vendor_id": 0xC2E, "product_id": 0xB61,
                "serial_number": serial_number, "manufacturer_string": "Ойдан",
                "product_string": "Сканер"}  # fmt: skip

    def enumerate(self) -> list[dict[str, Any]]:
        return self.found

    def device(self) -> Any:
        return SimpleNamespace(open_path=self.open_path, read=self.read, close=lambda: None)

    def open_path(self, path: bytes) -> None:
        if self.gone:
            raise OSError("open failed")
        self.opened.append(path)

    def read(self, size: int, milliseconds: int) -> list[int]:
        assert size == 64
        assert milliseconds > 0
        if self.gone:
            raise OSError("read error")
        return list(self.reports.pop(0)) if self.reports else []


def with_scanners(monkeypatch: pytest.MonkeyPatch, *names: str) -> Hid:
    """Plug HID-POS scanners in."""
    hid = Hid(*names)
    monkeypatch.setattr(scanners, "_hid", lambda: hid)
    return hid


def test_an_hid_pos_scanner_sends_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    hid = with_scanners(monkeypatch, "S1")
    hid.reports = [report(CODE.encode()), report(f"{OTHER}\r".encode())]
    wire = opener("hid")()
    assert read(wire, 2) == [CODE, OTHER]
    assert hid.opened == [b"S1"]
    wire.close()


def test_a_scanner_is_chosen_by_its_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    hid = with_scanners(monkeypatch, "S1", "S2")
    opener("hid:0c2e:0b61:S2")()
    assert hid.opened == [b"S2"]
    with pytest.raises(ScannerMissingError):
        opener("hid:0c2e:0b61:S3")()


def test_without_an_hid_pos_scanner_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with_scanners(monkeypatch)
    with pytest.raises(ScannerMissingError):
        opener("hid")()


def test_an_hid_pos_scanner_may_go_in_the_middle_of_a_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hid = with_scanners(monkeypatch, "S1")
    hid.reports = [report(b"7" * 56, more=True)]
    wire = HidWire("hid", "")
    assert wire.read(0.1) == []
    hid.gone = True
    with pytest.raises(UnpluggedError):
        wire.read(0.1)
    assert wire.rest() == ["7" * 56]
    with pytest.raises(ScannerMissingError):
        HidWire("hid", "")


def test_the_rest_of_a_code_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hid = with_scanners(monkeypatch, "S1")
    hid.reports = [report(b"7" * 56, more=True), b"", report(CODE.encode())]
    assert read(HidWire("hid", ""), 2) == ["7" * 56, CODE]


def test_this_machines_scanners_are_listed(monkeypatch: pytest.MonkeyPatch, cable: Cable) -> None:
    with_scanners(monkeypatch, "S1")
    ports = [SimpleNamespace(device="COM3", description="Сканер (COM3)"),
             SimpleNamespace(device="COM1", description="n/a")]  # fmt: skip
    monkeypatch.setattr("infra.scanners.list_ports.comports", lambda: ports)
    assert plugged() == [
        Plugged("COM1", ""),
        Plugged("COM3", "Сканер (COM3)"),
        Plugged("hid:0c2e:0b61:S1", "Ойдан Сканер"),
    ]


def test_the_library_for_hid_is_there() -> None:
    """What this machine has is not known, but asking is possible."""
    assert all(each["usage_page"] == 0x8C for each in scanners._hid_scanners())


# --- standard input ------------------------------------------------------------------------------


def test_standard_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = io.TextIOWrapper(io.BytesIO(f"{CODE}\n{OTHER}".encode()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", typed)
    wire = StandardInput()
    assert read(wire, 1) == [CODE]
    with pytest.raises(EndedError):
        read(wire, 1)
    assert wire.rest() == [OTHER]
    wire.close()
    assert not typed.closed


def test_a_pause_ends_no_line_that_a_person_types(monkeypatch: pytest.MonkeyPatch) -> None:
    there, typing = os.pipe()
    with os.fdopen(there) as typed, os.fdopen(typing, "wb", buffering=0) as keys:
        monkeypatch.setattr(sys, "stdin", typed)
        wire = StandardInput()
        keys.write(b"1026 70")
        assert wire.read(0.2) == []
        assert wire.read(0.05) == []
        keys.write(b"00\n")
        assert read(wire, 1) == ["1026 7000"]
        keys.close()
        with pytest.raises(EndedError):
            read(wire, 1)
