"""The catalogues: every code has its words in Kazakh, Russian and English."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import Enum

import pytest

import api
import domain
import infra
import projections
import scanner
from api.messages import LANGUAGES, catalogue
from domain.acts import ActKind, Handing, Outcome
from domain.commands import Settlement
from domain.directory import OrganisationKind, Rule
from domain.errors import QolhatError
from domain.norms import NormUnit
from domain.numbers import CodeFault, CodeKind
from domain.progress import Status, VisitKind
from domain.regulations.edition import Way
from domain.roles import Role, Sector
from domain.route import Deviation
from domain.unsettled import Doubt
from infra import requests
from projections.due import Clock
from projections.unsettled import Fate

PACKAGES = (domain, projections, scanner, infra, api)
WORDS: dict[str, type[Enum]] = {
    "role": Role,
    "sector": Sector,
    "act": ActKind,
    "deviation": Deviation,
    "doubt": Doubt,
    "fault": CodeFault,
    "status": Status,
    "answer": requests.Status,
    "visit": VisitKind,
    "unit": NormUnit,
    "kind": OrganisationKind,
    "way": Way,
    "finding": Rule,
    "clock": Clock,
    "fate": Fate,
    "outcome": Outcome,
    "handing": Handing,
    "settlement": Settlement,
}
KAZAKH = set("әғқңөұүі")
PLACEHOLDER = re.compile(r"\{(\w*)\}")


def _errors(kind: type[QolhatError] = QolhatError) -> Iterator[type[QolhatError]]:
    for each in kind.__subclasses__():
        if each.__module__.split(".")[0] in {package.__name__ for package in PACKAGES}:
            yield each
        yield from _errors(each)


def _codes() -> set[str]:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return {error.code for error in _errors()} | {QolhatError.code}


def _field_codes() -> set[str]:
    return {key for key in catalogue("problems", "en") if key.startswith("field.")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_title_and_a_detail(language: str) -> None:
    texts = catalogue("problems", language)
    wanted = {f"{code}.{part}" for code in _codes() for part in ("title", "detail")}
    assert wanted - set(texts) == set()
    assert set(texts) - wanted - _field_codes() == set()


def test_a_code_means_one_status_and_no_code_is_shared() -> None:
    _codes()
    by_code: dict[str, set[type[QolhatError]]] = {}
    for error in _errors():
        by_code.setdefault(error.code, set()).add(error)
    for code, errors in by_code.items():
        first = min(errors, key=lambda error: len(error.__mro__))
        assert all(issubclass(error, first) for error in errors), code


@pytest.mark.parametrize("domain_name", ["problems", "words"])
def test_the_three_languages_have_the_same_keys_and_places(domain_name: str) -> None:
    kazakh, russian, english = (catalogue(domain_name, language) for language in LANGUAGES)
    assert set(kazakh) == set(russian) == set(english)
    for key in kazakh:
        places = [sorted(PLACEHOLDER.findall(texts[key])) for texts in (kazakh, russian, english)]
        assert places[0] == places[1] == places[2], key
        assert "" not in places[0], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_field_is_there(language: str) -> None:
    texts = catalogue("words", language)
    wanted = {f"{kind}.{member.value}" for kind, members in WORDS.items() for member in members}
    wanted |= {f"fault.{kind.name.lower().replace('_', '-')}" for kind in CodeKind}
    wanted |= {f"entry.{kind}" for kind in ("scanned", "voided", "settled", "erased")}
    wanted |= {f"why.{why}" for why in ("not-the-author", "too-late", "acted-upon")}
    wanted |= {"held.no"}
    assert wanted - set(texts) == set()


def test_kazakh_is_kazakh_and_english_is_english() -> None:
    for domain_name in ("problems", "words"):
        kazakh = " ".join(catalogue(domain_name, "kk").values()).lower()
        russian = " ".join(catalogue(domain_name, "ru").values()).lower()
        english = " ".join(catalogue(domain_name, "en").values()).lower()
        assert set(kazakh) >= KAZAKH
        assert not set(russian) & KAZAKH
        assert not re.search("[\u0400-\u04ff]", english)
        assert not re.search(r"\b(?=\w*[\u0400-\u04ff])(?=\w*[a-z])\w+", kazakh + russian)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_detail_is_a_sentence(language: str) -> None:
    for key, text in catalogue("problems", language).items():
        if key.endswith(".detail") or key.startswith("field."):
            assert text.rstrip()[-1] in ".:-", key
            assert text == text.strip(), key
        else:
            assert not text.endswith("."), key
