"""Commands that only look: where packets are, how long stages took, what runs out, what waits."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.cited import cited
from api.cli.display import Line, Sheet, table
from api.cli.failure import MisuseError
from api.cli.language import language, say, term
from api.cli.rescored import changed_data, changed_table
from api.cli.shell import (
    AsJson,
    Limit,
    Organisation,
    PersonNumber,
    Shell,
    local,
    number_text,
    opened,
    packet_numbers,
    read_time,
    span,
)
from api.cli.shell import where as place_name
from api.entries import ENTRY_KINDS, details_of, kind_of, reason_of
from api.http.fields import read_packet, read_place
from api.ledger import Scored, scored
from domain.errors import UnknownPacketError
from domain.ledger import Line as LedgerLine
from domain.numbers import PacketNumber, grouped
from domain.packet import Packet, order_key
from domain.timeline import Timeline, timeline_of
from infra.bootstrap import Qolhat
from infra.views.group import Reading
from projections.due import DueRow, DueView
from projections.holdings import Holding, Holdings
from projections.unsettled import Unsettled
from projections.visits import Timing, VisitFilter, VisitRow, Visits

Service = Annotated[str, typer.Option(help=say("help.service"))]
Since = Annotated[str, typer.Option(help=say("help.since"))]
Until = Annotated[str, typer.Option(help=say("help.until"))]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("where", help=say("help.command.where"))(where)
    app.command("history", help=say("help.command.history"))(history)
    app.command("ledger", help=say("help.command.ledger"))(ledger)
    app.command("visits", help=say("help.command.visits"))(visits)
    app.command("timings", help=say("help.command.timings"))(timings)
    app.command("holdings", help=say("help.command.holdings"))(holdings)
    app.command("due", help=say("help.command.due"))(due)
    app.command("paused", help=say("help.command.paused"))(paused)
    app.command("unsettled", help=say("help.command.unsettled"))(unsettled)


def where(
    numbers: Annotated[list[str] | None, typer.Argument(help=say("help.numbers"))] = None,
    iin: Annotated[str, typer.Option(help=say("help.iin"))] = "",
    surname: Annotated[str, typer.Option(help=say("help.surname"))] = "",
    as_json: AsJson = False,
) -> None:
    """Tell where packets are, found by number, IIN or surname."""
    if not (numbers or iin or surname):
        raise MisuseError("nothing-asked")
    with opened() as qolhat:
        wanted = packet_numbers(numbers or [])
        named = _of_applicant(qolhat, iin, surname)
        qolhat.runner.catch_up()
        with qolhat.views.reading() as reading:
            held = [_holding(reading, number) for number in wanted]
            view = reading.view(Holdings)
            found = (view.of(reading.connection, number) for number in named)
            held += [each for each in found if each is not None and each not in held]
        Shell(as_json).show(held, holdings_table(qolhat, held, "title.where"))


def _of_applicant(qolhat: Qolhat, iin: str, surname: str) -> list[PacketNumber]:
    """Find packets in the vault; people of the staff are kept there too and are left out."""
    found = qolhat.vault.find(iin=iin or None, surname=surname or None)
    return [PacketNumber(int(subject)) for subject in found if subject.isdigit()]


def _holding(reading: Reading, number: PacketNumber) -> Holding:
    holding = reading.view(Holdings).of(reading.connection, number)
    if holding is None:
        raise UnknownPacketError(number=grouped(number))
    return holding


def holdings_table(qolhat: Qolhat, held: list[Holding], title: str) -> Sheet:
    """Show where packets are."""
    made = table(title, "packet", "service", "status", "stage", "place", "person", "since")
    for each in held:
        made.add_row(
            number_text(each.number),
            each.service or "–",
            term("status", each.status),
            stage_name(qolhat, each.edition, each.stage, waiting=each.waiting),
            place_name(qolhat, each.place),
            "–" if each.person is None else str(each.person),
            local(each.since) + ("" if each.verified else f" {say('mark.concluded')}"),
        )
    return made


def stage_name(
    qolhat: Qolhat, edition: str | None, stage: str | None, *, waiting: bool = False
) -> str:
    """Name a stage in the reader's language; an arrow where its holder has not accepted yet."""
    if edition is None or not stage:
        return "–"
    name = qolhat.regulations.edition(edition).stage(stage).names.in_language(language())
    return f"→ {name}" if waiting else name


