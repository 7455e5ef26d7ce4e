"""The survey of applicants, without a log-in: four questions by the code on the receipt.

Nothing but the code is asked for, and what is answered is kept as sums (`infra.survey`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from api.http.problems import headers_of, language_of, problem_of
from api.web.rendering import Speech, page
from api.web.visitor import check_origin
from domain.errors import QolhatError
from domain.survey import (
    Answers,
    BadSurveyCodeError,
    Opinion,
    Question,
    read_code,
    write_code,
)
from infra.bootstrap import Qolhat
from infra.survey import WrongSurveyCodeError

router = APIRouter(include_in_schema=False)
PATH = "/survey"
Typed = Annotated[str, Form(max_length=60)]
_AT_CODE = (BadSurveyCodeError, WrongSurveyCodeError)
_OPINIONS = {each.value: each for each in Opinion}


@router.get(PATH)
def ask(request: Request, code: Annotated[str, Query(max_length=60)] = "") -> HTMLResponse:
    """Ask for the code of a receipt, and the four questions."""
    return _page(request, code)


@router.post(PATH)
async def answer(request: Request, code: Typed = "") -> HTMLResponse:
    """Take the answers; what was chosen is not lost when the code is mistyped."""
    check_origin(request)
    sent = await request.form()
    answers = _answers({name: str(value) for name, value in sent.items()})
    qolhat: Qolhat = request.app.state.qolhat
    address = request.client.host if request.client else ""
    try:
        await run_in_threadpool(qolhat.surveys.answer, code, answers, address)
    except QolhatError as error:
        return _page(request, code, answers, error)
    return _page(request, code, answers, thanked=True)


def _answers(sent: Mapping[str, str]) -> Answers:
    """Return what was chosen; a question that was skipped is left out."""
    chosen = ((question, _OPINIONS.get(sent.get(question.value, ""))) for question in Question)
    return {question: opinion for question, opinion in chosen if opinion is not None}


def _path(code: str) -> str:
    """Return where the links of the languages lead back to; of a code that is one, with it."""
    try:
        return f"{PATH}?code={write_code(*read_code(code))}"
    except BadSurveyCodeError:
        return PATH


def _page(
    request: Request,
    code: str,
    answers: Answers | None = None,
    error: QolhatError | None = None,
    *,
    thanked: bool = False,
) -> HTMLResponse:
    language = language_of(request)
    problem = None if error is None else problem_of(error, language)
    return page(
        "survey.html",
        Speech(language),
        status=200 if problem is None else problem.status,
        headers=None if error is None else headers_of(error),
        visitor=None,
        path=_path(code),
        code=code,
        questions=tuple(Question),
        opinions=tuple(Opinion),
        answers=answers or {},
        problem=problem,
        at_code=isinstance(error, _AT_CODE),
        thanked=thanked,
    )
