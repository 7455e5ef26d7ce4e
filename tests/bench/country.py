"""What a country runs, on this machine: each command in a process of its own, for benches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import SecretStr
from rich.console import Console

from infra.settings import Settings, StoreKind
from infra.vault import new_key
from tests.bench.host import watched
from tests.bench.stations import ROOT
from tests.servers.kafka import OwnKafka
from tests.servers.postgres import OwnPostgres
from tests.servers.process import children, free_port

PARTITIONS = 6
_PATIENCE = 300.0  # seconds until everything runs, or all views are level
_console = Console(stderr=True)


class Country:
    """Settings that all processes share, and the processes."""

    def __init__(self, folder: Path, postgres: OwnPostgres, kafka: OwnKafka) -> None:
        self.folder = folder
        self.dsn = postgres.fresh_database()
        self.bootstrap_servers = kafka.bootstrap
        self.topic = "qolhat.events"
        self.port = free_port()
        self._key = new_key()
        self._servers: dict[str, OwnPostgres | OwnKafka] = {"postgres": postgres, "kafka": kafka}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def settings(self) -> Settings:
        """Return settings for the bench's own work with the store."""
        return Settings(
            data_dir=self.folder / "own",
            store=StoreKind.POSTGRES,
            postgres_dsn=SecretStr(self.dsn),
            vault_key=SecretStr(self._key),
            language="en",
        )

    def make(self) -> None:
        """Make the tables and the topics, as an operator does."""
        self.once("migrate")
        self.once("topics")

    def once(self, *words: str) -> str:
        """Run a command to its end; return what it said."""
        command, environment = self._command(words), self._environment(words[0])
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout} {done.stderr}"
        return done.stdout

    def start(self, name: str, *words: str) -> None:
        """Start a command that goes on until `stop`."""
        with (self.folder / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                self._command(words),
                cwd=ROOT,
                env=self._environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        """End everything that runs."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
        self._running.clear()

    def await_level(self, position: int) -> float:
        """Wait until the API says that the views show a position; return how long it took (s)."""
        begun, said = perf_counter(), None
        while perf_counter() - begun < _PATIENCE:
            with suppress(OSError, ValueError):
                said = self._asked("/readyz")
                checks = said["checks"]
                if checks["position"] >= position and checks["views"]["lag"] == 0:
                    return perf_counter() - begun
            time.sleep(0.05)
        raise AssertionError(f"the views are not level: {said}\n{self.last_lines()}")

    def last_lines(self) -> str:
        """Return what the processes have said last."""
        return "\n".join(file.read_text()[-2000:] for file in self.folder.glob("*.log"))

    @contextmanager
    def measured(self, things: int) -> Iterator[None]:
        """Tell what each of so many things cost everybody of a processor, servers too."""
        begun, before = perf_counter(), self._processor_seconds()
        with watched() as stolen:
            yield
        seconds, after = perf_counter() - begun, self._processor_seconds()
        spent = {name: after[name] - before[name] for name in after}
        each = ", ".join(f"{name} {sum_ / things * 1000:.2f}" for name, sum_ in spent.items())
        share = sum(spent.values()) / seconds
        _console.print(
            f"  milliseconds of a processor for each: {each}; in all {share:.0%} of one busy;"
            f" {stolen}",
            style="dim",
            soft_wrap=True,
        )

    def _processor_seconds(self) -> dict[str, float]:
        commands = {name: _processor_seconds(each.pid) for name, each in self._running.items()}
        servers = {
            name: sum(map(_processor_seconds, (pid, *children(pid))))
            for name, server in self._servers.items()
            if (pid := server.pid) is not None
        }
        return commands | servers

    def _asked(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            return json.load(answer)

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "api.cli", *words]

    def _environment(self, name: str) -> dict[str, str]:
        return {
            **os.environ,
            "COLUMNS": "200",
            "QOLHAT_LANGUAGE": "en",
            "QOLHAT_DATA_DIR": str(self.folder / name),
            "QOLHAT_VAULT_KEY": self._key,
            "QOLHAT_STORE": "postgres",
            "QOLHAT_POSTGRES_DSN": self.dsn,
            "QOLHAT_KAFKA_BOOTSTRAP": self.bootstrap_servers,
            "QOLHAT_KAFKA_PARTITIONS": str(PARTITIONS),
            "QOLHAT_KAFKA_TOPIC": self.topic,
            "QOLHAT_KAFKA_GROUP": f"{self.topic}.views",
            "QOLHAT_VIEWS": "kafka",
            "QOLHAT_PORT": str(self.port),
        }


def _processor_seconds(pid: int) -> float:
    """Return how long a process has worked; 0 if it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
