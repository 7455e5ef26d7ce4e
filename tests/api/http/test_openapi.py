"""The description of the API: complete, sound, and without anything from elsewhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.api.http.counter import V1, Counter
from tests.api.http.test_identity import PATHS

SYSTEM = {"/healthz", "/readyz", "/metrics"}


@pytest.fixture(scope="module")
def schema(shared: Counter) -> dict[str, Any]:
    answer = shared.ask("GET", f"{V1}/openapi.json", None)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def _operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]


def test_every_path_is_described(schema: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, method, _ in _operations(schema)}
    assert len(described) == len(PATHS) + len(SYSTEM)
    for method, path in PATHS:
        fits = [
            template
            for known, template in described
            if known == method
            and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), f"{V1}{path}")
        ]
        assert fits, path
    assert {path for _, path in described if not path.startswith(V1)} == SYSTEM


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.")
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schema)))
    assert references
    assert references <= set(schema["components"]["schemas"])
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def test_every_operation_says_what_it_is(schema: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in schema["tags"]}
    identifiers = [operation["operationId"] for _, _, operation in _operations(schema)]
    assert len(set(identifiers)) == len(identifiers)
    for path, _, operation in _operations(schema):
        assert operation["summary"], path
        assert operation["description"], path
        assert set(operation["tags"]) <= tags, path
        assert [p for p in operation.get("parameters", ()) if p["in"] == "path"] == [
            p for p in operation.get("parameters", ()) if f"{{{p['name']}}}" in path
        ]


def test_problems_and_the_token_are_described(schema: dict[str, Any]) -> None:
    (name,) = schema["components"]["securitySchemes"]
    assert schema["components"]["securitySchemes"][name]["scheme"] == "bearer"
    for path, method, operation in _operations(schema):
        if path in SYSTEM:
            assert "security" not in operation
            continue
        assert operation["security"] == [{name: []}], path
        of_a_command = ("400", "413", "415", "507") if method == "post" else ()
        for status in ("401", "403", "422", "500", "503", *of_a_command):
            (media_type,) = operation["responses"][status]["content"]
            assert media_type == "application/problem+json"


def test_examples_are_accepted(schema: dict[str, Any]) -> None:
    from api.http import schemas  # noqa: PLC0415  only this test needs the models

    sent = (
        schemas.RegisterIn,
        schemas.ScanIn,
        schemas.ActIn,
        schemas.ComplaintIn,
        schemas.RegistryIn,
        schemas.PackedIn,
    )
    for model in sent:
        for example in schema["components"]["schemas"][model.__name__]["examples"]:
            model.model_validate(example)


def test_nothing_is_loaded_from_elsewhere(shared: Counter) -> None:
    for path in ("/docs", "/redoc", "/api/docs"):
        assert shared.ask("GET", path, None).status_code == 404
