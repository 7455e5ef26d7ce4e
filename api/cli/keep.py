"""Commands that keep the system: demo, replay, rebuild, verify, backup, restore."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.display import Line, table
from api.cli.failure import FAILED, IN_DOUBT, MisuseError, check_readable, check_writable
from api.cli.language import say, term
from api.cli.look import all_timings, counts_table, due_table, holdings_table, timings_table
from api.cli.shell import AsJson, Shell, opened, short_name
from domain.numbers import grouped
from domain.progress import VisitKind
from domain.roles import Role
from domain.unsettled import Doubt
from infra.backup import backup as make_backup
from infra.backup import restore as put_back
from infra.bootstrap import (
    EVENTS_FILE,
    KAFKA_VIEWS_FILE,
    KEY_FILE,
    LOCK_FILE,
    VAULT_FILE,
    VIEWS_FILE,
    Qolhat,
    bootstrap,
)
from infra.demonstration import (
    DEFAULT_START,
    LOG_INS_FILE,
    LogIn,
    Outcome,
    Plan,
    demonstrate,
    finish_demonstration,
    kept_log_ins,
    recent_start,
)
from infra.desk import utc_now
from infra.errors import StorageError
from infra.replay import COLUMNS, LineOutcome, Report
from infra.replay import replay as replay_file
from infra.requests import Status
from infra.settings import load_settings
from infra.views.rebuild import Comparison
from infra.views.rebuild import rebuild as rebuild_views
from infra.views.rebuild import verify as verify_views
from projections.due import DueView
from projections.holdings import Holdings
from projections.visits import ALL_VISITS

SHOWN = 12
_STAGE = VisitKind.STAGE.value
_STORE_FILES = (
    EVENTS_FILE,
    VAULT_FILE,
    KEY_FILE,
    VIEWS_FILE,
    KAFKA_VIEWS_FILE,
    LOCK_FILE,
    LOG_INS_FILE,
)


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("demo", help=say("help.command.demo"))(demo)
    app.command("replay", help=say("help.command.replay"))(replay)
    app.command("rebuild", help=say("help.command.rebuild"))(rebuild)
    app.command("verify", help=say("help.command.verify"))(verify)
    app.command("backup", help=say("help.command.backup"))(backup)
    app.command("restore", help=say("help.command.restore"))(restore)


def demo(
    days: Annotated[int, typer.Option(help=say("help.days"), min=1)] = 1,
    packets: Annotated[int, typer.Option(help=say("help.packets"), min=1)] = 400,
    seed: Annotated[int, typer.Option(help=say("help.seed"))] = 1,
    start: Annotated[str, typer.Option(help=say("help.start"))] = "",
    if_empty: Annotated[bool, typer.Option("--if-empty", help=say("help.if-empty"))] = False,
    as_json: AsJson = False,
) -> None:
    """Fill the store with a simulated day of a region, and tell where its packets are."""
    shell, settings = Shell(as_json), load_settings()
    finish_demonstration(settings)
    with bootstrap(settings) as qolhat:
        empty = not qolhat.log.rows.last_position()
        plan = Plan(days, packets, seed, _start(qolhat, start, days))
    outcome = None
    if empty or not if_empty:
        with shell.progress(say("demo.running")) as told:
            outcome = demonstrate(settings, plan, told)
    log_ins = kept_log_ins(settings.data_dir)
    happened = [_happened(outcome), _carried(outcome)] if outcome else [say("demo.kept")]
    with bootstrap(settings) as qolhat:
        shell.show(
            outcome or {"kept": True, "log_ins": log_ins},
            [*_summary(qolhat), *happened, *_log_ins(qolhat, log_ins)],
        )


def _start(qolhat: Qolhat, start: str, days: int) -> date:
    if start == "recent":
        calendar = qolhat.clocks.calendar(_ANY_AUTHORITY)
        return recent_start(days, calendar.local_date(utc_now()), calendar)
    if not start:
        return DEFAULT_START
    try:
        return date.fromisoformat(start)
    except ValueError as error:
        raise MisuseError("bad-day", text=start) from error


_ANY_AUTHORITY = 31  # all authorities keep the same working days


def _summary(qolhat: Qolhat) -> list[Line]:
    """Tell where packets are and the time in each stage against its norm."""
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        holdings = reading.view(Holdings)
        counts = holdings.counts(reading.connection)
        held = holdings.at(reading.connection, limit=SHOWN)
        soon = reading.view(DueView).next(reading.connection, limit=SHOWN)
        by_status = holdings.by_status(reading.connection)
    statuses = ", ".join(f"{term('status', k)}: {n}" for k, n in sorted(by_status.items()))
    largest = sorted(counts, key=lambda each: -each[1])[:SHOWN]
    return [
        statuses,
        counts_table(qolhat, largest),
        holdings_table(qolhat, held, "title.longest"),
        due_table(qolhat, soon),
        timings_table(qolhat, [t for t in all_timings(qolhat, ALL_VISITS) if t.kind == _STAGE]),
    ]


def _happened(outcome: Outcome) -> str:
    return say(
        "demo.happened",
        events=outcome.events,
        registered=outcome.registered,
        scans=outcome.scans,
        duplicates=outcome.duplicates,
        deviations=outcome.deviations,
        unsettled=outcome.unsettled,
        lost=outcome.lost,
        found=outcome.found,
    )


def _carried(outcome: Outcome) -> str:
    carried = outcome.dispatched
    return say(
        "demo.carried",
        registries=carried.registries,
        bags=carried.bags,
        hand_overs=carried.hand_overs,
        inferred=carried.inferred,
        discrepancies=sum(carried.discrepancies.values()),
        open=sum(carried.open.values()),
        entries=carried.entries,
    )


def _log_ins(qolhat: Qolhat, log_ins: tuple[LogIn, ...]) -> list[Line]:
    if not log_ins:
        return []
    made = table(
        "title.log-ins",
        "role",
        "organisation",
        "person",
        "login",
        "password",
        "pin",
        "badge",
        "token",
    )
    for each in log_ins:
        made.add_row(
            term("role", Role(each.role).value),
            short_name(qolhat, each.organisation),
            str(each.person),
            each.login,
            each.password,
            each.pin,
            grouped(each.badge),
            each.token,
        )
    return [made]


def replay(
    file: Annotated[Path, typer.Argument(help=say("help.scan-log"))],
    report: Annotated[Path | None, typer.Option(help=say("help.report"))] = None,
    as_json: AsJson = False,
) -> None:
    """Record the scan log of another device, and report what became of every line."""
    check_readable(file)
    if report is not None:
        check_target(report, file)
    shell, so_far = Shell(as_json), Report()
    with opened() as qolhat, _told(report) as write:

        def told(outcome: LineOutcome) -> None:
            so_far.add(outcome)
            write(outcome)

        try:
            with shell.progress(say("replay.running", file=file.name)) as progress:
                outcome = replay_file(qolhat.desk, file, progress, told)
        except StorageError:
            stopped = say("replay.stopped", lines=so_far.lines)
            shell.show(_report(so_far), [*_report_tables(so_far), stopped])
            raise
    shell.show(_report(outcome), _report_tables(outcome))
    if outcome.counts[Status.REFUSED]:
        raise typer.Exit(FAILED)
    if outcome.counts[Status.UNSETTLED]:
        raise typer.Exit(IN_DOUBT)


def check_target(file: Path, *spared: Path) -> None:
    """Refuse a name under which nothing can be written, or a file that would be lost by it."""
    folder = load_settings().data_dir
    ours = [folder / f"{name}{ending}" for name in _STORE_FILES for ending in ("", "-wal", "-shm")]
    if any(_is_same(file, each) for each in (*ours, *spared)):
        raise MisuseError("precious", file=file)
    check_writable(file)


def _is_same(one: Path, other: Path) -> bool:
    if one.resolve() == other.resolve():
        return True
    return one.exists() and other.exists() and one.samefile(other)


@contextmanager
def _told(report: Path | None) -> Iterator[Callable[[LineOutcome], None]]:
    """Write every line's outcome into a CSV file, if one is wanted."""
    if report is None:
        yield lambda _: None
        return
    with report.open("w", encoding="utf-8-sig", newline="") as opened_report:
        writer = csv.writer(opened_report)
        writer.writerow(("line", "status", "detail"))
        yield lambda outcome: writer.writerow((outcome.line, outcome.status.value, outcome.detail))


