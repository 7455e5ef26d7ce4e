"""What differed between what was sent and what came: whose it is, since when, and how it ended.

Of every missing packet is said who was the last to have verified it, in which interval nobody saw
it, and every person, bag and run in that interval. Nothing is settled by silence.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.dispatched import bag_journey, trace_of
from api.dispatched import discrepancies as items_of
from api.http.fields import is_ref, read_packet
from api.http.problems import InvalidRequestError, NotFoundError, problem_of
from api.web.acting import act, place_for
from api.web.asked import PAGE, OrganisationQuery, PageQuery
from api.web.dispatch.found import CodePath, find_bag, name_of
from api.web.facts import facts_of
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.acts import ROLES_OF_ACT, ActKind
from domain.dispatch.discrepancies import Discrepancy, DiscrepancyKind, SettledAs
from domain.dispatch.tracing import Sighting, Trace
from domain.errors import NotYoursError, QolhatError, UnknownPacketError
from domain.numbers import PacketNumber, place_role
from domain.rights import Reach, Right
from domain.roles import Role
from domain.runs import PlannedRun, run_of
from domain.workdays import OutsideCalendarError
from domain.zones import local_day
from infra.requests import ActRequest
from projections.discrepancies import Discrepancies, DiscrepancyRow

router = APIRouter(include_in_schema=False)
Settling = Annotated[Visitor, Depends(allowed(Right.SETTLE))]
Reading = Annotated[Visitor, Depends(allowed(Right.SETTLE, Right.SEE_FIGURES))]  # auditors, too
KindPath = Annotated[DiscrepancyKind, Path()]
_FOUND = (SettledAs.FOUND, SettledAs.OTHER_BAG, SettledAs.NEXT_RUN, SettledAs.LOST)
_ENDS = {DiscrepancyKind.MISSING: (*_FOUND, SettledAs.EXPLAINED)}


def ends_of(kind: DiscrepancyKind) -> tuple[SettledAs, ...]:
    """Return how somebody can settle such an item; only what is missing can be found or lost."""
    return _ENDS.get(kind, (SettledAs.EXPLAINED,))


def reach_of(visitor: Visitor) -> Reach:
    """Return where the visitor may read: who settles, and who reads all."""
    return visitor.reach(Right.SETTLE) | visitor.reach(Right.SEE_FIGURES)


def address_of(row: DiscrepancyRow | Discrepancy) -> str:
    """Return the address of an item's page."""
    return f"/discrepancies/{row.bag}/{DiscrepancyKind(row.kind).value}/{row.packet or 0}"


# --- the list ------------------------------------------------------------------------------------


