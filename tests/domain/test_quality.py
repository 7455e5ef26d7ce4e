"""The file of indicators [002 annex 4]: dated values, each an operator's, none invented for law."""

from __future__ import annotations

from importlib import resources

import pytest

from domain.quality import Aim, FaultyIndicatorsError, Indicator, Indicators, read_indicators

TEXT = (resources.files("domain.indicators") / "002-annex-4.toml").read_text("utf-8")
DEMONSTRATION = "demonstration"
LATER = """
[[values]]
operator = "akimat"
period = { from = 2025-07-01, until = 2026-07-01 }
services = ["*"]
courtesy = { normative = 0.5, target = 0.6 }

[[values]]
operator = "akimat"
period = { from = 2026-07-01 }
services = ["*"]
courtesy = { normative = 0.7, target = 0.8 }
"""


@pytest.fixture(scope="module")
def installed() -> Indicators:
    return read_indicators(TEXT, "002-annex-4.toml")


def test_all_indicators_of_the_annex_are_there_with_their_sources(installed: Indicators) -> None:
    assert [each.key for each in installed.described] == list(Indicator)
    assert all(installed.source(each).startswith("002 annex 4") for each in Indicator)


def test_values_are_the_operators_and_another_has_none(installed: Indicators) -> None:
    for indicator in Indicator:
        assert installed.aim(indicator, DEMONSTRATION, 2026, "") is not None
        assert installed.aim(indicator, "another", 2026, "") is None
    assert installed.aim(Indicator.COURTESY, DEMONSTRATION, 2010, "") is None  # before its day


def test_what_names_the_service_goes_first(installed: Indicators) -> None:
    aim = installed.aim(Indicator.TIMELINESS, DEMONSTRATION, 2026, "002")
    assert aim == Aim(0.98, 0.99)
    assert installed.aim(Indicator.TIMELINESS, DEMONSTRATION, 2026, "003-7") == Aim(0.95, 0.97)
    assert installed.aim(Indicator.COURTESY, DEMONSTRATION, 2026, "002") == Aim(0.95, 0.96)


def test_a_year_takes_what_holds_on_its_last_day() -> None:
    found = read_indicators(TEXT + LATER, "x.toml")
    normative = {
        year: None if aim is None else aim.normative
        for year in (2024, 2025, 2026, 2027)
        for aim in [found.aim(Indicator.COURTESY, "akimat", year, "")]
    }
    assert normative == {2024: None, 2025: 0.5, 2026: 0.7, 2027: 0.7}


def test_electronic_information_is_declared_service_by_service(installed: Indicators) -> None:
    assert installed.is_electronic(DEMONSTRATION, 2026, "003-7")
    assert not installed.is_electronic(DEMONSTRATION, 2026, "004")
    assert not installed.is_electronic("another", 2026, "003-7")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("normative = 0.95, target = 0.97", "normative = 95, target = 97", "values[0].timeliness"),
        ('key = "appeals"', 'key = "speed"', "indicator"),
        ("courtesy = {", "politeness = {", "values"),
        ("[[indicator]]", "[[indicator", "-"),
    ],
)
def test_a_faulty_file_is_refused_with_its_field(old: str, new: str, field: str) -> None:
    with pytest.raises(FaultyIndicatorsError) as refused:
        read_indicators(TEXT.replace(old, new, 1), "own.toml")
    assert refused.value.facts["file"] == "own.toml"
    assert field in str(refused.value.facts["field"])
