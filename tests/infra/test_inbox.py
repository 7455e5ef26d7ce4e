"""A folder of a flatbed scanner: everything in it is filed once, nothing in it is ever lost."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import infra.bootstrap
from domain.cards import Card, card_code
from domain.errors import QolhatError, WrongRoleError
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.errors import StorageFullError
from infra.inbox import DONE, UNSETTLED, Dropped, Inbox, InboxRules
from infra.settings import Settings
from scanner.bad_pictures import EmptyPictureError, NotAPictureError
from tests.office import Office, SettableClock
from tests.scanned import ReadHere, saved, sheet
from tests.stories import PEOPLE

SEPARATOR = card_code(Card.SEPARATOR)
AT_ONCE = {"quiet_seconds": 0.0, "empty_seconds": 0.0, "retry_seconds": 0.0}


@pytest.fixture(scope="module", autouse=True)
def _quickly() -> Iterator[None]:
    """Read regulations once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_regulations", "load_workdays"):
            patch.setattr(infra.bootstrap, name, cache(getattr(infra.bootstrap, name)))
        yield


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A centre and an authority; pictures are read in this process."""
    clock = SettableClock()
    with bootstrap(Settings(data_dir=tmp_path / "data"), now=clock) as qolhat:
        qolhat.reading = ReadHere()
        yield Office(qolhat, clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The scanner's folder."""
    made = tmp_path / "scans"
    made.mkdir()
    return made


def inbox_of(office: Office, folder: Path, **rules: Any) -> Inbox:
    """An inbox at the office's desk that waits for nothing, unless said otherwise."""

    def explain(error: QolhatError) -> str:
        return f"because {error.code}"

    made = Inbox(
        office.qolhat,
        folder,
        lambda: office.source(90, Role.OFFICE),
        explain,
        InboxRules(**(AT_ONCE | rules)),
    )
    made.prepare()
    return made


def swept(inbox: Inbox) -> dict[str, Dropped]:
    """What became of the files, by name."""
    return {dropped.file.name: dropped for dropped in inbox.sweep()}


def files(folder: Path) -> list[str]:
    """Every file in the folder and below it."""
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())


def filed(qolhat: Qolhat, number: PacketNumber) -> int:
    """How many pages of a packet were filed."""
    events = qolhat.log.events_of(Packet.stream(number))
    return sum(len(event.pages) for event in events if isinstance(event, Packet.PagesFiled))


def test_a_file_is_filed_and_put_away(office: Office, folder: Path) -> None:
    number = office.until_the_courier()
    (folder / "scan.tiff").write_bytes(saved("TIFF", sheet(number), sheet()))
    (dropped,) = swept(inbox_of(office, folder)).values()
    assert dropped.answer is not None
    assert [page.packet for page in dropped.answer.pages] == [number, number]
    assert filed(office.qolhat, number) == 2
    assert files(folder) == [f"{DONE}/2026-11-16/scan.tiff"]
    picture = office.qolhat.vault.picture(dropped.answer.pages[0].ref)
    assert picture is not None
    assert picture[:2] == b"\xff\xd8"


def test_the_same_page_dropped_twice_is_filed_once_and_both_files_are_put_away(
    office: Office, folder: Path
) -> None:
    number = office.until_the_courier()
    inbox, scan = inbox_of(office, folder), saved("JPEG", sheet(number))
    for _ in range(2):
        (folder / "scan.jpg").write_bytes(scan)
        assert swept(inbox)["scan.jpg"].answer
    assert filed(office.qolhat, number) == 1
    assert files(folder) == [f"{DONE}/2026-11-16/scan-2.jpg", f"{DONE}/2026-11-16/scan.jpg"]


def test_files_may_be_deleted_when_they_are_filed(office: Office, folder: Path) -> None:
    number = office.until_the_courier()
    (folder / "scan.png").write_bytes(saved("PNG", sheet(number)))
    swept(inbox_of(office, folder, delete=True))
    assert (filed(office.qolhat, number), files(folder)) == (1, [])


def test_every_file_is_a_stack_of_its_own(office: Office, folder: Path) -> None:
    number = office.until_the_courier()
    (folder / "scan1.jpg").write_bytes(saved("JPEG", sheet(number)))
    (folder / "scan2.jpg").write_bytes(saved("JPEG", sheet(text="енші")))
    told = swept(inbox_of(office, folder))["scan2.jpg"].answer
    assert told is not None
    assert [page.doubt for page in told.pages] == ["no-code"]
    assert filed(office.qolhat, number) == 1


def test_with_separators_files_are_one_stack_in_the_order_of_their_names(
    office: Office, folder: Path
) -> None:
    first, second = office.until_the_courier(), office.until_the_courier(12)
    stack = [sheet(first), sheet(text="a"), sheet(SEPARATOR), sheet(text="b"), sheet(second)]
    for place, each in enumerate((*stack, sheet(text="c")), start=8):
        (folder / f"scan{place}.png").write_bytes(saved("PNG", each))
    told = swept(inbox_of(office, folder, separators=True))
    assert list(told) == [f"scan{place}.png" for place in range(8, 14)]
    waiting = [name for name, each in told.items() if each.answer and each.answer.waiting]
    assert waiting == ["scan11.png"]
    assert (filed(office.qolhat, first), filed(office.qolhat, second)) == (2, 2)


def test_after_a_pause_a_stack_is_over(office: Office, folder: Path) -> None:
    number = office.until_the_courier()
    inbox = inbox_of(office, folder, separators=True, stack_seconds=-1.0)
    (folder / "1.png").write_bytes(saved("PNG", sheet(number)))
    (folder / "2.png").write_bytes(saved("PNG", sheet()))
    answer = swept(inbox)["2.png"].answer
    assert answer is not None
    assert len(answer.waiting) == 1


