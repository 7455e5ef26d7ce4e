"""What goes wrong is told in the reader's language, with what to do, and nothing recorded is lost.

The terminal itself refuses a trace after every command.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from domain.numbers import CodeKind, compose, grouped, packet_number
from domain.roles import Role
from infra.bootstrap import bootstrap, server_lock
from infra.settings import Settings
from tests.api.cli.conftest import Day
from tests.api.cli.console import LANGUAGES, Terminal, in_every_language
from tests.api.cli.program import Program, free_port
from tests.office import SettableClock
from tests.stories import AUTHORITY, CENTRE, PEOPLE, place

SOUND = packet_number(CENTRE, 4_711)
DAMAGED = {
    "too short": ("1026700000031", "it has fewer than 14 digits"),
    "too long": ("102670000003170", "it has more than 14 digits"),
    "with letters": ("1O267OOOOOO317", "it has more than digits in it"),
    "a wrong digit": (str(SOUND + 1), "its check digits do not fit"),
    "two digits swapped": ("01267000471135", "its check digits do not fit"),
    "of another system": (str(9 * 10**13 + (98 - 9 * 10**13 % 97)), "of another system"),
    "empty": (" - ", "it is empty"),
}
BADGE = compose(CodeKind.BADGE, CENTRE, 7)


def by(role: Role) -> tuple[str, str]:
    """Who types the command."""
    return "--person", str(PEOPLE[role])


def events_in(folder: Path) -> int:
    """How much is recorded."""
    with closing(sqlite3.connect(folder / "events.db")) as events:
        count: int = events.execute("SELECT count(*) FROM stored_events").fetchone()[0]
    return count


def refused(qolhat: Terminal, folder: Path, code: str, *words: object) -> dict[str, Any]:
    """A command that is refused in every language and as JSON, and records nothing."""
    before = events_in(folder)
    for said in in_every_language(qolhat, *words).values():
        assert said.code in {1, 2}
        assert said.out == ""
        assert len(said.err.splitlines()) == 2  # what it is, and what to do
    problem = qolhat(*words, "--json").problem
    assert problem["code"] == code, problem
    assert problem["type"] == f"/problems/{code}"
    assert events_in(folder) == before
    return problem


# --- codes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_code_is_refused_where_a_packet_is_asked_for(
    qolhat: Terminal, day: Day, damage: str
) -> None:
    typed, fault = DAMAGED[damage]
    problem = refused(qolhat, day.folder, "bad-code", "where", typed)
    assert fault in problem["detail"]
    assert "Scan the barcode again" in problem["detail"]


@pytest.mark.parametrize("damage", [each for each in DAMAGED if each != "empty"])
def test_a_damaged_code_that_was_scanned_waits_and_is_not_lost(
    qolhat: Terminal, day: Day, damage: str
) -> None:
    typed, fault = DAMAGED[damage]
    told = qolhat("scan", typed, *by(Role.OFFICE), "--ref", "damaged")
    assert (told.code, fault in told.text) == (3, True)
    waiting = {row["scan"]: row for row in qolhat("unsettled", "--json").data["scans"]}
    assert waiting["damaged"]["doubt"] == "bad-code"


def test_a_badge_is_no_packet(qolhat: Terminal, day: Day) -> None:
    problem = refused(qolhat, day.folder, "other-kind", "history", BADGE)
    assert "a badge" in problem["detail"]
    told = qolhat("scan", BADGE, *by(Role.OFFICE))
    assert (told.code, "the code of another thing — a badge" in told.text) == (3, True)


def test_a_code_never_commands_the_terminal(qolhat: Terminal, day: Day) -> None:
    wild = "\x1b[2J\x07\x9b31m\u202e\x7f12"
    for words in (("where", wild), ("scan", wild, *by(Role.OFFICE)), ("unsettled",),
                  (wild,), ("where", f"--{wild}"), ("act", wild, SOUND, *by(Role.HEAD)),
                  ("restore", wild), ("directory", "--kind", wild), ("visits", "--since", wild),
                  ("history", SOUND, wild), ("regulations", "show", wild)):  # fmt: skip
        for form in ((), ("--json",)):
            said = qolhat(*words, *form)
            assert not set(said.out + said.err) & set("\x1b\x07\x9b\u202e\x7f"), words
    assert qolhat("scan", wild, *by(Role.OFFICE), "--json").data[0]["code"] == wild


def test_a_scanner_that_sends_rubbish_stops_nothing(qolhat: Terminal, day: Day) -> None:
    rubbish = b"\xff\xfe\x00\r\n" + b"9" * 20_000 + b"\n" + str(day.carried).encode()
    told = qolhat("scan", *by(Role.OFFICE), "--json", typed=rubbish)
    assert told.code == 3
    assert told.data[-1]["status"] == "accepted"
    assert {each["status"] for each in told.data[:-1]} == {"unsettled"}


# --- times, places, people ----------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["2026-11-16T09:30", "2026-11-16", "кеше", "25:00", "1e9"])
def test_a_time_without_a_zone_is_refused_before_anything_is_scanned(
    qolhat: Terminal, day: Day, typed: str
) -> None:
    words = ("scan", day.carried, *by(Role.OFFICE), "--at", typed)
    problem = refused(qolhat, day.folder, "bad-time", *words)
    assert "Write it like 2026-11-16T09:30+05:00." in problem["detail"]


def test_a_scan_of_the_future_waits_for_somebody(qolhat: Terminal, day: Day) -> None:
    at = qolhat.at(400)
    qolhat.at(300)
    told = qolhat("scan", day.carried, *by(Role.OFFICE), "--at", at)
    assert (told.code, "in the future" in told.text) == (3, True)
    assert qolhat("where", day.carried, "--json").data[0]["place"] == place(Role.COURIER)


def test_a_scan_of_before_the_registration_moves_nothing(qolhat: Terminal, day: Day) -> None:
    early = qolhat.at(-60)
    qolhat.at(300)
    told = qolhat("scan", day.carried, *by(Role.OFFICE), "--at", early)
    assert told.code == 0
    assert "!" in told.text
    assert qolhat("where", day.carried, "--json").data[0]["place"] == place(Role.COURIER)


def test_a_scan_of_long_before_the_system_waits_for_somebody(qolhat: Terminal, day: Day) -> None:
    reset = ("--at", "1970-01-01T00:00:00Z", "--place", place(Role.OFFICE))
    told = qolhat("scan", day.carried, *by(Role.OFFICE), *reset, "--json")
    assert (told.code, told.data[0]["doubt"]) == (3, "implausible-time")


REFUSED = {
    "an unknown place": ("unknown-place", ("--place", place(Role.OFFICE, serial=999_999))),
    "no place's code": ("other-kind", ("--place", BADGE)),
    "an unknown person": ("unknown-person", ("--person", 4711)),
    "an unknown device": ("unknown-token", ("--token", "чужой")),
    "nobody at all": ("who-is-asking", ()),
}


@pytest.mark.parametrize("who", REFUSED)
def test_who_registers_and_where_must_be_known(qolhat: Terminal, day: Day, who: str) -> None:
    code, given = REFUSED[who]
    person = by(Role.INSPECTOR) if "--place" in given else ()
    refused(qolhat, day.folder, code, "register", "003-7", *person, *given)


def test_a_scan_at_an_unknown_place_waits_but_an_act_there_is_refused(
    qolhat: Terminal, day: Day
) -> None:
    there = ("--place", place(Role.OFFICE, serial=999_999))
    told = qolhat("scan", day.carried, *by(Role.OFFICE), *there, "--json")
    assert (told.code, told.data[0]["doubt"]) == (3, "unknown-place")
    refused(qolhat, day.folder, "unknown-place", "act", "incoming", day.carried,
            *by(Role.OFFICE), *there)  # fmt: skip


def test_who_had_no_place_yet_is_told_so(qolhat: Terminal, day: Day) -> None:
    before = ("--at", "2020-01-06T10:00+06:00")
    for command in (("register", "003-7"), ("act", "signed", day.carried)):
        problem = refused(qolhat, day.folder, "usage", *command, *by(Role.INSPECTOR), *before)
        assert "had no place at that time" in problem["detail"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("unknown-service", ("register", "003-9")),
        ("unknown-service", ("register", "басқа")),
        ("unknown-organisation", ("register", "003-7", "--authority", "9999")),
        ("already-registered", ("register", "003-7", "--number", "10267000000317")),
        ("bad-ref", ("register", "003-7", "--ref", "a b")),
        ("bad-time", ("register", "003-7", "--began-at", "бүгін")),
        ("usage", ("register", "003-7", "--iin", "850312401234")),
        ("usage", ("register", "003-7", "--authority", "ауыл")),
        ("usage", ("register",)),
    ],
)
def test_papers_that_cannot_be_accepted(
    qolhat: Terminal, day: Day, code: str, words: tuple[str, ...]
) -> None:
    refused(qolhat, day.folder, code, *words, *by(Role.INSPECTOR))


# --- acts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "role", "words"),
    [
        ("wrong-role", Role.COURIER, ("signed",)),
        ("wrong-role", Role.HEAD, ("incoming",)),
        ("unknown-person", Role.HEAD, ("resolution", "--executor", "4711")),
        ("bad-incoming-number", Role.OFFICE, ("incoming", "--incoming", "12\n7")),
        ("bad-time", Role.INSPECTOR, ("issued", "--began-at", "2026-11-16")),
        ("usage", Role.HEAD, ("approved",)),
        ("usage", Role.EXECUTOR, ("drafted", "--outcome", "maybe")),
    ],
)
def test_an_act_that_cannot_be_is_refused_whole(
    qolhat: Terminal, day: Day, code: str, role: Role, words: tuple[str, ...]
) -> None:
    kind, *details = words
    refused(qolhat, day.folder, code, "act", kind, day.refused, *details, *by(role))


@pytest.mark.parametrize(
    ("code", "role", "words"),
    [
        ("reasons-missing", Role.EXECUTOR, ("drafted", "--outcome", "refused")),
        ("outcome-missing", Role.EXECUTOR, ("drafted",)),
        ("executor-missing", Role.HEAD, ("resolution",)),
        ("unknown-ground", Role.EXECUTOR,
         ("drafted", "--outcome", "refused", "--ground", "no-wish")),
    ],
)  # fmt: skip
def test_an_act_that_lacks_something_is_refused_packet_by_packet(
    qolhat: Terminal, day: Day, code: str, role: Role, words: tuple[str, ...]
) -> None:
    kind, *details = words
    command = ("act", kind, day.refused, *details, *by(role))
    before = events_in(day.folder)
    for said in in_every_language(qolhat, *command).values():
        assert (said.code, "✗" in said.out) == (1, True)
    (answer,) = qolhat(*command, "--json").data
    assert answer["error"]["code"] == code
    assert events_in(day.folder) == before


# --- commands that cannot be understood ---------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("wher",),
        ("people", "hire"),
        ("where",),
        ("where", "--surnam", "Ә"),
        ("where", "--surname"),
        ("holdings", "--limit", "0"),
        ("holdings", "--limit", "көп"),
        ("holdings", "--json=yes"),
        ("verify", "now"),
        ("scan", "--person", "бірінші"),
        ("settle", "torn", "burn"),
        ("serve", "--port", "70000"),
        ("directory", "--kind", "shop"),
    ],
)
def test_a_command_that_is_not_understood_says_where_help_is(
    qolhat: Terminal, words: tuple[str, ...]
) -> None:
    for said in in_every_language(qolhat, *words).values():
        assert (said.code, said.out) == (2, "")
        assert "--help" in said.err
    problem = qolhat(words[0], "--json", *words[1:]).problem
    assert (problem["code"], problem["status"]) == ("usage", 400)


def made_anew() -> None:
    """Start as if nothing had been imported: the help is made in one language, then."""
    for name in [each for each in sys.modules if each.startswith("api.cli")]:
        del sys.modules[name]
    importlib.import_module("api.cli")


def test_help_is_in_the_readers_language(day: Day) -> None:
    for words in (("scan",), ("people",), ("regulations", "check"), ("serve",)):
        helped = {language: Program(day.folder, language, made_anew).run(*words, "-h").out
                  for language in LANGUAGES}  # fmt: skip
        assert "Usage: qolhat" in helped["en"]
        assert not re.search("[\u0400-\u04ff]", helped["en"])
        assert "Как писать: qolhat" in helped["ru"]
        assert not set("әғқңөұүі") & set(helped["ru"])
        assert set("әғқңөұүі") & set(helped["kk"])


def test_a_name_without_a_command_shows_the_help(qolhat: Terminal) -> None:
    for words in ((), ("people",), ("regulations",)):
        told = qolhat(*words)
        assert told.code == 2
        assert "--help" in told.out


# --- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORT", "abc", "a whole number is wanted"),
        ("PORT", "0", "it must be at least 1"),
        ("PORT", "65536", "it must be at most 65535"),
        ("STORE", "oracle", "one of these is wanted: 'sqlite', 'postgres'"),
        ("RUNS", "11:00,25:00", "a time like 11:00 is wanted"),
        ("CLOCK_TOLERANCE_SECONDS", "-1", "it must be at least 0"),
        ("KAFKA_PARTITIONS", "many", "a whole number is wanted"),
        ("PROXY", "10.0.0.2,nginx", "“nginx” is neither an address nor a network"),
        ("PROXY", "10.0.0.2/8", "“10.0.0.2/8” is neither an address nor a network"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_the_reason(
    qolhat: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"QOLHAT_{name}", value)
    for said in in_every_language(qolhat, "holdings").values():
        assert (said.code, f"QOLHAT_{name}" in said.err) == (1, True)
    problem = qolhat("holdings", "--json").problem
    assert problem["code"] == "bad-setting"
    assert reason in problem["detail"]


def test_an_unknown_language_is_told_in_kazakh(qolhat: Terminal) -> None:
    told = qolhat.speak("de")("holdings")
    assert (told.code, "Баптау жарамсыз" in told.err, "QOLHAT_LANGUAGE" in told.err) == (
        1, True, True
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("REGULATIONS_DIR", "unreadable-file"),
        ("WORKDAYS_FILE", "unreadable-file"),
        ("VAULT_KEY", "bad-vault-key"),
    ],
)
def test_a_setting_that_leads_nowhere_is_told(
    qolhat: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str
) -> None:
    monkeypatch.setenv(f"QOLHAT_{name}", str(tmp_path / "nowhere"))
    in_every_language(qolhat, "holdings")
    assert qolhat("holdings", "--json").problem["code"] == code


def test_a_faulty_file_of_worked_days_is_told_with_field_and_reason(
    qolhat: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "days.toml"
    monkeypatch.setenv("QOLHAT_WORKDAYS_FILE", str(file))
    for content, reason in (
        ("known_until = 1990", "it is outside the years 2010 to 2045"),
        ("known_until = 2027", "no [[year]] gives the source of the transfers of 2026"),
        ("known_until = 'soon'", "the type must be int, it is str"),
        ("[[day]]\ndate = 2026-01-01", "is missing"),
        ("known_until =\n", "it is not TOML"),
    ):
        file.write_text(content)
        in_every_language(qolhat, "holdings")
        assert reason in qolhat("holdings").text


def test_another_key_than_the_vaults_is_refused(
    qolhat: Terminal, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QOLHAT_VAULT_KEY", "0" * 42 + "8=")
    in_every_language(qolhat, "where", day.carried)
    assert qolhat("where", day.carried, "--json").problem["code"] == "wrong-vault-key"


def test_a_file_that_is_no_database_is_told(qolhat: Terminal, day: Day) -> None:
    (day.folder / "events.db").write_bytes(b"this was a database once" * 1000)
    in_every_language(qolhat, "where", day.carried)
    told = qolhat("where", day.carried, "--json").problem
    assert told["code"] == "storage-failed"


# --- a folder that cannot be written, a disk that is full ---------------------------------------

NOBODY = 65534


def become_nobody() -> None:
    """Root may write everywhere: somebody else must try."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder that everybody can read and nobody but root can write."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(
    qolhat: Terminal, read_only: Path, language: str
) -> None:
    what_to_do = {"kk": "Әкімші жазу құқығын беруі керек", "ru": "дать право записи",
                  "en": "The administrator must allow writing to it."}  # fmt: skip
    in_every_language(qolhat, "holdings", "-o", "1")  # nobody may not read what Python loads late
    for folder in (read_only, read_only / "data"):
        told = Program(folder, language, become_nobody).run("holdings")
        assert (told.code, told.out) == (1, "")
        assert what_to_do[language] in told.err
    assert list(read_only.iterdir()) == []


