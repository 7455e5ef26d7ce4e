"""Runs commands of `qolhat` and starts again what dies, as Docker's `restart: unless-stopped` does.

`python -m tests.faults.supervisor` is a process that has imported everything; each command is a
fork of it, since a new Python takes seconds. It reads orders, a JSON document a line, and tells who
was started and who has ended the same way. `Supervisor` is the end of the line in the tests.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
CLOCK_VARIABLE = "TESTS_CLOCK"  # names the file of a clock that jumps; see tests.faults.clock
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.6  # seconds before what died is started again; doubled
_LONG_LIFE = 10.0  # seconds after which a death counts as the first
_TICK = 0.02
_PATIENCE = 60.0
_LONGEST = 300.0  # seconds that a command may take


class Supervisor:
    """Says what shall run; knows what runs."""

    def __init__(self, folder: Path) -> None:
        """`folder` takes what the commands print, a file each."""
        self.folder = folder
        self.deaths: Counter[str] = Counter()
        self._pids: dict[str, int] = {}
        self._ended: dict[str, int] = {}
        self._gone = False
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.supervisor", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, name="supervisor", daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            with self._changed:
                if "pid" in told:
                    self._pids[told["name"]] = told["pid"]
                else:
                    self._pids.pop(told["name"], None)
                    self._ended[told["name"]] = told["ended"]
                    self.deaths[told["name"]] += 1
                self._changed.notify_all()
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def _await(self, come: Callable[[], bool], name: str, patience: float) -> None:
        """Wait for something that is told of a command; the lock is held."""
        self._changed.wait_for(lambda: come() or self._gone, patience)
        assert come(), f"{name}: {self.last_lines(name) or 'nothing is heard of it'}"

    def _order(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def start(self, name: str, words: list[str], environment: Mapping[str, str]) -> None:
        """Keep a command running from now on; return once it has been started."""
        self._order(do="keep", name=name, words=words, environment=dict(environment))
        self.pid(name)

    def pid(self, name: str) -> int:
        """Return the process of a command, as soon as there is one."""
        with self._changed:
            self._await(lambda: name in self._pids, name, _PATIENCE)
            return self._pids[name]

    def send(self, name: str, by: signal.Signals) -> int:
        """Send a signal to a command's process; return the process."""
        pid = self.pid(name)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, by)
        return pid

    def kill(self, name: str) -> None:
        """Kill it with SIGKILL and wait until it is dead; it will be started again."""
        deaths = self.deaths[name]
        self.send(name, signal.SIGKILL)
        with self._changed:
            self._await(lambda: self.deaths[name] > deaths, name, _PATIENCE)

    def stop(self, name: str) -> int:
        """End a command for good, as an operator does; return how it ended."""
        self._order(do="stop", name=name)
        with self._changed:
            self._await(lambda: name not in self._pids, name, _PATIENCE)
            return self._ended.get(name, 0)

    def once(self, name: str, words: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
        """Run a command to its end; return its exit code and what it printed, errors included."""
        (self.folder / f"{name}.log").unlink(missing_ok=True)
        with self._changed:
            self._ended.pop(name, None)
        self._order(do="once", name=name, words=words, environment=dict(environment))
        with self._changed:
            self._await(lambda: name in self._ended, name, _LONGEST)
        return self._ended[name], self._log(name)

    def last_lines(self, name: str) -> str:
        """Return the end of what a command has printed."""
        return self._log(name)[-4000:]

    def all_last_lines(self) -> str:
        """Return the end of what every command has printed."""
        names = sorted(file.stem for file in self.folder.glob("*.log"))
        return "\n".join(f"{name}: {self.last_lines(name)}" for name in names)

    def _log(self, name: str) -> str:
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def close(self) -> None:
        """End everything."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


# --- in the process of its own ------------------------------------------------------------------


@dataclass(slots=True)
class _Kept:
    """A command, and the process of it if one runs."""

    name: str
    words: list[str]
    environment: dict[str, str]
    again: bool
    pid: int = 0
    started: float = 0.0
    due: float = 0.0
    pause: float = field(default=_FIRST_PAUSE)


def _tell(**what: Any) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


class _Keeper:
    """Forks, waits, forks again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, _Kept] = {}
        self._orders = b""

    def run(self) -> None:
        """Do what is ordered until there is nobody left to order."""
        while self._obey():
            self._bury()
            for kept in list(self._kept.values()):
                if not kept.pid and kept.due <= time.monotonic():
                    self._start(kept)
        for kept in self._kept.values():
            if kept.pid:
                os.kill(kept.pid, signal.SIGKILL)

    def _obey(self) -> bool:
        if select.select([0], [], [], _TICK)[0]:
            read = os.read(0, 65536)
            if not read:
                return False
            *lines, self._orders = (self._orders + read).split(b"\n")
            for line in lines:
                self._follow(**json.loads(line))
        return True

    def _follow(self, do: str, name: str, **order: Any) -> None:
        if do == "stop":
            kept = self._kept[name]
            kept.again = False
            if kept.pid:
                os.kill(kept.pid, signal.SIGTERM)
            else:
                _tell(name=name, ended=0)
                del self._kept[name]
        else:
            words, environment = order["words"], order["environment"]
            self._kept[name] = _Kept(name, words, environment, again=do == "keep")

    def _bury(self) -> None:
        for kept in [each for each in self._kept.values() if each.pid]:
            pid, status = os.waitpid(kept.pid, os.WNOHANG)
            if not pid:
                continue
            _tell(name=kept.name, ended=os.waitstatus_to_exitcode(status))
            kept.pid, now = 0, time.monotonic()
            kept.pause = _FIRST_PAUSE if now - kept.started > _LONG_LIFE else kept.pause
            kept.due, kept.pause = now + kept.pause, min(kept.pause * 2, _LONGEST_PAUSE)
            if not kept.again:
                del self._kept[kept.name]

    def _start(self, kept: _Kept) -> None:
        kept.started = time.monotonic()
        kept.pid = os.fork()
        if kept.pid == 0:
            _become(kept, self._folder / f"{kept.name}.log")
        _tell(name=kept.name, pid=kept.pid)


def _become(kept: _Kept, log: Path) -> NoReturn:
    """Be the command, and never return to where orders are read."""
    code: object = 1
    try:
        nothing, out = os.open(os.devnull, os.O_RDONLY), _opened_to_append(log)
        for number, file in enumerate((nothing, out, out)):
            os.dup2(file, number)
        os.environ.clear()
        os.environ.update(kept.environment)
        sys.argv = ["qolhat", *kept.words]
        import api.cli  # noqa: PLC0415  imported by then
        from tests.faults import clock  # noqa: PLC0415  imported by then

        if CLOCK_VARIABLE in kept.environment:
            clock.install(Path(kept.environment[CLOCK_VARIABLE]))
        api.cli.main()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:  # noqa: BLE001  told in the log of the command
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _opened_to_append(log: Path) -> int:
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


# What the commands import when they need it: a fork of this process need not.
_USED = (
    "kafka",
    "psycopg",
    "uvicorn",
    "api.cli",
    "api.http.app",
    "infra.kafka.relay",
    "infra.kafka.worker",
    "infra.store.postgres",
    "tests.faults.clock",
)


def main() -> None:
    """Import what the commands need, then keep them."""
    for module in _USED:
        importlib.import_module(module)
    _Keeper(Path(sys.argv[1])).run()


if __name__ == "__main__":
    main()
