"""The editions say what the sources say, and a faulty file is refused with file, field, reason."""

from __future__ import annotations

from datetime import date
from importlib import resources

import pytest

from domain.errors import UnknownServiceError
from domain.norms import NotCounted
from domain.regulations.book import Regulations
from domain.regulations.edition import Edition, Side, Way
from domain.regulations.read import FaultyRegulationError, read_edition
from domain.roles import Role
from tests.stories import REGULATIONS

FILES = resources.files("domain.regulations")
CENTRE_FILE = (FILES / "003-7-centre.toml").read_text("utf-8")
ALMATY, OTHER = "Алматы облысы", "Павлодар облысы"


def norms(edition: Edition) -> list[str]:
    """The stage norms, as the tables of the regulation write them."""
    return [
        f"{s.norm.amount} {s.norm.unit}".removeprefix("1 once").removeprefix("1 within").strip()
        if s.norm
        else "-"
        for s in edition.stages
    ]


# The table of facts/regulation.md, "Path inside an authority" [003 annexes 3, 4, 7].
WITH_CALENDAR_DAYS = ["15 minute", "30 minute", "1 calendar-day", "9 calendar-day"]
FAMILIES = ["15 minute", "30 minute", "3 working-day", "3 working-day", "1 hour", "30 minute"]
STAGE_NORMS = {
    "s1a-2012": [*WITH_CALENDAR_DAYS, "30 minute", "15 minute"],
    "s2a-2012": [*WITH_CALENDAR_DAYS, "30 minute", "15 minute"],
    "s3a-2012": [*WITH_CALENDAR_DAYS, "30 minute", "15 minute"],
    "s4a-2012": ["5 minute"] * 6,
    "s5a-2012": [*WITH_CALENDAR_DAYS[:3], "14 calendar-day", "30 minute", "15 minute"],
    "s6a-2012": ["2 minute"] * 6,
    "s6k-2012": ["2 minute"] * 6,
    "s7a-2012": FAMILIES,
    "s7k-2012": FAMILIES,
    "ua-2011": ["-"] * 6,
    "uc-2011": ["-"] * 14,
}


@pytest.mark.parametrize("edition_id", STAGE_NORMS)
def test_the_norms_are_those_of_the_tables(edition_id: str) -> None:
    assert norms(REGULATIONS.edition(edition_id)) == STAGE_NORMS[edition_id]


def test_the_way_through_a_centre_has_fourteen_stages_and_the_norms_of_annex_7() -> None:
    edition = REGULATIONS.edition("s7c-2012")
    assert norms(edition) == [
        "30 minute", "-a-day", "-", "30 minute", "15 minute", "1 hour", "1 hour",
        "1 working-day", "1 hour", "15 minute", "15 minute", "-", "-", "-the-day",
    ]  # fmt: skip
    holders = [(s.holder, s.side) for s in edition.stages]
    assert holders[0] == (Role.INSPECTOR, Side.ACCEPTING)
    assert [h for h, _ in holders[3:11]] == [
        Role.OFFICE, Role.OFFICE, Role.HEAD, Role.EXECUTOR, Role.EXECUTOR, Role.HEAD,
        Role.EXECUTOR, Role.OFFICE,
    ]  # fmt: skip
    assert [s.key for s in edition.stages if s.renders] == ["result"]


def test_all_twelve_editions_are_there_each_with_its_own_way() -> None:
    ways = sorted((e.service.key, e.way.value) for e in REGULATIONS)
    assert ways == sorted(
        [(f"003-{n}", "authority") for n in range(1, 8)]
        + [("003-7", "centre"), ("003-6", "akim"), ("003-7", "akim")]
        + [("002", "authority"), ("002", "centre")]
    )


@pytest.mark.parametrize("edition", list(REGULATIONS), ids=lambda e: e.id)
def test_every_fact_names_its_paragraph(edition: Edition) -> None:
    assert all(stage.source for stage in edition.stages)
    assert all(form.source for form in edition.forms)
    assert edition.total.source
    assert edition.papers.source
    assert edition.refusal.source
    for names in (edition.service.names, *(s.names for s in edition.stages)):
        assert names.kk
        assert names.ru
        assert names.en


def test_only_002_holds_papers_grounds_and_a_total_deadline() -> None:
    for edition in REGULATIONS:
        held = edition.service.key == "002"
        assert edition.papers.held is held
        assert edition.refusal.held is held
        assert (edition.total.norm is not None) is held


def test_002_does_not_count_the_days_of_acceptance_and_of_issue() -> None:
    total = REGULATIONS.edition("uc-2011").total
    assert total.norm is not None
    assert (total.norm.amount, total.norm.unit) == (3, "working-day")
    assert total.norm.not_counted == {NotCounted.ACCEPTANCE, NotCounted.ISSUE}
    assert total.calendar is Side.DECIDING


