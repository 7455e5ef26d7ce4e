"""Written complaints [002 §24]: taken at the packet, a slip of when and whom to ask, an answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api import forms
from api.http.problems import problem_of
from api.http.schemas import Problem
from api.web.asked import OrganisationQuery
from api.web.facts import PacketFacts
from api.web.packets import NumberPath, Seeing, open_packet, read_code, source_for
from api.web.prints import letterhead, pdf
from api.web.visitor import Visitor, allowed
from domain.acts import COMPLAINT_ROLES
from domain.complaints import UnknownComplaintError
from domain.errors import NotYoursError, QolhatError, RefusedError, UnknownPersonError
from domain.numbers import PacketNumber
from domain.rights import Right
from infra.requests import Answer, ComplaintAnswerRequest, ComplaintRequest
from projections.complaints import ComplaintRow, Complaints

router = APIRouter(include_in_schema=False)
Complaining = Annotated[Visitor, Depends(allowed(Right.COMPLAIN))]
RefPath = Annotated[str, Path(max_length=64)]
_SHOWN = 500


class BadDayTimeError(RefusedError):
    """A day with a time of day that cannot be read."""

    code = "bad-day-time"


class ComplaintForm(BaseModel):
    """What is written down of a complaint."""

    answer_by: str = Field(default="", max_length=40)
    ask: str = Field(default="", max_length=20)
    text: str = Field(default="", max_length=4000)
    ref: str = Field(default="", max_length=64)
    csrf: str = ""


@router.get("/complaints")
def complaints(
    visitor: Annotated[Visitor, Depends(allowed(Right.COMPLAIN, Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
) -> HTMLResponse:
    """List what is not answered yet in the visitor's reach, the most urgent first."""
    qolhat, whose = visitor.qolhat, _organisations(visitor, organisation)
    with qolhat.views.reading() as reading:
        view = reading.view(Complaints)
        rows = view.open(reading.connection, limit=_SHOWN, organisations=whose)
        total = view.count_open(reading.connection, organisations=whose)
    return visitor.page(
        "complaints.html",
        rows=rows,
        total=total,
        organisation=organisation and qolhat.directory.organisation(organisation),
        names=qolhat.personnel.names({row.ask for row in rows}),
        now=qolhat.now(),
    )


def _organisations(visitor: Visitor, chosen: int | None) -> frozenset[int] | None:
    """Return whose complaints are meant; None: everybody's. Raises NotYoursError."""
    reach = visitor.reach(Right.COMPLAIN) | visitor.reach(Right.SEE_FIGURES)
    if chosen is None:
        return reach.organisations
    if not reach.covers([chosen]):
        raise NotYoursError
    return frozenset({chosen})


@router.get("/packets/{number}/complaints/new")
def new(visitor: Complaining, number: NumberPath) -> HTMLResponse:
    """Ask what is needed to take a complaint."""
    return _form(visitor, _reached(visitor, number), ComplaintForm(ref=str(uuid4())))


@router.post("/packets/{number}/complaints")
def take(
    visitor: Complaining, number: NumberPath, form: Annotated[ComplaintForm, Form()]
) -> Response:
    """Take the complaint; the slip is printed from the page that follows."""
    facts = _reached(visitor, number)
    try:
        request = ComplaintRequest(
            source_for(visitor, facts, None, form.ref),
            facts.number,
            _day_time(visitor, form.answer_by),
            _asked(visitor, form.ask),
            form.text.strip() or None,
        )
        answer = visitor.qolhat.desk.complain(request)
    except QolhatError as error:
        problem = problem_of(error, visitor.speech.language)
        return _form(visitor, facts, form, problem)
    _show(visitor, answer)
    path = f"/packets/{facts.number}/complaints/{request.source.ref}"
    return RedirectResponse(f"{path}?done=taken", 303)


@router.get("/packets/{number}/complaints/{ref}")
def complaint(
    visitor: Seeing, number: NumberPath, ref: RefPath, done: Annotated[str, Query()] = ""
) -> HTMLResponse:
    """Show a complaint with its text and its answer."""
    facts = open_packet(visitor, number)
    return _complaint_page(visitor, facts, _find(visitor, facts.number, ref), done=done)


