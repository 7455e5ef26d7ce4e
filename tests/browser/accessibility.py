"""What axe finds on a page: nothing, or a readable report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")


def violations(page: Page, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Run axe-core on the whole page, but for the rules in `without`."""
    options = {
        "runOnly": {"type": "tag", "values": list(TAGS)},
        "rules": {rule: {"enabled": False} for rule in without},
        "resultTypes": ["violations"],
    }
    found: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return found


def assert_accessible(page: Page, without: Sequence[str] = ()) -> None:
    """Assert that axe finds nothing (WCAG 2.2 A and AA, and good practice)."""
    found = violations(page, without)
    assert not found, f"axe on {page.url}:\n{report(found)}"


def report(found: Sequence[dict[str, Any]]) -> str:
    """Write violations for reading: the rule, then every element with what is wrong with it."""
    return "\n".join(line for violation in found for line in _lines(violation))


def _lines(violation: dict[str, Any]) -> list[str]:
    lines = [f"{violation['id']} ({violation['impact']}): {violation['help']}"]
    for node in violation["nodes"]:
        lines.append(f"  {' '.join(map(str, node['target']))}  {node['html'][:160]}")
        lines += [f"    {said}" for said in node["failureSummary"].splitlines()[1:]]
    return lines
