"""Takes in the log of a courier's device: entry by entry, each with an answer of its own.

What a device sends twice, by halves or out of order is one log. Nothing of it is refused but what
has no id; what cannot be understood is kept and waits to be settled.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, BeforeValidator, Field

from api.dispatched import proof_code
from api.http.fields import KeptCounter, KeptText, as_text, is_ref, read_instant
from api.http.problems import TooManyError, problem_for
from api.web.courier import carrying
from api.web.courier_logs import finding_text
from api.web.visitor import Visitor
from domain.dispatch.device_log import Finding, LogEntry
from infra.desk.device_logs import EntryAnswer, SentLog
from infra.errors import StorageError
from infra.requests import Status

router = APIRouter(include_in_schema=False)
Carrying = Annotated[Visitor, Depends(carrying)]
MOST_ENTRIES = 500
LONGEST_FACT = 40_000  # a drawn signature
_MOST_FACTS = 20


def _facts(given: object) -> dict[str, str]:
    """Read what an entry says beside, whatever was sent."""
    if not isinstance(given, dict):
        return {}
    said = list(given.items())[:_MOST_FACTS]
    return {as_text(name)[:40]: as_text(value, LONGEST_FACT) for name, value in said}


class SentEntry(BaseModel):
    """An entry as the device has it; nothing in it is refused but a missing id."""

    seq: KeptCounter = 0
    prev: KeptText = ""
    hash: KeptText = ""
    ref: KeptText = ""
    kind: KeptText = ""
    happened_at: KeptText = ""
    boot: KeptText = ""
    mono: KeptCounter = 0
    server_at: KeptText = ""
    person: KeptCounter = 0
    place: KeptText = ""
    code: KeptText = ""
    facts: Annotated[dict[str, str], BeforeValidator(_facts)] = Field(default_factory=dict)

    def entry(self) -> LogEntry:
        """Return the entry as the log knows it."""
        return LogEntry(
            self.seq,
            self.prev,
            self.hash,
            self.ref,
            self.kind,
            self.happened_at,
            self.boot,
            self.mono,
            self.server_at,
            self.person,
            self.place,
            self.code,
            tuple(self.facts.items()),
        )


class Sent(BaseModel):
    """Entries of one log; `sent_at` is the device's clock."""

    log: str = Field(min_length=1, max_length=64)
    sent_at: KeptText = ""
    entries: list[SentEntry]


@router.post("/courier/sync")
def sync(visitor: Carrying, body: Sent) -> dict[str, Any]:
    """Record what a device has written; each entry has an answer of its own."""
    if len(body.entries) > MOST_ENTRIES:
        raise TooManyError(limit=MOST_ENTRIES)
    qolhat, entries = visitor.qolhat, [each.entry() for each in body.entries]
    own = [each for each in entries if each.person == visitor.person and is_ref(each.ref)]
    received = qolhat.desk.logs.receive(
        SentLog(body.log, visitor.person, visitor.session.station, read_instant(body.sent_at), own)
    )
    qolhat.runner.wake()
    told = {answer.entry: _told(visitor, answer) for answer in received.answers}
    return {
        "server_at": qolhat.now().isoformat(),
        "known": received.known,
        "answers": [told.get(each) or _not_taken(visitor, each) for each in entries],
        "findings": [finding_told(visitor, each) for each in received.findings],
    }


def _shape(entry: LogEntry, status: str, tone: str, verdict: str) -> dict[str, Any]:
    return {"seq": entry.seq, "ref": entry.ref, "status": status, "tone": tone, "verdict": verdict}


def _not_taken(visitor: Visitor, entry: LogEntry) -> dict[str, Any]:
    """Another person's entries wait for that person; one without an id is of no use."""
    if is_ref(entry.ref):
        return _shape(entry, "retry", "amber", visitor.speech.say("courier.other-person"))
    return _shape(entry, "refused", "red", visitor.speech.say("courier.no-id"))


_STATUSES = {
    Status.ACCEPTED: ("recorded", "green"),
    Status.DEVIATION: ("recorded", "amber"),
    Status.DUPLICATE: ("duplicate", "green"),
    Status.UNSETTLED: ("unsettled", "red"),
}


def _told(visitor: Visitor, answer: EntryAnswer) -> dict[str, Any]:
    if answer.error is not None:
        status = "retry" if isinstance(answer.error, StorageError) else "refused"
        title = problem_for(answer.error, visitor.speech.language).title
        return _shape(answer.entry, status, "red", title)
    status, tone = _STATUSES[answer.status]
    told = _shape(answer.entry, status, tone, _verdict(visitor, answer))
    if answer.entry.kind == "accept" and answer.bag is not None:
        told["proof"] = proof_code(answer.entry.proof)
    return told


def _verdict(visitor: Visitor, answer: EntryAnswer) -> str:
    """Say how the bag or the packet stands now, and what was odd."""
    speech, said = visitor.speech, [visitor.speech.word("answer", answer.status.value)]
    if answer.journey is not None:
        odd = [what for ref, what in answer.journey.deviations if ref == answer.entry.ref]
        said = [speech.word("bag", answer.journey.state.value)]
        said += [speech.word("bag-deviation", each.value) for each in odd]
    elif answer.scan is not None:
        said += [speech.word("deviation", each) for each in answer.scan.deviations]
        if answer.scan.doubt is not None:
            said.append(speech.word("doubt", answer.scan.doubt))
    return " · ".join(said)


def finding_told(visitor: Visitor, finding: Finding) -> dict[str, str]:
    """Say what is wrong with a device's log."""
    return {"kind": finding.kind.value, "text": finding_text(visitor, finding)}
