"""Commands that record: register, scan, act, void, settle, complain, answer, erase."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BufferedReader
from typing import Annotated, Any, cast

import typer
from rich.text import Text

from api.cli.display import Line, Sheet, bell, console, harmless, table
from api.cli.failure import FAILED, IN_DOUBT, MisuseError, problem
from api.cli.language import say, term
from api.cli.look import stage_name
from api.cli.shell import (
    AsJson,
    At,
    BadTimeError,
    Numbers,
    PersonNumber,
    PlaceText,
    Ref,
    Shell,
    Token,
    number_text,
    opened,
    packet_numbers,
    plain,
    read_time,
    source,
    where,
)
from api.http.fields import is_iin, read_packet, read_place
from domain.acts import ActKind, Handing, Outcome
from domain.commands import Settlement
from domain.corrections import ErasureReason, VoidReason
from domain.errors import QolhatError
from domain.intake import RawScan
from domain.numbers import PacketNumber
from domain.packet import Packet, UnknownScanError, order_key
from infra.bootstrap import Qolhat
from infra.errors import StorageError
from infra.requests import (
    ActRequest,
    Answer,
    ComplaintAnswerRequest,
    ComplaintRequest,
    Registration,
    SettleRequest,
    Source,
    Status,
)
from projections.unsettled import Unsettled
from scanner.lines import Lines

TYPED_AT_ONCE = 4096  # bytes: at most some hundred codes in a commit
SHOWN_OF_A_CODE = 40
_COLOURS = {
    Status.ACCEPTED: "green",
    Status.DUPLICATE: "cyan",
    Status.DEVIATION: "yellow",
    Status.UNSETTLED: "magenta",
    Status.REFUSED: "red",
}
_MARKS = {
    Status.ACCEPTED: "✓",
    Status.DUPLICATE: "=",
    Status.DEVIATION: "!",
    Status.UNSETTLED: "?",
    Status.REFUSED: "✗",
}


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("register", help=say("help.command.register"))(register)
    app.command("scan", help=say("help.command.scan"))(scan)
    app.command("act", help=say("help.command.act"))(act)
    app.command("void", help=say("help.command.void"))(void)
    app.command("settle", help=say("help.command.settle"))(settle)
    app.command("complain", help=say("help.command.complain"))(complain)
    app.command("answer", help=say("help.command.answer"))(answer)
    app.command("erase", help=say("help.command.erase"))(erase)


def register(
    service: Annotated[str, typer.Argument(help=say("help.service"))],
    number: Annotated[str, typer.Option(help=say("help.own-number"))] = "",
    authority: Annotated[int | None, typer.Option(help=say("help.authority"))] = None,
    began: Annotated[str, typer.Option("--began-at", help=say("help.began"))] = "",
    surname: Annotated[str, typer.Option(help=say("help.surname"))] = "",
    given_name: Annotated[str, typer.Option(help=say("help.given-name"))] = "",
    iin: Annotated[str, typer.Option(help=say("help.iin"))] = "",
    paper: Annotated[list[str] | None, typer.Option(help=say("help.paper"))] = None,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Register a packet; prints its number."""
    if iin and not is_iin(iin):
        raise MisuseError("bad-iin")
    applicant = {"surname": surname, "given_name": given_name, "iin": iin}
    with opened() as qolhat:
        request = Registration(
            placed(source(qolhat, token, person, place, at, ref)),
            service,
            read_packet(number) if number else None,
            authority,
            read_time(began),
            {name: value for name, value in applicant.items() if value} or None,
            tuple({"name": name, "count": 1} for name in paper or ()),
        )
        answer = qolhat.desk.register(request)
        Shell(as_json).show(answer, answers_table(qolhat, [answer]))


def placed(asking: Source) -> Source:
    """Refuse somebody who was nowhere; a scan is recorded even so, and waits for a place."""
    if not asking.place:
        raise MisuseError("no-place", person=asking.person)
    return asking


