"""Cameras: of this machine, on the network, or a film in a file; each is a wire that reads codes.

A live camera always gives its newest frame, however long the last one took to read. A code comes
out of it when looks agree, and once while it is in view (`scanner.agreement`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread
from time import monotonic
from urllib.parse import urlsplit

import cv2
import numpy as np
import numpy.typing as npt

from infra.scanners import EndedError, ScannerMissingError, UnpluggedError
from scanner.agreement import Agreement
from scanner.found import FoundCode
from scanner.reader import OURS, read

Frame = npt.NDArray[np.uint8]
_WIDE, _HIGH = 1280, 720  # what a camera is asked for
_LOOK = 0.08  # seconds of a film from one look to the next
_PREVIEW = 1.0  # seconds between two pictures
_PATIENCE = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 5000]
_SEEN, _TOLD = (0, 170, 255), (60, 160, 0)  # blue, green, red
_THIN, _THICK = 2, 6


class CameraMissingError(ScannerMissingError):
    """There is no such camera or film, or it does not open."""

    code = "camera-missing"


def opener(source: str, preview: Path | None = None) -> Callable[[], CameraWire]:
    """Return what opens a camera: a number, an address (rtsp://, http://), or a film's file.

    It raises CameraMissingError. `preview` is a picture that is written again every second.
    """
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # our own errors tell it
    return lambda: CameraWire(_looking(source), preview)


def shown(source: str) -> str:
    """Return a camera's name without the password that its address may hold."""
    parts = urlsplit(source)
    if not parts.scheme or not parts.hostname:
        return source
    host = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    return parts._replace(netloc=host, query="", fragment="").geturl()


class CameraWire:
    """A camera that is open, as a scanner that is plugged in."""

    def __init__(self, looking: Live | Film, preview: Path | None = None) -> None:
        self._looking = looking
        self._preview = preview
        self._shown_at = float("-inf")
        self._agreement = Agreement()

    def read(self, seconds: float) -> list[str]:
        """Wait so long for a frame; return the codes that it makes certain.

        Raises UnpluggedError, EndedError.
        """
        looked = self._looking.look(seconds)
        if looked is None:
            return []
        frame, at = looked
        codes = read(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.uint8), OURS)
        accepted = self._agreement.saw(codes, at)
        self._show(frame, codes, accepted)
        return [each.text for each in accepted]

    def rest(self) -> list[str]:
        """Return nothing: what was not seen often enough is not believed."""
        return []

    def close(self) -> None:
        """Let go of the camera."""
        self._looking.close()

    def _show(self, frame: Frame, codes: list[FoundCode], accepted: list[FoundCode]) -> None:
        """Write what the camera sees, so that somebody can turn it the right way."""
        now = monotonic()
        if self._preview is None or (now - self._shown_at < _PREVIEW and not accepted):
            return
        self._shown_at = now
        for each in codes:
            corners = np.array(each.corners, np.int32).reshape(-1, 1, 2)
            told = each in accepted
            colour, width = (_TOLD, _THICK) if told else (_SEEN, _THIN)
            cv2.polylines(frame, [corners], isClosed=True, color=colour, thickness=width)
        written, jpeg = cv2.imencode(".jpg", frame)
        if written:
            draft = self._preview.with_suffix(".tmp")
            draft.write_bytes(jpeg.tobytes())
            draft.replace(self._preview)


# --- where frames come from ----------------------------------------------------------------------


def _looking(source: str) -> Live | Film:
    if source.isdecimal():
        capture = cv2.VideoCapture(int(source))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, _WIDE)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, _HIGH)
        return Live(_opened(capture, source))
    if "://" in source:
        return Live(_opened(cv2.VideoCapture(source, cv2.CAP_FFMPEG, _PATIENCE), source))
    return Film(_opened(cv2.VideoCapture(source), source))


def _opened(capture: cv2.VideoCapture, source: str) -> cv2.VideoCapture:
    if not capture.isOpened():
        capture.release()
        raise CameraMissingError(port=shown(source))
    return capture


class Film:
    """A film in a file, from its beginning to its end; its own clock counts."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self._rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
        self._taken = 0
        self._looked_at = float("-inf")

    def look(self, seconds: float) -> tuple[Frame, float]:
        """Return the next frame worth a look, and its second of the film. Raises EndedError."""
        del seconds  # it never waits
        while self._capture.grab():
            at = self._taken / self._rate
            self._taken += 1
            if at - self._looked_at >= _LOOK:
                self._looked_at = at
                found, frame = self._capture.retrieve()
                if found:
                    return np.asarray(frame, np.uint8), at
        raise EndedError

    def close(self) -> None:
        """Close the file."""
        self._capture.release()


class Live:
    """A camera that goes on whether or not somebody looks: a thread keeps its newest frame."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self._changed = Condition()
        self._newest: Frame | None = None
        self._gone = self._closed = False
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        found = True
        while found and not self._closed:
            found, frame = self._next()
            with self._changed:
                if found:
                    self._newest = np.asarray(frame, np.uint8)
                self._gone = not found
                self._changed.notify_all()
        self._capture.release()  # by who uses it: a camera may not be closed while it reads

    def _next(self) -> tuple[bool, object]:
        try:
            return self._capture.read()
        except cv2.error:  # a stream that breaks off in the middle of a frame
            return False, None

    def look(self, seconds: float) -> tuple[Frame, float] | None:
        """Return a frame that was not looked at yet; None if none comes. Raises UnpluggedError."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._gone, seconds)
            frame, self._newest = self._newest, None
            if frame is None:
                if self._gone:
                    raise UnpluggedError
                return None
            return frame, monotonic()

    def close(self) -> None:
        """Let the camera go; a frame that is on its way is waited for, but not for ever."""
        self._closed = True
        self._thread.join(timeout=_PREVIEW)
