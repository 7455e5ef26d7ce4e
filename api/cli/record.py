"""Commands that record: register, scan, act, void, settle, erase."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from api.cli.look import stage_name
from api.cli.shell import (
    AsJson,
    At,
    Numbers,
    PersonNumber,
    PlaceText,
    Ref,
    Shell,
    Token,
    language,
    number_text,
    opened,
    packet_numbers,
    read_place,
    read_time,
    say,
    source,
    table,
    term,
    where,
)
from api.messages import text
from domain.acts import ActKind, Handing, Outcome
from domain.commands import Settlement
from domain.errors import QolhatError
from domain.intake import RawScan
from infra.bootstrap import Qolhat
from infra.requests import ActRequest, Answer, Registration, SettleRequest, Source, Status

AT_ONCE = 200
BELL = "\\a"
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
    applicant = {"surname": surname, "given_name": given_name, "iin": iin}
    with opened() as qolhat:
        request = Registration(
            source(qolhat, token, person, place, at, ref),
            service,
            packet_numbers([number])[0] if number else None,
            authority,
            read_time(began),
            {name: value for name, value in applicant.items() if value} or None,
            tuple({"name": name, "count": 1} for name in paper or ()),
        )
        answer = qolhat.desk.register(request)
        Shell(as_json).show(answer, answers_table(qolhat, [answer]))


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
        failed = False
        told: list[Answer] = []
        for batch in _batches(codes):
            asking = source(qolhat, token, person, place, at, ref if codes else "")
            answers = qolhat.desk.scan(_raw_scans(batch, asking, at))
            failed = failed or any(answer.error is not None for answer in answers)
            if as_json:
                told += answers
            else:
                shell.show(None, _lines(qolhat, answers, batch))
        if as_json:
            shell.show(told, "")
        if failed:
            raise typer.Exit(1)


def _batches(codes: list[str] | None) -> Iterator[list[str]]:
    """Take codes from the arguments, or lines from standard input as they come."""
    if codes and codes != ["-"]:
        yield codes
        return
    at_once = 1 if sys.stdin.isatty() else AT_ONCE
    batch: list[str] = []
    for line in sys.stdin:
        if code := line.strip():
            batch.append(code)
        if len(batch) >= at_once:
            yield batch
            batch = []
    if batch:
        yield batch


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


def _lines(qolhat: Qolhat, answers: list[Answer], codes: list[str]) -> list[str | Table]:
    bell = BELL if sys.stdout.isatty() and any(_wrong(answer) for answer in answers) else ""
    lines: list[str | Table] = []
    for answer, code in zip(answers, codes, strict=True):
        colour = _COLOURS[answer.status]
        lines.append(
            f"[{colour}]{_MARKS[answer.status]}[/] {_escaped(code)}  {_told(qolhat, answer)}"
        )
    if bell:
        lines.append(bell)
    return lines


def _escaped(code: str) -> str:
    return code[:40].replace("[", "\\\\[")


def _wrong(answer: Answer) -> bool:
    return answer.status in (Status.UNSETTLED, Status.REFUSED, Status.DEVIATION)


def _told(qolhat: Qolhat, answer: Answer) -> str:
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
    if isinstance(answer.error, QolhatError):
        parts.append(
            text("problems", f"{answer.error.code}.detail", language(), **answer.error.facts)
        )
    return " — ".join(parts)


def answers_table(qolhat: Qolhat, answers: list[Answer]) -> list[str | Table]:
    """Show what became of requests."""
    made = table("", "packet", "answer")
    for answer in answers:
        number = answer.standing.number if answer.standing else None
        colour = _COLOURS[answer.status]
        made.add_row(
            number_text(number), f"[{colour}]{_MARKS[answer.status]}[/] {_told(qolhat, answer)}"
        )
    return [made]


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
        asking = source(qolhat, token, person, place, at, ref)
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
        answers = qolhat.desk.act(packet_numbers(numbers), request)
        _finish(qolhat, answers, as_json)


def _finish(qolhat: Qolhat, answers: list[Answer], as_json: bool) -> None:  # noqa: FBT001
    data: Any = answers
    Shell(as_json).show(data, answers_table(qolhat, answers))
    if any(answer.error is not None for answer in answers):
        raise typer.Exit(1)


def void(
    number: Annotated[str, typer.Argument(help=say("help.number"))],
    scan_id: Annotated[str, typer.Argument(help=say("help.scan-id"))],
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Take back one's own scan of less than a minute ago."""
    with opened() as qolhat:
        asking = source(qolhat, token, person, place, at, ref)
        (packet,) = packet_numbers([number])
        _finish(qolhat, [qolhat.desk.void(packet, scan_id, asking)], as_json)


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
            packet_numbers([number])[0] if number else _number_of(qolhat, scan_id),
            read_place(true_place) if true_place else None,
            read_time(scanned),
            reason or None,
        )
        _finish(qolhat, [qolhat.desk.settle(request)], as_json)


def _number_of(qolhat: Qolhat, scan_id: str) -> Any:
    """Find the packet of an unsettled scan, so that its number need not be typed."""
    from projections.unsettled import Unsettled  # noqa: PLC0415  only for this question

    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        row = reading.view(Unsettled).of(reading.connection, scan_id)
    return row.number if row else None


def erase(
    number: Annotated[str, typer.Argument(help=say("help.number"))],
    sure: Annotated[bool, typer.Option("--yes", help=say("help.yes"))] = False,
    token: Token = "",
    person: PersonNumber = None,
    as_json: AsJson = False,
) -> None:
    """Erase the personal data of one packet; its events stay."""
    (packet,) = packet_numbers([number])
    if not sure:
        typer.confirm(say("confirm.erase", number=number_text(packet)), abort=True)
    with opened() as qolhat:
        asking = source(qolhat, token, person, "", "")
        _finish(qolhat, [qolhat.desk.erase(packet, asking)], as_json)