def _report(outcome: Report) -> dict[str, Any]:
    return {
        "lines": outcome.lines,
        "counts": outcome.counts,
        "named": {status: lines for status, lines in outcome.named.items() if lines},
        "position": outcome.position,
    }


def _report_tables(outcome: Report) -> list[Line]:
    counts = table("title.replayed", "answer", "count")
    for status, count in outcome.counts.items():
        counts.add_row(term("answer", status.value), str(count))
    named = table("title.lines", "line", "answer", "remarks")
    for lines in outcome.named.values():
        for each in lines[:SHOWN]:
            named.add_row(str(each.line), term("answer", each.status.value), _in_words(each))
    return [counts, named] if named.rows else [counts]


_DOUBTS = frozenset(doubt.value for doubt in Doubt)
_WRONG_WIDTH = re.compile(r"(\d+) of (\d+) fields")


def _in_words(outcome: LineOutcome) -> str:
    """Say what was the matter with a line; the report gives it as codes."""
    if outcome.detail in COLUMNS:
        return say("line.bad-field", field=outcome.detail)
    width = _WRONG_WIDTH.fullmatch(outcome.detail)
    if width:
        return say("line.cut-off", found=width[1], wanted=width[2])
    if outcome.status is Status.REFUSED:
        return say("line.unreadable")
    return ", ".join(_oddity(code) for code in outcome.detail.split())


