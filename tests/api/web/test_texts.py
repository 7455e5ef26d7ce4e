"""The words of the pages: all in the catalogues, none in templates, code or scripts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from jinja2 import nodes

import api.web
from api.messages import PAGE_DOMAINS, catalogue
from api.web.rendering import environment

WEB = Path(api.web.__file__).parent
TEMPLATES = sorted(WEB.joinpath("templates").rglob("*.html"))
SCRIPTS = sorted(WEB.joinpath("static").rglob("*.js"))
MODULES = sorted(WEB.rglob("*.py"))
SPEAKERS = [*MODULES, *sorted(WEB.parent.glob("*.py"))]  # mails speak as the pages do
KEY = re.compile(rf"(?:{'|'.join(PAGE_DOMAINS)})\.[a-z0-9.-]*[a-z0-9]")
BEGINNING = re.compile(rf"(?:{'|'.join(PAGE_DOMAINS)})\.(?:[a-z0-9.-]*[.-])?")
CYRILLIC = re.compile("[\u0400-\u04ff]")
FILES = (".html", ".js", ".pdf", ".css", ".po")
# The languages' own names, and which Latin letters stand for which others.
OF_LETTERS = frozenset({"rendering.py", "login_names.py"})
# What people do not see of a template: remarks, data for scripts, addresses.
_UNSEEN = re.compile(
    r"{#.*?#}|<(script|style)\b.*?</\1>|{% block width %}.*?{% endblock %}"
    r"|{% macro address\b.*?{% endmacro %}|{% set addresses %}.*?{% endset %}",
    re.DOTALL,
)
_CODE = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
_TAG = re.compile(r"<[^>]*>|&[a-z]+;", re.DOTALL)
_SEEN_ATTRIBUTE = re.compile(r'\b(?:title|alt|placeholder|aria-label)="([^"{]+)"')


@cache
def _page_texts() -> dict[str, str]:
    catalogues = (catalogue(domain, "en") for domain in PAGE_DOMAINS)
    return {key: text for texts in catalogues for key, text in texts.items()}


def _literals() -> Iterator[str]:
    """Every text that stands in a template's code or in a module."""
    for template in TEMPLATES:
        tree = environment().parse(template.read_text("utf-8"))
        yield from (
            each.value for each in tree.find_all(nodes.Const) if isinstance(each.value, str)
        )
        yield from (each.data.strip() for each in tree.find_all(nodes.TemplateData))
    for module in SPEAKERS:
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@cache
def _said() -> frozenset[str]:
    return frozenset(_literals())


def test_there_are_pages_to_speak_of() -> None:
    assert len(TEMPLATES) > 15
    assert len(_page_texts()) > 300


def test_everything_that_pages_say_is_in_the_catalogues() -> None:
    keys = {each for each in _said() if KEY.fullmatch(each) and not each.endswith(FILES)}
    assert keys - set(_page_texts()) == set()


def test_nothing_in_the_catalogues_is_unused() -> None:
    """`packet.form.` of `"packet.form." ~ key` speaks for all that begin so."""
    begun = tuple(each for each in _said() if BEGINNING.fullmatch(each))
    unused = {key for key in _page_texts() if key not in _said() and not key.startswith(begun)}
    assert unused == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_words(template: Path) -> None:
    text = _UNSEEN.sub("", template.read_text("utf-8"))
    attributes = [found for found in _SEEN_ATTRIBUTE.findall(text) if re.search(r"\w{2,}", found)]
    assert attributes == []
    between = _TAG.sub(" ", _CODE.sub(" ", text))
    assert re.findall(r"[^\W\d_]{2,}", between) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_holds_no_words_of_a_language(module: Path) -> None:
    if module.name in OF_LETTERS:
        return
    tree = ast.parse(module.read_text("utf-8"))
    remarks = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in remarks
    )
    assert [text for text in texts if CYRILLIC.search(text)] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_holds_no_words_of_a_language(script: Path) -> None:
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", script.read_text("utf-8"), flags=re.DOTALL)
    texts = re.findall(r"[\"'`]([^\"'`\n]*)[\"'`]", code)
    assert [text for text in texts if CYRILLIC.search(text) and " " in text.strip()] == []
