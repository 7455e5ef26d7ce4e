"""Those who are told: an HTTP server and a mail server of this machine that remember everything."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    """Let a server answer from a thread."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


# --- HTTP ----------------------------------------------------------------------------------------


@dataclass
class Hook:
    """A web address: what it got, and how it answers (each of `answers` once, then 204)."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    @property
    def numbers(self) -> list[str]:
        """All packets told so far, in their order."""
        groups = (group for body in self.bodies for group in body["organisations"])
        return [term["number"] for group in groups for term in group["terms"]]


@contextmanager
def hook() -> Iterator[Hook]:
    """Open a web address."""
    got = Hook()
    got.free.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.free.wait(20)
            body = self.rfile.read(int(self.headers["content-length"]))
            status = got.answers.pop(0) if got.answers else 204
            if status < 300:
                got.bodies.append(json.loads(body))
                got.headers.append({key.lower(): value for key, value in self.headers.items()})
            self.send_response(status)
            if status in (301, 302):
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    got.url = f"http://127.0.0.1:{server.server_port}/hook"
    with running(server):
        yield got
        got.free.set()


# --- SMTP ----------------------------------------------------------------------------------------


@dataclass
class PostOffice:
    """A mail server: what it was told, line by line, and the letters that it took."""

    port: int = 0
    starttls: ssl.SSLContext | None = None
    refused: frozenset[str] = frozenset()
    down: bool = False
    lines: list[str] = field(default_factory=list)
    letters: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of the last letter."""
        return str(self.letters[-1].get_content())


class _Conversation(socketserver.StreamRequestHandler):
    """One client; enough of RFC 5321 for one letter."""

    office: PostOffice

    def handle(self) -> None:
        self.say("421 later" if self.office.down else "220 localhost")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            self.office.lines.append(line)
            verb = line.split(" ")[0].upper()
            if verb == "DATA":
                self.take_letter()
            elif verb == "STARTTLS" and self.office.starttls is not None:
                self.encrypt(self.office.starttls)
            else:
                self.say(self.answer(verb, line))
            if verb == "QUIT":
                return

    def answer(self, verb: str, line: str) -> str:
        if verb == "EHLO":
            offer = "\r\n250-STARTTLS" if self.office.starttls else ""
            return f"250-localhost{offer}\r\n250 AUTH PLAIN"
        if verb == "RCPT":
            address = line.partition("<")[2].partition(">")[0]
            if address in self.office.refused:
                return "550 nobody here"
            self.office.receivers.append(address)
        return {"AUTH": "235 welcome", "QUIT": "221 bye", "STARTTLS": "454 no"}.get(verb, "250 ok")

    def take_letter(self) -> None:
        self.say("354 go on")
        content = b""
        while (line := self.rfile.readline()) != b".\r\n":
            content += line
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.office.letters.append(letter)
        self.say("250 taken")

    def encrypt(self, context: ssl.SSLContext) -> None:
        self.say("220 go on")
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.office.lines.append("(encrypted)")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Quiet(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is expected."""


@contextmanager
def post_office(tls: ssl.SSLContext | None = None, **how: Any) -> Iterator[PostOffice]:
    """Open a mail server; `tls`: encrypted from the first byte."""
    office = PostOffice(**how)
    handler = type("Conversation", (_Conversation,), {"office": office})
    server = _Quiet(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    office.port = server.server_address[1]
    with running(server):
        yield office


def certificate(folder: Path) -> Path:
    """Make a certificate of this machine with its key, in one file that clients may trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(addresses, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "localhost.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


def served_by(file: Path) -> ssl.SSLContext:
    """Return what a server needs to encrypt with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