def test_a_store_that_cannot_be_written_any_more_loses_nothing(
    qolhat: Terminal, day: Day, read_only: Path
) -> None:
    qolhat("where", day.carried)
    before = events_in(day.folder)
    read_only.chmod(0o755)
    for file in day.folder.iterdir():
        shutil.copy(file, read_only)
        (read_only / file.name).chmod(0o444)
    read_only.chmod(0o555)
    scan = ("scan", day.carried, *by(Role.OFFICE), "--json")
    told = Program(read_only, "en", become_nobody).run(*scan)
    assert (told.code, told.problem["code"]) == (1, "storage-read-only")
    read_only.chmod(0o755)
    assert events_in(read_only) == before


def room(size: int) -> Callable[[], None]:
    """A disk on which no file can grow beyond a size."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def nearly_full(folder: Path, language: str = "en") -> Program:
    """The program on a disk with room for a little more than the store has now."""
    largest = max(file.stat().st_size for file in folder.iterdir())
    return Program(folder, language, room(largest + 64 * 1024))


def kept_refs(folder: Path) -> set[str]:
    """The ids of all scans of batches in the store."""
    with bootstrap(Settings(data_dir=folder), now=SettableClock()) as opened:
        rows = str(list(opened.log.rows.rows_after(0, 100_000)))
    return set(re.findall(r"[0-9a-f]{32}-\d+", rows))


def test_a_disk_that_fills_up_while_people_scan_loses_nothing_that_was_confirmed(
    day: Day,
) -> None:
    typed = "".join(f"{packet_number(CENTRE, 4_800 + each)}\n" for each in range(4_000))
    told = nearly_full(day.folder).run("scan", *by(Role.OFFICE), "--json", typed=typed)
    assert told.code == 1
    assert len(told.data) == 4_000  # every code has its answer
    confirmed = {each["ref"] for each in told.data if each["status"] != "refused"}
    lost = [each for each in told.data if each["status"] == "refused"]
    assert confirmed
    assert lost
    assert {each["error"]["code"] for each in lost} <= {"storage-failed", "storage-full"}
    assert "nothing was recorded" in lost[0]["error"]["detail"]
    assert confirmed <= kept_refs(day.folder)
    assert not kept_refs(day.folder) & {each["ref"] for each in lost}
    again = Program(day.folder).run("scan", lost[0]["code"], *by(Role.OFFICE), "--json")
    assert again.data[0]["status"] != "refused"


def test_a_full_disk_is_told_to_people_code_by_code(day: Day) -> None:
    typed = "".join(f"{packet_number(CENTRE, 4_800 + each)}\n" for each in range(2_000))
    told = nearly_full(day.folder, "ru").run("scan", *by(Role.OFFICE), typed=typed)
    assert told.code == 1
    assert len(told.out.splitlines()) == 2_000
    last = told.out.splitlines()[-1]
    assert last.startswith("✗ ")
    assert "ничего не записано" in last


def test_a_backup_or_a_label_for_which_there_is_no_room_leaves_no_half_of_it(day: Day) -> None:
    archive, label = day.folder.parent / "qolhat.tar.gz", day.folder.parent / "label.png"
    archive.write_bytes(b"an older backup")
    little = Program(day.folder, "en", room(100))
    for words in (("backup", archive), ("label", day.carried, "--format", "png", "--out", label)):
        told = little.run(*words)
        assert told.code == 1, told
        assert "administrator" in told.err or "Make room" in told.err
    assert archive.read_bytes() == b"an older backup"
    found = sorted(each.name for each in day.folder.parent.iterdir())
    assert found == ["data", "qolhat.tar.gz"]


def test_an_answer_that_cannot_be_delivered_says_that_the_command_was_carried_out(
    day: Day,
) -> None:
    before = events_in(day.folder)
    with Path("/dev/full").open("wb") as full:
        scan = ("scan", day.carried, *by(Role.OFFICE))
        told = Program(day.folder).run(*scan, out=full.fileno())
    assert told.code == 1
    assert told.err.startswith("The answer could not be written: the disk is full.")
    assert "do not repeat it" in told.err
    assert events_in(day.folder) == before + 1


def test_a_reader_who_has_gone_is_no_trouble(day: Day) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    told = Program(day.folder).run("history", day.issued, out=writer)
    os.close(writer)
    assert (told.code, told.err) == (1, "")


# --- serving ------------------------------------------------------------------------------------


@pytest.fixture
def own_signals() -> Iterator[None]:
    """What a server makes of signals must not stay."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("own_signals")
