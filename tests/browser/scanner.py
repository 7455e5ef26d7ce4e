"""A keyboard-type scanner: it types as a US keyboard, whatever layout the computer has.

The keys come to the browser as those of a real device do (trusted events): their position right,
their character made by the layout and Caps Lock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from playwright.sync_api import CDPSession, Page

Layout = Literal["us", "ru", "kk"]
LAYOUTS: tuple[Layout, ...] = ("us", "ru", "kk")

QUICKLY = 0.005  # seconds between keys, by the events' own clock: a busy machine delays them all
_SHIFT = 8  # as the browser's protocol counts modifiers
_US = ("`1234567890-=qwertyuiop[]asdfghjkl;'\\zxcvbnm,./",
       '~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|ZXCVBNM<>?')  # fmt: skip
# What Windows makes of the same 47 keys, after CLDR.
_WRITTEN: dict[Layout, tuple[str, str]] = {
    "us": _US,
    "ru": ("ё1234567890-=йцукенгшщзхъфывапролджэ\\ячсмитьбю.",
           'Ё!"№;%:?*()_+ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭ/ЯЧСМИТЬБЮ,'),
    "kk": ("(\"әіңғ,.үұқөһйцукенгшщзхъфывапролджэ\\ячсмитьбю№",
           ")!ӘІҢҒ;:ҮҰҚӨҺЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭ/ЯЧСМИТЬБЮ?"),
}  # fmt: skip
_SYMBOLS = {
    "`": "Backquote", "-": "Minus", "=": "Equal", "[": "BracketLeft", "]": "BracketRight",
    ";": "Semicolon", "'": "Quote", "\\": "Backslash", ",": "Comma", ".": "Period", "/": "Slash",
}  # fmt: skip
_ENDS = {"Enter": ("Enter", "\r", 13), "Tab": ("Tab", "", 9)}


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was pressed: where it is, what the layout makes of it."""

    code: str
    key: str
    shift: bool = False


def keys_of(text: str, layout: Layout = "us", *, caps: bool = False) -> list[Key]:
    """Return the keys by which a scanner writes a text."""
    return [_key(char, layout, caps=caps) for char in text]


def written(text: str, layout: Layout, *, caps: bool = False) -> str:
    """Return what a program that knows no better reads."""
    return "".join(key.key for key in keys_of(text, layout, caps=caps))


def _key(char: str, layout: Layout, *, caps: bool) -> Key:
    shift = char not in _US[0]
    at = _US[shift].index(char)
    plain, made = _US[0][at], _WRITTEN[layout][shift][at]
    code = f"Digit{plain}" if plain.isdigit() else _SYMBOLS.get(plain, f"Key{plain.upper()}")
    return Key(code, made.swapcase() if caps and made.isalpha() else made, shift)


class Scanner:
    """Types into whatever has the focus, quickly, and ends with Enter, Tab or nothing."""

    def __init__(
        self,
        page: Page,
        layout: Layout = "us",
        *,
        caps: bool = False,
        end: Literal["Enter", "Tab", ""] = "Enter",
        gap: float = QUICKLY,
    ) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._layout = layout
        self._caps = caps
        self._end = end
        self._gap = gap
        self._clock = 0.0

    def scan(self, text: str | int) -> None:
        """Read one barcode."""
        self._clock = time.time()
        for key in keys_of(str(text), self._layout, caps=self._caps):
            self._press(key.code, key.key, key.key, shift=key.shift)
        if self._end:
            code, text_of_key, number = _ENDS[self._end]
            self._press(code, code, text_of_key, windowsVirtualKeyCode=number)

    def _press(self, code: str, key: str, text: str, *, shift: bool = False, **more: Any) -> None:
        self._clock += self._gap
        event = {"code": code, "key": key, "modifiers": _SHIFT if shift else 0, **more}
        event["timestamp"] = self._clock
        kind = "keyDown" if text else "rawKeyDown"
        self._session.send("Input.dispatchKeyEvent", {"type": kind, "text": text, **event})
        self._session.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})
