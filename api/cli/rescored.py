"""How the command line shows stays that were scored anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from api.changed import Changed
from api.cli.display import Sheet, table
from api.cli.language import language, term
from api.cli.shell import local, number_text, span
from domain.progress import VisitKind
from infra.bootstrap import Qolhat

_STAGE = VisitKind.STAGE.value


def changed_data(each: Changed) -> dict[str, Any]:
    """Tell a change as codes and numbers."""
    entry = each.entry and each.entry[1]
    return asdict(each) | {"why": each.why[1], "entry": entry}


def changed_table(qolhat: Qolhat, stays: Iterable[Changed]) -> Sheet:
    """Show what was changed, from what to what, by whom, and why."""
    made = table(
        "title.changed", "packet", "stage", "left", "before", "after", "why", "what", "recorded",
        "person",
    )  # fmt: skip
    for each in stays:
        made.add_row(
            number_text(each.number),
            _stay(qolhat, each),
            local(each.left_at),
            _figure(each.counted_before, late=each.late_before),
            _figure(each.counted_after, late=each.late_after),
            term(*each.why),
            _what(each),
            str(each.known_from) if each.known_from else local(each.recorded_at),
            "–" if each.by is None else str(each.by),
        )
    return made


def _stay(qolhat: Qolhat, each: Changed) -> str:
    if each.kind != _STAGE or each.edition is None:
        return term("visit", each.kind)
    name = qolhat.regulations.edition(each.edition).stage(each.stage).names
    again = f" ({each.loop})" if each.loop > 1 else ""
    return name.in_language(language()) + again


def _figure(counted: Any, *, late: bool | None) -> str:
    return f"{span(counted)}{' ⚠' if late else ''}"


def _what(each: Changed) -> str:
    if each.entry is not None:
        return term(*each.entry)
    return ", ".join(f"{day.day} {term('changed-day', day.kind)}" for day in each.days)
