"""Commands about what is given: the directory, the regulations and people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.display import Line, Sheet, table
from api.cli.failure import MisuseError, check_readable
from api.cli.helping import App
from api.cli.language import language, say, term
from api.cli.look import norm
from api.cli.shell import (
    AsJson,
    BadTimeError,
    Limit,
    Shell,
    opened,
    read_time,
)
from api.cli.shell import Organisation as OrganisationNumber
from api.http.fields import read_place
from domain.directory import Organisation, OrganisationKind
from domain.hours import WeeklyHours
from domain.numbers import MAX_SERIAL, grouped
from domain.regulations.book import Regulations
from domain.regulations.edition import Edition
from domain.roles import Role, Scope, Sector
from infra.directory_files import load_directory
from infra.regulation_files import load_regulations, read_file, read_folder
from infra.settings import load_settings

regulations_app = App("help.command.regulations")
people_app = App("help.command.people")
Person = Annotated[int, typer.Argument(help=say("help.person"))]
Day = Annotated[str, typer.Option("--since", help=say("help.since"))]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("directory", help=say("help.command.directory"))(directory)
    app.add_typer(regulations_app, name="regulations")
    app.add_typer(people_app, name="people")


def directory(
    query: Annotated[list[str] | None, typer.Argument(help=say("help.query"))] = None,
    kind: Annotated[OrganisationKind | None, typer.Option(help=say("help.kind"))] = None,
    region: Annotated[str, typer.Option(help=say("help.region"))] = "",
    findings: Annotated[bool, typer.Option("--findings", help=say("help.findings"))] = False,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Find organisations; or list the defects of the sources' lists."""
    held, shell = load_directory(), Shell(as_json)
    if findings:
        made = table("title.findings", "finding", "code", "remarks")
        for finding in held.findings:
            made.add_row(term("finding", finding.rule.value), _codes(finding.codes), finding.detail)
        shell.show(held.findings, made)
        return
    found = held.search(" ".join(query or ()), kind=kind, region=region or None, limit=limit)
    made = table("title.directory", "code", "organisation", "kind", "region", "hours", "works-with")
    for each in found:
        authority = held.authority_of(each.code)
        made.add_row(
            str(each.code),
            each.name_kk,
            term("kind", each.kind.value),
            each.region + (f", {each.district}" if each.district else ""),
            _hours(each),
            "–" if authority is None else f"{authority} {held.organisation(authority).name_kk}",
        )
    lines: list[Line] = [made]
    if len(found) == 1 or (found and query == [str(found[0].code)]):
        lines.append(_places(held.places_of(found[0].code)))
    shell.show([_told(each) for each in found], lines)


def _codes(codes: tuple[int, ...]) -> str:
    return ", ".join(str(code) for code in codes)


def _told(organisation: Organisation) -> dict[str, Any]:
    told = {name: getattr(organisation, name) for name in type(organisation).__slots__}
    return told | {"hours": hours_text(organisation.hours), "zone": organisation.zone}


def _hours(organisation: Organisation) -> str:
    mark = "" if organisation.hours_given else f" {say('mark.default')}"
    return f"{hours_text(organisation.hours)}{mark}, {organisation.zone}"


def hours_text(hours: WeeklyHours) -> str:
    """Write weekly hours; days with the same hours stand together."""
    parts: list[str] = []
    days = hours.days
    first = 0
    for day in range(1, len(days) + 1):
        if day == len(days) or days[day] != days[first]:
            if days[first]:
                names = say(f"day.{first}") + (
                    f"–{say(f'day.{day - 1}')}" if day - first > 1 else ""
                )
                times = ", ".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in days[first])
                parts.append(f"{names} {times}")
            first = day
    return "; ".join(parts)


def _places(places: tuple[Any, ...]) -> Sheet:
    made = table("title.places", "place", "code", "remarks")
    for place in places:
        sector = term("sector", place.sector.value) if place.sector else ""
        made.add_row(
            f"{term('role', place.role.value)} {place.number}", grouped(place.code), sector
        )
    return made


