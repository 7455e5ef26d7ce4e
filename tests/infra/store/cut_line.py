"""A line to a server that is cut at a chosen moment: about a request that carries certain words."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from enum import Enum, auto
from types import TracebackType
from typing import Self

_PIECE = 65536


class Cut(Enum):
    """When the line is cut about a request."""

    BEFORE = auto()  # it never reaches the server
    UNSEEN = auto()  # the server has it, nobody waits for what it does
    ANSWERED = auto()  # the server has done it; the answer is lost


class CutLine:
    """Passes on what comes, on a port of this machine, until a request with the words comes by."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._words, self._cut, self._times, self._closing = b"", Cut.BEFORE, 0, False
        self._lost: set[socket.socket] = set()  # whose answers do not arrive
        self._open = threading.Event()
        self._open.set()
        self._ends: list[socket.socket] = []
        self.cuts = 0
        self.was_cut = threading.Event()

    def cut_about(self, words: bytes, cut: Cut, times: int = 1, *, close: bool = False) -> None:
        """Be cut, so many times; closed, nobody is let through from then on until `open`."""
        self._words, self._cut, self._times, self._closing = words, cut, times, close

    def open(self) -> None:
        """Let new connections through."""
        self._open.set()

    def close(self) -> None:
        """Cut all lines, and let no new one through."""
        self._open.clear()
        self._sever(*self._ends)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.close()
        self._sever(*self._ends)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if not self._open.is_set():
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [near, far]
                for carry in (self._forth, self._back):
                    threading.Thread(target=carry, args=(near, far), daemon=True).start()

    def _forth(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while piece := near.recv(_PIECE):
                if self._times and self._words in piece:
                    self._times -= 1
                    self._cut_about(piece, near, far)
                    return
                far.sendall(piece)
        self._sever(near, far)

    def _cut_about(self, piece: bytes, near: socket.socket, far: socket.socket) -> None:
        self.cuts += 1
        if self._closing:
            self._open.clear()
        if self._cut is not Cut.BEFORE:
            self._lost.add(near)  # before the server can answer: it may be faster than we are
            far.sendall(piece)
        if self._cut is not Cut.ANSWERED:
            self._sever(near, far)
            self.was_cut.set()

    def _back(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while piece := far.recv(_PIECE):
                if near in self._lost:
                    break
                near.sendall(piece)
        self._sever(near, far)
        if near in self._lost:
            self.was_cut.set()

    @staticmethod
    def _sever(*ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
