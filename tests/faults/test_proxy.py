"""The line between: it carries everything, late, not at all, or breaks."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from tests.faults.proxy import SlowLine


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it gets; its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def answer(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                while piece := connection.recv(4096):
                    connection.sendall(piece)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=server.accept()[:1], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def connected(line: SlowLine) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=10)


def came_back(connection: socket.socket, sent: bytes) -> bytes:
    connection.sendall(sent)
    got = b""
    while len(got) < len(sent):
        piece = connection.recv(65536)
        if not piece:
            break
        got += piece
    return got


def test_all_bytes_arrive_in_their_order(echo: int) -> None:
    sent = bytes(range(256)) * 4000
    with SlowLine(echo, latency=(0.0, 0.005)) as line, connected(line) as connection:
        sending = threading.Thread(target=connection.sendall, args=(sent,))
        sending.start()
        got = b""
        while len(got) < len(sent):
            got += connection.recv(65536)
        sending.join()
        assert got == sent
        assert line.carried >= 2 * len(sent)


def test_both_ways_take_their_time(echo: int) -> None:
    with SlowLine(echo, latency=(0.05, 0.05)) as line, connected(line) as connection:
        began = time.monotonic()
        assert came_back(connection, b"scan") == b"scan"
        assert time.monotonic() - began >= 0.1


def test_a_line_that_is_held_lets_all_through_afterwards(echo: int) -> None:
    with SlowLine(echo) as line, connected(line) as connection:
        assert came_back(connection, b"one") == b"one"
        line.hold()
        connection.sendall(b"two")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(10)
        connection.settimeout(10)
        line.flow()
        assert connection.recv(10) == b"two"


def test_a_line_that_is_cut_breaks_and_the_next_one_holds(echo: int) -> None:
    with SlowLine(echo) as line:
        with connected(line) as connection:
            assert came_back(connection, b"one") == b"one"
            line.cut()
            with pytest.raises(ConnectionResetError):
                connection.recv(10)
        with connected(line) as again:
            assert came_back(again, b"two") == b"two"


def test_nobody_at_the_other_end_is_a_line_that_breaks() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as gone:
        port = gone.getsockname()[1]
    with SlowLine(port) as line, connected(line) as connection, suppress(ConnectionResetError):
        assert connection.recv(10) == b""