@regulations_app.command("list", help=say("help.command.regulations-list"))
def list_regulations(as_json: AsJson = False) -> None:
    """List the editions, with the days on which they hold."""
    settings = load_settings()
    book = load_regulations(settings.regulations_dir, settings.operator)
    made = table("title.regulations", "edition", "service", "way", "legal", "adopted", "stages")
    for each in book:
        adopted = [a for a in each.adopted if a.operator == book.operator]
        made.add_row(
            each.id,
            each.service.names.in_language(language()),
            term("way", each.way.value),
            _period(each.legal.first, each.legal.last),
            ", ".join(_period(a.period.first, a.period.last) for a in adopted),
            str(len(each.stages)),
        )
    Shell(as_json).show(list(book), made)


def _period(first: date, last: date | None) -> str:
    return f"{first} – {last or '…'}"


@regulations_app.command("show", help=say("help.command.regulations-show"))
def show_regulation(
    edition: Annotated[str, typer.Argument(help=say("help.edition"))], as_json: AsJson = False
) -> None:
    """Show one edition: stages, norms, papers, grounds, readings, with their paragraphs."""
    settings = load_settings()
    book = load_regulations(settings.regulations_dir, settings.operator)
    known = {each.id: each for each in book}
    if edition not in known:
        raise MisuseError("no-edition", edition=edition, known=", ".join(known))
    Shell(as_json).show(known[edition], _edition(known[edition]))


def _edition(edition: Edition) -> list[Line]:
    made = table("", "stage", "role", "norm", "source")
    for stage in edition.stages:
        stated = norm(stage.norm.amount, stage.norm.unit.value) if stage.norm else "–"
        name = stage.names.in_language(language())
        made.add_row(name, term("role", stage.holder.value), stated, stage.source)
    total = edition.total.norm
    lines: list[Line] = [
        f"{edition.id}: {edition.service.names.in_language(language())}",
        edition.document,
        made,
        say("regulation.total", norm=norm(total.amount, total.unit.value) if total else
            say("regulation.not-held"), source=edition.total.source),
        say("regulation.papers", held=_held([p.names.in_language(language())
            for p in edition.papers.items]), source=edition.papers.source),
        say("regulation.grounds", held=_held([g.names.in_language(language())
            for g in edition.refusal.grounds]), source=edition.refusal.source),
    ]  # fmt: skip
    return lines + [f"• {reading.about}: {reading.read}" for reading in edition.readings]


def _held(items: list[str]) -> str:
    return "; ".join(items) or say("regulation.not-held")


@regulations_app.command("check", help=say("help.command.regulations-check"))
def check_regulations(
    files: Annotated[list[Path] | None, typer.Argument(help=say("help.files"))] = None,
    as_json: AsJson = False,
) -> None:
    """Read edition files (or folders, or the installed ones) and name the first fault of any."""
    settings = load_settings()
    if files:
        book = Regulations(_editions_of(files), settings.operator)
    else:
        book = load_regulations(settings.regulations_dir, settings.operator)
    checked = [edition.id for edition in book]
    Shell(as_json).show(checked, say("regulation.fine", count=len(checked), ids=", ".join(checked)))


def _editions_of(files: list[Path]) -> Iterator[tuple[str, Edition]]:
    for file in files:
        if not file.is_dir():
            check_readable(file)
            yield file.name, read_file(file)
            continue
        found = list(read_folder(file))
        if not found:
            raise MisuseError("no-editions", folder=file)
        yield from found


@people_app.command("list", help=say("help.command.people-list"))
def list_people(
    organisation: OrganisationNumber = None,
    as_json: AsJson = False,
) -> None:
    """List the people of an organisation (or all): roles and places, names from the vault."""
    with opened() as qolhat:
        register = qolhat.staff.refresh()
        found = [m for m in register.people if organisation in (None, m.organisation)]
        names = qolhat.personnel.names(m.person for m in found)
        now = qolhat.now()
        told = [
            {
                "person": each.person,
                "name": names.get(each.person),
                "organisation": each.organisation,
                "roles": sorted(register.roles_of(each.person, now)),
                "places": register.places_of(each.person, now),
                "scope": each.scope,
                "badges": register.badges_of(each.person, now),
            }
            for each in found
        ]
        Shell(as_json).show(told, _people(told))


