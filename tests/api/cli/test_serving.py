"""Serving over HTTPS and behind a proxy: a real server, real certificates made for the test."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.api.cli.program import Program, free_port


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate for this machine, and its key."""

    certificate: Path
    key: Path

    @property
    def options(self) -> tuple[str, ...]:
        return "--tls-cert", str(self.certificate), "--tls-key", str(self.key)


def make_pair(folder: Path, name: str = "own", password: bytes = b"") -> Pair:
    """Certify ourselves."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "qolhat test")])
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    locked: KeySerializationEncryption = NoEncryption()
    if password:
        locked = BestAvailableEncryption(password)
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    pair.certificate.write_bytes(made.public_bytes(Encoding.PEM))
    pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    return pair


@contextmanager
def serving(day: Day, *options: str, said: str = "", **settings: str) -> Iterator[str]:
    """A server of its own process, at this address; when it is told to end, it says only this."""
    program, port = Program(day.folder), free_port()
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--json", *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=program.environment | settings,
    ) as server:
        try:
            yield _address(server)
            server.send_signal(signal.SIGTERM)
            _, err = server.communicate(timeout=30)
        finally:
            server.kill()
    assert (server.returncode, err.decode().strip()) == (0, said)


def _address(server: subprocess.Popen[bytes]) -> str:
    """It says where it serves once it does."""
    assert server.stdout is not None
    told = b""
    while not told.rstrip().endswith(b"}"):
        line = server.stdout.readline()
        assert line, server.communicate()
        told += line
    return str(json.loads(told)["address"])


def ask(
    address: str, pair: Pair | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str]]:
    """A request by somebody who trusts this certificate and no other."""
    context = ssl.create_default_context(cafile=str(pair.certificate)) if pair else None
    request = urllib.request.Request(f"{address}/healthz", headers=headers or {})
    with urllib.request.urlopen(request, timeout=20, context=context) as answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}


def test_pages_are_served_over_https(day: Day, tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    with serving(day, *pair.options) as address:
        assert address.startswith("https://127.0.0.1:")
        status, headers = ask(address, pair)
        assert status == 200
        assert "strict-transport-security" in headers
        with pytest.raises(urllib.error.URLError):  # who trusts others only does not come to us
            ask(address, make_pair(tmp_path, "other"))
        with pytest.raises(OSError):  # noqa: PT011  the connection is closed, however it is told
            ask(address.replace("https", "http"))


def test_the_settings_name_the_certificate_too(day: Day, tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    named = {"QOLHAT_TLS_CERT": str(pair.certificate), "QOLHAT_TLS_KEY": str(pair.key)}
    with serving(day, **named) as address:
        assert ask(address, pair)[0] == 200


@pytest.mark.parametrize(("proxy", "believed"), [("", False), ("127.0.0.1", True), ("*", True)])
def test_only_a_proxy_that_is_named_says_how_and_from_where_one_came(
    day: Day, proxy: str, believed: bool
) -> None:
    with serving(day, QOLHAT_PROXY=proxy) as address:
        claim = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        _, headers = ask(address, headers=claim)
    assert ("strict-transport-security" in headers) == believed


def test_an_open_connection_does_not_keep_the_server_from_ending(day: Day) -> None:
    """Somebody began to send a form and went away; a live page would stay open as well."""
    cut_off = "ERROR:    Cancel 1 running task(s), timeout graceful shutdown exceeded"
    with serving(day, said=cut_off) as address:
        there = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n"
        there.sendall(b"POST /login HTTP/1.1\r\nHost: here\r\n" + form + b"\r\nlogin=")
        assert ask(address)[0] == 200
    there.close()


Spoil = Callable[[Pair, Path], Pair]


def _text(pair: Pair, folder: Path) -> Pair:
    (folder / "text").write_text("no certificate")
    return replace(pair, certificate=folder / "text")


SPOILT: dict[str, tuple[Spoil, str]] = {
    "no certificate there": (
        lambda pair, folder: replace(pair, certificate=folder / "none"),
        "there is no such file",
    ),
    "no key there": (lambda pair, folder: replace(pair, key=folder / "none"), "no such file"),
    "a folder": (lambda pair, folder: replace(pair, key=folder), "folder"),
    "no certificate": (_text, "no certificate in PEM form"),
    "the certificate twice": (
        lambda pair, folder: replace(pair, key=pair.certificate),
        "no certificate in PEM form",
    ),
    "another's key": (
        lambda pair, folder: replace(pair, key=make_pair(folder, "other").key),
        "not the one of this certificate",
    ),
    "a locked key": (
        lambda _, folder: make_pair(folder, "locked", b"a password"),
        "without a password",
    ),
}


@pytest.fixture
def _own_signals() -> Iterator[None]:
    """What a server makes of signals must not stay."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_own_signals")
@pytest.mark.parametrize("what", SPOILT)
def test_a_pair_that_cannot_be_used_is_told_before_anything_is_served(
    qolhat: Terminal, day: Day, tmp_path: Path, what: str
) -> None:
    spoil, reason = SPOILT[what]
    pair = spoil(make_pair(tmp_path), tmp_path)
    in_every_language(qolhat, "serve", *pair.options)
    problem = qolhat("serve", *pair.options, "--json").problem
    assert problem["code"] == "bad-certificate"
    assert reason in problem["detail"]
    assert str(pair.certificate) in problem["detail"]


@pytest.mark.parametrize("half", [slice(0, 2), slice(2, 4)])
def test_half_a_pair_is_refused(qolhat: Terminal, day: Day, tmp_path: Path, half: slice) -> None:
    for said in in_every_language(qolhat, "serve", *make_pair(tmp_path).options[half]).values():
        assert said.code == 2
        assert "--tls-cert" in said.text
        assert "--tls-key" in said.text
