"""Citations of the regulations are read in one's own language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from api.cited import cited
from domain.quality import Indicator
from infra.indicators import load_indicators
from infra.regulation_files import load_regulations


def sources() -> Iterator[str]:
    """Every citation beside a norm, a stage or an indicator."""
    for edition in load_regulations():
        for stage in edition.stages:
            yield stage.source
            yield from (stage.norm_source,) if stage.norm_source else ()
    book = load_indicators()
    yield from (book.source(indicator) for indicator in Indicator)


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_no_english_is_left_in_them(language: str) -> None:
    left = {each: cited(each, language) for each in sources()}
    english = {each: said for each, said in left.items() if re.search("[a-z]{2}", said)}
    assert english == {}
    for each, said in left.items():  # and no number is lost
        paragraph = each.partition(": ")[0]
        assert sorted(re.findall(r"\d+", said)) == sorted(re.findall(r"\d+", paragraph))


def test_some_of_them() -> None:
    act = "003 s7 annex 7, act 3"
    assert cited(act, "kk") == "003, 7-қызмет 7-қосымша, 3-әрекет"
    assert cited(act, "ru") == "003, услуга 7 приложение 7, действие 3"
    assert cited(act, "en") == "003 service 7 annex 7, act 3"
    row = "003 s1 annex 3, act 4, second row"
    assert cited(row, "ru").endswith("действие 4, вторая строка")
    assert cited("002 annex 4, 1: share of cases", "en") == "002 annex 4, 1"
    way = "no stage table of its own; service 7's way [003 s7 §11]"
    assert cited(way, "kk") == "өз саты кестесі жоқ: 7-қызметтің жолымен [003, 7-қызмет §11]"
    assert cited("Бұйрық № 5, 2-тармақ", "ru") == "Бұйрық № 5, 2-тармақ"
