"""`qolhat serve` tells who is about to be late if the settings name somebody to tell."""

from __future__ import annotations

import re
import urllib.request

from tests.api.cli.conftest import Day
from tests.api.cli.test_serving import serving
from tests.infra.warnings.receivers import hook, post_office


def figures(address: str) -> dict[str, float]:
    """What the server tells of its warnings."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    found = re.findall(r"^(qolhat_warnings_\w+\{[^}]*\}) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def test_a_server_tells_by_every_way_that_is_set(day: Day) -> None:
    with hook() as told, post_office() as office:  # what presses depends on the day of today
        settings = {
            "QOLHAT_WARN_WEBHOOK": told.url,
            "QOLHAT_WARN_MAIL_TO": "head@example.org",
            "QOLHAT_WARN_MAIL_FROM": "qolhat@example.org",
            "QOLHAT_SMTP": f"smtp://127.0.0.1:{office.port}",
        }
        with serving(day, **settings) as address:
            found = figures(address)
            assert set(found) == {
                f'qolhat_warnings_{what}_total{{channel="{channel}"}}'
                for what in ("sent", "failed")
                for channel in ("webhook", "mail")
            }
            assert not any(count for name, count in found.items() if "failed" in name)


def test_a_server_tells_nobody_unless_it_is_asked_to(day: Day) -> None:
    with serving(day) as address:
        assert figures(address) == {}
