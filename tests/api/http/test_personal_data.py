"""Personal data stay in the vault: no answer, log line, event, view or figure has them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from domain.roles import Role
from tests.api.http.counter import APPLICANT, PERSONAL, V1, Counter
from tests.stories import AUTHORITY


def test_they_are_nowhere_but_in_the_vault(
    counter: Counter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    number = counter.register()
    counter.post("/packets", counter.registration(applicant=APPLICANT | {"iin": "1"}))
    reason = f"Өтініш иесі {APPLICANT['surname']}"
    counter.up_to_the_head(number)
    counter.acted(211, number, "returned", Role.HEAD, text=reason)
    counter.complained(215, number, "slip", text=reason)
    counter.answered(216, number, "slip", text=reason)
    counter.complained(217, number, "open", text=reason)
    counter.home_again(number)
    counter.scan(400, str(APPLICANT["surname"]), Role.OFFICE, ref="name")
    for path in (  # every answer is searched by the counter itself
        f"/packets/{number}",
        f"/packets/{number}/history",
        "/visits",
        "/timings",
        "/due",
        "/unsettled",
        "/complaints",
        f"/packets/{number}/complaints",
        f"/directory/{AUTHORITY}",
    ):
        counter.get(path)
    counter.appoint(Role.AUDITOR, AUTHORITY)
    counter.get("/unsettled/name", Role.AUDITOR)
    counter.ask("GET", "/metrics", None)
    logged = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert not any(part in logged + caplog.text for part in PERSONAL)
    _search_files(tmp_path)


def _search_files(folder: Path) -> None:
    for file in folder.iterdir():
        content = file.read_bytes()
        for part in PERSONAL:
            assert part.encode() not in content, (file.name, part)


def test_no_address_of_the_api_takes_them(shared: Counter) -> None:
    schema = shared.ask("GET", f"{V1}/openapi.json", None).json()
    asked = {
        parameter["name"]
        for operations in schema["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
    }
    assert asked.isdisjoint({"iin", "surname", "name", "phone", "address", "applicant"})


def test_a_model_that_is_printed_shows_none() -> None:
    from api.http.schemas import Applicant  # noqa: PLC0415  only this test prints one

    shown = repr(Applicant.model_validate(APPLICANT))
    assert not any(part in shown for part in PERSONAL)
