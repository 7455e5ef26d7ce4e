"""Commands of dispatch: registries, their bags, and what differed."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.bags import bag_app, may, tell_begun
from api.cli.dispatch_telling import discrepancies_table, registry_data, registry_lines
from api.cli.helping import App
from api.cli.language import say
from api.cli.record import placed
from api.cli.shell import (
    AsJson,
    At,
    Limit,
    Organisation,
    PersonNumber,
    PlaceText,
    Ref,
    Shell,
    Token,
    opened,
    plain,
    source,
)
from api.dispatched import (
    item_of,
    read_registry,
    registry_facts,
    service_keys,
    trace_of,
)
from domain.intake import EARLIEST
from domain.numbers import grouped
from domain.rights import Right
from projections.discrepancies import Discrepancies

registry_app = App("help.command.registry")
RegistryNumber = Annotated[str, typer.Argument(help=say("help.registry"))]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(registry_app, name="registry")
    app.add_typer(bag_app, name="bag")
    app.command("discrepancies", help=say("help.command.discrepancies"))(list_discrepancies)


# --- registries ----------------------------------------------------------------------------------


@registry_app.command("new", help=say("help.command.registry-new"))
def begin(
    to: Annotated[int, typer.Argument(help=say("help.destination"))],
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Begin a registry with its first bag; prints both numbers."""
    with opened() as qolhat:
        asking = placed(source(qolhat, token, person, place, at, ref))
        tell_begun(qolhat.desk.dispatch.begin(may(qolhat, asking, Right.PACK), to), as_json)


@registry_app.command("show", help=say("help.command.registry-show"))
def show_registry(number: RegistryNumber, as_json: AsJson = False) -> None:
    """Tell what goes with a registry: its bags, their seals, their packets."""
    with opened() as qolhat:
        facts = registry_facts(qolhat, read_registry(number))
        services = service_keys(qolhat, [packet for _, packet in facts.lines])
        Shell(as_json).show(registry_data(facts, services), registry_lines(qolhat, facts, services))


@registry_app.command("close", help=say("help.command.registry-close"))
def close_registry(
    number: RegistryNumber,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Freeze a registry whose bags are all sealed."""
    with opened() as qolhat:
        asking = placed(source(qolhat, token, person, place, at, ref))
        asking = may(qolhat, asking, Right.PACK)
        answer = qolhat.desk.dispatch.close(read_registry(number), asking)
        told = say("registry.closed", registry=grouped(answer.registry))
        Shell(as_json).show(answer, told)


# --- what differed -------------------------------------------------------------------------------


def list_discrepancies(
    organisation: Organisation = None,
    settled: Annotated[bool, typer.Option("--settled", help=say("help.settled"))] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Tell what did not come out of bags as it went in, and who had it last; the oldest first."""
    with opened() as qolhat:
        qolhat.runner.catch_up()
        with qolhat.views.reading() as reading:
            view, connection = reading.view(Discrepancies), reading.connection
            mine = None if organisation is None else [organisation]
            if settled:
                rows = view.settled(connection, EARLIEST, organisations=mine, limit=limit)
            else:
                rows = view.open(connection, organisations=mine, limit=limit)
        found = [(each, trace_of(qolhat, each)) for each in map(item_of, rows)]
        told = [plain(item) | {"trace": trace} for item, trace in found]
        Shell(as_json).show(told, discrepancies_table(qolhat, found))