def history(
    number: Annotated[str, typer.Argument(help=say("help.number"))], as_json: AsJson = False
) -> None:
    """Tell everything that was recorded of one packet, in order, with its deviations."""
    with opened() as qolhat:
        packet = read_packet(number)
        events = qolhat.log.events_of(Packet.stream(packet))
        if not events:
            raise UnknownPacketError(number=grouped(packet))
        qolhat.runner.catch_up()
        with qolhat.views.reading() as reading:
            stays = reading.view(Visits).of(reading.connection, packet)
        entries = _entries(events, timeline_of(events, qolhat.regulations))
        shown: list[Line] = [_history_table(qolhat, entries), visits_table(qolhat, stays)]
        Shell(as_json).show({"entries": entries, "visits": stays}, shown)


def ledger(
    number: Annotated[str, typer.Argument(help=say("help.number"))],
    edition: Annotated[str, typer.Option(help=say("help.norms-of"))] = "",
    as_json: AsJson = False,
) -> None:
    """Tell whose every second of a packet's time was, and why the clock stood."""
    with opened() as qolhat:
        told = scored(qolhat, read_packet(number), edition or None)
        data = {
            "edition": told.edition,
            "norms": told.norms,
            "clocks": told.ledger.clocks,
            "lines": told.ledger.lines,
            "changed": [changed_data(each) for each in told.changed],
        }
        shown: list[Line] = [_clocks_table(told), _lines_table(qolhat, told)]
        shown += [changed_table(qolhat, told.changed)] if told.changed else []
        Shell(as_json).show(data, shown)


def _clocks_table(told: Scored) -> Sheet:
    made = table(
        "title.clocks", "stage", "norm", "since", "due", "allowed", "used", "over", "source"
    )
    for clock in told.ledger.clocks:
        made.add_row(
            clock.stage,
            f"{clock.norm.amount} {term('unit', clock.norm.unit.value)}",
            local(clock.since),
            local(clock.due_at),
            span(clock.budget),
            span(clock.consumed),
            span(clock.over),
            cited(clock.source, language()),
        )
    return made


def _lines_table(qolhat: Qolhat, told: Scored) -> Sheet:
    made = table(
        "title.ledger", "since", "left", "working", "what", "stage", "place", "person", "source"
    )
    for line in told.ledger.lines:
        made.add_row(
            local(line.since),
            local(line.until),
            span(line.length),
            _what(qolhat, told, line),
            line.stage,
            place_name(qolhat, line.place),
            str(line.person),
            cited(line.source, language()) if line.source else "",
        )
    return made


def _what(qolhat: Qolhat, told: Scored, line: LedgerLine) -> str:
    """Say what a stretch was; of stopped time also on what ground, and who stopped it."""
    label = term("ledger", line.label.value)
    if line.ground is None:
        return label
    return f"{label}: {_ground(qolhat, told.norms, line.ground)}, № {line.stopped_by}"


_UNTOLD = frozenset({"decided_by", "papers", "began_at"})  # said by `qolhat show`