@router.get("/discrepancies")
def listed(
    visitor: Reading,
    organisation: OrganisationQuery = None,
    page: PageQuery = 1,
    done: Annotated[str, Query(max_length=30)] = "",
) -> HTMLResponse:
    """List what is open in reach, the oldest first."""
    whose = reach_of(visitor).organisations
    if organisation is not None:
        if not reach_of(visitor).covers([organisation]):
            raise NotYoursError
        whose = frozenset({organisation})
    with visitor.qolhat.views.reading() as reading:
        view, connection = reading.view(Discrepancies), reading.connection
        offset = (page - 1) * PAGE
        rows = view.open(connection, organisations=whose, limit=PAGE, offset=offset)
        count = view.count_open(connection, organisations=whose)
    return visitor.page(
        "dispatch/discrepancies.html",
        rows=rows,
        count=count,
        number=page,
        within="" if organisation is None else f"&organisation={organisation}",
        last=max(1, -(-count // PAGE)),
        now=visitor.qolhat.now(),
        names=visitor.qolhat.personnel.names({row.found_by for row in rows}),
        organisation=lambda each: name_of(visitor, each),
        address=address_of,
        done=done if done in set(SettledAs) else "",
    )


# --- one item ------------------------------------------------------------------------------------


class SettleForm(BaseModel):
    """What the form sends."""

    settled_as: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=4000)
    ref: str = Field(default="", max_length=64)


@router.get("/discrepancies/{code}/{kind}/{packet}")
def one(visitor: Reading, code: CodePath, kind: KindPath, packet: CodePath) -> HTMLResponse:
    """Show an item with what is known of it; to those who may decide also the form."""
    return _page(visitor, _open(visitor, code, kind, packet))


def _open(visitor: Visitor, code: str, kind: DiscrepancyKind, packet: str) -> Discrepancy:
    """Return an item in the visitor's reach, fresh from the log.

    Raises BadCodeError, OtherKindError, UnknownBagError, NotFoundError, NotYoursError.
    """
    number = None if packet == "0" else read_packet(packet)
    journey = find_bag(visitor, code)
    if not reach_of(visitor).covers((journey.origin, journey.to)):
        raise NotYoursError
    for item in items_of(visitor.qolhat, journey):
        if (item.kind, item.packet) == (kind, number):
            return item
    raise NotFoundError


def may_settle(visitor: Visitor, item: Discrepancy) -> bool:
    """Tell whether it is this visitor's to decide: the owner's people do."""
    return visitor.may(Right.SETTLE) and visitor.reach(Right.SETTLE).covers([item.owner])


def _page(
    visitor: Visitor,
    item: Discrepancy,
    form: SettleForm | None = None,
    error: QolhatError | None = None,
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    traced = trace_of(visitor.qolhat, item)
    return visitor.page(
        "dispatch/discrepancy.html",
        status=200 if problem is None else problem.status,
        item=item,
        address=address_of(item),
        ends=ends_of(item.kind) if may_settle(visitor, item) and not item.settled_as else (),
        reasons=_reasons(visitor, item),
        traced=traced,
        runs=_runs_of(visitor, traced),
        now=visitor.qolhat.now(),
        names=visitor.qolhat.personnel.names(_people(item, traced)),
        organisation=lambda each: name_of(visitor, each),
        place_name=lambda each: place_name(visitor, each),
        typed=form or SettleForm(),
        wrong=problem.detail if problem is not None and problem.code == "reason-needed" else "",
        problem=problem,
        ref=str(uuid4()),
    )


def _people(item: Discrepancy, traced: Trace | None) -> set[int]:
    people = {item.found_by, item.settled_by or 0} - {0}
    if traced is not None:
        people |= {each.person for each in traced.steps}
        people |= {traced.last.person} if traced.last else set()
    return people


def _runs_of(visitor: Visitor, traced: Trace | None) -> dict[str, datetime]:
    """Return when the runs were planned on which couriers had the bag, by the step's id."""
    found = {}
    for step in () if traced is None else traced.steps:
        run = _run_of(visitor, step)
        if run is not None:
            found[step.ref] = run.planned_at
    return found


def _run_of(visitor: Visitor, step: Sighting) -> PlannedRun | None:
    runs = visitor.qolhat.courier_runs
    if step.bag is None or not step.place or place_role(step.place) is not Role.COURIER:
        return None
    journey = bag_journey(visitor.qolhat, step.bag)
    pair = {journey.origin, journey.to}
    for route in runs.routes_of([journey.origin]):
        if {route.branch, route.authority} == pair:
            day = local_day(step.at, route.zone)
            with suppress(OutsideCalendarError):
                return run_of(step.at, runs.planned(route, day, day))
    return None


def _reasons(visitor: Visitor, item: Discrepancy) -> str:
    """Return why it was settled so; a free text may name people: so it is noted who looked.

    Of a packet that was declared lost its own history settles the item; the reasons stand with
    the decision.
    """
    decisions = bag_journey(visitor.qolhat, item.bag).settlements
    refs = [d.text_ref for d in decisions if (d.kind, d.packet) == (item.kind.value, item.packet)]
    ref = next((each for each in (item.text_ref, *reversed(refs)) if each is not None), None)
    written = None if ref is None else visitor.qolhat.vault.get(ref)
    if written is None:
        return ""
    visitor.saw([f"bag:{item.bag}"], "discrepancy")
    return str(written["text"])


@router.post("/discrepancies/{code}/{kind}/{packet}")
def settle(
    visitor: Settling,
    code: CodePath,
    kind: KindPath,
    packet: CodePath,
    form: Annotated[SettleForm, Form()],
) -> Response:
    """Decide; a packet that is declared lost is lost in its own history, too."""
    item = _open(visitor, code, kind, packet)
    if not may_settle(visitor, item):
        raise NotYoursError
    try:
        settled_as = _chosen(item, form.settled_as)
        _settle(visitor, item, settled_as, form)
    except QolhatError as error:
        return _page(visitor, item, form, error)
    qolhat = visitor.qolhat
    qolhat.runner.wait_for(qolhat.log.rows.last_position())
    return RedirectResponse(f"/discrepancies?done={settled_as.value}", 303)


def _chosen(item: Discrepancy, given: str) -> SettledAs:
    """Return what was chosen. Raises InvalidRequestError."""
    for each in ends_of(item.kind):
        if each.value == given:
            return each
    raise InvalidRequestError


def _settle(visitor: Visitor, item: Discrepancy, settled_as: SettledAs, form: SettleForm) -> None:
    """Record the decision; raises what `Dispatching.settle` and the act do."""
    ref, text = form.ref if is_ref(form.ref) else str(uuid4()), form.text.strip() or None
    source = visitor.source(visitor.first_place(), ref=ref)
    visitor.qolhat.desk.dispatch.settle(item.bag, item.kind, item.packet, settled_as, source, text)
    if settled_as is SettledAs.LOST and item.packet is not None:
        _declare_lost(visitor, item.packet, f"{ref}-lost", text)


def _declare_lost(visitor: Visitor, packet: PacketNumber, ref: str, text: str | None) -> None:
    """Let the packet's own history say so, where the visitor may say it."""
    if visitor.roles.isdisjoint(ROLES_OF_ACT[ActKind.LOST]):
        return
    try:
        facts = facts_of(visitor.qolhat, packet)
    except UnknownPacketError:
        return
    if facts.progress.lost:
        return
    source = visitor.source(place_for(visitor, facts, ActKind.LOST), ref=ref)
    for answer in act(visitor, [packet], ActRequest(source, ActKind.LOST, text=text)):
        if isinstance(answer.error, QolhatError) and not isinstance(answer.error, NotYoursError):
            raise answer.error
