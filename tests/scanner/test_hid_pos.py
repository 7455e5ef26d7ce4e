"""An HID-POS scanner's reports, byte by byte as the makers' manuals give them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.hid_pos import REPORT_BYTES, Reports
from scanner.lines import LONGEST_CODE

BOARDING_PASS = b"M1GATHERGOOD/MICHAEL YABCDEF LHRDURAK 3542 052Y003D23  " + b" 100"


def report(data: bytes, *, more: bool = False, aim: bytes = b"]C0", kind: int = 2) -> bytes:
    """A report as it comes over the cable; what the data leaves free is zero."""
    made = bytes([kind, len(data)]) + aim + data.ljust(56, b"\0") + b"s\0" + bytes([more])
    assert len(made) == REPORT_BYTES
    return made


def test_a_code_comes_in_one_report() -> None:
    assert Reports().take(report(b"10267000000123")) == b"10267000000123"


def test_a_recorded_report_is_read() -> None:
    """Code 128, `10267000000123` and the carriage return that some scanners are set to send."""
    recorded = bytes.fromhex("020f5d433031303236373030303030303132330d") + bytes(41)
    recorded += bytes.fromhex("6a0000")
    assert Reports().take(recorded) == b"10267000000123\r"


def test_a_long_code_comes_in_two_reports() -> None:
    scanner = Reports()
    assert scanner.take(report(BOARDING_PASS[:56], more=True, aim=b"]Q0")) is None
    assert scanner.take(report(BOARDING_PASS[56:], aim=b"]Q0")) == BOARDING_PASS
    assert scanner.take(report(b"10267000000123")) == b"10267000000123"


def test_the_beginning_of_a_code_is_kept_when_the_cable_is_pulled() -> None:
    scanner = Reports()
    scanner.take(report(BOARDING_PASS[:56], more=True))
    assert scanner.rest() == BOARDING_PASS[:56]
    assert scanner.rest() is None


def test_other_reports_are_no_codes() -> None:
    scanner = Reports()
    assert scanner.take(report(b"\x01\x02", kind=4)) is None
    assert scanner.take(b"") is None
    assert scanner.take(b"\x02\x0e]C0") is None
    assert scanner.take(report(b"")) is None


def test_a_code_that_never_ends_is_cut() -> None:
    scanner = Reports()
    codes = [scanner.take(report(b"7" * 56, more=True)) for _ in range(200)]
    assert LONGEST_CODE <= max(len(code) for code in codes if code) < LONGEST_CODE + 56


@given(st.lists(st.binary(max_size=80)))
def test_whatever_comes_does_no_harm(reports: list[bytes]) -> None:
    scanner = Reports()
    codes = [code for each in reports if (code := scanner.take(each)) is not None]
    assert all(codes)
    assert sum(map(len, codes)) <= sum(map(len, reports))
