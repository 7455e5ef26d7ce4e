"""Finds Java and fetches the Apache Kafka broker, once, from its Maven artefacts."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from filelock import FileLock

from tests.servers.offer import KAFKA_ADDRESS, ServerUnavailableError, own_cache

OLDEST_JAVA = 17
NEEDS = f"needs Java {OLDEST_JAVA}+ and Maven, or bootstrap servers in {KAFKA_ADDRESS}"
_POM = Path(__file__).with_name("kafka-pom.xml")


@dataclass(frozen=True, slots=True)
class KafkaInstall:
    """A Java that can run the broker, and the broker's jars."""

    java: str
    jars: Path
    # The classes as an earlier broker left them, parsed and verified: halves the time to start.
    classes: Path

    def command(
        self, main: str, flags: Iterable[str] = (), classes: Path | None = None
    ) -> list[str]:
        """Return how to run one of the broker's programs."""
        archive = classes or self.classes
        shared = [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []
        return [self.java, *flags, *shared, "-cp", f"{self.jars}/*", main]

    def keep_classes(self, written: Path) -> None:
        """Keep the classes that a broker has written when it ended, if they are sound.

        A JVM crashes on half an archive, so try it before the next broker has to.
        """
        if not written.exists():
            return
        trial = self.command("kafka.tools.StorageTool", classes=written)
        done = subprocess.run([*trial, "random-uuid"], capture_output=True, check=False)
        if done.returncode == 0:
            written.replace(self.classes)
        else:
            written.unlink()


def install() -> KafkaInstall:
    """Return the broker, fetched before or now."""
    java, version = _java()
    jars = _jars()
    key = hashlib.sha256(version.encode()).hexdigest()[:12]
    return KafkaInstall(java, jars, jars.with_name(f"classes-{key}.jsa"))


def kafka_version() -> str:
    """Return the version that the pom names: the only place that does."""
    root = ET.parse(_POM).getroot()
    version = root.findtext("{*}properties/{*}kafka.version")
    if not version:
        raise ValueError(f"{_POM.name} has no kafka.version")
    return version


def _java() -> tuple[str, str]:
    """Return a `java` that is new enough, and what it says of its version."""
    home = os.environ.get("JAVA_HOME")
    for java in ([f"{home}/bin/java"] if home else []) + ["java"]:
        found = shutil.which(java)
        said = _version_text(found) if found else ""
        major = re.search(r'version "(\d+)', said)
        if found and major and int(major[1]) >= OLDEST_JAVA:
            return found, said
    raise ServerUnavailableError(NEEDS)


def _version_text(java: str) -> str:
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    return done.stderr


def _jars() -> Path:
    """Return the folder of jars; of several processes one fetches and the others wait."""
    home = own_cache() / f"kafka-{kafka_version()}"
    home.mkdir(exist_ok=True)
    jars = home / "lib"
    with FileLock(home / "lock"):
        if not jars.exists():
            half = home / "lib.half"
            shutil.rmtree(half, ignore_errors=True)
            _fetch(half)
            half.rename(jars)
    return jars


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise ServerUnavailableError(NEEDS)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    done = subprocess.run(
        [maven, "--batch-mode", "--quiet", "-Dstyle.color=never", "--file", str(_POM), *goal],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise ServerUnavailableError(f"Maven could not fetch Kafka: {' '.join(errors[:1])}")
