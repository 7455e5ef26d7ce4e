"""Cameras and films: what they see comes out as codes, once, and never because of one frame."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from domain.numbers import packet_number
from infra.cameras import CameraMissingError, opener, shown
from infra.scanners import EndedError, UnpluggedError
from tests.films import film, frame

FIRST, SECOND, THIRD = (str(packet_number(267, serial)) for serial in (1, 2, 3))


def seen(wire: Any, patience: float = 20) -> list[str]:
    """Look until the end."""
    found: list[str] = []
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            found += wire.read(0.5)
        except (EndedError, UnpluggedError):
            return found
    raise AssertionError("it does not end")


def test_a_film_of_labels_tells_each_once(tmp_path: Path) -> None:
    """A label that is seen in one frame only may be misread; one that came back counts again."""
    shots: list[tuple[tuple[object, ...], int]] = [
        ((), 3),
        ((FIRST,), 8),
        ((SECOND,), 1),
        ((FIRST,), 8),
        ((FIRST, THIRD), 6),
        ((), 35),
        ((FIRST,), 5),
    ]
    wire = opener(str(film(tmp_path / "desk.avi", shots)))()
    assert seen(wire) == [FIRST, THIRD, FIRST]
    wire.close()


def test_what_is_seen_is_shown_in_a_picture(tmp_path: Path) -> None:
    file = tmp_path / "seen.jpg"
    wire = opener(str(film(tmp_path / "desk.avi", [((FIRST,), 5)])), file)()
    seen(wire)
    picture = cv2.imread(str(file))
    assert picture is not None
    green = (picture[:, :, 1] > 120) & (picture[:, :, 0] < 100) & (picture[:, :, 2] < 60)
    assert green.any(), "the code that was accepted has no outline"
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".tmp"] == []


def test_no_camera_and_no_film_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken.avi"
    broken.write_bytes(b"RIFF....AVI no film")
    for source in (str(tmp_path / "none.avi"), str(broken), "63"):
        with pytest.raises(CameraMissingError) as refused:
            opener(source)()
        assert refused.value.facts["port"] == source


def test_the_password_of_a_camera_is_not_told() -> None:
    assert shown("rtsp://user:secret@camera.example:554/desk?key=1") == (
        "rtsp://camera.example:554/desk"
    )
    assert shown("0") == "0"
    assert shown("desk.avi") == "desk.avi"


class LiveCamera:
    """A camera that shows a label all the time, until the cable is pulled."""

    def __init__(self, frames: int) -> None:
        self.left = frames
        self.released = False
        self.picture = cv2.cvtColor(np.asarray(frame(FIRST)), cv2.COLOR_RGB2BGR)

    def isOpened(self) -> bool:  # noqa: N802  as OpenCV has it
        return True

    def set(self, *_: object) -> bool:
        return True

    def read(self) -> tuple[bool, Any]:
        time.sleep(0.02)
        self.left -= 1
        return self.left >= 0, self.picture if self.left >= 0 else None

    def release(self) -> None:
        self.released = True


def test_a_live_camera_tells_when_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its frames go on whether or not somebody looks: the newest is taken."""
    made: list[LiveCamera] = []

    def capture(source: int) -> LiveCamera:
        made.append(LiveCamera(frames=200))
        return made[-1]

    monkeypatch.setattr(cv2, "VideoCapture", capture)
    wire = opener("0")()
    found = wire.read(5)
    while not found:
        found = wire.read(5)
    assert found == [FIRST]
    assert seen(wire) == []
    wire.close()
    assert made[0].released


def test_a_camera_that_is_closed_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = LiveCamera(frames=10_000)
    monkeypatch.setattr(cv2, "VideoCapture", lambda source: camera)
    opener("0")().close()
    assert camera.released
