"""Which dates are worked: the law, the government's transfers, and what the override file adds."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files

import pytest

from domain.workdays import BadWorkdaysError, Language, OutsideCalendarError, parse_workdays

KZ = (files("domain.calendars") / "kz.toml").read_text("utf-8")
WORKDAYS = parse_workdays(KZ, source="kz.toml")
BARE = "known_until = 2025\n"


def days_off(year: int, *, six_day_week: bool, text: str = KZ) -> list[str]:
    workdays = parse_workdays(text, source="test")
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return [
        f"{day:%m-%d}"
        for day in days
        if day.year == year and workdays.is_day_off(day, six_day_week=six_day_week)
    ]


def override(date: str, kind: str, **more: str) -> str:
    fields = {"date": date, "kind": f'"{kind}"', "source": '"a decree"'}
    fields |= {"from" if name == "moved_from" else name: value for name, value in more.items()}
    lines = [f"{name} = {value}" for name, value in fields.items()]
    return "\n[[day]]\n" + "\n".join(lines) + "\n"


# The law


def test_in_2026_a_five_day_week_moves_holidays_from_both_days_of_the_weekend() -> None:
    fixed = ["01-01", "01-02", "01-07", "03-08", "03-21", "03-22", "03-23", "05-01", "05-07"]
    fixed += ["05-09", "05-27", "07-06", "10-25", "12-16"]
    moved = ["03-09", "03-24", "03-25", "05-11", "10-26"]

    assert days_off(2026, six_day_week=False) == sorted(fixed + moved)


def test_in_2026_a_six_day_week_moves_only_the_holidays_of_a_sunday() -> None:
    fixed = ["01-01", "01-02", "01-07", "03-08", "03-21", "03-22", "03-23", "05-01", "05-07"]
    fixed += ["05-09", "05-27", "07-06", "10-25", "12-16"]
    moved = ["03-09", "03-24", "10-26"]

    assert days_off(2026, six_day_week=True) == sorted(fixed + moved)


@pytest.mark.parametrize(
    ("worked", "off"),
    [
        (date(2024, 5, 4), date(2024, 5, 8)),
        (date(2025, 1, 5), date(2025, 1, 3)),
        (date(2013, 12, 28), date(2014, 1, 3)),
    ],
)
def test_the_government_moves_a_day_off_and_a_weekend_is_worked_for_it(
    worked: date, off: date
) -> None:
    assert WORKDAYS.is_worked_weekend(worked, six_day_week=False)
    assert WORKDAYS.is_day_off(off, six_day_week=False)
    assert not WORKDAYS.is_day_off(worked, six_day_week=False)


@pytest.mark.parametrize("day", [date(2024, 5, 4), date(2024, 5, 8), date(2025, 1, 3)])
def test_a_six_day_week_knows_no_transfers(day: date) -> None:
    assert not WORKDAYS.is_worked_weekend(day, six_day_week=True)
    assert not WORKDAYS.is_day_off(day, six_day_week=True)


def test_an_ordinary_weekend_is_neither_a_day_off_nor_worked() -> None:
    saturday = date(2026, 6, 6)

    assert not WORKDAYS.is_day_off(saturday, six_day_week=False)
    assert not WORKDAYS.is_worked_weekend(saturday, six_day_week=False)


def test_transfers_are_known_until_the_last_published_year() -> None:
    assert WORKDAYS.known_until == 2026


@pytest.mark.parametrize("day", [date(2009, 12, 31), date(2046, 1, 1)])
def test_years_that_nobody_keeps_are_refused_not_guessed(day: date) -> None:
    with pytest.raises(OutsideCalendarError) as refused:
        WORKDAYS.is_day_off(day, six_day_week=False)
    assert refused.value.facts == {"at": day.isoformat(), "first_year": 2010, "last_year": 2045}


# Names


@pytest.mark.parametrize(
    ("day", "kk", "ru", "en"),
    [
        (date(2026, 5, 9), "Жеңіс күні", "День Победы", "Victory Day"),
        (
            date(2026, 5, 11),
            "Жеңіс күні (қайта белгіленген демалыс)",
            "День Победы (перенесённый выходной)",
            "Victory Day (observed)",
        ),
        (
            date(2026, 5, 27),
            "Құрбан айт (бағаланған)",
            "Курбан айт (дата предварительная)",
            "Eid al-Adha (estimated)",
        ),
        (
            date(2024, 5, 8),
            "Демалыс күні (04.05.2024 бастап ауыстырылды)",
            "Выходной день (перенесён с 04.05.2024)",
            "Day off (substituted from 05/04/2024)",
        ),
    ],
)
def test_a_day_off_says_its_reason_in_three_languages(day: date, kk: str, ru: str, en: str) -> None:
    languages: dict[Language, str] = {"kk": kk, "ru": ru, "en": en}
    for language, name in languages.items():
        assert WORKDAYS.holiday_name(day, six_day_week=False, language=language) == name


def test_two_holidays_on_one_day_are_both_named() -> None:
    name = WORKDAYS.holiday_name(date(2032, 3, 22), six_day_week=False, language="ru")

    assert name == "Наурыз мейрамы; Курбан айт (дата предварительная)"


@pytest.mark.parametrize("six_day_week", [False, True])
def test_no_russian_name_is_missing(six_day_week: bool) -> None:
    day = date(2010, 1, 1)
    while day.year <= 2035:
        name = WORKDAYS.holiday_name(day, six_day_week=six_day_week, language="ru")
        # Every Kazakh name and label but one has a letter that Russian lacks.
        assert name is None or not set(name.lower()) & set("әғқңөұүһі"), (day, name)
        day += timedelta(days=1)


def test_a_working_day_has_no_name() -> None:
    assert WORKDAYS.holiday_name(date(2026, 6, 8), six_day_week=False, language="kk") is None


def test_a_name_without_translation_is_given_in_kazakh() -> None:
    workdays = parse_workdays(BARE, source="test")

    assert workdays.holiday_name(date(2025, 5, 9), six_day_week=True, language="ru") == "Жеңіс күні"


# The override file


def test_an_extra_day_off_of_a_five_day_week_leaves_the_six_day_week_alone() -> None:
    workdays = parse_workdays(KZ + override("2026-09-07", "day-off"), source="test")
    monday = date(2026, 9, 7)

    assert not workdays.is_day_off(monday, six_day_week=True)
    assert workdays.holiday_name(monday, six_day_week=False, language="kk") == "Демалыс күні"
    assert workdays.holiday_name(monday, six_day_week=False, language="ru") == "Выходной день"
    assert workdays.holiday_name(monday, six_day_week=False, language="en") == "Day off"


def test_a_transfer_written_in_the_file_reads_like_one_of_the_library() -> None:
    text = BARE + override("2023-09-04", "day-off", moved_from="2023-09-09")
    text += override("2023-09-09", "worked")
    workdays = parse_workdays(text, source="test")

    assert workdays.is_day_off(date(2023, 9, 4), six_day_week=False)
    assert not workdays.is_day_off(date(2023, 9, 4), six_day_week=True)
    assert workdays.is_worked_weekend(date(2023, 9, 9), six_day_week=False)
    assert not workdays.is_worked_weekend(date(2023, 9, 9), six_day_week=True)
    assert workdays.holiday_name(date(2023, 9, 4), six_day_week=False, language="kk") == (
        "Демалыс күні (09.09.2023 бастап ауыстырылды)"
    )


def test_the_file_can_take_a_holiday_back() -> None:
    workdays = parse_workdays(BARE + override("2025-07-07", "worked", week='"both"'), source="t")

    assert "07-07" in days_off(2025, six_day_week=False)
    for six_day_week in (False, True):
        assert not workdays.is_day_off(date(2025, 7, 7), six_day_week=six_day_week)
        assert not workdays.is_worked_weekend(date(2025, 7, 7), six_day_week=six_day_week)


def test_a_six_day_week_can_be_given_a_worked_sunday() -> None:
    workdays = parse_workdays(BARE + override("2025-06-15", "worked", week='"six"'), source="t")

    assert workdays.is_worked_weekend(date(2025, 6, 15), six_day_week=True)
    assert not workdays.is_worked_weekend(date(2025, 6, 15), six_day_week=False)


def test_a_day_off_on_a_weekend_once_worked_ends_the_transfer() -> None:
    workdays = parse_workdays(BARE + override("2024-05-04", "day-off"), source="test")

    assert not workdays.is_worked_weekend(date(2024, 5, 4), six_day_week=False)


def test_a_confirmed_date_is_no_longer_called_preliminary() -> None:
    text = KZ + override("2026-05-27", "holiday-confirmed", week='"both"')
    workdays = parse_workdays(text, source="test")

    for six_day_week in (False, True):
        name = workdays.holiday_name(date(2026, 5, 27), six_day_week=six_day_week, language="ru")
        assert name == "Курбан айт"


def test_a_holiday_confirmed_for_another_date_moves_there() -> None:
    text = KZ + override("2026-05-28", "holiday-confirmed", moved_from="2026-05-27")
    workdays = parse_workdays(text, source="test")

    assert not workdays.is_day_off(date(2026, 5, 27), six_day_week=False)
    name = workdays.holiday_name(date(2026, 5, 28), six_day_week=False, language="kk")
    assert name == "Құрбан айт"


def test_another_holiday_of_the_same_day_does_not_move_along() -> None:
    text = KZ + override("2032-03-23", "holiday-confirmed", moved_from="2032-03-22")
    workdays = parse_workdays(text, source="test")

    days = [date(2032, 3, 22), date(2032, 3, 23)]
    names = [workdays.holiday_name(day, six_day_week=False, language="ru") for day in days]
    assert names == ["Наурыз мейрамы", "Наурыз мейрамы; Курбан айт"]


def test_a_date_that_the_library_learned_since_stays_confirmed() -> None:
    text = BARE + override("2025-06-06", "holiday-confirmed", moved_from="2025-06-05")
    workdays = parse_workdays(text, source="test")

    name = workdays.holiday_name(date(2025, 6, 6), six_day_week=False, language="kk")
    assert name == "Құрбан айт"


@pytest.mark.parametrize("transfers", ["none", "listed"])
def test_a_year_in_the_file_makes_the_librarys_transfers_void(transfers: str) -> None:
    # In 2020 the library moves 11 May, itself moved from Saturday 9 May, on to 8 May.
    year = f'[[year]]\nyear = 2020\ntransfers = "{transfers}"\nsource = "a decree"\n'

    assert {"01-03", "05-08", "12-18"} <= set(days_off(2020, six_day_week=False, text=BARE))
    void = set(days_off(2020, six_day_week=False, text=BARE + year))
    assert not {"01-03", "05-08", "12-18"} & void
    assert "05-11" in void
    workdays = parse_workdays(BARE + year, source="test")
    assert not workdays.is_worked_weekend(date(2020, 1, 5), six_day_week=False)
    assert workdays.is_worked_weekend(date(2024, 5, 4), six_day_week=False)


# The version


def test_the_version_stands_still_under_remarks_and_translations() -> None:
    same = parse_workdays(
        KZ.replace("День Победы", "Праздник Победы") + "# a remark\n", source="elsewhere"
    )

    assert same.version == WORKDAYS.version
    assert same == WORKDAYS
    assert hash(same) == hash(WORKDAYS)


@pytest.mark.parametrize(
    "text",
    [
        KZ + override("2026-09-07", "day-off"),
        KZ + override("2026-09-07", "day-off", week='"six"'),
        KZ + override("2026-05-27", "holiday-confirmed"),
        KZ.replace("known_until = 2026", "known_until = 2025"),
    ],
)
def test_the_version_changes_with_any_answer(text: str) -> None:
    assert parse_workdays(text, source="test").version != WORKDAYS.version


# Faulty files

YEAR = '[[year]]\nyear = 2026\ntransfers = "{}"\nsource = "a decree"\n'


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("known_until = ", "-", "Invalid value"),
        ("", "-", "missing required field `known_until`"),
        ('known_until = "2025"', "known_until", "Expected `int`, got `str`"),
        ("known_until = 2050", "known_until", "not in 2010..2045"),
        ("known_until = 2026", "known_until", "source of the transfers of 2026"),
        (BARE + "colour = 1", "-", "unknown field `colour`"),
        (BARE + YEAR.format("some"), "year[0].transfers", "Invalid enum value 'some'"),
        (BARE + YEAR.format("none") * 2, "year[1].year", "2026 stands twice"),
        (BARE + YEAR.format("none").replace("a decree", " "), "year[0].source", "empty"),
        (BARE + override("2025-02-30", "worked"), "-", ""),
        (BARE + override('"soon"', "worked"), "day[0].date", "Invalid RFC3339"),
        (BARE + override("2025-06-16T10:00:00", "worked"), "day[0].date", "Expected `date`"),
        (BARE + override("2046-06-15", "worked"), "day[0].date", "not in 2010..2045"),
        (BARE + override("2025-06-16", "holy"), "day[0].kind", "Invalid enum value 'holy'"),
        (BARE + override("2025-06-16", "worked", week='"four"'), "day[0].week", "Invalid enum"),
        (BARE + override("2025-06-16", "worked", source='""'), "day[0].source", "empty"),
        (BARE + override("2025-06-16", "worked", colour="1"), "day[0]", "unknown field `colour`"),
        (BARE + "[[day]]\ndate = 2025-06-16\n", "day[0]", "missing required field `kind`"),
        (
            BARE + override("2025-06-16", "worked", moved_from="2025-06-14"),
            "day[0].from",
            "only a day off",
        ),
        (
            BARE + override("2025-06-16", "holiday-confirmed"),
            "day[0].date",
            "no holiday on 2025-06-16",
        ),
        (
            BARE
            + override("2025-06-16", "day-off")
            + override("2025-06-16", "worked", week='"both"'),
            "day[1].date",
            "stands twice for the same week",
        ),
        (
            BARE + YEAR.format("none") + override("2026-06-20", "worked"),
            "day[0].kind",
            "the transfers of 2026 are none",
        ),
        (BARE + "[names.ru]\nx = 1\n", "names.ru[...]", "Expected `str`, got `int`"),
    ],
)
def test_a_faulty_file_is_refused_by_source_field_and_reason(
    text: str, field: str, reason: str
) -> None:
    with pytest.raises(BadWorkdaysError) as refused:
        parse_workdays(text, source="kz.toml")

    assert refused.value.code == "bad-workdays"
    assert refused.value.facts["source"] == "kz.toml"
    assert refused.value.facts["field"] == field
    assert reason in str(refused.value.facts["reason"])