def test_the_head_returns_the_notice_where_the_sources_say_so() -> None:
    looping = {
        e.id for e in REGULATIONS for s in e.stages for ending in s.ends if ending.act == "returned"
    }
    assert looping == {
        "s5a-2012", "s6a-2012", "s6k-2012", "s7a-2012", "s7k-2012", "s7c-2012",
        "ua-2011", "uc-2011",
    }  # fmt: skip


def test_a_packet_lives_by_the_edition_of_its_day() -> None:
    book = Regulations([(e.id, e) for e in REGULATIONS], "demonstration")
    while_in_force = book.in_force("003-7", Way.CENTRE, ALMATY, date(2013, 5, 6))
    assert (while_in_force.edition.id, while_in_force.adopted_by) == ("s7c-2012", None)
    repealed = book.in_force("003-7", Way.CENTRE, ALMATY, date(2014, 6, 2))
    assert (repealed.edition.id, repealed.adopted_by) == ("s7c-2012", "demonstration")
    elsewhere = book.in_force("003-7", Way.CENTRE, OTHER, date(2013, 5, 6))
    assert elsewhere.adopted_by == "demonstration"


def test_what_another_operator_adopted_does_not_count() -> None:
    book = Regulations([(e.id, e) for e in REGULATIONS], "somebody else")
    with pytest.raises(UnknownServiceError):
        book.in_force("003-7", Way.CENTRE, ALMATY, date(2026, 11, 16))
    assert book.in_force("003-7", Way.CENTRE, ALMATY, date(2013, 1, 8)).adopted_by is None


def test_before_any_edition_there_is_no_service() -> None:
    book = Regulations([(e.id, e) for e in REGULATIONS], "demonstration")
    with pytest.raises(UnknownServiceError):
        book.in_force("003-7", Way.CENTRE, ALMATY, date(2012, 12, 9))


def test_a_newer_edition_takes_over_from_its_day_and_history_keeps_the_old_one() -> None:
    newer = CENTRE_FILE.replace('id = "s7c-2012"', 'id = "s7c-2026"').replace(
        "legal = { from = 2012-12-10, until = 2014-06-02 }", "legal = { from = 2026-01-01 }"
    )
    editions = [("old", REGULATIONS.edition("s7c-2012")), ("new", read_edition(newer, "new"))]
    book = Regulations(editions, "demonstration")
    assert book.in_force("003-7", Way.CENTRE, ALMATY, date(2025, 12, 31)).edition.id == "s7c-2012"
    assert book.in_force("003-7", Way.CENTRE, ALMATY, date(2026, 1, 1)).edition.id == "s7c-2026"
    assert book.edition("s7c-2012").stages[0].norm is not None


def refused(text: str) -> tuple[str, str]:
    """Read a faulty file; return the field and the reason."""
    with pytest.raises(FaultyRegulationError) as error:
        read_edition(text, "faulty.toml")
    assert error.value.facts["file"] == "faulty.toml"
    return str(error.value.facts["field"]), str(error.value.facts["reason"])


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ('to = "sign"', 'to = "nowhere"', "stage[9].ends[1].to"),
        ('holder = "head"', 'holder = "boss"', "stage[5].holder"),
        ('holder = "head"', 'holder = "auditor"', "stage[5].holder"),
        ('side = "deciding"', 'side = "left"', "stage[3].side"),
        ("amount = 30", "amount = 0", "stage[0].norm.amount"),
        ("amount = 30", 'amount = "thirty"', "stage[0].norm.amount"),
        ('unit = "hour"', 'unit = "fortnight"', "stage[5].norm.unit"),
        ('key = "carry"', 'key = "collect"', "stage"),
        ('key = "carry"', 'key = "end"', "stage[2].key"),
        ("until = 2014-06-02", "until = 2012-01-01", "legal"),
        ('ends = [{ act = "incoming" }]', "ends = []", "stage[3].ends"),
        ('ends = [{ act = "incoming" }]', "ends = [{ }]", "stage[3].ends[0]"),
        ('way = "centre"', 'way = "post"', "way"),
        ('id = "s7c-2012"', 'id = "s7c-2012"\nidd = 1', "-"),
        ("held = false", "held = true", "papers"),
    ],
)
def test_a_faulty_file_is_refused_with_its_field(right: str, wrong: str, field: str) -> None:
    assert right in CENTRE_FILE
    found, reason = refused(CENTRE_FILE.replace(right, wrong, 1))
    assert found == field
    assert reason


def test_a_loop_to_nowhere_is_refused() -> None:
    looping = CENTRE_FILE.replace(
        'ends = [{ act = "issued" }]', 'ends = [{ act = "issued", to = "accept" }]'
    )
    field, reason = refused(looping)
    assert field == "stage[0].ends"
    assert "end" in reason


def test_text_that_is_not_toml_is_refused() -> None:
    assert refused("id = ")[0] == "-"


def test_two_files_with_one_id_are_refused() -> None:
    edition = REGULATIONS.edition("s7c-2012")
    with pytest.raises(FaultyRegulationError):
        Regulations([("a.toml", edition), ("b.toml", edition)])
