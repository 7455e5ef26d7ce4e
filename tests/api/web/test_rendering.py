"""Pages in the reader's language: dates, numbers, spans, plurals; nothing typed becomes markup."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from jinja2 import UndefinedError

from api.messages import LANGUAGES
from api.web import rendering
from api.web.rendering import Speech, environment, render, static_path, static_version
from domain.roles import Role
from domain.workdays import Language
from tests.api.web.day import Day
from tests.api.web.office import Office

AT = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)  # 01:05 on the 23rd in Almaty
NARROW, FIXED = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("language", "moment", "day", "clock"),
    [
        ("kk", "23.11.26, 01:05", f"2026{NARROW}ж. 23 қар.", "01:05"),
        ("ru", "23.11.2026, 01:05", f"23 нояб. 2026{NARROW}г.", "01:05"),
        ("en", "23/11/2026, 01:05", "23 Nov 2026", "01:05"),
    ],
)
def test_dates_are_written_by_the_reader_s_clock(
    language: Language, moment: str, day: str, clock: str
) -> None:
    speech = Speech(language)
    assert speech.moment(AT) == moment
    assert speech.day(AT) == speech.day(date(2026, 11, 23)) == day
    assert speech.clock(AT) == clock
    assert speech.wall_clock(AT) == "01:05"


def test_before_the_country_had_one_zone_each_region_had_its_own() -> None:
    before = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
    assert Speech("kk", "Asia/Almaty").wall_clock(before) == "18:00"
    assert Speech("kk", "Asia/Aqtobe").wall_clock(before) == "17:00"
    assert Speech("kk", "Asia/Almaty").wall_clock(before + timedelta(days=1)) == "17:00"


def test_what_is_not_known_is_left_empty() -> None:
    speech = Speech("kk")
    assert [speech.moment(None), speech.day(None), speech.clock(None)] == [""] * 3
    assert speech.span(None) == ""
    assert speech.share(None) == "–"


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (timedelta(0), "0 мин"),
        (timedelta(seconds=29), "0 мин"),
        (timedelta(seconds=31), "1 мин"),
        (timedelta(minutes=59, seconds=31), "1 ч"),
        (timedelta(hours=1, minutes=5), "1 ч 5 мин"),
        (timedelta(hours=-30), "30 ч"),  # never days: whose days would they be
        (5400.0, "1 ч 30 мин"),
    ],
)
def test_spans_are_hours_and_minutes(length: timedelta | float, written: str) -> None:
    assert Speech("ru").span(length) == written


@pytest.mark.parametrize(
    ("language", "number", "share"),
    [
        ("kk", f"1{FIXED}234{FIXED}567,5", "98,8%"),
        ("ru", f"1{FIXED}234{FIXED}567,5", "98,8%"),
        ("en", "1,234,567.5", "98.8%"),
    ],
)
def test_numbers_are_written_as_the_language_does(
    language: Language, number: str, share: str
) -> None:
    speech = Speech(language)
    assert speech.number(1_234_567.5) == number
    assert speech.share(0.9876).replace(FIXED, "") == share
    assert speech.share(1).replace(FIXED, "") == "100%"


def test_plurals_are_those_of_the_language() -> None:
    said = [Speech("ru").count("packet.complaint.count", number) for number in (1, 2, 5, 21)]
    assert len({text.lstrip("0123456789 ") for text in said[:3]}) == 3
    assert said[3].endswith(said[0].removeprefix("1"))
    kazakh = {Speech("kk").count("packet.complaint.count", number)[1:] for number in (1, 2, 5)}
    assert len(kazakh) == 1


def test_names_are_in_the_order_of_names() -> None:
    named = [(1, "b"), (2, "A"), (3, "c")]
    assert [code for code, _ in Speech("en").sorted_by_name(named)] == [2, 1, 3]
    kazakh = ["Яна", "Әлия", "Қали", "Азат", "Ләззат", "Кәрім", "Ұлан"]
    ordered = [name for _, name in Speech("kk").sorted_by_name((name, name) for name in kazakh)]
    assert ordered == ["Азат", "Әлия", "Кәрім", "Қали", "Ләззат", "Ұлан", "Яна"]


# --- templates -----------------------------------------------------------------------------------


def test_nothing_typed_becomes_markup() -> None:
    template = environment().from_string("{{ a }} <p title='{{ a }}'> {{ b | tojson }}")
    typed = "<script>'\"&"
    shown = template.render(a=typed, b="</script>")
    assert "<script>" not in shown
    assert shown.count("&lt;script&gt;&#39;&#34;&amp;") == 2
    assert "</script>" not in shown


def test_what_was_typed_stays_typed_on_the_pages(office: Office) -> None:
    day, evil = Day(office), "<img src=x onerror=alert(1)>\"'"
    number = day.register(0, applicant={"surname": evil, "given_name": evil, "address": evil})
    person = day.people[Role.INSPECTOR]
    office.qolhat.personnel.rename(person, evil)
    browser = office.log_in(person)
    for path in (
        f"/packets/{number}",
        "/account",
        "/search?q=%3Cimg%20src%3Dx%3E",
        "/login?badge=%22%3E%3Cimg%20src=x%3E&next=/%22%3E%3Cimg%20src=x%3E",
        "/no-such%3Cimg%20src=x%3E",
    ):
        page = browser.get(path).text
        assert "<img src=x" not in page, path
        assert '"><img' not in page, path
    answer = browser.post("/register", service="003-7", surname=evil, iin=evil)
    assert "<img src=x" not in answer.text


def test_a_value_that_is_missing_fails_and_does_not_print_nothing() -> None:
    with pytest.raises(UndefinedError):
        render("error.html", Speech("kk"), path="/", visitor=None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_its_language_and_names_the_others(office: Office, language: str) -> None:
    page = office.browser(language).get("/login").text
    assert f'<html lang="{language}">' in page
    for code, name in rendering.LANGUAGE_NAMES.items():
        assert f'lang="{code}" hreflang="{code}" title="{name}"' in page
    assert page.count('aria-current="true"') == 1


# --- static files --------------------------------------------------------------------------------


def test_a_static_file_s_address_changes_with_the_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("static")
    (folder / "a.css").write_text("a")
    monkeypatch.setattr(rendering, "STATIC_FOLDER", folder)
    versions = set()
    for name, content in (("a.css", "a"), ("a.css", "b"), ("b.css", "b")):
        (folder / name).write_text(content)
        static_version.cache_clear()
        versions.add(static_version())
        assert static_path(name) == f"/static/{static_version()}/{name}"
    monkeypatch.undo()
    static_version.cache_clear()
    assert len(versions | {static_version()}) == 4