def _people(told: list[dict[str, Any]]) -> Sheet:
    made = table("title.people", "person", "name", "organisation", "role", "place")
    for each in told:
        made.add_row(
            str(each["person"]),
            each["name"] or "–",
            str(each["organisation"]),
            ", ".join(term("role", role.value) for role in each["roles"]),
            ", ".join(grouped(place) for place in each["places"]),
        )
    return made


@people_app.command("appoint", help=say("help.command.people-appoint"))
def appoint(
    organisation: Annotated[int, typer.Argument(help=say("help.org"))],
    roles: Annotated[list[Role], typer.Option("--role", help=say("help.role"))],
    name: Annotated[str, typer.Option(help=say("help.name"))] = "",
    place: Annotated[list[str] | None, typer.Option(help=say("help.place"))] = None,
    scope: Annotated[Scope, typer.Option(help=say("help.scope"))] = Scope.ORGANISATION,
    person: Annotated[int | None, typer.Option(help=say("help.moved"))] = None,
    since: Day = "",
    as_json: AsJson = False,
) -> None:
    """Appoint somebody (or somebody known to another post); prints the person's number."""
    with opened() as qolhat:
        codes = [read_place(each) for each in place or ()]
        for code in codes:
            qolhat.directory.place(code)
        if person is not None:
            qolhat.staff.refresh().member(person)
        start = read_time(since)
        person = qolhat.personnel.appoint(
            organisation, roles, name=name, person=person, scope=scope, since=start
        )
        for code in codes:
            qolhat.personnel.assign(person, code, since=start)
        Shell(as_json).show({"person": person}, say("people.appointed", person=person))


@people_app.command("enrol", help=say("help.command.people-enrol"))
def enrol(person: Person, as_json: AsJson = False) -> None:
    """Enrol a device that speaks for a person; its token is shown this once."""
    with opened() as qolhat:
        device, token = qolhat.personnel.enrol(person)
        message = say("people.enrolled", device=device, token=token)
        Shell(as_json).show({"device": device, "token": token}, message)


@people_app.command("revoke", help=say("help.command.people-revoke"))
def revoke(
    device: Annotated[int, typer.Argument(help=say("help.device"))], as_json: AsJson = False
) -> None:
    """Turn a device away from now on."""
    with opened() as qolhat:
        if device not in {each.device for each in qolhat.staff.refresh().devices}:
            raise MisuseError("no-device", device=device)
        qolhat.personnel.revoke(device)
        _changed(as_json)


@people_app.command("assign", help=say("help.command.people-assign"))
def assign(
    person: Person,
    place: Annotated[str, typer.Argument(help=say("help.place-code"))],
    since: Day = "",
    as_json: AsJson = False,
) -> None:
    """Give a person a place."""
    with opened() as qolhat:
        qolhat.personnel.assign(person, read_place(place), since=read_time(since))
        _changed(as_json)


@people_app.command("withdraw", help=say("help.command.people-withdraw"))
def withdraw(
    person: Person,
    place: Annotated[str, typer.Argument(help=say("help.place-code"))],
    since: Day = "",
    as_json: AsJson = False,
) -> None:
    """Take a place from a person."""
    with opened() as qolhat:
        qolhat.personnel.withdraw(person, read_place(place), since=read_time(since))
        _changed(as_json)


@people_app.command("stand-in", help=say("help.command.people-stand-in"))
def stand_in(
    substitute: Person,
    absent: Annotated[int, typer.Argument(help=say("help.absent"))],
    until: Annotated[str, typer.Argument(help=say("help.until"))],
    since: Day = "",
    as_json: AsJson = False,
) -> None:
    """Let somebody stand in for an absent one."""
    last = read_time(until)
    if last is None:
        raise BadTimeError(text=until)
    with opened() as qolhat:
        qolhat.personnel.name_stand_in(substitute, absent, last, since=read_time(since))
        _changed(as_json)


@people_app.command("end-stand-in", help=say("help.command.people-end-stand-in"))
def end_stand_in(
    substitute: Person,
    absent: Annotated[int, typer.Argument(help=say("help.absent"))],
    since: Day = "",
    as_json: AsJson = False,
) -> None:
    """Tell that an absent one is back earlier."""
    with opened() as qolhat:
        qolhat.personnel.end_stand_in(substitute, absent, since=read_time(since))
        _changed(as_json)


