"""The scan log of another device is replayed: whatever its encoding, however often, cut or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.numbers import PacketNumber, badge_code
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.replay import COLUMNS, BadScanLogError, LineOutcome, parse_instant, replay
from infra.requests import Status
from infra.settings import Settings
from tests.office import Office, SettableClock
from tests.stories import CENTRE, PEOPLE, place

HEADER = ",".join(COLUMNS)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = SettableClock()
    with bootstrap(Settings(data_dir=tmp_path / "data"), now=clock) as qolhat:
        office = Office(qolhat, clock)
        clock.at = office.at(600)
        yield office


@pytest.fixture
def qolhat(office: Office) -> Qolhat:
    return office.qolhat


def line(office: Office, ref: str, code: object, minute: float, role: Role, **odd: object) -> str:
    """A line as a device writes it."""
    fields = {
        "scan_id": ref,
        "code": code,
        "place": place(role),
        "person": PEOPLE[role],
        "device": 1,
        "counter": int(minute),
        "happened_at": office.at(minute).isoformat(),
    }
    return ",".join(str(value) for value in (fields | odd).values())


def written(folder: Path, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
    """A scan log."""
    file = folder / "scans.csv"
    file.write_bytes((end.join(lines) + end).encode(encoding))
    return file


def day(office: Office, number: PacketNumber) -> list[str]:
    """Five lines: accepted, accepted, repeated, unsettled, deviating."""
    return [
        line(office, "a", number, 20, Role.COLLECTING),
        line(office, "b", number, 60, Role.COURIER),
        line(office, "b", number, 60, Role.COURIER),
        line(office, "c", badge_code(CENTRE, 1), 61, Role.COURIER),
        line(office, "d", number, 90, Role.HEAD),
    ]


def test_every_line_of_a_log_has_its_outcome_and_number(office: Office, tmp_path: Path) -> None:
    number, _ = office.register()
    office.clock.at = office.at(600)
    told: list[LineOutcome] = []
    seen: list[tuple[int, int]] = []
    half = line(office, "e", number, 95, Role.HEAD)[:30]
    no_id = line(office, "", number, 95, Role.HEAD)
    no_person = line(office, "f", number, 95, Role.HEAD, person="Асқар")
    file = written(tmp_path, HEADER, *day(office, number), no_id, no_person, half)
    report = replay(office.qolhat.desk, file, lambda a, b: seen.append((a, b)), told.append)
    assert report.lines == len(told) == 8
    assert report.counts == {
        Status.ACCEPTED: 2,
        Status.DUPLICATE: 1,
        Status.UNSETTLED: 1,
        Status.DEVIATION: 1,
        Status.REFUSED: 3,
    }
    assert [o.line for o in report.named[Status.REFUSED]] == [7, 8, 9]
    assert [o.line for o in report.named[Status.DEVIATION]] == [6]
    assert seen[-1] == (file.stat().st_size, file.stat().st_size)
    again = replay(office.qolhat.desk, file)
    assert again.counts[Status.DUPLICATE] == 5
    assert again.counts[Status.REFUSED] == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_logs_come_in_the_encodings_of_the_country(
    office: Office, tmp_path: Path, encoding: str, end: str
) -> None:
    number, _ = office.register()
    office.clock.at = office.at(600)
    damaged = line(office, "x", "үзілген", 61, Role.COURIER)
    if encoding == "windows-1251":
        damaged = line(office, "x", "порван", 61, Role.COURIER)
    lines = [HEADER, *day(office, number), damaged]
    report = replay(office.qolhat.desk, written(tmp_path, *lines, encoding=encoding, end=end))
    assert report.counts[Status.UNSETTLED] == 2
    assert report.counts[Status.ACCEPTED] == 2
    kept = office.qolhat.vault.get("scan/x")
    assert kept is not None
    assert kept["code"] in {"үзілген", "порван"}


def test_semicolons_and_other_column_orders_are_understood(office: Office, tmp_path: Path) -> None:
    number, _ = office.register()
    office.clock.at = office.at(600)
    header = "happened_at;counter;device;person;place;code;scan_id;remark"
    cells = [office.at(20).isoformat(), 1, 1, 2, place(Role.COLLECTING), number, "z", "ескерту"]
    file = written(tmp_path, header, ";".join(str(cell) for cell in cells))
    assert replay(office.qolhat.desk, file).counts[Status.ACCEPTED] == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b,c\n1,2,3\n",
        "штрихкод;уақыт\n".encode(),
        b"\xff\xfe\x00\x00" + bytes(range(128, 256)) * 3 + b"\x98",
    ],
)
def test_a_file_that_is_no_scan_log_is_refused_before_anything_is_recorded(
    qolhat: Qolhat, tmp_path: Path, content: bytes
) -> None:
    before = qolhat.log.rows.last_position()
    file = tmp_path / "scans.csv"
    file.write_bytes(content)
    with pytest.raises(BadScanLogError):
        replay(qolhat.desk, file)
    with pytest.raises(BadScanLogError):
        replay(qolhat.desk, tmp_path / "missing.csv")
    assert qolhat.log.rows.last_position() == before


def test_a_time_without_a_zone_waits_for_somebody(office: Office, tmp_path: Path) -> None:
    number, _ = office.register()
    office.clock.at = office.at(600)
    naive = line(office, "n", number, 20, Role.COLLECTING, happened_at="2026-11-16T09:20:00")
    none = line(office, "m", number, 20, Role.COLLECTING, happened_at="кеше")
    report = replay(office.qolhat.desk, written(tmp_path, HEADER, naive, none))
    assert [o.detail for o in report.named[Status.UNSETTLED]] == ["no-zone", "no-zone"]
    kept = office.qolhat.vault.get("scan/m")
    assert kept is not None
    assert kept["time"] == "кеше"


def test_a_line_without_end_or_with_a_broken_quote_harms_nobody(
    office: Office, tmp_path: Path
) -> None:
    number, _ = office.register()
    office.clock.at = office.at(600)
    good = line(office, "ok", number, 20, Role.COLLECTING)
    report = replay(office.qolhat.desk, written(tmp_path, HEADER, good, "x" * 100_000, "a\0b"))
    assert report.counts[Status.ACCEPTED] == 1
    assert report.counts[Status.REFUSED] >= 2


def test_a_torn_quote_swallows_no_line_after_it(office: Office, tmp_path: Path) -> None:
    number, _ = office.register()
    office.clock.at = office.at(600)
    torn = line(office, "torn", number, 20, Role.COLLECTING).replace(",", ',"', 1)
    good = [line(office, f"ok-{n}", number, 30 + n, Role.COLLECTING) for n in range(5)]
    long = "x" * 50_000
    report = replay(office.qolhat.desk, written(tmp_path, HEADER, torn, "", long, *good))
    assert [each.line for each in report.named[Status.REFUSED]] == [2, 4]
    assert report.counts[Status.ACCEPTED] == len(good)


def test_instants_are_read_with_their_zone_or_not_at_all() -> None:
    assert parse_instant("2026-11-16T09:20:00+05:00") == parse_instant("2026-11-16T04:20:00Z")
    assert parse_instant("2026-11-16T09:20:00") is None
    assert parse_instant("0001-01-01T00:00:00+14:00") is None
    assert parse_instant("") is None
