"""Somebody scans a pile with a scanner that is no keyboard: every code is recorded and answered."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

import api.cli.display
from api.cli import listen
from api.cli.distant import Distant
from api.cli.record import recorded as record
from domain.intake import RawScan
from domain.numbers import grouped, packet_number
from domain.roles import Role
from infra import scanners
from infra.desk import Desk
from infra.errors import StorageFullError
from infra.listening import Heard
from infra.requests import Status
from tests.api.cli.conftest import COURIERS_TOKEN, Day
from tests.api.cli.console import Said, Terminal, in_every_language
from tests.api.cli.test_recording import by, events, place_of
from tests.infra.test_scanners import Cable, with_scanners
from tests.scanner.test_hid_pos import report
from tests.stories import CENTRE, MORNING, place

OFFICE = by(Role.OFFICE)
KAZAKH = str.maketrans("1234567890", '"әіңғ,.үұқ')


def piped(qolhat: Terminal, typed: str, *words: object) -> Said:
    """Listen to standard input."""
    return qolhat("listen", "--port", "-", *(words or OFFICE), typed=typed)


def lines(said: Said) -> list[dict[str, Any]]:
    """What was told, a JSON document a line."""
    return [json.loads(line) for line in said.out.splitlines()]


def last(qolhat: Terminal, day: Day) -> dict[str, Any]:
    """What happened last to the packet on its way."""
    return events(qolhat, day.carried)[-1]


# --- a pipe --------------------------------------------------------------------------------------


def test_each_code_is_recorded_as_by_a_scan(qolhat: Terminal, day: Day) -> None:
    said = piped(qolhat, f"{day.carried}\n\ntorn 1026\r\n{grouped(day.carried)}")
    assert said.code == 0
    assert f"✓ {day.carried} accepted" in said.text
    assert "? torn 1026 recorded, waits to be settled — not a code of ours" in said.text
    assert "Recorded: 3." in said.text
    assert place_of(qolhat, day.carried) == place(Role.OFFICE)


def test_programs_get_a_document_a_line(qolhat: Terminal, day: Day) -> None:
    ready, scan, ended = lines(piped(qolhat, f"{day.carried}\n", *OFFICE, "--json"))
    assert (ready["event"], ready["port"], ready["waiting"]) == ("ready", "-", 0)
    assert (scan["event"], scan["code"], scan["status"]) == ("scan", str(day.carried), "accepted")
    assert scan["again"] is False
    assert (ended["event"], ended["recorded"], ended["waiting"]) == ("ended", 1, 0)


def test_a_device_listens_by_its_token(qolhat: Terminal, day: Day) -> None:
    assert piped(qolhat, f"{day.carried}\n", "--token", COURIERS_TOKEN).code == 0
    assert last(qolhat, day)["device"] != 0


def test_another_layout_is_put_right_and_said(qolhat: Terminal, day: Day) -> None:
    said = piped(qolhat, f"{day.carried}\n".translate(KAZAKH))
    assert "the keyboard's layout: Kazakh; the code was put right" in said.text
    assert place_of(qolhat, day.carried) == place(Role.OFFICE)


def test_in_every_language(qolhat: Terminal, day: Day) -> None:
    words = ("listen", "--port", "-", *OFFICE)
    in_every_language(qolhat, *words, typed=f"{packet_number(CENTRE, 77)}\n")


@pytest.mark.parametrize(
    "words",
    [
        ("--server", "example.org", "--token", "t", "--place", "x"),
        ("--server", "https://example.org", "--token", "t"),
        ("--server", "https://example.org", "--place", str(place(Role.OFFICE))),
    ],
)
def test_a_server_needs_an_address_a_token_and_a_place(
    qolhat: Terminal, words: tuple[str, ...]
) -> None:
    assert piped(qolhat, "1\n", *words).code == 2


def test_who_does_not_say_who_they_are_learns_it_before_scanning(qolhat: Terminal) -> None:
    assert piped(qolhat, "1\n", "--json").problem["code"] == "who-is-asking"


# --- what cannot be recorded ---------------------------------------------------------------------


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing can be recorded."""

    def refuse(*_: object) -> None:
        raise StorageFullError

    with monkeypatch.context() as patched:
        patched.setattr(Desk, "scan", refuse)
        yield


