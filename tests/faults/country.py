"""A country at work: its servers and the processes of Qolhat, started by their commands."""

from __future__ import annotations

import http.client
import json
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from infra.bootstrap import bootstrap
from infra.settings import Settings, StoreKind
from infra.vault import new_key
from tests.faults.clock import JumpingClock
from tests.faults.load import Crew, Load, hire
from tests.faults.proxy import SlowLine
from tests.faults.supervisor import CLOCK_VARIABLE, ROOT, Supervisor
from tests.servers.kafka import OwnKafka
from tests.servers.postgres import OwnPostgres
from tests.servers.process import free_port

PARTITIONS = 4
API = "api"
RELAYS = ("relay-1", "relay-2")
WORKERS = ("worker-1", "worker-2")
_WORDS = {"api": ["serve", "--without-relay"], "relay": ["relay"], "worker": ["worker"]}
_PATIENCE = 120.0  # seconds for what must come by itself


class Country:
    """PostgreSQL and Kafka, one API, two relays, two workers, and people at work."""

    def __init__(self, postgres: OwnPostgres, kafka: OwnKafka, seed: int = 1) -> None:
        self.postgres, self.kafka = postgres, kafka
        self._seed = seed
        self._made = tempfile.TemporaryDirectory(prefix="qolhat-country-")
        self.folder = Path(self._made.name)
        self.topic = f"qolhat-test-{secrets.token_hex(4)}.events"
        self.port = free_port()
        self.clock = JumpingClock(self.folder / "clock")
        self._key = new_key()
        self.dsn = ""
        # Where the processes look for the servers: a test may put a slow line between.
        self.line_to_postgres = ""
        self.line_to_kafka = ""
        self.repeated: set[tuple[int, int]] = set()  # partition and offset of what a test put in

    def __enter__(self) -> Self:
        """Make everything and start it, as the README says."""
        self.dsn = self.line_to_postgres = self.postgres.fresh_database()
        self.line_to_kafka = self.kafka.bootstrap
        self.supervisor = Supervisor(self.folder)
        for command in ("migrate", "topics"):
            code, said = self.run(command)
            assert code == 0, said
        with bootstrap(self.settings(self.folder / "hired")) as qolhat:
            self.crew: Crew = hire(qolhat)
        self.load = Load(self.port, self.crew, self._seed)
        for name in (API, *RELAYS, *WORKERS):
            self.start(name)
        self.await_answer()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything."""
        self.supervisor.close()
        self.postgres.ensure_running()
        self.postgres.drop(self.dsn)
        self._made.cleanup()

    # --- processes ------------------------------------------------------------------------------

    def environment(self, name: str) -> dict[str, str]:
        """Return the settings of a process; each has a folder of its own, as on a machine."""
        return {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
            CLOCK_VARIABLE: str(self.folder / "clock"),
            "QOLHAT_LANGUAGE": "en",
            "QOLHAT_DATA_DIR": str(self.folder / name),
            "QOLHAT_VAULT_KEY": self._key,
            "QOLHAT_STORE": "postgres",
            "QOLHAT_POSTGRES_DSN": self.line_to_postgres,
            "QOLHAT_KAFKA_BOOTSTRAP": self.line_to_kafka,
            "QOLHAT_KAFKA_TOPIC": self.topic,
            "QOLHAT_KAFKA_GROUP": f"{self.topic}.views",
            "QOLHAT_KAFKA_PARTITIONS": str(PARTITIONS),
            "QOLHAT_VIEWS": "kafka",
            "QOLHAT_PORT": str(self.port),
        }

    def start(self, name: str) -> None:
        """Keep a process running: `api`, `relay-…` or `worker-…`."""
        kind = name.partition("-")[0]
        self.supervisor.start(name, _WORDS[kind], self.environment(name))

    def stop(self, name: str) -> None:
        """End a process for good, as an operator does."""
        self.supervisor.stop(name)

    @contextmanager
    def slow_lines(self, latency: tuple[float, float]) -> Iterator[tuple[SlowLine, SlowLine]]:
        """Put every process behind slow lines to PostgreSQL and to Kafka, one after the other."""
        parts = conninfo_to_dict(self.dsn)
        kafka = self.kafka
        with (
            SlowLine(int(str(parts["port"])), latency=latency) as one,
            SlowLine(kafka.far_port, kafka.far_door, latency) as other,
        ):
            self.line_to_postgres = make_conninfo(self.dsn, port=one.port)
            self.line_to_kafka = f"127.0.0.1:{other.port}"
            self.redeploy()
            yield one, other
            self.line_to_postgres, self.line_to_kafka = self.dsn, kafka.bootstrap
            self.redeploy()

    def redeploy(self) -> None:
        """End each process and start it with the settings of now, one after the other."""
        for name in (API, *RELAYS, *WORKERS):
            self.stop(name)
            self.start(name)
        self.await_answer()

    def run(self, *words: str) -> tuple[int, str]:
        """Run another command to its end; return its exit code and what it said."""
        return self.supervisor.once(words[0], list(words), self.environment(words[0]))

    def pause(self, name: str, seconds: float) -> None:
        """Stop a process in its tracks, and let it go on."""
        pid = self.supervisor.send(name, signal.SIGSTOP)
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            self.supervisor.send(name, signal.SIGCONT)
        assert pid

    def keep_logs(self) -> None:
        """Keep what the processes have printed where it outlives the country; say where."""
        kept = tempfile.mkdtemp(prefix="qolhat-faults-")
        shutil.copytree(self.folder, kept, dirs_exist_ok=True)
        print(f"what the processes have printed: {kept}")  # noqa: T201

    # --- what it says of itself -------------------------------------------------------------------

    def settings(self, folder: Path) -> Settings:
        """Return settings for the tests' own look at the store, past every slow line."""
        return Settings(
            data_dir=folder,
            store=StoreKind.POSTGRES,
            postgres_dsn=SecretStr(self.dsn),
            vault_key=SecretStr(self._key),
            language="en",
        )

    def ask(self, path: str) -> tuple[int, Any]:
        """Ask the API something that needs no token. Raises OSError, HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def await_answer(self, patience: float = _PATIENCE) -> None:
        """Wait until the API answers at all."""
        deadline = time.monotonic() + patience
        while True:
            try:
                self.ask("/healthz")
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < deadline, self.supervisor.last_lines(API)
                time.sleep(0.05)
            else:
                return

    def await_views(self, position: int, patience: float = _PATIENCE) -> list[str]:
        """Wait until the API says that the views show a position; or tell why they do not."""
        deadline, said = time.monotonic() + patience, None
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException, ValueError):
                status, said = self.ask("/readyz")
                checks = said.get("checks", {})
                if status == 200 and checks["position"] >= position and not checks["views"]["lag"]:
                    aside = checks["set_aside"]["events"]
                    return [f"set aside: {each}" for each in aside]
            time.sleep(0.05)
        return [f"the views do not catch up with {position}: {said}"]
