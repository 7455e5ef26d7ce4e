"""The schemas of EPCIS 2.0 and OCEL 2.0, where they lie beside the working copy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

FOLDER = Path(__file__).parents[4] / "shared" / "schemas"
# Of RFC 3986, as far as a name of ours can go wrong: a scheme, and no forbidden letter after it.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\u0080-\uffff]+")
_formats = jsonschema.FormatChecker(formats=())  # the library's own need packages we have not


@_formats.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or _URI.fullmatch(value) is not None


@_formats.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def validator(name: str) -> jsonschema.Draft7Validator:
    """Return what checks documents; the test is skipped where the schema is not held."""
    file = FOLDER / f"{name}.json"
    if not file.exists():
        pytest.skip(f"no {file.name} beside the working copy (tests/schemas/README.md)")
    return jsonschema.Draft7Validator(json.loads(file.read_text()), format_checker=_formats)


def faults(name: str, document: Any) -> list[str]:
    """Say everything that is wrong with a document."""
    return list(_faults(name, document))


def _faults(name: str, document: Any) -> Iterator[str]:
    for error in validator(name).iter_errors(document):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
