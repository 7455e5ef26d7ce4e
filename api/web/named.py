"""What lists of packets and stays call things, in the reader's language."""

from __future__ import annotations

from datetime import datetime, timedelta

from api.web.rendering import Speech
from domain.norms import NormUnit
from domain.progress import VisitKind
from domain.workdays import OutsideCalendarError
from infra.bootstrap import Qolhat

# Units that name no number: "once a day".
_WITHOUT_NUMBER = frozenset(
    {NormUnit.ONCE_A_DAY.value, NormUnit.WITHIN_THE_DAY.value, NormUnit.NEXT_RUN.value}
)
_HALF_A_MINUTE = timedelta(seconds=30)  # from then on it is rounded up to a minute


def service_name(qolhat: Qolhat, speech: Speech, edition: str | None) -> str:
    """Name the service of an edition, by its key and in words."""
    if edition is None:
        return ""
    service = qolhat.regulations.edition(edition).service
    return f"{service.key} · {service.names.in_language(speech.language)}"


def services(qolhat: Qolhat, speech: Speech) -> list[tuple[str, str]]:
    """List the keys of all services, each with its name, in their order."""
    found = {each.service.key: service_name(qolhat, speech, each.id) for each in qolhat.regulations}
    return sorted(found.items())


def stage_name(qolhat: Qolhat, speech: Speech, edition: str | None, stage: str | None) -> str:
    """Name a stage of an edition."""
    if edition is None or not stage:
        return ""
    return qolhat.regulations.edition(edition).stage(stage).names.in_language(speech.language)


def stay_name(
    qolhat: Qolhat, speech: Speech, edition: str | None, kind: str, stage: str | None
) -> str:
    """Name a stay: its stage, or what it is outside of one and where that leads."""
    named = stage_name(qolhat, speech, edition, stage)
    if kind == VisitKind.STAGE.value and named:
        return named
    word = speech.word("visit", kind)
    return f"{word} → {named}" if named else word


def norm_text(speech: Speech, amount: int | None, unit: str | None) -> str:
    """Say a norm: "30 minutes of working time", "once a day"; nothing if there is none."""
    if amount is None or unit is None:
        return ""
    word = speech.word("unit", unit)
    return word if unit in _WITHOUT_NUMBER else f"{speech.number(amount)} {word}"


def span_text(speech: Speech, length: timedelta | None) -> str:
    """Say a length of time; what is not nothing is never said to be."""
    if length is not None and timedelta(0) < abs(length) < _HALF_A_MINUTE:
        return speech.say("figures.less-than-a-minute")
    return speech.span(length)


def working_between(qolhat: Qolhat, organisation: int, one: datetime, other: datetime) -> timedelta:
    """Return the working time of an organisation between two instants, whichever comes first."""
    since, until = sorted((one, other))
    try:
        return qolhat.clocks.calendar(organisation).working_time(since, until)
    except OutsideCalendarError:
        return until - since
