"""A real Apache Kafka: the one whose address is given, or a single-node broker started here."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError, UnknownTopicOrPartitionError

from tests.servers.kafka_install import install
from tests.servers.offer import KAFKA_ADDRESS, given
from tests.servers.process import GuardedProcess, free_port, listening

# One broker holds every internal topic alone, and does not wait for others to join a group.
_SINGLE_NODE: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,FAR:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # A killed broker may come back only when the controller has given its former self up: after
    # nine seconds unless told.
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "2000",
    "log.cleaner.dedupe.buffer.size": "8388608",  # 128 MB unless told: a quarter of the heap
}
_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
# The first compiler only: it starts a broker quicker, and makes a busy one slower.
_QUICK_JVM = ("-XX:TieredStopAtLevel=1",)


class KafkaServer:
    """A cluster known by its address: it can be used, but not killed."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._topics: set[str] = set()

    def fresh_topic(self, partitions: int = 1) -> str:
        """Create an empty topic and return its name."""
        name = f"qolhat-test-{secrets.token_hex(6)}"
        with self._admin() as admin:
            admin.create_topics([NewTopic(name, partitions, 1)])
        self._topics.add(name)
        return name

    def stop(self) -> None:
        """Leave the cluster as it was found."""
        if self._topics:
            with self._admin() as admin, suppress(UnknownTopicOrPartitionError):
                admin.delete_topics(sorted(self._topics))

    @contextmanager
    def _admin(self) -> Iterator[KafkaAdminClient]:
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            yield admin
        finally:
            admin.close()


class OwnKafka(KafkaServer):
    """A broker of the tests' own, in a temporary folder: it can be killed and started again.

    It can be reached the long way round, too: it listens on `far_port` and tells whoever comes
    there that it is at `far_door`, where a test may open a line that is slow or breaks.
    """

    def __init__(self, *, quick: bool = True, settings: Mapping[str, str] | None = None) -> None:
        self._install = install()
        self._jvm = _JVM + (_QUICK_JVM if quick else ())
        self._settings = settings or {}
        self._process = GuardedProcess("kafka")
        self._properties = self._process.folder / "server.properties"
        self.far_port = self.far_door = 0
        self._classes: Path | None = None  # what the broker writes when it ends, if it does
        super().__init__("")

    def start(self) -> None:
        """Format a log folder and start on it."""
        self._process.start_with(self._launch_on_free_ports)

    @property
    def pid(self) -> int | None:
        """The broker's process, or None."""
        return self._process.pid

    def kill(self) -> None:
        """Kill the broker with SIGKILL."""
        self._process.end(signal.SIGKILL)

    def restart(self) -> None:
        """Start again on the same port and log folder, whether it runs, was killed or stopped."""
        self._process.end(signal.SIGTERM, patience=30)
        self._launch()

    def stop(self) -> None:
        """End the broker at once and remove its folder."""
        if self._classes:
            self._process.end(signal.SIGTERM, patience=30)
            self._install.keep_classes(self._classes)
        self._process.remove()

    def ensure_running(self) -> None:
        """Start again if a test has left the broker killed."""
        if self._process.pid is None:
            self._launch()

    def _launch_on_free_ports(self) -> None:
        self._port, self.far_port, self.far_door = free_port(), free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{self._port}"
        self._write_properties()
        self._format()
        self._launch()

    def _launch(self) -> None:
        self._process.start([*self._broker_command(), str(self._properties)])
        # kafka-python waits longer with every refused connection: knock by hand until it opens.
        self._process.wait_until(lambda: listening(self._port))
        self._process.wait_until(self._ready)

    def _broker_command(self) -> list[str]:
        if self._install.classes.exists():
            return self._install.command("kafka.Kafka", self._jvm)
        self._classes = self._install.classes.with_suffix(f".{os.getpid()}")
        flags = [*self._jvm, f"-XX:ArchiveClassesAtExit={self._classes}"]
        return self._install.command("kafka.Kafka", flags, classes=self._classes)

    def _ready(self) -> bool:
        try:
            with self._admin() as admin:
                cluster = admin.describe_cluster()
        except KafkaError:
            return False
        # Otherwise it is another's broker on that port.
        return bool(cluster["cluster_id"] == self._cluster and cluster["brokers"])

    def _format(self) -> None:
        self._cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        tool = self._install.command("kafka.tools.StorageTool", self._jvm)
        options = ["--standalone", "-t", self._cluster, "-c", str(self._properties)]
        self._process.run([*tool, "format", *options])

    def _write_properties(self) -> None:
        controller = f"127.0.0.1:{free_port()}"
        settings = {
            **_SINGLE_NODE,
            **self._settings,
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller},"
            f"FAR://127.0.0.1:{self.far_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap},FAR://127.0.0.1:{self.far_door}",
            "controller.quorum.bootstrap.servers": controller,
            "log.dirs": tempfile.mkdtemp(prefix="logs-", dir=self._process.folder),
        }
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        self._properties.write_text("".join(lines))


@contextmanager
def own_kafka(
    *, quick: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[OwnKafka]:
    """Start a broker here: `quick` starts sooner; for benches it should not be."""
    server = OwnKafka(quick=quick, settings=settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def any_kafka() -> Iterator[KafkaServer]:
    """Use the cluster whose address is given, or start a broker here."""
    bootstrap = given(KAFKA_ADDRESS)
    if not bootstrap:
        with own_kafka() as own:
            yield own
        return
    server = KafkaServer(bootstrap)
    try:
        yield server
    finally:
        server.stop()
