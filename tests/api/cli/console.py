"""Types commands as people do, and reads what comes back."""

from __future__ import annotations

import io
import json
import re
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

import api.cli
from domain.numbers import PacketNumber, grouped
from tests.office import SettableClock
from tests.stories import MORNING

LANGUAGES = ("kk", "ru", "en")
_ENGLISH = re.compile(
    r"(?<![\w/-])(the|a|is|are|it|not|must|there|expected|should)(?![\w/-])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def problem(self) -> dict[str, Any]:
        """The one JSON document on standard error; there is nothing else anywhere."""
        assert self.out == ""
        told: dict[str, Any] = json.loads(self.err)
        return told

    @property
    def text(self) -> str:
        """What people read, lines joined: a terminal may break them anywhere."""
        return " ".join((self.out + self.err).split())


class Terminal:
    """Somebody at the command line; `say` runs one command in this process."""

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        capture: pytest.CaptureFixture[str],
        clock: SettableClock,
    ) -> None:
        self.clock = clock
        self._patch = patch
        self._capture = capture
        self.speak("en")

    def speak(self, language: str) -> Terminal:
        """Read in another language from now on."""
        self._patch.setenv("QOLHAT_LANGUAGE", language)
        return self

    def at(self, minute: float) -> str:
        """Set the clock to a minute of the day; return it as it is typed."""
        self.clock.at = MORNING + timedelta(minutes=minute)
        return self.clock.at.isoformat()

    def __call__(self, *words: object, typed: str | bytes = b"") -> Said:
        """Type a command (and, after it, what a scanner types); no trace may come back."""
        raw = typed.encode() if isinstance(typed, str) else typed
        return run_command(self._patch, self._capture, [str(word) for word in words], raw)


def run_command(
    patch: pytest.MonkeyPatch,
    capture: pytest.CaptureFixture[str],
    words: list[str],
    typed: bytes = b"",
) -> Said:
    """Run one command in this process; no trace may come back."""
    patch.setattr(sys, "argv", ["qolhat", *words])
    patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8"))
    capture.readouterr()
    with pytest.raises(SystemExit) as ended:
        api.cli.main()
    out, err = capture.readouterr()
    assert "Traceback" not in err
    assert isinstance(ended.value.code, int)
    return Said(ended.value.code, out, err)


def written(number: PacketNumber) -> str:
    """A packet's number as a table shows it."""
    return grouped(number)


def in_every_language(qolhat: Terminal, *words: object, typed: str = "") -> dict[str, Said]:
    """The same command for every reader: each in a language of its own, all ending alike."""
    told = {language: qolhat.speak(language)(*words, typed=typed) for language in LANGUAGES}
    assert len({said.text for said in told.values()}) == len(LANGUAGES)
    assert len({said.code for said in told.values()}) == 1
    for language in ("kk", "ru"):
        assert not _ENGLISH.search(told[language].text), told[language].text
    qolhat.speak("en")
    return told