def _entries(events: list[Packet.Event], timeline: Timeline) -> list[dict[str, Any]]:
    """Tell the events as codes and numbers, in the order in which they happened."""
    doubted = {scan.ref for scan in timeline.doubted}
    return [
        {
            "happened_at": event.happened_at,
            "recorded_at": event.timestamp,
            "what": kind_of(event)[1],
            "place": event.place or None,
            "person": event.person,
            "device": event.device,
            "ref": event.ref,
            "deviations": [each.value for each in timeline.notes.get(event.ref, ())],
            "doubt": getattr(event, "doubt", None) if event.ref in doubted else None,
            "voided": event.ref in timeline.voided,
            "reason": reason_of(event),
            "details": _details(event),
        }
        for event in sorted(events, key=order_key)
    ]


def _details(event: Packet.Event) -> dict[str, Any]:
    return {name: value for name, value in details_of(event).items() if name not in _UNTOLD}


def _history_table(qolhat: Qolhat, entries: list[dict[str, Any]]) -> Sheet:
    made = table(
        "title.history", "happened", "recorded", "what", "place", "person", "remarks", "scan"
    )
    for entry in entries:
        kind = "entry" if entry["what"] in ENTRY_KINDS else "act"
        made.add_row(
            local(entry["happened_at"]),
            local(entry["recorded_at"]),
            term(kind, entry["what"]),
            place_name(qolhat, entry["place"]),
            str(entry["person"]),
            ", ".join(_remarks(entry)),
            entry["ref"],
        )
    return made


def _remarks(entry: dict[str, Any]) -> list[str]:
    """Say in words what an entry says beside, and what was odd about it."""
    remarks = [_detail_in_words(name, value) for name, value in entry["details"].items()]
    if entry["reason"] and entry["reason"][0] != "settlement":  # which is told as a detail
        remarks.append(term(*entry["reason"]))
    remarks += [term("deviation", each) for each in entry["deviations"]]
    if entry["doubt"]:
        remarks.append(term("doubt", entry["doubt"]))
    if entry["voided"]:
        remarks.append(say("mark.voided"))
    return remarks


def _detail_in_words(name: str, value: Any) -> str:
    if name in {"outcome", "handing", "settlement"}:
        return term(name, value)
    if name == "entitled":
        return say("detail.entitled" if value else "detail.not-entitled")
    if name == "grounds":
        value = ", ".join(value)
    elif name == "answer_by":
        value = local(value)
    elif name == "bag":
        value = grouped(value)
    return say(f"detail.{name}", value=value)