def scan(
    codes: Annotated[list[str] | None, typer.Argument(help=say("help.codes"))] = None,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Record scans: the codes given, or those typed by a keyboard scanner, a line each."""
    with opened() as qolhat:
        shell = Shell(as_json)
        told: list[dict[str, Any]] = []
        seen: set[Status] = set()
        source(qolhat, token, person, place, at)  # who asks wrongly learns it before scanning
        try:
            for batch in batches(codes):
                asking = source(qolhat, token, person, place, at, ref if codes else "")
                answers = recorded(qolhat, _raw_scans(batch, asking, at))
                seen |= {answer.status for answer in answers}
                if as_json:
                    pairs = zip(batch, answers, strict=True)
                    told += [{"code": code} | plain(answer) for code, answer in pairs]
                else:
                    shell.show(None, _lines(qolhat, answers, batch))
        finally:  # whatever stopped it: what was recorded is told
            if as_json:
                shell.show(told, "")
    exit_by(seen)


def recorded(qolhat: Qolhat, scans: list[RawScan]) -> list[Answer]:
    """Record scans; where the store takes none of them, each is refused by name."""
    try:
        return qolhat.desk.scan(scans)
    except StorageError as error:
        return [Answer(scan.ref, Status.REFUSED, 0, error=error) for scan in scans]


def exit_by(seen: set[Status]) -> None:
    """End with a code that says whether something must be sent again, or decided."""
    if Status.REFUSED in seen:
        raise typer.Exit(FAILED)
    if Status.UNSETTLED in seen:
        raise typer.Exit(IN_DOUBT)


def batches(codes: list[str] | None) -> Iterator[list[str]]:
    """Take codes from the arguments, or lines from standard input as they come."""
    if codes and codes != ["-"]:
        yield [storable(code) for code in codes]
        return
    for typed in _typed_lines():
        batch = [code for line in typed if (code := storable(line.strip()))]
        if batch:
            yield batch


def _typed_lines() -> Iterator[list[str]]:
    """Return lines as soon as they are there, all that are there: a scanner must not wait."""
    stream, lines = cast("BufferedReader", sys.stdin.buffer), Lines(sys.stdin.encoding)
    while chunk := stream.read1(TYPED_AT_ONCE):
        yield lines.take(chunk)
    yield lines.rest()


def storable(code: str) -> str:
    """Keep bytes that were no text visible: they came as lone surrogates."""
    return code.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _raw_scans(codes: list[str], asking: Source, at: str) -> list[RawScan]:
    one = len(codes) == 1
    return [
        RawScan(
            asking.ref if one else f"{asking.ref}-{position}",
            code,
            str(asking.place or ""),
            asking.person,
            asking.device,
            asking.counter + position,
            asking.happened_at,
            at,
        )
        for position, code in enumerate(codes)
    ]


def _lines(qolhat: Qolhat, answers: list[Answer], codes: list[str]) -> list[Line]:
    lines: list[Line] = []
    for answer, code in zip(answers, codes, strict=True):
        lines.append(line_of(answer.status, code, told_of(qolhat, answer)))
    if any(is_wrong(answer.status) for answer in answers):
        bell()
    return lines


def line_of(status: Status, code: str, told: str) -> Text:
    """Show what became of a code; one that is too long is cut."""
    shown = code if len(code) <= SHOWN_OF_A_CODE else f"{code[:SHOWN_OF_A_CODE]}…"
    return marked(status, f"{shown}  {told}")


def marked(status: Status, told: str) -> Text:
    """Put the mark of a status before what is told."""
    return Text.assemble((_MARKS[status], _COLOURS[status]), " ", harmless(told))


def is_wrong(status: Status) -> bool:
    """Tell whether somebody must look up from the paper."""
    return status in (Status.UNSETTLED, Status.REFUSED, Status.DEVIATION)


def told_of(qolhat: Qolhat, answer: Answer) -> str:
    """Say in a line what became of a request."""
    standing = answer.standing
    parts = [term("answer", answer.status.value)]
    if answer.doubt:
        parts.append(term("doubt", answer.doubt))
    if answer.fault:
        parts.append(term("fault", answer.fault))
    if standing is not None and standing.edition:
        stage = stage_name(qolhat, standing.edition, standing.stage, waiting=standing.waiting)
        parts.append(f"{where(qolhat, standing.place)} · {stage}")
    parts += [term("deviation", each.value) for each in answer.deviations]
    if answer.error is not None:
        error = answer.error if isinstance(answer.error, QolhatError) else QolhatError()
        parts.append(problem(error)["detail"])
    if answer.layout:
        parts.append(say("scan.repaired", layout=term("layout", answer.layout)))
    return " — ".join(parts)


def answers_table(
    qolhat: Qolhat, answers: list[Answer], numbers: Sequence[PacketNumber | None] = ()
) -> Sheet:
    """Show what became of requests; a refused one knows its number only from the request."""
    made = table("", "packet", "answer")
    asked = numbers or [answer.standing.number if answer.standing else None for answer in answers]
    for answer, number in zip(answers, asked, strict=True):
        made.add_row(number_text(number), marked(answer.status, told_of(qolhat, answer)))
    return made


def act(
    kind: Annotated[ActKind, typer.Argument(help=say("help.act"))],
    numbers: Numbers,
    executor: Annotated[int | None, typer.Option(help=say("help.executor"))] = None,
    outcome: Annotated[Outcome | None, typer.Option(help=say("help.outcome"))] = None,
    ground: Annotated[list[str] | None, typer.Option(help=say("help.ground"))] = None,
    reason: Annotated[str, typer.Option("--text", help=say("help.text"))] = "",
    incoming: Annotated[str, typer.Option("--incoming", help=say("help.incoming"))] = "",
    entitled: Annotated[
        bool | None, typer.Option("--entitled/--not-entitled", help=say("help.entitled"))
    ] = None,
    handing: Annotated[Handing | None, typer.Option(help=say("help.handing"))] = None,
    began: Annotated[str, typer.Option("--began-at", help=say("help.began"))] = "",
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Record an act on one packet or on many at once."""
    with opened() as qolhat:
        asking = placed(source(qolhat, token, person, place, at, ref))
        began_at: datetime | None = read_time(began)
        request = ActRequest(
            asking,
            kind,
            incoming or None,
            executor,
            entitled,
            outcome,
            tuple(ground or ()),
            reason or None,
            handing,
            began_at,
        )
        wanted = list(dict.fromkeys(packet_numbers(numbers)))
        _finish(qolhat, qolhat.desk.act(wanted, request), wanted, as_json)


def _finish(
    qolhat: Qolhat,
    answers: list[Answer],
    numbers: Sequence[PacketNumber | None],
    as_json: bool,  # noqa: FBT001  handed on
) -> None:
    data = [{"number": n} | plain(a) for n, a in zip(numbers, answers, strict=True)]
    Shell(as_json).show(data, answers_table(qolhat, answers, numbers))
    exit_by({answer.status for answer in answers} & {Status.REFUSED})


def void(
    number: Annotated[str, typer.Argument(help=say("help.number"))],
    scan_id: Annotated[str, typer.Argument(help=say("help.own-scan-id"))] = "",
    reason: Annotated[VoidReason | None, typer.Option(help=say("help.void-reason"))] = None,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Take back one's own scan of less than a minute ago: the one named, else the last one."""
    with opened() as qolhat:
        asking = source(qolhat, token, person, place, at, ref)
        packet = read_packet(number)
        which = scan_id or _own_last_scan(qolhat, packet, asking.person)
        _finish(qolhat, [qolhat.desk.void(packet, which, asking, reason)], [packet], as_json)


def _own_last_scan(qolhat: Qolhat, packet: PacketNumber, person: int) -> str:
    """Find the person's last scan of a packet that still stands. Raises UnknownScanError."""
    events = qolhat.log.events_of(Packet.stream(packet))
    voided = {event.scan for event in events if isinstance(event, Packet.ScanVoided)}
    for event in sorted(events, key=order_key, reverse=True):
        own = isinstance(event, Packet.Scanned) and event.person == person
        if own and event.ref not in voided:
            return str(event.ref)
    raise UnknownScanError(scan=number_text(packet))


def settle(
    scan_id: Annotated[str, typer.Argument(help=say("help.scan-id"))],
    decision: Annotated[Settlement, typer.Argument(help=say("help.decision"))],
    number: Annotated[str, typer.Option(help=say("help.number"))] = "",
    true_place: Annotated[str, typer.Option("--true-place", help=say("help.true-place"))] = "",
    scanned: Annotated[str, typer.Option("--scanned-at", help=say("help.scanned"))] = "",
    reason: Annotated[str, typer.Option("--text", help=say("help.text"))] = "",
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Decide about an unsettled scan: apply it (perhaps corrected) or dismiss it."""
    with opened() as qolhat:
        request = SettleRequest(
            source(qolhat, token, person, place, at, ref),
            scan_id,
            decision,
            read_packet(number) if number else _number_of(qolhat, scan_id),
            read_place(true_place) if true_place else None,
            read_time(scanned),
            reason or None,
        )
        _finish(qolhat, [qolhat.desk.settle(request)], [request.number], as_json)


def _number_of(qolhat: Qolhat, scan_id: str) -> PacketNumber | None:
    """Find the packet of an unsettled scan, so that its number need not be typed."""
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        row = reading.view(Unsettled).of(reading.connection, scan_id)
    return row.number if row else None


def complain(
    number: Annotated[str, typer.Argument(help=say("help.number"))],
    answer_by: Annotated[str, typer.Option("--answer-by", help=say("help.answer-by"))],
    ask: Annotated[int, typer.Option("--ask", help=say("help.ask"))],
    written: Annotated[str, typer.Option("--text", help=say("help.text"))] = "",
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Take a written complaint about a packet; its slip says by when and whom to ask."""
    packet, promised = read_packet(number), read_time(answer_by)
    if promised is None:
        raise BadTimeError(text=answer_by)
    with opened() as qolhat:
        asking = placed(source(qolhat, token, person, place, at, ref))
        request = ComplaintRequest(asking, packet, promised, ask, written or None)
        _finish(qolhat, [qolhat.desk.complain(request)], [packet], as_json)


def answer(
    number: Annotated[str, typer.Argument(help=say("help.number"))],
    complaint: Annotated[str, typer.Argument(help=say("help.complaint"))],
    written: Annotated[str, typer.Option("--text", help=say("help.text"))] = "",
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Answer a written complaint, named by the id that `history` shows."""
    packet = read_packet(number)
    with opened() as qolhat:
        asking = placed(source(qolhat, token, person, place, at, ref))
        request = ComplaintAnswerRequest(asking, packet, complaint, written or None)
        _finish(qolhat, [qolhat.desk.answer_complaint(request)], [packet], as_json)


def erase(
    number: Annotated[str, typer.Argument(help=say("help.number"))],
    sure: Annotated[bool, typer.Option("--yes", help=say("help.yes"))] = False,
    reason: Annotated[ErasureReason | None, typer.Option(help=say("help.erasure-reason"))] = None,
    token: Token = "",
    person: PersonNumber = None,
    as_json: AsJson = False,
) -> None:
    """Erase the personal data of one packet; its events stay."""
    packet = read_packet(number)
    if not sure and not _agreed(say("confirm.erase", number=number_text(packet))):
        raise MisuseError("not-confirmed")
    with opened() as qolhat:
        asking = source(qolhat, token, person, "", "")
        _finish(qolhat, [qolhat.desk.erase(packet, asking, reason)], [packet], as_json)


def _agreed(question: str) -> bool:
    """Ask on standard error, so that the answer stays the only thing on standard output."""
    out = console(stderr=True)
    out.print(f"{question} [{say('confirm.yes')}/{say('confirm.no')}] ", end="")
    words = (say("confirm.yes"), say("confirm.also-yes"), "yes", "y")
    return sys.stdin.readline().strip().casefold() in {word.casefold() for word in words}