def test_what_cannot_be_read_is_put_aside_with_the_reason(office: Office, folder: Path) -> None:
    number = office.until_the_courier()
    (folder / "1.pdf").write_bytes(b"no picture at all")
    (folder / "2.jpg").write_bytes(b"")
    (folder / "3.jpg").write_bytes(saved("JPEG", sheet(number)))
    told = swept(inbox_of(office, folder))
    assert isinstance(told["1.pdf"].error, NotAPictureError)
    assert isinstance(told["2.jpg"].error, EmptyPictureError)
    assert told["3.jpg"].answer
    assert files(folder) == [
        f"{DONE}/2026-11-16/3.jpg",
        f"{UNSETTLED}/1.pdf", f"{UNSETTLED}/1.pdf.txt",
        f"{UNSETTLED}/2.jpg", f"{UNSETTLED}/2.jpg.txt",
    ]  # fmt: skip
    why = (folder / UNSETTLED / "1.pdf.txt").read_text("utf-8")
    assert why == "1.pdf: because not-a-picture\n"


def test_a_file_larger_than_a_picture_may_be_is_not_read(office: Office, folder: Path) -> None:
    with (folder / "huge.tiff").open("wb") as opened:
        opened.truncate(office.qolhat.reading.limits.bytes + 1)
    error = swept(inbox_of(office, folder))["huge.tiff"].error
    assert isinstance(error, QolhatError)
    assert error.code == "picture-too-large"


def test_a_file_that_is_still_being_written_is_not_touched(office: Office, folder: Path) -> None:
    number = office.until_the_courier()
    scan, inbox = saved("JPEG", sheet(number)), inbox_of(office, folder)
    with (folder / "scan.jpg").open("wb") as writing:
        writing.write(scan[:1000])
        writing.flush()
        assert (swept(inbox), inbox.is_idle) == ({}, False)
        writing.write(scan[1000:])
    assert swept(inbox)["scan.jpg"].answer
    assert inbox.is_idle


def test_a_file_is_left_alone_until_it_has_been_quiet_for_a_while(
    office: Office, folder: Path
) -> None:
    number = office.until_the_courier()
    (folder / "scan.jpg").write_bytes(saved("JPEG", sheet(number)))
    inbox = inbox_of(office, folder, quiet_seconds=3600.0)
    assert swept(inbox) == {}
    assert swept(inbox) == {}
    assert filed(office.qolhat, number) == 0


def test_what_is_hidden_half_copied_or_elsewhere_is_not_looked_at(
    office: Office, folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "secret.jpg"
    elsewhere.write_bytes(b"x")
    (folder / "link.jpg").symlink_to(elsewhere)
    (folder / "sub").mkdir()
    for name in (".scan.jpg", "scan.jpg.part", "~scan.tmp", "sub/scan.jpg"):
        (folder / name).write_bytes(b"x")
    inbox = inbox_of(office, folder)
    assert (swept(inbox), inbox.is_idle) == ({}, True)
    assert len(files(folder)) == 5


def test_a_full_disk_leaves_the_file_and_is_told_once(
    office: Office, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = office.until_the_courier()
    (folder / "scan.jpg").write_bytes(saved("JPEG", sheet(number)))
    inbox = inbox_of(office, folder)

    def full(*_: object) -> None:
        raise StorageFullError

    with monkeypatch.context() as patch:
        patch.setattr(type(office.qolhat.vault), "put_pictures", full)
        dropped = swept(inbox)["scan.jpg"]
        assert (type(dropped.error), dropped.left) == (StorageFullError, True)
        assert (swept(inbox), inbox.is_idle) == ({}, True)
    assert swept(inbox)["scan.jpg"].answer
    assert filed(office.qolhat, number) == 1


def test_who_was_dismissed_meanwhile_files_nothing_and_loses_nothing(
    office: Office, folder: Path
) -> None:
    number = office.until_the_courier()
    (folder / "scan.jpg").write_bytes(saved("JPEG", sheet(number)))
    office.qolhat.personnel.dismiss(PEOPLE[Role.OFFICE], since=office.at(80))
    dropped = swept(inbox_of(office, folder))["scan.jpg"]
    assert (type(dropped.error), dropped.left) == (WrongRoleError, True)
    assert files(folder) == ["scan.jpg"]


class Killed(BaseException):
    """The program ends here: nothing catches it."""


@pytest.mark.parametrize("step", ["put_pictures", "run", "replace"])
@pytest.mark.parametrize("after", [False, True])
def test_whenever_it_is_killed_nothing_is_lost_and_nothing_filed_twice(
    office: Office, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool
) -> None:
    number = office.until_the_courier()
    (folder / "scan.tiff").write_bytes(saved("TIFF", sheet(number), sheet(), sheet(number + 97)))
    owner = {
        "put_pictures": type(office.qolhat.vault),
        "run": type(office.qolhat.log.commands),
        "replace": Path,
    }[step]
    real = getattr(owner, step)

    def killed(*values: Any, **named: Any) -> None:
        if after:
            real(*values, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, killed)
        with pytest.raises(Killed):
            swept(inbox_of(office, folder))
    swept(inbox_of(office, folder))
    assert filed(office.qolhat, number) == 2
    assert files(folder) == [f"{DONE}/2026-11-16/scan.tiff"]
    position = office.qolhat.log.rows.last_position()
    (folder / DONE / "2026-11-16" / "scan.tiff").replace(folder / "again.tiff")
    swept(inbox_of(office, folder))
    assert office.qolhat.log.rows.last_position() == position