def visits(
    number: Annotated[str, typer.Argument(help=say("help.number"))] = "",
    organisation: Organisation = None,
    service: Service = "",
    stage: Annotated[str, typer.Option(help=say("help.stage"))] = "",
    since: Since = "",
    until: Until = "",
    late: Annotated[bool | None, typer.Option("--late/--in-time", help=say("help.late"))] = None,
    deviating: Annotated[bool, typer.Option("--deviating", help=say("help.deviating"))] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Tell every stay in every stage, of one packet or of those that fit."""
    with opened() as qolhat:
        qolhat.runner.catch_up()
        with qolhat.views.reading() as reading:
            packet = read_packet(number) if number else None
            which = VisitFilter(
                organisation,
                service or None,
                stage or None,
                read_time(since),
                read_time(until),
                late,
                deviating,
                packet,
            )
            rows = reading.view(Visits).find(reading.connection, which, limit=limit)
            if packet is not None:
                _holding(reading, packet)  # an unknown packet is an error, not an empty list
                rows.sort(key=lambda row: row.seq)
        Shell(as_json).show(rows, visits_table(qolhat, rows))


def visits_table(qolhat: Qolhat, rows: list[VisitRow]) -> Sheet:
    """Show stays with their clocks."""
    made = table(
        "title.visits",
        "packet", "stage", "place", "entered", "left", "working", "norm", "verdict", "remarks",
    )  # fmt: skip
    for row in rows:
        made.add_row(
            number_text(row.number),
            stay_name(qolhat, row.kind, row.edition, row.stage, row.loop),
            place_name(qolhat, row.place),
            local(row.entered_at),
            local(row.left_at),
            span(row.working),
            norm(row.norm_amount, row.norm_unit),
            verdict(row),
            ", ".join(term("deviation", each) for each in row.deviations),
        )
    return made


def stay_name(qolhat: Qolhat, kind: str, edition: str | None, stage: str, loop: int = 1) -> str:
    """Name a stay: the stage, or what it was instead, and how often it was begun."""
    name = stage_name(qolhat, edition, stage)
    if kind != "stage":
        name = term("visit", kind) + (f" → {name}" if stage and kind == "handover" else "")
    return f"{name} ({loop})" if loop > 1 else name


def norm(amount: int | None, unit: str | None) -> str:
    """Write a norm."""
    if unit is None:
        return "–"
    name = term("unit", unit)
    return name if unit in ("once-a-day", "within-the-day", "next-run") else f"{amount} {name}"


def verdict(row: VisitRow) -> str:
    """Say whether a stay was in time, and by how much."""
    if row.late is None:
        return "–"
    mark = "✗ +" if row.late else "✓ "
    provisional = f" {say('mark.provisional')}" if row.provisional else ""
    return f"{mark}{span(row.over)}{provisional}"


def timings(
    organisation: Organisation = None,
    service: Service = "",
    since: Since = "",
    until: Until = "",
    as_json: AsJson = False,
) -> None:
    """Tell the figures of every stage: count, median, 90th percentile, share within norm."""
    with opened() as qolhat:
        qolhat.runner.catch_up()
        which = VisitFilter(organisation, service or None, None, read_time(since), read_time(until))
        found = all_timings(qolhat, which)
        rows = [asdict(each) | {"share_within": each.share_within} for each in found]
        Shell(as_json).show(rows, timings_table(qolhat, found))


def all_timings(qolhat: Qolhat, which: VisitFilter) -> list[Timing]:
    """Return the timings in the order of editions and of their stages."""
    with qolhat.views.reading() as reading:
        found = reading.view(Visits).timings(reading.connection, which)
    return sorted(found, key=lambda each: _order(qolhat, each))


def _order(qolhat: Qolhat, timing: Timing) -> tuple[str, int, str]:
    if timing.edition is None:
        return "", 0, timing.kind
    stages = qolhat.regulations.edition(timing.edition).index_of
    return timing.edition, stages.get(timing.stage, len(stages)), timing.kind


def timings_table(qolhat: Qolhat, found: list[Timing]) -> Sheet:
    """Show the figures of stages."""
    made = table(
        "title.timings", "edition", "stage", "norm", "count", "median", "percentile", "within"
    )
    for each in found:
        made.add_row(
            each.edition or "–",
            stay_name(qolhat, each.kind, each.edition, each.stage),
            _norm_of(qolhat, each),
            str(each.count),
            span(each.median),
            span(each.percentile_90),
            "–" if each.share_within is None else f"{each.share_within:.0%} / {each.judged}",
        )
    return made


def _norm_of(qolhat: Qolhat, timing: Timing) -> str:
    if timing.edition is None or timing.kind != "stage":
        return "–"
    stated = qolhat.regulations.edition(timing.edition).stage(timing.stage).norm
    return norm(stated.amount, stated.unit.value) if stated else "–"


def holdings(
    place: Annotated[str, typer.Argument(help=say("help.place"))] = "",
    organisation: Organisation = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Tell what a place or an organisation holds now, the longest there first."""
    with opened() as qolhat:
        qolhat.runner.catch_up()
        code = read_place(place) if place else None
        with qolhat.views.reading() as reading:
            view = reading.view(Holdings)
            held = view.at(reading.connection, place=code, organisation=organisation, limit=limit)
            counts = view.counts(reading.connection, organisation)
        shown: list[Line] = [holdings_table(qolhat, held, "title.holdings")]
        if not place:
            shown.insert(0, counts_table(qolhat, counts[:limit]))
        Shell(as_json).show({"packets": held, "places": dict(counts)}, shown)


def counts_table(qolhat: Qolhat, counts: list[tuple[Any, int]]) -> Sheet:
    """Show how many packets each place holds."""
    made = table("title.places", "place", "code", "count")
    for place, count in counts:
        made.add_row(place_name(qolhat, place), grouped(place), str(count))
    return made


def due(
    organisation: Organisation = None,
    person: PersonNumber = None,
    before: Annotated[str, typer.Option(help=say("help.before"))] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Tell what runs out next, the longest overdue first."""
    with opened() as qolhat:
        qolhat.runner.catch_up()
        with qolhat.views.reading() as reading:
            rows = reading.view(DueView).next(
                reading.connection,
                organisation=organisation,
                person=person,
                before=read_time(before),
                limit=limit,
            )
        Shell(as_json).show(rows, due_table(qolhat, rows))


def paused(
    organisation: Organisation = None,
    person: PersonNumber = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Tell whose clock stands by an act, on what ground, the longest first."""
    with opened() as qolhat:
        qolhat.runner.catch_up()
        within = None if organisation is None else {organisation}
        with qolhat.views.reading() as reading:
            held = reading.view(Holdings).paused(
                reading.connection,
                qolhat.now(),
                organisations=within,
                person=person,
                limit=limit,
            )
        Shell(as_json).show(held, paused_table(qolhat, held))


def paused_table(qolhat: Qolhat, held: list[Holding]) -> Sheet:
    """Show packets whose clock stands."""
    made = table("title.paused", "packet", "ground", "since", "until", "stage", "place", "person")
    for each in held:
        made.add_row(
            number_text(each.number),
            _ground(qolhat, each.edition, each.pause),
            local(each.paused_since),
            local(each.paused_until),
            stage_name(qolhat, each.edition, each.stage),
            place_name(qolhat, each.place),
            str(each.paused_by),
        )
    return made


def _ground(qolhat: Qolhat, edition: str | None, key: str | None) -> str:
    """Name a ground for stopping a clock, and the paragraph that gives it."""
    ground = qolhat.regulations.edition(edition).pause(key) if edition and key else None
    if ground is None:
        return key or ""
    return f"{ground.names.in_language(language())} ({ground.source})"


def due_table(qolhat: Qolhat, rows: list[DueRow]) -> Sheet:
    """Show running terms."""
    made = table("title.due", "packet", "clock", "due", "stage", "place", "person")
    now = qolhat.now()
    for row in rows:
        overdue = f" {say('mark.overdue')}" if row.due_at < now else ""
        provisional = f" {say('mark.provisional')}" if row.provisional else ""
        made.add_row(
            number_text(row.number),
            term("clock", row.clock),
            local(row.due_at) + overdue + provisional,
            stage_name(qolhat, row.edition, row.stage),
            place_name(qolhat, row.place),
            str(row.person),
        )
    return made


def unsettled(
    organisation: Organisation = None, limit: Limit = 50, as_json: AsJson = False
) -> None:
    """Tell what waits for somebody's decision, the longest waiting first."""
    with opened() as qolhat:
        qolhat.runner.catch_up()
        with qolhat.views.reading() as reading:
            rows = reading.view(Unsettled).waiting(
                reading.connection, organisation=organisation, limit=limit
            )
        made = table("title.unsettled", "scan", "doubt", "packet", "place", "person", "waits")
        for row in rows:
            fault = f" ({term('fault', row.fault)})" if row.fault else ""
            made.add_row(
                row.scan,
                term("doubt", row.doubt) + fault,
                number_text(row.number),
                place_name(qolhat, row.place),
                str(row.person),
                span(qolhat.now() - row.recorded_at),
            )
        aside = qolhat.views.set_aside()
        shown: list[Line] = [made]
        if aside:
            shown.append(say("set-aside", count=len(aside)))
        Shell(as_json).show({"scans": rows, "set_aside": aside}, shown)
