"""Whom to tell is checked before anything is told."""

from __future__ import annotations

import pytest

from infra.bootstrap import Qolhat, warning_watch
from infra.settings import BadSettingError, load_settings
from infra.warnings.mail import Letter

MAIL = {
    "QOLHAT_SMTP": "smtps://user:secret@mail.example.org",
    "QOLHAT_WARN_MAIL_TO": "head@example.org, manager@example.org",
    "QOLHAT_WARN_MAIL_FROM": "qolhat@example.org",
}


def _set(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_nobody_is_told_unless_somebody_is_named(qolhat: Qolhat) -> None:
    assert warning_watch(qolhat, lambda _: Letter("", "")) is None


def test_every_way_that_is_named_is_used(qolhat: Qolhat, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, **MAIL, QOLHAT_WARN_WEBHOOK="https://example.org/hook?token=secret")
    settings = load_settings()
    assert settings.warn_mail_to == ("head@example.org", "manager@example.org")
    assert "secret" not in repr(settings)
    qolhat.settings = settings
    watch = warning_watch(qolhat, lambda _: Letter("", ""))
    assert watch is not None
    assert [way.channel.name for way in watch.ways] == ["webhook", "mail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QOLHAT_WARN_WEBHOOK", "example.org/hook"),
        ("QOLHAT_WARN_WEBHOOK", "ftp://example.org"),
        ("QOLHAT_WARN_WEBHOOK", "https://"),
        ("QOLHAT_SMTP", "mail.example.org"),
        ("QOLHAT_WARN_MAIL_TO", "head@example.org, nobody"),
        ("QOLHAT_WARN_MAIL_FROM", "Qolhat <qolhat@example.org>"),
        ("QOLHAT_WARN_MINUTES", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    _set(monkeypatch, **MAIL)
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettingError) as raised:
        load_settings()
    assert raised.value.facts["name"] == name
    assert "example.org" not in str(raised.value.facts["reason"])


@pytest.mark.parametrize("missing", ["QOLHAT_SMTP", "QOLHAT_WARN_MAIL_FROM"])
def test_mail_needs_a_server_and_a_sender(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    _set(monkeypatch, **{**MAIL, missing: ""})
    with pytest.raises(BadSettingError) as raised:
        load_settings()
    assert raised.value.facts["name"] == missing
