"""The catalogues: every code has its words in Kazakh, Russian and English."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

import api
import domain
import infra
import projections
import scanner
from api.cli.reasons import _PATTERNS, in_words
from api.dispatched import Arrival
from api.entries import ENTRY_KINDS
from api.messages import DOMAINS, LANGUAGES, catalogue
from domain.acts import ActKind, Handing, Outcome
from domain.cards import Card
from domain.commands import Settlement
from domain.conformance import Misfit
from domain.corrections import ErasureReason, VoidReason
from domain.directory import OrganisationKind, Rule
from domain.dispatch.device_log import FindingKind
from domain.dispatch.discrepancies import DiscrepancyKind, SettledAs
from domain.dispatch.journey import BagDeviation, BagState
from domain.dispatch.table_picture import Pictured
from domain.errors import QolhatError
from domain.filing import PageDoubt
from domain.ledger import Label
from domain.norms import NormUnit
from domain.numbers import CodeFault, CodeKind
from domain.progress import Status, VisitKind
from domain.quality import Indicator
from domain.regulations.edition import Way
from domain.roles import Role, Scope, Sector
from domain.route import Deviation
from domain.runs import RunState
from domain.unsettled import Doubt
from infra import requests
from infra.evidence.audit import Kind
from projections.due import Clock
from projections.unsettled import Fate
from scanner.keyboards import Layout

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
    "void-reason": VoidReason,
    "erasure-reason": ErasureReason,
    "scope": Scope,
    "card": Card,
    "run": RunState,
    "log-finding": FindingKind,
    "bag": BagState,
    "bag-deviation": BagDeviation,
    "arrival": Arrival,
    "pictured": Pictured,
    "discrepancy": DiscrepancyKind,
    "settled-as": SettledAs,
    "layout": Layout,
    "page-doubt": PageDoubt,
    "ledger": Label,
    "misfit": Misfit,
    "audit": Kind,
    "indicator": Indicator,
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


@pytest.mark.parametrize("domain_name", DOMAINS)
def test_the_three_languages_have_the_same_keys_and_places(domain_name: str) -> None:
    kazakh, russian, english = (catalogue(domain_name, language) for language in LANGUAGES)
    assert set(kazakh) == set(russian) == set(english)
    for key in kazakh:
        texts = (kazakh[key], russian[key], english[key])  # plural forms repeat their places
        places = [set(PLACEHOLDER.findall(text)) for text in texts]
        assert places[0] == places[1] == places[2], key
        assert "" not in places[0], key


@pytest.mark.parametrize("domain_name", DOMAINS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_twice(language: str, domain_name: str) -> None:
    """Of two texts the reader would see one, on both pages."""
    text = files("api").joinpath("locale", language, "LC_MESSAGES", f"{domain_name}.po").read_text()
    keys = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
    assert sorted(set(keys)) == sorted(keys)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_field_is_there(language: str) -> None:
    texts = catalogue("words", language)
    wanted = {f"{kind}.{member.value}" for kind, members in WORDS.items() for member in members}
    wanted |= {f"fault.{kind.name.lower().replace('_', '-')}" for kind in CodeKind}
    wanted |= {f"code.{kind.name.lower().replace('_', '-')}" for kind in CodeKind} | {
        "code.foreign"
    }
    wanted |= {f"entry.{kind}" for kind in ENTRY_KINDS}
    wanted |= {f"why.{why}" for why in ("not-the-author", "too-late", "acted-upon")}
    wanted |= {"held.no"}
    assert wanted - set(texts) == set()


def test_kazakh_is_kazakh_and_english_is_english() -> None:
    for domain_name in DOMAINS:
        kazakh = " ".join(catalogue(domain_name, "kk").values()).lower()
        russian = " ".join(catalogue(domain_name, "ru").values()).lower().replace("қолхат", "")
        english = " ".join(catalogue(domain_name, "en").values()).lower()
        assert len(set(kazakh) & KAZAKH) >= len(KAZAKH) - 1  # a short one may lack a letter
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


# --- the command line says only what is there, and everything that is there ---------------------


@cache
def _spoken() -> list[ast.AST]:
    """Everything that stands in the command line's modules, and in the names of entries."""
    folder = files("api.cli")
    modules = [each for each in folder.iterdir() if each.name.endswith(".py")]
    modules.append(files("api") / "entries.py")
    trees = (ast.parse(each.read_text("utf-8")) for each in modules)
    return [node for tree in trees for node in ast.walk(tree)]