def test_what_a_full_disk_kept_out_is_recorded_at_the_next_start(
    qolhat: Terminal, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_at = qolhat.at(301)
    with full_disk(monkeypatch):
        said = piped(qolhat, f"{day.carried}\n")
    assert said.code == 1
    assert "the code is kept and will be sent again" in said.text
    assert "Not recorded: 1." in said.text
    qolhat.at(320)
    again = piped(qolhat, "")
    assert again.code == 0
    assert "Scans that could not be recorded before: 1." in again.text
    assert f"✓ {day.carried} accepted" in again.text
    assert last(qolhat, day)["happened_at"][:19] == read_at[:19]
    assert lines(piped(qolhat, "", *OFFICE, "--json"))[0]["waiting"] == 0


def test_what_can_be_written_nowhere_is_shown_to_be_copied(
    qolhat: Terminal, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageFullError

    monkeypatch.setattr("infra.unsent.Unsent.save", refuse)
    with full_disk(monkeypatch):
        said = piped(qolhat, f"{day.carried}\n")
    assert said.code == 1
    assert f"Recorded nowhere: {day.carried}" in said.text
    assert "disk is full" in said.text


# --- a terminal that rings -----------------------------------------------------------------------


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often it rang, each time."""
    rung: list[int] = []
    monkeypatch.setattr(listen, "bell", rung.append)
    return rung


def test_one_bell_for_good_three_for_what_must_be_looked_at(
    qolhat: Terminal, day: Day, bells: list[int]
) -> None:
    piped(qolhat, f"{day.carried}\n")
    piped(qolhat, "torn\n")
    assert bells == [1, 3]


def test_bells_do_not_melt_into_one(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    @dataclass
    class Terminal:
        is_terminal: bool = True
        bell: Callable[[], None] = field(default=lambda: done.append("bell"))

    monkeypatch.setattr(api.cli.display, "console", Terminal)
    monkeypatch.setattr(api.cli.display, "sleep", lambda _: done.append("pause"))
    api.cli.display.bell(3)
    assert done == ["bell", "pause", "bell", "pause", "bell"]


# --- a serial scanner, and an HID-POS one --------------------------------------------------------


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    yield made
    made.pull()


class Hand:
    """Scans while the command runs, and presses Ctrl-C when so many codes have been recorded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._recorded = threading.Semaphore(0)

        def recorded(qolhat: Any, scans: list[RawScan]) -> list[Any]:
            answers = record(qolhat, scans)
            self._recorded.release(len(scans))
            return answers

        monkeypatch.setattr(listen, "recorded", recorded)
        self._heard_from("ready", monkeypatch)
        self._heard_from("plugged_in", monkeypatch)

    def _heard_from(self, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was sent before a port is opened is not heard: it may be of yesterday."""
        tell, there = getattr(listen.Console, what), threading.Event()

        def told(console: Any, *facts: Any) -> None:
            tell(console, *facts)
            there.set()

        monkeypatch.setattr(listen.Console, what, told)
        setattr(self, what, there)

    ready: threading.Event
    plugged_in: threading.Event

    @contextmanager
    def at_work(self, *deeds: Callable[[], None]) -> Iterator[None]:
        """Do one thing after the other: each makes a code."""

        def work() -> None:
            self.ready.wait(30)
            for deed in deeds:
                deed()
                self._recorded.acquire(timeout=30)
            os.kill(os.getpid(), signal.SIGINT)

        working = threading.Thread(target=work)
        working.start()
        yield
        working.join()


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    return Hand(monkeypatch)


def test_a_serial_scanner_is_heard_until_ctrl_c(
    qolhat: Terminal, day: Day, cable: Cable, hand: Hand
) -> None:
    before = signal.getsignal(signal.SIGINT)
    with hand.at_work(lambda: cable.send(f"{day.carried}\r\n"), lambda: cable.send("torn\r")):
        said = qolhat("listen", "--port", cable.port, *OFFICE)
    assert said.code == 0
    assert f"✓ {day.carried} accepted" in said.text
    assert "? torn" in said.text
    assert said.text.endswith("Recorded: 2.")
    assert signal.getsignal(signal.SIGINT) is before


def test_a_cable_is_pulled_and_plugged_in_again(
    qolhat: Terminal, day: Day, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Cable(), Cable()
    ports = iter([first.port, second.port])
    monkeypatch.setattr(listen, "opener", lambda *_: lambda: scanners.SerialWire(next(ports), 9600))

    def pull() -> None:
        first.pull()
        hand.plugged_in.wait(30)
        second.send(f"{day.issued}\r")

    with hand.at_work(lambda: first.send(f"{day.carried}\r"), pull):
        said = qolhat("listen", "--port", "COM3", *OFFICE)
    second.pull()
    assert said.code == 0
    told = (
        "Listening",
        str(day.carried),
        "has gone",
        "✓ The scanner",
        str(day.issued),
        "Recorded: 2",
    )
    found = [said.text.index(each) for each in told]
    assert found == sorted(found)


def test_an_hid_pos_scanner_is_heard(
    qolhat: Terminal, day: Day, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    hid = with_scanners(monkeypatch, "S1")
    with hand.at_work(lambda: hid.reports.append(report(str(day.carried).encode()))):
        said = qolhat("listen", "--port", "hid", *OFFICE)
    assert said.code == 0
    assert place_of(qolhat, day.carried) == place(Role.OFFICE)


def test_the_only_scanner_needs_no_name(
    qolhat: Terminal, day: Day, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    hid = with_scanners(monkeypatch, "S1")
    monkeypatch.setattr("infra.scanners.list_ports.comports", list)
    with hand.at_work(lambda: hid.reports.append(report(str(day.carried).encode()))):
        assert "hid:0c2e:0b61:S1" in qolhat("listen", *OFFICE).text
    with_scanners(monkeypatch, "S1", "S2")
    several = qolhat("listen", *OFFICE)
    assert several.code == 2
    assert "hid:0c2e:0b61:S2" in several.text


def test_what_is_plugged_in_is_listed(qolhat: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    with_scanners(monkeypatch, "S1")
    assert "hid:0c2e:0b61:S1" in qolhat("listen", "--list").text
    (found,) = [
        each for each in qolhat("listen", "--list", "--json").data if each["port"].startswith("hid")
    ]
    assert found == {"port": "hid:0c2e:0b61:S1", "name": "Ойдан Сканер"}


def test_a_port_that_is_not_there_is_an_error(qolhat: Terminal, day: Day) -> None:
    said = qolhat("listen", "--port", "/dev/there-is-none", *OFFICE, "--json")
    assert said.problem["code"] == "scanner-missing"
    assert "there is no such file" in said.problem["detail"]


# --- a server far away ---------------------------------------------------------------------------


def a_scan(code: object) -> RawScan:
    """A scan to be sent."""
    return RawScan(f"far-{code}", str(code), str(place(Role.OFFICE)), 0, 0, 5, MORNING)


def answering(status: int, **how: Any) -> Distant:
    """A server that answers everything alike."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, **how))
    return Distant(httpx.Client(transport=transport, base_url="https://qolhat.example"))


@pytest.mark.parametrize(
    ("status", "how"),
    [
        (503, {"json": {"detail": "Сервер бос емес."}}),
        (401, {"json": {"detail": "Құрылғы белгісіз."}}),
        (502, {"text": "<html>"}),
        (200, {"text": "<html>"}),
        (200, {"json": {"answers": []}}),
        (200, {"json": [1]}),
    ],
)
def test_whatever_a_server_answers_nothing_is_lost(status: int, how: dict[str, Any]) -> None:
    scan = a_scan(1)
    (heard,) = answering(status, **how).record([scan])
    assert (heard.scan, heard.status, heard.again) == (scan, Status.REFUSED, True)
    assert heard.told


def test_a_server_that_is_not_there_is_told() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    client = httpx.Client(transport=httpx.MockTransport(refuse), base_url="https://qolhat.example")
    (heard,) = Distant(client).record([a_scan(1)])
    assert heard.again
    assert "refused" in heard.told


def test_what_the_servers_store_could_not_take_is_sent_again() -> None:
    told = {"status": "refused", "status_text": "x", "problem": {"status": 507, "detail": "full"}}
    (heard,) = answering(200, json={"answers": [told]}).record([a_scan(1)])
    assert (heard.again, heard.told) == (True, "x — full")
    told["problem"] = {"status": 422, "detail": "no"}
    (heard,) = answering(200, json={"answers": [told]}).record([a_scan(1)])
    assert not heard.again


def test_the_command_sends_to_a_server(qolhat: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str, Any]] = []

    def record(self: Distant, scans: list[RawScan]) -> list[Heard]:
        headers = self.client.headers
        seen.append((str(self.client.base_url), headers["Authorization"], scans))
        return [Heard(each, Status.ACCEPTED, "good") for each in scans]

    monkeypatch.setattr(Distant, "record", record)
    where = str(place(Role.OFFICE))
    far = ("--server", "https://qolhat.example", "--token", "secret", "--place", where)
    said = piped(qolhat, "10267000000123\n", *far)
    assert said.code == 0
    ((address, token, (scan,)),) = seen
    assert (address, token) == ("https://qolhat.example", "Bearer secret")
    assert (scan.code, scan.place) == ("10267000000123", where)
    assert scan.happened_at is not None
