"""The indicators of a year: cases and answers together, few answers withheld [002 annex 4]."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.numbers import packet_number
from domain.quality import Aim, FaultyIndicatorsError, Indicator
from domain.survey import Opinion, Question, ServedAs
from infra.bootstrap import Qolhat
from infra.indicators import IndicatorLine, Wanted, indicators_of, load_indicators
from infra.regulation_files import RegulationFolderError
from tests.infra.views.test_cases import rendered
from tests.office import Office, SettableClock
from tests.stories import AUTHORITY, CENTRE

WHOLE = Wanted(2026)


def lines(qolhat: Qolhat, wanted: Wanted = WHOLE) -> dict[Indicator, IndicatorLine]:
    qolhat.runner.catch_up()
    return {each.indicator: each for each in indicators_of(qolhat, wanted)}


def answered(qolhat: Qolhat, count: int, opinion: Opinion, first: int = 0) -> None:
    for serial in range(first, first + count):
        code = qolhat.surveys.codes.code_of(
            packet_number(CENTRE, serial), ServedAs(CENTRE, AUTHORITY, "002")
        )
        assert code is not None
        qolhat.surveys.answer(code, {Question.COURTESY: opinion}, "192.0.2.7")


def test_an_empty_store_has_aims_and_nothing_else(qolhat: Qolhat) -> None:
    found = lines(qolhat)
    assert list(found) == list(Indicator)
    for indicator, line in found.items():
        assert line.aim is not None
        assert (line.year is None) is (indicator is not Indicator.ELECTRONIC)
        assert line.quarters == (None,) * 4
    electronic = found[Indicator.ELECTRONIC].year
    assert electronic is not None
    assert (electronic.share, electronic.count, electronic.interval) == (1.0, 8, None)


def test_timeliness_is_that_of_the_cases_by_quarter(office: Office, qolhat: Qolhat) -> None:
    rendered(office)
    rendered(office, 20, after=9 * 24 * 60)
    line = lines(qolhat)[Indicator.TIMELINESS]
    assert line.year is not None
    assert (line.year.share, line.year.count, line.year.small) == (0.5, 2, True)
    assert line.quarters == (None, None, None, line.year)
    assert lines(qolhat, Wanted(2025))[Indicator.TIMELINESS].year is None
    own = lines(qolhat, Wanted(2026, [AUTHORITY], "002"))[Indicator.TIMELINESS]
    assert own.aim == Aim(0.98, 0.99)
    assert own.year == line.year


def test_opinions_are_withheld_until_there_are_five(qolhat: Qolhat, clock: SettableClock) -> None:
    answered(qolhat, 3, Opinion.CONTENT)
    clock.at = datetime(2026, 4, 2, 6, tzinfo=UTC)
    answered(qolhat, 1, Opinion.CONTENT, first=3)
    assert lines(qolhat)[Indicator.COURTESY].year is None
    answered(qolhat, 1, Opinion.NOT, first=4)
    line = lines(qolhat)[Indicator.COURTESY]
    assert line.year is not None
    assert (line.year.share, line.year.count) == (0.8, 5)
    assert line.quarters == (None,) * 4  # of a quarter there are fewer
    assert lines(qolhat)[Indicator.PROCESS].year is None


def test_a_file_of_the_operators_own_takes_the_place(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'document = "order"\nlegal = { from = 2026-01-01 }\n'
        '[[indicator]]\nkey = "courtesy"\nsource = "order, 1"\n',
        "utf-8",
    )
    assert load_indicators(own).source(Indicator.COURTESY) == "order, 1"
    own.write_text("document = 1", "utf-8")
    with pytest.raises(FaultyIndicatorsError):
        load_indicators(own)
    with pytest.raises(RegulationFolderError):
        load_indicators(tmp_path / "missing.toml")