def test_a_second_server_on_the_same_folder_is_refused(qolhat: Terminal, day: Day) -> None:
    lock = server_lock(Settings(data_dir=day.folder))
    try:
        problem = refused(qolhat, day.folder, "already-serving", "serve", "--port", free_port())
    finally:
        lock.release()
    assert "QOLHAT_DATA_DIR" in problem["detail"]


@pytest.mark.usefixtures("own_signals")
def test_a_port_that_is_taken_is_told(qolhat: Terminal, day: Day) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        problem = refused(qolhat, day.folder, "port-taken", "serve", "--port", port)
    assert f"127.0.0.1:{port}" in problem["detail"]
    assert "QOLHAT_PORT" in problem["detail"]


def test_the_server_starts_answers_and_ends_when_it_is_told_to(day: Day) -> None:
    program, port = Program(day.folder), free_port()
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=program.environment
    ) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", server)
            second = program.run("serve", "--port", free_port(), "--json")
            assert second.problem["code"] == "already-serving"
            scanned = program.run("scan", day.carried, *by(Role.OFFICE))
            assert scanned.code == 0  # others may work beside the server
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=30)
        finally:
            server.kill()
    assert (server.returncode, err) == (0, b"")
    assert json.loads(out) == {"address": f"http://127.0.0.1:{port}"}


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, server.communicate()
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def test_every_problem_is_one_json_document_on_standard_error(qolhat: Terminal, day: Day) -> None:
    for words in (("where", "1"), ("wher",), ("where", SOUND), ("people", "enrol", 4711)):
        problem = qolhat(*words, "--json").problem
        assert set(problem) == {"type", "code", "title", "detail", "status"}
    assert grouped(SOUND) in qolhat("where", SOUND, "--json").problem["detail"]
    assert qolhat("holdings", "-o", AUTHORITY, "--json").err == ""
