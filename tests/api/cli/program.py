"""The program as a process of its own: where limits, other users, signals or pipes matter."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import api.cli
from tests.api.cli.console import Said

_ROOT = Path(__file__).parents[3]
_PATIENCE = 60  # seconds


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Program:
    """Runs `qolhat` on a folder; `before` is called first, in the process of the command."""

    folder: Path
    language: str = "en"
    before: Callable[[], None] = _nothing

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of this process's own settings gets in."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("QOLHAT_")}
        given = {"QOLHAT_DATA_DIR": str(self.folder), "QOLHAT_LANGUAGE": self.language}
        return kept | given | {"PYTHONPATH": str(_ROOT), "COLUMNS": "500"}

    def run(self, *words: object, typed: str = "", out: int | None = None) -> Said:
        """Run a command to its end in a fork (a new Python takes seconds); no trace comes back.

        What it prints is read here, unless another file takes it: `out`.
        """
        (out_here, out_there), (err_here, err_there) = os.pipe(), os.pipe()
        with tempfile.TemporaryFile() as keyboard:
            keyboard.write(typed.encode())
            keyboard.seek(0)
            child = os.fork()
            if not child:
                files = keyboard.fileno(), out_there if out is None else out, err_there
                self._become(files, [str(word) for word in words])
        os.close(out_there)
        os.close(err_there)
        with ThreadPoolExecutor(2) as pool:
            told, wrong = pool.map(_read, (out_here, err_here))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert "Traceback" not in wrong, wrong
        return Said(code, told, wrong)

    def _become(self, files: tuple[int, int, int], words: list[str]) -> NoReturn:
        code: object = -1
        try:
            signal.alarm(_PATIENCE)
            for number, file in enumerate(files):
                os.dup2(file, number)
            os.environ.clear()
            os.environ.update(self.environment)
            sys.stdin, sys.stdout, sys.stderr = (
                os.fdopen(number, mode, encoding="utf-8") for number, mode in enumerate("rww")
            )
            sys.argv = ["qolhat", *words]
            self.before()
            api.cli.main()
        except SystemExit as ended:
            code = ended.code
        except BaseException:  # noqa: BLE001  the test is told of it
            traceback.print_exc(file=sys.__stderr__)
        finally:
            _leave(code)


def _leave(code: object) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = -1
    os._exit(code if isinstance(code, int) else 1)


def _read(pipe: int) -> str:
    with os.fdopen(pipe, encoding="utf-8") as opened:
        return opened.read()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
