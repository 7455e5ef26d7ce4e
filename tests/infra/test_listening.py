"""A day with a scanner: whatever fails, what was read is recorded once, in the order of reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from domain.intake import RawScan
from infra.errors import StorageFullError
from infra.listening import Heard, Listening, Pauses
from infra.requests import Status
from infra.scanners import EndedError, ScannerMissingError, UnpluggedError
from infra.unsent import AlreadyListeningError, BadUnsentError, Unsent
from tests.stories import MORNING

PULLED = object()  # in what a scanner sends
AT_ONCE = Pauses(reading=0, cable=0, again=0)


@dataclass
class Scanner:
    """What a scanner sends, piece by piece, over one cable or several."""

    pieces: list[object]
    away: int = 0  # how often it is looked for in vain
    begun: list[str] = field(default_factory=list)

    def plug_in(self) -> Scanner:
        """Plug it in, if it is there."""
        if self.away:
            self.away -= 1
            raise ScannerMissingError(port="p", reason="r")
        return self

    def read(self, seconds: float) -> list[str]:
        """Send the next piece."""
        if not self.pieces:
            raise EndedError
        piece = self.pieces.pop(0)
        if piece is PULLED:
            raise UnpluggedError
        return [str(piece)] if piece else []

    def rest(self) -> list[str]:
        """What was begun."""
        begun, self.begun = self.begun, []
        return begun

    def close(self) -> None:
        """Let go."""


@dataclass
class Desk:
    """Records scans, when it can."""

    failures: int = 0
    recorded: list[RawScan] = field(default_factory=list)

    def record(self, scans: Sequence[RawScan]) -> list[Heard]:
        """Record all, or none."""
        if self.failures:
            self.failures -= 1
            return [Heard(each, Status.REFUSED, "full", again=True) for each in scans]
        self.recorded += scans
        return [Heard(each, Status.ACCEPTED, "good") for each in scans]

    @property
    def codes(self) -> list[str]:
        """What was recorded, in order."""
        return [each.code for each in self.recorded]


@dataclass
class Ear:
    """What the person with the scanner was told."""

    told: list[str] = field(default_factory=list)

    def heard(self, answers: Sequence[Heard]) -> None:
        self.told += [f"{each.scan.code} {each.told}" for each in answers]

    def unplugged(self) -> None:
        self.told.append("unplugged")

    def plugged_in(self) -> None:
        self.told.append("plugged in")


def making() -> Callable[[str], RawScan]:
    """Scans, each a second after the one before."""
    made: list[RawScan] = []

    def make(code: str) -> RawScan:
        at = MORNING + timedelta(seconds=len(made))
        made.append(RawScan(f"ref-{code}", code, "", 7, 1, len(made), at))
        return made[-1]

    return make


def listened(
    folder: Path, scanner: Scanner, desk: Desk, stop: Event | None = None
) -> tuple[Listening, Ear]:
    """Listen to a scanner until it has sent everything."""
    ear, unsent = Ear(), Unsent(folder, "COM3")
    try:
        listening = Listening(scanner.plug_in, making(), desk.record, unsent, ear, AT_ONCE)
        listening.begin()
        listening.run(stop or Event())
        return listening, ear
    finally:
        unsent.close()


def codes_of(scans: Iterable[RawScan]) -> list[str]:
    return [each.code for each in scans]


def test_every_code_is_recorded_and_answered(tmp_path: Path) -> None:
    desk = Desk()
    listening, ear = listened(tmp_path, Scanner(["a", None, " \x02b\x03 ", "\x02\x03", "c"]), desk)
    assert desk.codes == ["a", "b", "c"]
    assert ear.told == ["a good", "b good", "c good"]
    assert (listening.recorded, listening.waiting) == (3, [])
    assert not listening.unsent.file.exists()


def test_what_could_not_be_recorded_is_sent_again_in_order(tmp_path: Path) -> None:
    desk = Desk(failures=2)
    _, ear = listened(tmp_path, Scanner(["a", "b", None, "c"]), desk)
    assert desk.codes == ["a", "b", "c"]
    assert [each.happened_at for each in desk.recorded] == [
        MORNING + timedelta(seconds=second) for second in range(3)
    ]  # as they were read
    assert ear.told == ["a full", "b full", "a good", "b good", "c good"]


def test_what_waits_is_told_of_once(tmp_path: Path) -> None:
    desk = Desk(failures=20)
    _, ear = listened(tmp_path, Scanner(["a", *[None] * 10, "b"]), desk)
    assert ear.told == ["a full", "b full"]


def test_what_waits_at_the_end_is_recorded_at_the_next_start(tmp_path: Path) -> None:
    listening, _ = listened(tmp_path, Scanner(["a", "b"]), Desk(failures=99))
    assert codes_of(listening.waiting) == ["a", "b"]
    assert listening.unsent.file.stat().st_mode & 0o077 == 0
    desk = Desk()
    again, _ = listened(tmp_path, Scanner([None, "c"]), desk)
    assert [each.ref for each in desk.recorded] == ["ref-a", "ref-b", "ref-c"]
    assert desk.recorded[:2] == listening.waiting  # with the time at which they were read
    assert not again.unsent.file.exists()


def test_a_program_that_was_killed_has_kept_what_could_not_be_recorded(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    class Deadly(Scanner):
        def read(self, seconds: float) -> list[str]:
            if not self.pieces:
                assert [b'"code":"a"' in line for line in written()] == [True]
                raise Killed
            return super().read(seconds)

    def written() -> list[bytes]:
        return (tmp_path / "unsent" / "COM3.jsonl").read_bytes().splitlines()

    with pytest.raises(Killed):
        listened(tmp_path, Deadly(["a"]), Desk(failures=99))


def test_a_code_is_written_down_before_it_is_recorded(tmp_path: Path) -> None:
    class Checking(Desk):
        def record(self, scans: Sequence[RawScan]) -> list[Heard]:
            lines = (tmp_path / "unsent" / "COM3.jsonl").read_bytes().splitlines()
            assert len(lines) == len(scans)
            return super().record(scans)

    listening, _ = listened(tmp_path, Scanner(["a", "b"]), Checking())
    assert listening.recorded == 2
    assert not listening.unsent.file.exists()


def test_a_pulled_cable_is_waited_for(tmp_path: Path) -> None:
    desk = Desk()

    class Loose(Scanner):
        def read(self, seconds: float) -> list[str]:
            if self.pieces[:1] == [PULLED]:
                self.away, self.begun = 3, ["10267"]
            return super().read(seconds)

    _, ear = listened(tmp_path, Loose(["a", PULLED, "b"]), desk)
    assert desk.codes == ["a", "10267", "b"]
    assert ear.told == ["a good", "unplugged", "10267 good", "plugged in", "b good"]


def test_without_the_scanner_it_does_not_begin(tmp_path: Path) -> None:
    listened(tmp_path, Scanner(["a"]), Desk(failures=9))
    with pytest.raises(ScannerMissingError):
        listened(tmp_path, Scanner([], away=1), Desk())
    assert codes_of(Unsent(tmp_path, "COM3").load()) == ["a"]


def test_told_to_stop_it_records_what_was_begun(tmp_path: Path) -> None:
    stop, desk = Event(), Desk()
    stop.set()
    listened(tmp_path, Scanner(["never read"], begun=["a"]), desk, stop)
    assert desk.codes == ["a"]


def test_a_scan_that_is_refused_for_good_does_not_hold_the_others_up(tmp_path: Path) -> None:
    class Choosy(Desk):
        def record(self, scans: Sequence[RawScan]) -> list[Heard]:
            sound = super().record([each for each in scans if each.code != "bad"])
            bad = [Heard(each, Status.REFUSED, "no", again=True)
                   for each in scans if each.code == "bad"]  # fmt: skip
            return sound + bad

    desk = Choosy()
    listening, _ = listened(tmp_path, Scanner(["bad", "a", "b"]), desk)
    assert desk.codes == ["a", "b"]
    assert codes_of(listening.waiting) == ["bad"]


def test_many_that_wait_are_sent_in_pieces(tmp_path: Path) -> None:
    sizes: list[int] = []

    class Counting(Desk):
        def record(self, scans: Sequence[RawScan]) -> list[Heard]:
            sizes.append(len(scans))
            return super().record(scans)

    listened(tmp_path, Scanner([str(each) for each in range(250)]), Desk(failures=10**6))
    desk = Counting()
    listened(tmp_path, Scanner([None]), desk)
    assert desk.codes == [str(each) for each in range(250)]
    assert sizes == [100, 100, 50]


def test_where_nothing_can_be_written_at_all_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageFullError

    monkeypatch.setattr(Unsent, "save", full)
    with pytest.raises(StorageFullError):
        listened(tmp_path, Scanner(["a"]), Desk(failures=99))


# --- the file ------------------------------------------------------------------------------------


def test_two_programs_do_not_share_a_file(tmp_path: Path) -> None:
    first = Unsent(tmp_path, "/dev/ttyUSB0")
    with pytest.raises(AlreadyListeningError):
        Unsent(tmp_path, "/dev/ttyUSB0")
    Unsent(tmp_path, "/dev/ttyUSB1").close()
    first.close()
    Unsent(tmp_path, "/dev/ttyUSB0").close()


@pytest.mark.parametrize("port", ["-", "COM3", "/dev/ttyUSB0", "hid:0c2e:0b61:S/1", "../.."])
def test_whatever_the_port_is_called_the_file_lies_in_its_folder(tmp_path: Path, port: str) -> None:
    unsent = Unsent(tmp_path, port)
    assert unsent.file.parent == tmp_path / "unsent"
    unsent.close()


def test_a_file_that_was_altered_is_not_written_over(tmp_path: Path) -> None:
    unsent = Unsent(tmp_path, "COM3")
    unsent.file.write_text('{"ref": 1', "utf-8")
    with pytest.raises(BadUnsentError):
        unsent.load()
    assert unsent.file.exists()


def test_codes_are_kept_as_they_were_read(tmp_path: Path) -> None:
    unsent = Unsent(tmp_path, "COM3")
    odd = ['"әі,.\u2028"', "\x1b[2J", "a\tb", "\\xff", "қ" * 3000]
    scans = [making()(code) for code in odd]
    unsent.save(scans)
    assert unsent.load() == scans