def _literals() -> set[str]:
    return {node.value for node in _spoken()
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip


def _said(function: str) -> Iterator[list[str]]:
    """The arguments of every call of a function; those that are no literals are empty."""
    for node in _spoken():
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
            values = (getattr(each, "value", "") for each in node.args)
            yield [value if isinstance(value, str) else "" for value in values]


def _begun() -> set[str]:
    """How keys begin that are put together: `column.` of f"column.{name}"."""
    patterns = (node.values[0] for node in _spoken() if isinstance(node, ast.JoinedStr))
    found = {each.value for each in patterns
             if isinstance(each, ast.Constant) and isinstance(each.value, str)}  # fmt: skip
    return {each for each in found if re.fullmatch(r"[a-z-]+\.", each)}


def _wanted() -> set[str]:
    """The keys that the command line asks for by name."""
    wanted = {key for key, *_ in _said("say")}
    wanted |= {f"usage.{key}" for key, *_ in _said("MisuseError")}
    for title, *columns in _said("table"):
        wanted |= {title, *(f"column.{column}" for column in columns)}
    wanted |= {
        each for each in _literals() if re.fullmatch(r"(reason|title|help)\.[a-z0-9.-]+", each)
    }
    return wanted - {"", "usage."}


def test_everything_the_command_line_says_is_in_the_catalogue() -> None:
    assert len(_wanted()) > 200
    assert _wanted() - set(catalogue("console", "en")) == set()


def test_nothing_in_the_command_lines_catalogue_is_unused() -> None:
    literals, weekdays = _literals(), {f"day.{number}" for number in range(7)}
    made = {f"{begun}{ending}" for begun in _begun() for ending in literals}
    assert set(catalogue("console", "en")) - literals - made - weekdays == set()


def test_every_word_that_the_command_line_names_is_in_the_catalogue() -> None:
    words = set(catalogue("words", "en"))
    kinds = {key.partition(".")[0] for key in words}
    named = [(kind, names) for kind, *names in _said("term") if kind]
    assert len(named) > 20
    assert {kind for kind, _ in named} - kinds == set()
    assert {f"{kind}.{name}" for kind, names in named for name in names if name} - words == set()


# --- reasons that the domain states in English --------------------------------------------------


def _stated(module: str) -> Iterator[str]:
    """The reasons that a module yields beside a field; 7 stands for whatever they name."""
    source = Path(str(importlib.import_module(module).__file__)).read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            reason = node.value.elts[-1]
            parts = reason.values if isinstance(reason, ast.JoinedStr) else [reason]
            if all(isinstance(part, ast.Constant | ast.FormattedValue) for part in parts):
                yield "".join(str(getattr(part, "value", "7")) if isinstance(part, ast.Constant)
                              else "7" for part in parts)  # fmt: skip


@pytest.mark.parametrize("module", ["domain.regulations.read", "domain.workdays"])
@pytest.mark.parametrize("language", ["kk", "ru"])
def test_every_reason_of_the_domain_has_its_words(
    monkeypatch: pytest.MonkeyPatch, module: str, language: str
) -> None:
    monkeypatch.setenv("QOLHAT_LANGUAGE", language)
    reasons = set(_stated(module))
    assert len(reasons) > 7
    for reason in reasons:
        assert re.search("[\u0400-\u04ff]", in_words(reason, "faulty-regulation")), reason


def test_a_reason_names_what_its_pattern_finds() -> None:
    for pattern, key in _PATTERNS:
        places = set(PLACEHOLDER.findall(catalogue("console", "en")[key]))
        assert places == set(re.compile(pattern).groupindex), key


def test_a_reason_nobody_thought_of_is_shown_as_it_came() -> None:
    assert in_words("something new", "faulty-regulation") == "something new"