@router.post("/packets/{number}/complaints/{ref}/answer")
def answer(
    visitor: Complaining,
    number: NumberPath,
    ref: RefPath,
    text: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Answer a complaint."""
    facts = _reached(visitor, number)
    row = _find(visitor, facts.number, ref)
    source = source_for(visitor, facts, None, "")
    request = ComplaintAnswerRequest(source, facts.number, row.ref, text.strip() or None)
    try:
        _show(visitor, visitor.qolhat.desk.answer_complaint(request))
    except QolhatError as error:
        problem = problem_of(error, visitor.speech.language)
        return _complaint_page(visitor, facts, row, problem=problem)
    return RedirectResponse(f"/packets/{facts.number}?done=answered", 303)


@router.get("/packets/{number}/complaints/{ref}/slip.pdf")
def slip(visitor: Complaining, number: NumberPath, ref: RefPath) -> Response:
    """Print the slip: the date and time of the answer, and whom to ask."""
    facts = _reached(visitor, number)
    row, directory = _find(visitor, facts.number, ref), visitor.qolhat.directory
    organisation = directory.organisation(row.organisation)
    names = visitor.qolhat.personnel.names([row.ask, row.taken_by])
    contact = forms.Contact(names.get(row.ask, f"№ {row.ask}"), organisation.phone)
    made = forms.ComplaintSlip(
        organisation=letterhead(visitor, organisation.code),
        zone=organisation.zone,
        number=facts.number,
        taken=row.taken_at,
        answer=row.answer_by,
        contacts=[contact],
        taken_by=names.get(row.taken_by),
    )
    printed = forms.complaint_slip_pdf(made, visitor.speech.language)
    return pdf(printed, f"complaint-{facts.number}.pdf")


def _reached(visitor: Visitor, number: str) -> PacketFacts:
    """Return a packet about which this visitor may take complaints."""
    facts = open_packet(visitor, number)
    visitor.require_reach(facts.organisations, Right.COMPLAIN)
    return facts


def _show(visitor: Visitor, recorded: Answer) -> None:
    """Let the page that follows show what was recorded."""
    visitor.qolhat.runner.wait_for(recorded.position)


def _find(visitor: Visitor, number: PacketNumber, ref: str) -> ComplaintRow:
    with visitor.qolhat.views.reading() as reading:
        row = reading.view(Complaints).one(reading.connection, number, ref)
    if row is None:
        raise UnknownComplaintError(complaint=ref)
    return row


def _complaint_page(
    visitor: Visitor,
    facts: PacketFacts,
    row: ComplaintRow,
    *,
    done: str = "",
    problem: Problem | None = None,
) -> HTMLResponse:
    texts: dict[str, str] | None = None
    if visitor.reach(Right.SEE_PERSONAL).covers(facts.parties):
        found = visitor.qolhat.vault.get_many([r for r in (row.text_ref, row.answer_ref) if r])
        texts = {ref: str(content["text"]) for ref, content in found.items()}
        if texts:
            visitor.saw([str(facts.number)], "complaint")
    people = [p for p in (row.ask, row.taken_by, row.answered_by) if p is not None]
    return visitor.page(
        "complaint.html",
        status=200 if problem is None else problem.status,
        facts=facts,
        row=row,
        texts=texts,
        names=visitor.qolhat.personnel.names(people),
        may_answer=visitor.may(Right.COMPLAIN)
        and visitor.reach(Right.COMPLAIN).covers(facts.organisations),
        done=done == "taken",
        problem=problem,
    )


def _form(
    visitor: Visitor, facts: PacketFacts, form: ComplaintForm, problem: Problem | None = None
) -> HTMLResponse:
    return visitor.page(
        "complaint-new.html",
        status=200 if problem is None else problem.status,
        facts=facts,
        form=form,
        people=_who_can_tell(visitor),
        problem=problem,
    )


def _who_can_tell(visitor: Visitor) -> list[tuple[int, str]]:
    """Return the colleagues who may be named on the slip."""
    register, now = visitor.qolhat.staff.register, visitor.qolhat.now()
    people = [
        member.person
        for member in register.people
        if member.organisation == visitor.organisation
        and register.roles_of(member.person, now) & COMPLAINT_ROLES
    ]
    names = visitor.qolhat.personnel.names(people)
    return visitor.speech.sorted_by_name((each, names.get(each, f"№ {each}")) for each in people)


def _asked(visitor: Visitor, given: str) -> int:
    """Return the colleague who is named on the slip. Raises UnknownPersonError and others."""
    person = read_code(given) or visitor.person
    if person not in {known for known, _ in _who_can_tell(visitor)}:
        raise UnknownPersonError(person=person)
    return person


def _day_time(visitor: Visitor, given: str) -> datetime:
    """Read a day and a time by the organisation's clock. Raises BadDayTimeError."""
    try:
        local = datetime.fromisoformat(given)
        if local.tzinfo is not None:
            raise BadDayTimeError
        return local.replace(tzinfo=ZoneInfo(visitor.speech.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadDayTimeError from None
