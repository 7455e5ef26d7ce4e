"""Handing in: receipt of a centre, slip of an authority, complaint slip, field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from api.forms import LookUp, Paper, complaint_slip_pdf, receipt_pdf, slip_pdf
from api.forms.labels import LABEL_SIZE, STRIP
from api.forms.wording import Wording
from domain.numbers import grouped
from domain.workdays import Language
from tests.api.forms.reading import MM, Box, Read
from tests.api.forms.samples import (
    APPLICANT,
    CLERK,
    COMPLAINT,
    EXECUTOR,
    HEAD,
    LANGUAGES,
    NUMBER,
    PERSONS,
    RECEIPT,
    SERVICE,
    SLIP,
)

A4 = (210, 297)
STRIP_BOX = Box(0, 0, 210 * MM, STRIP)
REST_BOX = Box(0, STRIP, 210 * MM, 297 * MM)
FORTY = tuple(Paper(f"Қоса берілген {place}-құжат, көшірмесімен бірге", 2) for place in range(40))


# --- the receipt [003 s7 annex 6; 002 §13] ------------------------------------------------------


def test_a_receipt_has_every_field_of_the_regulation() -> None:
    text = Read(receipt_pdf(RECEIPT, "kk")).text
    assert grouped(NUMBER) in text
    assert "2026 ж. 23 қараша, 01:30" in text
    assert SERVICE in text
    assert "1 Жеке куәліктің көшірмесі 1 2 Туу туралы куәліктің көшірмесі 3 Барлығы 4" in text
    assert "Құжаттарды беру күні мен уақыты 2026 ж. 27 қараша, ______" in text
    assert "Құжаттарды беру орны Мысал көшесі, 2, 3-терезе" in text
    assert f"инспекторы {CLERK}" in text


def test_a_receipt_with_the_hour_of_issue_says_it() -> None:
    at = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
    text = Read(receipt_pdf(replace(RECEIPT, issue_at=at), "kk")).text
    assert "Құжаттарды беру күні мен уақыты 2026 ж. 27 қараша, 11:00" in text


def test_a_receipt_shows_how_to_follow_the_packet() -> None:
    text = Read(receipt_pdf(RECEIPT, "kk")).text
    assert "7KQF-2M9X" in text
    assert "https://qolhat.example.kz/p" in text
    assert "Күтілетін күні: 2026 ж. 27 қараша" in text


def test_where_no_day_is_known_the_line_is_absent() -> None:
    unknown = replace(RECEIPT, look_up=LookUp("7KQF-2M9X", "https://qolhat.example.kz/p"))
    assert "Күтілетін" not in Read(receipt_pdf(unknown, "kk")).text
    assert "Код" not in Read(receipt_pdf(replace(RECEIPT, look_up=None), "kk")).text


def test_papers_that_were_not_typed_are_written_by_hand() -> None:
    read = Read(receipt_pdf(replace(RECEIPT, papers=()), "kk"))
    assert "Барлығы" in read.text
    assert "1 2 3 4 Барлығы" in read.text


# --- the label on the same sheet ----------------------------------------------------------------


@pytest.mark.parametrize("form", ["receipt", "slip"])
def test_the_sheet_carries_the_label_to_be_cut_out(form: str) -> None:
    read = Read(receipt_pdf(RECEIPT, "kk") if form == "receipt" else slip_pdf(SLIP, "kk"))
    assert len(read.pages) == 1
    assert read.size() == A4
    assert read.codes(part=STRIP_BOX) == read.codes(part=REST_BOX) == [str(NUMBER)]
    in_strip = "".join(letter for letter, box in read.letters() if box.top < STRIP)
    assert "003-7" in in_strip
    assert "2026ж.23қар." in in_strip.replace("\u202f", "")
    assert not any(name in in_strip for person in PERSONS for name in person.split())


def test_the_cut_marks_stand_58_by_40_millimetres_apart() -> None:
    read = Read(receipt_pdf(RECEIPT, "kk"))
    thin = [box for box in read.paths() if box.right - box.left < 1 and box.top < STRIP - 6 * MM]
    upright = [box for box in thin if 2 * MM < box.top - box.bottom < 5 * MM]
    assert len(upright) == 4
    middles = sorted((box.left + box.right) / 2 for box in upright)
    assert middles[-1] - middles[0] == pytest.approx(LABEL_SIZE[0], abs=0.1)
    lower, upper = min(box.top for box in upright), max(box.bottom for box in upright)
    assert upper - lower == pytest.approx(LABEL_SIZE[1] + 2 * MM, abs=1)  # a gap each
    assert pytest.approx((58 * MM, 40 * MM)) == LABEL_SIZE


# --- many papers, long names --------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_forty_papers_go_on_to_the_next_page(language: Language) -> None:
    read = Read(receipt_pdf(replace(RECEIPT, papers=FORTY), language))
    assert len(read.pages) == 2
    for paper in FORTY:
        assert read.text.count(paper.name) == 1
    say = Wording(language).say
    first, second = read.texts
    for heading in ("papers.name", "papers.count"):
        assert say(heading) in first
        assert say(heading) in second
    assert say("form.page", page=1, pages=2) in first
    assert say("form.page", page=2, pages=2) in second
    assert CLERK in second
    assert read.all_inside()


def test_with_forty_papers_nothing_runs_into_the_label() -> None:
    read = Read(receipt_pdf(replace(RECEIPT, papers=FORTY), "kk"))
    assert read.codes(part=STRIP_BOX) == [str(NUMBER)]
    assert read.codes(1) == []
    label = "".join(letter for letter, box in read.letters() if box.top < STRIP)
    assert "құжат" not in label.removeprefix("✂")


def test_long_names_wrap() -> None:
    unbroken, many = "Ұ" * 150, "Өте ұзақ атау " * 30
    long = replace(RECEIPT, service=many, inspector=unbroken, papers=(Paper(unbroken), Paper(many)))
    read = Read(receipt_pdf(long, "kk"))
    assert read.solid.count("Ұ" * 150) == 2
    assert read.solid.count("".join(many.split())) == 2
    assert read.all_inside(margin_mm=6)


def test_a_long_centre_and_a_long_key_fit_too() -> None:
    centre = replace(RECEIPT.centre, name="Ұзынсаты " * 20, address="Мекенжай " * 30)
    read = Read(receipt_pdf(replace(RECEIPT, centre=centre, service_key="003-" + "7" * 40), "kk"))
    assert read.solid.count("Ұзынсаты") == 20
    assert "003-" + "7" * 40 in read.solid
    place = read.place("003-" + "7" * 40)
    assert place.right - place.left < LABEL_SIZE[0]
    assert read.codes(part=STRIP_BOX) == [str(NUMBER)]


# --- the slip [003 annexes 2, 5] ----------------------------------------------------------------


def test_a_slip_has_every_field_of_the_regulation() -> None:
    text = Read(slip_pdf(SLIP, "kk")).text
    assert f"Құрметті {APPLICANT}!" in text
    assert "Құжаттар қабылданған күн 2026 ж. 23 қараша, 01:30" in text
    assert "Құжаттардың тіркеу нөмірі К-15/112" in text
    assert f"Құжаттарды қабылдаған адам {CLERK}" in text


def test_without_an_incoming_number_the_packets_own_is_the_registration() -> None:
    text = Read(slip_pdf(replace(SLIP, registration=None), "kk")).text
    assert f"Құжаттардың тіркеу нөмірі {grouped(NUMBER)}" in text


def test_a_slip_lists_papers_only_where_some_are_named() -> None:
    assert "Барлығы" not in Read(slip_pdf(SLIP, "kk")).text
    listed = replace(SLIP, papers=FORTY)
    read = Read(slip_pdf(listed, "kk"))
    assert len(read.pages) == 2
    assert "Барлығы 80" in read.text


# --- the complaint slip [002 §24] ---------------------------------------------------------------


def test_a_complaint_slip_says_when_to_come_and_whom_to_ask() -> None:
    read = Read(complaint_slip_pdf(COMPLAINT, "kk"))
    assert grouped(NUMBER) in read.text
    assert "Шағым қабылданған күн мен уақыт 2026 ж. 23 қараша, 01:30" in read.text
    assert "Жауап алатын күн мен уақыт 2026 ж. 7 желтоқсан, 15:00" in read.text
    assert f"{EXECUTOR}, 5-кабинет, тел.: 8 (000) 000-00-01" in read.text
    assert HEAD in read.text
    assert CLERK in read.text


def test_a_complaint_slip_without_an_answers_date_leaves_room_for_it() -> None:
    say = Wording("kk").say
    read = Read(complaint_slip_pdf(replace(COMPLAINT, answer=None, contacts=()), "kk"))
    assert read.blank_beside(say("complaint.answer"))
    assert not read.blank_beside(say("complaint.taken"))


def test_a_date_alone_is_a_date_of_issue() -> None:
    text = Read(receipt_pdf(replace(RECEIPT, issue_at=date(2026, 12, 1)), "en")).text
    assert "1 December 2026, ______" in text