def _oddity(code: str) -> str:
    return term("doubt" if code in _DOUBTS else "deviation", code)


def rebuild(
    processes: Annotated[int | None, typer.Option(help=say("help.processes"), min=1)] = None,
    as_json: AsJson = False,
) -> None:
    """Make all views anew beside the live ones, compare, and put them in place."""
    with opened() as qolhat:
        shell = Shell(as_json)
        with shell.progress(say("rebuild.running")) as progress:
            comparison = rebuild_views(qolhat.log, qolhat.views, progress, processes)
        shell.show(comparison, _comparison(comparison))


def verify(
    processes: Annotated[int | None, typer.Option(help=say("help.processes"), min=1)] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the live views with ones made anew; ends with 1 if they differ."""
    with opened() as qolhat:
        shell = Shell(as_json)
        with shell.progress(say("rebuild.running")) as progress:
            comparison = verify_views(qolhat.log, qolhat.views, progress, processes)
        shell.show(comparison, _comparison(comparison))
        if comparison.differences:
            raise typer.Exit(FAILED)


def _comparison(comparison: Comparison) -> list[Line]:
    differing = {each.table: each for each in comparison.differences}
    made = table("title.views", "view", "count", "only-live", "only-anew")
    for name, count in comparison.rows.items():
        found = differing.get(name)
        live, anew = (found.only_live, found.only_anew) if found else (0, 0)
        made.add_row(name, str(count), str(live), str(anew))
    verdict = "verify.differ" if differing else "verify.equal"
    verdict = verdict if comparison.compared else "rebuild.not-compared"
    lines: list[Line] = [made, say(verdict, position=comparison.position)]
    lines += [f"{each.table} {which}: {row}" for each in differing.values()
              for which, row in each.examples]  # fmt: skip
    return lines


def backup(
    file: Annotated[Path, typer.Argument(help=say("help.archive"))],
    without_key: Annotated[
        bool, typer.Option("--without-key", help=say("help.without-key"))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write events, vault and key into one archive; the server may go on."""
    check_target(file)
    done = make_backup(load_settings(), file, utc_now(), with_key=not without_key)
    key = say("backup.with-key" if done.with_key else "backup.without-key")
    message = say("backup.done", file=done.file, events=done.events, bytes=done.bytes)
    Shell(as_json).show(done, [message, key])


def restore(
    file: Annotated[Path, typer.Argument(help=say("help.archive"))], as_json: AsJson = False
) -> None:
    """Put an archive into the (empty) data folder, after checking every byte of it."""
    check_readable(file)
    settings = load_settings()
    done = put_back(settings, file)
    message = say("restore.done", folder=settings.data_dir, events=done.events)
    Shell(as_json).show(done, message)
