"""Letters: what stands in them in three languages, and how they are handed to a mail server."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api.warning_letters import Letters
from domain.numbers import PacketNumber
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.mail_server import MailServer
from infra.settings import Language
from infra.warnings.channels import NotToldError
from infra.warnings.mail import Mail
from infra.warnings.message import Message
from projections.due import Clock, DueRow
from tests.infra.warnings.receivers import certificate, post_office, served_by
from tests.stories import AUTHORITY, CENTRE, MORNING, place

FROM, TO = "qolhat@example.org", ("head@example.org", "manager@example.org")
NOW = MORNING + timedelta(hours=1)


def term(number: int, minutes: float, role: Role = Role.HEAD) -> DueRow:
    """The head's hour (or the inspector's half), which ends so many minutes from now."""
    here = CENTRE if role is Role.INSPECTOR else AUTHORITY
    stage = "accept" if role is Role.INSPECTOR else "resolution"
    due = NOW + timedelta(minutes=minutes)
    return DueRow(
        PacketNumber(number), Clock.STAGE.value, due, due - timedelta(minutes=30), False, here, 5,
        place(role), stage, "s7c-2012", "003-7",
    )  # fmt: skip


@pytest.fixture
def message(qolhat: Qolhat) -> Message:
    """Two packets at the authority, one of them late; one at the centre."""
    terms = [
        term(10267000000123, 25),
        term(10267000000220, -10),
        term(10267000000317, 0, Role.INSPECTOR),
    ]
    return Message.of(terms, NOW, qolhat.directory, qolhat.clocks)


def mail(qolhat: Qolhat, port: int, url: str = "smtp://127.0.0.1", **how: Language) -> Mail:
    """Somebody who mails to the test's server."""
    server = MailServer.parse(f"{url}:{port}")
    letters = Letters(how.get("language", "kk"), qolhat.regulations)
    return Mail(server, FROM, TO, letters, patience=5)


@pytest.mark.parametrize(
    ("language", "subject", "line"),
    [
        ("kk", "3 пакеттің мерзімі", "1026 7000 0002 20 – 10 мин өтті (16.11.26, 09:50)"),
        (
            "ru",
            "3 пакета просрочены",
            "1026 7000 0002 20 – просрочено на 10 мин (16.11.2026, 09:50)",
        ),
        ("en", "3 packets are overdue", "1026 7000 0002 20 – over by 10 mins (16/11/2026, 09:50)"),
    ],
)
def test_a_letter_tells_numbers_and_places_in_the_operators_language(
    qolhat: Qolhat, message: Message, language: Language, subject: str, line: str
) -> None:
    with post_office() as office:
        mail(qolhat, office.port, language=language).send(message)
    (letter,) = office.letters
    assert subject in letter["subject"]
    assert letter["from"] == FROM
    assert office.receivers == list(TO)
    assert letter["auto-submitted"] == "auto-generated"
    assert line in office.text
    for code in (AUTHORITY, CENTRE):
        assert office.text.count(qolhat.directory.organisation(code).official_name) == 1
    assert "(encrypted)" not in office.lines
    assert not any(said.startswith("AUTH") for said in office.lines)


def test_the_most_urgent_packet_of_an_organisation_comes_first(
    qolhat: Qolhat, message: Message
) -> None:
    with post_office() as office:
        mail(qolhat, office.port).send(message)
    assert office.text.index("1026 7000 0002 20") < office.text.index("1026 7000 0001 23")


def test_a_password_is_sent_over_starttls_to_a_server_that_can_be_trusted(
    qolhat: Qolhat, message: Message, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path)
    url = "smtp://user:a%3A%2F%40@127.0.0.1"  # with signs that mean something in an address
    with post_office(starttls=served_by(file)) as office:
        with pytest.raises(NotToldError, match="SSLCertVerificationError"):
            mail(qolhat, office.port, url).send(message)
        assert not any(said.startswith("AUTH") for said in office.lines)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        mail(qolhat, office.port, url).send(message)
    said = " ".join(office.lines)
    assert said.index("(encrypted)") < said.index("AUTH PLAIN")
    assert len(office.letters) == 1


def test_a_password_is_never_sent_in_the_clear(qolhat: Qolhat, message: Message) -> None:
    with post_office() as office, pytest.raises(NotToldError):
        mail(qolhat, office.port, "smtp://user:secret@127.0.0.1").send(message)
    assert not any(said.startswith("AUTH") for said in office.lines)
    assert not office.letters


def test_a_connection_may_be_encrypted_from_the_first_byte(
    qolhat: Qolhat, message: Message, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with post_office(served_by(file)) as office:
        mail(qolhat, office.port, "smtps://user:secret@127.0.0.1").send(message)
    assert len(office.letters) == 1
    assert any(said.startswith("AUTH") for said in office.lines)


def test_an_address_that_is_refused_does_not_keep_the_letter_from_others(
    qolhat: Qolhat, message: Message
) -> None:
    with (
        post_office(refused=frozenset({TO[0]})) as office,
        pytest.raises(NotToldError, match="1 of 2") as raised,
    ):
        mail(qolhat, office.port).send(message)
    assert raised.value.partly
    assert office.receivers == [TO[1]]
    with (
        post_office(refused=frozenset(TO)) as office,
        pytest.raises(NotToldError, match="SMTPRecipientsRefused") as raised,
    ):
        mail(qolhat, office.port).send(message)
    assert not raised.value.partly


def test_a_server_that_is_down_is_named_without_what_was_sent(
    qolhat: Qolhat, message: Message
) -> None:
    with post_office(down=True) as office, pytest.raises(NotToldError, match="421"):
        mail(qolhat, office.port).send(message)
    with pytest.raises(NotToldError, match="ConnectionRefusedError") as raised:
        mail(qolhat, office.port, "smtp://user:secret@127.0.0.1").send(message)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", MailServer("mail.example.org", 25, False)),
        ("smtp://u:p@mail.example.org", MailServer("mail.example.org", 587, False, "u", "p")),
        ("smtps://mail.example.org", MailServer("mail.example.org", 465, True)),
        ("smtps://u%40x:p%2F@[::1]:7", MailServer("::1", 7, True, "u@x", "p/")),
    ],
)
def test_a_mail_server_is_named_by_its_address(url: str, expected: MailServer) -> None:
    assert MailServer.parse(url) == expected
    assert "p/" not in repr(MailServer.parse(url))


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://x",
        "smtp://",
        "smtp://x:port",
        "smtp://x/inbox",
        "smtp://[",
        "smtp://u:%D1%81@x",
    ],
)
def test_what_names_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not"):
        MailServer.parse(url)
