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
