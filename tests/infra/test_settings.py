"""Settings that cannot be used are named as the operator wrote them."""

from __future__ import annotations

import pytest

from infra.settings import BadSettingError, load_settings


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"QOLHAT_RUNS": "11:00,late"}, "QOLHAT_RUNS"),
        ({"QOLHAT_PORT": "http"}, "QOLHAT_PORT"),
        ({"QOLHAT_STORE": "oracle"}, "QOLHAT_STORE"),
        ({"QOLHAT_STORE": "postgres"}, "QOLHAT_POSTGRES_DSN"),
        ({"QOLHAT_CLOCK_TOLERANCE_SECONDS": "-1"}, "QOLHAT_CLOCK_TOLERANCE_SECONDS"),
        ({"QOLHAT_PROXY": "10.0.0.2,nginx"}, "QOLHAT_PROXY"),
        ({"QOLHAT_PROXY": "10.0.0.2/8"}, "QOLHAT_PROXY"),
    ],
)
def test_a_bad_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettingError) as refused:
        load_settings()
    assert refused.value.facts["name"] == named


def test_proxies_are_addresses_networks_or_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().proxy == ()
    for given, read in (
        ("", ()),
        ("*", ("*",)),
        ("10.0.0.2, 172.16.0.0/12,::1", ("10.0.0.2", "172.16.0.0/12", "::1")),
    ):
        monkeypatch.setenv("QOLHAT_PROXY", given)
        assert load_settings().proxy == read


def test_an_empty_certificate_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files hand variables on that were not set."""
    monkeypatch.setenv("QOLHAT_TLS_CERT", "")
    monkeypatch.setenv("QOLHAT_TLS_KEY", "")
    settings = load_settings()
    assert (settings.tls_cert, settings.tls_key) == (None, None)