@people_app.command("badge", help=say("help.command.people-badge"))
def badge(
    person: Person,
    serial: Annotated[
        int | None, typer.Option(help=say("help.serial"), min=1, max=MAX_SERIAL)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a person a badge; prints its code."""
    with opened() as qolhat:
        code = qolhat.personnel.issue_badge(person, serial)
        Shell(as_json).show({"badge": code}, say("people.badge", badge=grouped(code)))


@people_app.command("withdraw-badge", help=say("help.command.people-withdraw-badge"))
def withdraw_badge(person: Person, as_json: AsJson = False) -> None:
    """Take a person's badges back: nobody is known by them any more."""
    with opened() as qolhat:
        for code in qolhat.staff.refresh().badges_of(person, qolhat.now()):
            qolhat.personnel.withdraw_badge(person, code)
        _changed(as_json)


@people_app.command("open-place", help=say("help.command.people-open-place"))
def open_place(
    organisation: Annotated[int, typer.Argument(help=say("help.org"))],
    role: Annotated[Role, typer.Argument(help=say("help.place-role"))],
    number: Annotated[int | None, typer.Option(help=say("help.place-number"), min=1)] = None,
    sector: Annotated[Sector | None, typer.Option(help=say("help.sector"))] = None,
    as_json: AsJson = False,
) -> None:
    """Open another place, or a closed one again; prints its code."""
    with opened() as qolhat:
        place = qolhat.personnel.open_place(organisation, role, number, sector)
        told = {"place": place.code, "number": place.number, "sector": place.sector}
        message = say("people.place-opened", place=grouped(place.code), number=place.number)
        Shell(as_json).show(told, message)


@people_app.command("close-place", help=say("help.command.people-close-place"))
def close_place(
    place: Annotated[str, typer.Argument(help=say("help.place-code"))], as_json: AsJson = False
) -> None:
    """Offer a place no longer, and take it from everybody."""
    with opened() as qolhat:
        qolhat.personnel.close_place(read_place(place))
        _changed(as_json)


@people_app.command("dismiss", help=say("help.command.people-dismiss"))
def dismiss(person: Person, since: Day = "", as_json: AsJson = False) -> None:
    """End a person's roles and places; whoever has left already cannot log in any more."""
    with opened() as qolhat:
        last = read_time(since)
        qolhat.personnel.dismiss(person, since=last)
        if last is None or last <= qolhat.now():
            qolhat.accounts.forget(person)
        _changed(as_json)


@people_app.command("login", help=say("help.command.people-login"))
def set_login(
    person: Person,
    login: Annotated[str, typer.Option(help=say("help.login"))] = "",
    as_json: AsJson = False,
) -> None:
    """Give a person a name to log in with, and a password for the first time; shown this once."""
    with opened() as qolhat:
        qolhat.staff.refresh().member(person)
        if login:
            qolhat.accounts.set_login(person, login)
        account = qolhat.accounts.account(person)
        if account is None or account.login is None:
            raise MisuseError("no-login", person=person)
        password = qolhat.accounts.reset_password(person)
        message = say("people.login", login=account.login, password=password)
        told = {"person": person, "login": account.login, "password": password}
        Shell(as_json).show(told, message)


@people_app.command("pin", help=say("help.command.people-pin"))
def set_pin(person: Person, as_json: AsJson = False) -> None:
    """Give a person a new PIN, which goes with the badge; shown this once."""
    with opened() as qolhat:
        qolhat.staff.refresh().member(person)
        pin = qolhat.accounts.reset_pin(person)
        message = say("people.pin", person=person, pin=pin)
        Shell(as_json).show({"person": person, "pin": pin}, message)


@people_app.command("logout", help=say("help.command.people-logout"))
def log_out(person: Person, as_json: AsJson = False) -> None:
    """End all sessions of a person."""
    with opened() as qolhat:
        qolhat.staff.refresh().member(person)
        ended = qolhat.sessions.end_all(person)
        Shell(as_json).show({"ended": ended}, say("people.logout", count=ended))


def _changed(as_json: bool) -> None:  # noqa: FBT001  handed on
    Shell(as_json).show({"recorded": True}, say("people.changed"))
