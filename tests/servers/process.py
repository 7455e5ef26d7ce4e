"""Runs one server in a temporary folder; both are gone when the process that started them is."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# The guard reads the id of the running server, line by line, from a pipe that only the tests hold.
# The pipe ends when they end, by whatever signal; then it ends the server and removes the folder.
# A server on its way out may still write to it, hence the tries.
_GUARD = """
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then kill -s "$1" "$pid"; fi
if [ -d "$2/disk" ]; then umount --lazy "$2/disk"; fi
tries=0
until rm -rf -- "$2" || [ "$tries" -ge 100 ]; do sleep 0.1; tries=$((tries + 1)); done
"""


class ServerFailedError(Exception):
    """A server that should have run did not; the text ends with its last lines."""


@dataclass(frozen=True, slots=True)
class RunAs:
    """Whom a server runs as; all None: whoever runs the tests."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None


def unprivileged() -> RunAs:
    """Return `nobody` when root runs the tests (PostgreSQL refuses to run as root)."""
    if os.geteuid() != 0:
        return RunAs()
    nobody = pwd.getpwnam("nobody")
    return RunAs(nobody.pw_uid, nobody.pw_gid, ())


def free_port() -> int:
    """Return a port on which nobody listens.

    It lies below the range of outgoing connections, so that none of them takes it between kill
    and restart, and is drawn from the system's randomness: xdist's workers may share a seed.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        if not listening(port):
            return port


def listening(port: int) -> bool:
    """Tell whether something accepts connections on the port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    table = subprocess.check_output(["ps", "-A", "-o", "pid=", "-o", "ppid="], text=True)
    pairs = (line.split() for line in table.splitlines())
    return [int(pid) for pid, ppid in pairs if int(ppid) == parent]


def lives(process: int) -> bool:
    """Tell whether a process still runs; one that has ended but was not waited for does not."""
    asked = ["ps", "-o", "stat=", "-p", str(process)]
    state = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")


class GuardedProcess:
    """One server process at a time, its folder and the guard of both."""

    def __init__(
        self, name: str, *, orphan: signal.Signals = signal.SIGKILL, run_as: RunAs | None = None
    ) -> None:
        """`orphan` is the signal with which the guard ends a server whose tests have died."""
        self.run_as = run_as or RunAs()
        self.folder = Path(tempfile.mkdtemp(prefix=f"qolhat-{name}-"))
        if self.run_as.user is not None and self.run_as.group is not None:
            os.chown(self.folder, self.run_as.user, self.run_as.group)
        self._log = self.folder / "log"
        self._server: subprocess.Popen[bytes] | None = None
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", orphan.name.removeprefix("SIG"), str(self.folder)],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the tests; the guard goes after them
        )

    def small_disk(self, megabytes: int) -> Path | None:
        """Mount a disk of that size in the folder; None where this user or machine may not."""
        disk = self.folder / "disk"
        disk.mkdir()
        size = f"size={megabytes}m,mode=0777"
        command = ["mount", "-t", "tmpfs", "-o", size, "qolhat-test", str(disk)]
        with suppress(OSError):  # no such program
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return disk
        disk.rmdir()
        return None

    @property
    def pid(self) -> int | None:
        """The running server, or None."""
        return self._server.pid if self._server and self._server.poll() is None else None

    def start(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start the server; its output goes to the folder's log."""
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                command,
                cwd=self.folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.run_as.user,
                group=self.run_as.group,
                extra_groups=self.run_as.extra_groups,
            )
        self._tell_guard(str(self._server.pid))

    def run(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Run a command of the server's to its end (a set-up step)."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            user=self.run_as.user,
            group=self.run_as.group,
            extra_groups=self.run_as.extra_groups,
            check=False,
        )
        if done.returncode:
            raise ServerFailedError(f"{command[0]}: {done.stdout.decode(errors='replace')[-2000:]}")

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 60.0) -> None:
        """Wait until `ready` says so; a server that ends before that is a failure at once."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.pid is None or time.monotonic() > deadline:
                raise ServerFailedError(f"did not start:\n{self.last_lines()}")
            time.sleep(0.03)

    def start_with(self, launch: Callable[[], None], *, tries: int = 3) -> None:
        """Launch, and again when that fails: somebody may have been quicker to take its ports."""
        for _ in range(tries - 1):
            with suppress(ServerFailedError):
                return launch()
            self.end(signal.SIGKILL)
        return launch()

    def last_lines(self) -> str:
        """Return the end of the server's log."""
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""

    def end(self, by: signal.Signals, *, patience: float = 10.0) -> None:
        """Send the signal and wait; a server that does not go within `patience` is killed."""
        if self._server is None:
            return
        self._server.send_signal(by)
        try:
            self._server.wait(patience)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = None
        self._tell_guard("")

    def remove(self) -> None:
        """Kill what runs and remove the folder."""
        self.end(signal.SIGKILL)
        if self._guard.stdin:
            self._guard.stdin.close()
        self._guard.wait()
        shutil.rmtree(self.folder, ignore_errors=True)  # should somebody have killed the guard

    def _tell_guard(self, line: str) -> None:
        if self._guard.stdin:
            self._guard.stdin.write(f"{line}\n".encode())
            self._guard.stdin.flush()
