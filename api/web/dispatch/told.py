"""How the answer to one scan is told to a page: colour, shape, words, and what was meant.

No scan is dropped: what is no packet's number, or cannot be read, goes among the unsettled scans.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.http.problems import problem_of
from api.web.station import Tone, advice
from api.web.visitor import Visitor
from domain.errors import QolhatError
from domain.intake import RawScan
from domain.numbers import grouped
from infra.errors import StorageError
from infra.requests import Source
from scanner.keyboards import layout_of, parse_typed

Told = dict[str, Any]


def told(
    ref: str,
    tone: Tone,
    kind: str,
    verdict: str,
    *,
    code: str = "",
    remarks: Iterable[str] = (),
    **more: Any,
) -> Told:
    """Return what a page is told of one scan; `code` is what was read."""
    said = {
        "number": code,
        "grouped": _grouped(code),
        "remarks": [each for each in remarks if each],
    }
    return {"ref": ref, "tone": tone, "kind": kind, "verdict": verdict, **said, **more}


def _grouped(code: str) -> str:
    try:
        return grouped(parse_typed(code).value)
    except QolhatError:
        return code


def advised(visitor: Visitor, said: Told, code: str) -> Told:
    """Add the advice to change the keyboard's layout, if the code had to be put right."""
    return said | {"remarks": [*said["remarks"], *advice(visitor, layout_of(code))]}


def told_error(visitor: Visitor, ref: str, error: QolhatError, code: str) -> Told:
    """Tell that a scan is refused, and why; what could not be stored is to be sent again."""
    problem = problem_of(error, visitor.speech.language)
    again = isinstance(error, StorageError)
    remarks = [problem.detail]
    return told(ref, Tone.RED, "refused", problem.title, code=code, remarks=remarks, retry=again)


def told_other(visitor: Visitor, source: Source, code: str) -> Told:
    """Tell that something else than a packet was scanned; what cannot be read is kept."""
    try:
        parse_typed(code)
    except QolhatError:
        return _kept(visitor, source, code)
    speech = visitor.speech
    verdict, remarks = speech.say("dispatch.other-thing"), [speech.say("dispatch.packets-only")]
    return told(source.ref, Tone.RED, "other", verdict, code=code, remarks=remarks)


def _kept(visitor: Visitor, source: Source, code: str) -> Told:
    """Keep what cannot be read among the unsettled scans."""
    speech, place = visitor.speech, str(source.place)
    at = (source.person, source.device, source.counter, source.happened_at)
    answer = visitor.qolhat.desk.scan([RawScan(source.ref, code, place, *at)])[0]
    if isinstance(answer.error, QolhatError):
        return told_error(visitor, source.ref, answer.error, code)
    fault = speech.word("fault", answer.fault) if answer.fault else ""
    verdict = speech.word("doubt", answer.doubt)
    remarks = [fault, speech.say("station.kept")]
    return told(source.ref, Tone.RED, "unsettled", verdict, code=code, remarks=remarks)


def script_texts(visitor: Visitor, keys: Iterable[str]) -> dict[str, str]:
    """Return what the page's scripts may have to say, in the reader's language."""
    return {key: visitor.speech.say(f"dispatch.js.{key}") for key in keys}
